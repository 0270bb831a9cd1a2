"""How large a tokenizer may be: far larger than any that is published, far below what harms.

Some steps take time with the square of a token's length, or of the number of added tokens; so both
are limited first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from tokscope.errors import TokscopeError, shortened

IDS = 2_000_000  # the largest published vocabulary has 901,629
ADDED = 300_000  # tokens beside those that were learned; 131,072 pictures are published
LONGEST = 10_000  # bytes of a token; published ones have some hundred
_SHORT = 100  # bytes, up to which tokens are as many as they like
_SQUARES = 500_000_000  # of the bytes of the others, added up
GROWTH = 1_000  # characters that a normalizer writes for one
PATTERN = 20_000  # characters of an expression
_PARTS = 100_000  # of one, once its counts are written out
_DEPTH = 100  # groups in groups
_CALL = re.compile(r"\?(?:R|[+-]?\d|&|P>)")  # behind a bracket: a part that is used again
_SYNTAX = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d*)(?:,(\d*))?\}|.", re.DOTALL)


def require_sizes(tokens: Iterable[bytes | str], place: str) -> None:
    """Refuse a vocabulary that is too large, or has tokens that are too long.

    Raises:
        TokscopeError: it is so; says the limit.
    """
    sizes = np.fromiter(map(len, tokens), np.int64)
    if len(sizes) > IDS:
        raise TokscopeError(f"{place}: {len(sizes):,} tokens; at most {IDS:,} are read")
    longest = int(sizes.max(initial=0))
    if longest > LONGEST:
        raise TokscopeError(
            f"{place}: a token is {longest:,} bytes long; at most {LONGEST:,} are read"
        )
    squares = int((sizes[sizes > _SHORT] ** 2).sum())
    if squares > _SQUARES:
        raise TokscopeError(
            f"{place}: too many long tokens (the squares of their bytes add up to {squares:,}; "
            f"at most {_SQUARES:,} is read)"
        )


def require_added(count: int, place: str) -> None:
    """Refuse more added or special tokens than any tokenizer has.

    Raises:
        TokscopeError: there are more.
    """
    if count > ADDED:
        raise TokscopeError(
            f"{place}: {count:,} added and special tokens; at most {ADDED:,} are read"
        )


def require_pattern(pattern: str) -> None:
    r"""Refuse an expression that could take an engine too much memory.

    Raises:
        TokscopeError: it is one.

    >>> require_pattern(r"\p{L}+|\s{512}(?!\S)|[()]{9}")
    >>> require_pattern("((a?){1000}){1000}")
    Traceback (most recent call last):
    tokscope.errors.TokscopeError: ((a?){1000}){1000}: the expression is too large; ...
    """
    sizes, last = [0], 0
    for match in _SYNTAX.finditer(pattern[: PATTERN + 1]):
        if match[0] == "(":
            if _CALL.match(
                pattern, match.end()
            ):  # which can go on without end, and take all memory
                raise TokscopeError(f"{shortened(pattern)}: an expression must not call itself")
            sizes.append(0)
        elif match[0] == ")" and sizes[1:]:
            last = sizes.pop()
            sizes[-1] += last
        elif match[1] is not None:
            times = int((match[2] or match[1] or "1")[:9])
            sizes[-1] += last * max(times - 1, 0)
            last *= max(times, 1)
        else:
            last = 1
            sizes[-1] += 1
        if sizes[-1] > _PARTS or len(sizes) > _DEPTH or len(pattern) > PATTERN:
            raise TokscopeError(
                f"{shortened(pattern)}: the expression is too large; it may have {PATTERN:,} "
                f"characters, {_PARTS:,} parts with its counts written out, and {_DEPTH} groups in "
                "groups"
            )


def require_growth(step: Any, place: str) -> None:
    """Refuse a normalizer whose steps write many characters for one.

    Raises:
        TokscopeError: together they write too many.
    """
    growth = _growth(step)
    if growth > GROWTH:
        raise TokscopeError(
            f"{place}: its normalizer writes up to {growth:,.0f} characters for one; at most "
            f"{GROWTH:,} are read"
        )


def _growth(step: Any) -> float:
    """Return how many characters a normalizer can write for one; 1 if that is not known."""
    if not isinstance(step, dict):
        return 1
    if step.get("type") == "Sequence":
        return math.prod(map(_growth, step.get("normalizers", ())))
    if step.get("type") == "Prepend":
        return 1 + len(str(step.get("prepend", "")))
    pattern = step.get("pattern")
    replaced = pattern.get("String", "") if isinstance(pattern, dict) else ""
    return max(len(str(step.get("content", ""))) / max(len(replaced), 1), 1)
