"""Whatever a report holds: in every format it is text, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from unicodedata import category

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import HOSTILE, MARKDOWN, NAMES, SURROGATE, UNSEEN, require_safe, require_seen
from tokscope.cli.output import Talk
from tokscope.errors import TokscopeError, choose
from tokscope.render import GATES, RENDERERS, page, table
from tokscope.render.markdown import escaped
from tokscope.report import Report
from tokscope.studies.check import COLUMNS
from tokscope.visible import HIDDEN, visible

# What the formats, terminals and jobs read, and letters for them to stand beside.
SHARP = "\\`*_{}[]()<>#+-.!|&~:@/$%^=\"';,\n\r\t \x00\x1b\x9b\u202e\u2028\u200b\ufeff\u3000ab1é"
WIDE = partial(table.render, width=3_000)
FORMATS: dict[str, Callable[[Report], str]] = {
    **RENDERERS,
    "table": WIDE,
    "narrow table": partial(table.render, width=40),
    "notebook": Report._repr_html_,
    "html": page.render,
}


def values(name: str) -> Report:
    """A long report, its tokenizers side by side."""
    rows = [
        (tokenizer, corpus, float(i), math.nan, math.nan, name, "lower")
        for i, tokenizer in enumerate((name, f"{name}2"))
        for corpus in (name, "en")
    ]
    columns = ["tokenizer", "corpus", "value", "low", "high", "unit", "better"]
    frame = pd.DataFrame(rows, columns=columns)
    return Report(
        "x", name, frame, (name, name), {name: None}, "tokenizer", headline=name, details=(name,)
    )


def facts(name: str) -> Report:
    frame = pd.DataFrame({name: [name, "=1", None], f"{name}2": [1, 2, 3], "value": [name] * 3})
    return Report("x", name, frame, (name, SURROGATE), {name: None})


def flowing(name: str) -> Report:
    frame = pd.DataFrame({"tokenizer": [name] * 3, "token": [name, "::", "a"], "id": [1, 2, 3]})
    return Report("show", name, frame, (name,), {name: None}, flow=("token", "id"))


def gates(name: str, times: int = 1) -> Report:
    """A report of `check` in which every text is the name, with each verdict some times."""
    numbers = dict.fromkeys(("base", "head", "change", "low", "high", "limit"), math.nan)
    rows = [
        {**dict.fromkeys(COLUMNS, name), **numbers, "documents": 1, "line": i, "verdict": verdict}
        for i, verdict in enumerate(
            ["fail", "inconclusive", "warn", "waived", "note", "pass"] * times
        )
    ]
    return Report("check", name, pd.DataFrame(rows, columns=COLUMNS), (name,), {name: None})


def shown(name: str) -> Iterator[tuple[str, str]]:
    for report in (values(name), facts(name), flowing(name)):
        for format_, draw in FORMATS.items():
            yield format_, draw(report)
    judged = gates(name)
    for format_ in ("csv", "json", "markdown", *GATES):
        yield format_, {**RENDERERS, **GATES}[format_](judged)


@pytest.fixture(scope="module")
def lines() -> list[int]:
    """How many lines each format of each report has, with a name of letters."""
    return [text.count("\n") for _, text in shown("plain")]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_are_text_in_every_format_and_add_no_line(
    name: str, lines: list[int]
) -> None:
    for (format_, text), count in zip(shown(name), lines, strict=True):
        require_safe({"notebook": "html"}.get(format_, format_), text)
        if format_ != "narrow table" and name:  # which folds what is long
            assert text.count("\n") == count, format_


def test_programs_get_the_values_back() -> None:
    report = facts(HOSTILE)
    read = json.loads(RENDERERS["json"](report))
    assert read["rows"][0] == {HOSTILE: HOSTILE, f"{HOSTILE}2": 1, "value": HOSTILE}
    assert (read["title"], read["notes"], read["signature"]) == (
        HOSTILE,
        [HOSTILE, SURROGATE],
        HOSTILE,
    )
    rows = list(csv.reader(io.StringIO(RENDERERS["csv"](report))))
    assert rows[1] == [visible(HOSTILE), "1", visible(HOSTILE)]
    assert rows[2][0] == "=1"


def test_a_door_changes_text_and_no_number() -> None:
    frame = pd.DataFrame(
        {"mixed": pd.Series([24, "", None, "a\n"], dtype=object), "n": [1, 2, 3, 4]}
    )
    assert RENDERERS["csv"](Report("x", "x", frame)) == "mixed,n\n24,1\n,2\n,3\na␊,4\n"


def test_annotations_say_what_the_gates_say() -> None:
    for name in filter(None, NAMES):
        lines = [line for line in GATES["github"](gates(name, 4)).splitlines() if "::" in line[:2]]
        assert len(lines) == 10
        place, told = re.fullmatch(r"::error (.*?)::(.*)", lines[0]).groups()  # type: ignore[union-attr]
        assert told.replace("%25", "%") == visible(name)
        for key, value in (part.split("=", 1) for part in place.split(",")):
            kept = {"file": visible(name), "line": "0", "title": visible(f"{name} {name}")}[key]
            read = value.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
            assert read == kept


@given(st.text(st.sampled_from(SHARP), min_size=1, max_size=40))
def test_any_text_is_only_text(name: str) -> None:
    for format_ in ("table", "narrow table", "markdown", "latex", "csv", "json", "notebook"):
        require_safe({"notebook": "html"}.get(format_, format_), FORMATS[format_](facts(name)))
    judged = gates(name)
    for draw in (GATES["concise"], GATES["github"]):
        require_seen(draw(judged), annotations=True)


@given(st.text(st.sampled_from(SHARP), min_size=1, max_size=40))
@settings(max_examples=300)
def test_markdown_shows_the_text_that_was_given(text: str) -> None:
    (inline,) = MARKDOWN.parseInline(f"x {escaped(visible(text))} x")
    parts = [child.content for child in inline.children or ()]
    assert "".join(parts).split() == f"x {visible(text)} x".split()


def test_everything_that_unicode_hides_is_hidden_here() -> None:
    for code in range(sys.maxunicode + 1):
        if category(chr(code)) in UNSEEN:
            assert HIDDEN.fullmatch(chr(code)), hex(code)


def test_letters_are_left_as_they_are() -> None:
    for text in ("naïve", "中文", "עברית", "हिन्दी", "👍🏽", "❤️", "a b", "## [x]"):
        assert visible(text) == text


def test_errors_are_one_visible_line() -> None:
    for name in (*NAMES, SURROGATE):
        require_seen(f"tokscope: {TokscopeError(name)}")
        assert "\n" not in str(TokscopeError(name))
        with pytest.raises(TokscopeError) as raised:
            choose({name: 1, f"{name}a": 2}, f"{name}b", name)
        require_seen(str(raised.value))


def test_what_libraries_say_on_standard_error_goes_through_the_door() -> None:
    kept = io.BytesIO()
    talk = Talk(kept, encoding="utf-8", errors="backslashreplace")
    print(HOSTILE, "and\n::error::more", file=talk, flush=True)
    require_seen(kept.getvalue().decode())
    assert kept.getvalue().count(b"\n") == HOSTILE.count("\n") + 2
