#!/usr/bin/env python3
"""Answers as `rnn-bench` does, by PyTorch: for trying `compare.py` where the engine is not built.

compare.py --engine tests/fake_rnn_bench.py …
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from peers.case import GATES, Case, layer_name  # noqa: E402
from peers.peer import sample  # noqa: E402


def make_data(case: Case) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    data = {}
    for layer in range(case.layers):
        inputs = case.hidden if layer else case.inputs
        rows, limit = GATES[case.cell] * case.hidden, case.hidden**-0.5
        for kind, shape in {"ih": (rows, inputs), "hh": (rows, case.hidden)}.items():
            data[layer_name(f"weight_{kind}", layer)] = random.uniform(-limit, limit, shape)
            data[layer_name(f"bias_{kind}", layer)] = random.uniform(-limit, limit, rows)
    data["input"] = random.standard_normal((case.steps, case.sequences, case.inputs))
    data["output_gradient"] = random.standard_normal((case.steps, case.sequences, case.hidden))
    data = {name: values.astype(np.float32) for name, values in data.items()}
    if case.one_hot:
        del data["input"]
        data["tokens"] = random.integers(0, case.inputs, (case.steps, case.sequences), dtype=np.int32)
    return data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["layers", "stream", "peak"])
    parser.add_argument("--cell")
    parser.add_argument("--shape")
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--mode")
    parser.add_argument("--precision", default="float")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--dump", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--on-request", action="store_true")
    options = parser.parse_args()
    if options.command == "peak":
        peak = {"scalar": "float32", "threads": options.threads, "gigaflops": 100.0 * options.threads}
        options.json.write_text(json.dumps({"multiply_add": [peak]}))
        return

    from safetensors.numpy import save_file

    from peers.torch_peer import TorchPeer  # late: it takes seconds

    if options.command == "stream":
        case = Case.stream(options.cell, options.hidden, options.threads, options.precision)
    else:
        case = Case.layer(options.cell, options.mode, options.shape, options.threads, options.precision)
    data = make_data(case)
    run, _, _ = TorchPeer(options.threads).fastest(case, data)
    if options.dump:
        results = {name: np.ascontiguousarray(values) for name, values in run.results().items()}
        save_file(data | results, options.dump)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps({"milliseconds": sample(run.step, float(line))}), flush=True)


if __name__ == "__main__":
    main()
