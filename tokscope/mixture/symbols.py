"""Words and merges as numbers: what bytes, or characters, become before the first merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.replay import Rules, Words
from tokscope.tokenizers.merges import Merges


def rules_of(merges: Merges, steps: int) -> tuple[Rules, Sequence[bytes]]:
    """Return the first merges as numbers, and what the symbols are before them.

    Bytes are the symbols of a byte-level vocabulary; else the characters that its tokens are made
    of. A character that no token holds is unknown to the trainer, and so to us.
    """
    if merges.bytewise:
        alphabet = [bytes([byte]) for byte in range(256)]
    else:
        characters = sorted(set("".join(token.decode() for token in merges.tokens)))
        alphabet = [char.encode() for char in characters]
    known = {symbol: number for number, symbol in enumerate(alphabet)}
    left, right = np.full(steps, -1), np.full(steps, -1)
    for step in range(steps):
        pair = merges.pairs[step]
        if pair and pair[0] in known and pair[1] in known:
            left[step], right[step] = known[pair[0]], known[pair[1]]
            known[merges.tokens[step]] = len(alphabet) + step
    return Rules(len(alphabet), left, right), alphabet


@dataclass(frozen=True)
class Spelled:
    """Words as symbols; a pretoken is cut where a symbol is unknown, and `origin` says whose."""

    words: Words
    origin: NDArray[np.int64]  # (W,) the pretoken that each word is a part of
    alphabet: Sequence[bytes]


def spelled(pretokens: Sequence[bytes], merges: Merges, alphabet: Sequence[bytes]) -> Spelled:
    """Return pretokens as symbols of an alphabet."""
    if merges.bytewise:
        symbols = np.frombuffer(b"".join(pretokens), np.uint8).astype(np.int32)
        ends = np.cumsum(np.fromiter(map(len, pretokens), np.int64, len(pretokens)))
        return Spelled(Words(symbols, ends), np.arange(len(pretokens)), alphabet)
    texts = [pretoken.decode() for pretoken in pretokens]
    numbers = np.full(0x110000, -1, np.int32)
    numbers[[ord(symbol.decode()) for symbol in alphabet]] = np.arange(len(alphabet))
    symbols = numbers[np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)]
    homes = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    known = symbols >= 0
    # a word begins with a pretoken, and behind an unknown symbol
    begins = np.append(True, homes[1:] != homes[:-1])[: len(homes)]
    begins[1:] |= ~known[:-1]
    number = np.cumsum(begins)[known]
    symbols, homes = symbols[known], homes[known]
    first = np.flatnonzero(np.diff(number, prepend=0))
    return Spelled(Words(symbols, np.append(first[1:], len(symbols))), homes[first], alphabet)
