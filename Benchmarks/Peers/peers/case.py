"""What is compared: one case is a cell, a shape, a mode and a number of threads."""

from __future__ import annotations

import random
import re
from dataclasses import asdict, dataclass

CELLS = ("rnn", "lstm", "gru")
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")  # of parameters; PyTorch's names add the layer
MODES = ("train", "infer", "stream")
THREADS = (1, 2)
PRECISIONS = ("float", "bfloat16", "bfloat16-dot", "float16", "int8")  # of weights, or of all that products multiply
TRAINED = ("float", "bfloat16-dot")  # those of training

# T,N,I,H[,L] as `rnn-bench layers --shape` reads it; "65hot" is one-hot tokens of 65. The last is char-rnn's.
SHAPES = (
    "100,1,128,128",
    "100,1,512,512",
    "50,2,128,128",
    "50,8,128,128",
    "50,32,64,128",
    "64,8,256,256",
    "64,32,256,256",
    "64,64,256,256",
    "64,16,512,512",
    "64,64,512,512",
    "64,32,1024,1024",
    "1000,16,128,128",
    "200,32,16,256",
    "50,50,65hot,128,2",
)
STREAM_SIZES = (64, 128, 256, 512)  # H of a stream: one step of one sequence at a time, I = H, the state kept
STREAM_STEPS = 32  # steps of the data of a stream, gone round in turn


@dataclass(frozen=True)
class Case:
    """`train` is forward and all gradients, `infer` forward only, `stream` one step of one sequence."""

    cell: str
    mode: str
    steps: int  # T
    sequences: int  # N
    inputs: int  # I, or the vocabulary where `one_hot`
    hidden: int  # H
    layers: int  # L
    one_hot: bool
    threads: int
    precision: str = "float"

    @staticmethod
    def layer(cell: str, mode: str, shape: str, threads: int, precision: str = "float") -> Case:
        """A case of whole sequences from a shape as in `SHAPES`."""
        match = re.fullmatch(r"(\d+),(\d+),(\d+)(hot)?,(\d+)(?:,(\d+))?", shape)
        if not match:
            raise ValueError(f"a shape is T,N,I,H or T,N,I,H,L, with I as in 128 or 65hot; not {shape!r}")
        steps, sequences, inputs, hot, hidden, layers = match.groups()
        sizes = (int(steps), int(sequences), int(inputs), int(hidden), int(layers or 1))
        if min(sizes) < 1:
            raise ValueError(f"all sizes of a shape are positive; not {shape!r}")
        return Case(cell, mode, *sizes, one_hot=hot is not None, threads=threads, precision=precision)

    @staticmethod
    def stream(cell: str, hidden: int, threads: int, precision: str = "float") -> Case:
        return Case(cell, "stream", STREAM_STEPS, 1, hidden, hidden, 1, False, threads, precision)

    @staticmethod
    def from_json(values: dict) -> Case:
        return Case(**values)

    def json(self) -> dict:
        return asdict(self)

    @property
    def shape(self) -> str:
        """The shape as `layer` reads it; of a stream, its size."""
        if self.mode == "stream":
            return f"H={self.hidden}"
        layers = f",{self.layers}" if self.layers > 1 else ""
        return f"{self.steps},{self.sequences},{self.inputs}{'hot' if self.one_hot else ''},{self.hidden}{layers}"

    @property
    def name(self) -> str:
        precision = "" if self.precision == "float" else f" in {self.precision}"
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"{self.mode} {self.cell} {self.shape} on {threads}{precision}"

    @property
    def flops(self) -> int:
        """Operations of the matrix products of one step of the benchmark; pointwise work is not counted.

        A layer forward is 2·T·N·G·H·(I+H), and its two products backward (of the input, which is 0 where the input is
        one-hot, and of the weights) are as many again each. A stream's step is T = 1. The first layer of one-hot
        tokens has no input product: a gather. That no gradient of the first state is wanted is not subtracted.
        """
        steps = 1 if self.mode == "stream" else self.steps
        gates = GATES[self.cell] * self.hidden  # G·H
        columns = 0
        for layer in range(self.layers):
            inputs = self.hidden if layer else 0 if self.one_hot else self.inputs
            columns += inputs + self.hidden
        return (6 if self.mode == "train" else 2) * steps * self.sequences * gates * columns


def layer_name(kind: str, layer: int) -> str:
    """PyTorch's name of a parameter: kind is weight_ih [G·H, I], weight_hh [G·H, H], bias_ih or bias_hh [G·H]."""
    return f"{kind}_l{layer}"


def parameter_names(case: Case) -> list[str]:
    return [layer_name(kind, layer) for layer in range(case.layers) for kind in KINDS]


def random_shapes(count: int, seed: int) -> list[str]:
    """Shapes T,N,I,H that nobody chose, the same for the same seed; sizes are even on a logarithmic scale."""
    source = random.Random(seed)

    def draw(low: int, high: int) -> int:
        return round(low * (high / low) ** source.random())

    return [f"{draw(10, 150)},{draw(1, 96)},{draw(16, 640)},{draw(16, 640)}" for _ in range(count)]


def grid(cells, shapes, stream_sizes, modes, threads, precisions=("float",)) -> list[Case]:
    """All cases, those of the same data beside one another; training only in what it is for."""
    cases = []
    for cell in cells:
        for shape in shapes:
            for mode in [mode for mode in modes if mode != "stream"]:
                these = [precision for precision in precisions if mode != "train" or precision in TRAINED]
                cases += [Case.layer(cell, mode, shape, count, precision) for count in threads for precision in these]
        for hidden in stream_sizes if "stream" in modes else ():
            cases += [Case.stream(cell, hidden, count, precision) for count in threads for precision in precisions]
    return cases
