"""Writes what PyTorch computes for recurrent layers as residual blocks with nn.RMSNorm and a gated feed-forward layer, as
fixtures for the parity tests.

Run it through scripts/fixtures. Each file is one model in float64: parameters, inputs, targets, initial state, outputs,
final state, loss and every gradient, with the tensors of the structures' fixtures; `output` is the top layer's, before the
last norm. Parameters have the names of Recurrent's model files. The same versions write the same bytes.
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

from fixture_cells import LOOPED_CELLS

LENGTHS = [4, 2, 1, 3]
STEPS, SEQUENCES, VOCABULARY, OUTPUTS = max(LENGTHS), len(LENGTHS), 5, 3  # T, N, V, O
EPSILON = 1e-6


@dataclass
class Case:
    """One fixture: a model, its data and its loss."""

    cell: str
    input: str = "dense"  # or tokens (one-hot), embedding
    inputs: int = 4  # I, where the first layer is as wide it has a norm and adds what it reads
    hidden: int = 4
    feed_forward: int = 7
    layers: int = 2
    bidirectional: bool = False
    packed: bool = False  # sequences of LENGTHS, else all of STEPS
    head: str = "every_step"  # or last_step, mean_over_steps, max_over_steps

    @property
    def name(self) -> str:
        parts = [self.cell.replace("_", "-"), f"{self.layers}layer", self.input, f"{self.inputs}to{self.width}"]
        parts += ["bidirectional"] * self.bidirectional + ["packed"] * self.packed
        if self.head != "every_step":
            parts.append(self.head.replace("_", "-"))
        return "-".join(parts)

    @property
    def width(self) -> int:
        return self.hidden * (2 if self.bidirectional else 1)

    @property
    def states(self) -> int:
        return {"lstm": 2, "slstm": 3}.get(self.cell, 1)

    @property
    def loss(self) -> str:
        return "mean_squared_error" if self.input == "dense" else "cross_entropy"


CASES = [
    Case("rglru"),
    Case("rglru", inputs=3, packed=True),
    Case("minlstm", "embedding", head="last_step", packed=True),
    Case("mingru", "tokens", inputs=VOCABULARY, layers=1),
    Case("slstm", layers=1),
    Case("lstm", "embedding", packed=True),
    Case("gru", hidden=2, bidirectional=True, packed=True, head="mean_over_steps"),
    Case("lstm", "tokens", inputs=VOCABULARY, hidden=2, bidirectional=True),
]


class Block(nn.Module):
    def __init__(self, case: Case, layer: int):
        super().__init__()
        read, width = case.inputs if layer == 0 else case.width, case.width
        # A first layer that is not as wide as what it reads, or that reads one-hot tokens, reads it as it is.
        self.adds = read == width and (layer > 0 or case.input != "tokens")
        if self.adds:
            self.norm = nn.RMSNorm(read, EPSILON)
        options = {"bidirectional": True} if case.bidirectional else {}
        module = {"gru": nn.GRU, "lstm": nn.LSTM}.get(case.cell) or LOOPED_CELLS[case.cell]
        self.cell = module(read, case.hidden, 1, **options)
        self.feed_forward_norm = nn.RMSNorm(width, EPSILON)
        self.feed_forward_gate = nn.Linear(width, case.feed_forward, bias=False)
        self.feed_forward_up = nn.Linear(width, case.feed_forward, bias=False)
        self.feed_forward_down = nn.Linear(case.feed_forward, width, bias=False)

    def forward(self, x, state):
        recurrent, final = self.cell(self.norm(x) if self.adds else x, state)
        y = x + recurrent if self.adds else recurrent
        z = self.feed_forward_norm(y)
        gated = F.silu(self.feed_forward_gate(z)) * self.feed_forward_up(z)
        return y + self.feed_forward_down(gated), final


class Model(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.case = case
        self.lengths = LENGTHS if case.packed else [STEPS] * SEQUENCES
        if case.input == "embedding":
            self.embedding = nn.Embedding(VOCABULARY, case.inputs)
        self.blocks = nn.ModuleList(Block(case, layer) for layer in range(case.layers))
        self.norm = nn.RMSNorm(case.width, EPSILON)
        self.linear = nn.Linear(case.width, OUTPUTS)
        for name, parameter in self.named_parameters():
            # Not about 1, where they start in training: the norms would magnify the bounds on rounding errors so that a
            # test within them would show nothing.
            if "norm." in name:
                parameter.data.uniform_(0.15, 0.45)

    def forward(self, x, state):
        """Sequence by sequence: the top layer's outputs [T, N, U], final states [L·D, N, H], and what the head gives."""
        case = self.case
        if case.input == "tokens":
            x = F.one_hot(x, case.inputs).to(torch.get_default_dtype())
        elif case.input == "embedding":
            x = self.embedding(x)
        directions = 2 if case.bidirectional else 1
        outputs, finals, predictions = [], [], []
        for sequence, length in enumerate(self.lengths):
            own, final = x[:length, sequence : sequence + 1], []
            for layer, block in enumerate(self.blocks):
                rows = slice(layer * directions, (layer + 1) * directions)
                start = tuple(part[rows, sequence : sequence + 1].contiguous() for part in state)
                own, end = block(own, start if case.states > 1 else start[0])
                final.append(end if case.states > 1 else (end,))
            finals.append([torch.cat(parts) for parts in zip(*final)])
            outputs.append(F.pad(own[:, 0], (0, 0, 0, STEPS - length)))
            read = self.norm(own[:, 0])
            if case.head == "last_step":
                read = read[-1]
            elif case.head == "mean_over_steps":
                read = read.mean(0)
            elif case.head == "max_over_steps":
                read = read.amax(0)
            else:
                read = F.pad(read, (0, 0, 0, STEPS - length))
            predictions.append(self.linear(read))
        axis = 1 if case.head == "every_step" else 0
        final = [torch.cat(parts, 1) for parts in zip(*finals)]
        return torch.stack(outputs, 1), final, torch.stack(predictions, axis)


def file_name(name: str) -> str:
    """The name of a parameter in Recurrent's files."""
    parts = name.split(".")
    if parts[0] != "blocks":
        return name
    layer, module, parameter = parts[1:]
    if module == "cell":
        return "rnn." + parameter.replace("_l0", f"_l{layer}")
    return f"rnn.{module}_l{layer}"


def make_tensors(case: Case) -> dict[str, torch.Tensor]:
    """Everything the fixture holds, by name."""
    torch.manual_seed(SEED)
    model = Model(case)
    if case.input == "dense":
        x = torch.randn(STEPS, SEQUENCES, case.inputs).requires_grad_()
    else:
        x = torch.randint(VOCABULARY, (STEPS, SEQUENCES))
    rows = case.layers * (2 if case.bidirectional else 1)
    state = [torch.randn(rows, SEQUENCES, case.hidden).requires_grad_() for _ in range(case.states)]
    if case.cell == "slstm":
        state[2] = (32 + torch.randn(rows, SEQUENCES, case.hidden)).requires_grad_()
    output, final, prediction = model(x, state)
    valid = torch.arange(STEPS)[:, None] < torch.tensor(model.lengths) if case.head == "every_step" else ...
    if case.loss == "mean_squared_error":
        target = torch.randn(*prediction.shape)
        loss = F.mse_loss(prediction[valid], target[valid])
    else:
        target = torch.randint(OUTPUTS, prediction.shape[:-1])
        loss = F.cross_entropy(prediction[valid], target[valid])
    loss.backward()

    tensors = {file_name(name): tensor for name, tensor in model.state_dict().items()}
    tensors["lengths"] = torch.tensor(model.lengths)
    tensors["input" if case.input == "dense" else "tokens"] = x
    tensors["target" if case.loss == "mean_squared_error" else "classes"] = target
    tensors["prediction" if case.loss == "mean_squared_error" else "logits"] = prediction
    tensors["output"] = output
    tensors["loss"] = loss.reshape(1)
    for name, parameter in model.named_parameters():
        tensors["grad." + file_name(name)] = parameter.grad
    if case.input == "dense":
        tensors["grad.input"] = x.grad
    for part, initial, last in zip(("h", "c", "weight"), state, final):
        tensors["initial_" + part] = initial
        tensors["grad.initial_" + part] = initial.grad
        tensors["final_" + part] = last
    gradients = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    tensors["gradient_norm"] = gradients.norm().reshape(1)
    tensors = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    return {name: t.to(torch.int32) if t.dtype == torch.int64 else t for name, t in tensors.items()}


def make_metadata(case: Case) -> dict[str, str]:
    words = [case.cell, f"{case.layers} residual block(s) with a feed-forward layer of {case.feed_forward}"]
    words += ["both directions"] * case.bidirectional + ["packed"] * case.packed
    return {
        "description": f"PyTorch reference: {', '.join(words)}, {case.input} input, linear at {case.head}",
        "cell": case.cell,
        "layers": str(case.layers),
        "hidden_size": str(case.hidden),
        "feed_forward_size": str(case.feed_forward),
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
