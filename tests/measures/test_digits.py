"""Cuts of numbers: values by hand and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.measures.digits import (
    addition_alignment,
    carries,
    group_alignment,
    groups,
    lakhs,
    left_to_right,
    match_probability,
    mismatch_rate,
    right_to_left,
    thousands,
)

LEFT, RIGHT, SINGLE = (
    lambda n: left_to_right(n, 3),
    lambda n: right_to_left(n, 3),
    lambda n: right_to_left(n, 1),
)


def cuts_of(rule: object, numbers: list[int]) -> tuple[np.ndarray, np.ndarray]:
    digits = [len(str(n)) for n in numbers]
    return np.array([rule(n) for n in digits], np.int64), np.array(digits)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("cuts", "written"),
    [
        (left_to_right(7, 3), "3-3-1"),
        (right_to_left(7, 3), "1-3-3"),
        (left_to_right(6, 3), "3-3"),
        (right_to_left(4, 1), "1-1-1-1"),
        (lakhs(8), "1-2-2-3"),
        (0, "7"),
    ],
)
def test_partitions_are_written_from_the_left(cuts: int, written: str) -> None:
    assert groups(cuts, sum(map(int, written.split("-")))) == written


@given(st.integers(1, 60), st.integers(1, 9))
def test_only_lengths_that_k_does_not_divide_tell_directions_apart(digits: int, size: int) -> None:
    same = left_to_right(digits, size) == right_to_left(digits, size)
    assert same == (digits <= size or digits % size == 0)


def test_match_probability_by_hand() -> None:
    """0.75^2 + 0.25^2."""
    assert match_probability(np.array([3, 1])) == 0.625
    assert math.isnan(match_probability(np.array([], np.int64)))


def test_thousands_by_hand() -> None:
    """3-3-1 cuts at 4 and 1 of {6, 3}; 1-3 at 3 of {3}; 2 and 3 digits have nothing to cut."""
    cuts = np.array([left_to_right(7, 3), right_to_left(4, 3)])
    assert group_alignment(cuts, np.array([7, 4])) == (1 / 3, 1 / 3)
    assert group_alignment(np.array([0]), np.array([3])) == (1.0, 1.0)
    assert group_alignment(np.array([0]), np.array([4])) == (1.0, 0.0)
    assert group_alignment(np.array([2]), np.array([3])) == (0.0, 1.0)
    assert group_alignment(np.array([lakhs(7)]), np.array([7]), lakhs) == (1.0, 1.0)


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=1))
def test_groups_from_the_right_always_align_in_addition(pairs: list[tuple[int, int]]) -> None:
    first, second = ([pair[i] for pair in pairs] for i in (0, 1))
    sums = [a + b for a, b in pairs]
    for rule in (RIGHT, SINGLE):
        aligned = addition_alignment(
            cuts_of(rule, sums)[0], cuts_of(rule, first), cuts_of(rule, second)
        )
        assert all(math.isnan(value) or value == 1 for value in aligned)


def test_groups_from_the_left_align_where_lengths_match() -> None:
    """8888 + 1 = 8889 is cut 3-1 as its operand; 9999 + 1 = 10000 is cut 3-2, at 2 and not 1."""
    first, second, sums = [8888, 9999], [1, 1], [8889, 10000]
    aligned = addition_alignment(
        cuts_of(LEFT, sums)[0], cuts_of(LEFT, first), cuts_of(LEFT, second)
    )
    assert aligned.tolist() == [1.0, 0.0]


@given(st.integers(0, 10**17), st.integers(0, 10**17))
def test_a_carry_is_what_the_digits_do_not_say(first: int, second: int) -> None:
    """A digit of the sum is that of its operands' digits and the carry into its place."""
    mask = int(carries(np.array([first]), np.array([second]))[0])
    for place in range(18):
        digits = sum(number // 10**place % 10 for number in (first, second))
        assert (first + second) // 10**place % 10 == (digits + (mask >> place & 1)) % 10


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_the_rate_of_mismatch_is_that_of_all_pairs(digits: int) -> None:
    numbers = range(10 ** (digits - 1), 10**digits)
    longer = sum(a + b >= 10**digits for a in numbers for b in numbers)
    assert mismatch_rate(digits) == pytest.approx(longer / len(numbers) ** 2, rel=1e-12)


def test_thousands_are_groups_of_three_from_the_right() -> None:
    assert [thousands(n) for n in (3, 4, 7)] == [0, 1 << 3, 1 << 3 | 1 << 6]
