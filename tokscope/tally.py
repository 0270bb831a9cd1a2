"""Where text and tokenizers meet, once: before this, strings; after it, integers.

Every column is a count for one unit. Those of the text are made once for all tokenizers, those of
the tokens once for each; only what is asked for is counted. The text of some units is one array of
bytes, each unit followed by a line feed, so that all positions are positions in that array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

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

    digest: str = ""  # SHA-256 of the bytes read; of several files, that of theirs
    units: int = 0
    skipped: int = 0
    replaced: int = 0
    clusters: dict[str, int] = field(default_factory=dict)  # name -> number, in order of appearance
    members: list[int] = field(default_factory=list)  # the cluster of each unit with its own row


def _sums(values: NDArray[np.generic], edges: Counts) -> Counts:
    """Return the sums of consecutive stretches, of which some may be empty."""
    total = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=total[1:])
    return np.diff(total[edges])


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
        return np.append(np.flatnonzero(self.first), len(self.data))

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
        return properties()[codes(self.joined)]

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
        """Count words with a token boundary strictly inside."""
        return _sums(self.cut(*self.text.words), self.text.word_edges)

    def split_characters(self) -> Counts:
        """Count characters with a token boundary inside."""
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

    rows: Counts
    width: int = 1

    def add(self, counts: Counts, offsets: Counts) -> None:
        while offsets[-1] // self.width >= BLOCKS:
            half = self.rows[0::2] + self.rows[1::2]
            self.rows = np.concatenate((half, np.zeros_like(half)))
            self.width *= 2
        np.add.at(self.rows, offsets // self.width, counts)


@dataclass
class _Clusters:
    """Sums of rows by the number of their cluster."""

    rows: Counts

    def add(self, counts: Counts, numbers: Counts) -> None:
        missing = int(numbers.max()) + 1 - len(self.rows)
        if missing > 0:
            more = np.zeros((missing, self.rows.shape[1]), np.int64)
            self.rows = np.concatenate((self.rows, more))
        np.add.at(self.rows, numbers, counts)


@dataclass
class _Counter:
    """The growing tally of one tokenizer over one corpus."""

    tokenizer: Tokenizer
    columns: tuple[str, ...]
    types: Counts
    groups: _Blocks | _Clusters
    units: list[Counts] = field(default_factory=list)

    @classmethod
    def of(cls, tokenizer: Tokenizer, columns: AbstractSet[str], *, clustered: bool) -> _Counter:
        named = tuple(name for name in (*TEXT_COLUMNS, *TOKEN_COLUMNS) if name in columns)
        size = tokenizer.vocabulary.size if TYPES in columns else 0
        rows = np.zeros((0 if clustered else BLOCKS, len(named)), np.int64)
        groups = _Clusters(rows) if clustered else _Blocks(rows)
        return cls(tokenizer, named, np.zeros(size, np.int64), groups)

    def add(
        self, counts: Mapping[str, Counts], ids: NDArray[np.int32], places: Counts | None
    ) -> None:
        """Add the counts of some units; each for itself where no places group them."""
        if len(self.types):
            self.types += np.bincount(ids, minlength=len(self.types))
        rows = np.stack([counts[name] for name in self.columns], axis=1)
        if places is None:
            self.units.append(rows)
        else:
            self.groups.add(rows, places)

    def tally(self) -> Tally:
        if self.units:
            rows = np.concatenate(self.units)
        else:
            rows = self.groups.rows[self.groups.rows.any(axis=1)]
        return Tally(self.columns, rows, self.types, len(self.tokenizer.vocabulary))


Look = Callable[[int, Tokens], None]


@dataclass(frozen=True)
class Counting:
    """What is counted, and how."""

    columns: frozenset[str]
    words: str = "unicode"
    specials: bool = False
    by_unit: bool = False  # a row a unit for text that is not parallel too


def tally(
    corpus: Corpus,
    tokenizers: Sequence[Tokenizer],
    counting: Counting,
    advance: Callable[[int], None] = lambda _: None,
    *,
    look: Look = lambda _place, _tokens: None,
) -> tuple[list[Tally], Reading]:
    """Count a corpus under several tokenizers in one pass over its text.

    `advance` is called with the number of bytes of each piece that is done; `look` with the place
    of each tokenizer and its tokens of the piece.

    Raises:
        TokscopeError: the text cannot be read, or holds nothing.
    """
    reading, digests, before = Reading(), [], 0
    clustered = any(shard.cluster for shard in corpus.shards)
    counters = [_Counter.of(one, counting.columns, clustered=clustered) for one in tokenizers]
    for shard in corpus.shards:
        digest, size = hashlib.sha256(), 0
        for units in _followed(shard, reading):
            if units.texts:
                apart = shard.keep_empty or counting.by_unit
                places = _places(units, reading, before, apart=apart)
                for k, tokens in enumerate(_count(units, shard, counters, counting, places)):
                    look(k, tokens)
            digest.update(units.raw)
            size += len(units.raw)
            advance(len(units.raw))
        digests.append(digest.hexdigest())
        before += size
    if not reading.units:
        paths = ", ".join(shard.path for shard in corpus.shards[:3])
        raise TokscopeError(f"{paths}: no text in it; corpus '{corpus.name}' has nothing to count")
    joined = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    reading.digest = joined if len(digests) > 1 else digests[0]
    return [counter.tally() for counter in counters], reading


def _places(units: Units, reading: Reading, before: int, *, apart: bool) -> Counts | None:
    """Return by what the units are grouped: their place in the corpus, or their cluster.

    None where each has a row of its own; to which cluster it belongs is then noted.
    """
    numbers = [reading.clusters.setdefault(name, len(reading.clusters)) for name in units.clusters]
    if apart:
        reading.members += numbers
        return None
    return np.array(numbers, np.int64) if numbers else units.offsets + before


def _followed(shard: Shard, reading: Reading) -> Iterator[Units]:
    for units in read(shard):
        reading.units += len(units.texts)
        reading.skipped += units.skipped
        reading.replaced += units.replaced
        yield units


def _count(
    units: Units,
    shard: Shard,
    counters: Sequence[_Counter],
    counting: Counting,
    places: Counts | None,
) -> Iterator[Tokens]:
    """Count some units under each tokenizer, and yield its tokens."""
    text = Text(units.texts, counting.words)
    of_text = {
        name: count(text) for name, count in TEXT_COLUMNS.items() if name in counting.columns
    }
    for counter in counters:
        try:
            encoded = counter.tokenizer.encode(units.texts, specials=counting.specials)
        except UnitError as error:
            raise shard.error(units.lines[error.unit], str(error)) from error
        tokens = Tokens(text, counter.tokenizer, encoded, counting.specials)
        of_tokens = {
            name: count(tokens) for name, count in TOKEN_COLUMNS.items() if name in counting.columns
        }
        counter.add(of_text | of_tokens, encoded.ids, places)
        yield tokens
