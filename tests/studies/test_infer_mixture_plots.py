"""Bars of an inferred mixture: sorted, with what is open, and with the doubts."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isnan, nan

import numpy as np
import pandas as pd
import pytest

from tests.laws import HOSTILE, require_safe
from tokscope.plots import Values
from tokscope.render import svg
from tokscope.report import Report
from tokscope.studies.infer_mixture_headline import Answer, doubt, headline
from tokscope.studies.infer_mixture_plots import plots


def report(low: float = nan, high: float = nan, **measures: Mapping[str, float]) -> Report:
    """Shares by measure and corpus; the first share of bytes is open from `low` to `high`."""
    rows = [
        (corpus, measure, value, nan, nan)
        for measure, shares in measures.items()
        for corpus, value in shares.items()
    ]
    rows[0] = (*rows[0][:3], low, high)
    rows.append(("all", "bytes", -5.0, nan, nan))
    frame = pd.DataFrame(rows, columns=["corpus", "measure", "value", "low", "high"])
    return Report("infer-mixture", "What t was trained on", frame)


def drawn(made: Report, doubt: str = "", lines: tuple[str, ...] = ()) -> Values:
    (plot,) = plots(made, doubt, lines)
    assert isinstance(plot, Values)
    return plot


def test_the_largest_share_is_first_and_nothing_but_corpora_is_drawn() -> None:
    plot = drawn(report(bytes={"a": 0.2, "b": 0.7, "c": 0.1}, uniform={"a": 1 / 3}))
    assert [(mark.row, mark.series, mark.value) for mark in plot.marks] == [
        ("b", "inferred", 0.7),
        ("a", "inferred", 0.2),
        ("c", "inferred", 0.1),
    ]
    assert all(isnan(mark.low) and isnan(mark.high) for mark in plot.marks)
    assert (plot.kind, plot.unit, plot.note) == ("bars", "share", "")


def test_the_truth_stands_beside_what_was_inferred() -> None:
    plot = drawn(report(bytes={"a": 0.2, "b": 0.8}, truth={"a": 0.25, "b": 0.75}))
    told = [(mark.row, mark.series, mark.value) for mark in plot.marks]
    assert told == [
        ("b", "inferred", 0.8),
        ("b", "truth", 0.75),
        ("a", "inferred", 0.2),
        ("a", "truth", 0.25),
    ]


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [(nan, nan, (0.1, 0.3)), (0.15, 0.25, (0.1, 0.3)), (0.05, 0.35, (0.05, 0.35))],
)
def test_a_line_covers_all_that_is_open(low: float, high: float, ends: tuple[float, float]) -> None:
    made = report(low, high, bytes={"a": 0.2}, least={"a": 0.1}, most={"a": 0.3})
    (mark,) = drawn(made, "Read the order.", ("95 % intervals", "how far")).marks
    assert (mark.low, mark.high) == ends
    note = drawn(made, "Read the order.", ("95 % intervals", "how far")).note
    assert note == "Read the order. Lines: 95 % intervals; how far."


def test_of_many_corpora_the_largest_are_drawn_and_what_the_others_have_is_said() -> None:
    """Of 40 corpora with 2.5 % each, one may have 9 % and one has 5 % in truth; both are shown."""
    names = [f"c{i:02}" for i in range(40)]
    shares = dict.fromkeys(names, 0.025)
    truth = {**shares, "c39": 0.05}
    made = report(bytes=shares, truth=truth)
    frame = made.frame.copy()
    frame.loc[(frame["corpus"] == "c38") & (frame["measure"] == "bytes"), "high"] = 0.09
    plot = drawn(Report("infer-mixture", "t", frame), "Read the order.")
    rows = list(dict.fromkeys(mark.row for mark in plot.marks))
    assert rows == [*names[:18], "c38", "c39"]
    rest = "20 others, each at most 2.5 %, together 50 % (inferred) and 50 % (truth)"
    assert plot.note == f"Read the order. Not drawn: {rest}."


def test_one_corpus_alone_is_never_called_others() -> None:
    made = report(bytes={f"c{i}": 1 / 21 for i in range(21)})
    assert len(drawn(made).marks) == 21
    assert drawn(made).note == ""


def test_shares_of_nothing_can_be_drawn() -> None:
    """Where the solver was interrupted, shares may be undefined or all equal 0."""
    for share in (nan, 0.0):
        require_safe("svg", svg.picture(drawn(report(bytes={"a": share, HOSTILE: share}))))
        many = drawn(report(bytes={f"c{i}": share for i in range(40)}))
        assert svg.picture(many)
        known = "" if isnan(share) else ", each at most 0 %, together 0 % (inferred)"
        assert many.note == f"Not drawn: 20 others{known}."


def test_a_picture_has_the_doubts_of_the_headline() -> None:
    nothing = np.full(2, nan)
    answer = Answer("t", ("a", "b"), np.array([0.7, 0.3]), nothing, nothing, gap=inf)
    assert doubt(answer) == "Take this as a guess: another mixture may fit better."
    assert headline(answer).endswith(f". {doubt(answer)}")
    assert doubt(answer._replace(gap=0.0)) == ""
    lost = answer._replace(missing=9, merges=10)
    assert doubt(lost) == headline(lost)
    assert headline(lost).startswith("Cannot tell what t was trained on")
