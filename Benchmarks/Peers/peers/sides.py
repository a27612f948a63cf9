"""The processes that are timed: a peer's worker, and the engine's `rnn-bench`. Both answer one line to one line."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from .case import Case


class SideFailed(Exception):
    """A side that could not do a case: crashed, refused, or took too long. The others go on."""


def environment(threads: int) -> dict[str, str]:
    """Variables that pin the threads of every library, for those that read them only when loaded."""
    count = str(threads)
    flags = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "PEER_THREADS")
    # What the caller has set of OpenBLAS would choose other kernels or threads than users get.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    return {**inherited, **{name: count for name in names}, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}


class LineProcess:
    """A child that is pinned to processors, is asked by lines, and is killed when it does not answer in time."""

    def __init__(self, name: str, command: list[str], threads: int, processors: list[int], log: Path):
        self.name = name
        self.log = log
        with log.open("ab") as errors:
            self.log_start = log.stat().st_size
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment(threads),
                cwd=Path(__file__).parent.parent,
                # XLA takes as many threads as it sees processors, whatever its flags say: so all sides are pinned.
                preexec_fn=lambda: os.sched_setaffinity(0, processors[:threads]),
            )
        self.buffer = b""

    def ask(self, line: str, timeout: float) -> str:
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise self.failure("ended early") from None
        return self.answer(timeout)

    def answer(self, timeout: float) -> str:
        end = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise self.failure(f"did not answer within {timeout:.0f} s")
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                raise self.failure("ended early")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def failure(self, what: str) -> SideFailed:
        """Ends the process and says what it last complained of."""
        self.close(kill=True)
        said = self.log.read_bytes()[self.log_start :].decode(errors="replace").strip().splitlines()
        status = self.process.returncode
        return SideFailed(f"{self.name} {what} (exit status {status})" + (f": {said[-1]}" if said else ""))

    def close(self, kill: bool = False):
        if kill:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class PeerSide:
    """A peer in a process of its own, which is started again after a failure."""

    def __init__(self, name: str, threads: int, processors: list[int], log: Path):
        self.name = name
        self.start = lambda: LineProcess(name, [sys.executable, "-m", "peers.worker", name], threads, processors, log)
        self.process = None

    def request(self, timeout: float, **request) -> dict:
        if self.process is None or self.process.process.poll() is not None:
            self.process = self.start()
        answer = json.loads(self.process.ask(json.dumps(request), timeout))
        if "error" in answer:
            raise SideFailed(f"{self.name}: {answer['error']}")
        return answer

    def describe(self) -> dict:
        return self.request(120, do="describe")

    def build(self, case: Case, data: Path, timeout: float) -> dict:
        """Makes the case ready and chooses the fastest way to compute it: its name and the trial."""
        return self.request(timeout, do="build", case=case.json(), data=str(data))

    def write(self, results: Path, timeout: float):
        self.request(timeout, do="write", results=str(results))

    def sample(self, seconds: float, timeout: float) -> list[float]:
        return self.request(timeout, do="time", seconds=seconds)["milliseconds"]

    def sample_call(self, seconds: float, timeout: float) -> list[float]:
        return self.request(timeout, do="call", seconds=seconds)["milliseconds"]

    def close(self):
        if self.process:
            self.process.close()


class EngineSide:
    """The engine: one `rnn-bench … --on-request` for each case."""

    name = "recurrent"

    def __init__(self, program: str, threads: int, processors: list[int], log: Path):
        self.program, self.threads, self.processors, self.log = program, threads, processors, log
        self.process = None

    def build(self, case: Case, dump: Path, timeout: float):
        """Makes the case ready and writes its data and the engine's results to `dump`."""
        self.close()
        if case.mode == "stream":
            # What a stream computes is written by the same steps taken as one sequence; the stream itself is checked
            # by the program.
            self.start(self.layers(case, f"{case.steps},1,{case.hidden},{case.hidden}", "infer", dump), timeout)
            self.close()
            self.start(["stream", "--cell", case.cell, "--hidden", str(case.hidden), *self.precision(case)], timeout)
        else:
            self.start(self.layers(case, case.shape, case.mode, dump), timeout)

    @staticmethod
    def precision(case: Case) -> list[str]:
        return [] if case.precision == "float" else ["--precision", case.precision]

    @staticmethod
    def layers(case: Case, shape: str, mode: str, dump: Path) -> list[str]:
        arguments = ["layers", "--cell", case.cell, "--shape", shape, "--mode", mode, "--dump", str(dump)]
        return arguments + EngineSide.precision(case)

    def start(self, arguments: list[str], timeout: float):
        command = [self.program, *arguments, "--threads", str(self.threads), "--on-request"]
        self.process = LineProcess(self.name, command, self.threads, self.processors, self.log)
        ready = self.process.answer(timeout)
        if ready != "ready":
            raise self.process.failure(f"said {ready!r} instead of 'ready'")

    def sample(self, seconds: float, timeout: float) -> list[float]:
        return json.loads(self.process.ask(f"{seconds}", timeout))["milliseconds"]

    def peak(self, json_file: Path, timeout: float) -> float:
        """Measured peak of multiply-adds with this many threads, in 10⁹ operations a second."""
        command = [self.program, "peak", "--threads", str(self.threads), "--rounds", "3", "--json", str(json_file)]
        json_file.unlink(missing_ok=True)
        try:
            subprocess.run(
                command,
                env=environment(self.threads),
                preexec_fn=lambda: os.sched_setaffinity(0, self.processors[: self.threads]),
                capture_output=True,
                text=True,
                check=True,
                timeout=timeout,
            )
        except subprocess.SubprocessError as error:
            raise SideFailed(
                f"rnn-bench peak: {error}{(': ' + error.stderr.strip()) if error.stderr else ''}"
            ) from None
        return multiply_add_peak(json.loads(json_file.read_text()), self.threads)

    def close(self):
        if self.process:
            self.process.close()
            self.process = None


def multiply_add_peak(document: dict, threads: int) -> float:
    """The float32 peak with `threads` threads in what `rnn-bench peak --json` writes."""
    for entry in document["multiply_add"]:
        if entry["scalar"] == "float32" and entry["threads"] == threads:
            return entry["gigaflops"]
    raise ValueError(f"no float32 peak of {threads} threads in {document}")
