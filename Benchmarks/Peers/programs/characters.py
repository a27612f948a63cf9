# A character model: a text in, one more letter at every step; then generation, which feeds its draws back.
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(1)
text = "the rain in spain stays mainly in the plain. " * 100
letters = sorted(set(text))
tokens = torch.tensor([letters.index(letter) for letter in text])


class Characters(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(len(letters), 64)
        self.linear = nn.Linear(64, len(letters))

    def forward(self, tokens, state=None):
        hidden, state = self.rnn(F.one_hot(tokens, len(letters)).float(), state)
        return self.linear(hidden), state


model = Characters()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
# Eight streams side by side, in windows of fifty.
length = (len(tokens) - 1) // 8
inputs, targets = tokens[: 8 * length].view(8, -1).t(), tokens[1 : 8 * length + 1].view(8, -1).t()
windows = range(0, length - 49, 50)
for epoch in range(1, 11):
    state, total = None, 0.0
    for start in windows:
        scores, state = model(inputs[start : start + 50], state)
        state = tuple(part.detach() for part in state)
        loss = F.cross_entropy(scores.flatten(0, 1), targets[start : start + 50].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
    if epoch % 5 == 0:
        with torch.no_grad():
            state = None
            for start in windows:
                scores, state = model(inputs[start : start + 50], state)
                total += F.cross_entropy(scores.flatten(0, 1), targets[start : start + 50].flatten()).item()
        print(f"epoch {epoch}: loss {total / len(windows):.4g}")

with torch.no_grad():
    written, state = [letters.index(letter) for letter in "the"], None
    scores, state = model(torch.tensor(written).view(-1, 1))
    for _ in range(42):
        written.append(scores[-1, 0].argmax().item())
        scores, state = model(torch.tensor([[written[-1]]]), state)
print("".join(letters[token] for token in written))
