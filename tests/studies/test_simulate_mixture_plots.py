"""Plots of a test on known mixtures: errors in percentage points, and the worst case."""

from __future__ import annotations

from math import inf, nan

import pandas as pd
import pytest

from tests.laws import HOSTILE, require_safe
from tokscope.plots import Values
from tokscope.render import svg
from tokscope.report import Report
from tokscope.studies.simulate_mixture_plots import plots

TRIALS = [
    {"trial": 0, "corpora": ["a", "b"], "inferred": [0.5, 0.5], "truth": [0.5, 0.5],
     "scores": {"inferred": -9.0}},
    {"trial": 1, "corpora": ["b", HOSTILE], "inferred": [0.2, 0.8], "truth": [0.4, 0.6],
     "scores": {"inferred": -2.0}},
]  # fmt: skip


def drawn(*rows: tuple[str, float, float, float, float]) -> list[Values]:
    frame = pd.DataFrame(rows, columns=["method", "log10 MSE", "sd", "best", "worst"])
    found = plots(Report("simulate-mixture", "", frame), TRIALS)
    return [plot for plot in found if isinstance(plot, Values)]


def test_a_score_is_an_error_in_percentage_points() -> None:
    """A log10 of the mean squared error of -4 is an error of 0.01, and of -2 one of 0.1."""
    errors, _ = drawn(("uniform", -2, 0.5, -2, -2), ("inferred", -4, nan, -6, -2))
    assert [mark[:1] + mark[2:5] for mark in errors.marks] == [
        ("inferred", *map(pytest.approx, (0.01, 0.001, 0.1))),
        ("uniform", *map(pytest.approx, (0.1, 0.1, 0.1))),
    ]
    assert "inferred, off by: 1.0 % [0.1 %, 10 %]" in svg.picture(errors)


def test_the_worst_mixture_is_that_with_the_largest_error() -> None:
    _, worst = drawn(("inferred", -4, nan, -6, -2))
    assert [mark[:3] for mark in worst.marks] == [
        (HOSTILE, "inferred", 0.8), (HOSTILE, "truth", 0.6),
        ("b", "inferred", 0.2), ("b", "truth", 0.4),
    ]  # fmt: skip
    assert worst.note == "trial 2 of 2: shares of bytes"
    require_safe("svg", svg.picture(worst))


def test_of_many_corpora_the_largest_are_drawn() -> None:
    shares = [1 / 30] * 30
    trial = {
        "trial": 0,
        "corpora": [f"c{i}" for i in range(30)],
        "inferred": shares,
        "truth": shares,
        "scores": {"inferred": -9.0},
    }
    frame = pd.DataFrame([{"method": "inferred", "log10 MSE": -4.0, "best": -5.0, "worst": -3.0}])
    _, worst = plots(Report("simulate-mixture", "", frame), [trial])
    assert isinstance(worst, Values)
    assert [mark.row for mark in worst.marks[::2]] == [f"c{i}" for i in range(20)]
    assert worst.note == (
        "trial 1 of 1: shares of bytes. Not drawn: 10 others, each at most 3.4 %, together 33 % "
        "(inferred) and 33 % (truth)"
    )


def test_an_exact_answer_can_be_drawn() -> None:
    errors, _ = drawn(("inferred", -inf, nan, -inf, -4), ("uniform", -2, 0.5, -2, -2))
    assert [mark.row for mark in errors.marks] == ["uniform"]
    assert svg.picture(drawn(("inferred", -inf, nan, -inf, -inf))[0])
