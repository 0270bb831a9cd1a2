"""Where text and tokenizers meet, once: before this, strings; after it, integers.

Every column is a count for one unit. Those of the text are made once for all tokenizers, those of
the tokens once for each; only what is asked for is counted. The text of some units is one array of
bytes, each unit followed by a line feed, so that all positions are positions in that array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np

from tokscope.counting.catalog import TYPES
from tokscope.counting.groups import BLOCKS, Apart, Blocks, Clusters
from tokscope.counting.tokens import TEXT_COLUMNS, TOKEN_COLUMNS, Counts, Text, Tokens
from tokscope.errors import TokscopeError, UnitError
from tokscope.text.corpus import Corpus, Shard, Units, read
from tokscope.tokenizers import Tokenizer


@dataclass(frozen=True)
class Tally:
    """Integer counts of one corpus under one tokenizer."""

    columns: tuple[str, ...]
    rows: Counts  # (R, columns): one row a unit, or a row for each block of the file
    types: Counts  # (vocabulary size,); empty where it was not asked for
    vocabulary: int  # V

    def __getitem__(self, column: str) -> Counts:
        return self.rows[:, self.columns.index(column)]

    def total(self, column: str) -> int:
        """Return the sum of a column."""
        return int(self[column].sum())

    def __add__(self, other: Tally) -> Tally:
        rows = np.concatenate((self.rows, other.rows))
        return Tally(self.columns, rows, self.types + other.types, self.vocabulary)


@dataclass
class Reading:
    """What reading a corpus brought to light."""

    digest: str = ""  # SHA-256 of the bytes read; of several parts or files, that of theirs
    units: int = 0
    skipped: int = 0
    replaced: int = 0
    clusters: dict[str, int] = field(default_factory=dict)  # name -> number, in order of appearance
    members: list[int] = field(default_factory=list)  # the cluster of each unit with its own row
    observed: Observer | None = None  # the result of the further observer, if there was one


class Observer(Protocol):
    """What else is to be seen of a text in the same pass."""

    def observe(self, tokens: Sequence[Tokens]) -> None:
        """Take in a piece of the text, as tokens of every tokenizer."""
        ...

    def join(self, other: Self) -> None:
        """Take in what was seen of the text that follows."""
        ...


@dataclass(frozen=True)
class Counting:
    """What is counted, and how."""

    columns: frozenset[str]
    words: str = "unicode"
    specials: bool = False
    by_unit: bool = False  # a row a unit for text that is not parallel too
    observer: Callable[[], Observer] | None = (
        None  # one for each corpus; must have a name, for workers
    )

    def named(self) -> tuple[str, ...]:
        """Return the columns in their order."""
        return tuple(name for name in (*TEXT_COLUMNS, *TOKEN_COLUMNS) if name in self.columns)


@dataclass(frozen=True)
class Piece:
    """The counts of a file, or of a part of one: what a worker sends back."""

    rows: Counts  # (R, tokenizers, columns)
    places: Counts  # where each begins in the file, or the number of its cluster; (R,)
    types: Sequence[Counts]  # by tokenizer
    reading: Reading
    size: int  # bytes read


class _Sum:
    """Counts that grow, unit by unit or piece by piece."""

    def __init__(self, shard: Shard, sizes: Sequence[int], counting: Counting) -> None:
        self.reading = Reading(observed=counting.observer and counting.observer())
        self.types = [np.zeros(n if TYPES in counting.columns else 0, np.int64) for n in sizes]
        self.apart = shard.keep_empty or counting.by_unit
        rows = np.zeros((0, len(sizes), len(counting.named())), np.int64)
        if self.apart:
            self.groups: Blocks | Clusters | Apart = Apart([rows])
        elif shard.cluster:
            self.groups = Clusters(rows)
        else:
            self.groups = Blocks(np.pad(rows, ((0, BLOCKS), (0, 0), (0, 0))))

    def number(self, names: Iterable[str]) -> Counts:
        """Return the numbers of clusters, new ones after those that are known."""
        known = self.reading.clusters
        return np.array([known.setdefault(name, len(known)) for name in names], np.int64)

    def add(self, rows: Counts, offsets: Counts, clusters: Counts) -> None:
        """Add rows by where they begin in the text, or by their clusters."""
        if self.apart:
            self.reading.members += clusters.tolist()
        if len(rows):
            self.groups.add(rows, clusters if isinstance(self.groups, Clusters) else offsets)

    def join(self, piece: Piece, before: int) -> None:
        """Add a piece, so many bytes behind the beginning of the corpus."""
        reading = piece.reading
        clusters = self.number(reading.clusters)
        if self.apart:
            clusters = clusters[np.array(reading.members, np.int64)]
        self.add(piece.rows, piece.places + before, clusters)
        self.types = [one + two for one, two in zip(self.types, piece.types, strict=True)]
        self.reading.units += reading.units
        self.reading.skipped += reading.skipped
        self.reading.replaced += reading.replaced
        if self.reading.observed is not None and reading.observed is not None:
            self.reading.observed.join(reading.observed)


def piece(tokenizers: Sequence[Tokenizer], counting: Counting, part: Shard) -> Piece:
    """Count a part of a corpus under several tokenizers in one pass over its text.

    Raises:
        TokscopeError: the text cannot be read, or a tokenizer cannot encode it.
    """
    found = _Sum(part, [one.vocabulary.size for one in tokenizers], counting)
    reading, digest, size = found.reading, hashlib.sha256(), 0
    for units in read(part):
        reading.units += len(units.texts)
        reading.skipped += units.skipped
        reading.replaced += units.replaced
        if units.texts:
            rows, tokens = _count(units, part, tokenizers, counting)
            for types, one in zip(found.types, tokens, strict=True):
                if len(types):
                    types += np.bincount(one.encoded.ids, minlength=len(types))
            found.add(rows, units.offsets, found.number(units.clusters))
            if reading.observed is not None:
                reading.observed.observe(tokens)
        digest.update(units.raw)
        size += len(units.raw)
    reading.digest = digest.hexdigest()
    return Piece(*found.groups.filled(), found.types, reading, size)


def _count(
    units: Units, part: Shard, tokenizers: Sequence[Tokenizer], counting: Counting
) -> tuple[Counts, list[Tokens]]:
    """Return the counts of some units, (D, tokenizers, columns), and their tokens under each."""
    text = Text(units.texts, counting.words)
    of_text = {
        name: count(text) for name, count in TEXT_COLUMNS.items() if name in counting.columns
    }
    rows, found = [], []
    for tokenizer in tokenizers:
        try:
            encoded = tokenizer.encode(units.texts, specials=counting.specials)
            tokens = Tokens(text, tokenizer, encoded, counting.specials)
            counts = of_text | {
                name: count(tokens)
                for name, count in TOKEN_COLUMNS.items()
                if name in counting.columns
            }
        except UnitError as error:
            raise part.error(units.lines[error.unit], str(error)) from error
        rows.append(np.stack([counts[name] for name in counting.named()], axis=1))
        found.append(tokens)
    return np.stack(rows, axis=1), found


def tally(
    corpus: Corpus,
    pieces: Iterable[tuple[int, Piece]],
    tokenizers: Sequence[Tokenizer],
    counting: Counting,
) -> tuple[list[Tally], Reading]:
    """Join the pieces of a corpus, each with the byte where it begins: one tally a tokenizer.

    Raises:
        TokscopeError: the corpus holds nothing.
    """
    whole = _Sum(corpus.shards[0], [one.vocabulary.size for one in tokenizers], counting)
    digests = []
    for before, found in pieces:
        whole.join(found, before)
        digests.append(found.reading.digest)
    reading = whole.reading
    if not reading.units:
        paths = ", ".join(shard.path for shard in corpus.shards[:3])
        raise TokscopeError(f"{paths}: no text in it; corpus '{corpus.name}' has nothing to count")
    every = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    reading.digest = every if len(digests) > 1 else digests[0]
    rows, _ = whole.groups.filled()
    columns = counting.named()
    return [
        Tally(columns, rows[:, k], types, len(one.vocabulary))
        for k, (one, types) in enumerate(zip(tokenizers, whole.types, strict=True))
    ], reading
