"""Lexemes of code, by hand and by a law that no lexer may break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.errors import TokscopeError
from tokscope.lexemes.languages import language_of, require_language
from tokscope.lexemes.lexing import CATEGORIES, STRING, lexed


def pieces(text: str, language: str) -> list[tuple[str, str]]:
    found = lexed(text, language)
    return [
        (CATEGORIES[category], text[start:end]) for start, end, category in zip(*found, strict=True)
    ]


def test_names_end_at_dots_and_words_that_are_operators_are_keywords() -> None:
    assert pieces("import os.path  # why\nx = not 1\n", "python") == [
        ("keyword", "import"),
        ("identifier", "os"),
        ("punctuation", "."),
        ("identifier", "path"),
        ("comment", "# why"),
        ("identifier", "x"),
        ("operator", "="),
        ("keyword", "not"),
        ("number", "1"),
    ]


def test_a_string_is_one_lexeme_with_its_blanks_and_without_what_it_interpolates() -> None:
    assert pieces('f" a {b} "', "python") == [
        ("string", 'f" a {'),
        ("identifier", "b"),
        ("string", '} "'),
    ]


def test_operators_stay_as_the_lexer_gives_them() -> None:
    assert [text for _, text in pieces("a == b", "java")] == ["a", "=", "=", "b"]


CODE = st.lists(
    st.sampled_from(
        [
            *("x", "fooBar", "os.path", "é", "中", "import ", " ", "\n", "\t", "\r\n", "\0", "<b>"),
            *('"', "'", '"a b"', "#", "//", "/*", "*/", *"(){};@$\\=="),
        ]
    ),
    max_size=12,
).map("".join)


@given(CODE, st.sampled_from(["python", "java", "c", "html", "javascript", "bash", "php", "make"]))
def test_every_character_that_is_not_blank_is_in_one_lexeme(text: str, language: str) -> None:
    found = lexed(text, language)
    covered = [0] * len(text)
    for start, end, category in zip(*found, strict=True):
        assert start < end
        assert category == STRING or text[start:end] == text[start:end].strip(" \t\n\v\f\r")
        for place in range(start, end):
            covered[place] += 1
    assert all(count == 1 for char, count in zip(text, covered, strict=True) if not char.isspace())
    assert max(covered, default=0) <= 1


def test_what_names_tell() -> None:
    told = {
        "a/main.py": "python",
        "x.h": "c",
        "Main.java": "java",
        "rust.txt": "rust",
        "CMakeLists.txt": "cmake",
        "notes.txt": "",
        "noending": "",
    }
    assert {name: language_of(name) for name in told} == told


def test_an_unknown_language_gets_the_nearest_names() -> None:
    with pytest.raises(TokscopeError, match="unknown language 'pyhton'; did you mean 'python'"):
        require_language("pyhton", "pyhton=a.py")
