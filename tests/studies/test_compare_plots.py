"""Plots of a comparison: what they are relative to, what is left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import isnan

import pandas as pd
import pytest

import tokscope
from tests.studies.test_compare_headline import made
from tokscope.counting.alignment import Doubt
from tokscope.counting.letters import Letters
from tokscope.plots import Plot, Values
from tokscope.render import svg
from tokscope.render.grid import grid
from tokscope.render.plotted import table
from tokscope.report import Report
from tokscope.studies.compare_plots import plots
from tokscope.studies.compare_standings import Standings


def drawn(standing: Standings, *measures: str) -> dict[str, Values]:
    """Return the plots of a comparison by these measures, by name."""
    frame = pd.DataFrame({"measure": measures or ("tokens",)})
    found = plots(Report("compare", "", frame), standing)
    return {plot.name: plot for plot in found if isinstance(plot, Values)}


def told(plot: Values) -> list[tuple[str, str, float]]:
    return [(mark.row, mark.series, mark.value) for mark in plot.marks]


def test_tokens_are_relative_to_the_cheapest_of_each_corpus_the_most_unequal_first() -> None:
    found = drawn(made([[100, 50], [40, 120]]))
    assert list(found) == ["relative", "relative-map"]
    assert told(found["relative"]) == [
        ("hi", "a", 1),
        ("hi", "b", 3),
        ("en", "a", 2),
        ("en", "b", 1),
    ]
    assert found["relative"].note == "the same text under every tokenizer"


def test_baselines_are_neither_drawn_nor_the_cheapest() -> None:
    found = drawn(made([[100, 50, 10, 900]], baseline=[2, 3]))
    assert told(found["relative"]) == [("en", "a", 2), ("en", "b", 1)]
    assert found["relative"].note.endswith("without baselines (c, d)")
    assert drawn(made([[100, 50]], baseline=[1])) == {}
    alone = drawn(made([[100, 50]], baseline=[0, 1]))
    assert told(alone["relative"]) == [("en", "a", 2), ("en", "b", 1)]


def test_a_tokenizer_that_cannot_read_the_text_has_no_dot_and_is_not_the_cheapest() -> None:
    found = drawn(made([[100, 50, 25], [60, 30, 1]], unread=[(1, 2)]))
    assert told(found["relative"]) == [
        ("en", "a", 4), ("en", "b", 2), ("en", "c", 1), ("hi", "a", 2), ("hi", "b", 1),
    ]  # fmt: skip
    assert found["relative"].note.endswith("nothing where text was not read")


def test_lines_are_intervals_of_the_ratio_and_say_how_many_resamples_they_take() -> None:
    """The tokenizers are drawn in opposite ways: ratios from 2 * .9 / 1.1 to 2 * 1.1 / .9."""
    first, cheapest = drawn(made([[100, 50]], spread=0.1))["relative"].marks
    assert (first.low, first.high) == pytest.approx((2 * 0.9 / 1.1, 2 * 1.1 / 0.9), abs=0.06)
    assert isnan(cheapest.low)
    assert isnan(cheapest.high)
    note = drawn(made([[100, 50]], spread=0.1))["relative"].note
    assert note.endswith("lines: 95 % intervals of 41 resamples")
    several = drawn(made([[100, 50], [50, 60]], spread=0.1))
    assert several["relative"].note == f"{several['relative-map'].note}; {note.split('; ')[-1]}"


def test_premiums_are_drawn_where_they_were_measured() -> None:
    standing = made([[100, 50, 10], [150, 200, 30]], baseline=[2])
    found = drawn(standing, "tokens", "premium")
    assert list(found) == ["relative", "premium", "premium-map"]
    assert told(found["premium"]) == [
        ("hi", "a", 1.5), ("hi", "b", 4), ("en", "a", 1), ("en", "b", 1),
    ]  # fmt: skip
    assert found["premium"].title == "Premium: tokens relative to the same text in en"
    assert all(isnan(mark.low) for mark in found["premium"].marks)
    sampled = drawn(made([[100], [150]], spread=0.1), "premium")["premium"].marks
    assert [isnan(mark.low) for mark in sampled] == [False, True]
    assert drawn(made([[100], [150]])) == {}
    unlike = replace(made([[100], [150]]), unlike=[Doubt("hi", 0.0, 0.8)])
    note = drawn(unlike, "premium")["premium"].note
    assert note.startswith("lines of hi do not look like translations; 1 is as many tokens as en")


def test_languages_of_a_script_share_a_row() -> None:
    standing = made([[100, 100], [300, 150], [120, 200], [90, 110]])  # en, hi, ru, de
    letters = [Letters(Counter(text)) for text in ("a", "हि", "б", "ß")]
    frame = pd.DataFrame({"measure": ["premium"]})
    premium, by_script, _ = plots(Report("compare", "", frame), standing, letters)
    assert isinstance(by_script, Values)
    assert [(mark.label, *mark[:3]) for mark in by_script.marks] == [
        ("hi", "Devanagari", "a", 3), ("hi", "Devanagari", "b", 1.5),
        ("ru", "Cyrillic", "a", 1.2), ("ru", "Cyrillic", "b", 2),
        ("de", "Latin", "a", 0.9), ("de", "Latin", "b", 1.1),
        ("en", "Latin", "a", 1), ("en", "Latin", "b", 1),
    ]  # fmt: skip
    assert [by_script.name, premium.name] == ["premium-by-script", "premium"]
    assert "hi, Devanagari, b: 1.50" in svg.picture(by_script)
    assert grid(table(by_script)).rows[1] == ["Cyrillic", "ru", "1.200", "2.000"]


def test_one_script_alone_has_no_rows_by_script() -> None:
    frame, standing = pd.DataFrame({"measure": ["premium"]}), made([[100], [150]])
    for texts, count in (("a", "ß"), 2), (("a", "б"), 3), (("a", "12"), 3), ((), 2):
        letters = [Letters(Counter(text)) for text in texts]
        assert len(plots(Report("compare", "", frame), standing, letters)) == count


@pytest.mark.parametrize("tokens", [[[0, 0]], [[5, 0]], [[0, 0], [0, 0]]])
def test_text_without_tokens_draws_nothing_that_is_undefined(
    tokens: Sequence[Sequence[int]],
) -> None:
    for plot in drawn(made(tokens), "tokens", "premium").values():
        assert all(mark.value > 0 for mark in plot.marks)


def test_the_study_draws_what_its_table_says() -> None:
    texts = {"en": ["a b", "c"], "ru": ["над всем", "э"]}
    report = tokscope.compare(["sample:bpe", "sample:unigram", "bytes"], texts, parallel=True)
    assert report.plots
    found: list[Plot] = list(report.plots(report))
    assert [plot.name for plot in found] == [
        "relative",
        "premium",
        "premium-by-script",
        "premium-map",
    ]
    frame = report.frame[report.frame["measure"] == "premium"]
    values = {(row.corpus, row.tokenizer): row.value for row in frame.itertuples()}
    assert isinstance(found[1], Values)
    assert {mark.series for mark in found[1].marks} == {"sample-bpe", "sample-unigram"}
    for mark in found[1].marks:
        assert mark.value == pytest.approx(values[mark.row, mark.series])
