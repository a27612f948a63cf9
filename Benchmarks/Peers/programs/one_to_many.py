# One to many: one token in, a sequence out. An encoder of one step reads a digit, and a decoder that is fed its own
# letters writes the word.
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

torch.manual_seed(1)
words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
letters = sorted(set("".join(words)))

# Two tokens more than there are letters: one begins a word, one ends it.
START, END, COUNT = len(letters), len(letters) + 1, len(letters) + 2


class Speller(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.GRU(10, 32), nn.GRU(COUNT, 32)
        self.linear = nn.Linear(32, COUNT)

    def decode(self, tokens, state):
        hidden, state = self.decoder(F.one_hot(tokens, COUNT).float(), state)
        return self.linear(hidden), state

    def encode(self, digits):
        return self.encoder(F.one_hot(digits, 10).float())[1]


model = Speller()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
digits = torch.arange(10).view(1, 10)
spellings = [torch.tensor([letters.index(letter) for letter in word]) for word in words]
inputs = pad_sequence([F.pad(word, (1, 0), value=START) for word in spellings], padding_value=END)
targets = pad_sequence([F.pad(word, (0, 1), value=END) for word in spellings], padding_value=-100)
for step in range(1, 151):
    scores, _ = model.decode(inputs, model.encode(digits))
    loss = F.cross_entropy(scores.flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}: {loss.item()} nats per letter")

with torch.no_grad():
    state, tokens, steps = model.encode(digits), torch.full((1, 10), START), []
    for _ in range(8):
        scores, state = model.decode(tokens, state)
        tokens = scores.argmax(-1)
        steps.append(tokens[0].tolist())
written = []
for column in zip(*steps):
    spelt = column[: column.index(END)] if END in column else column
    written.append("".join(letters[token] if token < START else "?" for token in spelt))
for digit, word in enumerate(written):
    print(f"{digit}: {word}")
print(f"right: {sum(a == b for a, b in zip(written, words))} of 10")
