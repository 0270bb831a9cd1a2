"""Lines fit into a terminal, whatever it gives to wide letters, marks and emoji."""

import math
from unicodedata import category, east_asian_width

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tokscope.render import table
from tokscope.render.cells import StandIns, cells_of
from tokscope.report import Report

PARTS = [
    "世", "ก", "กำ", "e\u0301", "\u0301", "नि", "မြ", "க்ஷௌ", "👩\u200d👩\u200d👧", "👍🏽", "🇫🇷",
    "❤\ufe0f", "가", "\u1112\u1161\u11ab", "ｗ", "\U00034000", "\U000f0000", "a", "b-", " ", "7",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PARTS), max_size=60).map("".join)


def joined_nowhere(line: str) -> int:
    """The cells of a line in a terminal that joins no characters."""
    kinds = [category(char) for char in line]
    wide = [2 if east_asian_width(char) in "WF" else 1 for char in line]
    return sum(n for n, kind in zip(wide, kinds, strict=True) if kind not in ("Mn", "Me", "Cf"))


def reports(texts: list[str]) -> list[Report]:
    a, b, c, d = texts
    rows = [(f"{name}{i}", f"{corpus}{j}", 1.5 + i, math.nan, math.nan, "ratio", "lower")
            for i, name in enumerate((a, b)) for j, corpus in enumerate((c, d))]  # fmt: skip
    long = pd.DataFrame(
        rows, columns=["tokenizer", "corpus", "value", "low", "high", "unit", "better"]
    )
    plain = pd.DataFrame({f"{a}1": [b, c], f"{b}2": [c, d], "number": [1, 2], f"{c}3": [d, a]})
    cuts = pd.DataFrame({"tokenizer": "x", "token": texts, "id": [1, 2, 3, 4]})
    return [
        Report("x", a, long, (b,), across="tokenizer", headline=c),
        Report("x", b, plain, (c,), headline=d),
        Report("x", c, cuts, (d,), flow=("token", "id"), headline=a),
    ]


@given(st.lists(TEXT, min_size=4, max_size=4), st.integers(table.NARROWEST, 160), st.booleans())
def test_no_line_is_wider_than_the_terminal(texts: list[str], width: int, brief: bool) -> None:
    for report in reports(texts):
        for line in table.render(report, width=width, brief=brief).split("\n"):
            assert joined_nowhere(line) <= width
            assert cell_len(line) <= width


@given(TEXT)
def test_stand_ins_lose_nothing_and_take_the_most_cells(text: str) -> None:
    held = StandIns()
    put = held.put(text)
    assert held.restored(put) == text
    assert cell_len(put) == cells_of(text) >= max(joined_nowhere(text), cell_len(text))


@pytest.mark.parametrize(
    ("text", "cells"), [("", 0), ("ab", 2), ("世", 2), ("e\u0301", 1), ("नि", 2), ("👍🏽", 4)]
)
def test_the_most_cells_of_a_text(text: str, cells: int) -> None:
    assert cells_of(text) == cells


@given(st.integers(60, 160), st.sampled_from(["世" * 60, "name" * 40, "x"]), st.integers(1, 3))
def test_long_names_hide_no_value(width: int, name: str, keys: int) -> None:
    columns = {f"key{i}": [name, name] for i in range(keys)}
    frame = pd.DataFrame({**columns, "count": [1234567, 7654321], "more": [2345671, 1]})
    text = table.render(Report("x", "t", frame), width=width)
    assert all(number in text for number in ("1,234,567", "7,654,321", "2,345,671"))
    assert text.replace("\n", "").count(name[0]) >= 2 * keys * len(name) // 4
