"""What vocabularies look like: curves by hand, and laws that hold for every curve."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

import tokscope
from tokscope.plots import Lines, Plot, Values
from tokscope.report import Report
from tokscope.studies.vocab_plots import plots
from tokscope.vocabularies.coverage import Coverage

Write = Callable[[str, str | bytes], Path]
TEXT = {"x": ["a bb a", "ccc a bb"]}  # a is 3 of its words, bb 2, ccc 1


def drawn(report: Report) -> dict[str, Plot]:
    assert report.plots
    return {plot.name: plot for plot in report.plots(report)}


def curves(plot: Plot) -> dict[str, dict[float, float]]:
    assert isinstance(plot, Lines)
    return {line.series: dict(zip(line.xs, line.ys, strict=True)) for line in plot.lines}


def test_words_by_rank_by_hand() -> None:
    """Only words of one letter are one byte; the words of y are a, twice, and b."""
    plot = drawn(tokscope.vocab(["bytes"], TEXT))["coverage"]
    assert curves(plot) == {"x": {1: 1, 2: 0.5, 3: pytest.approx(1 / 3)}}
    assert plot.title == "Words that are one token: bytes"
    two = {**TEXT, "y": ["a a b"]}
    assert curves(drawn(tokscope.vocab(["bytes"], two))["coverage"])["y"] == {1: 1, 2: 1}


def test_several_tokenizers_are_compared_by_the_mean_over_texts() -> None:
    two = {**TEXT, "y": ["a a b"]}
    plot = drawn(tokscope.vocab(["bytes", "again=bytes"], two))["coverage"]
    assert curves(plot) == {name: {1: 1, 2: 0.75} for name in ("bytes", "again")}
    assert "mean of 2 texts" in plot.note


def test_one_tokenizer_on_many_texts_is_one_curve() -> None:
    texts = {f"x{i}": ["a bb"] for i in range(9)}
    assert curves(drawn(tokscope.vocab(["bytes"], texts))["coverage"]) == {"bytes": {1: 1, 2: 0.5}}


def test_the_curve_and_the_table_agree_on_frequent_words() -> None:
    report = tokscope.vocab(["sample:bpe"], tokscope.read_corpora(["sample:en"]), frequent=100)
    frame = report.frame[report.frame["measure"] == "frequent_words"]
    (curve,) = curves(drawn(report)["coverage"]).values()
    assert curve[100] == pytest.approx(frame["value"].iloc[0], abs=1e-12)
    assert all(0 <= share <= 1 for share in curve.values())


def test_frequent_words_by_text_begin_with_the_fewest() -> None:
    texts = tokscope.read_corpora(["sample:en", "sample:de", "sample:ja"])
    plot = drawn(tokscope.vocab(["sample:bpe"], texts))["frequent-words"]
    assert isinstance(plot, Values)
    shares = [mark.value for mark in plot.marks]
    assert [mark.row for mark in plot.marks] == ["de", "en"]  # no words are found in ja
    assert shares == sorted(shares)
    assert "frequent-words" not in drawn(tokscope.vocab(["sample:bpe"], TEXT))


def test_text_without_words_has_no_curve() -> None:
    texts = tokscope.read_corpora(["sample:ja"])
    assert set(drawn(tokscope.vocab(["sample:bpe"], texts))) == {"lengths", "scripts"}
    assert not drawn(tokscope.vocab(["sample:bpe"], texts, by="language"))


def test_words_of_a_list_are_in_its_order(write: Write) -> None:
    path = write("words.txt", "qqqqzzzz\nthe\nof\n")
    lists = tokscope.read_corpora([str(path)])
    plot = drawn(tokscope.vocab(["sample:bpe"], lists=lists))["list"]
    assert curves(plot) == {"words": {1: 0, 2: 0.5, 3: pytest.approx(2 / 3)}}


@pytest.mark.parametrize("words", [["sample:bpe"], ["sample:unigram", "sample:wordpiece"]])
def test_lengths_sum_to_one_with_those_that_are_not_drawn(words: list[str]) -> None:
    report = tokscope.vocab(words, by="length")
    plot = drawn(report)["lengths"]
    rows = report.frame[report.frame["measure"] == "bytes_share"]
    for name, curve in curves(plot).items():
        own = rows[rows["tokenizer"] == name]
        rest = own[own["name"].astype(int) > max(curve)]["value"].sum()
        assert list(curve) == list(range(1, len(curve) + 1))
        assert math.fsum(curve.values()) + rest == pytest.approx(1, abs=1e-12)
        assert rest <= 0.01
        assert (name in plot.note) == (rest > 0)


def test_lengths_of_bytes_by_hand() -> None:
    plot = drawn(tokscope.vocab(["bytes"], by="length"))["lengths"]
    assert curves(plot) == {"bytes": {1: 1, **dict.fromkeys(range(2, 9), 0)}}
    assert not plot.note


def test_baselines_are_left_out_beside_others() -> None:
    found = drawn(tokscope.vocab(["bytes", "sample:bpe"], TEXT))
    assert set(curves(found["lengths"])) == {"sample-bpe"}
    assert found["coverage"].title == "Words that are one token: sample-bpe"


def test_scripts_and_kinds_are_those_worth_a_row() -> None:
    by_script = drawn(tokscope.vocab(["sample:bpe"], by="script"))["scripts"]
    by_kind = drawn(tokscope.vocab(["sample:bpe"], by="kind"))["kinds"]
    for plot in (by_script, by_kind):
        assert isinstance(plot, Values)
        assert min(mark.value for mark in plot.marks) >= 0.01


def test_a_mean_goes_as_far_as_all_of_its_curves() -> None:
    report = tokscope.vocab(["bytes", "again=bytes"])
    long = Coverage("bytes", "x", (1, 2, 5), (1.0, 1.0, 1.0))
    short = Coverage("bytes", "y", (1, 2, 3), (0.0, 0.5, 0.0))
    other = [Coverage("again", name, (1,), (0.0,)) for name in ("x", "y")]
    plot = plots(report, texts=[long, short, *other])[0]
    assert curves(plot) == {"bytes": {1: 0.5, 2: 0.75}, "again": {1: 0}}
