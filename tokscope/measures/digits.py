"""How runs of digits are cut, and how well the cuts align with rules.

The cuts of a run of n digits are one number: bit d is set if there is a boundary with d digits to
its right, where 0 < d < n. So places are counted from the units digit. Source: Singh & Strouse
2024, arXiv 2402.14903.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Cuts = NDArray[np.int64]
LONGEST = 62  # digits whose cuts fit into a number of 64 bits


def left_to_right(digits: int, size: int) -> int:
    """Return the cuts of `digits` digits into groups of `size` from the left.

    >>> left_to_right(7, 3) == 1 << 4 | 1 << 1, left_to_right(3, 3)
    (True, 0)
    """
    return sum(1 << digits - place for place in range(size, digits, size))


def right_to_left(digits: int, size: int) -> int:
    """Return the cuts of `digits` digits into groups of `size` from the right, as in 1,234,567.

    >>> right_to_left(7, 3) == 1 << 6 | 1 << 3
    True
    """
    return sum(1 << place for place in range(size, digits, size))


def thousands(digits: int) -> int:
    """Return the cuts of `digits` digits where English writes commas.

    >>> thousands(7) == 1 << 6 | 1 << 3
    True
    """
    return right_to_left(digits, 3)


def lakhs(digits: int) -> int:
    """Return the cuts of `digits` digits where India writes commas, as in 12,34,567.

    >>> lakhs(7) == 1 << 5 | 1 << 3
    True
    """
    return sum(1 << place for place in range(3, digits, 2))


def groups(cuts: int, digits: int) -> str:
    """Write a partition as the sizes of its groups, from the left.

    >>> groups(1 << 3, 4), groups(0, 4)
    ('1-3', '4')
    """
    edges = [digits, *(d for d in range(digits - 1, 0, -1) if cuts >> d & 1), 0]
    return "-".join(str(a - b) for a, b in pairwise(edges))


def match_probability(counts: NDArray[np.int64]) -> float:
    """Return the probability that two random numbers have the same partition: sum p^2, in (0, 1].

    `counts` holds how many numbers have each partition. NaN if there are none.

    >>> match_probability(np.array([1, 1])), match_probability(np.array([7]))
    (0.5, 1.0)
    """
    total = counts.sum()
    return float(((counts / total) ** 2).sum()) if total else math.nan


def _ones(cuts: Cuts) -> Cuts:
    """Count the boundaries of each run."""
    bits = np.unpackbits(np.ascontiguousarray(cuts).view(np.uint8).reshape(len(cuts), -1), axis=1)
    return bits.sum(axis=1, dtype=np.int64)


def group_alignment(
    cuts: Cuts, digits: Cuts, rule: Callable[[int], int] = thousands
) -> tuple[float, float]:
    """Return precision and recall of the boundaries of runs against a rule's, micro-averaged.

    `cuts` and `digits` have shape (N,). The rule returns the boundaries that a number with a given
    number of digits should have; for thousands they are {3, 6, 9, ...}. Precision is 1 if there is
    no boundary, and recall is 1 if there is no target.

    >>> group_alignment(np.array([left_to_right(4, 3)]), np.array([4]))
    (0.0, 0.0)
    """
    targets = np.array([rule(n) for n in range(LONGEST + 1)], np.int64)[digits]
    hits = int(_ones(cuts & targets).sum())
    made, wanted = int(_ones(cuts).sum()), int(_ones(targets).sum())
    return hits / made if made else 1.0, hits / wanted if wanted else 1.0


def addition_alignment(result: Cuts, *operands: tuple[Cuts, Cuts]) -> NDArray[np.float64]:
    """Return for each sum the share of its boundaries that an operand has too, or ends at; (N,).

    An operand is a pair: its cuts and its digits, (N,) each. NaN if the sum has no boundary.

    >>> addition_alignment(np.array([0b1000]), (np.array([0]), np.array([3]))).tolist()
    [1.0]
    """
    there = np.zeros_like(result)
    for cuts, digits in operands:
        there |= cuts | (1 << digits)
    own = _ones(result)
    return np.where(own > 0, _ones(result & there) / np.maximum(own, 1), np.nan)


def carries(first: Cuts, second: Cuts, digits: int = 18) -> Cuts:
    """Return the carries of an addition: bit d is set for a carry into digit d; (N,).

    >>> carries(np.array([95]), np.array([7])).tolist() == [1 << 2 | 1 << 1]
    True
    """
    masks = np.zeros_like(first)
    for place in range(1, digits + 1):
        unit = 10**place
        masks |= (first % unit + second % unit >= unit).astype(np.int64) << place
    return masks


def mismatch_rate(digits: int) -> float:
    """Return the probability that the sum of two random numbers has more digits than each of them.

    Both have `digits` digits and no leading zeros. The limit is 1 - 32/81 = .6049.

    >>> mismatch_rate(1) == 45 / 81, round(mismatch_rate(9), 4)
    (True, 0.6049)
    """
    short, numbers = 8 * 10 ** (digits - 1), 9 * 10 ** (digits - 1)
    return 1 - short * (short + 1) / 2 / numbers**2
