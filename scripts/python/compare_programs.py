"""Lines of the programs of Examples and of the same in PyTorch; run it through scripts/compare-programs.

Counted are lines that are neither blank nor a comment or a line of documentation alone: imports and data are. Programs in
PyTorch are run, and must end with what they say when all went well.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SWIFT, PYTHON = ROOT / "Examples/Sources", ROOT / "Benchmarks/Peers/programs"
# What it is, the program in Swift, the one in PyTorch, the end of what that prints.
PROGRAMS = [
    ("one to one: exclusive or", "OneToOne", "one_to_one", "right: 4 of 4"),
    ("one to many: digits spelt", "OneToMany", "one_to_many", "right: 10 of 10"),
    ("many to one: names to languages", "ManyToOne", "many_to_one", r"held out: 2[2-6] of 26 right"),
    ("many to many: tagging", "ManyToMany", "many_to_many", r"right: (9[5-9]|100)\.\d % of \d+ words"),
    ("many to many: a text, and generation", "Characters", "characters", "the rain in spain stays mainly in the plain. "),
    ("forecasting with quantiles", "Forecasting", "forecasting", "better than the year before's month: True .*"),
    ("a cell of one's own, proven", "OwnCell", "own_cell", "error below 0.02 .*: True"),
    ("a loss of one's own", "OwnLoss", "own_loss", "less than a quarter of it: True"),
    ("resume to the bit, validation, best model", "Resume", "resume", "the same bits: True"),
    ("serving sessions to concurrent tasks", "ServingInAnActor", "serving", "every session goes on where it was: True"),
]


def line_count(path: Path) -> int:
    comment = re.compile(r'\s*(#.*|""".*""")?$' if path.suffix == ".py" else r"\s*(//.*)?$")
    return sum(not comment.match(line) for line in path.read_text().splitlines())


def main():
    failed = False
    print("| program | Swift | PyTorch |\n|---|--:|--:|")
    sums = [0, 0]
    for what, swift, python, end in PROGRAMS:
        path = PYTHON / f"{python}.py"
        result = subprocess.run([sys.executable, "-W", "ignore", path], capture_output=True, text=True, timeout=600)
        last = result.stdout.split("\n")[-2] if "\n" in result.stdout else ""
        if result.returncode != 0 or re.fullmatch(end, last) is None:
            print(f"{path.name}: ended with {result.returncode} and '{last}'; expected '{end}'\n{result.stderr}", file=sys.stderr)
            failed = True
        counts = [line_count(SWIFT / swift / "main.swift"), line_count(path)]
        sums = [a + b for a, b in zip(sums, counts)]
        print(f"| {what}: `{swift}`, `{path.name}` | {counts[0]} | {counts[1]} |", flush=True)
    print(f"| all | {sums[0]} | {sums[1]} |")
    sys.exit(failed)


if __name__ == "__main__":
    main()
