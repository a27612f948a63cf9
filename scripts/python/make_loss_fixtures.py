"""Writes what PyTorch computes for losses on given outputs, as a fixture for the loss tests.

Run it through scripts/fixtures. One file in float64: outputs, targets, and for every case the loss and its gradient
by the outputs. Tests/RecurrentTests/Fixtures/README.md describes the tensors. The same versions write the same bytes.
"""

# First, for the environment it sets before torch loads.
from make_fixtures import SEED, sort_header

import argparse
from pathlib import Path

import torch
from safetensors.torch import save
from torch.distributions import NegativeBinomial, StudentT
from torch.nn import functional as F

ROWS, OUTPUTS = 9, 5
STEPS, SEQUENCES, CLASSES = 12, 6, 5  # T, N, V of the sequences with labels
QUANTILES = [0.1, 0.5, 0.9]
VALUES = 3  # of a row of the losses on distributions
SCALES = [1.0, 20.0, 0.5]  # of the counts
IGNORED = -100

# The fifth needs a blank between its labels and has no step for it, the sixth has more labels than steps.
STEP_COUNTS = [12, 9, 12, 5, 3, 3]
LABELS = [[1, 2, 2, 4], [4, 4, 4], [], [2], [1, 1, 2], [1, 2, 4, 1]]
FITTING = 4


def gradient(tensors: dict, name: str, outputs: torch.Tensor, loss):
    """Enters the loss of `outputs` and its gradient as case `name`."""
    outputs = outputs.detach().clone().requires_grad_()
    value = loss(outputs)
    value.backward()
    tensors[name + ".loss"] = value.detach().reshape(1)
    tensors[name + ".gradient"] = outputs.grad


def ctc(count: int, blank: int, zero_infinity: bool):
    """The connectionist loss of the first `count` sequences; labels avoid the blank by taking the class 0 for it."""
    labels = torch.tensor([0 if label == blank else label for own in LABELS[:count] for label in own])
    lengths = torch.tensor([len(own) for own in LABELS[:count]])
    return lambda logits: F.ctc_loss(
        logits.log_softmax(-1), labels, torch.tensor(STEP_COUNTS[:count]), lengths, blank=blank, reduction="mean",
        zero_infinity=zero_infinity)


def pinball(outputs: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """The quantile loss, which PyTorch does not have, by its formula; the gradient is autograd's."""
    errors = values.unsqueeze(-1) - outputs.reshape(ROWS, VALUES, len(QUANTILES))
    quantiles = torch.tensor(QUANTILES)
    return torch.maximum(quantiles * errors, (quantiles - 1) * errors).mean()


def student_t(outputs: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Locations, logarithms of scales, and degrees of freedom by softplus above 2."""
    location, scale, degrees = outputs.split(VALUES, 1)
    return -StudentT(2 + F.softplus(degrees), location, scale.exp()).log_prob(values).mean()


def negative_binomial(outputs: torch.Tensor, counts: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """DeepAR's mean and dispersion, both by softplus, with the scale of each value."""
    mean, dispersion = outputs.split(VALUES, 1)
    mean, dispersion = scales * F.softplus(mean), F.softplus(dispersion) / scales.sqrt()
    return -NegativeBinomial(1 / dispersion, logits=(dispersion * mean).log()).log_prob(counts).mean()


def make_tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(SEED)
    outputs = 3 * torch.randn(ROWS, OUTPUTS)
    classes = torch.randint(OUTPUTS, (ROWS,))
    gaps = classes.clone()
    gaps[[0, 4, 5]] = IGNORED
    weights = torch.tensor([0.5, 2.0, 0.0, 1.25, 3.0])
    values = torch.randn(ROWS, OUTPUTS)
    chances = torch.rand(ROWS, OUTPUTS)
    chances[0], chances[1] = 0, 1
    logits = 2 * torch.randn(STEPS, SEQUENCES, CLASSES)
    measured = torch.randn(ROWS, VALUES)
    spread = torch.cat((torch.randn(ROWS, VALUES), torch.randn(ROWS, VALUES)), 1)
    marks = torch.randn(ROWS, VALUES * len(QUANTILES))
    heavy = torch.cat((torch.randn(ROWS, VALUES), torch.randn(ROWS, VALUES), 3 * torch.randn(ROWS, VALUES)), 1)
    heavy[0, 6], heavy[1, 6], heavy[2, 6] = 25, -30, 12  # degrees of freedom
    counts = torch.randint(6, (ROWS, VALUES)).double()
    counts[0, 0], counts[1, 1], counts[2, 1], counts[3, 2] = 90, 60, 33, 0
    # Of less dispersion the logarithms of gamma functions lose more digits than a comparison can do without.
    rates = torch.cat((2 * torch.randn(ROWS, VALUES), torch.randn(ROWS, VALUES).clamp(min=-1)), 1)
    rates[1, 4], rates[4, 3] = 3, -2  # dispersions
    tensors = {
        "outputs": outputs, "classes": classes, "gaps": gaps, "weights": weights, "values": values, "chances": chances,
        "logits": logits, "step_counts": torch.tensor(STEP_COUNTS),
        "labels": torch.tensor([label for own in LABELS for label in own]),
        "label_counts": torch.tensor([len(own) for own in LABELS]),
        "measured": measured, "spread": spread, "marks": marks,
        "heavy": heavy, "counts": counts, "rates": rates,
    }

    def enter(name, loss):
        gradient(tensors, name, outputs, loss)

    enter("cross_entropy", lambda y: F.cross_entropy(y, classes))
    enter("cross_entropy.weights", lambda y: F.cross_entropy(y, classes, weight=weights))
    enter("cross_entropy.smoothing", lambda y: F.cross_entropy(y, classes, label_smoothing=0.1))
    enter("cross_entropy.ignoring", lambda y: F.cross_entropy(y, gaps, ignore_index=IGNORED))
    enter("cross_entropy.ignoring_class", lambda y: F.cross_entropy(y, classes, ignore_index=int(classes[1])))
    enter("cross_entropy.weights_smoothing", lambda y: F.cross_entropy(y, classes, weight=weights, label_smoothing=0.3))
    enter("cross_entropy.all", lambda y: F.cross_entropy(
        y, gaps, weight=weights, label_smoothing=0.3, ignore_index=IGNORED))
    enter("binary", lambda y: F.binary_cross_entropy_with_logits(y, chances))
    enter("binary.weight", lambda y: F.binary_cross_entropy_with_logits(y, chances, pos_weight=torch.tensor(2.5)))
    enter("binary.weights", lambda y: F.binary_cross_entropy_with_logits(y, chances, pos_weight=weights))
    enter("squared", lambda y: F.mse_loss(y, values))
    enter("absolute", lambda y: F.l1_loss(y, values))
    enter("huber", lambda y: F.huber_loss(y, values, delta=1.0))
    enter("huber.wide", lambda y: F.huber_loss(y, values, delta=2.5))
    gradient(tensors, "pinball", marks, lambda y: pinball(y, measured))
    # Outputs are the means, then the logarithms of the variances.
    gradient(tensors, "gaussian", spread, lambda y: F.gaussian_nll_loss(y[:, :VALUES], measured, y[:, VALUES:].exp()))
    gradient(tensors, "student_t", heavy, lambda y: student_t(y, measured))
    gradient(tensors, "negative_binomial", rates, lambda y: negative_binomial(y, counts, torch.ones(VALUES)))
    gradient(tensors, "negative_binomial.scales", rates, lambda y: negative_binomial(y, counts, torch.tensor(SCALES)))
    gradient(tensors, "ctc", logits[:, :FITTING], ctc(FITTING, 0, False))
    gradient(tensors, "ctc.blank", logits[:, :FITTING], ctc(FITTING, 2, False))
    gradient(tensors, "ctc.zero_infinity", logits, ctc(SEQUENCES, 0, True))
    tensors["ctc.infinite.loss"] = ctc(SEQUENCES, 0, False)(logits).reshape(1)
    return {
        name: (t.to(torch.int32) if t.dtype == torch.int64 else t).contiguous() for name, t in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    path = parser.parse_args().file
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    metadata = {
        "description": "PyTorch reference: losses and their gradients by the outputs", "seed": str(SEED),
        "torch": torch.__version__.split("+")[0], "command": "scripts/fixtures",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sort_header(save(make_tensors(), metadata)))
    print(f"losses in {path}")


if __name__ == "__main__":
    main()
