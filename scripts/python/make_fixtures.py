"""Writes what PyTorch computes for small recurrent models, as fixtures for the parity tests.

Run it through scripts/fixtures. Each file is one model in float64 with everything a test needs: parameters,
inputs, targets, initial state, outputs, final state, loss, every gradient, and loss curves of fifty steps of
each optimizer. Tests/RecurrentTests/Fixtures/README.md describes the tensors.

The same versions write the same bytes: one seed per file, one thread, and no code path chosen by the processor.
"""

import os

# Read by MKL and ATen when they load: results then do not depend on the vector instructions at hand.
os.environ["MKL_CBWR"] = "COMPATIBLE"
os.environ["ATEN_CPU_CAPABILITY"] = "default"

import argparse
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional as F

from fixture_cells import LOOPED_CELLS, check_loops

SEED = 20260
STEPS, SEQUENCES, INPUTS, HIDDEN, OUTPUTS, VOCABULARY = 7, 3, 5, 4, 6, 6  # T, N, I, H, O, V
CURVE_STEPS = 50
CLIP_NORM = 0.25
CLIP_VALUE = 0.01

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.95),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "adam_clip_value": lambda p: torch.optim.Adam(p, lr=0.01),
}


@dataclass
class Case:
    """One fixture: a model, its data and its loss."""

    cell: str  # rnn_tanh, rnn_relu, lstm, gru, gru_reset_before, or one of LOOPED_CELLS
    layers: int
    input: str  # dense [T, N, I]; tokens, one-hot of I; embedding, V tokens as I features
    initial: bool = False  # with an initial state, else zero
    last_step: bool = False  # linear at the last step only, else at every step

    @property
    def name(self) -> str:
        parts = [self.cell.replace("_", "-"), f"{self.layers}layer", self.input]
        if self.last_step:
            parts.append("last-step")
        if self.initial:
            parts.append("initial")
        return "-".join(parts)

    @property
    def state_names(self) -> tuple[str, ...]:
        if self.cell == "slstm":
            return ("h", "c", "weight")
        return ("h", "c") if self.cell.startswith("lstm") else ("h",)

    @property
    def loss(self) -> str:
        regression = self.input == "dense" and not self.last_step
        return "mean_squared_error" if regression else "cross_entropy"


CASES = [
    Case(cell, layers, input, initial)
    for cell in ("rnn_tanh", "rnn_relu", "lstm", "gru")
    for layers in (1, 2)
    for input in ("dense", "tokens")
    for initial in (False, True)
] + [
    Case("gru_reset_before", 1, "dense", initial=True),
    Case("gru_reset_before", 1, "tokens"),
    Case("gru_reset_before", 2, "dense", initial=True),
    Case("gru_reset_before", 2, "tokens"),
    Case("lstm", 1, "embedding"),
    Case("gru", 2, "dense", last_step=True),
] + [
    # Of two layers the bounds on rounding errors would be too wide where there are norms, or a weight of about 32.
    Case(cell, 1 if cell.endswith("norm") or cell == "slstm" else 2, "dense", initial=True) for cell in LOOPED_CELLS
]


class LoopedGRU(nn.GRU):
    """A GRU written as a loop, with the parameters of nn.GRU.

    With `reset_before` the reset gate multiplies the state before the product,
    n = tanh(W_in x + b_in + W_hn (r h) + b_hn), a form that nn.GRU does not have.
    Without it, it computes what nn.GRU does; check_loop() holds it to that.
    """

    reset_before = True

    def forward(self, x, initial=None):
        if initial is None:
            initial = x.new_zeros(self.num_layers, x.shape[1], self.hidden_size)
        final = []
        for layer in range(self.num_layers):
            w_ir, w_iz, w_in = getattr(self, f"weight_ih_l{layer}").chunk(3)
            w_hr, w_hz, w_hn = getattr(self, f"weight_hh_l{layer}").chunk(3)
            b_ir, b_iz, b_in = getattr(self, f"bias_ih_l{layer}").chunk(3)
            b_hr, b_hz, b_hn = getattr(self, f"bias_hh_l{layer}").chunk(3)
            h = initial[layer]
            outputs = []
            for x_t in x:
                r = torch.sigmoid(x_t @ w_ir.T + b_ir + h @ w_hr.T + b_hr)
                z = torch.sigmoid(x_t @ w_iz.T + b_iz + h @ w_hz.T + b_hz)
                if self.reset_before:
                    n = torch.tanh(x_t @ w_in.T + b_in + (r * h) @ w_hn.T + b_hn)
                else:
                    n = torch.tanh(x_t @ w_in.T + b_in + r * (h @ w_hn.T + b_hn))
                h = (1 - z) * n + z * h
                outputs.append(h)
            x = torch.stack(outputs)
            final.append(h)
        return x, torch.stack(final)


def check_loop():
    """Reset after, the loop must equal nn.GRU."""
    torch.manual_seed(SEED)
    reference = nn.GRU(INPUTS, HIDDEN, 2)
    loop = LoopedGRU(INPUTS, HIDDEN, 2)
    loop.reset_before = False
    loop.load_state_dict(reference.state_dict())
    x, h = torch.randn(STEPS, SEQUENCES, INPUTS), torch.randn(2, SEQUENCES, HIDDEN)
    for ours, theirs in zip(loop(x, h), reference(x, h)):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)


class Model(nn.Module):
    """Embedding or one-hot where the input is tokens, `rnn`, and `linear` at every step or the last."""

    def __init__(self, case: Case):
        super().__init__()
        self.case = case
        if case.input == "embedding":
            self.embedding = nn.Embedding(VOCABULARY, INPUTS)
        make = {
            "rnn_tanh": lambda: nn.RNN(INPUTS, HIDDEN, case.layers, nonlinearity="tanh"),
            "rnn_relu": lambda: nn.RNN(INPUTS, HIDDEN, case.layers, nonlinearity="relu"),
            "lstm": lambda: nn.LSTM(INPUTS, HIDDEN, case.layers),
            "gru": lambda: nn.GRU(INPUTS, HIDDEN, case.layers),
            "gru_reset_before": lambda: LoopedGRU(INPUTS, HIDDEN, case.layers),
        }
        if case.cell in LOOPED_CELLS:
            self.rnn = LOOPED_CELLS[case.cell](INPUTS, HIDDEN, case.layers)
        else:
            self.rnn = make[case.cell]()
        self.linear = nn.Linear(HIDDEN, OUTPUTS)

    def forward(self, x, state):
        if self.case.input == "embedding":
            x = self.embedding(x)
        elif self.case.input == "tokens":
            x = F.one_hot(x, INPUTS).to(torch.get_default_dtype())
        output, final = self.rnn(x, state)
        return output, final, self.linear(output[-1] if self.case.last_step else output)


def make_data(case: Case):
    """The input and what it should give: (x, y)."""
    if case.input == "dense":
        x = torch.randn(STEPS, SEQUENCES, INPUTS).requires_grad_()
    else:
        x = torch.randint(INPUTS if case.input == "tokens" else VOCABULARY, (STEPS, SEQUENCES))
    shape = (SEQUENCES,) if case.last_step else (STEPS, SEQUENCES)
    if case.loss == "mean_squared_error":
        return x, 2 * torch.randn(*shape, OUTPUTS)
    # Small classes more often than large ones, so that there is a gradient to clip.
    return x, torch.randint(OUTPUTS, (3, *shape)).amin(0)


def make_initial_state(case: Case):
    """The initial state as nn.RNN and its kin take it: None, h, or a tuple of the parts."""
    if not case.initial:
        return None
    parts = [torch.randn(case.layers, SEQUENCES, HIDDEN) for _ in case.state_names]
    if case.cell == "slstm":
        # The logarithm of a weight of about 1.
        parts[2] += 32
    parts = tuple(part.requires_grad_() for part in parts)
    return parts if len(parts) > 1 else parts[0]


def measure(case: Case, prediction, y):
    if case.loss == "mean_squared_error":
        return F.mse_loss(prediction, y)
    return F.cross_entropy(prediction.reshape(-1, OUTPUTS), y.reshape(-1))


def loss_curve(case: Case, optimizer_name: str, parameters, x, y, state):
    """The loss before each of CURVE_STEPS steps and after the last, from the given start."""
    model = Model(case)
    model.load_state_dict(parameters)
    optimizer = OPTIMIZERS[optimizer_name](model.parameters())
    losses = [measure(case, model(x, state)[2], y)]
    for _ in range(CURVE_STEPS):
        optimizer.zero_grad()
        losses[-1].backward()
        if optimizer_name.endswith("clip_value"):
            nn.utils.clip_grad_value_(model.parameters(), CLIP_VALUE)
        else:
            nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        losses.append(measure(case, model(x, state)[2], y))
    return torch.stack(losses).detach()


def make_tensors(case: Case) -> dict[str, torch.Tensor]:
    """Everything the fixture holds, by name."""
    torch.manual_seed(SEED)
    model = Model(case)
    x, y = make_data(case)
    state = make_initial_state(case)
    output, final, prediction = model(x, state)
    loss = measure(case, prediction, y)
    loss.backward()

    parameters = model.state_dict()
    tensors = dict(parameters)
    tensors["input" if case.input == "dense" else "tokens"] = x
    tensors["target" if case.loss == "mean_squared_error" else "classes"] = y
    tensors["prediction" if case.loss == "mean_squared_error" else "logits"] = prediction
    tensors["output"] = output
    tensors["loss"] = loss.reshape(1)
    for name, parameter in model.named_parameters():
        tensors["grad." + name] = parameter.grad
    if case.input == "dense":
        tensors["grad.input"] = x.grad

    def parts(of):
        return zip(case.state_names, of if len(case.state_names) > 1 else (of,))

    for name, tensor in parts(final):
        tensors["final_" + name] = tensor
    if state is not None:
        for name, tensor in parts(state):
            tensors["initial_" + name] = tensor
            tensors["grad.initial_" + name] = tensor.grad

    gradients = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    tensors["gradient_norm"] = gradients.norm().reshape(1)
    if gradients.norm() <= CLIP_NORM or gradients.abs().max() <= CLIP_VALUE:
        raise SystemExit(f"{case.name}: clipping does not act, gradient norm {gradients.norm():.3f}; take another seed")

    start = {name: tensor.clone() for name, tensor in parameters.items()}
    x, state = detach(x), detach(state)
    tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    for optimizer_name in OPTIMIZERS:
        tensors["curve." + optimizer_name] = loss_curve(case, optimizer_name, start, x, y, state)
    return {name: t.to(torch.int32) if t.dtype == torch.int64 else t for name, t in tensors.items()}


def detach(value):
    if isinstance(value, tuple):
        return tuple(detach(v) for v in value)
    return None if value is None else value.detach()


def make_metadata(case: Case) -> dict[str, str]:
    head = "last step" if case.last_step else "every step"
    state = "given" if case.initial else "zero"
    return {
        "description": f"PyTorch reference: {case.cell}, {case.layers} layer(s), {case.input} input, "
        f"linear at {head}, {case.loss}, initial state {state}",
        "cell": case.cell,
        "layers": str(case.layers),
        "input": case.input,
        "head": head.replace(" ", "_"),
        "loss": case.loss,
        "initial_state": state,
        "seed": str(SEED),
        "torch": torch.__version__.split("+")[0],
        "command": "scripts/fixtures",
    }


def sort_header(file: bytes) -> bytes:
    """The same safetensors file with the header's keys in order; the library writes the metadata in any order."""
    length = struct.unpack("<Q", file[:8])[0]
    header = json.loads(file[8 : 8 + length])
    metadata = {"__metadata__": dict(sorted(header.pop("__metadata__").items()))}
    text = json.dumps(metadata | header, separators=(",", ":"), ensure_ascii=True).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + file[8 + length :]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="where the *.safetensors go; those already there are removed")
    directory = parser.parse_args().directory

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    check_loop()
    check_loops()

    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.safetensors"):
        old.unlink()
    total = 0
    for case in CASES:
        file = sort_header(save(make_tensors(case), make_metadata(case)))
        (directory / f"{case.name}.safetensors").write_bytes(file)
        total += len(file)
    print(f"{len(CASES)} fixtures, {total} bytes, in {directory}")


if __name__ == "__main__":
    main()
