"""Writes what PyTorch computes for layers that run both ways, packed sequences and projections, as fixtures for the
parity tests.

Run it through scripts/fixtures. Each file is one model in float64: parameters, inputs, targets, initial state, outputs,
final state, loss and every gradient. Tests/RecurrentTests/Fixtures/README.md describes the tensors. The same versions
write the same bytes.
"""

# First, for the environment it sets before torch loads.
from make_fixtures import SEED, sort_header

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUTS, HIDDEN, OUTPUTS = 3, 4, 3  # I, H, O
LENGTHS = [5, 3, 1, 4]
STEPS, SEQUENCES = max(LENGTHS), len(LENGTHS)  # T, N

MODULES = {
    "rnn_tanh": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="tanh", **options),
    "rnn_relu": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="relu", **options),
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


@dataclass
class Case:
    """One fixture: a model, its data and its loss."""

    cell: str
    layers: int
    bidirectional: bool = False
    packed: bool = False  # sequences of LENGTHS, else all of STEPS
    projection: int = 0
    head: str = "every_step"  # or last_step, mean_over_steps, max_over_steps
    input: str = "dense"  # or tokens, one-hot of I

    @property
    def name(self) -> str:
        parts = [self.cell.replace("_", "-"), f"{self.layers}layer"]
        parts += ["bidirectional"] * self.bidirectional + ["packed"] * self.packed
        parts += ["projection"] * (self.projection > 0) + ["tokens"] * (self.input == "tokens")
        if self.head != "every_step":
            parts.append(self.head.replace("_", "-"))
        return "-".join(parts)

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def loss(self) -> str:
        return "mean_squared_error" if self.input == "dense" else "cross_entropy"

    @property
    def output_size(self) -> int:
        return self.directions * (self.projection or HIDDEN)


CASES = [
    Case(cell, 2, bidirectional=True, packed=packed)
    for cell in ("rnn_tanh", "rnn_relu", "lstm", "gru")
    for packed in (False, True)
] + [
    Case("lstm", 1, packed=True),
    Case("lstm", 1, bidirectional=True, packed=True, input="tokens"),
    Case("lstm", 1, projection=2),
    Case("lstm", 2, projection=2),
    Case("lstm", 2, bidirectional=True, projection=3),
    Case("lstm", 2, bidirectional=True, packed=True, projection=2),
] + [
    Case("gru", 2, bidirectional=True, packed=True, head=head)
    for head in ("last_step", "mean_over_steps", "max_over_steps")
]


class Model(nn.Module):
    """`rnn`, and `linear` on what its head reads."""

    def __init__(self, case: Case):
        super().__init__()
        self.case = case
        self.lengths = torch.tensor(LENGTHS if case.packed else [STEPS] * SEQUENCES)
        options = {"proj_size": case.projection} if case.projection else {}
        self.rnn = MODULES[case.cell](INPUTS, HIDDEN, case.layers, bidirectional=case.bidirectional, **options)
        self.linear = nn.Linear(case.output_size, OUTPUTS)

    def forward(self, x, state):
        case = self.case
        if case.input == "tokens":
            x = F.one_hot(x, INPUTS).to(torch.get_default_dtype())
        if case.packed:
            packed = pack_padded_sequence(x, self.lengths, enforce_sorted=False)
            output, final = self.rnn(packed, state)
            output, _ = pad_packed_sequence(output)
        else:
            output, final = self.rnn(x, state)
        return output, final, self.linear(self.read(output, final))

    def read(self, output, final):
        """What the head reads: [T, N, ·], or [N, ·] of each sequence's own steps."""
        case = self.case
        if case.head == "every_step":
            return output
        if case.head == "last_step":
            h = final[0] if case.cell == "lstm" else final
            return torch.cat(tuple(h[-case.directions :]), dim=1)
        own = [output[:length, sequence] for sequence, length in enumerate(self.lengths.tolist())]
        if case.head == "mean_over_steps":
            return torch.stack([steps.mean(0) for steps in own])
        return torch.stack([steps.amax(0) for steps in own])


def make_tensors(case: Case) -> dict[str, torch.Tensor]:
    """Everything the fixture holds, by name."""
    torch.manual_seed(SEED)
    model = Model(case)
    if case.input == "dense":
        x = torch.randn(STEPS, SEQUENCES, INPUTS).requires_grad_()
    else:
        x = torch.randint(INPUTS, (STEPS, SEQUENCES))
    rows = case.layers * case.directions
    state = [torch.randn(rows, SEQUENCES, case.projection or HIDDEN).requires_grad_()]
    if case.cell == "lstm":
        state.append(torch.randn(rows, SEQUENCES, HIDDEN).requires_grad_())
    output, final, prediction = model(x, tuple(state) if case.cell == "lstm" else state[0])
    # Steps that no sequence has count for nothing.
    valid = torch.arange(STEPS)[:, None] < model.lengths if case.head == "every_step" else ...
    if case.loss == "mean_squared_error":
        target = torch.randn(*prediction.shape)
        loss = F.mse_loss(prediction[valid], target[valid])
    else:
        target = torch.randint(OUTPUTS, prediction.shape[:-1])
        loss = F.cross_entropy(prediction[valid], target[valid])
    loss.backward()

    tensors = dict(model.state_dict())
    tensors["lengths"] = model.lengths
    tensors["input" if case.input == "dense" else "tokens"] = x
    tensors["target" if case.loss == "mean_squared_error" else "classes"] = target
    tensors["prediction" if case.loss == "mean_squared_error" else "logits"] = prediction
    tensors["output"] = output
    tensors["loss"] = loss.reshape(1)
    for name, parameter in model.named_parameters():
        tensors["grad." + name] = parameter.grad
    if case.input == "dense":
        tensors["grad.input"] = x.grad
    for part, initial, last in zip("hc", state, final if case.cell == "lstm" else (final,)):
        tensors["initial_" + part] = initial
        tensors["grad.initial_" + part] = initial.grad
        tensors["final_" + part] = last
    gradients = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    tensors["gradient_norm"] = gradients.norm().reshape(1)
    tensors = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    return {name: t.to(torch.int32) if t.dtype == torch.int64 else t for name, t in tensors.items()}


def make_metadata(case: Case) -> dict[str, str]:
    words = [case.cell, f"{case.layers} layer(s)"]
    words += ["both directions"] * case.bidirectional + ["packed"] * case.packed
    words += [f"projected to {case.projection}"] * (case.projection > 0)
    return {
        "description": f"PyTorch reference: {', '.join(words)}, {case.input} input, linear at {case.head}",
        "cell": case.cell,
        "layers": str(case.layers),
        "hidden_size": str(HIDDEN),
        "projection": str(case.projection),
        "bidirectional": str(case.bidirectional).lower(),
        "packed": str(case.packed).lower(),
        "input": case.input,
        "head": case.head,
        "loss": case.loss,
        "initial_state": "given",
        "seed": str(SEED),
        "torch": torch.__version__.split("+")[0],
        "command": "scripts/fixtures",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="where the *.safetensors go; those already there are removed")
    directory = parser.parse_args().directory
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.safetensors"):
        old.unlink()
    for case in CASES:
        file = sort_header(save(make_tensors(case), make_metadata(case)))
        (directory / f"{case.name}.safetensors").write_bytes(file)
    print(f"{len(CASES)} fixtures in {directory}")


if __name__ == "__main__":
    main()
