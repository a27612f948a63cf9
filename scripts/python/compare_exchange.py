"""Compares what PyTorch, Keras and rnn make of the same weights, for random configurations, both ways.

Run it through scripts/compare-exchange.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import torch
from keras.src.backend.common import dtypes
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as load_torch
from safetensors.torch import save_file as save_torch
from torch import nn

# Off TensorFlow, Keras takes the type of a product of float64 for float32.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

# Of the largest number. Sums of at most a few hundred terms, over a few layers and steps: 2⁶ to 2⁹ roundoffs.
BOUNDS = {"float": 512 * 2.0**-24, "double": 512 * 2.0**-53}


class Network(nn.Module):
    """Modules under the names that rnn exports."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        if c["vocabulary"]:
            self.embedding = nn.Embedding(c["vocabulary"], c["inputs"])
        options = dict(num_layers=c["layers"], bidirectional=c["bidirectional"], bias=c["bias"])
        if c["cell"] == "lstm":
            self.rnn = nn.LSTM(c["inputs"], c["hidden"], proj_size=c["projection"], **options)
        elif c["cell"] == "gru":
            self.rnn = nn.GRU(c["inputs"], c["hidden"], **options)
        else:
            self.rnn = nn.RNN(c["inputs"], c["hidden"], nonlinearity="relu" if c["cell"] == "rnn-relu" else "tanh", **options)
        if c["outputs"]:
            width = (c["projection"] or c["hidden"]) * (2 if c["bidirectional"] else 1)
            self.linear = nn.Linear(width, c["outputs"], bias=c["bias"])

    def forward(self, x, lengths, state):
        if self.c["vocabulary"]:
            x = self.embedding(x)
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, state = self.rnn(packed, state)
        y, _ = nn.utils.rnn.pad_packed_sequence(y, total_length=x.shape[0])
        h = state[0] if isinstance(state, tuple) else state
        if self.c["head"] == "last-step":
            y = torch.cat((h[-2], h[-1]), 1) if self.c["bidirectional"] else h[-1]
        if self.c["outputs"]:
            y = self.linear(y)
            if self.c["head"] == "every-step":
                # Padded rows are 0, with rnn, also after the linear layer.
                y = y * (torch.arange(x.shape[0])[:, None] < lengths)[:, :, None]
        return y, state


class Comparison:
    def __init__(self, rnn, directory):
        self.rnn = rnn
        self.directory = Path(directory)
        self.worst = {}
        self.failures = []

    def run(self, *arguments):
        result = subprocess.run([self.rnn, *map(str, arguments)], capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"rnn {' '.join(map(str, arguments))}: {result.stderr.strip()}")

    def path(self, name):
        return self.directory / name

    def enter(self, route, precision, configuration, expected, actual):
        largest = max(float(np.abs(v).max()) for v in expected.values())
        difference = 0.0
        for name, value in expected.items():
            if value.shape != actual[name].shape:
                raise RuntimeError(f"{route}: {name} is {actual[name].shape}, expected {value.shape}: {configuration}")
            difference = max(difference, float(np.abs(value - actual[name]).max()))
        ratio = difference / largest if largest else difference
        count, worst, where = self.worst.get((route, precision), (0, -1.0, None))
        self.worst[route, precision] = (count + 1, *((ratio, configuration) if ratio > worst else (worst, where)))
        if not ratio <= BOUNDS[precision]:
            self.failures.append((route, precision, ratio, configuration))

    # PyTorch

    def pytorch(self, random, precision):
        c = {
            "cell": random.choice(["rnn", "rnn-relu", "lstm", "gru"]), "layers": int(random.integers(1, 4)),
            "inputs": int(random.integers(1, 20)), "hidden": int(random.integers(2, 40)),
            "outputs": int(random.integers(0, 2) * random.integers(1, 12)), "bidirectional": bool(random.integers(2)),
            "bias": bool(random.integers(4)), "vocabulary": int(random.integers(0, 2) * random.integers(2, 30)),
            "projection": 0, "batch_first": bool(random.integers(2)),
        }
        if c["cell"] == "lstm" and random.integers(2):
            c["projection"] = int(random.integers(1, c["hidden"]))
        c["head"] = str(random.choice(["every-step", "last-step"])) if c["outputs"] else "none"
        dtype = torch.float64 if precision == "double" else torch.float32
        network = Network(c).to(dtype)
        for parameter in network.parameters():
            parameter.requires_grad_(False)
        steps, count = int(random.integers(1, 30)), int(random.integers(1, 8))
        lengths = torch.from_numpy(random.integers(1, steps + 1, count))
        if c["vocabulary"]:
            x = torch.from_numpy(random.integers(0, c["vocabulary"], (steps, count)))
        else:
            x = torch.from_numpy(random.normal(size=(steps, count, c["inputs"]))).to(dtype)
        directions = 2 if c["bidirectional"] else 1
        h = torch.from_numpy(random.uniform(-1, 1, (c["layers"] * directions, count, c["projection"] or c["hidden"]))).to(dtype)
        state = h
        data = {"input": x.transpose(0, 1).contiguous() if c["batch_first"] else x, "lengths": lengths, "initial_h": h}
        if c["cell"] == "lstm":
            cells = torch.from_numpy(random.uniform(-1, 1, (c["layers"] * directions, count, c["hidden"]))).to(dtype)
            state = (h, cells)
            data["initial_c"] = cells
        save_torch(data, self.path("x.safetensors"))

        def results(network):
            y, state = network(x, lengths, data["initial_h"] if c["cell"] != "lstm" else (h, cells))
            if c["batch_first"] and c["head"] != "last-step":
                y = y.transpose(0, 1)
            values = {"output": y.numpy()}
            if c["cell"] == "lstm":
                values["final_h"], values["final_c"] = state[0].numpy(), state[1].numpy()
            else:
                values["final_h"] = state.numpy()
            return values

        def ours():
            self.run(
                "run", self.path("m.safetensors"), "--input", self.path("x.safetensors"), "--output",
                self.path("y.safetensors"), "--precision", precision, "--threads", 1,
                *(["--batch-first"] if c["batch_first"] else []))
            return load_file(self.path("y.safetensors"))

        # There. A prefix, as of a part of a larger module.
        prefix = str(random.choice(["", "module.", "net.encoder."]))
        weights = {prefix + k: v.contiguous() for k, v in network.state_dict().items()}
        save_torch(weights, self.path("w.safetensors"))
        arguments = ["--cell", "rnn-relu"] if c["cell"] == "rnn-relu" else []
        if c["head"] == "last-step":
            arguments += ["--head", "last-step"]
        self.run("import", self.path("w.safetensors"), self.path("m.safetensors"), *arguments)
        self.enter("PyTorch → rnn", precision, c, results(network), ours())
        # And back, into a module with other weights; with both biases, which nn.Linear and nn.RNN without have not.
        self.run("export", self.path("m.safetensors"), self.path("e.safetensors"), "--format", "safetensors")
        back = Network({**c, "bias": True}).to(dtype)
        back.load_state_dict(load_torch(self.path("e.safetensors")), strict=True)
        for parameter in back.parameters():
            parameter.requires_grad_(False)
        self.enter("rnn → PyTorch", precision, c, ours(), results(back))

    # Keras

    def keras(self, random, precision):
        c = {
            "cell": str(random.choice(["rnn", "rnn-relu", "lstm", "gru", "gru-reset-before"])),
            "inputs": int(random.integers(1, 20)), "hidden": [int(random.integers(2, 40)) for _ in range(random.integers(1, 4))],
            "outputs": int(random.integers(0, 2) * random.integers(1, 12)), "bidirectional": bool(random.integers(2)),
            "bias": bool(random.integers(4)), "vocabulary": int(random.integers(0, 2) * random.integers(2, 30)),
            "merge": str(random.choice(["concat", "sum", "ave", "mul"])),
            "container": str(random.choice(["arrays", "names", "safetensors"])),
        }
        c["head"] = str(random.choice(["every-step", "last-step", "mean-over-steps", "max-over-steps"])) if c["outputs"] else "none"
        keras.config.set_floatx("float64" if precision == "double" else "float32")
        model = self.keras_model(c, c["bias"])
        model.set_weights([random.uniform(-0.5, 0.5, w.shape).astype(keras.config.floatx()) for w in model.get_weights()])
        steps, count = int(random.integers(1, 30)), int(random.integers(1, 8))
        if c["vocabulary"]:
            x = random.integers(0, c["vocabulary"], (count, steps))
        else:
            x = random.normal(size=(count, steps, c["inputs"])).astype(keras.config.floatx())
        save_file({"input": x}, self.path("x.safetensors"))

        def ours():
            self.run(
                "run", self.path("m.safetensors"), "--input", self.path("x.safetensors"), "--output",
                self.path("y.safetensors"), "--precision", precision, "--threads", 1, "--batch-first")
            return {"output": load_file(self.path("y.safetensors"))["output"]}

        def results(model):
            return {"output": model(x).detach().numpy()}

        arguments = ["--cell", c["cell"]] if c["cell"] == "rnn-relu" or not c["bias"] else []
        if c["head"] != "none":
            arguments += ["--head", c["head"]]
        names = {"concat": "concatenate", "sum": "sum", "ave": "average", "mul": "product"}
        # Needed where arrays without names are of one kind or the other.
        arguments += ["--directions", names[c["merge"]] if c["bidirectional"] else "forward"]
        if c["container"] == "arrays":
            weights = "w.npz"
            np.savez(self.path(weights), *model.get_weights())
        else:
            weights = "w.npz" if c["container"] == "names" else "w.safetensors"
            arrays = {v.path: np.ascontiguousarray(w) for v, w in zip(model.weights, model.get_weights())}
            np.savez(self.path(weights), **arrays) if weights == "w.npz" else save_file(arrays, self.path(weights))
        self.run("import", self.path(weights), self.path("m.safetensors"), "--precision", precision, *arguments)
        self.enter("Keras → rnn", precision, c, results(model), ours())

        target = "e.safetensors" if c["container"] == "safetensors" else "e.npz"
        self.run("export", self.path("m.safetensors"), self.path(target), "--format", "keras")
        back = self.keras_model(c, True)
        if target == "e.npz":
            back.set_weights(list(np.load(self.path(target)).values()))
        else:
            with safe_open(self.path(target), framework="np") as file:
                back.set_weights([file.get_tensor(name) for name in json.loads(file.metadata()["order"])])
        self.enter("rnn → Keras", precision, c, ours(), results(back))

    @staticmethod
    def keras_model(c, bias):
        keras.backend.clear_session()
        kinds = {"rnn": keras.layers.SimpleRNN, "rnn-relu": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM}
        layers = [keras.Input((None,), dtype="int32") if c["vocabulary"] else keras.Input((None, c["inputs"]))]
        if c["vocabulary"]:
            layers.append(keras.layers.Embedding(c["vocabulary"], c["inputs"]))
        for index, units in enumerate(c["hidden"]):
            options = {"use_bias": bias, "return_sequences": index < len(c["hidden"]) - 1 or c["head"] != "last-step"}
            if c["cell"] == "rnn-relu":
                options["activation"] = "relu"
            if c["cell"].startswith("gru"):
                options["reset_after"] = c["cell"] == "gru"
            layer = kinds.get(c["cell"], keras.layers.GRU)(units, **options)
            layers.append(keras.layers.Bidirectional(layer, merge_mode=c["merge"]) if c["bidirectional"] else layer)
        if c["head"] == "mean-over-steps":
            layers.append(keras.layers.GlobalAveragePooling1D())
        if c["head"] == "max-over-steps":
            layers.append(keras.layers.GlobalMaxPooling1D())
        if c["outputs"]:
            layers.append(keras.layers.Dense(c["outputs"], use_bias=bias))
        return keras.Sequential(layers)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=50, help="random configurations of each framework")
    parser.add_argument("--rnn", required=True, help="the executable")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    random = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    with tempfile.TemporaryDirectory() as directory:
        comparison = Comparison(os.path.abspath(options.rnn), directory)
        for _ in range(options.count):
            for precision in ("float", "double"):
                comparison.pytorch(random, precision)
                comparison.keras(random, precision)
    print(f"torch {torch.__version__}, keras {keras.__version__}, seed {options.seed}\n")
    print("| route | precision | models | largest relative difference |")
    print("|---|---|--:|--:|")
    for (route, precision), (count, worst, _) in sorted(comparison.worst.items()):
        print(f"| {route} | {precision} | {count} | {worst:.1e} |")
    for route, precision, ratio, configuration in comparison.failures:
        print(f"too large: {route}, {precision}: {ratio:.1e} with {configuration}", file=sys.stderr)
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
