# Serving: one model, a state for each session. A lock keeps the sessions of its sensors; many tasks ask at once.
import asyncio

import torch
from torch import nn
from torch.nn import functional as F


class Waves(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(1, 12)
        self.linear = nn.Linear(12, 1)

    def forward(self, vectors, state=None):
        hidden, state = self.rnn(vectors, state)
        return self.linear(hidden), state


class Forecaster:
    """Sensors report one number at a time; the model says what it expects next."""

    def __init__(self, model):
        self.model, self.states, self.lock = model, {}, asyncio.Lock()

    async def expect(self, values):
        """One step of several sensors at once, in one batch, each from where its session stood."""
        async with self.lock:
            names = sorted(values)
            zero = torch.zeros(1, 12)
            state = torch.stack([self.states.get(name, zero) for name in names], 1)
            with torch.no_grad():
                outputs, state = self.model(torch.tensor([[[values[name]] for name in names]]), state)
            self.states |= zip(names, state.unbind(1))
            return dict(zip(names, outputs.flatten().tolist()))


# A model of two waves, one step ahead.
def wave(name, step):
    return [0.0, 1.0, 0.0, -1.0][step % 4] if name == 0 else [1.0, 1.0, -1.0, -1.0, 0.0][step % 5]


torch.manual_seed(1)
model = Waves()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
series = torch.tensor([[[wave(name, step)] for name in range(2)] for step in range(41)])
for _ in range(300):
    optimizer.zero_grad()
    F.mse_loss(model(series[:-1])[0], series[1:]).backward()
    optimizer.step()


async def main():
    # Eight tasks stream at once.
    forecaster = Forecaster(model)

    async def stream(sensor):
        worst = 0.0
        for step in range(39):
            name = f"sensor {sensor}"
            expected = await forecaster.expect({name: wave(sensor % 2, step)})
            if step >= 10:
                worst = max(worst, abs(expected[name] - wave(sensor % 2, step + 1)))
        return worst

    worst = max(await asyncio.gather(*(stream(sensor) for sensor in range(8))))
    print(f"worst error of 8 sessions: {worst}")
    crowd = await forecaster.expect({f"visitor {visitor}": wave(visitor % 2, 0) for visitor in range(100)})
    print(f"{len(crowd)} sessions in one call")
    together = await forecaster.expect({"sensor 0": wave(0, 39), "sensor 1": wave(1, 39)})
    print(f"together: {together}")
    print(f"every session goes on where it was: {worst < 0.3 and abs(together['sensor 0'] - wave(0, 40)) < 0.3}")


asyncio.run(main())
