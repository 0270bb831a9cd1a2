"""Word spans against the rules of UAX #29 written out one by one, and against hand-made cases."""

import re
import sys
from importlib.metadata import version

import icu4py
import numpy as np
import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st
from icu4py.breakers import WordBreaker

from tokscope.counting.tokens import TEXT_COLUMNS, Text
from tokscope.errors import TokscopeError
from tokscope.text.words import (
    CLASS,
    CLASSES,
    DICTIONARY,
    LETTER,
    MARK,
    NUMBER,
    SIGN,
    WORDS,
    codes,
    properties,
    rule_version,
)

BREAKS = {"CR", "LF", "Newline"}
SKIPPED = {"Extend", "Format", "ZWJ"}


def words(text: str, rule: str = "unicode") -> list[str]:
    starts, ends = WORDS[rule](text, properties()[codes(text)])
    return [text[s:e] for s, e in zip(starts, ends, strict=True)]


def word_class(char: str) -> str:
    """The Word_Break property by asking `regex` for each class."""
    known = [name for name in CLASSES[1:-2] if regex.match(rf"\p{{WB={name}}}", char)]
    return known[0] if known else "Other"


def rule_by_rule(text: str) -> list[str]:
    """UAX #29 with one look at every position; flags (WB15, WB16) and spaces (WB3d) left out."""
    kinds = [word_class(char) for char in text]

    def beside(i: int, step: int) -> str:
        while 0 <= i < len(text) and kinds[i] in SKIPPED:
            i += step
        return kinds[i] if 0 <= i < len(text) else ""

    def breaks(i: int) -> bool:  # between text[i - 1] and text[i]
        left, right = kinds[i - 1], kinds[i]
        if left == "CR" and right == "LF":
            return False
        if left in BREAKS or right in BREAKS:
            return True
        if left == "ZWJ" and regex.match(r"\p{ExtPict}", text[i]):
            return False
        if right in SKIPPED:
            return False
        j = i - 1
        while j > 0 and kinds[j] in SKIPPED and kinds[j - 1] not in BREAKS:
            j -= 1
        left, before, after = kinds[j], beside_left(j - 1), beside(i + 1, 1)
        letters = {"ALetter", "Hebrew_Letter"}
        middle = {"MidLetter", "MidNumLet", "Single_Quote"}
        numeric_middle = {"MidNum", "MidNumLet", "Single_Quote"}
        words_or = letters | {"Numeric", "Katakana"}
        joined = (
            (left in letters and right in letters)
            or (left in letters and right in middle and after in letters)
            or (before in letters and left in middle and right in letters)
            or (left == "Hebrew_Letter" and right == "Single_Quote")
            or (left == "Hebrew_Letter" and right == "Double_Quote" and after == "Hebrew_Letter")
            or (before == "Hebrew_Letter" and left == "Double_Quote" and right == "Hebrew_Letter")
            or (left == "Numeric" and right == "Numeric")
            or (left in letters and right == "Numeric")
            or (left == "Numeric" and right in letters)
            or (before == "Numeric" and left in numeric_middle and right == "Numeric")
            or (left == "Numeric" and right in numeric_middle and after == "Numeric")
            or (left == "Katakana" and right == "Katakana")
            or (left in words_or | {"ExtendNumLet"} and right == "ExtendNumLet")
            or (left == "ExtendNumLet" and right in words_or)
        )
        return not joined

    def beside_left(i: int) -> str:
        while i > 0 and kinds[i] in SKIPPED and kinds[i - 1] not in BREAKS:
            i -= 1
        return kinds[i] if i >= 0 else ""

    segments, start = [], 0
    for i in range(1, len(text) + 1):
        if i == len(text) or breaks(i):
            segments.append(text[start:i])
            start = i
    return [segment for segment in segments if regex.search(r"[\p{L}\p{N}]", segment)]


# At least one character of every class, and some that are in two minds.
ALPHABET = "aZßñ\u05d0\u05d1カｶ\uff9e19٣ _\u203f'’\"\u05f4.:,;·\u00ad\u200d\u0301\u0308\r\n\u2028\u0085中ไ한😀Ⓜℹ-"


@given(st.text(st.sampled_from(ALPHABET), max_size=12))
@example("a\u200d😀b")
@example("\n\u0301\u0301a")
@example("\u05d0\"\u05d1 \u05d0' 3'4")
@example("'\u0301\u0301a'\u0301\u200db'\u0301")
@example("カ\u0301\u0301_\u0301カ\n\u0301カ 1,\u0301\u03012,")
@example("a\u200d\u0301😀b\n\u200d😀c\u200d\nd")
def test_spans_are_those_of_the_rules_written_out(text: str) -> None:
    assert words(text) == rule_by_rule(text)


@given(st.text(max_size=40))
def test_any_text_is_cut_as_by_the_rules(text: str) -> None:
    assert words(text) == rule_by_rule(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop, it’s 3.14 o'clock.", ["Don't", "stop", "it’s", "3.14", "o'clock"]),
        ("snake_case x-ray 1,000.5 a.b", ["snake_case", "x", "ray", "1,000.5", "a.b"]),
        ("9시 반에", ["9시", "반에"]),
        ('צה"ל', ['צה"ל']),
        ("日本 カタカナ", ["日", "本", "カタカナ"]),
        ("e\u0301te\u0301 👍🏽 🇩🇪", ["e\u0301te\u0301"]),
        ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"]),
        ("", []),
        (" ,.!", []),
    ],
)
def test_words_by_hand(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=60))
def test_whitespace_words_are_those_of_split(text: str) -> None:
    assert words(text, "whitespace") == text.split()


def test_the_letters_of_scripts_without_spaces_are_known() -> None:
    from tokscope.text.words import UNSPACED

    found = properties()[codes("aя한אไ中の")] & UNSPACED
    assert (found != 0).tolist() == [False, False, False, False, True, True, True]


def test_an_ascii_text_and_its_wide_form_have_the_same_codes() -> None:
    assert np.array_equal(codes("abc"), codes("abcé")[:3])


BY_DICTIONARY = {
    "ภาษาไทย": "ภาษา|ไทย",
    "ภาษาไทย2024ปี": "ภาษา|ไทย|2024|ปี",
    "ปี๒๕๖๗": "ปี|๒๕๖๗",
    "มากๆ ฯลฯ": "มากๆ|ฯลฯ",
    "คนไทย\nภาษา": "คน|ไทย|ภาษา",
    "ไทย\u200bไทย": "ไทย|ไทย",  # a zero-width space is one
    "ພາສາລາວ": "ພາສາ|ລາວ",
    "ខ្ញុំស្រលាញ់ភាសាខ្មែរ": "ខ្ញុំ|ស្រលាញ់|ភាសាខ្មែរ",
    "ကျွန်တော်စာဖတ်သည်": "ကျွန်တော်|စာဖတ်သည်",
    "我们在2024年学习Python编程。": "我们|在|2024|年|学习|Python|编|程",
    "中国人民abc中国": "中国|人民|abc|中国",
    "東京都に住んでいます。": "東京|都|に|住|んで|い|ます",
    "スーパーマーケットの日本語": "スーパーマーケット|の|日本語",
    "ーｰ カー": "ーｰ|カー",
    "ｶﾞｷﾞ": "ｶﾞ|ｷﾞ",
    "カ_カ": "カ_カ",  # as by `unicode`, which joins both with the low line
    "二〇": "二|〇",
    "葛\U000e0100城市": "葛\U000e0100|城市",  # a selector belongs to what it selects for
    "\u0e31ไทย a\u0e31ไทย": "ไทย|a\u0e31|ไทย",  # a mark belongs to what it is on
    "9시 반에 한국어": "9시|반에|한국어",  # Korean has spaces: not cut as ICU alone would
    "Don't stop, 3.14": "Don't|stop|3.14",
    "😀ภาษาไทย😀": "ภาษา|ไทย",
    "𠀀中国𠀁人民 😀中国": "𠀀|中国|𠀁|人民|中国",
    "👩\u200d👩中国👍🏽人民": "中国|人民",
    "": "",
    " 。": "",
}


@pytest.mark.parametrize(("text", "expected"), BY_DICTIONARY.items())
def test_words_by_dictionary_by_hand(text: str, expected: str) -> None:
    assert words(text, "icu") == [word for word in expected.split("|") if word]


def icu_alone(text: str) -> list[str]:
    """ICU's segments that hold a letter or a number, cut from UTF-16 as it counts."""
    units = text.encode("utf-16-le")
    cut = [units[2 * s : 2 * e].decode("utf-16-le") for s, e in WordBreaker(text, "en").segments()]
    return [segment for segment in cut if regex.search(r"[\p{L}\p{N}]", segment)]


# Thai, Lao, Khmer, Burmese, Chinese and Japanese, marks and selectors, and what comes between.
UNSPACED_TEXT = (
    "ภาษไทยเและัี่็ๆฯ ຽາລສຸ ខ្មែរភសាុំ។ မြန်ဘာသ်း日本語中国人民都东学习的一〇々ひらがなはでカタナーｶ゛゜"
    "𠀀𪚥😀。、「」\n\u200b\u0301\u200d\u00ad\U000e0100\u3099!"
)


@given(st.text(st.sampled_from(UNSPACED_TEXT), max_size=20))
@example("ไทย\u200dไทย ไทย\u0301ไทย 中\u00ad国")
def test_text_in_such_scripts_is_cut_as_icu_alone_cuts_it(text: str) -> None:
    assert words(text, "icu") == icu_alone(text)


NOT_BY_DICTIONARY = "".join(char for char in ALPHABET if not properties()[ord(char)] & DICTIONARY)


@given(st.text(st.sampled_from(NOT_BY_DICTIONARY), max_size=20))
@example("\n\u0301a 9시 \u200d😀b")
def test_other_text_is_cut_as_by_unicode(text: str) -> None:
    assert words(text, "icu") == words(text) == rule_by_rule(text)


@given(st.lists(st.sampled_from([*BY_DICTIONARY, "help", "9 ", "é"]), max_size=6))
def test_words_of_lines_are_those_of_each_line(lines: list[str]) -> None:
    expected = [word for line in lines for word in words(line, "icu")]
    assert words("\n".join(lines), "icu") == expected
    text = Text(lines, "icu")
    spans = zip(*(edges.tolist() for edges in text.words), strict=True)
    assert [text.data[s:e].tobytes().decode() for s, e in spans] == expected


def test_with_a_dictionary_no_letter_is_without_words() -> None:
    lines = ["ภาษาไทย", "a中 й", ""]

    def columns(rule: str) -> dict[str, list[int]]:
        text = Text(lines, rule)
        names = ("words", "letters", "unspaced")
        return {name: TEXT_COLUMNS[name](text).tolist() for name in names}

    assert columns("icu") == {"words": [2, 3, 0], "letters": [7, 3, 0], "unspaced": [0, 0, 0]}
    assert columns("whitespace")["unspaced"] == columns("unicode")["unspaced"] == [7, 1, 0]


def test_a_rule_has_the_version_of_what_decides_it() -> None:
    by_regex = f"regex {version('regex')}"
    assert (rule_version("unicode"), rule_version("whitespace")) == (by_regex, by_regex)
    assert rule_version("icu") == f"icu4py {version('icu4py')} ICU {icu4py.icu_version}"
    assert re.fullmatch(r"icu4py \d+\.\d+\.\d+ ICU \d+\.\d+", rule_version("icu"))
    with pytest.raises(TokscopeError, match=r"unknown word rule 'icu4'; did you mean 'icu'\?"):
        rule_version("icu4")


@pytest.mark.parametrize("text", ["中国", "no such script", ""])
def test_without_icu_no_text_is_cut_by_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setitem(sys.modules, "icu4py", None)
    monkeypatch.setitem(sys.modules, "icu4py.breakers", None)
    message = (
        'cutting words by dictionary needs icu4py; install it with: pip install "tokscope[icu]"'
    )
    for needs in (lambda: words(text, "icu"), lambda: rule_version("icu")):
        with pytest.raises(TokscopeError) as error:
            needs()
        assert str(error.value) == message
    assert words(text) == words(text, "unicode")


@pytest.mark.deep
def test_no_property_is_lost_where_code_points_are_left_out() -> None:
    """What is unassigned or for private use is Other and has no flag, pictographs aside.

    In the middle of what is for private use, one code point of nine is tried.
    """
    known = properties()
    flags = {
        flag: regex.compile(pattern)
        for flag, pattern in {
            LETTER: r"\p{L}",
            MARK: r"\p{M}",
            NUMBER: r"\p{N}",
            SIGN: r"[\p{P}\p{S}]",
        }.items()
    }
    pictograph = regex.compile(r"\p{ExtPict}")
    for code in [
        *range(0xA00),
        *range(0x1F000, 0x1FB00),
        *range(0xE0000, 0xE0200),
        *range(0xD7A0, 0xDC10),
        *range(0xDC10, 0xF8F0, 9),
        *range(0xF8F0, 0xF900),
    ]:
        char = chr(code)
        expected = word_class(" " if 0xD800 <= code < 0xE000 else char)
        if pictograph.match(char):
            expected = {"Other": "Pictographic", "ALetter": "PictographicLetter"}[expected]
        assert CLASSES[known[code] & CLASS] == expected, hex(code)
        for flag, pattern in flags.items():
            assert bool(known[code] & flag) == bool(pattern.match(char)), hex(code)
