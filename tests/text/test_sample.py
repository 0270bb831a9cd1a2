"""The embedded sample: aligned, clean, each language in its own script."""

import unicodedata

import pytest
import regex

from tokscope.text.corpus import SAMPLE

SCRIPTS = {
    "ar": "Arabic", "de": "Latin", "en": "Latin", "es": "Latin", "he": "Hebrew", "hi": "Devanagari",
    "ja": r"Hiragana}\p{Katakana}\p{Han", "ko": "Hangul", "ru": "Cyrillic", "th": "Thai",
    "tr": "Latin", "zh-Hans": "Han",
}  # fmt: skip
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
        assert line.endswith("?") <= (translation[-1:] in "?？؟か。" or language == "th"), (
            translation
        )


@pytest.mark.parametrize("language", CODE)
def test_code_is_short_and_clean(language: str) -> None:
    lines = CODE[language].removesuffix("\n").split("\n")
    assert 50 <= len(lines) <= 120
    assert all(line == line.rstrip() and "\r" not in line for line in lines)
