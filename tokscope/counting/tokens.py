"""Units of text and their tokens as arrays, and the columns that count them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tokscope.batch import Batch
from tokscope.counting.stable import Judged, places_of
from tokscope.text.words import LETTER, UNSPACED, WORDS, has_dictionary, properties_of
from tokscope.tokenizers import Encoded, Joins, Tokenizer

Counts = NDArray[np.int64]
BLANK = np.zeros(256, bool)  # which bytes are white space
BLANK[list(b" \t\n\v\f\r")] = True


def _sums(flags: NDArray[np.bool_], edges: Counts) -> Counts:
    """Return how many flags are set between consecutive edges; a stretch may be empty."""
    sums = np.zeros(len(edges) - 1, np.int64)
    full = np.flatnonzero(np.diff(edges))
    if len(full):
        sums[full] = np.add.reduceat(flags, edges[full], dtype=np.int32)
    return sums


@dataclass(frozen=True)
class Text:
    """Some units as arrays; each array is computed at most once."""

    texts: Sequence[str]
    rule: str

    @property
    def joined(self) -> str:
        """All units, with a line feed after each."""
        return self._batch.joined

    @property
    def data(self) -> NDArray[np.uint8]:
        """The bytes of `joined`; positions below are indices into this array."""
        return self._batch.data

    @cached_property
    def _batch(self) -> Batch:
        return Batch.of(self.texts)

    @cached_property
    def first(self) -> NDArray[np.bool_]:
        """Whether each byte is the first of a character."""
        return (self.data & 0xC0) != 0x80

    @cached_property
    def inked(self) -> NDArray[np.int32]:
        """How many bytes before each one are not blank, and how many in all."""
        inked = np.zeros(len(self.data) + 1, np.int32)
        np.cumsum(~BLANK[self.data], out=inked[1:])
        return inked

    @cached_property
    def char_bytes(self) -> Counts:
        """The byte where each code point begins, and the end."""
        if self.joined.isascii():
            return np.arange(len(self.data) + 1)
        return np.flatnonzero(np.append(self.first, True))

    @cached_property
    def unit_end_chars(self) -> Counts:
        """The code point of `joined` where each unit ends."""
        lengths = np.fromiter(map(len, self.texts), np.int64, len(self.texts))
        return np.cumsum(lengths) + np.arange(len(lengths))

    @cached_property
    def unit_bytes(self) -> Counts:
        """The byte where each unit begins, and where one more would; (D + 1,)."""
        ends = self._batch.ends
        if len(ends) == len(self.texts):  # else some line feeds are inside units
            return np.append(0, ends)
        return np.append(0, self.char_bytes[self.unit_end_chars] + 1)

    @cached_property
    def bytes(self) -> Counts:
        """The number of bytes of each unit."""
        return np.diff(self.unit_bytes) - 1

    @cached_property
    def properties(self) -> NDArray[np.uint16]:
        """The properties of each code point (see `tokscope.text.words`)."""
        return properties_of(self.joined)

    @cached_property
    def unit_chars(self) -> Counts:
        """The code point where each unit begins, and where one more would."""
        return np.append(0, self.unit_end_chars + 1)

    @cached_property
    def words(self) -> tuple[Counts, Counts]:
        """The bytes where words begin and end."""
        starts, ends = WORDS[self.rule](self.joined, self.properties)
        if self.joined.isascii():
            return starts, ends
        return self.char_bytes.take(starts), self.char_bytes.take(ends)

    @cached_property
    def unit_words(self) -> Counts:
        """The first word of each unit, and the end."""
        return np.searchsorted(self.words[0], self.unit_bytes)


@dataclass(frozen=True)
class Tokens:
    """The tokens of some units under one tokenizer."""

    text: Text
    tokenizer: Tokenizer
    encoded: Encoded
    specials: bool

    @cached_property
    def counts(self) -> Counts:
        """The number of tokens of each unit."""
        return np.diff(self.encoded.starts)

    def by_unit(self, flags: NDArray[np.bool_]) -> Counts:
        """Count the flagged tokens of each unit."""
        return _sums(flags, self.encoded.starts)

    @cached_property
    def cuts(self) -> Counts:
        """The byte of `Text.data` where each token ends; ascending, (T,)."""
        if self.encoded.spells:
            lengths = self.tokenizer.vocabulary.lengths.take(self.encoded.ids)
            later = self.encoded.starts[1:-1]
            np.add.at(lengths, later[later < len(lengths)], 1)  # the line feed before a unit
            return np.cumsum(lengths)
        lengths = self.tokenizer.vocabulary.lengths[self.encoded.ids]
        ends = np.cumsum(lengths)
        spelled = np.append(0, ends)[self.encoded.starts]
        extra = np.diff(spelled) - self.text.bytes
        cuts = ends + np.repeat(self.text.unit_bytes[:-1] - spelled[:-1] - extra, self.counts)
        units = np.flatnonzero(~self._exact(extra) & (self.counts > 0))
        if len(units):
            begin = np.repeat(self.text.unit_bytes[units], self.counts[units])
            cuts[self.encoded.of_units(units)] = begin + self._reported(units)
        return cuts

    def _exact(self, extra: Counts) -> NDArray[np.bool_]:
        """Tell which units their tokens spell exactly, except for one space before the unit."""
        possible = (extra == 0) | (extra == 1)
        ids, begin = self.encoded.ids, self.text.unit_bytes[:-1]
        if not possible.all():
            ids = ids[self.encoded.of_units(np.flatnonzero(possible))]
        spelled = self.tokenizer.vocabulary.spell(ids)
        expected = np.roll(self.text.data, 1)  # every unit with one byte before it
        expected[begin] = ord(" ")
        kept = np.repeat(possible, self.text.bytes + 1)
        kept[begin[extra != 1]] = False
        expected = expected[kept]
        if np.array_equal(spelled, expected):
            return possible
        sizes = np.where(possible, self.text.bytes + extra, 0)
        return possible & (_sums(spelled != expected, np.append(0, np.cumsum(sizes))) == 0)

    def _reported(self, units: Counts) -> Counts:
        """Return where the tokens of some units end, as the tokenizer reports it."""
        if self.encoded.reported:
            return self.encoded.reported(units)
        return np.concatenate(
            [
                self.tokenizer.boundaries(self.text.texts[unit], specials=self.specials)[:count]
                for unit, count in zip(units.tolist(), self.counts[units].tolist(), strict=True)
            ]
        )

    @cached_property
    def ends_at(self) -> NDArray[np.bool_]:
        """Whether a token ends before each byte of `Text.data`, and at its end."""
        ends = np.zeros(len(self.text.data) + 1, bool)
        ends[self.cuts] = True
        return ends

    def cut(self, starts: Counts, ends: Counts) -> NDArray[np.bool_]:
        """Tell which spans of bytes have a token boundary strictly inside."""
        before = np.cumsum(self.ends_at, dtype=np.int32)
        return before.take(ends - 1) > before.take(starts)

    def held(self, starts: Counts, ends: Counts) -> NDArray[np.bool_]:
        """Tell which spans of bytes lie inside a single token that is not the unknown token."""
        token = np.searchsorted(self.cuts, starts, side="right")
        unit = np.searchsorted(self.text.unit_bytes, starts, side="right") - 1
        there = token < self.encoded.starts[unit + 1]  # else no token covers the end of the unit
        return there & ~self.cut(starts, ends) & ~np.append(self.is_unknown, False)[token]

    @cached_property
    def judged(self) -> Judged:
        """What holds before each character of the units, one unit after the other."""
        return places_of(self.tokenizer, specials=self.specials).of(self.text.texts)

    @cached_property
    def inner(self) -> NDArray[np.bool_]:
        """Before which characters there is a place inside a unit of which something is known."""
        inner = self.judged.known.copy()
        inner[self._chars[:-1][self.text.bytes > 0]] = False
        return inner

    @cached_property
    def _chars(self) -> Counts:
        """The character where each unit begins, without line feeds between units, and the end."""
        return self.text.unit_chars - np.arange(len(self.text.texts) + 1)

    def cut_places(self) -> Counts:
        """Count the places inside units."""
        return _sums(self.inner, self._chars)

    def cut_safe(self) -> Counts:
        """Count the places inside units where a cut changes no token."""
        return _sums(self.inner & self.judged.safe, self._chars)

    @cached_property
    def shifted(self) -> NDArray[np.bool_]:
        """Whether a token ends before each byte of `Text.data` if units lose a character first."""
        text = Text(Batch.of([one[1:] for one in self.text.texts]), self.text.rule)
        encoded = self.tokenizer.encode(text.texts, specials=self.specials)
        other = Tokens(text, self.tokenizer, encoded, self.specials)
        begins = text.unit_bytes[:-1]
        moved = self.text.unit_bytes[:-1] + self.text.bytes - text.bytes - begins
        inside = other.cuts > np.repeat(begins, other.counts)
        ends = np.zeros(len(self.text.data) + 1, bool)
        ends[(other.cuts + np.repeat(moved, other.counts))[inside]] = True
        return ends

    @cached_property
    def _unshifted(self) -> NDArray[np.bool_]:
        """Whether a token ends before each byte of `Text.data`, but not where a unit begins."""
        ends = self.ends_at.copy()
        ends[self.text.unit_bytes[:-1]] = False
        return ends

    def cuts_in_both(self) -> Counts:
        """Count cuts of units that are there without the first character as well."""
        return _sums(self._unshifted & self.shifted, self.text.unit_bytes)

    def cuts_in_either(self) -> Counts:
        """Count cuts of units, and those that are there only without the first character."""
        return _sums(self._unshifted | self.shifted, self.text.unit_bytes)

    def split_words(self) -> Counts:
        """Count words that more than one token covers."""
        return _sums(self.cut(*self.text.words), self.text.unit_words)

    def split_characters(self) -> Counts:
        """Count characters that more than one token covers, even after normalization."""
        if self.text.joined.isascii():
            return np.zeros(len(self.text.texts), np.int64)
        first = self.text.first
        inner = self.cuts.compress(~first.take(self.cuts))
        home = inner - 1
        for _ in range(2):  # a character has at most four bytes
            home -= ~first.take(home)
        new = np.diff(home, prepend=-1) != 0
        return _sums(new, np.searchsorted(inner, self.text.unit_bytes))

    def incomplete(self) -> Counts:
        """Count tokens whose bytes are not complete characters."""
        return self.by_unit(self.tokenizer.vocabulary.incomplete[self.encoded.ids])

    @cached_property
    def is_unknown(self) -> NDArray[np.bool_]:
        """Whether each token is the unknown token; (T,)."""
        unknown = self.tokenizer.vocabulary.unknown
        return self.encoded.ids == (-1 if unknown is None else unknown)

    def unknown(self) -> Counts:
        """Count unknown tokens."""
        if self.tokenizer.vocabulary.unknown is None:
            return np.zeros(len(self.text.texts), np.int64)
        return self.by_unit(self.is_unknown)

    def round_trip(self) -> Counts:
        """Count units that decode to themselves, with the tokenizer's own decoder."""
        return come_back(self.tokenizer, self.encoded, self.text.texts).astype(np.int64)


def come_back(tokenizer: Tokenizer, encoded: Encoded, texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which units decode to themselves, with the tokenizer's own decoder; (D,).

    It is not called where it only joins the bytes of tokens, which are known to be the text.
    """
    if encoded.spells and isinstance(tokenizer, Joins) and tokenizer.joins:
        return np.ones(len(texts), bool)
    ids, starts = encoded.ids.tolist(), encoded.starts.tolist()
    decoded = (tokenizer.decode(ids[start:end]) for start, end in pairwise(starts))
    same = (one == text for one, text in zip(decoded, texts, strict=True))
    return np.fromiter(same, bool, len(texts))


def _multibyte(text: Text) -> Counts:
    if text.joined.isascii():
        return np.zeros(len(text.texts), np.int64)
    return _sums(text.data >= 0xC0, text.unit_bytes)


def _letters(text: Text) -> Counts:
    return _sums((text.properties & LETTER) != 0, text.unit_chars)


def _unspaced(text: Text) -> Counts:
    """Count letters of scripts where the rule finds no words; 0 if it has a dictionary."""
    if has_dictionary(text.rule) or not np.bitwise_or.reduce(text.properties) & UNSPACED:
        return np.zeros(len(text.texts), np.int64)
    return _sums((text.properties & UNSPACED) != 0, text.unit_chars)


TEXT_COLUMNS: Mapping[str, Callable[[Text], Counts]] = {
    "units": lambda text: np.ones(len(text.texts), np.int64),
    "bytes": lambda text: text.bytes,
    "characters": lambda text: np.diff(text.unit_chars) - 1,
    "multibyte": _multibyte,
    "words": lambda text: np.diff(text.unit_words),
    "letters": _letters,
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
# These take longer than all others together, so they are counted only where they are asked for.
SLOW_COLUMNS: Mapping[str, Callable[[Tokens], Counts]] = {
    "cut_places": Tokens.cut_places,
    "cut_safe": Tokens.cut_safe,
    "cuts_in_both": Tokens.cuts_in_both,
    "cuts_in_either": Tokens.cuts_in_either,
}
