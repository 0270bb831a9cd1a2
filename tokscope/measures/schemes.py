"""By which rule numbers are cut: single digits, groups from the left or the right, whole, or none.

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
FIXED = "another fixed cut"  # nearly all numbers of a length are cut alike, by no rule above
LEARNED = "learned"  # cut by what the digits are
UNKNOWN = "unknown"  # the tokenizer has no tokens for the number
NO_TOKENS = -1  # in the place of the cuts of such a number
_NEARLY_ALL = 0.9
_ALWAYS = 0.99  # of numbers that a rule of grouping cuts before tokens are learned


@dataclass(frozen=True)
class Scheme:
    """How numbers of several lengths are cut; every length weighs the same."""

    shares: Mapping[str, float]  # each number under one name; they sum to 1
    fits: Mapping[str, Mapping[int, float]]  # rule -> length -> share of numbers it is true of
    within: Mapping[str, Mapping[int, float]]  # and of those that have its cuts, and perhaps more

    @property
    def nearest(self) -> str:
        """The rule that is true of most numbers."""
        return max(self.fits, key=lambda name: sum(self.fits[name].values()))

    def in_words(self) -> tuple[str, float]:
        """Say how numbers are cut, and of which share of them the rule named is true."""
        best = max(self.shares, key=lambda name: self.shares[name])
        share = self.shares[best]
        if share >= _NEARLY_ALL:
            return best, share
        parts = [name for name, part in self.shares.items() if part >= 1 - _NEARLY_ALL]
        if LEARNED not in parts:
            return "mixed: " + " and ".join(parts), sum(self.shares[name] for name in parts)
        within = f" within {self.grouping}" if self.grouping else ""
        return f"learned{within}; nearest is {self.nearest}", self.shares[self.nearest]

    @property
    def grouping(self) -> str:
        """The smallest groups at whose borders nearly all learned cuts are; empty without any.

        Where text is cut into groups first, tokens are learned within them.
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
    """Return by which rules numbers are cut; `samples` has the cuts (N,) of each length.

    A number that several rules are true of, as short ones are, counts for the rule that is true
    of most numbers. Only lengths over k that k does not divide tell the directions of groups of k
    apart.

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
    """Count each number of a length under the first rule in order that is true of it."""
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
