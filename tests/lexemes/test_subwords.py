"""Words inside identifiers, by hand and against a slow way that shares no code."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.lexemes.subwords import places


def found(name: str) -> list[tuple[tuple[int, ...], bool]]:
    """Return each place with the characters behind which it is, and whether a word ends there."""
    every = places(f"({name})", np.array([1]), np.array([1 + len(name)]))
    groups = np.split(every.inside - 1, every.begins[1:]) if len(every.begins) else []
    return [
        (tuple(group.tolist()), bool(word)) for group, word in zip(groups, every.words, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("parseHTTPHeader_v2", [5, 9, (15, 16), 17]),
        ("utf8", [3]),
        ("x2y", [1, 2]),
        ("ABC", []),
        ("__init__", [(6, 7)]),
        ("a__b", [(1, 2, 3)]),
        ("_aB", [2]),
        ("a", []),
        ("ÉtéÀ", [3]),
    ],
)
def test_by_hand(name: str, words: list[int | tuple[int, ...]]) -> None:
    expected = [one if isinstance(one, tuple) else (one,) for one in words]
    assert [group for group, word in found(name) if word] == expected


def test_places_of_several_names_are_apart() -> None:
    every = places("ab _c a_b", np.array([0, 3, 6]), np.array([2, 5, 9]))
    assert every.inside.tolist() == [1, 4, 7, 8]
    assert every.begins.tolist() == [0, 1, 2]
    assert every.words.tolist() == [False, False, True]
    ends = np.zeros(10, bool)
    ends[[4, 7, 8]] = True
    assert every.held(ends).tolist() == [False, True, True]  # two cuts around a line count once


WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@given(st.text("abXY9_", min_size=1, max_size=10))
def test_words_end_where_an_expression_finds_them(name: str) -> None:
    ends = [match.end() for match in WORD.finditer(name)]
    expected = {end for end in ends if end < len(name)}
    assert {group[0] for group, word in found(name) if word} == expected
    inside = [place for group, _ in found(name) for place in group]
    assert inside == list(range(1, len(name)))
