"""The bootstrap: sums by hand, pairing, and how often its intervals hold the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.measures.uncertainty import interval, resample, share_interval


@given(st.lists(st.integers(0, 99), min_size=1, max_size=20), st.integers(0, 5))
def test_a_resample_is_made_of_as_many_rows(values: list[int], seed: int) -> None:
    rows = np.array([[1, value] for value in values])
    sums = resample(rows, 7, [seed])
    assert sums.shape == (7, 2)
    assert (sums[:, 0] == len(values)).all()
    assert (sums[:, 1] >= len(values) * min(values)).all()
    assert (sums[:, 1] <= len(values) * max(values)).all()


def test_columns_and_calls_with_one_seed_are_paired() -> None:
    rows = np.arange(60).reshape(20, 3)
    whole = resample(rows, 50, [3])
    assert np.array_equal(whole[:, [1]], resample(rows[:, [1]], 50, [3]))
    assert np.allclose(whole[:, 1] - whole[:, 0], 20)
    assert not np.array_equal(whole, resample(rows, 50, [4]))


def test_the_mean_and_spread_are_those_of_theory() -> None:
    """The sum of n draws has mean n m and variance n s^2."""
    values = np.array([[0], [1], [5], [9]])
    sums = resample(values, 40_000, [0])[:, 0]
    assert sums.mean() == pytest.approx(15, abs=0.15)
    assert sums.var() == pytest.approx(4 * values.var(), rel=0.03)


def test_how_much_is_drawn_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from tokscope.measures import uncertainty

    rows = np.arange(40).reshape(20, 2)
    whole = resample(rows, 30, [0])
    monkeypatch.setattr(uncertainty, "_CELLS", 45)
    assert np.array_equal(resample(rows, 30, [0]), whole)


def test_an_interval_with_an_undefined_value_is_undefined() -> None:
    assert np.isnan(interval(np.array([1.0, np.nan, 2.0]))).all()


@pytest.mark.deep
def test_intervals_of_a_ratio_of_sums_hold_the_truth_as_often_as_they_say() -> None:
    """200 corpora of 150 lines of known law: tokens = 2 + words * a rate that varies by line.

    The share of 95 % intervals that hold the true ratio, 2 / 10 + 1.5 = 1.7, has a standard error
    of 1.5 points; the percentile bootstrap is known to fall a little short for few rows.
    """
    generator = np.random.default_rng(7)
    held = 0
    for trial in range(200):
        words = generator.poisson(9, 150) + 1
        tokens = 2 + words * generator.choice([1.0, 1.5, 2.0], 150)
        low, high = interval(
            np.divide(*resample(np.stack([tokens * 2, words * 2], 1).astype(int), 200, [trial]).T)
        )
        held += low <= 1.7 <= high
    assert 0.92 <= held / 200 <= 0.975


@pytest.mark.deep
def test_intervals_of_a_paired_difference_hold_the_truth_and_are_narrow() -> None:
    """Two tokenizers on the same lines: one needs 5 % more tokens, but for noise of its own."""
    generator = np.random.default_rng(8)
    held, widths, apart = 0, [], []
    for trial in range(150):
        words = generator.poisson(9, 150) + 1
        first = words * 10
        second = generator.binomial(words * 10, 0.05) + first
        rows = np.stack([first, second, words], axis=1)
        sums = resample(rows, 150, [trial])
        low, high = interval((sums[:, 1] - sums[:, 0]) / sums[:, 2])
        held += low <= 0.5 <= high
        widths.append(high - low)
        other = resample(rows, 150, [trial, 1])
        apart.append(
            np.subtract(*reversed(interval(other[:, 1] / other[:, 2] - sums[:, 0] / sums[:, 2])))
        )
    assert 0.91 <= held / 150 <= 0.98
    assert np.mean(widths) <= np.mean(apart)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("one by one", 0.3), ("whole rows", 1.3), ("crowded", 3.0), ("whole rows", 10.0)],
)
def test_intervals_of_rare_events_hold_the_truth(kind: str, expected: float) -> None:
    """200 corpora of 150 rows in which so few events are expected that often none is seen.

    The percentile bootstrap holds the truth in .25, .71, .90 and .92 of them. An interval of 95 %
    that falls short by chance alone is below .92 once in forty.
    """
    generator = np.random.default_rng(9)
    held = 0
    for trial in range(200):
        trials = generator.poisson(9, 150) + 1
        rate = expected / (150 if kind == "whole rows" else 1500)
        if kind == "one by one":
            events = generator.binomial(trials, rate)
        elif kind == "whole rows":
            events = np.where(generator.random(150) < rate, trials, 0)
        else:
            events = generator.binomial(trials, generator.beta(0.2, 0.2 * (1 / rate - 1), 150))
        drawn = np.divide(*resample(np.stack([events, trials], 1), 100, [trial]).T)
        low, high = share_interval(events, trials, drawn)
        held += low <= rate <= high
    assert held / 200 >= 0.92


def test_none_of_many_rows_has_the_exact_bound() -> None:
    """Of 300 rows none: 1 - .025^(1/300) = .01222, Clopper & Pearson's; all of them: the mirror."""
    none, ten = np.zeros(300, np.int64), np.full(300, 10)
    low, high = share_interval(none, ten, np.zeros(100))
    assert (low, high) == (0, pytest.approx(0.0122206, abs=1e-6))
    low, high = share_interval(ten, ten, np.ones(100))
    assert (low, high) == (pytest.approx(1 - 0.0122206, abs=1e-6), 1)


def test_one_long_row_is_not_many_rows() -> None:
    """Rows of 1 and one of 1,000 say little more than one row."""
    trials = np.array([1000, *[1] * 50])
    _, high = share_interval(np.zeros(51, np.int64), trials, np.zeros(100))
    assert high > 0.9


def test_shares_of_many_rows_have_the_percentile_interval() -> None:
    generator = np.random.default_rng(0)
    trials = np.full(400, 10)
    events = generator.binomial(trials, 0.3)
    drawn = np.divide(*resample(np.stack([events, trials], 1), 100, [0]).T)
    assert share_interval(events, trials, drawn) == interval(drawn)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60))
def test_the_interval_of_a_share_is_around_it_and_in_0_to_1(rows: list[tuple[int, int]]) -> None:
    events = np.array([min(row) for row in rows])
    trials = np.array([max(row) for row in rows])
    if trials.sum():
        share = events.sum() / trials.sum()
        low, high = share_interval(events, trials, np.array([share] * 40))
        assert 0 <= low <= share <= high <= 1
