"""The rule by which numbers are cut: single digits, groups from left or right, whole, or no rule.

Source: Singh & Strouse 2024, arXiv 2402.14903.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tokscope.measures.digits import Cuts, left_to_right, right_to_left

SIZES = range(2, 7)
RULES: Mapping[str, Callable[[int], int]] = {
    "single digits": partial(right_to_left, size=1),
    **{f"left-to-right groups of {k}": partial(left_to_right, size=k) for k in SIZES},
    **{f"right-to-left groups of {k}": partial(right_to_left, size=k) for k in SIZES},
    "whole": lambda digits: 0,
}
_GROUPS = sorted((name for name in RULES if "groups" in name), key=lambda name: name[-1])
FIXED = "another fixed cut"  # nearly all numbers of a length have the same cuts, by another rule
LEARNED = "learned"  # cuts depend on the digits
UNKNOWN = "unknown"  # the tokenizer has no tokens for the number
NO_TOKENS = -1  # stands for the cuts of such a number
_NEARLY_ALL = 0.9
_ALWAYS = 0.99  # of numbers: a rule that so many follow was there before tokens were learned


@dataclass(frozen=True)
class Scheme:
    """How numbers of several lengths are cut; every length has the same weight."""

    shares: Mapping[str, float]  # each number counts for one name; the sum is 1
    fits: Mapping[str, Mapping[int, float]]  # rule -> length -> share of numbers that follow it
    within: Mapping[str, Mapping[int, float]]  # share of numbers with all its cuts, and maybe more

    @property
    def nearest(self) -> str:
        """The rule that most numbers follow."""
        return max(self.fits, key=lambda name: sum(self.fits[name].values()))

    def in_words(self) -> tuple[str, float]:
        """Describe how numbers are cut, and return the share of them that follow the named rule."""
        names = self.named
        if names != [LEARNED]:
            words = names[0] if len(names) == 1 else "mixed: " + " and ".join(names)
            return words, sum(self.shares[name] for name in names)
        if self.shares[LEARNED] >= _NEARLY_ALL:
            return LEARNED, self.shares[LEARNED]
        within = f" within {self.grouping}" if self.grouping else ""
        return f"learned{within}; nearest is {self.nearest}", self.shares[self.nearest]

    @property
    def named(self) -> list[str]:
        """The entries of `shares` that say how numbers are cut: several only if none prevails."""
        best = max(self.shares, key=lambda name: self.shares[name])
        if self.shares[best] >= _NEARLY_ALL:
            return [best]
        parts = [name for name, part in self.shares.items() if part >= 1 - _NEARLY_ALL]
        return [LEARNED] if LEARNED in parts else parts

    @property
    def grouping(self) -> str:
        """The smallest groups whose borders hold nearly all learned cuts; empty if there are none.

        If a tokenizer first cuts text into groups, its tokens are learned within them.
        """
        if self.shares[LEARNED] < 1 - _NEARLY_ALL:
            return ""
        always = (
            name
            for name, shares in self.within.items()
            if shares and sum(shares.values()) / len(shares) >= _ALWAYS
        )
        return next(always, "")


def scheme(samples: Mapping[int, Cuts]) -> Scheme:
    """Return the rules by which numbers are cut; `samples` has the cuts (N,) of each length.

    A number can follow several rules, above all a short one. It counts for the rule that most
    numbers follow. Groups of k from the left and from the right differ only for lengths above k
    that are not a multiple of k.

    >>> scheme({4: np.array([2, 2, 2, 0])}).shares["left-to-right groups of 3"]
    0.75
    """
    fits = {
        name: {digits: float((cuts == rule(digits)).mean()) for digits, cuts in samples.items()}
        for name, rule in RULES.items()
    }
    known = {digits: cuts[cuts != NO_TOKENS] for digits, cuts in samples.items()}
    within = {
        name: {
            digits: float((cuts & RULES[name](digits) == RULES[name](digits)).mean())
            for digits, cuts in known.items()
            if RULES[name](digits) and len(cuts)
        }
        for name in _GROUPS
    }
    order = sorted(RULES, key=lambda name: -sum(fits[name].values()))
    shares = dict.fromkeys((*order, FIXED, LEARNED, UNKNOWN), 0.0)
    for digits, cuts in samples.items():
        for name, share in _shared_out(cuts, digits, order).items():
            shares[name] += share / len(samples)
    return Scheme(shares, fits, within)


def _shared_out(cuts: Cuts, digits: int, order: list[str]) -> dict[str, float]:
    """Count each number of a length for the first rule in `order` that it follows."""
    shares = {}
    left: NDArray[np.bool_] = cuts != NO_TOKENS
    shares[UNKNOWN] = float((~left).mean())
    for name in order:
        fitting = left & (cuts == RULES[name](digits))
        shares[name] = float(fitting.mean())
        left &= ~fitting
    counts = np.unique(cuts[left], return_counts=True)[1] / len(cuts)
    shares[FIXED] = float(counts[counts >= _NEARLY_ALL].sum())
    shares[LEARNED] = float(counts[counts < _NEARLY_ALL].sum())
    return shares
