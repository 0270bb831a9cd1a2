"""Renderers: they see a report and nothing else, and round as people read."""

import html
import json
import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.goldens import SUFFIXES, require_same
from tokscope.render import RENDERERS, page, table
from tokscope.render.grid import UNDEFINED, grid, rounded
from tokscope.report import Report

NAMES = ["a", "b-very-long-name", "c"]


def report(values: dict[str, list[float]], better: str = "lower", unit: str = "ratio") -> Report:
    rows = [
        (name, row, value, math.nan, math.nan, unit, better)
        for row, line in values.items()
        for name, value in zip(NAMES, line, strict=False)
    ]
    columns = ["tokenizer", "corpus", "value", "low", "high", "unit", "better"]
    return Report(
        "x", "A title", pd.DataFrame(rows, columns=columns), ("a note",), {"sig": "1"}, "tokenizer"
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.5, "share", "50.0 %"), (0.0001, "share", "0.01 %"), (0.99999, "share", "99.999 %"),
        (0.0, "share", "0.0 %"), (1.0, "share", "100.0 %"), (1234567.0, "tokens", "1,234,567"),
        (12.34567, "ratio", "12.346"), (0.00123, "index", "0.0012"), (12345.6, "rank", "12,346"),
        (0.0, "index", "0.000"), (math.nan, "ratio", UNDEFINED), (None, "", UNDEFINED),
        (1234, "", "1,234"), ("text", "", "text"), (1234, "id", "1234"),
    ],
)  # fmt: skip
def test_rounding(value: object, unit: str, text: str) -> None:
    assert rounded(value, unit) == text


@pytest.mark.parametrize(
    ("better", "line", "best"),
    [
        ("lower", [1.0, 2.0, 3.0], {1}),
        ("higher", [1.0, 3.0, 3.0], {2, 3}),
        ("nearer 1", [0.5, 1.9, 3.0], {2}),
        ("nearer 1", [0.0, 4.0, math.nan], {2}),
        ("neither", [1.0, 2.0, 3.0], set()),
        ("lower", [2.0, 2.0, 2.0], set()),
        ("lower", [math.nan, 2.0, math.nan], set()),
        ("lower", [math.nan, 2.0, 1.0], {3}),
    ],
)
def test_the_best_value_of_a_row(better: str, line: list[float], best: set[int]) -> None:
    assert grid(report({"en": line}, better)).best == [best]


def test_an_interval_stands_beside_its_value() -> None:
    made = report({"en": [1.5]})
    made.frame[["low", "high"]] = [1.25, 1.75]
    assert grid(made).rows == [["en", "1.500 [1.250, 1.750]"]]


@given(st.integers(table.NARROWEST, 200), st.integers(1, 12))
def test_a_table_keeps_to_its_width_and_shows_every_value(width: int, count: int) -> None:
    rows = [
        (f"tokenizer-{i}", "en", float(i + 2), math.nan, math.nan, "ratio", "lower")
        for i in range(count)
    ]
    columns = ["tokenizer", "corpus", "value", "low", "high", "unit", "better"]
    text = table.render(
        Report("x", "T", pd.DataFrame(rows, columns=columns), across="tokenizer"), width=width
    )
    assert max(map(len, text.split("\n"))) <= width
    for i in range(count):
        assert f"{i + 2}.000" in text


def test_undefined_is_a_dash_and_empty_and_null() -> None:
    made = report({"en": [math.nan, 1.0]})
    shown = {name: render(made) for name, render in RENDERERS.items()}
    assert UNDEFINED in shown["table"]
    assert UNDEFINED in shown["markdown"]
    assert "--" in shown["latex"]
    assert "a,en,,,,ratio,lower\n" in shown["csv"]
    assert json.loads(shown["json"])["rows"][0]["value"] is None


VALUES = st.one_of(
    st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=3), st.none()
)


@given(st.lists(st.tuples(st.floats(), st.text(max_size=3), VALUES)))
def test_data_of_rows_is_that_of_their_frame(rows: list[tuple[object, ...]]) -> None:
    table = [dict(zip(("a", "b", "c"), row, strict=True)) for row in rows]
    made = Report("x", "A title", table)
    framed = Report("x", "A title", made.frame)
    for name in ("csv", "json"):
        assert RENDERERS[name](made) == RENDERERS[name](framed)


def test_whole_numbers_stay_so_where_some_are_missing() -> None:
    made = Report("x", "A title", [{"id": 7}, {"id": None}])
    assert made.frame["id"].tolist() == [7, None]
    assert RENDERERS["csv"](made) == 'id\n7\n""\n'
    assert [row["id"] for row in json.loads(RENDERERS["json"](made))["rows"]] == [7, None]


def test_special_characters_are_text_in_every_format() -> None:
    frame = pd.DataFrame({"name": ["a|b_c*&%$#{}~^\\", '"q", [bold]x[/]'], "n": [1, 2]})
    made = Report("x", "T_1 & [b]", frame)
    assert r"| a\|`b_c*&%$#{}~^\` | 1 |" in RENDERERS["markdown"](made)
    assert r"a|b\_c*\&\%\$\#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{}" in RENDERERS[
        "latex"
    ](made)
    assert "[bold]x[/]" in RENDERERS["table"](made)
    assert '"""q"", [bold]x[/]",2' in RENDERERS["csv"](made)


def test_notes_and_signature_are_in_every_format_that_has_room() -> None:
    made = report({"en": [1.0]})
    for name, render in RENDERERS.items():
        assert ("a note" in render(made)) == (name != "csv")
        assert ("sig:1" in render(made)) == (name != "csv")


def everything() -> Report:
    """Every kind of cell: undefined, a share, an interval, the best of a row, hostile names."""
    lines: list[tuple[str, str, str, list[float], float]] = [
        ("en", "tokens", "lower", [1234567, 89], math.nan),
        ("en", "share", "higher", [0.99999, 0.5], 0.125),
        ("en", "ratio", "nearer 1", [1.5, 0.9], math.nan),
        ("en", "index", "neither", [0.00123, math.nan], 0.0004),
        ("= a|b_c *d* <s> &x; {y} $z$ #1 50% ~^\\ @all", "rank", "lower", [1234.5, 1234.5], math.nan),
    ]  # fmt: skip
    rows = [
        (tokenizer, corpus, unit, value, value - around, value + around, unit, better)
        for corpus, unit, better, values, around in lines
        for tokenizer, value in zip(("bytes", "::error::b\x1b[2J\u202e"), values, strict=True)
    ]
    columns = ["tokenizer", "corpus", "measure", "value", "low", "high", "unit", "better"]
    notes = ("a note of two\nlines", "1. of a list", f"a long one{', and a long one' * 9}")
    return Report(
        "made", "Every [kind] of cell", pd.DataFrame(rows, columns=columns), notes, {"sig": "1", "a": "2"},
        "tokenizer", headline="All told", details=("for programs alone",),
    )  # fmt: skip


@pytest.mark.parametrize("format_", RENDERERS)
def test_every_kind_of_cell_looks_like_the_golden_files(format_: str) -> None:
    require_same(f"report.{SUFFIXES.get(format_, format_)}", RENDERERS[format_](everything()))


NUMBER = st.floats(allow_infinity=False)
ROW = st.fixed_dictionaries(
    {
        "tokenizer": st.sampled_from(NAMES),
        "corpus": st.sampled_from(["en", "de"]),
        "count": st.integers(0, 3),
        "value": NUMBER,
        "low": NUMBER,
        "high": NUMBER,
        "unit": st.sampled_from(["share", "tokens"]),
        "better": st.sampled_from(["lower", "higher", "neither"]),
        "doubt": st.booleans(),
    }
)


@given(st.lists(ROW, min_size=1, max_size=6), st.sampled_from(["", "tokenizer"]))
def test_rows_are_laid_out_as_a_frame_of_them_is(
    rows: list[dict[str, object]], across: str
) -> None:
    one = Report("x", "A title", rows, across=across, flow=("value", "unit"))
    assert grid(one) == grid(replace(one, table=pd.DataFrame(rows)))
    assert one.frame.equals(pd.DataFrame(rows))


def flowing() -> Report:
    return replace(everything(), flow=("corpus", "value"))


def test_what_runs_on_in_lines_looks_like_its_golden_file() -> None:
    require_same("report-flow.txt", table.render(flowing()))


def test_a_page_holds_the_text_of_the_tables() -> None:
    reports = [everything(), replace(flowing(), headline="")]
    drawn = re.sub(r"</?small>", "", page.render(reports[0], reports, "the command"))
    shown = html.unescape(re.sub(r"<[^>]*>", " ", drawn))
    for one in reports:
        cells = grid(one)
        for text in (cells.title, *cells.notes, *(cell for row in cells.rows for cell in row)):
            assert text in shown
    for text in ("All told", "for programs alone", "sig:1|a:2", "the command"):
        assert shown.count(text) == 2 - (text == "the command")  # once for people, once as data


def test_the_data_of_a_page_reads_back() -> None:
    found = re.findall(
        r'<script type="application/json" id="data-0">(.*?)</script>', page.render(everything())
    )
    (record,) = map(json.loads, found)
    assert record["notes"] == [*everything().notes, *everything().details]
    frame = everything().frame
    corpora = record["columns"]["corpus"]
    assert [corpora["levels"][i] for i in corpora["codes"]] == frame["corpus"].tolist()
    assert record["columns"]["value"][:2] == frame["value"].tolist()[:2]
    assert record["columns"]["low"][0] is None
