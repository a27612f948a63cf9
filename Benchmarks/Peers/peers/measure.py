"""One case: every side builds it, is checked against the reference, and is timed in turn with the others."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from safetensors.numpy import load_file, save_file

from .case import Case
from .errors import check, output_error
from .machine import processor_times
from .sides import EngineSide, PeerSide, SideFailed

# What each peer can do.
PEERS = {
    "pytorch": ("train", "infer", "stream"),
    "jax": ("train", "infer", "stream"),
    "onnxruntime": ("infer", "stream"),
}
BUILD_SECONDS, STEP_SECONDS = 300.0, 60.0  # after which a side has failed
LOOP_TURNS = 8  # how often a peer that loops over a stream by itself goes round its data in one call
PAUSE_SECONDS = 0.06  # before each turn: threads that wait by spinning, as ONNX Runtime's for 50 ms, sleep by then


def can(peer: str, case: Case) -> bool:
    """Whether a peer has the case's mode in its precision."""
    if case.mode not in PEERS[peer] or case.precision == "float":
        return case.mode in PEERS[peer]
    if case.precision == "int8":  # a plain RNN is quantized only as a single cell of PyTorch's
        pytorch = case.cell != "rnn" or case.mode == "stream"
        return pytorch if peer == "pytorch" else peer == "onnxruntime" and case.cell == "lstm"
    return peer == "pytorch"


class Sides:
    """The processes of one number of threads, and the reference; they live as long as the comparison."""

    def __init__(self, engine: str, peers: list[str], threads: int, processors: list[int], directory: Path):
        self.directory = directory
        self.engine = EngineSide(engine, threads, processors, directory / "recurrent.log")
        self.peers = [PeerSide(name, threads, processors, directory / f"{name}.log") for name in peers]

    def describe(self) -> dict:
        """Versions and settings of the peers; a peer that cannot say fails in its cases, not here."""
        descriptions = {}
        for peer in self.peers:
            try:
                descriptions[peer.name] = peer.describe()
            except SideFailed as failure:
                descriptions[peer.name] = {"failed": str(failure)}
        return descriptions

    def peak(self) -> list[float]:
        """The measured peak in 10⁹ operations a second, if the engine could tell."""
        try:
            return [self.engine.peak(self.directory / "peak.json", STEP_SECONDS)]
        except SideFailed as failure:
            print(failure, file=sys.stderr)
            return []

    def close(self):
        for side in (self.engine, *self.peers):
            side.close()


class Reference:
    """Results in float64, kept for the next case of the same data."""

    def __init__(self, processors: list[int], directory: Path):
        self.side = PeerSide("reference", len(processors), processors, directory / "reference.log")
        self.path = directory / "reference.safetensors"
        self.key: tuple | None = None
        self.data: dict[str, np.ndarray] = {}
        self.results: dict[str, np.ndarray] = {}

    def of(self, case: Case, data: dict[str, np.ndarray], path: Path) -> dict[str, np.ndarray]:
        """What `case` computes of `data`, which is what the file at `path` holds."""
        key = (case.cell, case.mode, case.shape)
        same = key == self.key and data.keys() == self.data.keys()
        if not same or not all(np.array_equal(data[name], self.data[name]) for name in data):
            self.key = None
            self.side.build(case, path, BUILD_SECONDS)
            self.side.write(self.path, BUILD_SECONDS)
            self.key, self.data, self.results = key, data, load_file(self.path)
        return self.results


def is_given(name: str) -> bool:
    """Whether a tensor of the engine's file is data; the others are its results."""
    return name in ("input", "tokens", "output_gradient") or name.startswith(("weight_", "bias_"))


def measure(case: Case, sides: Sides, reference: Reference, rounds: int, seconds: float) -> dict:
    """What is written of a case: for each side its times, errors and settings, or why it failed.

    Raises WrongResult where a side is wrong, and SideFailed where there is nothing to compare with: no data.
    """
    before = processor_times()
    data_path, result_path = sides.directory / "data.safetensors", sides.directory / "result.safetensors"
    sides.engine.build(case, data_path, BUILD_SECONDS)
    dump = load_file(data_path)
    data = {name: values for name, values in dump.items() if is_given(name)}
    exact = reference.of(case, data, data_path)
    results = {"recurrent": {"errors": check(case, "recurrent", dump, exact)}}
    results["recurrent"]["h"] = output_error(dump["output"], exact["output"])

    ready, failures = [sides.engine], {}
    for peer in [peer for peer in sides.peers if can(peer.name, case)]:
        try:
            results[peer.name] = peer.build(case, data_path, BUILD_SECONDS)
            peer.write(result_path, STEP_SECONDS)
            computed = load_file(result_path)
            results[peer.name]["errors"] = check(case, peer.name, computed, exact)
            results[peer.name]["h"] = output_error(computed["output"], exact["output"])
            ready.append(peer)
        except SideFailed as failure:
            failures[peer.name] = str(failure)

    times: dict[str, list[list[float]]] = {side.name: [] for side in ready}
    for _ in range(rounds):
        for side in [side for side in ready if side.name not in failures]:
            time.sleep(PAUSE_SECONDS)
            try:
                times[side.name].append(side.sample(seconds, STEP_SECONDS + 10 * seconds))
            except SideFailed as failure:
                failures[side.name] = str(failure)
    if case.mode == "stream":
        for side in [side for side in ready[1:] if side.name not in failures]:
            try:
                results[side.name]["call_milliseconds"] = median(side.sample_call(seconds, STEP_SECONDS))
            except SideFailed as failure:
                failures[side.name] = str(failure)
        time_loops(case, data, exact, sides, ready, failures, results, rounds, seconds)
    sides.engine.close()

    for name in failures:
        results.pop(name, None)
    for name, result in results.items():
        result |= summary(times[name])
    after = processor_times()
    return {
        **case.json(),
        "shape": case.shape,
        "flops": case.flops,
        "sides": results,
        "failures": failures,
        "stolen": after.stolen_since(before),
    }


def time_loops(case, data, exact, sides, ready, failures, results, rounds, seconds):
    """A stream's step without a call a step: the peer goes over many steps of N = 1 in one call, as its own loop does.

    It knows all inputs beforehand and may take their products at once, which no stream can: a bound in its favour.
    Our side, a call a step, is timed again in the same rounds. A loop that fails leaves the other figures as they are.
    """
    path, written = sides.directory / "loop.safetensors", sides.directory / "loop-result.safetensors"
    tiled = np.concatenate([data["input"]] * LOOP_TURNS)
    save_file(data | {"input": tiled}, path)
    loop = replace(case, mode="infer", steps=case.steps * LOOP_TURNS)
    loops = [sides.engine]
    for peer in [peer for peer in ready[1:] if peer.name not in failures and can(peer.name, loop)]:
        try:
            results[peer.name]["loop_run"] = peer.build(loop, path, BUILD_SECONDS)["run"]
            peer.write(written, STEP_SECONDS)
            check(case, peer.name, {"output": load_file(written)["output"][: case.steps]}, exact)
            loops.append(peer)
        except SideFailed as failure:
            print(f"loop: {failure}", file=sys.stderr)
    times: dict[str, list[float]] = {side.name: [] for side in loops}
    for _ in range(rounds):
        for side in list(loops):
            time.sleep(PAUSE_SECONDS)
            try:
                times[side.name] += side.sample(seconds, STEP_SECONDS + 10 * seconds)
            except SideFailed as failure:
                print(f"loop: {failure}", file=sys.stderr)
                loops.remove(side)
    for side in loops:
        steps = 1 if side is sides.engine else loop.steps
        results[side.name]["loop_milliseconds"] = median(times[side.name]) / steps


def summary(rounds: list[list[float]]) -> dict:
    """Times of a side in milliseconds: over all steps, and of each round."""
    everything = [time for times in rounds for time in times]
    return {
        "median": median(everything),
        "minimum": min(everything),
        "rounds": [{"steps": len(times), "median": median(times), "minimum": min(times)} for times in rounds],
    }
