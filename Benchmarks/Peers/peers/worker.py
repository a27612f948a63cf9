"""The process of one peer: reads a JSON request a line, answers each with one line of JSON.

    python -m peers.worker pytorch

    {"do": "describe"}                                → {"pytorch": "2.15.0", …}
    {"do": "build", "case": {…}, "data": FILE}        → {"run": "oneDNN", "trial": {…}}
    {"do": "write", "results": FILE}                  → {}
    {"do": "time", "seconds": 0.15}                   → {"milliseconds": […]}
    {"do": "call", "seconds": 0.15}                   → {"milliseconds": […]}, of a call that does next to nothing

A request that fails is answered by {"error": "…"}. Threads and processors are set by whoever starts the process
(`sides.py`), since most libraries read them only when they are loaded.
"""

from __future__ import annotations

import json
import os
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

from .case import Case
from .peer import Peer, sample


def make(name: str, threads: int) -> Peer:
    if name == "pytorch":
        from .torch_peer import TorchPeer

        return TorchPeer(threads)
    if name == "reference":
        from .torch_peer import Reference

        return Reference(threads)
    if name == "jax":
        from .jax_peer import JAXPeer

        return JAXPeer(threads)
    if name == "onnxruntime":
        from .onnxruntime_peer import ONNXRuntimePeer

        return ONNXRuntimePeer(threads)
    raise ValueError(f"no peer is called {name!r}")


class Worker:
    def __init__(self, peer: Peer):
        self.peer = peer
        self.case = None
        self.run = None

    def answer(self, request: dict) -> dict:
        match request["do"]:
            case "describe":
                return self.peer.describe()
            case "build":
                self.run = None  # frees the last case's memory first
                self.case = Case.from_json(request["case"])
                self.run, name, trial = self.peer.fastest(self.case, load_file(request["data"]))
                return {"run": name, "trial": trial}
            case "write":
                results = {name: np.ascontiguousarray(values) for name, values in self.run.results().items()}
                save_file(results, request["results"])
                return {}
            case "time":
                return {"milliseconds": sample(self.run.step, request["seconds"])}
            case "call":
                call = self.peer.call(self.case)
                sample(call, 0.01)
                return {"milliseconds": sample(call, request["seconds"])}
        raise ValueError(f"unknown request {request['do']!r}")


def main():
    # Answers go to what standard output was; whatever a library prints goes to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(make(sys.argv[1], int(os.environ["PEER_THREADS"])))
    for line in sys.stdin:
        try:
            answer = worker.answer(json.loads(line))
        except Exception as error:  # a peer that cannot do a case says so and lives on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
