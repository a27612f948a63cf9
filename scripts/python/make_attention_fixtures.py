"""Writes what PyTorch computes for encoders and decoders with attention and input feeding, as fixtures for the parity tests.

Run it through scripts/fixtures. Each file is one model in float64: parameters under the names of a model file (encoder.…,
decoder.…), sources and targets, the loss, every gradient, and the attention's weights.
Tests/RecurrentTests/Fixtures/README.md describes the tensors. The same versions write the same bytes.
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

SOURCES, TARGETS = 5, 6  # tokens of each side; the last two of the targets are start and end
START, END = TARGETS - 2, TARGETS - 1
EMBEDDED, HIDDEN = 3, 4  # E, and H of the decoder
SOURCE_LENGTHS = [4, 2, 5, 1]
TARGET_LENGTHS = [3, 5, 0, 2]

MODULES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@dataclass
class Case:
    """One fixture."""

    cell: str
    layers: int
    attention: str  # dot, scaled-dot, general or additive
    feeding: bool
    bidirectional: bool = True  # the encoder

    @property
    def name(self) -> str:
        parts = [self.cell, f"{self.layers}layer", self.attention]
        return "-".join(parts + ["feeding"] * self.feeding + ["forward"] * (not self.bidirectional))


CASES = [
    Case("lstm", 1, "additive", feeding=False),
    Case("gru", 2, "general", feeding=False),
    Case("lstm", 1, "general", feeding=True),
    Case("lstm", 2, "dot", feeding=True),
    Case("gru", 2, "additive", feeding=True),
    Case("rnn", 1, "additive", feeding=True, bidirectional=False),
    Case("rnn", 2, "scaled-dot", feeding=True, bidirectional=False),
]


class Encoder(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.embedding = nn.Embedding(SOURCES, EMBEDDED)
        hidden = HIDDEN // 2 if case.bidirectional else HIDDEN
        self.rnn = MODULES[case.cell](EMBEDDED, hidden, case.layers, bidirectional=case.bidirectional)
        self.directions = 2 if case.bidirectional else 1

    def forward(self, tokens):
        packed = pack_padded_sequence(self.embedding(tokens), torch.tensor(SOURCE_LENGTHS), enforce_sorted=False)
        output, state = self.rnn(packed)
        output, _ = pad_packed_sequence(output)
        return output, tuple(self.join(part) for part in state) if isinstance(state, tuple) else self.join(state)

    def join(self, part):
        """[L·D, N, H] to [L, N, D·H]: both directions of a layer beside each other."""
        layers = part.unflatten(0, (-1, self.directions))
        return layers.transpose(1, 2).flatten(2).contiguous()


class Attention(nn.Linear):
    """The attentional layer h̃ = tanh(W·[c; h] + b), and the scores."""

    def __init__(self, kind: str):
        super().__init__(2 * HIDDEN, HIDDEN)
        self.kind = kind
        if kind in ("general", "additive"):
            self.query = nn.Linear(HIDDEN, HIDDEN, bias=False)
        if kind == "additive":
            self.key = nn.Linear(HIDDEN, HIDDEN, bias=False)
            self.score = nn.Linear(HIDDEN, 1, bias=False)

    def forward(self, h, memory, mask):
        """h [N, H], memory [M, N, H], mask [M, N]: h̃ [N, H], and the weights [M, N]."""
        if self.kind == "additive":
            scores = self.score(torch.tanh(self.query(h) + self.key(memory))).squeeze(-1)
        else:
            asked = self.query(h) if self.kind == "general" else h
            scores = (memory * asked).sum(-1)
            if self.kind == "scaled-dot":
                scores = scores / HIDDEN**0.5
        weights = scores.masked_fill(~mask, -torch.inf).softmax(0)
        context = (weights[..., None] * memory).sum(0)
        return torch.tanh(super().forward(torch.cat((context, h), dim=-1))), weights


class Decoder(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.feeding = case.feeding
        self.embedding = nn.Embedding(TARGETS, EMBEDDED)
        self.rnn = MODULES[case.cell](EMBEDDED + HIDDEN * case.feeding, HIDDEN, case.layers)
        self.attention = Attention(case.attention)
        self.linear = nn.Linear(HIDDEN, TARGETS)

    def forward(self, tokens, state, memory, mask):
        """tokens [T, N]: logits [T, N, V] and weights [T, M, N]."""
        fed = torch.zeros(tokens.shape[1], HIDDEN)
        logits, weights = [], []
        for step in self.embedding(tokens):
            x = torch.cat((step, fed), dim=-1) if self.feeding else step
            output, state = self.rnn(x[None], state)
            fed, own = self.attention(output[0], memory, mask)
            logits.append(self.linear(fed))
            weights.append(own)
        return torch.stack(logits), torch.stack(weights)


def padded(sequences):
    return nn.utils.rnn.pad_sequence([torch.tensor(sequence) for sequence in sequences])


def make_tensors(case: Case) -> dict[str, torch.Tensor]:
    """Everything the fixture holds, by name."""
    torch.manual_seed(SEED)
    encoder, decoder = Encoder(case), Decoder(case)
    with torch.no_grad():
        # Larger than they start, so that nothing is nearly linear.
        for parameter in [*encoder.parameters(), *decoder.parameters()]:
            parameter *= 1.5
    sources = [torch.randint(SOURCES, (length,)).tolist() for length in SOURCE_LENGTHS]
    targets = [torch.randint(START, (length,)).tolist() for length in TARGET_LENGTHS]

    memory, state = encoder(padded(sources))
    mask = torch.arange(max(SOURCE_LENGTHS))[:, None] < torch.tensor(SOURCE_LENGTHS)
    logits, weights = decoder(padded([[START, *target] for target in targets]), state, memory, mask)
    classes = padded([[*target, END] for target in targets])
    valid = torch.arange(len(classes))[:, None] <= torch.tensor(TARGET_LENGTHS)
    loss = F.cross_entropy(logits[valid], classes[valid])
    loss.backward()

    tensors = {
        "source_lengths": torch.tensor(SOURCE_LENGTHS), "sources": torch.tensor(sum(sources, [])),
        "target_lengths": torch.tensor(TARGET_LENGTHS), "targets": torch.tensor(sum(targets, [])),
        "loss": loss.reshape(1), "weights": weights.permute(2, 0, 1),
    }
    for part, module in (("encoder", encoder), ("decoder", decoder)):
        for name, parameter in module.named_parameters():
            tensors[f"{part}.{name}"] = parameter
            tensors[f"grad.{part}.{name}"] = parameter.grad
    return {
        name: tensor.detach().contiguous().to(torch.float64 if tensor.is_floating_point() else torch.int32)
        for name, tensor in tensors.items()
    }


def make_metadata(case: Case) -> dict[str, str]:
    return {
        "description": "an encoder and a decoder with attention as PyTorch computes them, in float64",
        "cell": case.cell, "layers": str(case.layers), "attention": case.attention,
        "input_feeding": str(case.feeding).lower(), "bidirectional": str(case.bidirectional).lower(),
        "seed": str(SEED), "torch": torch.__version__.split("+")[0], "command": "scripts/fixtures",
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
    print(f"{len(CASES)} fixtures of attention in {directory}")


if __name__ == "__main__":
    main()
