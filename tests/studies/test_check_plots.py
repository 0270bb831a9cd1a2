"""The plot of a check: the change of tokens beside its limit, where there is one."""

from __future__ import annotations

from math import nan

import pandas as pd

from tests.laws import HOSTILE, require_safe
from tokscope.plots import Values
from tokscope.render import svg
from tokscope.report import Report
from tokscope.studies.check import COLUMNS
from tokscope.studies.check_plots import plots


def judged(corpus: str, change: float, **more: object) -> dict[str, object]:
    """Return the row of a limit on tokens, of 5 %."""
    ends = {"low": change - 0.02, "high": change + 0.02, "limit": 0.05}
    named = {"code": "TS101", "measure": "tokens", "corpus": corpus, "unit": "share"}
    return {**dict.fromkeys(COLUMNS, ""), **named, "change": change, **ends, **more}


def drawn(*rows: dict[str, object]) -> list[Values]:
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    found = plots(Report("check", "", frame))
    return [plot for plot in found if isinstance(plot, Values)]


def test_the_change_stands_beside_its_limit_all_corpora_first() -> None:
    (plot,) = drawn(
        judged("en", -0.25), judged("de", 0.5), judged("all", 0.25, low=nan, high=nan, limit=0.125)
    )
    assert [mark[:3] for mark in plot.marks] == [
        ("all", "change", 0.25), ("all", "limit", 0.125),
        ("de", "change", 0.5), ("de", "limit", 0.05),
        ("en", "change", -0.25), ("en", "limit", 0.05),
    ]  # fmt: skip
    assert "de, change: 50 % [48 %, 52 %]" in svg.picture(plot)
    assert "all, change: 25 %<" in svg.picture(plot)


def test_only_relative_limits_on_tokens_are_drawn() -> None:
    assert drawn() == []
    others: tuple[dict[str, object], ...] = (
        {"code": "TS103"},
        {"measure": "fertility"},
        {"unit": "tokens"},
        {"change": nan},
    )
    assert not any(drawn(judged("en", 0.5) | other) for other in others)


def test_without_any_change_there_is_nothing_to_draw() -> None:
    equal: dict[str, object] = {"low": 0.0, "high": 0.0}
    assert drawn(judged("en", 0.0) | equal, judged("all", 0.0) | equal) == []
    unknown: dict[str, object] = {"low": nan, "high": nan}
    assert drawn(judged("en", 0.0) | unknown) == []
    assert len(drawn(judged("en", 0.0) | equal, judged("all", 0.0))) == 1
    assert len(drawn(judged("en", 0.0) | equal, judged("all", 0.25) | unknown)) == 1


def test_hostile_names_are_drawn_as_text() -> None:
    (plot,) = drawn(judged(HOSTILE, 0.5), judged("en", 0.0))
    require_safe("svg", svg.picture(plot))
