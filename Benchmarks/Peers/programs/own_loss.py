# A loss of one's own: Cauchy's, log(1 + e²), which a few wild values cannot pull away, beside the squared error.
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(1)
STEPS, BATCH = 20, 16


# Sequences of a noisy input whose running mean is asked for; one target in ten is wild.
def sample():
    inputs, clean, mean = torch.randn(STEPS, BATCH, 1), [], torch.zeros(BATCH, 1)
    for step in inputs:
        mean = 0.8 * mean + 0.2 * step
        clean.append(mean)
    clean = torch.stack(clean)
    return inputs, clean, torch.where(torch.rand_like(clean) < 0.1, clean + 8, clean)


def cauchy(outputs, targets):
    return torch.log1p((outputs - targets) ** 2).mean()


class Smoother(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(1, 16)
        self.linear = nn.Linear(16, 1)

    def forward(self, vectors):
        return self.linear(self.rnn(vectors)[0])


def trained(loss):
    torch.manual_seed(1)
    model = Smoother()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=10)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 390)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, cosine], [10])
    for _ in range(400):
        inputs, _, wild = sample()
        optimizer.zero_grad()
        loss(model(inputs), wild).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        schedule.step()
    return model


# Both judged by the clean targets.
squared, robust = trained(F.mse_loss), trained(cauchy)
inputs, clean, _ = sample()
with torch.no_grad():
    by_squares, by_cauchy = ((model(inputs) - clean).abs().mean().item() for model in (squared, robust))
print(f"mean absolute error by squares {by_squares}, by Cauchy {by_cauchy}")
print(f"less than a quarter of it: {by_cauchy < by_squares / 4}")
