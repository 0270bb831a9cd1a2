"""Words and merges as numbers: the symbols of bytes, or characters, before the first merge.

If a tokenizer marks the beginnings or the ends of words, a character there is a different symbol
from the same character elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.replay import Rules, Words
from tokscope.tokenizers.merges import Merges


def rules_of(merges: Merges, steps: int) -> tuple[Rules, Sequence[bytes]]:
    """Return the first merges as numbers, and the symbols that exist before them."""
    alphabet = merges.alphabet
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
    """Words as symbols; a pretoken with an unknown symbol is cut there into several words."""

    words: Words
    origin: NDArray[np.int64]  # (W,) the pretoken that each word comes from
    alphabet: Sequence[bytes]


def spelled(pretokens: Sequence[bytes], merges: Merges, alphabet: Sequence[bytes]) -> Spelled:
    """Convert pretokens to symbols of an alphabet."""
    data = b"".join(pretokens)
    if merges.bytewise:
        lengths = np.fromiter(map(len, pretokens), np.int64, len(pretokens))
        codes = np.frombuffer(data, np.uint8)
    else:
        lengths = np.array([len(pretoken.decode()) for pretoken in pretokens], np.int64)
        codes = np.frombuffer(data.decode().encode("utf-32-le"), np.uint32)
    if merges.bytewise and not merges.marks:
        origin = np.arange(len(pretokens))
        return Spelled(Words(codes.astype(np.int32), np.cumsum(lengths)), origin, alphabet)
    homes = np.repeat(np.arange(len(pretokens)), lengths)
    begins = np.diff(homes, prepend=-1) != 0
    ends = np.diff(homes, append=len(pretokens)) != 0
    before = (~begins & bool(merges.marks.prefix)).astype(np.int8)
    behind = (ends & bool(merges.marks.suffix)).astype(np.int8)
    symbols = _numbers(alphabet, merges)[before, behind, codes]
    return _cut(symbols, homes, begins, alphabet)


def _numbers(alphabet: Sequence[bytes], merges: Merges) -> NDArray[np.int32]:
    """Return the number of each byte or character; -1 where it is unknown.

    The shape is (2, 2, C): without and with a prefix, then without and with a suffix.
    """
    table = np.full((2, 2, 256 if merges.bytewise else 0x110000), -1, np.int32)
    for number, symbol in enumerate(alphabet):
        before, body, behind = merges.marks.read(symbol)
        code = body[0] if merges.bytewise else ord(body.decode())
        table[int(bool(before)), int(bool(behind)), code] = number
    return table


def _cut(
    symbols: NDArray[np.int32],
    homes: NDArray[np.int64],
    begins: NDArray[np.bool_],
    alphabet: Sequence[bytes],
) -> Spelled:
    """Cut pretokens at unknown symbols; only the ends of the whole pretoken have marks."""
    known = symbols >= 0
    begins[1:] |= ~known[:-1]
    number = np.cumsum(begins)[known]
    symbols, homes = symbols[known], homes[known]
    first = np.flatnonzero(np.diff(number, prepend=0))
    return Spelled(Words(symbols, np.append(first, len(symbols))[1:]), homes[first], alphabet)
