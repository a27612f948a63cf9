"""Whether a side computed the same as the reference in float64, up to what its precision explains."""

from __future__ import annotations

import math

import numpy as np

from .case import GATES, Case, parameter_names

UNIT_ROUNDOFF = 2.0**-24
# Of the operands of products (half a unit in the last place); int8: see `bound`.
OPERAND_ROUNDOFF = {"float": 0.0, "bfloat16": 2.0**-8, "bfloat16-dot": 2.0**-8, "float16": 2.0**-11, "int8": 2.0**-6}


class WrongResult(Exception):
    """A side computed something else than the reference: nothing that it took may be published."""


def bound(case: Case, tensor: str) -> float:
    """The largest allowed max|x − reference| / max|reference|.

    A float32 sum of n terms of mixed sign is off by about √n·u of its typical size, u = 2⁻²⁴: rounding errors are
    independent and add up as a random walk. (The worst case is n·u; it would hide real faults.) The longest sums are

    - of an output: I + H, the pre-activation, with I = 0 of one-hot input;
    - of a gradient: those, then G·H of the product backward, then T·N of a weight's gradient.

    An error in a state lives on in the next steps. Weights as large as PyTorch's start values, ±1/√H, make the states
    forget: an error shrinks by 0.8 or less a step (a GRU with its gates half open; the others forget faster), so the
    errors of at most 1/(1 − 0.8) = 5 steps are there at once, and of no more than T. Every layer adds its own. The
    factor 4 is for the tail of the walk (the largest of up to millions of elements lies at five standard deviations)
    and for activations that are right to a few units in the last place.

    In 16 bits a weight, an input, a state and a result may each be rounded, by u of the format. Such errors are
    relative to each product, so that a sum is off by u of its typical size, however long: √4·u for the four. In int8
    an operand is off by s/√12, s = range / 255: uniform weights by 1/254 of their typical size, normal inputs, whose
    largest lies at four deviations or so, by 1/110; with the 7 bits that some processors are given, by twice that:
    2⁻⁶ together.
    """
    inputs = 0 if case.one_hot else case.inputs
    terms = max(inputs, case.hidden if case.layers > 1 else 0) + case.hidden
    if tensor.startswith("d."):
        terms += GATES[case.cell] * case.hidden + case.steps * case.sequences
    one = math.sqrt(terms) * UNIT_ROUNDOFF + 2 * OPERAND_ROUNDOFF[case.precision]
    return 4 * case.layers * min(case.steps, 5) * one


def expected_tensors(case: Case) -> list[str]:
    if case.mode != "train":
        return ["output"]
    gradients = [f"d.{name}" for name in parameter_names(case)]
    return ["output", *gradients, *([] if case.one_hot else ["d.input"])]


def check(case: Case, side: str, results: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> dict[str, float]:
    """The error of each tensor; WrongResult names side, tensor and error if one is too large, missing or not finite."""
    errors = {}
    for tensor in expected_tensors(case):
        where = f"{side}: {case.name}: {tensor}"
        if tensor not in results:
            raise WrongResult(f"{where} is missing; there are {', '.join(sorted(results)) or 'none'}")
        value, exact = results[tensor], reference[tensor]
        if value.shape != exact.shape:
            raise WrongResult(f"{where} has shape {list(value.shape)}, expected {list(exact.shape)}")
        error = float(np.max(np.abs(value - exact)) / max(np.max(np.abs(exact)), np.finfo(np.float32).tiny))
        if not error <= bound(case, tensor):  # not a number is wrong too
            raise WrongResult(
                f"{where} is off by {error:.1e} of the largest element; {case.precision} explains {bound(case, tensor):.1e}"
            )
        errors[tensor] = error
    return errors


def output_error(value: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    """How far h is from float64: the largest difference and the root of the mean square."""
    difference = value.astype(np.float64) - exact
    return {"max": float(np.max(np.abs(difference))), "rms": float(np.sqrt(np.mean(difference**2)))}
