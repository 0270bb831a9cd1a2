"""Where words begin and end, computed with arrays for speed.

`unicode` follows UAX #29 (Unicode Standard Annex 29, word boundaries): a word is a segment with at
least one letter or number. The rules for flags and for runs of spaces are left out, because they
never join a segment with a letter. `whitespace` does what `str.split` does. Both use the word
classes of the installed `regex` package. `icu` is like `unicode`, but ICU's dictionaries cut runs
of scripts that are written without spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import ModuleType

import numpy as np
import regex
from numpy.typing import NDArray

from tokscope.errors import choose, extra
from tokscope.provenance import version_of

Codes = NDArray[np.uint8] | NDArray[np.uint32]
Properties = NDArray[np.uint16]
Spans = tuple[NDArray[np.int64], NDArray[np.int64]]

# The word-break classes that matter here. The last two stand for Extended_Pictographic.
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

CLASS = 31  # the low five bits of a property are the class; the others are flags
_RARE = 32  # joins in other ways than tied ones: katakana, emoji, single quotes
LETTER = 64
UNSPACED = 128  # a letter of a script that is written without spaces between words
SPACE = 256
DICTIONARY = 512  # UNSPACED letters, and characters written among them: ー, 〇
MARK = 1024
NUMBER = 2048
WORD_FORMING = LETTER | NUMBER
SIGN = 4096  # punctuation or a symbol
_IGNORED = 8192  # the rules ignore it, except after a line end (WB4)
_MIDDLE = 16384  # can join the tied characters on its two sides, and does nothing else
_TIED = 32768  # never separated from each other: letters, numbers and connectors

_UNSPACED = r"[\p{L}&&[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}]]"
_FLAGS = {
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
    table[_JOINS[table & CLASS] & ~_ALONE[table & CLASS]] += _MIDDLE
    table[_ALONE[table & CLASS]] += _RARE
    table[(_LETTERS | _classes("Numeric", "ExtendNumLet"))[table & CLASS]] += _TIED
    table_of_all = np.zeros(0x110000, np.uint16)
    table_of_all[codes] = table
    # `str.split` treats more characters as white space than \s does.
    table_of_all[:0x3001][[*map(str.isspace, map(chr, range(0x3001)))]] += SPACE
    return table_of_all


def _codes_of_text() -> NDArray[np.uint32]:
    """Return the code points that can have a class other than Other: a seventh of all."""
    codes = np.arange(0x110000, dtype=np.uint32)
    codes[0xD800:0xE000] = 0xE000  # surrogates and private-use characters are not text
    text = regex.sub(r"[\p{Cn}\p{Co}]+", _pictographs, codes.tobytes().decode("utf-32-le"))
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _pictographs(unassigned: regex.Match[str]) -> str:
    return "".join(regex.findall(r"\p{ExtPict}", unassigned[0]))


def _classes(*names: str) -> NDArray[np.bool_]:
    flags = np.zeros(CLASS + 1, bool)
    flags[[_NUMBER[name] for name in names]] = True
    return flags


_LINE_ENDS = _classes("CR", "LF", "Newline")
_HEBREW = _classes("Hebrew_Letter")
_LETTERS = _classes("ALetter", "PictographicLetter", "Hebrew_Letter")
_NUMERIC = _classes("Numeric")
_KATAKANA = _classes("Katakana")
_PICTOGRAPHS = _classes("Pictographic", "PictographicLetter")
_SINGLE_QUOTE = _classes("Single_Quote")
_ANY = np.ones(CLASS + 1, bool)

# (left, middle, right) for what keeps the middle with the left; the last three also keep the right
_WITH_LEFT = (
    (_classes("ZWJ"), _PICTOGRAPHS, _ANY),  # WB3c
    (_HEBREW, _SINGLE_QUOTE, _ANY),  # WB7a
    (_KATAKANA | _classes("ExtendNumLet"), _KATAKANA, _ANY),  # WB13 and WB13b
)
_WITH_RIGHT = ((_ANY, _KATAKANA, _KATAKANA | _classes("ExtendNumLet")),)  # WB13 and WB13a
_WITH_BOTH = (
    (_LETTERS, _classes("MidLetter", "MidNumLet", "Single_Quote"), _LETTERS),  # WB6 and WB7
    (_HEBREW, _classes("Double_Quote"), _HEBREW),  # WB7b and WB7c
    (_NUMERIC, _classes("MidNum", "MidNumLet", "Single_Quote"), _NUMERIC),  # WB11 and WB12
)


def _table(rules: Iterable[tuple[NDArray[np.bool_], ...]]) -> NDArray[np.bool_]:
    """Tell for classes of three neighbours whether one of the rules applies; (32 * 32 * 32,)."""
    return np.logical_or.reduce(
        [(left[:, None, None] & middle[:, None] & right).ravel() for left, middle, right in rules]
    )


_KEPT_LEFT, _KEPT_RIGHT = _table(_WITH_LEFT + _WITH_BOTH), _table(_WITH_RIGHT + _WITH_BOTH)
_ALONE = np.logical_or.reduce([middle for _, middle, _ in _WITH_LEFT])
_JOINS = np.logical_or.reduce([middle for _, middle, _ in _WITH_BOTH])


def _marks(props: Properties) -> NDArray[np.int64]:
    """Return the code points that the rules ignore (WB4); they stay with the one before them."""
    marks = np.flatnonzero((props & _IGNORED) != 0)
    marks = marks[marks > 0]
    return marks[~_LINE_ENDS[props[marks - 1] & CLASS]]


def _filled(props: Properties, marks: NDArray[np.int64]) -> Properties:
    """Return properties in which ignored code points have those of the one that they stay with."""
    if not len(marks):
        return props
    first = np.diff(marks, prepend=-1) != 1
    filled = props.copy()
    filled[marks] = props[np.maximum.accumulate(np.where(first, marks - 1, 0))]
    return filled


def _behind(places: NDArray[np.int64], marks: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the first code point behind each place that is not ignored, or the end, `size`."""
    if not len(marks):
        return places + 1
    never = size + 2
    first = np.append(marks[np.diff(marks, prepend=-1) != 1], never)
    last = np.append(marks[np.diff(marks, append=never) != 1], never)
    run = np.searchsorted(last, places + 1)
    return np.where(first[run] <= places + 1, last[run] + 1, places + 1)


def _join_rare(
    stays: NDArray[np.bool_], props: Properties, filled: Properties, marks: NDArray[np.int64]
) -> None:
    """Set what the rules keep that look at few characters: katakana, signs in words, emoji."""
    near = (props & (_TIED | _IGNORED)) != 0
    found = (props & _MIDDLE) != 0
    found[1:] &= near[:-1]
    found[:-1] &= near[1:]
    rare = np.flatnonzero(found | ((props & _RARE) != 0))
    behind = _behind(rare, marks, len(props))
    at = props[rare] & CLASS
    before = np.where(_PICTOGRAPHS[at], props[rare - 1], filled[rare - 1]) & CLASS
    before[rare == 0] = 0
    after = np.append(props, np.uint16(0))[behind] & CLASS
    three = (before.astype(np.intp) << 10) + (at << 5) + after
    stays[rare[_KEPT_LEFT[three]]] = True
    stays[behind[_KEPT_RIGHT[three]]] = True


def _stays(props: Properties) -> NDArray[np.bool_]:
    """Tell for every code point whether UAX #29 keeps it with the one before it.

    One more value stands for the end, which stays with nothing; shape (C + 1,).
    """
    stays = np.zeros(len(props) + 1, bool)
    marks = _marks(props)
    filled = _filled(props, marks)
    tied = filled[:-1] & filled[1:] & _TIED
    np.not_equal(tied, 0, out=stays[1:-1])  # WB5, WB8 to WB10, WB13a and WB13b
    stays[marks] = True
    _join_rare(stays, props, filled, marks)
    return stays


def _words(props: Properties, stays: NDArray[np.bool_]) -> Spans:
    """Return the segments that hold a letter or a number."""
    before, after = stays[:-1], stays[1:]
    forms = (props & WORD_FORMING) != 0
    # Drop single code points that are neither letter nor number; `>` between flags is "and not".
    starts = np.flatnonzero((forms | after) > before)
    ends = np.flatnonzero((forms | before) > after) + 1
    others = np.flatnonzero(~forms[starts])  # few; the letter or number may come later
    if not len(others):
        return starts, ends
    inside = np.stack((starts[others], ends[others]), axis=1).ravel()
    sums = np.add.reduceat(np.append(forms, False), inside, dtype=np.int32)[::2]
    empty = others[sums == 0]
    return np.delete(starts, empty), np.delete(ends, empty)


def unicode_words(text: str, props: Properties) -> Spans:
    """Return the first and the past-the-end code point of every UAX #29 word.

    `props` holds the `properties` of each code point of the text; shape (C,).
    """
    if not text:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _words(props, _stays(props))


def _inside(props: Properties) -> NDArray[np.bool_]:
    """Tell which code points a dictionary cuts: letters and the marks on them."""
    return (_filled(props, _marks(props)) & DICTIONARY) != 0


def _icu(module: str) -> ModuleType:
    return extra(module, "icu", "cutting words by dictionary")


def _segments(text: str) -> NDArray[np.int64]:
    """Return the code points where ICU's segments of a text begin."""
    # No language: dictionaries go by script, and the user's locale must not change results.
    segments = _icu("icu4py.breakers").WordBreaker(text, "root").segments()
    starts = np.fromiter((start for start, _ in segments), np.int64)
    units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
    if len(units) == len(text):
        return starts
    # ICU counts in UTF-16, where a pair of surrogates is one code point: skip the second.
    second = (units & 0xFC00) == 0xDC00
    return starts - np.cumsum(second)[starts]


def icu_words(text: str, props: Properties) -> Spans:
    """Return UAX #29 words, or those of ICU's dictionaries in scripts without spaces."""
    inside = _inside(props)
    if not inside.any():
        _icu("icu4py.breakers")  # a missing library must show with any text
        return unicode_words(text, props)
    within = inside[1:] & inside[:-1]  # a break here is inside a run
    # All runs at once, with a line feed after each, so that no dictionary looks across runs.
    shown = inside.copy()
    shown[1:] |= inside[:-1]
    places = np.flatnonzero(shown)
    runs = np.where(inside[places], codes(text)[places], ord("\n")).astype(np.uint32)
    cuts = places[_segments(runs.tobytes().decode("utf-32-le"))]
    cut = np.zeros(len(props), bool)
    cut[cuts] = True
    stays = _stays(props)
    stays[1:-1] = np.where(within, ~cut[1:], stays[1:-1])
    return _words(props, stays)


def whitespace_words(text: str, props: Properties) -> Spans:
    """Return the first and the past-the-end code point of every run without white space."""
    ink = np.zeros(len(props) + 2, bool)
    ink[1:-1] = (props & SPACE) == 0
    edges = np.flatnonzero(ink[1:] != ink[:-1])
    return edges[::2], edges[1::2]


# A word rule takes a text and the `properties` of its code points.
WORDS: Mapping[str, Callable[[str, NDArray[np.uint16]], Spans]] = {
    "unicode": unicode_words,
    "whitespace": whitespace_words,
    "icu": icu_words,
}


def rule_version(rule: str) -> str:
    """Return the libraries that decide where words end, with their versions.

    Raises:
        TokscopeError: the rule is unknown, or a library that it needs is not installed.
    """
    if choose(WORDS, rule, "word rule") is icu_words:
        return f"icu4py {version_of('icu4py')} ICU {_icu('icu4py').icu_version}"
    return f"regex {version_of('regex')}"


def has_dictionary(rule: str) -> bool:
    """Tell whether a rule can find words in scripts that are written without spaces."""
    return WORDS[rule] is icu_words


def codes(text: str) -> Codes:
    """Return the code points of a text, as bytes if it is ASCII."""
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def properties_of(text: str) -> Properties:
    """Return the `properties` of each code point of a text."""
    if text.isascii():
        return properties().take(codes(text))
    return properties().take(codes(text).astype(np.intp))  # faster than what `take` does itself
