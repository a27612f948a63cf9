"""Measures reservoirpy beside `rnn-bench reservoir`: seconds, interleaved, and errors on the same series.

    python reservoirs.py --engine RNN_BENCH [--units N …] [--seeds N] [--rounds N] [--vowels FOLDER]

Times are of one input and 10,000 steps, on one thread: to draw a reservoir, to run it, to fit its readout; memory is the
most that the process had. Errors are of the series that `rnn-bench reservoir --series` writes, with the settings that stand
in them: reservoirs of density 0.1 that reservoirpy draws itself, fitted by its Ridge with the same penalty, or the least that it resolves; median, least and greatest over seeds.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Before NumPy is loaded.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import reservoirpy
from reservoirpy.nodes import Reservoir, Ridge

STEPS = 10_000
DENSITY = 0.1
# Its Ridge solves the normal equations, which lose a smaller penalty to rounding: free runs then fly away.
LEAST_PENALTY = 1e-10
LORENZ_STEP, LORENZ_EXPONENT = 0.02, 0.906
NAMES = {
    "mackey-glass": "Mackey–Glass, 1 step",
    "direct": "Mackey–Glass, 84 steps, direct",
    "free": "Mackey–Glass, 84 steps, free",
    "narma": "NARMA 10",
    "lorenz": "Lorenz, Lyapunov times",
}


def reservoir(units, inputs, radius, scaling, bias, seed, leak=1.0):
    """Input weights and biases uniform, as the engine's; the recurrent matrix as reservoirpy draws it."""
    random = np.random.default_rng(seed)
    return Reservoir(
        units, lr=leak, sr=radius, rc_connectivity=DENSITY, Win=random.uniform(-scaling, scaling, (units, inputs)),
        bias=random.uniform(-bias, bias, units), seed=seed)


def times(units):
    random = np.random.default_rng(1)
    series = random.uniform(-1, 1, (STEPS + 1, 1))
    start = time.perf_counter()
    node = Reservoir(units, lr=1.0, sr=0.9, rc_connectivity=DENSITY, input_connectivity=1.0, seed=1)
    node.initialize(series[:1])
    drawn = time.perf_counter()
    states = node.run(series[:-1])
    run = time.perf_counter()
    Ridge(ridge=1e-6).fit(states, series[1:], warmup=100)
    return drawn - start, run - drawn, time.perf_counter() - run


class Series:
    """One file of `rnn-bench reservoir --series`."""

    def __init__(self, path):
        lines = path.read_text().split("\n")
        training, washout, *numbers = lines[0].split()
        self.training, self.washout = int(training), int(washout)
        self.radius, self.scaling, self.bias, self.penalty = map(float, numbers)
        values = np.array([line.split() for line in lines[1:] if line], dtype=float)
        width = values.shape[1] // 2
        self.inputs, self.outputs = values[:, :width], values[:, width:]


def normalized_error(outputs, truth):
    return float(np.sqrt(np.mean((outputs - truth) ** 2)) / truth.std())


def score(task, data, units, seed):
    """An error, or Lyapunov times, as `ReservoirTask` measures them."""
    node = reservoir(units, data.inputs.shape[1], data.radius, data.scaling, data.bias, seed)
    states = node.run(data.inputs)
    readout = Ridge(ridge=max(LEAST_PENALTY, data.penalty))
    readout.fit(states[: data.training], data.outputs[: data.training], warmup=data.washout)
    if task not in ("free", "lorenz"):
        return [normalized_error(readout.run(states[data.training :]), data.outputs[data.training :])]
    starts, apart, steps = (100, 10, 84) if task == "free" else (10, 200, 800)
    model = node >> readout
    results = []
    for start in range(starts):
        at = data.training + apart * start
        node.state = {"out": states[at - 1].copy()}
        value, generated = data.inputs[at], []
        for _ in range(steps):
            value = model.step(value)
            generated.append(value)
        results.append((np.array(generated), data.outputs[at : at + steps]))
    if task == "free":
        squares = np.mean([(generated[-1] - truth[-1]) ** 2 for generated, truth in results])
        return [float(np.sqrt(squares) / data.outputs.std())]
    power = np.sum(data.outputs.var(axis=0))
    valid = []
    for generated, truth in results:
        far = np.flatnonzero(~(np.sum((generated - truth) ** 2, axis=1) < 0.16 * power))
        valid.append((far[0] if len(far) else steps) * LORENZ_STEP * LORENZ_EXPONENT)
    return valid


def vowels(folder, units, seed):
    """The share of Japanese vowels whose speaker is found by the last state; the penalty is the setting's."""

    def read(path):
        sequences, speakers = [], []
        body = path.read_text().split("@data")[1].strip()
        for line in body.split("\n"):
            *channels, speaker = line.strip().split(":")
            sequences.append(np.array([[float(x) for x in channel.split(",")] for channel in channels]).T)
            speakers.append(speaker)
        return sequences, speakers

    training, training_speakers = read(folder / "JapaneseVowels_TRAIN.ts")
    test, test_speakers = read(folder / "JapaneseVowels_TEST.ts")
    classes = sorted(set(training_speakers))
    node = reservoir(units, training[0].shape[1], 0.9, 1, 0.2, seed, leak=0.1)

    def last_states(sequences):
        states = []
        for sequence in sequences:
            node.reset()
            states.append(node.run(sequence)[-1])
        return np.array(states)

    node.initialize(training[0][:1])
    targets = np.array([[float(speaker == name) for name in classes] for speaker in training_speakers])
    readout = Ridge(ridge=1e-2)
    readout.fit(last_states(training), targets)
    found = np.argmax(readout.run(last_states(test)), axis=1)
    return float(np.mean([classes[index] == speaker for index, speaker in zip(found, test_speakers)]))


def text(values):
    values = sorted(values)

    def short(value):
        return f"{value:.3f}" if 0.9 < value < 1 else f"{value:.2g}"

    return f"{short(statistics.median(values))} [{short(values[0])}, {short(values[-1])}]"


def engine(path, *arguments):
    return subprocess.run(
        [path, "reservoir", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def compare_times(path, units, rounds):
    print("| units | | start | run | fit | run and fit: ratio |\n|--:|---|--:|--:|--:|--:|")
    for count in units:
        own, other = {}, []
        for _ in range(rounds):
            for line in engine(path, "--units", count, "--rounds", 1, "--seeds", 0).split("\n")[2:]:
                if line:
                    cells = [cell.strip() for cell in line.strip("|").split("|")]
                    own.setdefault(cells[1], []).append([float(cells[index].split()[0]) for index in (2, 3, 5)])
            other.append(times(count))
        theirs = [statistics.median(row[index] for row in other) for index in range(3)]
        for name, rows in own.items():
            ratio = statistics.median((b[1] + b[2]) / (a[1] + a[2]) for a, b in zip(rows, other))
            middle = [statistics.median(row[index] for row in rows) for index in range(3)]
            print(f"| {count} | {name} | " + " | ".join(f"{value:.3f} s" for value in middle) + f" | {ratio:.2f} |")
        print(f"| {count} | reservoirpy | " + " | ".join(f"{value:.3f} s" for value in theirs) + " | |", flush=True)
    print(f"\nMost memory of reservoirpy: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB\n")


def compare_errors(path, units, seeds, folder):
    options = [option for count in units for option in ("--units", count)]
    own = engine(path, *options, "--rounds", 1, "--seeds", seeds, *(["--vowels", folder] if folder else []))
    print(own[own.index("| task") :])
    print("| reservoirpy | " + " | ".join(map(str, units)) + " |\n|---|" + "---|" * len(units))
    with tempfile.TemporaryDirectory() as directory:
        engine(path, "--series", directory, "--seeds", seeds)
        for task, name in NAMES.items():
            cells = []
            for count in units:
                scores = []
                for seed in range(1, seeds + 1):
                    scores += score(task, Series(Path(directory) / f"{task}-{seed}.txt"), count, seed)
                cells.append(text(scores))
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    if folder:
        cells = [text([vowels(Path(folder), count, seed) for seed in range(1, seeds + 1)]) for count in units]
        print("| Japanese vowels, right | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--units", type=int, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--seeds", type=int, default=10, help="of the errors; 0: none")
    parser.add_argument("--rounds", type=int, default=3, help="of the times; 0: none")
    parser.add_argument("--vowels", help="the folder of JapaneseVowels_TRAIN.ts and JapaneseVowels_TEST.ts")
    arguments = parser.parse_args()
    print(f"reservoirpy {reservoirpy.__version__}, NumPy {np.__version__}\n", flush=True)
    if arguments.rounds:
        compare_times(arguments.engine, arguments.units, arguments.rounds)
    if arguments.seeds:
        compare_errors(arguments.engine, arguments.units, arguments.seeds, arguments.vowels)


if __name__ == "__main__":
    sys.exit(main())
