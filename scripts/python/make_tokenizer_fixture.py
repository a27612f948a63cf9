"""Writes a tokenizer.json as Hugging Face's tokenizers trains it, and the tokens that it makes of some texts."""

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEXT = """The state of a recurrent network at a step is made of the state before it and of what is read at that step.
So the network's memory is as long as it learns to keep it: it isn't given, it's learnt. We'll see how they're trained,
and that they've been trained for forty years. In 1990, 12 units were many; in 2024, 4096 are few!! « Ça dépend. »
"""

TEXTS = [
    "The state before the step.",
    " the network's state, we'll see; they're, it's I'd 'tis don't  'S",
    "two  spaces,\n\nlines\t\ttabs \n and the end  ",
    "naïve Ça 日本語 Привет мир e\u0301 \u00a0x\u3000y 😀",
    "1990 12,5 ² ½ x2y a_b ___ ... !?",
    "",
    "\r\n\u0000\u007f\u0085",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|endoftext|>"],
        show_progress=False)
    tokenizer.train_from_iterator([TEXT], trainer)
    tokenizer.save(str(directory / "tokenizer.json"), pretty=False)
    # Texts of the tokens, by letters that stand for bytes: numbers depend on the order in the file.
    cases = [{"text": text, "tokens": tokenizer.encode(text).tokens} for text in TEXTS]
    (directory / "texts.json").write_text(json.dumps(cases, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
