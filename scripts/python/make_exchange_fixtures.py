"""Writes what PyTorch and Keras save and compute for small models, as fixtures for the tests of the exchange.

Run it through scripts/exchange-fixtures. Each model is two files: NAME.safetensors or NAME.npz, the weights as a program
would save them, and NAME-run.safetensors, its input and what it makes of it. Tests/RecurrentExchangeTests/Fixtures/README.md
describes them. The same versions write the same bytes.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import argparse
import io
from pathlib import Path

import keras
import numpy as np
import torch
from keras.src.backend.common import dtypes
from safetensors.torch import save_file, save_model
from torch import nn

# Off TensorFlow, Keras takes the type of a product of float64 for float32.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

SEED = 20260
STEPS, SEQUENCES, INPUTS, HIDDEN, OUTPUTS, TOKENS = 5, 3, 3, 4, 2, 6  # T, N, I, H, O, V


class Reader(nn.Module):
    """A recurrent layer with what may be around it, under names of its own."""

    def __init__(self, layer, outputs=None, tokens=None, names=("embed", "core", "decoder"), head="every_step"):
        super().__init__()
        self.names, self.head, self.tokens = names, head, tokens
        if tokens:
            self.add_module(names[0], nn.Embedding(tokens, layer.input_size))
        self.add_module(names[1], layer)
        directions = 2 if layer.bidirectional else 1
        if outputs:
            width = directions * (getattr(layer, "proj_size", 0) or layer.hidden_size)
            self.add_module(names[2], nn.Linear(width, outputs))
        self.outputs = outputs

    def forward(self, x):
        if self.tokens:
            x = getattr(self, self.names[0])(x)
        output, state = getattr(self, self.names[1])(x)
        h, c = state if isinstance(state, tuple) else (state, None)
        if self.head == "last_step":
            output = torch.cat((h[-2], h[-1]), 1) if getattr(self, self.names[1]).bidirectional else h[-1]
        return getattr(self, self.names[2])(output) if self.outputs else output, h, c


class Wrapped(nn.Module):
    """As nn.DataParallel names its module's parameters."""

    def __init__(self, module):
        super().__init__()
        self.module = module


def pytorch_case(directory, name, model, dtype=torch.float32, wrapped=False, tied=False):
    # The weights are those of the narrow type: the file and the computation, which is in double, have the same.
    model = model.to(dtype)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    shell = Wrapped(model) if wrapped else model
    if tied:
        save_model(shell, str(directory / f"{name}.safetensors"))
    else:
        save_file(shell.state_dict(), str(directory / f"{name}.safetensors"))
    model = model.to(torch.float64)
    if model.tokens:
        x = torch.randint(0, model.tokens, (STEPS, SEQUENCES))
    else:
        x = torch.randn(STEPS, SEQUENCES, getattr(model, model.names[1]).input_size, dtype=torch.float64)
        # Numbers that a float has, too.
        x = x.to(torch.float32).to(torch.float64)
    output, h, c = model(x)
    tensors = {"input": x, "output": output, "final_h": h}
    if c is not None:
        tensors["final_c"] = c
    save_file({k: v.contiguous() for k, v in tensors.items()}, str(directory / f"{name}-run.safetensors"))


def pytorch_cases(directory):
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    pytorch_case(
        directory, "torch-lstm-bidirectional-projection-bf16",
        Reader(nn.LSTM(INPUTS, HIDDEN, 2, bidirectional=True, proj_size=2), OUTPUTS, names=("", "lstm", "fc")),
        torch.bfloat16)
    pytorch_case(
        directory, "torch-gru-f16", Reader(nn.GRU(INPUTS, HIDDEN, 2, bias=False), names=("", "gru", "")), torch.float16)
    pytorch_case(
        directory, "torch-rnn-relu-f64-wrapped",
        Reader(nn.RNN(INPUTS, HIDDEN, nonlinearity="relu"), OUTPUTS, names=("", "rnn", "out")), torch.float64,
        wrapped=True)
    pytorch_case(
        directory, "torch-lstm-embedding-last-step",
        Reader(nn.LSTM(INPUTS, HIDDEN, bidirectional=True), OUTPUTS, TOKENS, head="last_step"))
    tied = Reader(nn.GRU(HIDDEN, HIDDEN), TOKENS, TOKENS, names=("encoder", "rnn", "decoder"))
    tied.decoder.weight = tied.encoder.weight
    pytorch_case(directory, "torch-gru-tied", tied, tied=True)


def keras_layers():
    layers = keras.layers
    yield "keras-rnn", (None, INPUTS), [layers.SimpleRNN(HIDDEN, return_sequences=True), layers.Dense(OUTPUTS)]
    yield "keras-lstm", (None, INPUTS), [
        layers.LSTM(HIDDEN, return_sequences=True), layers.LSTM(HIDDEN + 1, return_sequences=True), layers.Dense(OUTPUTS)]
    yield "keras-gru", (None,), [
        layers.Embedding(TOKENS, INPUTS), layers.GRU(HIDDEN, return_sequences=True), layers.Dense(OUTPUTS)]
    yield "keras-gru-reset-before", (None, INPUTS), [
        layers.GRU(HIDDEN, return_sequences=True, reset_after=False), layers.Dense(OUTPUTS)]
    yield "keras-bidirectional-last-step", (None, INPUTS), [
        layers.Bidirectional(layers.GRU(HIDDEN, return_sequences=True)),
        layers.Bidirectional(layers.GRU(HIDDEN)), layers.Dense(OUTPUTS)]
    yield "keras-bidirectional-names", (None, INPUTS), [
        layers.Bidirectional(layers.LSTM(HIDDEN, return_sequences=True), name="both", merge_mode="ave")]


def keras_cases(directory):
    keras.config.set_floatx("float64")
    keras.utils.set_random_seed(SEED)
    random = np.random.default_rng(SEED)
    for name, shape, layers in keras_layers():
        # Keras names layers by a count that goes on from model to model.
        keras.backend.clear_session()
        tokens = len(shape) == 1
        model = keras.Sequential([keras.Input(shape, dtype="int32" if tokens else "float64"), *layers])
        # Biases begin as zeros, which would show no mistake.
        model.set_weights([random.uniform(-0.6, 0.6, w.shape).astype(np.float32).astype(np.float64) for w in model.get_weights()])
        if name.endswith("names"):
            np.savez(directory / f"{name}.npz", **{v.path: v.numpy() for v in model.weights})
        else:
            np.savez(directory / f"{name}.npz", *model.get_weights())
        if tokens:
            x = random.integers(0, TOKENS, (SEQUENCES, STEPS))
        else:
            x = random.normal(size=(SEQUENCES, STEPS, INPUTS)).astype(np.float32).astype(np.float64)
        y = model(x).detach()
        save_file({"input": torch.from_numpy(x), "output": y.contiguous()}, str(directory / f"{name}-run.safetensors"))


def numpy_cases(directory):
    """Arrays as NumPy writes them: orders, types, versions, ranks."""
    np.save(directory / "fortran.npy", np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)))
    np.save(directory / "scalar.npy", np.float64(2.5))
    np.savez(
        directory / "types.npz", half=np.array([1, -2.5, 65504, 6e-8, np.inf], dtype=np.float16),
        bytes=np.array([-128, 127], dtype=np.int8), large=np.array([[1, 2], [3, 2**31 - 1]], dtype=np.uint64),
        flags=np.array([True, False]), empty=np.zeros((0, 3), dtype=np.float32))
    with io.BytesIO() as buffer:
        np.lib.format.write_array(buffer, np.arange(3, dtype=np.int16), version=(3, 0))
        (directory / "version-3.npy").write_bytes(buffer.getvalue())
    np.savez_compressed(directory / "compressed.npz", np.zeros(100))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    pytorch_cases(directory)
    keras_cases(directory)
    numpy_cases(directory)


if __name__ == "__main__":
    main()
