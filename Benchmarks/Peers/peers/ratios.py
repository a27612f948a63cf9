"""From measured cases to ratios: pure functions of what `compare.py` wrote."""

from __future__ import annotations

import math

# Ours to the best peer, by mode.
GOALS = {"train": 1.15, "infer": 1.05, "stream": 2.0}
OURS = "recurrent"
PEER_LABELS = {"pytorch": "PyTorch", "jax": "JAX", "onnxruntime": "ONNX Runtime"}


def gigaflops(case: dict, side: str) -> float | None:
    """10⁹ operations of matrix products a second, by the median step."""
    result = case["sides"].get(side)
    return case["flops"] / (result["median"] * 1e6) if result else None


def best_peer(case: dict) -> str | None:
    peers = [side for side in case["sides"] if side != OURS]
    return min(peers, key=lambda side: case["sides"][side]["median"], default=None)


def ratio(case: dict, peer: str | None = None) -> float | None:
    """How many times as fast as `peer`, or as the best of them, ours is; by the medians."""
    peer = peer or best_peer(case)
    ours, theirs = case["sides"].get(OURS), case["sides"].get(peer)
    return theirs["median"] / ours["median"] if ours and theirs else None


def ratio_less_call(case: dict) -> float | None:
    """The ratio of a stream if the best peer's call cost nothing: an empty call is taken off its time, not off ours."""
    ours, theirs = case["sides"].get(OURS), case["sides"].get(best_peer(case))
    return (theirs["median"] - theirs["call_milliseconds"]) / ours["median"] if ours and theirs else None


def ratio_in_loop(case: dict) -> float | None:
    """The ratio of a stream to the fastest peer that goes over many steps in one call: no call of it counts."""
    times = {side: result["loop_milliseconds"] for side, result in case["sides"].items() if "loop_milliseconds" in result}
    ours = times.pop(OURS, None)
    return min(times.values()) / ours if ours and times else None


def headline(case: dict) -> float | None:
    """The ratio that counts: of a stream that with the best peer's empty call taken off."""
    return ratio_less_call(case) if case["mode"] == "stream" else ratio(case)


def precision_of(case: dict) -> str:
    return case.get("precision", "float")


def in_float(case: dict, cases: list[dict]) -> dict | None:
    """The same case with weights in full."""
    keys = ("cell", "mode", "shape", "threads")
    same = [other for other in cases if precision_of(other) == "float" and all(other[k] == case[k] for k in keys)]
    return same[0] if same else None


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def below_goal(cases: list[dict]) -> list[dict]:
    """Those slower than their mode's goal, the slowest for its goal first."""
    slow = [case for case in cases if headline(case) is not None and headline(case) < GOALS[case["mode"]]]
    return sorted(slow, key=lambda case: headline(case) / GOALS[case["mode"]])


def in_order(values) -> list:
    """Each once, in the order they come."""
    return list(dict.fromkeys(values))
