"""Merges learned from counted words, by the tokenizers library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.replay import Rules, Words
from tokscope.tokenizers.library import pre_tokenizers, train_merges

_AT_ONCE = 100_000  # words in one text for the trainer
_CHARACTERS = 0x100000  # a plane of private-use characters, none of which is white space


def trained(words: Words, counts: NDArray[np.int64], alphabet: int, steps: int) -> Rules:
    """Train `steps` merges on words, each repeated by its count, (W,).

    There are fewer merges if no pair is left.
    """
    symbols = characters(np.arange(alphabet))
    texts = _repeated(characters(words.symbols), words.ends.tolist(), counts.tolist())
    merges = train_merges(texts, pre_tokenizers.WhitespaceSplit(), alphabet + steps, symbols)
    known = {char: number for number, char in enumerate(symbols)}
    for step, (left, right) in enumerate(merges):
        known[left + right] = alphabet + step
    pairs = np.array([(known[left], known[right]) for left, right in merges], np.int64)
    return Rules(alphabet, *pairs.reshape(-1, 2).T)


def characters(symbols: NDArray[Any]) -> str:
    """Write symbols as private-use characters, which the library neither cuts nor normalises."""
    return (symbols + _CHARACTERS).astype("<u4").tobytes().decode("utf-32-le")


def _repeated(characters: str, ends: Sequence[int], counts: Sequence[int]) -> Iterator[str]:
    """Yield texts in which every word occurs as often as it was counted, with spaces between."""
    texts: list[str] = []
    for start, end, count in zip([0, *ends], ends, counts, strict=False):
        texts += [characters[start:end]] * count
        if len(texts) > _AT_ONCE:
            yield " ".join(texts)
            texts = []
    yield " ".join(texts)
