"""The script of a text is that of most of its letters, wherever its parts are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.counting.letters import Letters
from tokscope.counting.tokens import Text, Tokens
from tokscope.tokenizers import load


def seen(*parts: Sequence[str]) -> Letters:
    """Return what is observed in some parts of a text, each read piece by piece."""
    tokenizer, whole = load("bytes"), Letters()
    for units in parts:
        letters = Letters()
        for unit in units:
            text = Text([unit], "unicode")
            letters.observe([Tokens(text, tokenizer, tokenizer.encode([unit]), False)])
        whole.join(letters)
    return whole


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello, мир", "Latin"),
        ("Hey, привет", "Cyrillic"),
        ("हिन्दी में (in Hindi)", "Devanagari"),
        ("日本語の文章は漢字仮名交", "Japanese"),
        ("中文没有假名", "Han"),
        ("한국어 OK", "Hangul"),
        ("123 + 456 = 579 👍", ""),
        ("\N{COMBINING ACUTE ACCENT}", ""),
        ("", ""),
    ],
)
def test_most_letters_decide(text: str, script: str) -> None:
    assert seen([text]).script() == script


def test_enough_of_each_part_is_looked_at() -> None:
    """However long a part is, 4,000 characters of it count; a line feed after each unit too."""
    long = seen(["a" * 3_998, "б" * 9_000], ["в"])
    assert long.counts == Counter({"a": 3_998, "\n": 2, "б": 1, "в": 1})


@given(st.lists(st.lists(st.text(max_size=9), max_size=3), max_size=4))
def test_parts_can_be_joined(parts: list[list[str]]) -> None:
    assert seen(*parts).counts == seen([unit for units in parts for unit in units]).counts
