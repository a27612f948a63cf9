# Forecasting: the airline passengers of Box & Jenkins (1976, series G), thousands a month from 1949 to 1960. A GRU reads
# how much each month grew over a year and gives three quantiles of the next month's growth.
import torch
from torch import nn

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
passengers = torch.tensor([
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149,
    170, 170, 158, 133, 114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166,
    171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243,
    264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
    242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374,
    413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336,
    340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472,
    548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
], dtype=torch.float64)
# Growth over the same month of the year before, in tenths of a logarithm: about 1.
growth = 10 * torch.log(passengers[12:] / passengers[:-12])
inputs, targets = growth[:-1].view(-1, 1, 1), growth[1:].view(-1, 1, 1)
# The last year, 1960, is not trained on.
trained = len(inputs) - 12


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(1, 8)
        self.linear = nn.Linear(8, 3)

    def forward(self, vectors):
        return self.linear(self.rnn(vectors)[0])


model, quantiles = Forecaster(), torch.tensor([0.1, 0.5, 0.9])
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(300):
    errors = targets[:trained] - model(inputs[:trained])
    loss = torch.maximum(quantiles * errors, (quantiles - 1) * errors).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()

# One step ahead through 1960: the model reads all months up to the one before.
with torch.no_grad():
    outputs = model(inputs)[-12:, 0]
year_before, truth = passengers[-24:-12], passengers[-12:]
low, median, high = (year_before.unsqueeze(1) * torch.exp(outputs / 10)).unbind(1)
for month in range(12):
    print(f"1960-{month + 1}: {low[month]:.0f}–{high[month]:.0f}, median {median[month]:.0f}; it was {truth[month]:.0f}")
errors, naive = (median - truth).abs().mean(), (year_before - truth).abs().mean()
inside = ((truth >= low) & (truth <= high)).sum()
print(f"{inside} of 12 months between the quantiles; mean absolute error {errors:.0f} thousand")
print(f"better than the year before's month: {bool(errors < naive)} (that one is off by {naive:.0f})")
