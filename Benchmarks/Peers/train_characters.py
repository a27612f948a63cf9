"""Trains the character model of `rnn train` in PyTorch, to compare losses and speed on the same task.

The defaults are char-rnn's with its two hidden layers of 128: LSTM on one-hot characters, 50 parallel streams in
windows of 50, state carried from window to window, gradients clipped to norm 5; Adam at 0.002, no dropout, and the
last 5% of the text held out.

    python train_characters.py --text shakespeare.txt --epochs 10

Per epoch it prints the mean training loss, the validation loss (both in nats per character), and the characters
trained per second: forward, backward, clipping and optimizer, by the clock on the wall, validation not counted.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


class CharacterModel(nn.Module):
    def __init__(self, cell, vocabulary_size, hidden_size, layers):
        super().__init__()
        make = {
            "rnn": lambda: nn.RNN(vocabulary_size, hidden_size, layers, nonlinearity="tanh"),
            "rnn-relu": lambda: nn.RNN(vocabulary_size, hidden_size, layers, nonlinearity="relu"),
            "lstm": lambda: nn.LSTM(vocabulary_size, hidden_size, layers),
            "gru": lambda: nn.GRU(vocabulary_size, hidden_size, layers),
        }
        self.rnn = make[cell]()
        self.linear = nn.Linear(hidden_size, vocabulary_size)
        # Looking up rows of the identity is the fastest way to one-hot input: F.one_hot and a conversion cost tenfold.
        self.register_buffer("one_hot", torch.eye(vocabulary_size), persistent=False)

    def forward(self, tokens, state):
        output, state = self.rnn(F.embedding(tokens, self.one_hot), state)
        return self.linear(output), state


def read_tokens(path):
    """The text as indices into its sorted set of characters, and the size of that set."""
    text = path.read_bytes().decode("utf-8")  # line ends as they are
    vocabulary = {character: index for index, character in enumerate(sorted(set(text)))}
    return torch.tensor([vocabulary[character] for character in text]), len(vocabulary)


def make_windows(tokens, batch_size, sequence_length):
    """Cuts the text into `batch_size` contiguous streams and those into windows: (input, target) pairs, each [T, N].

    Window k + 1 goes on where window k ended, in every stream; what does not fill a window in all streams is dropped.
    """
    count = (len(tokens) - 1) // (batch_size * sequence_length)
    if count == 0:
        raise SystemExit(f"{len(tokens)} characters are too few for {batch_size} streams of {sequence_length}")
    used = batch_size * count * sequence_length
    inputs = tokens[:used].view(batch_size, -1).T.contiguous()
    targets = tokens[1 : used + 1].view(batch_size, -1).T.contiguous()
    return list(zip(inputs.split(sequence_length), targets.split(sequence_length)))


def loss_of(model, inputs, targets, state):
    logits, state = model(inputs, state)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), state


def detach(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def evaluate(model, windows):
    state, total = None, 0.0
    with torch.inference_mode():
        for inputs, targets in windows:
            loss, state = loss_of(model, inputs, targets, state)
            total += loss.item()
    return total / len(windows)


def train(options):
    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(options.seed)

    tokens, vocabulary_size = read_tokens(options.text)
    held_out = int(len(tokens) * options.validation_fraction)
    split = len(tokens) - held_out
    windows = make_windows(tokens[:split], options.batch_size, options.sequence_length)
    validation = None
    if held_out:
        validation = make_windows(tokens[split:], options.batch_size, options.sequence_length)

    model = CharacterModel(options.cell, vocabulary_size, options.hidden_size, options.layers)
    # The fused kernel is the fastest of PyTorch's Adams on a CPU.
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate, fused=True)
    parameters = list(model.parameters())
    size = sum(parameter.numel() for parameter in parameters)
    print(
        f"PyTorch {torch.__version__}, {options.threads} threads; "
        f"{options.cell} {options.layers}x{options.hidden_size}, {size} parameters; "
        f"{len(tokens)} characters, {vocabulary_size} distinct; {len(windows)} steps an epoch, "
        f"{len(validation or [])} windows held out"
    )

    steps_left = options.steps if options.steps is not None else options.epochs * len(windows)
    epochs = []
    while steps_left > 0:
        state, total, seconds = None, 0.0, 0.0
        epoch_windows = windows[:steps_left]
        for inputs, targets in epoch_windows:
            start = time.perf_counter()
            loss, state = loss_of(model, inputs, targets, state)
            state = detach(state)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, options.clip_norm)
            optimizer.step()
            total += loss.item()
            seconds += time.perf_counter() - start
        steps_left -= len(epoch_windows)
        epochs.append(
            {
                "epoch": len(epochs) + 1,
                "steps": len(epoch_windows),
                "training_loss": total / len(epoch_windows),
                "validation_loss": evaluate(model, validation) if validation else None,
                "tokens_per_second": len(epoch_windows) * options.batch_size * options.sequence_length / seconds,
                "seconds": seconds,
            }
        )
        last = epochs[-1]
        validation_loss = "-" if validation is None else f"{last['validation_loss']:.4f}"
        print(
            f"epoch {last['epoch']}: training loss {last['training_loss']:.4f}, validation loss {validation_loss}, "
            f"{last['tokens_per_second']:,.0f} tokens/s, {seconds:.1f} s",
            flush=True,
        )

    if options.json:
        settings = {name: value for name, value in vars(options).items() if name not in ("json", "text")}
        result = {"torch": torch.__version__, "text": options.text.name, **settings, "results": epochs}
        options.json.write_text(json.dumps(result, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--text", type=Path, required=True, help="a UTF-8 text file")
    parser.add_argument("--cell", choices=["rnn", "rnn-relu", "lstm", "gru"], default="lstm")
    parser.add_argument("--hidden-size", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--sequence-length", type=int, default=50)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--steps", type=int, help="stop after this many steps, whatever --epochs says")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--clip-norm", type=float, default=5.0)
    parser.add_argument("--validation-fraction", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path, help="write settings and results to this file")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
