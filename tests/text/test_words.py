"""Word spans against the rules of UAX #29 written out one by one, and against hand-made cases."""

import numpy as np
import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from tokscope.text.words import CLASSES, WORDS, codes, properties

BREAKS = {"CR", "LF", "Newline"}
SKIPPED = {"Extend", "Format", "ZWJ"}


def words(text: str, rule: str = "unicode") -> list[str]:
    starts, ends = WORDS[rule](properties()[codes(text)])
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
