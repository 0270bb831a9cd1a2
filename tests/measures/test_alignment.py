"""Lengths of lines and of their translations: by hand, by SciPy, and on real translations."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tokscope.measures.alignment import (
    correlation_of_translations,
    rank_correlation,
    unlike_translations,
)


def test_ranks_by_hand() -> None:
    """1 - 6 sum(d^2) / n(n^2 - 1), with d = 0, 1, -1: 1 - 12 / 24."""
    assert rank_correlation(np.array([5, 7, 900]), np.array([1, 3, 2])) == pytest.approx(0.5)
    assert rank_correlation(np.array([1, 2, 3]), np.array([3, 2, 1])) == pytest.approx(-1)
    assert math.isnan(rank_correlation(np.array([4, 4]), np.array([1, 2])))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=3, max_size=20))
def test_ranks_are_those_of_scipy(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs).T
    if len(set(one)) > 1 and len(set(other)) > 1:
        assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_lines_that_differ_a_lot_correlate_with_their_translations() -> None:
    """Lengths 32 and 168: mean 100, variance 68^2 = 4,624; 4,624 / (4,624 + 680), its root."""
    lengths = np.array([32, 168])
    assert correlation_of_translations(lengths) == pytest.approx(math.sqrt(4624 / 5304))
    assert math.isnan(correlation_of_translations(np.array([0, 0])))


LINES = np.arange(20, 220)  # a line of each length


def test_lines_in_another_order_are_found() -> None:
    generator = np.random.default_rng(0)
    shuffled = generator.permutation(LINES)
    assert unlike_translations(LINES, shuffled)
    assert unlike_translations(LINES, LINES[::-1])
    assert not unlike_translations(LINES, 3 * LINES + generator.integers(0, 60, len(LINES)))
    assert not unlike_translations(LINES, LINES)


def test_too_little_to_tell_is_no_doubt() -> None:
    """Ten lines, or lines of almost one length, as of lists of words."""
    generator = np.random.default_rng(0)
    few = np.array([20, 60, 90, 130, 170, 200, 210, 40, 150, 111])
    assert not unlike_translations(few, generator.permutation(few))
    alike = np.full(500, 60) + generator.integers(0, 9, 500)
    assert not unlike_translations(alike, generator.permutation(alike))
    assert not unlike_translations(np.full(500, 60), LINES[:1].repeat(500))
    assert not unlike_translations(LINES, np.full(len(LINES), 9))  # such as lines cut to a length
    assert not unlike_translations(LINES[:0], LINES[:0])


def test_translations_into_36_languages_are_never_doubted(data: Path) -> None:
    """Every language against a third of the others; shuffled against itself, it is found."""
    generator = np.random.default_rng(0)
    lengths = [
        np.array([len(line) for line in path.read_bytes().splitlines()])
        for path in sorted((data / "parallel" / "flores-dev").glob("*.txt"))
    ]
    assert len(lengths) == 36
    for i, one in enumerate(lengths):
        assert not any(unlike_translations(one, other) for other in lengths[i % 3 :: 3])
        assert unlike_translations(one, generator.permutation(one))
