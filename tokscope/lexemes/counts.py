"""Source code under tokens as counts, which can be added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tokscope.counting.spans import Flags, cover
from tokscope.counting.tokens import BLANK, Counts, Text, Tokens
from tokscope.errors import TokscopeError, UnitError
from tokscope.lexemes.lexing import CATEGORIES, IDENTIFIER, Lexemes, lexed
from tokscope.lexemes.subwords import Places, places

TOTAL, CATEGORY, KIND, DEPTH, GLUED = "total", "category", "kind", "depth", "glued"
DEEPEST = 32  # bytes; all that is indented further is counted together
_NAMED = 3  # categories that a kind of token names; of others it says that there are more


class Key(NamedTuple):
    """What is counted: of the text, of a category, of a kind of token, of a depth, of an id."""

    part: str
    name: str
    measure: str


class Lines(NamedTuple):
    """The lines that are not blank, by bytes of `Text.data`."""

    starts: Counts
    inks: Counts  # where the first byte is that is not blank


@dataclass(frozen=True)
class Code:
    """Units of source code as arrays of bytes of `Text.data`."""

    text: Text
    language: str

    @cached_property
    def _lexed(self) -> Lexemes:
        """The lexemes by characters; each unit is cut by itself."""
        each = []
        for unit, one in enumerate(self.text.texts):
            try:
                own = lexed(one, self.language)
            except TokscopeError as error:
                raise UnitError(str(error), unit) from error
            begin = self.text.unit_chars[unit]
            each.append(Lexemes(own.starts + begin, own.ends + begin, own.categories))
        return Lexemes(*map(np.concatenate, zip(*each, strict=True)))

    @cached_property
    def lexemes(self) -> Lexemes:
        """The lexemes by bytes."""
        found, place = self._lexed, self.text.char_bytes
        return Lexemes(place[found.starts], place[found.ends], found.categories)

    @cached_property
    def identifiers(self) -> list[str]:
        """The identifiers, in order."""
        found = self._lexed
        names = np.flatnonzero(found.categories == IDENTIFIER)
        spans = zip(found.starts[names].tolist(), found.ends[names].tolist(), strict=True)
        joined = self.text.joined
        return [joined[start:end] for start, end in spans]

    @cached_property
    def places(self) -> Places:
        """The places inside identifiers."""
        found = self._lexed
        names = found.categories == IDENTIFIER
        return places(self.text.joined, found.starts[names], found.ends[names])

    @cached_property
    def lines(self) -> Lines:
        """The lines that are not blank."""
        ends = np.flatnonzero(self.text.data == ord("\n"))
        starts = np.append(0, ends[:-1] + 1)
        inks = np.append(np.flatnonzero(~BLANK[self.text.data]), len(self.text.data))
        first = inks[self.text.inked[starts]]
        full = first < ends
        return Lines(starts[full], first[full])

    @cached_property
    def counts(self) -> Counter[Key]:
        """What can be counted without tokens."""
        depths = self.lines.inks - self.lines.starts
        return _totals(
            bytes=self.text.bytes.sum(),
            lines=len(depths),
            indented_lines=(depths > 0).sum(),
            indentation_bytes=depths.sum(),
            lexemes=len(self.lexemes.starts),
            positions=len(self.places.begins),
        )


def _totals(**counts: int | np.int64) -> Counter[Key]:
    return Counter({Key(TOTAL, "", name): int(count) for name, count in counts.items()})


class Under(NamedTuple):
    """Code under one tokenizer."""

    counts: Counter[Key]
    whole: Flags  # which identifiers are in one token


def under(code: Code, tokens: Tokens) -> Under:
    """Count how tokens cut code."""
    held = _held(code, tokens)
    covered = cover(tokens, code.lexemes.starts, code.lexemes.ends)
    one = (covered.tokens == 1) & ~np.append(tokens.is_unknown, False)[covered.first]
    clean = covered.clean
    flags = {"one_token": one, "start": covered.start, "end": covered.end}
    flags |= {"clean": clean, "exact": clean & one}
    counts = _totals(
        tokens=len(held.begins), blank_tokens=held.blank.sum(), unknown=tokens.unknown().sum()
    )
    counts.update(code.counts)  # `+` would drop what is 0
    counts.update(_by_category(code, covered.tokens, flags))
    counts.update(_over_several(code, tokens, held))
    counts.update(_indentation(code, held))
    counts.update(_subwords(code, tokens))
    return Under(counts, one[code.lexemes.categories == IDENTIFIER])


class _Held(NamedTuple):
    """The T tokens over the text."""

    begins: Counts
    ends: Counts
    blank: Flags  # whether a token holds white space and nothing else


def _held(code: Code, tokens: Tokens) -> _Held:
    begins = np.append(0, tokens.cuts)[:-1]
    full = tokens.counts > 0
    begins[tokens.encoded.starts[:-1][full]] = code.text.unit_bytes[:-1][full]
    inked = code.text.inked
    blank = (inked[tokens.cuts] == inked[begins]) & (begins < tokens.cuts)
    return _Held(begins, tokens.cuts, blank)


def _by_category(code: Code, sizes: Counts, flags: Mapping[str, Flags]) -> Counter[Key]:
    """Count lexemes, their tokens, and those with a flag, of each category that there is."""
    of, many = code.lexemes.categories, len(CATEGORIES)
    columns = {"lexemes": np.bincount(of, minlength=many)}
    columns["tokens"] = np.bincount(of, sizes, many).astype(np.int64)
    columns |= {name: np.bincount(of[flag], minlength=many) for name, flag in flags.items()}
    return Counter(
        {
            Key(CATEGORY, CATEGORIES[i], name): int(column[i])
            for i in np.flatnonzero(columns["lexemes"]).tolist()
            for name, column in columns.items()
        }
    )


def _over_several(code: Code, tokens: Tokens, held: _Held) -> Counter[Key]:
    """Count tokens over several lexemes by their categories, and by id if one is an identifier."""
    starts, ends, categories = code.lexemes
    first = np.searchsorted(ends, held.begins, "right")
    behind = np.searchsorted(starts, held.ends, "left")
    several = np.flatnonzero(behind - first > 1)
    first, behind = first[several], behind[several]
    counts = _totals(over_lexemes=len(several))
    for name, count in _kinds(categories, first, behind):
        counts[Key(KIND, name, "tokens")] += count
    names = np.append(0, np.cumsum(categories == IDENTIFIER))
    glued = tokens.encoded.ids[several[names[behind] > names[first]]]
    for token, count in zip(*np.unique(glued, return_counts=True), strict=True):
        counts[Key(GLUED, f"{token}", "tokens")] += int(count)
    return counts


def _kinds(categories: Counts, first: Counts, behind: Counts) -> Iterator[tuple[str, int]]:
    """Yield the categories of the lexemes `[first, behind)` in a token, and how many are such."""
    nothing = len(CATEGORIES)
    padded = np.append(categories, [nothing] * _NAMED)
    found = np.stack([padded[first + i] for i in range(_NAMED)], axis=1)
    found[first[:, None] + np.arange(_NAMED) >= behind[:, None]] = nothing
    found = np.column_stack((found, behind - first > _NAMED))
    for row, count in zip(*np.unique(found, axis=0, return_counts=True), strict=True):
        *named, more = row.tolist()
        words = [CATEGORIES[i] for i in named if i != nothing] + ["…"] * more
        yield "+".join(words), int(count)


def _indentation(code: Code, held: _Held) -> Counter[Key]:
    """Count the blank tokens over the blanks before lines, by how far the lines are indented."""
    indented = code.lines.inks > code.lines.starts
    starts, inks = code.lines.starts[indented], code.lines.inks[indented]
    begins, ends = held.begins[held.blank], held.ends[held.blank]
    line = np.searchsorted(inks, begins, "right")
    over = line < np.searchsorted(starts, ends, "left")
    depths = np.minimum(inks - starts, DEEPEST)
    lines = np.bincount(depths, minlength=DEEPEST + 1)
    own = np.bincount(depths[line[over]], minlength=DEEPEST + 1)
    counts = _totals(indentation_tokens=over.sum())
    for depth in np.flatnonzero(lines).tolist():
        name = f"{depth}" if depth < DEEPEST else f"{depth} or more"
        counts[Key(DEPTH, name, "lines")] = int(lines[depth])
        counts[Key(DEPTH, name, "tokens")] = int(own[depth])
    return counts


def _subwords(code: Code, tokens: Tokens) -> Counter[Key]:
    """Count cuts inside identifiers where a word ends, those elsewhere, and words without one."""
    cut = code.places.held(tokens.ends_at[code.text.char_bytes])
    words = code.places.words
    return _totals(
        hits=(cut & words).sum(), false=(cut & ~words).sum(), missed=(~cut & words).sum()
    )
