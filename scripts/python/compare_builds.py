"""Times two builds of rnn-bench side by side; see scripts/compare-builds."""

import argparse
import json
import math
import os
import shlex
import statistics
import subprocess
import sys

SHAPES = [
    "100,1,128,128", "100,1,512,512", "50,2,128,128", "50,8,128,128", "50,32,64,128", "64,8,256,256", "64,32,256,256",
    "64,64,256,256", "64,16,512,512", "64,64,512,512", "64,32,1024,1024", "1000,16,128,128", "200,32,16,256",
    "50,50,65hot,128,2", "50,20,33,100", "50,24,32,96", "20,4,32,32", "50,32,64,64",
]
STREAMS = ["32", "64", "128", "256", "512"]
CELLS = ["rnn", "lstm", "gru"]


class Side:
    """A process of rnn-bench that measures on request."""

    def __init__(self, command, arguments):
        words = shlex.split(command)
        environment = dict(os.environ)
        while "=" in words[0]:
            name, value = words.pop(0).split("=", 1)
            environment[name] = value
        self.process = subprocess.Popen(
            words + arguments + ["--on-request"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment)
        line = self.process.stdout.readline().strip()
        if line != "ready":
            sys.exit(f"scripts/compare-builds: {command} {' '.join(arguments)} said '{line}'")
        self.times = []

    def measure(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.times += json.loads(self.process.stdout.readline())["milliseconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(old, new, arguments, rounds, seconds):
    """Medians of both sides in milliseconds, and the median ratio old / new of the rounds."""
    sides = [Side(old, arguments), Side(new, arguments)]
    ratios, medians = [], ([], [])
    for turn in range(rounds):
        # Who goes first changes from round to round.
        for index in (0, 1) if turn % 2 == 0 else (1, 0):
            sides[index].times = []
            sides[index].measure(seconds)
            medians[index].append(statistics.median(sides[index].times))
        ratios.append(medians[0][-1] / medians[1][-1])
    for side in sides:
        side.close()
    return statistics.median(medians[0]), statistics.median(medians[1]), statistics.median(ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--cell", action="append")
    parser.add_argument("--shape", action="append", help="T,N,I,H[,L]")
    parser.add_argument("--hidden", action="append", help="units of a stream")
    parser.add_argument("--mode", action="append", choices=["train", "infer", "stream"])
    parser.add_argument("--threads", action="append")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.08, help="of a side in a round")
    parser.add_argument("--json", help="a file for the results")
    options = parser.parse_args()
    results = []
    modes = options.mode or ["train", "infer", "stream"]
    for mode in modes:
        for threads in options.threads or ["1", "2"]:
            for case in (options.hidden or STREAMS) if mode == "stream" else (options.shape or SHAPES):
                for cell in options.cell or CELLS:
                    if mode == "stream":
                        arguments = ["stream", "--cell", cell, "--hidden", case, "--threads", threads]
                    else:
                        arguments = ["layers", "--cell", cell, "--shape", case, "--mode", mode, "--threads", threads]
                    old, new, ratio = compare(options.old, options.new, arguments, options.rounds, options.seconds)
                    results.append({"mode": mode, "threads": int(threads), "case": case, "cell": cell, "old": old,
                                    "new": new, "ratio": ratio})
                    print(f"{mode:6} {threads} {cell:4} {case:20} {old:10.4f} {new:10.4f} ms  {ratio:.3f}", flush=True)
    for mode in modes:
        for threads in sorted({r["threads"] for r in results}):
            own = [r["ratio"] for r in results if r["mode"] == mode and r["threads"] == threads]
            if own:
                mean = math.exp(statistics.fmean(map(math.log, own)))
                print(f"# {mode}, {threads} threads: geometric mean {mean:.3f}, least {min(own):.3f}, {len(own)} cases")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
