"""The results as Markdown."""

from __future__ import annotations

from .ratios import (
    GOALS,
    OURS,
    PEER_LABELS,
    below_goal,
    best_peer,
    geometric_mean,
    gigaflops,
    headline,
    in_float,
    in_order,
    precision_of,
    ratio,
    ratio_in_loop,
    ratio_less_call,
)

MODE_LABELS = {
    "train": "Training: forward and all gradients",
    "infer": "Inference: forward over whole sequences",
    "stream": "Streaming: one step of one sequence, the state kept",
}


def number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def significant(value: float | None) -> str:
    """Three significant digits of a ratio, a speed or a time."""
    if value is None:
        return "–"
    return number(value, 2 if value < 10 else 1 if value < 100 else 0)


TEXT_COLUMNS = ("case", "precision", "below the goal", "best peer", "mode", "cell", "size", "T,N,I,H[,L]")


def lines_of(header: list[str], rows: list[list[str]]) -> list[str]:
    """A table, text to the left and numbers to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells):
        padded = (c.ljust(w) if name in TEXT_COLUMNS else c.rjust(w) for name, c, w in zip(header, cells, widths))
        return f"| {' | '.join(padded)} |"

    rule = ["-" * (w + 1) + ("-" if name in TEXT_COLUMNS else ":") for name, w in zip(header, widths)]
    return [line(header), f"|{'|'.join(rule)}|", *map(line, rows)]


def case_label(case: dict) -> str:
    threads = f"{case['threads']} thread" + ("s" if case["threads"] > 1 else "")
    return f"{case['mode']} {case['cell'].upper()} {case['shape']}, {threads}"


def slow_cases(cases: list[dict]) -> list[str]:
    slow = below_goal(cases)
    measured = [case for case in cases if headline(case) is not None]
    goals = ", ".join(f"{mode} {goal}" for mode, goal in GOALS.items())
    lines = [f"{len(slow)} of {len(measured)} cases are below the goals ({goals} times the best peer)."]
    if slow:
        rows = [[case_label(case), PEER_LABELS[best_peer(case)], significant(headline(case))] for case in slow]
        lines += ["", *lines_of(["below the goal", "best peer", "ratio"], rows)]
    return lines


def means(cases: list[dict]) -> list[str]:
    """Geometric means of the ratio to the best peer, by mode and threads, over all cells and of each."""
    measured = [case for case in cases if headline(case) is not None]
    cells = in_order(case["cell"] for case in measured)
    rows = []
    for mode, threads in in_order((case["mode"], case["threads"]) for case in measured):
        these = [case for case in measured if (case["mode"], case["threads"]) == (mode, threads)]
        row = [mode, str(threads), str(len(these)), significant(geometric_mean([headline(case) for case in these]))]
        row.append(significant(min(headline(case) for case in these)))
        for cell in cells:
            ratios = [headline(case) for case in these if case["cell"] == cell]
            row.append(significant(geometric_mean(ratios)) if ratios else "–")
        rows.append(row)
    return lines_of(["mode", "threads", "cases", "all", "lowest", *(cell.upper() for cell in cells)], rows)


def sequence_table(cases: list[dict], peers: list[str], peak: float | None) -> list[str]:
    header = [
        "cell",
        "T,N,I,H[,L]",
        "Recurrent",
        "of peak",
        *(PEER_LABELS[peer] for peer in peers),
        "best peer",
        "ratio",
    ]
    rows = []
    for case in cases:
        ours, best = gigaflops(case, OURS), best_peer(case)
        share = f"{100 * ours / peak:.0f} %" if ours and peak else "–"
        speeds = [number(gigaflops(case, peer)) for peer in peers]
        row = [case["cell"].upper(), case["shape"], number(ours), share, *speeds]
        rows.append([*row, PEER_LABELS.get(best, "–"), significant(ratio(case))])
    return lines_of(header, rows)


def stream_table(cases: list[dict], peers: list[str]) -> list[str]:
    def microseconds(case, side):
        result = case["sides"].get(side)
        if not result:
            return "–"
        call = f" ({significant(result['call_milliseconds'] * 1e3)})" if side != OURS else ""
        return significant(result["median"] * 1e3) + call

    header = [
        "cell",
        "size",
        "Recurrent",
        *(PEER_LABELS[peer] for peer in peers),
        "best peer",
        "ratio",
        "less the call",
        "peers' loops",
        "ratio in loop",
    ]
    rows = []
    for case in cases:
        row = [case["cell"].upper(), case["shape"], *(microseconds(case, side) for side in (OURS, *peers))]
        loops = {peer: case["sides"].get(peer, {}).get("loop_milliseconds") for peer in peers}
        loops = [f"{PEER_LABELS[peer]} {significant(time * 1e3)}" for peer, time in loops.items() if time]
        ratios = [significant(value) for value in (ratio(case), ratio_less_call(case))]
        row += [PEER_LABELS.get(best_peer(case), "–"), *ratios]
        rows.append([*row, ", ".join(loops) or "–", significant(ratio_in_loop(case))])
    return lines_of(header, rows)


def preamble(document: dict) -> str:
    machine = document["machine"]
    return f"""# Recurrent beside PyTorch, JAX and ONNX Runtime

{machine["cpu"]}, {machine["processors"]} processors, {" ".join(machine["instruction sets"])}; {machine["kernel"]};
{document["date"]}. Made by `{document["command"]}`: {document["rounds"]} rounds of {document["seconds"]} s of each
side in turn, medians of all steps. Every side's results were compared with a float64 reference before they were timed.
A peer computes in the way that a short trial showed to be the fastest, on fewer threads where that is faster.
"""


def precision_table(cases: list[dict]) -> list[str]:
    """Each case in less than full precision beside the same in float: microseconds (a step, of sequences and streams)."""

    def time(case, side):
        result = case["sides"].get(side) if case else None
        return significant(result["median"] * 1e3) if result else "–"

    def error(case, side):
        result = case["sides"].get(side, {}).get("h")
        return f"{result['max']:.1e}, {result['rms']:.1e}" if result else "–"

    short = [case for case in cases if precision_of(case) != "float"]
    peers = [peer for peer in PEER_LABELS if any(peer in case["sides"] for case in short)]
    header = ["case", "precision", "ours float", "ours", "ours/float"]
    header += [column for peer in peers for column in (f"{PEER_LABELS[peer]} float", PEER_LABELS[peer])]
    header += ["ours/best peer", *(f"h max, rms: {label}" for label in ("ours", *(PEER_LABELS[p] for p in peers)))]
    rows = []
    for case in short:
        full = in_float(case, cases)
        ours, before = (these["sides"].get(OURS) if these else None for these in (case, full))
        gain = before["median"] / ours["median"] if ours and before else None
        row = [case_label(case), precision_of(case), time(full, OURS), time(case, OURS), significant(gain)]
        row += [text for peer in peers for text in (time(full, peer), time(case, peer))]
        rows.append([*row, significant(ratio(case)), *(error(case, side) for side in (OURS, *peers))])
    note = "Microseconds; ratios are of speeds. h: how far the outputs are from float64, the largest and the root mean square."
    return [note, "", *lines_of(header, rows)]


def table(document: dict) -> str:
    everything, lines = document["cases"], [preamble(document)]
    cases = [case for case in everything if precision_of(case) == "float"]  # the goals are for these
    if drawn := document.get("random"):
        lines += [f"Shapes drawn with seed {drawn['seed']}: {'; '.join(drawn['shapes'])}.", ""]
    lines += ["## Below the goals", "", *slow_cases(cases), ""]
    lines += ["## Ratio to the best peer, geometric means", "", *means(cases), ""]
    for mode, threads in in_order((case["mode"], case["threads"]) for case in cases):
        these = [case for case in cases if (case["mode"], case["threads"]) == (mode, threads)]
        peers = [peer for peer in PEER_LABELS if any(peer in case["sides"] for case in these)]
        peaks = document["peaks"].get(str(threads), [])
        lines += [f"## {MODE_LABELS[mode]}; {threads} thread{'s' if threads > 1 else ''}", ""]
        if mode == "stream":
            lines += [
                "Microseconds a step, a call each; in brackets those of a call that does next to nothing, which `less the call`"
            ]
            lines += ["takes off the best peer's: the ratio in the goals and means. `peers' loops`: a step where the peer goes over"]
            lines += ["many in one call, all inputs known beforehand, beside our step of a call each.", ""]
            lines += [*stream_table(these, peers), ""]
        else:
            unit = "10⁹ operations a second of matrix products"
            note = f"; the peak of multiply-adds was {number(max(peaks))}" if peaks else ""
            lines += [f"{unit}{note}.", ""]
            lines += [*sequence_table(these, peers, max(peaks) if peaks else None), ""]
    if len(cases) < len(everything):
        lines += ["## Weights of fewer bits", "", *precision_table(everything), ""]
    failures = [(case, side, why) for case in everything for side, why in case["failures"].items()]
    if failures:
        lines += ["## Failed", "", *(f"- {case_label(case)}: {side}: {why}" for case, side, why in failures), ""]
    return "\n".join(lines)
