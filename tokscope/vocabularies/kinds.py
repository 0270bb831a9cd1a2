"""What the tokens of a vocabulary are, from their bytes alone: kind, script, place in a word.

One entry an id, the same for every family. Ids without bytes are special, unknown or unused, or do
not exist.
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
    "byte",  # the alphabet of a byte-level vocabulary, or what stands in where a piece is missing
    "incomplete UTF-8",  # other bytes that are not whole characters
    "white space",
    "number",  # and no letter
    "punctuation, symbol",  # and neither letter nor number
    "letters, one script",  # with whatever stands around them
    "letters, several scripts",
    "letters and numbers",
    "other",  # control and format characters, lone marks, what is not assigned, unused ids
)
SPECIAL, BYTE, INCOMPLETE, BLANK, NUMERIC, SYMBOL, LETTERS, MIXED_LETTERS, ALPHANUMERIC, OTHER = (
    range(len(KINDS))
)
POSITIONS = (
    "starts a word",
    "continues a word",
    "neither",
    "ends a word",  # the last two where a vocabulary marks what ends a word: it does not say where
    "leaves a word open",  # words begin
)
STARTS, CONTINUES, NEITHER, ENDS, OPEN = range(len(POSITIONS))
SCRIPTS = (*NAMES, "none")  # none: no whole characters
NONE = len(NAMES)


@dataclass(frozen=True)
class Spelled:
    """The tokens of a vocabulary that are whole characters, one after the other."""

    vocabulary: Vocabulary

    @cached_property
    def whole(self) -> Flags:
        """Whether an id has bytes, and they are whole characters; (size,)."""
        return (self.vocabulary.lengths > 0) & ~self.vocabulary.incomplete

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The code points of all of them; (C,)."""
        ids = np.flatnonzero(self.whole).astype(np.int32)
        text = self.vocabulary.spell(ids).tobytes().decode()
        return np.frombuffer(text.encode("utf-32-le"), np.uint32)

    @cached_property
    def lengths(self) -> Numbers:
        """Characters of every id, 0 where it is not whole characters; (size,)."""
        first = (self.vocabulary.blob & 0xC0) != 0x80
        before = np.append(0, np.cumsum(first, dtype=np.int64))
        ends = self.vocabulary.ends
        return np.where(self.whole, before[ends] - before[ends - self.vocabulary.lengths], 0)

    @cached_property
    def starts(self) -> Numbers:
        """Where the whole ones begin in `codes`; (whole,)."""
        return np.cumsum(self.lengths[self.whole]) - self.lengths[self.whole]

    @cached_property
    def found(self) -> NDArray[np.uint16]:
        """The `properties` of the code points; (C,)."""
        return properties()[self.codes]

    @cached_property
    def letters(self) -> Flags:
        """Whether a code point is a letter, or a mark of one script: a vowel sign; (C,)."""
        return letters(self.codes)

    def over(self, flags: Flags, rule: np.ufunc) -> Flags:
        """Join a flag of every code point over each id; False where it is not whole; (size,)."""
        joined = np.zeros(self.vocabulary.size, bool)
        if len(self.codes):
            joined[self.whole] = rule.reduceat(flags, self.starts)
        return joined

    def any(self, flags: Flags) -> Flags:
        """Tell of which ids a code point has a flag; (size,)."""
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
        vocabulary, found = self.vocabulary, self.found
        has_letter = self.any(self.letters)
        has_number = self.any((found & NUMBER) != 0)
        tests = {  # the first that holds decides
            SPECIAL: special(vocabulary),
            BYTE: vocabulary.byte_tokens,
            INCOMPLETE: vocabulary.incomplete,
            ALPHANUMERIC: has_letter & has_number,
            MIXED_LETTERS: has_letter & (self.scripts == MIXED),
            LETTERS: has_letter,
            NUMERIC: has_number,
            SYMBOL: self.any((found & SIGN) != 0),
            BLANK: self.over((found & SPACE) != 0, np.logical_and),
        }
        return np.select(list(tests.values()), list(tests), OTHER)

    @cached_property
    def positions(self) -> Numbers:
        """Where in a word each id stands, as numbers of `POSITIONS`; (size,).

        A token is read after a letter. It starts a word if what stands before its first letter or
        number parts them (UAX #29: a space does, an apostrophe does not), and else continues that
        letter's word. Where a vocabulary marks what continues or ends a word, the mark decides.
        Scripts that are written without spaces part letters without a sign: their tokens do
        neither.
        """
        positions = np.full(self.vocabulary.size, NEITHER)
        inked = self.letters | ((self.found & NUMBER) != 0)
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
        """Tell of the inked tokens, each read after an "a", whether that word goes on in them.

        And whether their first code point is inked already: then nothing can part the two.
        """
        count = len(self.starts)
        before = self.starts + 2 * np.arange(count)  # an "a" before each, a line feed after each
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
    """Return the places in words that the tokens of a vocabulary can be known to have."""
    return [STARTS, CONTINUES, NEITHER] if vocabulary.ending is None else [ENDS, OPEN, NEITHER]


def letters(codes: Codes) -> Flags:
    """Tell which code points are letters, or marks of one script, such as vowel signs."""
    found, own = properties()[codes], own_scripts(codes)
    mark = ((found & MARK) != 0) & (own != COMMON) & (own != INHERITED)
    return ((found & LETTER) != 0) | mark


def special(vocabulary: Vocabulary) -> Flags:
    """Tell which ids are special tokens or the unknown token."""
    unknown = [] if vocabulary.unknown is None else [vocabulary.unknown]
    return _of(vocabulary, [*vocabulary.specials.values(), *unknown])


def _of(vocabulary: Vocabulary, ids: Iterable[int]) -> Flags:
    flags = np.zeros(vocabulary.size, bool)
    flags[np.fromiter(ids, np.int64)] = True
    return flags
