"""Rules are told from cuts alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import at_most
from tokscope.measures.digits import left_to_right, right_to_left
from tokscope.measures.schemes import FIXED, LEARNED, NO_TOKENS, RULES, UNKNOWN, scheme

LENGTHS = range(1, 13)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_told_with_all_of_its_numbers(name: str) -> None:
    found = scheme({n: np.full(5, RULES[name](n)) for n in LENGTHS})
    assert found.in_words() == (name, pytest.approx(1))
    assert found.shares[name] == pytest.approx(1)


def test_a_few_exceptions_are_a_share_and_no_other_rule() -> None:
    """One number of 100 is cut into single digits where that is another cut: at 2 to 12 digits."""
    samples = {n: np.full(100, left_to_right(n, 3)) for n in LENGTHS}
    for n in LENGTHS:
        samples[n][0] = right_to_left(n, 1)
    found = scheme(samples)
    assert found.in_words() == ("left-to-right groups of 3", pytest.approx(1 - 0.11 / 12))
    assert found.shares["single digits"] == pytest.approx(0.11 / 12)


def test_a_cut_by_no_rule_is_fixed_where_all_numbers_have_it() -> None:
    """1-2 is from the right by 2; 1-3-1, 1-4-1 and so on are of no rule."""
    found = scheme({n: np.full(9, 1 << n - 1 | 2) for n in range(5, 13)})
    assert found.in_words() == (FIXED, 1.0)


def test_cuts_that_hang_on_the_digits_are_learned() -> None:
    draw = np.random.default_rng(0)
    samples = {n: draw.integers(0, 2 ** (n - 1), 500) * 2 for n in LENGTHS}
    words, share = scheme(samples).in_words()
    assert words.startswith("learned; nearest is ")
    assert share < 0.4


def test_two_rules_are_mixed() -> None:
    """Of 10 numbers 6 are cut in threes; only one digit is cut the same by both."""
    samples = {
        n: np.array([left_to_right(n, 3)] * 6 + [right_to_left(n, 1)] * 4) for n in range(2, 13)
    }
    found = scheme(samples)
    words, share = found.in_words()
    assert words == "mixed: left-to-right groups of 3 and single digits"
    assert share == pytest.approx(1)
    assert found.shares["single digits"] == pytest.approx(0.4)


def test_numbers_without_tokens_are_unknown_and_not_whole() -> None:
    found = scheme({n: np.full(3, NO_TOKENS) for n in LENGTHS})
    assert found.in_words() == (UNKNOWN, 1.0)


@at_most(10)
@given(st.dictionaries(st.integers(1, 12), st.lists(st.integers(-1, 4095), min_size=1)))
def test_shares_sum_to_1(samples: dict[int, list[int]]) -> None:
    cuts = {n: np.array([c if c < 0 else c % 2**n & ~1 for c in own]) for n, own in samples.items()}
    total = sum(scheme(cuts).shares.values())
    assert total == pytest.approx(1 if samples else 0)
    assert scheme(cuts).shares[LEARNED] >= 0


def test_learned_tokens_within_groups_from_the_right_name_the_groups() -> None:
    """Every number is cut at its thousands, and within them by what its digits are."""
    draw = np.random.default_rng(0)
    samples = {n: (draw.integers(0, 2 ** (n - 1), 500) * 2) | right_to_left(n, 3) for n in LENGTHS}
    found = scheme(samples)
    assert found.grouping == "right-to-left groups of 3"
    words, _ = found.in_words()
    assert words.startswith("learned within right-to-left groups of 3; nearest is ")


def test_learned_tokens_across_groups_name_none() -> None:
    """Mostly single digits: cut at most thousands too, but by no rule."""
    draw = np.random.default_rng(0)
    samples = {n: np.array([sum(1 << d for d in range(1, n) if draw.random() < 0.9) for _ in range(500)]) for n in LENGTHS}  # fmt: skip
    assert scheme(samples).grouping == ""


def test_numbers_without_tokens_are_in_no_groups() -> None:
    samples = {n: np.array([NO_TOKENS, right_to_left(n, 3) | 2]) for n in range(3, 13)}
    assert scheme(samples).within["right-to-left groups of 3"][9] == 1
    assert scheme({9: np.array([NO_TOKENS])}).grouping == ""
