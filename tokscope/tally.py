"""Where text and tokenizers meet, once: before this, strings; after it, integers.

Every column is a count for one unit. Those of the text are made once for all tokenizers, those of
the tokens once for each; only what is asked for is counted. The text of some units is one array of
bytes, each unit followed by a line feed, so that all positions are positions in that array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, UnitError
from tokscope.text.corpus import Corpus, Shard, Units, read
from tokscope.text.words import LETTER, UNSPACED, WORDS, codes, has_dictionary, properties
from tokscope.tokenizers import Encoded, Tokenizer

Counts = NDArray[np.int64]
BLOCKS = 4096  # rows at most of a corpus that is not parallel
TYPES = "types"  # not a column: how often each id was produced


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
    seen: Look | None = None  # what was looked for beside counts


def _sums(flags: NDArray[np.bool_], edges: Counts) -> Counts:
    """Return how many flags are set in consecutive stretches, of which some may be empty."""
    sums = np.zeros(len(edges) - 1, np.int64)
    full = np.flatnonzero(np.diff(edges))
    if len(full):
        sums[full] = np.add.reduceat(flags, edges[full], dtype=np.int32)
    return sums


@dataclass(frozen=True)
class Text:
    """Some units as arrays; everything in it is made at most once."""

    texts: Sequence[str]
    rule: str

    @cached_property
    def joined(self) -> str:
        """All units, a line feed after each."""
        return "\n".join((*self.texts, ""))

    @cached_property
    def data(self) -> NDArray[np.uint8]:
        """The bytes of `joined`; every position below is one in it."""
        return np.frombuffer(self.joined.encode(), np.uint8)

    @cached_property
    def first(self) -> NDArray[np.bool_]:
        """Whether a byte is the first of a character."""
        return (self.data & 0xC0) != 0x80

    @cached_property
    def homes(self) -> Counts:
        """Where each code point begins, and the end."""
        if self.joined.isascii():
            return np.arange(len(self.data) + 1)
        return np.flatnonzero(np.append(self.first, True))

    @cached_property
    def ends(self) -> Counts:
        """Where units end, in code points of `joined`."""
        lengths = np.fromiter(map(len, self.texts), np.int64, len(self.texts))
        return np.cumsum(lengths) + np.arange(len(lengths))

    @cached_property
    def edges(self) -> Counts:
        """Where units begin, and where one more would; (D + 1,)."""
        return np.append(0, self.homes[self.ends] + 1)

    @cached_property
    def bytes(self) -> Counts:
        """Bytes of each unit."""
        return np.diff(self.edges) - 1

    @cached_property
    def bare(self) -> NDArray[np.uint8]:
        """The bytes of the units alone."""
        return np.delete(self.data, self.edges[1:] - 1)

    @cached_property
    def properties(self) -> NDArray[np.uint16]:
        """What each code point is (see `words`)."""
        return properties().take(codes(self.joined))

    @cached_property
    def code_edges(self) -> Counts:
        """Where units begin, in code points, and where one more would."""
        return np.append(0, self.ends + 1)

    @cached_property
    def words(self) -> tuple[Counts, Counts]:
        """Where words begin and end, in bytes."""
        starts, ends = WORDS[self.rule](self.joined, self.properties)
        return self.homes[starts], self.homes[ends]

    @cached_property
    def word_edges(self) -> Counts:
        """The first word of each unit, and the end."""
        return np.searchsorted(self.words[0], self.edges)


@dataclass(frozen=True)
class Tokens:
    """The tokens of some units under one tokenizer."""

    text: Text
    tokenizer: Tokenizer
    encoded: Encoded
    specials: bool

    @cached_property
    def counts(self) -> Counts:
        """Tokens of each unit."""
        return np.diff(self.encoded.starts)

    def by_unit(self, flags: NDArray[np.bool_]) -> Counts:
        """Sum a flag of every token over units."""
        return _sums(flags, self.encoded.starts)

    @cached_property
    def cuts(self) -> Counts:
        """Where tokens end, in bytes of the text's array; ascending, (T,)."""
        if self.encoded.spells:
            lengths = self.tokenizer.vocabulary.lengths[self.encoded.ids]
            later = self.encoded.starts[1:-1]
            np.add.at(lengths, later[later < len(lengths)], 1)  # the line feed before a unit
            return np.cumsum(lengths)
        lengths = self.tokenizer.vocabulary.lengths[self.encoded.ids]
        ends = np.cumsum(lengths)
        spelled = np.append(0, ends)[self.encoded.starts]
        extra = np.diff(spelled) - self.text.bytes
        cuts = ends + np.repeat(self.text.edges[:-1] - spelled[:-1] - extra, self.counts)
        for unit in np.flatnonzero(~self._exact(spelled, extra)).tolist():
            self._mend(cuts, unit)
        return cuts

    def _exact(self, spelled: Counts, extra: Counts) -> NDArray[np.bool_]:
        """Tell which units their tokens spell to the byte, but for one space before them."""
        bytes_of_tokens = self.tokenizer.vocabulary.spell(self.encoded.ids)
        text = self.text
        if not extra.any():
            wrong = np.flatnonzero(bytes_of_tokens != text.bare)
        else:
            possible = (extra == 0) | (extra == 1)
            shift = np.where(possible, text.edges[:-1] - spelled[:-1] - extra, 0)
            place = np.arange(len(bytes_of_tokens)) + np.repeat(shift, np.diff(spelled))
            expected = text.data[np.minimum(place, len(text.data) - 1)]
            prefixed = possible & (extra == 1)
            expected[spelled[:-1][prefixed]] = ord(" ")
            wrong = np.flatnonzero(bytes_of_tokens != expected)
        exact = (extra == 0) | (extra == 1)
        exact[np.searchsorted(spelled, wrong, side="right") - 1] = False
        return exact

    def _mend(self, cuts: Counts, unit: int) -> None:
        """Take the boundaries of one unit from its tokenizer."""
        start, end = self.encoded.starts[unit : unit + 2].tolist()
        found = self.tokenizer.boundaries(self.text.texts[unit], specials=self.specials)
        cuts[start:end] = self.text.edges[unit] + found[: end - start]

    def cut(self, starts: Counts, ends: Counts) -> NDArray[np.bool_]:
        """Tell which spans of the text, in bytes, have a token boundary strictly inside."""
        inside = np.zeros(len(self.text.data) + 1, np.int8)
        inside[self.cuts] = 1
        before = np.cumsum(inside, dtype=np.int32)
        return before[ends - 1] > before[starts]

    def held(self, starts: Counts, ends: Counts) -> NDArray[np.bool_]:
        """Tell which spans of the text are inside one token that is not the unknown one."""
        unknown = self.tokenizer.vocabulary.unknown
        token = np.searchsorted(self.cuts, starts, side="right")
        unit = np.searchsorted(self.text.edges, starts, side="right") - 1
        there = token < self.encoded.starts[unit + 1]  # else nothing stands for its unit's end
        ids = np.append(self.encoded.ids, -1)[token]
        return there & ~self.cut(starts, ends) & (ids != (-1 if unknown is None else unknown))

    def split_words(self) -> Counts:
        """Count words that more than one token covers."""
        return _sums(self.cut(*self.text.words), self.text.word_edges)

    def split_characters(self) -> Counts:
        """Count characters that more than one token covers, be it what they were made into."""
        cuts = self.cuts
        inner = cuts[~self.text.first[cuts]]
        home = np.searchsorted(self.text.homes, inner, side="right")
        new = np.diff(home, prepend=-1) != 0
        return _sums(new, np.searchsorted(inner, self.text.edges))

    def incomplete(self) -> Counts:
        """Count tokens whose bytes are not whole characters."""
        return self.by_unit(self.tokenizer.vocabulary.incomplete[self.encoded.ids])

    def unknown(self) -> Counts:
        """Count unknown tokens."""
        unknown = self.tokenizer.vocabulary.unknown
        return self.by_unit(self.encoded.ids == (-1 if unknown is None else unknown))

    def round_trip(self) -> Counts:
        """Count units that decode to themselves, with the tokenizer's own decoder."""
        ids, starts = self.encoded.ids.tolist(), self.encoded.starts.tolist()
        decoded = (self.tokenizer.decode(ids[start:end]) for start, end in pairwise(starts))
        same = (one == text for one, text in zip(decoded, self.text.texts, strict=True))
        return np.fromiter(same, np.int64, len(self.text.texts))


def _flag(flag: int) -> Callable[[Text], Counts]:
    return lambda text: _sums((text.properties & flag) != 0, text.code_edges)


def _unspaced(text: Text) -> Counts:
    """Count letters among which the word rule finds no words: none, if it has a dictionary."""
    return _flag(0 if has_dictionary(text.rule) else UNSPACED)(text)


TEXT_COLUMNS: Mapping[str, Callable[[Text], Counts]] = {
    "units": lambda text: np.ones(len(text.texts), np.int64),
    "bytes": lambda text: text.bytes,
    "characters": lambda text: np.diff(text.code_edges) - 1,
    "multibyte": lambda text: _sums(text.data >= 0xC0, text.edges),
    "words": lambda text: np.diff(text.word_edges),
    "letters": _flag(LETTER),
    "unspaced": _unspaced,
}
TOKEN_COLUMNS: Mapping[str, Callable[[Tokens], Counts]] = {
    "tokens": lambda tokens: tokens.counts,
    "split_words": Tokens.split_words,
    "split_characters": Tokens.split_characters,
    "incomplete": Tokens.incomplete,
    "unknown": Tokens.unknown,
    "round_trip": Tokens.round_trip,
}


@dataclass
class _Blocks:
    """Sums of rows by place in the file: however long it is, at most `BLOCKS` of them.

    A block is a power of two of bytes, the smallest that suffices, so it depends on the text
    alone.
    """

    rows: Counts  # (BLOCKS, tokenizers, columns)
    width: int = 1

    def add(self, counts: Counts, offsets: Counts) -> None:
        while offsets[-1] // self.width >= BLOCKS:
            half = self.rows[0::2] + self.rows[1::2]
            self.rows = np.concatenate((half, np.zeros_like(half)))
            self.width *= 2
        np.add.at(self.rows, offsets // self.width, counts)

    def filled(self) -> tuple[Counts, Counts]:
        """Return the rows that hold something, and where their blocks begin."""
        full = np.flatnonzero(self.rows.any(axis=(1, 2)))
        return self.rows[full], full * self.width


@dataclass
class _Clusters:
    """Sums of rows by the number of their cluster."""

    rows: Counts  # (clusters, tokenizers, columns)

    def add(self, counts: Counts, numbers: Counts) -> None:
        missing = int(numbers.max()) + 1 - len(self.rows)
        if missing > 0:
            self.rows = np.pad(self.rows, ((0, missing), (0, 0), (0, 0)))
        np.add.at(self.rows, numbers, counts)

    def filled(self) -> tuple[Counts, Counts]:
        """Return all rows, and their numbers."""
        return self.rows, np.arange(len(self.rows))


@dataclass
class _Apart:
    """Rows as they came, each for itself."""

    rows: list[Counts]

    def add(self, counts: Counts, _: Counts) -> None:
        self.rows.append(counts)

    def filled(self) -> tuple[Counts, Counts]:
        """Return all rows; where they come from does not matter."""
        rows = np.concatenate(self.rows)
        return rows, np.zeros(len(rows), np.int64)


class Look(Protocol):
    """What else is to be seen of a text in the same pass."""

    def see(self, tokens: Sequence[Tokens]) -> None:
        """Look at a piece of the text under every tokenizer."""
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
    look: Callable[[], Look] | None = None  # one for each corpus; must have a name, for workers

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
        self.reading = Reading(seen=counting.look and counting.look())
        self.types = [np.zeros(n if TYPES in counting.columns else 0, np.int64) for n in sizes]
        self.apart = shard.keep_empty or counting.by_unit
        rows = np.zeros((0, len(sizes), len(counting.named())), np.int64)
        if self.apart:
            self.groups: _Blocks | _Clusters | _Apart = _Apart([rows])
        elif shard.cluster:
            self.groups = _Clusters(rows)
        else:
            self.groups = _Blocks(np.pad(rows, ((0, BLOCKS), (0, 0), (0, 0))))

    def number(self, names: Iterable[str]) -> Counts:
        """Return the numbers of clusters, new ones after those that are known."""
        known = self.reading.clusters
        return np.array([known.setdefault(name, len(known)) for name in names], np.int64)

    def add(self, rows: Counts, offsets: Counts, clusters: Counts) -> None:
        """Add rows by where they begin in the text, or by their clusters."""
        if self.apart:
            self.reading.members += clusters.tolist()
        if len(rows):
            self.groups.add(rows, clusters if isinstance(self.groups, _Clusters) else offsets)

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
        if self.reading.seen is not None and reading.seen is not None:
            self.reading.seen.join(reading.seen)


def piece(part: Shard, tokenizers: Sequence[Tokenizer], counting: Counting) -> Piece:
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
            if reading.seen is not None:
                reading.seen.see(tokens)
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
    tokenizers: Sequence[Tokenizer],
    counting: Counting,
    advance: Callable[[int], None] = lambda _: None,
    *,
    pieces: Iterator[Piece] | None = None,
) -> tuple[list[Tally], Reading]:
    """Count a corpus under several tokenizers in one pass over its text.

    `advance` is called with the number of bytes of each piece that is done. `pieces` are made here
    unless they are given, one for each shard, by workers.

    Raises:
        TokscopeError: the text cannot be read, or holds nothing.
    """
    if pieces is None:
        pieces = (piece(shard, tokenizers, counting) for shard in corpus.shards)
    whole = _Sum(corpus.shards[0], [one.vocabulary.size for one in tokenizers], counting)
    digests, before = [], 0
    for shard, found in zip(corpus.shards, pieces, strict=False):  # others may follow
        whole.join(found, before)
        advance(found.size)
        digests.append(found.reading.digest)
        if shard.end is None:  # the end of a file
            before += shard.start + found.size
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
