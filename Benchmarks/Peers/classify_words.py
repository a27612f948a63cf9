"""The language of a word: `rnn classify train` with its default options beside PyTorch's bidirectional LSTM on letters.

    python classify_words.py --rnn RNN --words words.csv [--rounds 3] [--threads 2] [--epochs 8]

A fifth of the words, drawn by a seed, is kept aside; both see the rest, of which each holds out what it wants. PyTorch's model is the
usual one: letters embedded in 64 numbers, an LSTM of 128 units both ways, the last state of either, a linear layer; Adam at
0.002, batches of 64 words of about one length, packed. Rounds take turns; a time is that of the training alone.
"""

import argparse
import csv
import json
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence


class WordClassifier(nn.Module):
    def __init__(self, letters, classes):
        super().__init__()
        self.embedding = nn.Embedding(letters, 64)
        self.lstm = nn.LSTM(64, 128, bidirectional=True)
        self.linear = nn.Linear(256, classes)

    def forward(self, words):
        lengths = torch.tensor([len(word) for word in words])
        packed = pack_padded_sequence(self.embedding(pad_sequence(words)), lengths, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.linear(torch.cat([h[0], h[1]], dim=1))


def encode(rows, letters, languages):
    words = [torch.tensor([letters.get(letter, 0) for letter in word]) for word, _ in rows]
    return words, torch.tensor([languages.index(language) for _, language in rows])


def train_pytorch(training, held, epochs, seed):
    torch.manual_seed(seed)
    languages = sorted({language for _, language in training})
    letters = {letter: number + 1 for number, letter in enumerate(sorted({l for word, _ in training for l in word}))}
    words, classes = encode(training, letters, languages)
    model = WordClassifier(len(letters) + 1, len(languages))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    order = random.Random(seed)
    start = time.perf_counter()
    for _ in range(epochs):
        places = list(range(len(words)))
        order.shuffle(places)
        # Words of about one length together, as the other side has them.
        pools = [sorted(places[i : i + 512], key=lambda place: len(words[place])) for i in range(0, len(places), 512)]
        for pool in pools:
            for first in range(0, len(pool), 64):
                batch = pool[first : first + 64]
                loss = nn.functional.cross_entropy(model([words[place] for place in batch]), classes[batch])
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 5)
                optimizer.step()
    seconds = time.perf_counter() - start
    words, classes = encode(held, letters, languages)
    with torch.no_grad():
        found = torch.cat([model(words[i : i + 512]).argmax(1) for i in range(0, len(words), 512)])
    return seconds, (found == classes).double().mean().item()


def train_rnn(rnn, folder, threads, seed):
    model = folder / "model.safetensors"
    columns = ["--text-column", "word", "--label-column", "language"]
    command = [rnn, "classify", "train", folder / "training.csv", *columns, "--checkpoint", model, "--seed", seed]
    start = time.perf_counter()
    subprocess.run([str(part) for part in command + ["--threads", threads]], check=True, capture_output=True)
    seconds = time.perf_counter() - start
    command = [rnn, "classify", "evaluate", model, folder / "held.csv", "--json"]
    report = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
    return seconds, json.loads(report)["accuracy"]


def write(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["word", "language"])
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rnn", required=True)
    parser.add_argument("--words", required=True, help="a table with the columns word and language")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8, help="of PyTorch's")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with open(arguments.words, newline="", encoding="utf-8") as file:
        rows = [(row["word"], row["language"]) for row in csv.DictReader(file)]
    random.Random(1).shuffle(rows)
    held, training = rows[: len(rows) // 5], rows[len(rows) // 5 :]
    results = {"rnn classify train": [], f"PyTorch {torch.__version__}": []}
    own, other = results
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write(folder / "training.csv", training)
        write(folder / "held.csv", held)
        for seed in range(1, arguments.rounds + 1):
            results[own].append(train_rnn(arguments.rnn, folder, arguments.threads, seed))
            results[other].append(train_pytorch(training, held, arguments.epochs, seed))
    print(f"| {len(training)} words to train on, {len(held)} kept aside | time | right |\n|---|--:|--:|")
    for name, runs in results.items():
        seconds, shares = (statistics.median(run[index] for run in runs) for index in (0, 1))
        print(f"| {name} | {seconds:.1f} s | {100 * shares:.1f} % |")
    ratios = [b[0] / a[0] for a, b in zip(results[own], results[other])]
    print(f"\nTime of PyTorch over ours: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")


if __name__ == "__main__":
    main()
