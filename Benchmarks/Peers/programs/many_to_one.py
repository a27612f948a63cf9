# Many to one: the letters of a name in, its language out. Names have different lengths.
import random

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

torch.manual_seed(1)
random.seed(1)
names = [
    (
      "Italian",
      """
      rossi ferrari bianchi romano colombo ricci marino greco bruno gallo conti costa giordano mancini rizzo lombardi \
      moretti barbieri fontana santoro mariani rinaldi caruso ferrara galli martini leone longo gentile martinelli vitale \
      lombardo serra coppola marchetti parisi villa conte ferraro ferri fabbri bianco marini grasso valentini messina
      """
    ),
    (
      "Japanese",
      """
      sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada sasaki yamaguchi saito \
      matsumoto inoue kimura hayashi shimizu yamazaki mori abe ikeda hashimoto yamashita ishikawa nakajima maeda fujita \
      ogawa goto okada hasegawa murakami kondo ishii sakamoto endo aoki fujii nishimura fukuda ota miura okamoto
      """
    ),
    (
      "Russian",
      """
      ivanov smirnov kuznetsov popov vasiliev petrov sokolov mikhailov novikov fedorov morozov volkov alekseev lebedev \
      semenov egorov pavlov kozlov stepanov nikolaev orlov andreev makarov nikitin zakharov zaitsev soloviev borisov \
      yakovlev grigoriev romanov vorobiev sergeev kuzmin frolov alexandrov dmitriev korolev gusev kiselev ilyin maksimov
      """
    ),
]
letters = sorted(set("".join(text for _, text in names)) - {" ", "\n"})

# Every fifth name is held out.
training, held_out = [], []
for language, (_, text) in enumerate(names):
    for place, name in enumerate(text.split()):
        sample = (torch.tensor([letters.index(letter) for letter in name]), language)
        (held_out if place % 5 == 4 else training).append(sample)


class Names(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(letters), 12)
        self.rnn = nn.GRU(12, 24)
        self.dropout = nn.Dropout(0.2)
        self.linear = nn.Linear(24, len(names))

    def forward(self, names):
        lengths = torch.tensor([len(name) for name in names])
        packed = pack_padded_sequence(self.embedding(pad_sequence(names)), lengths, enforce_sorted=False)
        return self.linear(self.dropout(self.rnn(packed)[1][-1]))


def score(samples):
    return model([name for name, _ in samples]), torch.tensor([language for _, language in samples])


model = Names()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(1, 31):
    model.train()
    random.shuffle(training)
    for start in range(0, len(training), 16):
        loss = F.cross_entropy(*score(training[start : start + 16]))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
    if epoch % 10 == 0:
        model.eval()
        with torch.no_grad():
            scores, languages = score(held_out)
        right = (scores.argmax(-1) == languages).sum()
        print(f"epoch {epoch}: loss {F.cross_entropy(scores, languages):.4g}, accuracy {right / len(held_out):.4g}")

asked = ["kurosawa", "tolstov", "botticelli"]
with torch.no_grad():
    found = model([torch.tensor([letters.index(letter) for letter in name]) for name in asked]).argmax(-1)
for name, language in zip(asked, found.tolist()):
    print(f"{name}: {names[language][0]}")
print(f"held out: {right} of {len(held_out)} right")
