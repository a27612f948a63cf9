# Many to many: a tag for each word of a sentence. "can" and "fish" are nouns or verbs by what stands before and after
# them, so the layer runs both ways.
import random

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(1)
random.seed(1)
tags = ["determiner", "adjective", "noun", "pronoun", "auxiliary", "verb"]
words = [
    ["the", "a", "this"], ["old", "red", "fresh"], ["can", "fish", "boat", "cook", "man"], ["they", "we", "you"],
    ["can", "will", "must"], ["fish", "can", "boat", "cook", "man"],
]
# Kinds of sentences, as tags.
patterns = [
    [3, 4, 5], [3, 5], [0, 2, 4, 5], [0, 1, 2, 4, 5, 0, 2], [3, 5, 0, 2], [3, 4, 5, 0, 1, 2], [3, 4, 5, 1, 2], [1, 2, 5],
]
vocabulary = sorted(set(sum(words, [])))


def sentences(count):
    chosen = random.choices(patterns, k=count)
    spoken = [[vocabulary.index(random.choice(words[tag])) for tag in pattern] for pattern in chosen]
    return [torch.tensor(sentence) for sentence in spoken], [torch.tensor(pattern) for pattern in chosen]


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary), 8)
        self.rnn = nn.LSTM(8, 16, bidirectional=True)
        self.linear = nn.Linear(32, len(tags))

    def forward(self, sentences):
        lengths = torch.tensor([len(sentence) for sentence in sentences])
        packed = pack_padded_sequence(self.embedding(pad_sequence(sentences)), lengths, enforce_sorted=False)
        return self.linear(pad_packed_sequence(self.rnn(packed)[0])[0])


model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for step in range(1, 151):
    spoken, tagged = sentences(16)
    scores, classes = model(spoken), pad_sequence(tagged, padding_value=-100)
    loss = F.cross_entropy(scores.flatten(0, 1), classes.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}: {loss.item()} nats per word")

sentence = ["the", "old", "man", "can", "fish", "a", "can"]
with torch.no_grad():
    found = model([torch.tensor([vocabulary.index(word) for word in sentence])])[:, 0].argmax(-1)
    for word, tag in zip(sentence, found.tolist()):
        print(f"{word}: {tags[tag]}")
    spoken, tagged = sentences(500)
    found, classes = model(spoken).argmax(-1), pad_sequence(tagged, padding_value=-100)
right = (found == classes).sum() / (classes >= 0).sum()
print(f"right: {100 * right:.1f} % of {(classes >= 0).sum()} words")
