"""One case: every side builds it, is checked against the reference, and is timed in turn with the others."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
from safetensors.numpy import load_file

from .case import Case
from .errors import check
from .machine import processor_times
from .sides import EngineSide, PeerSide, SideFailed

# What each peer can do.
PEERS = {
    "pytorch": ("train", "infer", "stream"),
    "jax": ("train", "infer", "stream"),
    "onnxruntime": ("infer", "stream"),
}
BUILD_SECONDS, STEP_SECONDS = 300.0, 60.0  # after which a side has failed
PAUSE_SECONDS = 0.06  # before each turn: threads that wait by spinning, as ONNX Runtime's for 50 ms, sleep by then


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

    ready, failures = [sides.engine], {}
    for peer in [peer for peer in sides.peers if case.mode in PEERS[peer.name]]:
        try:
            results[peer.name] = peer.build(case, data_path, BUILD_SECONDS)
            peer.write(result_path, STEP_SECONDS)
            results[peer.name]["errors"] = check(case, peer.name, load_file(result_path), exact)
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


def summary(rounds: list[list[float]]) -> dict:
    """Times of a side in milliseconds: over all steps, and of each round."""
    everything = [time for times in rounds for time in times]
    return {
        "median": median(everything),
        "minimum": min(everything),
        "rounds": [{"steps": len(times), "median": median(times), "minimum": min(times)} for times in rounds],
    }
