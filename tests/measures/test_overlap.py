"""Overlap of sets and of distributions: by hand, and laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tokscope.measures.overlap import containment, jaccard, weighted_jaccard

SETS = st.frozensets(st.integers(0, 9))
WEIGHTS = arrays(np.float64, 5, elements=st.integers(0, 9).map(float))


def test_by_hand() -> None:
    # {a b c d} and {b c e}: two of five, two of four, two of three
    assert (jaccard(2, 4, 3), containment(2, 4), containment(2, 3)) == (2 / 5, 2 / 4, 2 / 3)
    assert math.isnan(jaccard(0, 0, 0))
    assert math.isnan(containment(0, 0))
    # (3/4, 1/4, 0) and (1/4, 1/4, 1/2): smaller ones sum to 1/2, larger ones to 3/2
    assert weighted_jaccard(np.array([3.0, 1, 0]), np.array([1.0, 1, 2])) == pytest.approx(1 / 3)
    assert math.isnan(weighted_jaccard(np.zeros(2), np.ones(2)))


@given(SETS, SETS)
def test_sets(a: frozenset[int], b: frozenset[int]) -> None:
    common = len(a & b)
    found = jaccard(common, len(a), len(b))
    if not a or not b:
        return
    assert found == jaccard(common, len(b), len(a)) == len(a & b) / len(a | b)
    assert found <= min(containment(common, len(a)), containment(common, len(b)))
    assert (found == 1) == (a == b)


@given(WEIGHTS, WEIGHTS, st.integers(1, 5))
def test_distributions(p: np.ndarray, q: np.ndarray, scale: int) -> None:
    found = weighted_jaccard(p, q)
    if not p.sum() or not q.sum():
        assert math.isnan(found)
        return
    assert 0 <= found <= 1 + 1e-12
    assert found == pytest.approx(weighted_jaccard(q, p))
    assert found == pytest.approx(weighted_jaccard(p * scale, q))
    assert weighted_jaccard(p, p * scale) == pytest.approx(1)
