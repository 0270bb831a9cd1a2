"""The plot of a difference: how much more or fewer tokens each corpus takes."""

from __future__ import annotations

from math import nan

import pandas as pd

import tokscope
from tests.laws import HOSTILE, require_safe
from tokscope.plots import Values
from tokscope.render import svg
from tokscope.report import Report
from tokscope.studies.diff import diff
from tokscope.studies.diff_plots import plots
from tokscope.studies.diff_rows import Row


def drawn(*rows: Row) -> Values | None:
    frame = pd.DataFrame(rows, columns=Row._fields)
    found = plots(Report("diff", "From a to b", frame))
    assert all(isinstance(plot, Values) for plot in found)
    return next((plot for plot in found if isinstance(plot, Values)), None)


def text(name: str, change: float, measure: str = "tokens") -> Row:
    return Row("text", name, measure, 100, 110, change, change - 0.1, change + 0.1)


def test_all_corpora_come_first_and_then_the_largest_increase() -> None:
    plot = drawn(
        Row("vocabulary", "en", "tokens", 1, 2, 1.0),
        text("en", -0.25),
        text("de", 0.5),
        text("en", 0.75, "round_trip"),
        text("all", 0.125),
    )
    assert plot
    assert [mark[:3] for mark in plot.marks] == [
        ("all", "change", 0.125),
        ("de", "change", 0.5),
        ("en", "change", -0.25),
    ]
    assert plot.marks[1][3:5] == (0.4, 0.6)
    assert (plot.origin, plot.unit) == (0.0, "share")
    assert "en, change: -25 % [-35 %, -15 %]" in svg.picture(plot)


def test_without_any_change_there_is_nothing_to_draw() -> None:
    assert drawn() is None
    assert drawn(text("en", nan)) is None
    equal = Row("text", "en", "tokens", 100, 100, 0.0, 0.0, 0.0)
    assert drawn(equal) is None
    assert drawn(equal._replace(low=nan, high=nan)) is None
    assert drawn(equal, text("de", 0.5))


def test_hostile_names_are_drawn_as_text() -> None:
    plot = drawn(text(HOSTILE, 0.5), text("en", 0.0))
    assert plot
    require_safe("svg", svg.picture(plot))


def test_a_difference_draws_what_its_table_says() -> None:
    report: tokscope.Report = diff(
        "sample:bpe", "sample:unigram", {"en": ["The umbrellas of Cherbourg"]}
    )
    assert report.plots
    (plot,) = report.plots(report)
    assert isinstance(plot, Values)
    assert [mark.row for mark in plot.marks] == ["en"]
    assert plot.title.startswith("From sample-bpe to sample-unigram: ")
