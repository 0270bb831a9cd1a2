"""Text as counted pre-tokens: those to learn from, and those that were held out.

A unit is held out by a hash of its text. So it does not matter where it stands, and a unit that
comes again is on the same side. What is held out is counted in groups, by the same hash, so that
groups can be drawn again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.tokens import Text
from tokscope.growth.base import Base, loaded_base
from tokscope.text.corpus import Corpus, Shard, read
from tokscope.text.parts import Task, by_parts
from tokscope.text.words import SPACE, unicode_words
from tokscope.tokenizers import for_workers, have_words
from tokscope.workers import HERE, Workers

Ints = NDArray[np.int64]
Role = Literal["both", "learn", "held"]  # what the units of a corpus are for
GROUPS = 64
TENTH = 10
LONGEST = 4_096  # characters; longer pre-tokens are left out


@dataclass
class Counted:
    """The pre-tokens of a corpus or a part of it; grows while text is read."""

    learned: Counter[str] = field(default_factory=Counter)
    held: dict[int, Counter[str]] = field(default_factory=dict)  # by group
    units: int = 0  # to learn from
    held_units: int = 0
    repeats: int = 0  # units that were held out, but are in the text that was learned from
    words: Ints = field(default_factory=lambda: np.zeros(GROUPS, np.int64))  # held out, by group
    long: int = 0  # pre-tokens that were left out
    hashes: list[NDArray[np.uint64]] = field(default_factory=list)  # of the units to learn from
    size: int = 0  # bytes read
    digest: str = ""

    def join(self, other: Counted) -> None:
        """Add what comes behind."""
        self.learned.update(other.learned)
        for group, counts in other.held.items():
            self.held.setdefault(group, Counter()).update(counts)
        for name in ("units", "held_units", "repeats", "words", "long", "size"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.hashes += other.hashes


def counted(
    base: Base,
    corpora: Sequence[Corpus],
    role: Role,
    known: NDArray[np.uint64] | None = None,
    workers: Workers = HERE,
) -> list[Counted]:
    """Count the pre-tokens of corpora; `known` are the hashes of units that are not held out."""
    known = np.zeros(0, np.uint64) if known is None else known
    (spec,) = for_workers([base.tokenizer])
    there = _part_there if have_words([base.tokenizer]) else None
    task = Task(partial(_part, base, role, known), there, (spec, role, known), times=2)
    return [_whole(parts) for _, parts in by_parts(corpora, task, workers)]


def _whole(parts: Iterator[tuple[int, Counted]]) -> Counted:
    whole, digests = Counted(), []
    for _, part in parts:
        whole.join(part)
        digests.append(part.digest)
    whole.digest = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    return whole


def _part_there(
    spec: tuple[str, str], role: Role, known: NDArray[np.uint64], part: Shard
) -> Counted:
    return _part(loaded_base(*spec), role, known, part)


def _part(base: Base, role: Role, known: NDArray[np.uint64], part: Shard) -> Counted:
    """Count a part of a corpus."""
    found, digest = Counted(), hashlib.sha256()
    for units in read(part):
        digest.update(units.raw)
        found.size += len(units.raw)
        hashes = hashes_of(units.texts)
        held = np.full(len(hashes), role == "held") if role != "both" else hashes % TENTH == 0
        _learn(found, base, [units.texts[i] for i in np.flatnonzero(~held).tolist()])
        if role == "learn":
            found.hashes.append(hashes[~held])
        if held.any():
            new = held & ~np.isin(hashes, known)
            found.repeats += int((held & ~new).sum())
            _hold(found, base, units.texts, np.where(new, hashes // TENTH % GROUPS, GROUPS))
    found.digest = digest.hexdigest()
    return found


def hashes_of(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return a hash of each text."""
    made = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(made, "<u8").astype(np.uint64)


def _learn(found: Counted, base: Base, texts: Sequence[str]) -> None:
    found.units += len(texts)
    found.learned.update(base.cut(texts))
    found.long += _drop_long(found.learned, texts)


def _hold(found: Counted, base: Base, texts: Sequence[str], groups: NDArray[np.uint64]) -> None:
    """Count what is held out, by group; units of the group `GROUPS` are none of it."""
    text = Text(texts, "unicode")
    units = words_of(text)
    for group in np.unique(groups[groups < GROUPS]).tolist():
        chosen = np.flatnonzero(groups == group).tolist()
        some = [texts[i] for i in chosen]
        counts = found.held.setdefault(group, Counter())
        counts.update(base.cut(some))
        found.long += _drop_long(counts, some)
        found.held_units += len(some)
        found.words[group] += int(units[chosen].sum())


def _drop_long(counts: Counter[str], texts: Sequence[str]) -> int:
    """Drop pre-tokens that are too long to merge, and return how many occurrences that are."""
    if max(map(len, texts), default=0) <= LONGEST:
        return 0
    long = [word for word in counts if len(word) > LONGEST]
    return sum(counts.pop(word) for word in long)


def words_of(text: Text) -> Ints:
    """Return how many words and runs of signs each unit has: no tokens of words could be fewer.

    >>> words_of(Text(["Ja, ja!", "(...)"], "unicode")).tolist()
    [4, 1]
    """
    starts, ends = unicode_words(text.joined, text.properties)
    size = len(text.properties)
    inside = np.zeros(size + 1, np.int64)
    inside[starts] += 1
    inside[ends] -= 1
    signs = (np.cumsum(inside)[:-1] == 0) & ((text.properties & SPACE) == 0)
    runs = np.flatnonzero(signs & ~np.append(False, signs[:-1]))
    borders = text.unit_chars
    return sum(np.diff(np.searchsorted(found, borders)) for found in (starts, runs))  # type: ignore[return-value]
