"""Texts made to find differences between two tokenizers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from tokscope.numerals.golden import golden_strings
from tokscope.reach.probes import PROBES, characters
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import found_in_text

_NEIGHBOURS = 100  # added tokens to try between others
_ENDINGS = ("s", "t", "re", "ve", "m", "ll", "d", "x", "sa", "")


def texts_of(
    tokenizers: Sequence[Tokenizer], fuzz: int, seed: int
) -> Iterator[tuple[str, list[str]]]:
    """Yield texts by category: first cases where tokenizers often differ, then random mixtures."""
    specials = [name for one in tokenizers for name in one.vocabulary.specials]
    edges = [*golden_strings(specials), *PROBES.values()]
    yield "edge cases", [text for text in edges if text]
    words = sorted(set().union(*map(_texts, tokenizers)))
    yield "vocabulary", [text for word in words for text in (word, f" {word}", f"a{word}a")]
    yield "code points", [text for char in characters() for text in (char, f"a{char}b")]
    ascii_ = [chr(code) for code in range(0x20, 0x7F)]
    pairs = [a + b for a, b in product(ascii_, repeat=2)]
    yield "ASCII pairs", [text for pair in pairs for text in (pair, f" {pair} ")]
    yield (
        "apostrophes",
        [
            f"{before}{mark}{letters}{behind}"
            for before, mark, behind in product(
                ("", "a", "A", " ", "1", "é"), "'’", ("", "a", " ", "!")
            )
            for letters in (*_ENDINGS, *(ending.upper() for ending in _ENDINGS))
        ],
    )
    added = sorted({text for one in tokenizers for text in found_in_text(one)})[:_NEIGHBOURS]
    around = list(product(("", "a", " ", "\n", "."), repeat=2))
    yield (
        "added tokens",
        [f"{a}{text}{b}" for text in added for a, b in around]
        + [one + other for one, other in product(added[:20], repeat=2)],
    )
    yield "mixtures", list(_mixtures(words, fuzz, seed))


def _texts(tokenizer: Tokenizer) -> set[str]:
    """Return the tokens that are text."""
    vocabulary = tokenizer.vocabulary
    tokens = np.flatnonzero((vocabulary.lengths > 0) & ~vocabulary.incomplete)
    return {vocabulary[i].decode() for i in tokens.tolist()}


def _mixtures(words: Sequence[str], fuzz: int, seed: int) -> Iterator[str]:
    draw = np.random.default_rng(seed)
    for size in draw.integers(2, 13, fuzz).tolist():
        yield "".join(words[i] for i in draw.integers(0, len(words), size).tolist())
