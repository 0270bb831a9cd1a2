"""The embedded sample: aligned, clean, each language in its own script."""

import unicodedata

import pytest
import regex

from tokscope.text.corpus import SAMPLE

SCRIPTS = {
    "am": "Ethiopic", "ar": "Arabic", "bn": "Bengali", "cs": "Latin", "de": "Latin", "el": "Greek",
    "en": "Latin", "es": "Latin", "fa": "Arabic", "fi": "Latin", "fr": "Latin", "he": "Hebrew",
    "hi": "Devanagari", "hu": "Latin", "hy": "Armenian", "id": "Latin", "it": "Latin",
    "ja": r"Hiragana}\p{Katakana}\p{Han", "ka": "Georgian", "km": "Khmer", "ko": "Hangul",
    "my": "Myanmar", "nl": "Latin", "pl": "Latin", "pt": "Latin", "ru": "Cyrillic", "sw": "Latin",
    "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Latin", "uk": "Cyrillic", "vi": "Latin",
    "yo": "Latin", "zh-Hans": "Han", "zh-Hant": "Han",
}  # fmt: skip
# what a question ends with
QUESTIONS = {"el": ";", "hy": "", "th": "", "my": "။", "ja": "か。", "am": "?፧"}
PROSE = {path.stem: path.read_text(encoding="utf-8") for path in SAMPLE.glob("prose/*.txt")}
CODE = {path.stem: path.read_text(encoding="utf-8") for path in SAMPLE.glob("code/*.txt")}


def test_the_languages_are_those_named() -> None:
    assert sorted(PROSE) == sorted(SCRIPTS)
    assert sorted(CODE) == ["c", "go", "java", "javascript", "python", "rust"]


@pytest.mark.parametrize("language", SCRIPTS)
def test_prose_is_forty_clean_lines_in_its_script(language: str) -> None:
    text = PROSE[language]
    lines = text.removesuffix("\n").split("\n")
    assert len(set(lines)) == 40
    assert text.endswith("\n")
    assert all(line and line == line.strip() for line in lines)
    assert "  " not in text
    assert unicodedata.normalize("NFC", text) == text
    letters = regex.findall(r"\p{L}", text)
    own = regex.findall(rf"(?V1)[\p{{L}}&&[\p{{{SCRIPTS[language]}}}]]", text)
    assert len(own) / len(letters) > 0.98


@pytest.mark.parametrize("language", SCRIPTS)
def test_lines_are_translations_of_each_other(language: str) -> None:
    """Numbers stand in the same lines, and a line is about as long as others say it should be."""
    english, other = PROSE["en"].split("\n"), PROSE[language].split("\n")
    scale = len(PROSE[language]) / len(PROSE["en"])
    for number, (line, translation) in enumerate(zip(english, other, strict=True)):
        if number in range(20, 29):
            assert any(char.isdigit() for char in translation), (number, translation)
        if line:
            assert 0.4 < len(translation) / len(line) / scale < 2.2, (number, translation)
    for translation in other[35:40]:
        marks = QUESTIONS.get(language, "?？؟")
        assert not marks or translation[-1] in marks, translation


@pytest.mark.parametrize("language", CODE)
def test_code_is_short_and_clean(language: str) -> None:
    lines = CODE[language].removesuffix("\n").split("\n")
    assert 50 <= len(lines) <= 120
    assert all(line == line.rstrip() and "\r" not in line for line in lines)


def test_there_are_at_least_34_languages_in_17_scripts() -> None:
    assert len(SCRIPTS) >= 34
    assert len(set(SCRIPTS.values())) >= 17


# The digits that a language writes beside the Western ones, in some of its lines.
DIGITS = {
    "ar": "٠١٢٣٤٥٦٧٨٩", "fa": "۰۱۲۳۴۵۶۷۸۹", "hi": "०१२३४५६७८९", "bn": "০১২৩৪৫৬৭৮৯", "th": "๐๑๒๓๔๕๖๗๘๙",
    "my": "၀၁၂၃၄၅၆၇၈၉", "km": "០១២៣៤៥៦៧៨៩",
}  # fmt: skip


@pytest.mark.parametrize("language", SCRIPTS)
def test_digits_are_the_western_ones_or_those_of_the_language(language: str) -> None:
    found = {char for char in PROSE[language] if unicodedata.category(char) == "Nd"}
    assert found <= set("0123456789" + DIGITS.get(language, ""))
    assert language not in DIGITS or len(found & set(DIGITS[language])) > 3


@pytest.mark.parametrize("language", SCRIPTS)
def test_no_mark_is_invisible_but_where_the_language_writes_one(language: str) -> None:
    """A no-break space in French, Polish, Czech and Finnish; a zero-width non-joiner in Persian."""
    allowed = {"fr": "\u00a0\u202f", "pl": "\u00a0", "cs": "\u00a0", "fi": "\u00a0", "fa": "\u200c"}
    hidden = {
        char
        for char in PROSE[language]
        if unicodedata.category(char) in ("Cf", "Cc", "Zs", "Co", "Cn")
    }
    assert hidden <= set(" \n" + allowed.get(language, ""))
