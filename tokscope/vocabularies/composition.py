"""What does a vocabulary contain?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.counted import ALL
from tokscope.vocabularies.kinds import (
    KINDS,
    NEITHER,
    NONE,
    OTHER,
    POSITIONS,
    SCRIPTS,
    Spelled,
    positions_of,
)

Counts = NDArray[np.int64]


class Row(NamedTuple):
    """A row of the report, without its tokenizer."""

    by: str
    name: str
    measure: str
    value: float
    unit: str


def composition(spelled: Spelled, scripts: Sequence[int], added: int) -> list[Row]:
    """Return counts and shares of the tokens of a vocabulary: by, name, measure, value, unit.

    `by` is total, kind, position, script or length. Shares are of all V ids, except by length:
    those are of the tokens that have bytes, or whole characters. Names of lengths are "1", "2", ...
    """
    existing = -spelled.vocabulary.gaps  # ids that do not exist count under the last names
    kinds = np.bincount(spelled.kinds, minlength=len(KINDS))
    positions = np.bincount(spelled.positions, minlength=len(POSITIONS))
    known = positions_of(spelled.vocabulary)
    kinds[OTHER] += existing
    positions[NEITHER] += existing
    return [
        *_totals(spelled, added),
        *_shares("kind", kinds, KINDS),
        *_shares("position", positions[known], [POSITIONS[position] for position in known]),
        *_by_script(spelled, scripts),
        *_by_length(spelled),
    ]


def scripts_of(vocabularies: Sequence[Spelled]) -> list[int]:
    """Return the scripts of the tokens of all vocabularies, the most frequent first."""
    numbers = np.concatenate([spelled.scripts for spelled in vocabularies])
    counts = np.bincount(numbers, minlength=len(SCRIPTS))
    return [script for script in np.argsort(-counts, kind="stable").tolist() if counts[script]]


def _totals(spelled: Spelled, added: int) -> Iterator[Row]:
    vocabulary = spelled.vocabulary
    in_bytes = vocabulary.lengths[vocabulary.lengths > 0]
    in_characters = spelled.lengths[spelled.whole]
    pieces = {piece for piece in vocabulary.pieces if piece}
    counts = {
        "ids": len(vocabulary),
        "special": len(vocabulary.specials),
        "added": added,
        "distinct": len(pieces),
    }
    for name, count in counts.items():
        yield Row("total", ALL, name, float(count), "tokens")
    for unit, lengths in (("bytes", in_bytes), ("characters", in_characters)):
        mean, median = _middle(lengths)
        yield Row("total", ALL, f"mean_{unit}", mean, f"{unit}/token")
        yield Row("total", ALL, f"median_{unit}", median, f"{unit}/token")
        yield Row("total", ALL, f"longest_{unit}", float(lengths.max(initial=0)), unit)


def _middle(lengths: Counts) -> tuple[float, float]:
    if not len(lengths):
        return nan, nan
    return float(lengths.mean()), float(np.median(lengths))


def _shares(by: str, counts: Counts, names: Sequence[str]) -> Iterator[Row]:
    total = int(counts.sum())
    for name, count in zip(names, counts.tolist(), strict=True):
        yield Row(by, name, "tokens", float(count), "tokens")
        yield Row(by, name, "share", count / total if total else nan, "share")


def _by_script(spelled: Spelled, scripts: Sequence[int]) -> Iterator[Row]:
    """Yield the number of tokens of each script, and their places in words."""
    pairs = spelled.scripts * len(POSITIONS) + spelled.positions
    table = np.bincount(pairs, minlength=len(SCRIPTS) * len(POSITIONS))
    table = table.reshape(len(SCRIPTS), len(POSITIONS))
    table[NONE, NEITHER] -= spelled.vocabulary.gaps
    names = [SCRIPTS[script] for script in scripts]
    yield from _shares("script", table[scripts].sum(axis=1), names)
    for name, counts in zip(names, table[scripts].tolist(), strict=True):
        for position in positions_of(spelled.vocabulary):
            place, count = POSITIONS[position].split()[0], counts[position]
            total = sum(counts)
            yield Row("script", name, place, float(count), "tokens")
            yield Row("script", name, f"{place}_share", count / total if total else nan, "share")


def _by_length(spelled: Spelled) -> Iterator[Row]:
    """Yield the number of tokens of each length, in bytes and in characters."""
    in_bytes = np.bincount(spelled.vocabulary.lengths)
    in_characters = np.bincount(spelled.lengths, minlength=len(in_bytes))
    for length in range(1, len(in_bytes)):
        if not in_bytes[length] + in_characters[length]:
            continue
        for unit, counts in (("bytes", in_bytes), ("characters", in_characters)):
            count, total = int(counts[length]), int(counts[1:].sum())
            share = count / total if total else nan
            yield Row("length", str(length), unit, float(count), "tokens")
            yield Row("length", str(length), f"{unit}_share", share, "share")
