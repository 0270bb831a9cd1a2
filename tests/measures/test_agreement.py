"""Agreement of cuts with boundaries: values by hand, the definition of kappa, and its ends."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.measures.agreement import (
    f1,
    kappa,
    kappa_pulls,
    precision,
    recall,
    recall_by_chance,
)

PLACES = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1)


def counts(places: list[tuple[bool, bool]]) -> tuple[int, int, int, int]:
    """Count positions with a cut and a boundary, a cut alone, a boundary alone, and all."""
    return (
        places.count((True, True)),
        places.count((True, False)),
        places.count((False, True)),
        len(places),
    )


def test_values_by_hand() -> None:
    """un|happi|ly cut as unh|app|i|ly: boundaries 2 and 7 of 8 positions, cuts 3, 6 and 7."""
    tp, fp, fn, positions = 1, 2, 1, 8
    assert precision(tp, fp) == 1 / 3
    assert recall(tp, fn) == 1 / 2
    assert f1(tp, fp, fn) == 2 / 5
    assert recall_by_chance(tp, fp, positions) == 3 / 8
    # p_o = 5/8, p_e = (3 * 2 + 5 * 6) / 64 = 36/64, so (40 - 36) / (64 - 36)
    assert kappa(tp, fp, fn, positions) == 4 / 28


@given(PLACES)
def test_kappa_is_what_cohen_defined(places: list[tuple[bool, bool]]) -> None:
    n = len(places)
    observed = Fraction(sum(a == b for a, b in places), n)
    cuts, golds = (Fraction(sum(side), n) for side in zip(*places, strict=True))
    chance = cuts * golds + (1 - cuts) * (1 - golds)
    value = kappa(*counts(places))
    if chance == 1:
        assert value != value
    else:
        assert value == pytest.approx(float((observed - chance) / (1 - chance)), abs=1e-12)


@given(PLACES)
def test_cuts_everywhere_find_all_and_agree_by_chance(places: list[tuple[bool, bool]]) -> None:
    tp, fp, fn, n = counts([(True, gold) for _, gold in places])
    assert recall_by_chance(tp, fp, n) == 1
    if tp:
        assert recall(tp, fn) == 1
    if fp:
        assert kappa(tp, fp, fn, n) == 0


@given(PLACES)
def test_cuts_at_the_boundaries_agree_in_full(places: list[tuple[bool, bool]]) -> None:
    tp, fp, fn, n = counts([(gold, gold) for _, gold in places])
    if 0 < tp < n:
        assert (precision(tp, fp), recall(tp, fn), f1(tp, fp, fn)) == (1, 1, 1)
        assert kappa(tp, fp, fn, n) == 1


def test_what_is_undefined_is_nan() -> None:
    nothing = [precision(0, 0), recall(0, 0), f1(0, 0, 0), recall_by_chance(0, 0, 0)]
    assert all(value != value for value in (*nothing, kappa(0, 0, 0, 9), kappa(9, 0, 0, 9)))
    assert f1(0, 0, 1) == 0


CELLS = st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=5)


@given(CELLS)
def test_a_word_pulls_kappa_as_much_as_more_of_it_would_change_kappa(
    words: list[tuple[int, ...]],
) -> None:
    cells, much = np.array(words), 10**8
    pulls = kappa_pulls(cells)
    tp, fp, fn, tn = much * cells.sum(axis=0)
    before = kappa(tp, fp, fn, tp + fp + fn + tn)
    if before != before:
        assert np.isnan(pulls).all()
        return
    assert pulls.sum() == pytest.approx(0, abs=1e-9)
    for pull, own in zip(pulls, cells, strict=True):
        after = kappa(tp + own[0], fp + own[1], fn + own[2], tp + fp + fn + tn + own.sum())
        assert (after - before) * much == pytest.approx(pull, abs=1e-5)


def test_large_counts_do_not_overflow() -> None:
    assert kappa(10**10, 0, 0, 10**11) == 1
