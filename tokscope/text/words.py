"""Where words begin and end, at array speed.

`unicode` is UAX #29 (Unicode Standard Annex 29, word boundaries): segments that hold at least one
letter or number. The rules for flags and for runs of spaces are left out, because no segment that
they join holds a letter. `whitespace` is what `str.split` does. Both see the word classes of the
installed `regex` package. `icu` is `unicode`, but runs of scripts that are written without spaces
are cut where ICU's dictionaries cut them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from types import ModuleType

import numpy as np
import regex
from numpy.typing import NDArray

from tokscope.errors import choose, extra

Codes = NDArray[np.uint8] | NDArray[np.uint32]
Spans = tuple[NDArray[np.int64], NDArray[np.int64]]

# The word-break classes that matter here. The last two split Extended_Pictographic off.
CLASSES = (
    "Other",
    "CR",
    "LF",
    "Newline",
    "Extend",
    "Format",
    "ZWJ",
    "Katakana",
    "Hebrew_Letter",
    "ALetter",
    "Single_Quote",
    "Double_Quote",
    "MidNumLet",
    "MidLetter",
    "MidNum",
    "Numeric",
    "ExtendNumLet",
    "Pictographic",
    "PictographicLetter",
)
_NUMBER = {name: i for i, name in enumerate(CLASSES)}

CLASS = 31  # the low five bits of a property are the class, the others are flags
WORD_FORMING = 32
LETTER = 64
UNSPACED = 128  # a letter of a script that is written without spaces between words
SPACE = 256
DICTIONARY = 512  # UNSPACED, and what is written among such letters: ー, 〇
MARK = 1024
NUMBER = 2048
SIGN = 4096  # punctuation or a symbol
_IGNORED = 8192  # by the rules, but behind a line end (WB4)
_MIDDLE = 16384  # may bridge two others
_TIED = 32768  # two of these are never parted: letters, numbers and what links them

_UNSPACED = r"[\p{L}&&[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}]]"
_FLAGS = {
    WORD_FORMING: r"[\p{L}\p{N}]",
    LETTER: r"\p{L}",
    UNSPACED: _UNSPACED,
    DICTIONARY: rf"[{_UNSPACED}\p{{Han}}\p{{WB=Katakana}}]",
    MARK: r"\p{M}",
    NUMBER: r"\p{N}",
    SIGN: r"[\p{P}\p{S}]",
}


@cache
def properties() -> NDArray[np.uint16]:
    """Return the word-break class and flags of every code point; shape (0x110000,)."""
    codes = _codes_of_text()
    table = np.zeros(len(codes), np.uint16)
    everything = codes.tobytes().decode("utf-32-le")

    def mark(pattern: str, value: int) -> None:
        for match in regex.finditer(f"(?V1)(?:{pattern})+", everything):
            table[match.start() : match.end()] += value

    for name in CLASSES[1:-2]:
        mark(rf"\p{{WB={name}}}", _NUMBER[name])
    pictographs = np.zeros(len(table), bool)
    for match in regex.finditer(r"\p{ExtPict}+", everything):
        pictographs[match.start() : match.end()] = True
    table[pictographs & (table == _NUMBER["Other"])] = _NUMBER["Pictographic"]
    table[pictographs & (table == _NUMBER["ALetter"])] = _NUMBER["PictographicLetter"]
    for flag, pattern in _FLAGS.items():
        mark(pattern, flag)
    table[_classes("Extend", "Format", "ZWJ")[table & CLASS]] += _IGNORED
    table[_ANY_MIDDLE[table & CLASS]] += _MIDDLE
    table[(_LETTERS | _classes("Numeric", "ExtendNumLet"))[table & CLASS]] += _TIED
    found = np.zeros(0x110000, np.uint16)
    found[codes] = table
    # What str.split takes for white space, which is more than \s.
    found[:0x3001][[*map(str.isspace, map(chr, range(0x3001)))]] += SPACE
    return found


def _codes_of_text() -> NDArray[np.uint32]:
    """Return the code points that may be anything but Other: a seventh of all."""
    codes = np.arange(0x110000, dtype=np.uint32)
    codes[0xD800:0xE000] = 0xE000  # surrogates are no text, nor is what is for private use
    text = regex.sub(r"[\p{Cn}\p{Co}]+", _pictographs, codes.tobytes().decode("utf-32-le"))
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _pictographs(unassigned: regex.Match[str]) -> str:
    return "".join(regex.findall(r"\p{ExtPict}", unassigned[0]))


def _classes(*names: str) -> NDArray[np.bool_]:
    found = np.zeros(CLASS + 1, bool)
    found[[_NUMBER[name] for name in names]] = True
    return found


_LINE_ENDS = _classes("CR", "LF", "Newline")
_HEBREW = _classes("Hebrew_Letter")
_LETTERS = _classes("ALetter", "PictographicLetter", "Hebrew_Letter")
_NUMERIC = _classes("Numeric")
_KATAKANA = _classes("Katakana", "ExtendNumLet")
_PICTOGRAPHS = _classes("Pictographic", "PictographicLetter")
_SINGLE_QUOTE = _classes("Single_Quote")

# (left, middle, right): WB6 and WB7, WB7b and WB7c, WB11 and WB12
_BRIDGES = (
    (_LETTERS, _classes("MidLetter", "MidNumLet", "Single_Quote"), _LETTERS),
    (_HEBREW, _classes("Double_Quote"), _HEBREW),
    (_NUMERIC, _classes("MidNum", "MidNumLet", "Single_Quote"), _NUMERIC),
)
_ANY_MIDDLE = np.logical_or.reduce([middle for _, middle, _ in _BRIDGES])


def _kept(found: NDArray[np.uint16]) -> NDArray[np.int64] | None:
    """Return where a code point counts for the rules (WB4); None if each does, the common case."""
    ignored = (found & _IGNORED) != 0
    if not ignored.any():
        return None
    ignored[0] = False
    ignored[1:] &= ~_LINE_ENDS[found[:-1] & CLASS]
    return np.flatnonzero(~ignored)


def _tied(found: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Tell for every code point but the first whether it stays with the one before it."""
    tied = (found[:-1] & found[1:] & _TIED) != 0  # WB5, WB8 to WB10, WB13a and WB13b
    classes = found & CLASS
    if np.any(classes == _NUMBER["Katakana"]):  # WB13, and its part of WB13a and WB13b
        katakana = _KATAKANA[classes]
        tied |= katakana[:-1] & katakana[1:]
    between = (found[:-2] & found[2:] & _TIED) != 0  # what bridges join is that, on both sides
    middles = np.flatnonzero(((found[1:-1] & _MIDDLE) != 0) & between) + 1
    before, at, after = classes[middles - 1], classes[middles], classes[middles + 1]
    for left, middle, right in _BRIDGES:
        bridges = middles[left[before] & middle[at] & right[after]]
        tied[bridges - 1] = True
        tied[bridges] = True
    hebrew = classes[:-1] == _NUMBER["Hebrew_Letter"]
    if hebrew.any():
        tied |= hebrew & _SINGLE_QUOTE[classes[1:]]  # WB7a
    return tied


def _stays(found: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Tell for every code point but the first whether UAX #29 keeps it with the one before it."""
    kept = _kept(found)
    if kept is None:
        return _tied(found)
    tied = _tied(found[kept])
    # WB3c: a pictograph stays with a zero-width joiner right before it
    joiner = (found[kept[1:] - 1] & CLASS) == _NUMBER["ZWJ"]
    tied |= joiner & _PICTOGRAPHS[found[kept[1:]] & CLASS]
    stays = np.ones(len(found) - 1, bool)
    stays[kept[1:][~tied] - 1] = False
    return stays


def _words(found: NDArray[np.uint16], stays: NDArray[np.bool_]) -> Spans:
    """Return the segments that hold a letter or a number."""
    before, after = np.append(False, stays), np.append(stays, False)
    forms = (found & WORD_FORMING) != 0
    shown = forms | before | after  # not those of one code point that is neither
    starts, ends = np.flatnonzero(shown & ~before), np.flatnonzero(shown & ~after) + 1
    others = np.flatnonzero(~forms[starts])  # few: it may hold one further on
    if not len(others):
        return starts, ends
    inside = np.stack((starts[others], ends[others]), axis=1).ravel()
    empty = others[~np.logical_or.reduceat(np.append(forms, False), inside)[::2]]
    return np.delete(starts, empty), np.delete(ends, empty)


def unicode_words(text: str, found: NDArray[np.uint16]) -> Spans:
    """Return the first and the past-the-end code point of every UAX #29 word.

    `found` holds the `properties` of each code point of the text, shape (C,).
    """
    if not text:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _words(found, _stays(found))


def _inside(found: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Tell which code points a dictionary looks at: letters, and the marks that belong to them."""
    inside = (found & DICTIONARY) != 0
    kept = _kept(found)
    if kept is None:
        return inside
    return np.repeat(inside[kept], np.diff(kept, append=len(found)))


def _icu(module: str) -> ModuleType:
    return extra(module, "icu", "cutting words by dictionary")


def _segments(text: str) -> NDArray[np.int64]:
    """Return the code points at which ICU's segments of a text begin."""
    # Of no language: the dictionaries go by script, and the user's language must change nothing.
    segments = _icu("icu4py.breakers").WordBreaker(text, "root").segments()
    starts = np.fromiter((start for start, _ in segments), np.int64)
    units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
    if len(units) == len(text):
        return starts
    # ICU counts in UTF-16: of a pair of surrogates, which is one code point, the second is none.
    second = (units & 0xFC00) == 0xDC00
    return starts - np.cumsum(second)[starts]


def icu_words(text: str, found: NDArray[np.uint16]) -> Spans:
    """Return the UAX #29 words, but in scripts without spaces those of ICU's dictionaries."""
    inside = _inside(found)
    if not inside.any():
        _icu("icu4py.breakers")  # missing, it is missing for any text
        return unicode_words(text, found)
    within = inside[1:] & inside[:-1]  # a break here is inside a run
    # All runs, a line feed in place of what comes after each: no dictionary sees across it.
    shown = inside.copy()
    shown[1:] |= inside[:-1]
    places = np.flatnonzero(shown)
    runs = np.where(inside[places], codes(text)[places], ord("\n")).astype(np.uint32)
    cuts = places[_segments(runs.tobytes().decode("utf-32-le"))]
    cut = np.zeros(len(found), bool)
    cut[cuts] = True
    return _words(found, np.where(within, ~cut[1:], _stays(found)))


def whitespace_words(text: str, found: NDArray[np.uint16]) -> Spans:
    """Return the first and the past-the-end code point of every run between white space."""
    ink = np.zeros(len(found) + 2, bool)
    ink[1:-1] = (found & SPACE) == 0
    edges = np.flatnonzero(ink[1:] != ink[:-1])
    return edges[::2], edges[1::2]


# A rule takes a text and the `properties` of its code points.
WORDS: Mapping[str, Callable[[str, NDArray[np.uint16]], Spans]] = {
    "unicode": unicode_words,
    "whitespace": whitespace_words,
    "icu": icu_words,
}


def rule_version(rule: str) -> str:
    """Return the libraries that decide what a word is, with their versions.

    Raises:
        TokscopeError: the rule is unknown, or what it needs is not installed.
    """
    if choose(WORDS, rule, "word rule") is icu_words:
        return f"icu4py {version('icu4py')} ICU {_icu('icu4py').icu_version}"
    return f"regex {version('regex')}"


def has_dictionary(rule: str) -> bool:
    """Tell whether a rule finds words in scripts that are written without spaces."""
    return WORDS[rule] is icu_words


def codes(text: str) -> Codes:
    """Return the code points of a text; as bytes when it is ASCII, which is all the same here."""
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
