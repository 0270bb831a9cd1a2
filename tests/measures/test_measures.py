"""Measures: values by hand and from other tools, and laws. Their docstrings hold more values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.measures.fairness import gini, spread, variation
from tokscope.measures.frequency import (
    average_token_rank,
    kt_bits,
    percentile_frequency,
    renyi_efficiency,
    renyi_entropy,
    type_token_ratio,
    vocabulary_use,
)
from tokscope.measures.ratios import ratio

COUNTS = st.lists(st.integers(0, 50), min_size=1, max_size=30).map(np.array).filter(np.any)
COSTS = st.lists(st.floats(0.1, 1e6), min_size=2, max_size=12).map(np.array)

# tokenization-scorer 1.1.8, its own examples: pick @@ed pick @@l @@ed pick @@les, and
# pick @@e @@d pick @@l @@e @@d pick @@l @@e @@s
FIRST, SECOND = np.array([3, 2, 1, 1]), np.array([3, 3, 2, 2, 1])


def test_the_examples_of_tokenization_scorer() -> None:
    """It divides by log2 of the types that occur."""
    for counts, efficiency, entropy, shannon, wide, narrow in (
        (FIRST, 0.8265064834225245, 1.653012966845049, 1.8423709931771088, 0.857142857142857, 0.2857142857142857),
        (SECOND, 0.9204840242168808, 2.1372977167241545, 2.2312702546075758, 0.9090909090909092, 0.45454545454545453),
    ):  # fmt: skip
        assert renyi_efficiency(counts, len(counts)) == pytest.approx(efficiency, rel=1e-12)
        assert renyi_entropy(counts, 2.5) == pytest.approx(entropy, rel=1e-12)
        assert renyi_entropy(counts, 1) == pytest.approx(shannon, rel=1e-12)
        assert percentile_frequency(counts) == pytest.approx(wide, rel=1e-12)
        assert percentile_frequency(counts, 0.3, 0.6) == pytest.approx(narrow, rel=1e-12)


def test_gini_of_published_costs() -> None:
    """TokEval 0.1.0: gpt-2 over ar, de, en, es, ru, tokens per line."""
    costs = np.array(
        [
            114.63464410154306,
            56.23394723743156,
            26.273768043802885,
            52.06772908366534,
            150.15878546540569,
        ]
    )
    assert gini(costs) == pytest.approx(0.31082737801348204, rel=1e-12)
    assert spread(costs) == pytest.approx(5.715159896938467, rel=1e-12)


@given(COUNTS, st.floats(0.1, 10).filter(lambda a: abs(a - 1) > 1e-3))
def test_entropy_lies_between_zero_and_that_of_equal_shares(
    counts: np.ndarray, order: float
) -> None:
    types = int((counts > 0).sum())
    assert -1e-9 <= renyi_entropy(counts, order) <= math.log2(types) + 1e-9
    assert renyi_entropy(np.ones(types, int), order) == pytest.approx(math.log2(types), abs=1e-9)


@given(COUNTS, st.floats(0.2, 5))
def test_entropy_falls_with_the_order_and_meets_shannon_at_one(
    counts: np.ndarray, order: float
) -> None:
    assert renyi_entropy(counts, order) >= renyi_entropy(counts, order + 0.5) - 1e-9
    assert renyi_entropy(counts, 1 + 1e-7) == pytest.approx(renyi_entropy(counts, 1), abs=1e-4)


@given(COUNTS, st.permutations(range(30)), st.integers(1, 9))
def test_frequency_measures_see_shares_alone(counts: np.ndarray, order: list[int], k: int) -> None:
    """Neither which id is which, nor ids that do not occur, nor a text said k times matter."""
    padded = np.zeros(30, np.int64)
    padded[: len(counts)] = counts
    for measure in (lambda c: renyi_entropy(c, 2.5), percentile_frequency, average_token_rank):
        assert measure(padded[order] * k) == pytest.approx(measure(counts), rel=1e-9)


@given(COUNTS)
def test_shares_are_shares(counts: np.ndarray) -> None:
    assert 0 < type_token_ratio(counts) <= 1
    assert 0 < vocabulary_use(counts, len(counts)) <= 1
    assert 0 <= percentile_frequency(counts) <= 1 + 1e-12
    assert 1 <= average_token_rank(counts) <= (counts > 0).sum()


@given(COSTS, st.floats(0.01, 100))
def test_gini_is_that_of_all_pairs_and_has_no_scale(costs: np.ndarray, scale: float) -> None:
    n = len(costs)
    pairs = sum(abs(a - b) for a in costs for b in costs) / (2 * n * n * costs.mean())
    assert gini(costs) == pytest.approx(pairs, abs=1e-9)
    assert gini(costs * scale) == pytest.approx(gini(costs), abs=1e-9)
    assert 0 <= gini(costs) + 1e-12 < 1 - 1 / n + 1e-9


@given(COSTS)
def test_spread_and_variation_of_equal_costs(costs: np.ndarray) -> None:
    assert spread(costs) >= 1
    assert spread(np.full(3, costs[0])) == 1
    assert variation(np.full(3, costs[0])) == pytest.approx(0, abs=1e-9)


def test_what_is_undefined_is_nan() -> None:
    none = np.zeros(3, np.int64)
    one = np.array([4.0])
    for value in (
        ratio(1, 0), ratio(math.nan, 1), type_token_ratio(none), vocabulary_use(none, 3),
        renyi_entropy(none, 2.5), renyi_entropy(none, 1), renyi_efficiency(none, 3),
        renyi_efficiency(np.array([3]), 1), kt_bits(none, 3), percentile_frequency(none), average_token_rank(none),
        gini(one), spread(one), variation(one), gini(np.array([])), spread(np.array([0.0, 1.0])),
    ):  # fmt: skip
        assert math.isnan(value)


def test_a_single_type_has_no_entropy() -> None:
    assert [renyi_entropy(np.array([7]), order) for order in (1, 2, 2.5)] == [0, 0, 0]
    assert math.copysign(1, renyi_entropy(np.array([7]), 1)) == 1
