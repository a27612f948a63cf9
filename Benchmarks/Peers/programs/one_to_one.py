# One to one: a single step, which is a plain network with one hidden layer. It learns exclusive or.
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(1)
rnn, linear = nn.RNN(2, 8), nn.Linear(8, 2)
optimizer = torch.optim.Adam([*rnn.parameters(), *linear.parameters()], lr=0.05)

# Four sequences of one step: [T, N, I] = [1, 4, 2].
inputs = torch.tensor([[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]])
classes = torch.tensor([0, 1, 1, 0])
for _ in range(200):
    optimizer.zero_grad()
    F.cross_entropy(linear(rnn(inputs)[0][-1]), classes).backward()
    optimizer.step()

with torch.no_grad():
    predicted = linear(rnn(inputs)[0][-1]).argmax(-1)
for (a, b), answer in zip(inputs[0].int().tolist(), predicted.tolist()):
    print(f"{a} xor {b} is {answer}")
print(f"right: {(predicted == classes).sum()} of 4")
