"""The numbers that are tested: drawn with a seed, written in several ways, in several contexts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from tokscope.measures.digits import lakhs, thousands

LENGTHS = range(1, 13)
EXHAUSTIVE = 4  # up to this many digits, every string is tested
SAMPLE = 1000  # numbers of each greater length, and problems of addition
FEW = 200  # numbers of each length when each is tested in many forms
# A sign stands before each number, since many tokenizers put a space before the start of a text
BARE, SPACED = "=", "a "
PLACES = {"bare": BARE, "after a space": SPACED}
# Numbers to look at, of no special form but for a year, a decimal and separators
EXAMPLES = (
    *("3", "36", "361", "3617", "2024", "36174", "361740", "3617409", "36174092", "3617409258"),
    *("3,617,409", "36.174", "3_617_409"),
)
SEPARATORS: Mapping[str, str] = {
    "comma": ",",
    "underscore": "_",
    "point": ".",
    "apostrophe": "'",
    "thin space": "\u2009",
}
GROUPINGS: Mapping[str, Callable[[int], int]] = {"thousands": thousands, "lakhs": lakhs}
CONTEXTS: Mapping[str, tuple[str, str]] = {
    "space": (SPACED, ""),
    "minus": ("a -", ""),
    "plus": ("a +", ""),
    "dollar": ("a $", ""),
    "euro behind": (BARE, " €"),
    "percent": (BARE, "%"),
    "parentheses": ("a (", ")"),
    "before the point": (BARE, ".5"),
    "behind the point": ("=0.", ""),
    "date": (BARE, "-01-31"),
    "time": (BARE, ":30"),
    "hexadecimal": ("=0x", ""),
    "scientific": (BARE, "e10"),
    "version": ("=v", ".1.2"),
    "address": ("=10.0.0.", ""),
    "phone": ("=+1-", "-555"),
    "sentence": ("There were ", " of them."),
}
SCRIPTS: Mapping[str, int] = {  # the first of ten digits
    "Western": 0x30,
    "Arabic-Indic": 0x660,
    "Persian": 0x6F0,
    "Devanagari": 0x966,
    "Bengali": 0x9E6,
    "Tamil": 0xBE6,
    "Thai": 0xE50,
    "full width": 0xFF10,
}


@cache
def numbers_of(digits: int, seed: int) -> tuple[str, ...]:
    """Return strings of digits: all of a short length, a sample without leading zeros of others."""
    if digits <= EXHAUSTIVE:
        return tuple(f"{number:0{digits}d}" for number in range(10**digits))
    draw = np.random.default_rng((seed, digits))
    figures = draw.integers(0, 10, (SAMPLE, digits))
    figures[:, 0] = draw.integers(1, 10, SAMPLE)
    return tuple("".join(map(str, row)) for row in figures.tolist())


def leading(digits: int) -> int:
    """Return how many of `numbers_of` have leading zeros; these come first."""
    return 10 ** (digits - 1) if 1 < digits <= EXHAUSTIVE else 0


@cache
def few(lengths: range, seed: int) -> tuple[str, ...]:
    """Return some numbers of each length, without leading zeros."""
    draw = np.random.default_rng(seed)
    chosen = []
    for digits in lengths:
        own = numbers_of(digits, seed)[leading(digits) :]
        places = draw.permutation(len(own))[:FEW]
        chosen += [own[place] for place in places.tolist()]
    return tuple(chosen)


def separated(number: str, separator: str, grouping: Callable[[int], int]) -> str:
    """Write digits with separators.

    >>> separated("1234567", ",", lakhs)
    '12,34,567'
    """
    cuts, size = grouping(len(number)), len(number)
    return "".join(
        (separator if place and cuts >> size - place & 1 else "") + digit
        for place, digit in enumerate(number)
    )


def problems(seed: int) -> tuple[list[int], list[int]]:
    """Return operands of 3 to 9 digits; half of the sums have more digits than both operands."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(3, 10, (2, 20 * SAMPLE))
    first, second = draw.integers(10 ** (sizes - 1), 10**sizes)
    longer = first + second >= 10 ** sizes.max(axis=0)
    half = SAMPLE // 2
    chosen = np.concatenate((np.flatnonzero(longer)[:half], np.flatnonzero(~longer)[:half]))
    return first[chosen].tolist(), second[chosen].tolist()


@cache
def kinds_of_numbers(seed: int) -> Mapping[str, tuple[str, ...]]:
    """Return years, prices, phone numbers, percentages and measurements as they are written."""
    draw = np.random.default_rng(seed)

    def integers(low: int, high: int) -> list[int]:
        values: list[int] = draw.integers(low, high, FEW).tolist()
        return values

    cents = (10 ** draw.uniform(2, 7, FEW)).astype(int).tolist()
    calls = zip(integers(1, 100), integers(200, 1000), integers(0, 10**7), strict=True)
    sizes = zip(integers(1, 10_000), ("kg", "cm", "ml", "km/h", "°C") * (FEW // 5), strict=True)
    return {
        "years": tuple(map(str, integers(1900, 2030))),
        "prices": tuple(f"${c // 100:,}.{c % 100:02d}" for c in cents),
        "phone numbers": tuple(f"+{a}-{b}-{c // 10**4:03d}-{c % 10**4:04d}" for a, b, c in calls),
        "percentages": tuple(f"{n // 10}.{n % 10}%" for n in integers(1, 1000)),
        "measurements": tuple(f"{n // 10}.{n % 10} {unit}" for n, unit in sizes),
    }
