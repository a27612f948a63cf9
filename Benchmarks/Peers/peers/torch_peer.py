"""PyTorch, eager: nn.RNN, nn.LSTM and nn.GRU, batch second, with autograd in training. Also the float64 reference."""

from __future__ import annotations

import contextlib
import itertools
import re

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .case import Case, parameter_names
from .peer import SMALL_FLOPS, Peer, Run

MODULES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}


def make_module(case: Case, data: dict[str, np.ndarray], dtype: torch.dtype) -> nn.Module:
    module = MODULES[case.cell](case.inputs, case.hidden, case.layers, dtype=dtype)
    with torch.no_grad():
        for name in parameter_names(case):
            getattr(module, name).copy_(torch.from_numpy(data[name]))
    return module


def make_input(case: Case, data: dict[str, np.ndarray], dtype: torch.dtype):
    """A function that gives the input [T, N, I], and the leaf that is to get a gradient, if any.

    Tokens become one-hot in every step of the benchmark, by the fastest way there is: rows of the identity, looked up.
    """
    if case.one_hot:
        tokens = torch.from_numpy(data["tokens"]).long()  # [T, N]
        identity = torch.eye(case.inputs, dtype=dtype)
        return lambda: F.embedding(tokens, identity), None
    leaf = torch.from_numpy(data["input"]).to(dtype).requires_grad_(case.mode == "train")
    return lambda: leaf, leaf


HALVES = {"bfloat16": torch.bfloat16, "bfloat16-dot": torch.bfloat16, "float16": torch.float16}


def quantized(module: nn.Module) -> nn.Module:
    """Weights in qint8, inputs quantized at each call: PyTorch has it for LSTM, GRU and the single cells."""
    made = torch.ao.quantization.quantize_dynamic(nn.Sequential(module), {type(module)}, dtype=torch.qint8)[0]
    if type(made) is type(module):
        raise ValueError(f"PyTorch does not quantize {type(module).__name__}")
    return made


def ways(case: Case) -> dict[str, tuple]:
    """Of the case's precision: the type of module and input, the context of a call, and what becomes of the module."""
    if case.precision == "float":
        return {"": (torch.float32, contextlib.nullcontext, lambda module: module)}
    if case.precision == "int8":
        return {"dynamic qint8, ": (torch.float32, contextlib.nullcontext, quantized)}
    dtype = HALVES[case.precision]
    return {
        "converted, ": (dtype, contextlib.nullcontext, lambda module: module),
        "autocast, ": (torch.float32, lambda: torch.autocast("cpu", dtype), lambda module: module),
    }


def sequence_run(
    case: Case, data: dict[str, np.ndarray], dtype: torch.dtype, prepare=lambda: None, context=None, convert=None
) -> Run:
    """Whole sequences: forward, and in training all gradients of the sum of output · output_gradient."""
    module = make_module(case, data, dtype)
    give_input, leaf = make_input(case, data, dtype)
    if case.mode != "train":

        module = convert(module) if convert else module
        context = context or contextlib.nullcontext

        def infer():
            with torch.inference_mode(), context():
                return module(give_input())[0]

        def results():
            output = infer()
            return {"output": (output if output.dtype == torch.float64 else output.float()).numpy()}

        return Run(infer, results, prepare)

    context = context or contextlib.nullcontext
    gradients = torch.from_numpy(data["output_gradient"])
    gradient = None
    leaves = {f"d.{name}": getattr(module, name) for name in parameter_names(case)}
    if leaf is not None:
        leaves["d.input"] = leaf

    def train():
        nonlocal gradient
        for tensor in leaves.values():
            tensor.grad = None
        with context():
            output = module(give_input())[0]
        if gradient is None:  # of the type that the outputs have, which autocast chooses
            gradient = gradients.to(output.dtype)
        output.backward(gradient)
        return output

    def numbers(tensor):
        return (tensor if tensor.dtype == torch.float64 else tensor.float()).numpy()

    def results():
        output = numbers(train().detach())
        return {"output": output} | {name: numbers(tensor.grad) for name, tensor in leaves.items()}

    return Run(train, results, prepare)


def stream_run(case: Case, data: dict[str, np.ndarray], whole: bool, prepare, way) -> Run:
    """One step of one sequence, the state kept: by the module with T = 1 (`whole`), or by the module of one cell."""
    dtype, context, convert = way
    inputs = torch.from_numpy(data["input"]).to(dtype)  # [T, 1, I]
    if whole:
        module = make_module(case, data, dtype)
        pieces = list(inputs.split(1))  # each [1, 1, I]
    else:
        module = CELLS[case.cell](case.inputs, case.hidden, dtype=dtype)
        with torch.no_grad():
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(module, name).copy_(torch.from_numpy(data[f"{name}_l0"]))
        pieces = list(inputs.unbind(0))  # each [1, I]
    module = convert(module)
    turn = itertools.cycle(pieces)
    state = None

    def step():
        nonlocal state
        with torch.inference_mode(), context():
            if whole:
                output, state = module(next(turn), state)
            else:
                state = module(next(turn), state)
                output = state[0] if case.cell == "lstm" else state
            return output.view(-1)

    def results():
        nonlocal turn, state
        turn, state = itertools.cycle(pieces), None
        return {"output": np.stack([step().float().numpy().copy() for _ in pieces])[:, None, :]}

    return Run(step, results, prepare)


class TorchPeer(Peer):
    name = "pytorch"

    def __init__(self, threads: int):
        torch.set_num_interop_threads(1)
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self.threads = threads

    def describe(self) -> dict:
        return {
            "PyTorch": torch.__version__,
            "threads": torch.get_num_threads(),
            "cpu": torch.backends.cpu.get_cpu_capability(),
            # Without the flags and folders of the machine that built it.
            "configuration": re.sub(r"\n  - Build settings:.*", "", torch.__config__.show()),
            "parallel": torch.__config__.parallel_info(),
        }

    def runs(self, case, data):
        """oneDNN computes only the LSTM; it is also tried without, and what is small on one thread."""
        runs = {}
        for threads in sorted({self.threads, 1 if case.flops < SMALL_FLOPS else self.threads}, reverse=True):
            for onednn in (True, False) if case.cell == "lstm" else (True,):

                def prepare(threads=threads, onednn=onednn):
                    torch.set_num_threads(threads)
                    torch.backends.mkldnn.set_flags(onednn)

                name = "" if case.cell != "lstm" else "oneDNN, " if onednn else "native, "
                name += f"{threads} threads" if threads > 1 else "1 thread"
                for label, way in ways(case).items():
                    if case.mode != "stream":
                        runs[label + name] = lambda prepare=prepare, way=way: sequence_run(
                            case, data, way[0], prepare, *way[1:]
                        )
                        continue
                    for whole, kind in ((True, MODULES[case.cell]), (False, CELLS[case.cell])):
                        if whole or not onednn or case.cell != "lstm":  # oneDNN has no single cell
                            runs[f"nn.{kind.__name__}, {label}{name}"] = (
                                lambda whole=whole, prepare=prepare, way=way: stream_run(
                                    case, data, whole, prepare, way
                                )
                            )
        return runs

    def call(self, case):
        x, y = torch.zeros(1, case.hidden), torch.zeros(1, case.hidden)

        def add():
            with torch.inference_mode():
                return x + y

        return add


class Reference(Peer):
    """The same in float64. Of a stream it is the whole sequence at once."""

    name = "reference"

    def __init__(self, threads: int):
        torch.set_num_threads(threads)

    def describe(self) -> dict:
        return {"PyTorch": torch.__version__, "type": "float64"}

    def runs(self, case, data):
        # The first step is the only one: nothing is timed.
        return {"float64": lambda: sequence_run(case, data, torch.float64)}

    def fastest(self, case, data):
        return self.runs(case, data)["float64"](), "float64", {}
