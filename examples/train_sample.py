"""Train the small tokenizers that tokscope embeds, on its own sample, with known shares.

    python examples/train_sample.py FOLDER

Every corpus is repeated a given number of times, so the share of each in the training text is
known; `shares.json` records it in bytes. BPE and Unigram come out the same, byte for byte, on
every run; the WordPiece trainer breaks ties at random, so its result is only equal in kind.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tokscope.text.corpus import read, read_corpora

# How often each corpus is repeated; once where it is not named.
REPEATS = {"en": 6, "python": 4, "de": 3, "zh-Hans": 3, "es": 2, "ru": 2, "ar": 2, "c": 2}
VOCABULARY = 4000


def texts() -> dict[str, list[str]]:
    """Return the lines of every corpus of the sample, as often as they are repeated."""
    corpora = read_corpora(["sample:prose", "sample:code"])
    lines = {
        corpus.name: [
            text for shard in corpus.shards for units in read(shard) for text in units.texts
        ]
        for corpus in corpora
    }
    return {name: found * REPEATS.get(name, 1) for name, found in lines.items()}


def shares(training: dict[str, list[str]]) -> dict[str, float]:
    """Return the share of each corpus in the bytes of the training text."""
    sizes = {name: sum(len(line.encode()) for line in lines) for name, lines in training.items()}
    return {name: size / sum(sizes.values()) for name, size in sizes.items()}


def lines_of(training: dict[str, list[str]]) -> Iterator[str]:
    """Yield all lines of the training text."""
    for lines in training.values():
        yield from lines


def train_bpe(training: dict[str, list[str]]) -> str:
    """Train byte-level BPE as GPT-2's, and return its tokenizer.json."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines_of(training), trainer)
    return tokenizer.to_str() + "\n"


def train_unigram(training: dict[str, list[str]]) -> bytes:
    """Train a Unigram model with byte fallback, and return its file."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines_of(training),
        model_writer=model,
        model_type="unigram",
        vocab_size=VOCABULARY,
        character_coverage=0.995,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def train_wordpiece(training: dict[str, list[str]]) -> str:
    """Train WordPiece with BERT's normalisation, and return its tokenizer.json."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=["[UNK]"], show_progress=False
    )
    tokenizer.train_from_iterator(lines_of(training), trainer)
    return tokenizer.to_str() + "\n"


def main(folder: Path) -> None:
    """Write the tokenizers and their shares."""
    training = texts()
    (folder / "bpe.json").write_text(train_bpe(training), encoding="utf-8")
    (folder / "unigram.model").write_bytes(train_unigram(training))
    (folder / "wordpiece.json").write_text(train_wordpiece(training), encoding="utf-8")
    recorded = {name: round(share, 6) for name, share in shares(training).items()}
    (folder / "shares.json").write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
