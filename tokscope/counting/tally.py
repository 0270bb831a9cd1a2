"""Turn text into integer counts: strings come in, only integers go on from here.

Every column is a count per unit. Columns of the text are counted once for all tokenizers, columns
of tokens once for each, and only if somebody asked for them. The text of several units is one array
of bytes with a line feed after each unit; all positions are positions in that array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import numpy as np

from tokscope.batch import Batch
from tokscope.counting.catalog import TYPES
from tokscope.counting.groups import BLOCKS, Apart, Blocks, Clusters
from tokscope.counting.tokens import (
    SLOW_COLUMNS,
    TEXT_COLUMNS,
    TOKEN_COLUMNS,
    Counts,
    Text,
    Tokens,
)
from tokscope.errors import TokscopeError, UnitError
from tokscope.text.corpus import Corpus, Shard, Units, read
from tokscope.tokenizers import Tokenizer

_OF_TOKENS = {**TOKEN_COLUMNS, **SLOW_COLUMNS}


@dataclass(frozen=True)
class Tally:
    """Integer counts of one corpus under one tokenizer."""

    columns: tuple[str, ...]
    rows: Counts  # (R, columns): a row per unit, or per block of the file
    types: Counts  # (vocabulary size,); empty if nobody asked for it
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
    """What was learned while reading a corpus: digest, units, skipped, replaced, clusters."""

    digest: str = ""  # SHA-256 of the bytes; for several parts, of their digests
    units: int = 0
    skipped: int = 0
    replaced: int = 0
    clusters: dict[str, int] = field(default_factory=dict)  # name -> number, in order of appearance
    members: list[int] = field(default_factory=list)  # the cluster of each unit with its own row
    observed: Sequence[Observer] = ()  # what each observer saw


class Observer(Protocol):
    """Collects something else in the same pass over the text."""

    def observe(self, tokens: Sequence[Tokens]) -> None:
        """Look at some units of the text, as tokens of every tokenizer."""
        ...

    def join(self, other: Self) -> None:
        """Add the result for the text that follows."""
        ...


@dataclass(frozen=True)
class Counting:
    """What is counted, and how."""

    columns: frozenset[str]
    words: str = "unicode"
    specials: bool = False
    by_unit: bool = False  # a row per unit, even if the text is not parallel
    # each makes one for a corpus; workers must be able to import it
    observers: tuple[Callable[[], Observer], ...] = ()

    def __or__(self, other: Counting) -> Counting:
        """Return how to count what both ask for in one pass; both must read text alike."""
        columns, observers = self.columns | other.columns, self.observers + other.observers
        both = replace(self, columns=columns, observers=observers)
        if both != replace(other, columns=columns, observers=observers):
            raise ValueError("these do not read text alike")
        return both

    def named(self) -> tuple[str, ...]:
        """Return the columns in their order."""
        known = (*TEXT_COLUMNS, *_OF_TOKENS)
        return tuple(name for name in known if name in self.columns)


@dataclass(frozen=True)
class Piece:
    """The counts of a file, or of a part of one: what a worker sends back."""

    rows: Counts  # (R, tokenizers, columns)
    places: Counts  # where each row begins in the file, or its cluster; (R,)
    types: Sequence[Counts]  # by tokenizer
    reading: Reading
    size: int  # bytes read


class _Sum:
    """Running sums, to which units or pieces are added."""

    def __init__(self, shard: Shard, sizes: Sequence[int], counting: Counting) -> None:
        self.reading = Reading(observed=[make() for make in counting.observers])
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
        """Return the numbers of clusters; new clusters get the next numbers."""
        known = self.reading.clusters
        return np.array([known.setdefault(name, len(known)) for name in names], np.int64)

    def add(self, rows: Counts, offsets: Counts, clusters: Counts) -> None:
        """Add rows by their places in the text, or by their clusters."""
        if self.apart:
            self.reading.members += clusters.tolist()
        if len(rows):
            self.groups.add(rows, clusters if isinstance(self.groups, Clusters) else offsets)

    def join(self, piece: Piece, before: int) -> None:
        """Add a piece that begins `before` bytes after the beginning of the corpus."""
        reading = piece.reading
        clusters = self.number(reading.clusters)
        if self.apart:
            clusters = clusters[np.array(reading.members, np.int64)]
        self.add(piece.rows, piece.places + before, clusters)
        if self.reading.units:
            self.types = [one + two for one, two in zip(self.types, piece.types, strict=True)]
        else:  # the first, which is often the only one
            self.types = list(piece.types)
        self.reading.units += reading.units
        self.reading.skipped += reading.skipped
        self.reading.replaced += reading.replaced
        for mine, other in zip(self.reading.observed, reading.observed, strict=True):
            mine.join(other)


def piece(tokenizers: Sequence[Tokenizer], counting: Counting, part: Shard) -> Piece:
    """Count a part of a corpus under several tokenizers in one pass over its text.

    Raises:
        TokscopeError: the text cannot be read, or a tokenizer cannot encode it.
    """
    sums = _Sum(part, [one.vocabulary.size for one in tokenizers], counting)
    reading, digest, size = sums.reading, hashlib.sha256(), 0
    for units in read(part):
        reading.units += len(units.texts)
        reading.skipped += units.skipped
        reading.replaced += units.replaced
        if units.texts:
            rows = _count(units, part, tokenizers, counting, sums)
            sums.add(rows, units.offsets, sums.number(units.clusters))
        digest.update(units.raw)
        size += len(units.raw)
    reading.digest = digest.hexdigest()
    return Piece(*sums.groups.filled(), sums.types, reading, size)


def _count(
    units: Units, part: Shard, tokenizers: Sequence[Tokenizer], counting: Counting, sums: _Sum
) -> Counts:
    """Return the counts of units, (D, tokenizers, columns); add how often ids came up to `sums`.

    What an observer does not see is forgotten at once: a library holds a lot for each token.
    """
    texts, names = Batch.of(units.texts), counting.named()
    texts.file_size = part.stamp.size if part.stamp else 0
    text = Text(texts, counting.words)
    of_text = {name: TEXT_COLUMNS[name](text) for name in names if name in TEXT_COLUMNS}
    rows, observed = [], []
    for tokenizer, types in zip(tokenizers, sums.types, strict=True):
        try:
            encoded = tokenizer.encode(texts, specials=counting.specials)
            tokens = Tokens(text, tokenizer, encoded, counting.specials)
            of_tokens = {name: _OF_TOKENS[name](tokens) for name in names if name not in of_text}
        except UnitError as error:
            raise part.error(units.lines[error.unit], str(error)) from error
        rows.append(np.stack([(of_text | of_tokens)[name] for name in names], axis=1))
        if len(types):
            types += np.bincount(encoded.ids, minlength=len(types))
        if sums.reading.observed:
            observed.append(tokens)
    for observer in sums.reading.observed:
        observer.observe(observed)
    return np.stack(rows, axis=1)


def tally(
    corpus: Corpus,
    pieces: Iterable[tuple[int, Piece]],
    tokenizers: Sequence[Tokenizer],
    counting: Counting,
) -> tuple[list[Tally], Reading]:
    """Join the pieces of a corpus, given with the bytes where they begin, to a tally per tokenizer.

    Raises:
        TokscopeError: the corpus is empty.
    """
    whole = _Sum(corpus.shards[0], [one.vocabulary.size for one in tokenizers], counting)
    digests = []
    for before, part in pieces:
        whole.join(part, before)
        digests.append(part.reading.digest)
    reading = whole.reading
    require_text(corpus, reading)
    reading.digest = digest_of(digests)
    rows, _ = whole.groups.filled()
    columns = counting.named()
    return [
        Tally(columns, rows[:, k], types, len(one.vocabulary))
        for k, (one, types) in enumerate(zip(tokenizers, whole.types, strict=True))
    ], reading


def digest_of(digests: Sequence[str]) -> str:
    """Return the digest of a corpus from those of its parts."""
    every = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    return every if len(digests) > 1 else digests[0]


def require_text(corpus: Corpus, reading: Reading) -> None:
    """Raise if a corpus is empty."""
    if not reading.units:
        paths = ", ".join(shard.path for shard in corpus.shards[:3])
        raise TokscopeError(f"{paths}: no text in it; corpus '{corpus.name}' has nothing to count")
