# Stop and go on: a training that is stopped in the middle of an epoch and resumed from its checkpoint ends with the same
# bits as one that never stopped.
import os
import random
import tempfile

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

# Which bit sequences have a run of three ones? Batches are shuffled, lengths differ, dropout draws masks.
random.seed(1)
sequences = [torch.tensor([random.randint(0, 1) for _ in range(random.randint(4, 10))]) for _ in range(200)]
classes = torch.tensor([int("111" in "".join(map(str, bits.tolist()))) for bits in sequences])


class Runs(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.dropout, self.linear = nn.GRU(2, 12), nn.Dropout(0.1), nn.Linear(12, 2)

    def forward(self, sequences):
        lengths = torch.tensor([len(bits) for bits in sequences])
        vectors = F.one_hot(pad_sequence(sequences), 2).float()
        packed = pack_padded_sequence(vectors, lengths, enforce_sorted=False)
        return self.linear(self.dropout(self.rnn(packed)[1][-1]))


def train(path, resuming=False, stop=None):
    torch.manual_seed(1)
    model = Runs()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=10)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 190)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, cosine], [10])
    step, best = 0, (float("inf"), 0, None)
    if resuming and os.path.exists(path):
        state = torch.load(path)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"])
        step, best = state["step"], state["best"]

    def save():
        state = {
            "model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
            "random": torch.get_rng_state(), "step": step, "best": best,
        }
        torch.save(state, path + ".new")
        os.replace(path + ".new", path)

    while step < 200:
        epoch, batch = divmod(step, 10)
        order = torch.randperm(160, generator=torch.Generator().manual_seed(epoch)).tolist()
        chosen = order[16 * batch : 16 * batch + 16]
        loss = F.cross_entropy(model([sequences[place] for place in chosen]), classes[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        step += 1
        if batch == 9:
            model.eval()
            with torch.no_grad():
                held = F.cross_entropy(model(sequences[160:]), classes[160:]).item()
            model.train()
            if held < best[0]:
                best = (held, step, {name: value.clone() for name, value in model.state_dict().items()})
            if (epoch + 1) % 5 == 0:
                print(f"epoch {epoch + 1}: loss {held:.4g}")
            save()
        if step == stop:
            save()
            break
    return model, step, best


with tempfile.TemporaryDirectory() as directory:
    whole, _, first_best = train(f"{directory}/whole.pt")
    _, step, _ = train(f"{directory}/resumed.pt", stop=73)
    print(f"stopped after step {step} of 200")
    resumed, step, best = train(f"{directory}/resumed.pt", resuming=True)
print(f"resumed to step {step}; best {best[0]}, at step {best[1]}")
same = all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values()))
print(f"the same bits: {same and first_best[:2] == best[:2]}")
