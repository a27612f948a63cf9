"""The results as a picture: the ratio to the best peer of every shape, one panel a mode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from .ratios import headline, in_order, precision_of, ratio

TITLES = {"train": "Training", "infer": "Inference", "stream": "Streaming, a step at a time, less the peers' calls"}
COLOURS = {"rnn": "#3d8fe0", "lstm": "#e07b28", "gru": "#2ea36a"}
LANE, ROW_GAP = 11, 9  # of a cell in a row; between rows
LEFT, WIDTH, GAP = 150, 310, 50  # the rows' names; a panel; between panels
HEAD, TITLE, FOOT = 64, 46, 52  # above everything; of a panel, above its rows and below
STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a; }
  .title { font-size: 15px; font-weight: 600; fill: #24292f; }
  .grid { stroke: #8c959f; stroke-opacity: 0.28; }
  .one { stroke: #57606a; stroke-width: 1.6; }
  .two { stroke: #57606a; stroke-width: 1.2; stroke-dasharray: 4 3; }
  .span { stroke-opacity: 0.45; stroke-width: 1.6; }
  .band { fill: #8c959f; fill-opacity: 0.09; }
  @media (prefers-color-scheme: dark) {
    text { fill: #a9b3bd; } .title { fill: #e6edf3; } .one, .two { stroke: #a9b3bd; }
  }
"""


def shown(case: dict) -> float:
    """The ratio that is drawn: of a stream that of the steps alone."""
    return headline(case)


class Axis:
    """A logarithmic axis over a panel that holds all values, and 1 and 2."""

    def __init__(self, values: list[float]):
        logarithms = [math.log2(value) for value in values]
        self.low = min(-0.5, math.floor(4 * min(logarithms) - 0.5) / 4)
        self.high = max(1.5, math.ceil(4 * max(logarithms) + 0.5) / 4)

    def __call__(self, value: float) -> float:
        return (math.log2(value) - self.low) / (self.high - self.low) * WIDTH

    @property
    def ticks(self) -> list[float]:
        return [2.0**power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]


@dataclass
class Panel:
    """Rows of shapes, in each a lane for each cell; open dots for one thread, full ones for more."""

    title: str
    cases: list[dict]
    shapes: list[str]
    cells: list[str]
    axis: Axis
    x: float
    y: float

    @property
    def row(self) -> float:
        return len(self.cells) * LANE + ROW_GAP

    @property
    def top(self) -> float:
        return self.y + TITLE

    @property
    def bottom(self) -> float:
        return self.top + len(self.shapes) * self.row

    def parts(self) -> list[str]:
        return [text(self.title, self.x, self.y + 12, style="title"), *self.grid(), *self.dots()]

    def grid(self) -> list[str]:
        parts = []
        for row in range(0, len(self.shapes), 2):
            y = self.top + row * self.row
            parts.append(f'<rect class="band" x="{self.x}" y="{y}" width="{WIDTH}" height="{self.row}"/>')
        for tick in self.axis.ticks:
            x, style = self.x + self.axis(tick), {1.0: "one", 2.0: "two"}.get(tick, "grid")
            parts.append(line(style, x, self.top, x, self.bottom))
            parts += [text(f"{tick:g}", x, y, "middle") for y in (self.top - 8, self.bottom + 18)]
        return parts

    def dots(self) -> list[str]:
        parts = []
        for row, shape in enumerate(self.shapes):
            for lane, cell in enumerate(self.cells):
                y = self.top + row * self.row + ROW_GAP / 2 + (lane + 0.5) * LANE
                these = [case for case in self.cases if case["shape"] == shape and case["cell"] == cell]
                places = [self.x + self.axis(shown(case)) for case in these]
                if len(places) > 1:
                    parts.append(line("span", min(places), y, max(places), y, f'stroke="{COLOURS[cell]}"'))
                for case, x in zip(these, places):
                    label = f"{cell.upper()} {shape}, {threads_label(case['threads'])}: {shown(case):.2f}"
                    parts.append(dot(x, y, COLOURS[cell], case["threads"] > 1, label))
        return parts

    def row_labels(self, heading: str) -> list[str]:
        labels = [text(heading, self.x - 12, self.y + 12, "end")]
        for row, shape in enumerate(self.shapes):
            labels.append(text(shape, self.x - 12, self.top + (row + 0.5) * self.row + 4, "end"))
        return labels


def text(content: str, x: float, y: float, anchor: str = "start", style: str = "") -> str:
    style = f' class="{style}"' if style else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def line(style: str, x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'


def dot(x: float, y: float, colour: str, filled: bool, label: str) -> str:
    fill = colour if filled else "none"
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.8" fill="{fill}" stroke="{colour}" stroke-width="1.6">'
    return f"{circle}<title>{escape(label)}</title></circle>"


def threads_label(threads: int) -> str:
    return f"{threads} thread" + ("s" if threads > 1 else "")


def legend(cells: list[str], threads: list[int]) -> list[str]:
    entries = [(cell.upper(), COLOURS[cell], True) for cell in cells]
    entries += [(threads_label(count), "#808890", count > 1) for count in sorted(threads)]
    parts, x = [], LEFT + 6.0
    for label, colour, filled in entries:
        parts += [dot(x, 44, colour, filled, label), text(label, x + 10, 48)]
        x += 44 + 7 * len(label)
    return parts


def picture(document: dict) -> str:
    """An SVG file; its colours are legible on light and on dark, and its text follows the reader's preference."""
    cases = [case for case in document["cases"] if ratio(case) is not None and precision_of(case) == "float"]
    cells = [cell for cell in COLOURS if any(case["cell"] == cell for case in cases)]
    parts = [text("How many times as fast as the best of PyTorch, JAX and ONNX Runtime", 14, 22, style="title")]
    parts += legend(cells, in_order(case["threads"] for case in cases))
    y, right = float(HEAD), LEFT + 500.0  # as wide as the title at least
    for modes, heading in ((("train", "infer"), "T,N,I,H[,L]"), (("stream",), "")):
        row = [case for case in cases if case["mode"] in modes]
        if not row:
            continue
        axis, shapes, x = Axis([shown(case) for case in row]), in_order(case["shape"] for case in row), float(LEFT)
        for mode in in_order(case["mode"] for case in row):
            these = [case for case in row if case["mode"] == mode]
            panel = Panel(TITLES[mode], these, shapes, cells, axis, x, y)
            parts += panel.parts() + (panel.row_labels(heading) if x == LEFT else [])
            x += WIDTH + GAP
        y, right = panel.bottom + FOOT, max(right, x - GAP + 20)
    size = f'width="{right:.0f}" height="{y:.0f}" viewBox="0 0 {right:.0f} {y:.0f}"'
    body = "\n".join(f"  {part}" for part in parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n{body}\n</svg>\n'
