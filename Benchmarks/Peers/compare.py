"""Compares the engine with PyTorch, JAX and ONNX Runtime on this machine; `scripts/bench-peers` runs it.

    python compare.py --engine …/rnn-bench
    python compare.py --engine …/rnn-bench --cell lstm --shape 64,32,256,256 --mode train --threads 1

Each case is computed by all sides and compared with a float64 reference first; then the sides are timed in turn,
several rounds. The whole grid writes its figures, a table and a picture to Benchmarks/Results; part of it only prints
the table, unless --output says where to write. Exit codes: 0 measured, 1 a side
computed something wrong, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path

from peers.case import CELLS, MODES, PRECISIONS, SHAPES, STREAM_SIZES, THREADS, Case, grid, random_shapes
from peers.errors import WrongResult
from peers.machine import describe_machine, processor_name
from peers.measure import PEERS, Reference, Sides, measure
from peers.picture import picture
from peers.ratios import OURS, PEER_LABELS, best_peer, gigaflops, ratio
from peers.sides import SideFailed
from peers.table import table

RESULTS = Path(__file__).parent.parent / "Results"
PEAK_INTERVAL = 60.0  # seconds between measurements of the peak


def parse():
    def shape(text):
        try:
            return Case.layer("rnn", "train", text, 1).shape
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    def processors(text):
        return [int(number) for number in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", type=Path, help="the program rnn-bench, built for release")
    parser.add_argument("--cell", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument("--shape", nargs="+", type=shape, help="T,N,I,H or T,N,I,H,L; 65hot for I: one-hot tokens")
    parser.add_argument("--random", type=int, metavar="COUNT", default=0, help="as many shapes drawn by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", nargs="+", type=int, help="sizes of streams")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=["float"], help="of weights; in training float and bfloat16-dot")
    parser.add_argument("--threads", nargs="+", type=int, default=THREADS)
    parser.add_argument("--peer", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.15, help="of each side in a round; at least one step")
    parser.add_argument("--processors", type=processors, help="to run on, the first for one thread (default: all)")
    parser.add_argument("--output", type=Path, help="folder for the figures, the table and the picture")
    parser.add_argument("--report", type=Path, help="only write the table and picture of this file of figures again")
    options = parser.parse_args()
    if options.report is None and options.engine is None:
        parser.error("--engine is missing: where rnn-bench is")
    if options.engine and not os.access(options.engine, os.X_OK):
        parser.error(f"--engine: {options.engine} is not a program")
    options.processors = options.processors or sorted(os.sched_getaffinity(0))
    if max(options.threads) > len(options.processors) or min(options.threads) < 1:
        parser.error(f"--threads: {max(options.threads)} threads, but {len(options.processors)} processors")
    return options


def chosen_cases(options) -> tuple[list[Case], bool]:
    """The cases, and whether they are the whole grid. Shapes given alone leave out streams, and the other way round."""
    shapes = [*(options.shape or []), *random_shapes(options.random, options.seed)]
    sizes = options.hidden or ([] if shapes else STREAM_SIZES)
    shapes = shapes or ([] if options.hidden else SHAPES)
    cases = grid(options.cell, shapes, sizes, options.mode, options.threads, options.precision)
    whole = set(grid(CELLS, SHAPES, STREAM_SIZES, MODES, THREADS))
    return cases, set(cases) == whole and set(options.peer) == set(PEERS)


def progress(result: dict) -> str:
    """A line of a case: each side's speed, and the ratio to the best peer."""
    stream = result["mode"] == "stream"
    speeds = []
    for side in result["sides"]:
        label = PEER_LABELS.get(side, "Recurrent")
        value = result["sides"][side]["median"] * 1e3 if stream else gigaflops(result, side)
        speeds.append(f"{label} {value:.1f}")
    best = best_peer(result)
    end = f"; {ratio(result):.2f} times {PEER_LABELS[best]}" if best and OURS in result["sides"] else ""
    failed = "".join(f"\n    failed: {why}" for why in result["failures"].values())
    unit = "" if not speeds else " µs" if stream else " GF/s"
    return f"{', '.join(speeds)}{unit}{end}{failed}"


def as_json(document: dict) -> str:
    """The results with a line for each case."""
    head = json.dumps({**document, "cases": []}, indent=1, ensure_ascii=False)
    cases = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in document["cases"])
    return head.replace('"cases": []', f'"cases": [\n{cases}\n ]') + "\n"


def write(document: dict, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"peers.json": as_json(document)}
    contents |= {"table.md": table(document), "ratios.svg": picture(document)}
    for name, text in contents.items():
        temporary = folder / f".{name}"
        temporary.write_text(text)
        temporary.replace(folder / name)


def compare(options, cases: list[Case], output: Path | None) -> dict:
    command = f"scripts/bench-peers {shlex.join(arguments_without_engine())}".strip()
    document = {
        "machine": describe_machine(),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "command": command,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "random": {"seed": options.seed, "shapes": random_shapes(options.random, options.seed)} if options.random else None,
        "libraries": {},
        "peaks": {str(threads): [] for threads in options.threads},
        "cases": [],
    }
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        directory = Path(name)
        engine = str(options.engine.resolve())
        sides = {
            threads: Sides(engine, options.peer, threads, options.processors, directory) for threads in options.threads
        }
        reference = Reference(options.processors, directory)
        try:
            for threads, these in sides.items():
                document["libraries"][f"{threads} threads"] = these.describe()
            measured_peak = -PEAK_INTERVAL
            for index, case in enumerate(cases):
                if time.monotonic() - measured_peak >= PEAK_INTERVAL:
                    for threads, these in sides.items():
                        document["peaks"][str(threads)] += these.peak()
                    measured_peak = time.monotonic()
                print(f"{index + 1}/{len(cases)} {case.name}: ", end="", flush=True)
                try:
                    result = measure(case, sides[case.threads], reference, options.rounds, options.seconds)
                except SideFailed as failure:
                    result = {**case.json(), "shape": case.shape, "flops": case.flops, "sides": {}, "stolen": 0.0}
                    result["failures"] = {OURS: str(failure)}
                print(progress(result), flush=True)
                document["cases"].append(result)
                if output:
                    write(document, output)
        finally:
            for these in sides.values():
                these.close()
            reference.side.close()
    return document


def arguments_without_engine() -> list[str]:
    arguments = sys.argv[1:]
    place = arguments.index("--engine") if "--engine" in arguments else None
    return arguments if place is None else arguments[:place] + arguments[place + 2 :]


def main():
    options = parse()
    if options.report:
        write(json.loads(options.report.read_text()), options.output or options.report.parent)
        return
    cases, whole = chosen_cases(options)
    output = options.output or (RESULTS / processor_name() if whole else None)
    begin = time.monotonic()
    try:
        document = compare(options, cases, output)
    except WrongResult as wrong:
        sys.exit(f"\n{wrong}")
    print(f"\n{len(cases)} cases in {(time.monotonic() - begin) / 60:.1f} minutes\n\n{table(document)}")
    if output:
        print(f"written: {', '.join(str(output / name) for name in ('peers.json', 'table.md', 'ratios.svg'))}")


if __name__ == "__main__":
    main()
