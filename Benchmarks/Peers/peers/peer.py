"""The interface of a peer, and the choice of its fastest way to compute a case."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from .case import Case

# A case with more matrix operations than this is not tried in ways that only help where calls and threads cost much.
SMALL_FLOPS = 1_000_000_000
TRIAL_SECONDS = 0.1


@dataclass
class Run:
    """One way to compute a case, ready to be timed.

    `step` does the whole work and returns when it is done. `results` gives NumPy arrays: `output` [T, N, H] and in
    training `d.<parameter>`, and `d.input` [T, N, I] where the input is dense. `prepare` sets what is global.
    """

    step: Callable[[], object]
    results: Callable[[], dict[str, np.ndarray]]
    prepare: Callable[[], object] = field(default=lambda: None)


class Peer(ABC):
    """A library that computes the same as the engine. One process holds one peer at one number of threads."""

    name: str

    @abstractmethod
    def describe(self) -> dict:
        """Versions and settings that the results should be published with."""

    @abstractmethod
    def runs(self, case: Case, data: dict[str, np.ndarray]) -> dict[str, Callable[[], Run]]:
        """The ways to compute a case that may be the fastest, by name, each made when it is called.

        `data` has `input` [T, N, I] or `tokens` [T, N], the parameters, and in training `output_gradient` [T, N, H].
        """

    def call(self, case: Case) -> Callable[[], object]:
        """A call into the library that does next to nothing: what of a stream's step is only the call."""
        raise NotImplementedError

    def fastest(self, case: Case, data: dict[str, np.ndarray]) -> tuple[Run, str, dict[str, float]]:
        """The fastest run in a short trial, its name, and the milliseconds of all."""
        makers = self.runs(case, data)
        runs, last = {}, None
        for name, make in makers.items():
            try:
                run = make()
                run.prepare()
                run.step()  # compiles, allocates, warms up
                run.step()
                runs[name] = run
            except (RuntimeError, NotImplementedError, ValueError) as error:  # not every way has every precision
                last = error
        if not runs:
            raise last or ValueError(f"there is no way to compute {case.name}")
        if len(runs) == 1:
            name = next(iter(runs))
            runs[name].prepare()
            return runs[name], name, {}
        trial: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(3):
            for name, run in runs.items():
                run.prepare()
                trial[name].append(median(sample(run.step, TRIAL_SECONDS / 3)))
        name = min(trial, key=lambda name: min(trial[name]))
        runs[name].prepare()
        return runs[name], name, {name: min(times) for name, times in trial.items()}


def sample(step: Callable[[], object], seconds: float) -> list[float]:
    """Milliseconds of each of as many steps as fit in `seconds`, at least one."""
    times = []
    begin = now = time.perf_counter()
    while not times or now - begin < seconds:
        step()
        then, now = now, time.perf_counter()
        times.append((now - then) * 1e3)
    return times
