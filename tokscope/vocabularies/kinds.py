"""Classify the tokens of a vocabulary by their bytes: kind, script, place in a word.

Every id has one entry, with the same rules for every family. Ids without bytes are special, unknown
or unused, or do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tokscope.text.scripts import COMMON, INHERITED, MIXED, NAMES, own_scripts, run_scripts
from tokscope.text.words import (
    LETTER,
    MARK,
    NUMBER,
    SIGN,
    SPACE,
    Codes,
    properties,
    unicode_words,
)
from tokscope.tokenizers.vocabulary import Vocabulary

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
KINDS = (
    "special",  # special tokens and the unknown token
    "byte",  # the alphabet of a byte-level vocabulary, or byte fallbacks
    "incomplete UTF-8",  # other bytes that are not whole characters
    "white space",
    "number",  # without letters
    "punctuation, symbol",  # without letters and numbers
    "letters, one script",  # and perhaps other characters
    "letters, several scripts",
    "letters and numbers",
    "other",  # control and format characters, lone marks, unassigned code points, unused ids
)
SPECIAL, BYTE, INCOMPLETE, BLANK, NUMERIC, SYMBOL, LETTERS, MIXED_LETTERS, ALPHANUMERIC, OTHER = (
    range(len(KINDS))
)
POSITIONS = (
    "starts a word",
    "continues a word",
    "neither",
    # The last two are for vocabularies that mark ends of words: beginnings are not known there.
    "ends a word",
    "leaves a word open",
)
STARTS, CONTINUES, NEITHER, ENDS, OPEN = range(len(POSITIONS))
SCRIPTS = (*NAMES, "none")  # none: without whole characters
NONE = len(NAMES)


@dataclass(frozen=True)
class Spelled:
    """The tokens of a vocabulary that are whole characters, as one sequence of code points."""

    vocabulary: Vocabulary

    @cached_property
    def whole(self) -> Flags:
        """Whether an id has bytes that are whole characters; (size,)."""
        return (self.vocabulary.lengths > 0) & ~self.vocabulary.incomplete

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The code points of all these tokens; (C,)."""
        ids = np.flatnonzero(self.whole).astype(np.int32)
        text = self.vocabulary.spell(ids).tobytes().decode()
        return np.frombuffer(text.encode("utf-32-le"), np.uint32)

    @cached_property
    def lengths(self) -> Numbers:
        """The number of characters of every id, 0 if it is not whole characters; (size,)."""
        first = (self.vocabulary.blob & 0xC0) != 0x80
        before = np.append(0, np.cumsum(first, dtype=np.int64))
        ends = self.vocabulary.ends
        return np.where(self.whole, before[ends] - before[ends - self.vocabulary.lengths], 0)

    @cached_property
    def starts(self) -> Numbers:
        """Where each of these tokens begins in `codes`; (whole,)."""
        return np.cumsum(self.lengths[self.whole]) - self.lengths[self.whole]

    @cached_property
    def traits(self) -> NDArray[np.uint16]:
        """The `properties` of the code points; (C,)."""
        return properties()[self.codes]

    @cached_property
    def letters(self) -> Flags:
        """Whether a code point is a letter, or a mark of one script such as a vowel sign; (C,)."""
        return letters(self.codes)

    def over(self, flags: Flags, rule: np.ufunc) -> Flags:
        """Combine the flags of the code points of each id; False if it is not whole; (size,)."""
        joined = np.zeros(self.vocabulary.size, bool)
        if len(self.codes):
            joined[self.whole] = rule.reduceat(flags, self.starts)
        return joined

    def any(self, flags: Flags) -> Flags:
        """Return which ids have a code point with the flag; (size,)."""
        return self.over(flags, np.logical_or)

    @cached_property
    def scripts(self) -> Numbers:
        """The script of every id, as numbers of `SCRIPTS`; (size,)."""
        scripts = np.full(self.vocabulary.size, NONE)
        if len(self.codes):
            scripts[self.whole] = run_scripts(self.codes, self.starts)
        return scripts

    @cached_property
    def kinds(self) -> Numbers:
        """The kind of every id, as numbers of `KINDS`; (size,)."""
        vocabulary, traits = self.vocabulary, self.traits
        has_letter = self.any(self.letters)
        has_number = self.any((traits & NUMBER) != 0)
        tests = {  # the first test that is true decides
            SPECIAL: special(vocabulary),
            BYTE: vocabulary.byte_tokens,
            INCOMPLETE: vocabulary.incomplete,
            ALPHANUMERIC: has_letter & has_number,
            MIXED_LETTERS: has_letter & (self.scripts == MIXED),
            LETTERS: has_letter,
            NUMERIC: has_number,
            SYMBOL: self.any((traits & SIGN) != 0),
            BLANK: self.over((traits & SPACE) != 0, np.logical_and),
        }
        return np.select(list(tests.values()), list(tests), OTHER)

    @cached_property
    def positions(self) -> Numbers:
        """Where in a word each id stands, as numbers of `POSITIONS`; (size,).

        Imagine a letter before the token. The token starts a word if the text before its first
        letter or number is a word boundary (UAX #29: a space is, an apostrophe is not). Otherwise
        it continues the word of that letter. If a vocabulary marks tokens that continue or end a
        word, the mark decides. Tokens of scripts that are written without spaces do neither.
        """
        positions = np.full(self.vocabulary.size, NEITHER)
        inked = self.letters | ((self.traits & NUMBER) != 0)
        ids = np.flatnonzero(self.any(inked))
        if not len(ids):
            return positions
        if self.vocabulary.ending is not None:
            ends = _of(self.vocabulary, self.vocabulary.ending)
            positions[ids] = np.where(ends[ids], ENDS, OPEN)
            return positions
        marked = self.vocabulary.continuing
        joined, first = self._joined(inked)
        positions[ids[joined]] = CONTINUES if marked is None else STARTS
        positions[ids[~joined & ~first]] = STARTS
        positions[ids[_of(self.vocabulary, marked or ())[ids]]] = CONTINUES
        return positions

    def _joined(self, inked: Flags) -> tuple[Flags, Flags]:
        """Return whether the word continues in each inked token, if it stands after an "a".

        Also return whether its first code point is inked: then nothing separates the two.
        """
        count = len(self.starts)
        before = self.starts + 2 * np.arange(count)  # an "a" before each, a line feed after
        text = np.full(len(self.codes) + 2 * count, ord("\n"), np.uint32)
        text[before] = ord("a")
        shift = np.repeat(2 * np.arange(count) + 1, self.lengths[self.whole])
        text[np.arange(len(self.codes)) + shift] = self.codes
        places = np.where(inked, np.arange(len(inked)), len(inked))
        first = np.minimum.reduceat(places, self.starts)
        kept = np.logical_or.reduceat(inked, self.starts)
        starts, ends = unicode_words(text.tobytes().decode("utf-32-le"), properties()[text])
        end = ends[np.searchsorted(starts, before)]
        joined = end > first + 2 * np.arange(count) + 1
        return joined[kept], (first == self.starts)[kept]


def positions_of(vocabulary: Vocabulary) -> list[int]:
    """Return the places in words that can be known for the tokens of a vocabulary."""
    return [STARTS, CONTINUES, NEITHER] if vocabulary.ending is None else [ENDS, OPEN, NEITHER]


def letters(codes: Codes) -> Flags:
    """Return which code points are letters, or marks of one script such as vowel signs."""
    flags, own = properties()[codes], own_scripts(codes)
    mark = ((flags & MARK) != 0) & (own != COMMON) & (own != INHERITED)
    return ((flags & LETTER) != 0) | mark


def special(vocabulary: Vocabulary) -> Flags:
    """Return which ids are special tokens or the unknown token."""
    unknown = [] if vocabulary.unknown is None else [vocabulary.unknown]
    return _of(vocabulary, [*vocabulary.specials.values(), *unknown])


def _of(vocabulary: Vocabulary, ids: Iterable[int]) -> Flags:
    flags = np.zeros(vocabulary.size, bool)
    flags[np.fromiter(ids, np.int64)] = True
    return flags
