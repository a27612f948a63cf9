"""Runs the Python statements of rnn's messages; run it through scripts/check-advice.

Each case makes a file with its framework, lets rnn refuse it, runs what the message says after "in Python: " and imports what
comes of that. The weights must be those that were saved.
"""

import argparse
import os
import pickle
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
warnings.filterwarnings("ignore")

import keras
import numpy
import safetensors.torch
import torch
from safetensors.numpy import load_file
from torch import nn


class Tagger(nn.Module):
    """What people have: an embedding, a recurrent layer, a linear one."""

    def __init__(self, tied: bool = False):
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.rnn = nn.LSTM(6, 6, batch_first=True)
        self.linear = nn.Linear(6, 11)
        if tied:
            self.linear.weight = self.embedding.weight

    def forward(self, tokens):
        return self.linear(self.rnn(self.embedding(tokens))[0])


class Vectors(nn.Module):
    """The same without tokens, for exporters."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 8)
        self.linear = nn.Linear(8, 2)

    def forward(self, x):
        return self.linear(self.rnn(x)[0])


def statements(message: str) -> str:
    """The Python of a message: from "in Python: " on as far as it is Python."""
    text = message.split("in Python: ", 1)[1]
    for end in range(len(text), 0, -1):
        if text[end - 1] != ")":
            continue
        try:
            compile(text[:end], "message", "exec")
            return text[:end]
        except SyntaxError:
            pass
    raise ValueError(f"there is no Python in: {message}")


class Advice:
    """Runs rnn and Python in a folder."""

    def __init__(self, rnn: Path, folder: Path):
        self.rnn, self.folder = rnn, folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.rnn, *arguments], cwd=self.folder, capture_output=True, text=True)

    def refusal(self, file: str) -> str:
        """What rnn says to a file."""
        result = self.call("import", file, "refused.safetensors")
        assert result.returncode == 1, f"rnn import {file} ended with {result.returncode}, expected a refusal\n{result.stderr}"
        return result.stderr

    def python(self, program: str):
        """Runs statements in a process of their own, where the classes of a saved module are found as users have them."""
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
        result = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program], cwd=self.folder, capture_output=True, text=True, env=environment)
        assert result.returncode == 0, f"Python ended with {result.returncode}:\n{program}\n{result.stderr}"

    def imported(self, file: str, *options: str) -> dict[str, numpy.ndarray]:
        """What rnn reads from a file: its parameters."""
        result = self.call("import", file, "model.safetensors", *options)
        assert result.returncode == 0, f"rnn import {file} ended with {result.returncode}\n{result.stderr}"
        return load_file(self.path("model.safetensors"))

    def follow(self, file: str, result: str, *options: str) -> dict[str, numpy.ndarray]:
        """Refusal, statements, import."""
        self.python(statements(self.refusal(file)))
        return self.imported(result, *options)


def expect(parameters: dict, state: dict):
    for name, value in state.items():
        assert name in parameters, f"{name} is missing among {sorted(parameters)}"
        assert numpy.array_equal(parameters[name], value.detach().numpy()), f"{name} differs"


# MARK: PyTorch

def state_dictionary(advice: Advice):
    module = Tagger()
    for name in ["net.pt", "net.pth", "net.bin", "net.ckpt"]:
        torch.save(module.state_dict(), advice.path(name))
        expect(advice.follow(name, "net.safetensors"), module.state_dict())


def old_format(advice: Advice):
    module = Tagger()
    torch.save(module.state_dict(), advice.path("old.pt"), _use_new_zipfile_serialization=False)
    expect(advice.follow("old.pt", "old.safetensors"), module.state_dict())


def tied_weights(advice: Advice):
    module = Tagger(tied=True)
    torch.save(module.state_dict(), advice.path("tied.pt"))
    expect(advice.follow("tied.pt", "tied.safetensors"), module.state_dict())
    # The message on a weight that is missing names save_model.
    safetensors.torch.save_model(module, advice.path("both.safetensors"))
    expect(advice.imported("both.safetensors"), module.state_dict())


def awkward_tensors(advice: Advice):
    """Half precision, and views that are not contiguous."""
    state = {name: value.t().contiguous().t() if value.dim() == 2 else value for name, value in Tagger().state_dict().items()}
    torch.save(state, advice.path("views.pt"))
    expect(advice.follow("views.pt", "views.safetensors"), state)
    half = {name: value.to(torch.bfloat16) for name, value in state.items()}
    torch.save(half, advice.path("half.pt"))
    expect(advice.follow("half.pt", "half.safetensors"), {name: value.float() for name, value in half.items()})


def deeper(advice: Advice):
    """A training's checkpoint: the message says what to take instead of the whole."""
    module = Tagger()
    torch.save({"epoch": 3, "model": module.state_dict()}, advice.path("deep.pt"))
    message = advice.refusal("deep.pt")
    inner = re.search(r'as in (state\["model"\])', message).group(1)
    advice.python(statements(message).replace("; safetensors.torch.save_file", f"; state = {inner}; safetensors.torch.save_file"))
    expect(advice.imported("deep.safetensors"), module.state_dict())


def whole_module(advice: Advice):
    """A module and not its state: the file runs its own code, which torch.load refuses unless told."""
    module = Tagger()
    # As if it had been saved by the program that defines it.
    Tagger.__module__ = "check_advice"
    sys.modules["check_advice"] = sys.modules["__main__"]
    torch.save(module, advice.path("module.pt"))
    message = advice.refusal("module.pt")
    load = re.search(r"torch\.load\(…, (weights_only=False)\)(\.state_dict\(\))", message)
    program = statements(message)
    end = program.index('map_location="cpu")') + len('map_location="cpu")')
    advice.python(program[: end - 1] + f", {load.group(1)}){load.group(2)}" + program[end:])
    expect(advice.imported("module.safetensors"), module.state_dict())


def torch_script(advice: Advice):
    module = Vectors()
    torch.jit.save(torch.jit.script(module), advice.path("script.pt"))
    expect(advice.follow("script.pt", "script.safetensors"), module.state_dict())


def exported_program(advice: Advice):
    module = Vectors()
    torch.export.save(torch.export.export(module, (torch.randn(4, 1, 3),)), advice.path("program.pt2"))
    expect(advice.follow("program.pt2", "program.safetensors"), module.state_dict())


# MARK: ONNX

def external_data(advice: Advice):
    module = Vectors()
    sample = (torch.randn(4, 1, 3),)
    for name, dynamo in [("dynamo.onnx", True), ("plain.onnx", False)]:
        try:
            torch.onnx.export(module, sample, advice.path(name), dynamo=dynamo, external_data=True, verbose=False)
        except TypeError:
            torch.onnx.export(module, sample, advice.path(name), dynamo=dynamo)
    import onnx
    whole = onnx.load(advice.path("dynamo.onnx"))
    onnx.save_model(
        whole, advice.path("split.onnx"), save_as_external_data=True, location="split.data", size_threshold=0)
    message = advice.refusal("split.onnx")
    advice.python(statements(message))
    expect_values(advice.imported("whole.onnx"), module)
    # The other half of the advice.
    assert "torch.onnx.export(…, external_data=False)" in message, message
    torch.onnx.export(module, sample, advice.path("inside.onnx"), external_data=False, verbose=False)
    expect_values(advice.imported("inside.onnx"), module)


def expect_values(parameters: dict, module: nn.Module):
    expect(parameters, {name: value for name, value in module.state_dict().items() if "weight" in name})


# MARK: Keras, pickle, NumPy

def keras_model() -> keras.Model:
    return keras.Sequential(
        [keras.Input((None, 3)), keras.layers.LSTM(8, return_sequences=True), keras.layers.Dense(2)])


def expect_keras(parameters: dict, model: keras.Model):
    dense = model.get_weights()[-2]
    assert numpy.array_equal(parameters["linear.weight"], dense.T), "the dense layer differs"


def keras_files(advice: Advice):
    model = keras_model()
    for name in ["net.keras", "old.h5"]:
        model.save(advice.path(name))
        expect_keras(advice.follow(name, name.split(".")[0] + ".npz"), model)


def keras_weights(advice: Advice):
    """Weights alone: the message says that the model must be made first."""
    model = keras_model()
    model.save_weights(advice.path("net.weights.h5"))
    message = advice.refusal("net.weights.h5")
    load = re.search(r"(model\.load_weights\(.*?\))", message).group(1)
    save = re.search(r"(numpy\.savez\(.*?get_weights\(\)\))", message).group(1)
    advice.python(
        "import check_advice, numpy; model = check_advice.keras_model(); model.set_weights([0 * w for w in model.get_weights()]); "
        f"{load}; {save}")
    expect_keras(advice.imported("net.npz"), model)


def pickles(advice: Advice):
    state = Tagger().state_dict()
    arrays = {name: value.numpy() for name, value in state.items()}
    for protocol in range(6):
        name = f"protocol{protocol}.pkl"
        with open(advice.path(name), "wb") as file:
            pickle.dump(arrays, file, protocol=protocol)
        expect(advice.follow(name, f"protocol{protocol}.npz"), state)
    with open(advice.path("tensors.pkl"), "wb") as file:
        pickle.dump(state, file)
    expect(advice.follow("tensors.pkl", "tensors.npz"), state)
    model = keras_model()
    with open(advice.path("list.pkl"), "wb") as file:
        pickle.dump(model.get_weights(), file)
    message = advice.refusal("list.pkl")
    assert "of a list *arrays" in message, message
    advice.python(statements(message).replace("**arrays", "*arrays"))
    expect_keras(advice.imported("list.npz"), model)


def compressed_arrays(advice: Advice):
    state = Tagger().state_dict()
    arrays = {name: value.numpy() for name, value in state.items()}
    numpy.savez_compressed(advice.path("small.npz"), **arrays)
    message = advice.refusal("small.npz")
    assert "numpy.savez instead of numpy.savez_compressed" in message, message
    numpy.savez(advice.path("large.npz"), **arrays)
    expect(advice.imported("large.npz"), state)


# MARK: The way back

def back_to_pytorch(advice: Advice):
    """The layers that rnn export prints take the weights that it writes."""
    module = Tagger()
    safetensors.torch.save_file(module.state_dict(), advice.path("weights.safetensors"))
    advice.imported("weights.safetensors")
    layers = advice.call("export", "model.safetensors", "back.safetensors")
    assert layers.returncode == 0, layers.stderr
    lines = "\n".join(f"net.{line}" for line in layers.stdout.splitlines() if " = nn." in line)
    advice.python(
        f"from torch import nn\nfrom safetensors.torch import load_file\nnet = nn.Module()\n{lines}\n"
        "net.load_state_dict(load_file('back.safetensors'), strict=True)")


def back_to_keras(advice: Advice):
    model = keras_model()
    numpy.savez(advice.path("model.npz"), *model.get_weights())
    advice.imported("model.npz")
    layers = advice.call("export", "model.safetensors", "model.npz")
    assert layers.returncode == 0, layers.stderr
    lines = ", ".join(line for line in layers.stdout.splitlines() if re.match(r"\w+\(.*\)$", line))
    help = advice.call("export", "--help").stdout
    statement = re.search(r"model\.set_weights\(list\(numpy\.load\(\"model\.npz\"\)\.values\(\)\)\)", " ".join(help.split())).group()
    advice.python(
        "import keras, numpy\nfrom keras.layers import *\n"
        f"model = keras.Sequential([keras.Input((None, 3)), {lines}])\n{statement}")


CASES = [
    state_dictionary, old_format, tied_weights, awkward_tensors, deeper, whole_module, torch_script, exported_program,
    external_data, keras_files, keras_weights, pickles, compressed_arrays, back_to_pytorch, back_to_keras,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rnn", type=Path, required=True)
    parser.add_argument("--keep", type=Path, help="folder for the files (default: a temporary one)")
    parser.add_argument("cases", nargs="*", help="their names (default: all)")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        for case in CASES:
            if options.cases and case.__name__ not in options.cases:
                continue
            torch.manual_seed(1)
            try:
                case(Advice(options.rnn, (options.keep or Path(temporary)) / case.__name__))
                print(f"{case.__name__}: as the message says", flush=True)
            except Exception:
                failed += 1
                print(f"{case.__name__}: failed\n{traceback.format_exc()}", file=sys.stderr, flush=True)
    print(f"{failed} of {len(options.cases or CASES)} pieces of advice fail")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
