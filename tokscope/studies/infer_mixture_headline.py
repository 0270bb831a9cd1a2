"""An inferred mixture in two sentences: what it is, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.wording import many, percent, some

Floats = NDArray[np.float64]
MOVED = 0.02  # of all pairs: a share that moves by more between stages is not settled
SETTLED = 0.01  # of the objective: an answer that may be further from the best is rough
_LISTED = 3  # corpora that a sentence names
_MOSTLY = 0.6  # a share that is most of the text, whatever the doubts
_HALF = 0.5
_SMALL = 0.01  # a share too small for the headline, if there are others
MISSING = 0.005  # of the merges: if more are missing, a corpus seems to be missing


class Answer(NamedTuple):
    """Inferred shares of n corpora, and what makes them doubtful."""

    name: str
    names: tuple[str, ...]
    shares: Floats  # (n,) of bytes
    low: Floats  # (n,) ends of what is open, from draws and ranges; NaN if neither was asked for
    high: Floats
    before: Floats | None = None  # (n,) shares at the stage before, with fewer merges
    alike: tuple[tuple[int, int], ...] = ()  # corpora that look the same
    missing: int = 0  # merges that are in no corpus
    merges: int = 1  # that were looked for
    gap: float = 0.0  # how far the objective may be above the least one
    is_explained: bool = True  # no worse than sampling explains
    is_settled: bool = True  # more merges would not move shares much

    @property
    def is_missing_much(self) -> bool:
        """Whether so many merges are in no corpus that some text seems to be missing."""
        return self.missing > MISSING * self.merges


def headline(answer: Answer) -> str:
    """Name the corpora, the largest first, and say how far to trust the shares."""
    doubts = doubt(answer)
    if _is_lost(answer):
        return doubts
    return " ".join(filter(None, (f"{_told(answer, _named(answer))}.", doubts)))


def doubt(answer: Answer) -> str:
    """Say how far to trust the shares; nothing if there are no doubts."""
    if _is_lost(answer):
        return (
            f"Cannot tell what {answer.name} was trained on: {answer.missing:,} of "
            f"{answer.merges:,} merges are in none of these corpora."
        )
    doubts = "; ".join(_doubts(answer, _named(answer)))
    return f"{doubts[0].upper()}{doubts[1:]}." if doubts else ""


def _is_lost(answer: Answer) -> bool:
    """Whether the corpora are so unlike the training text that shares mean nothing."""
    return answer.missing > _HALF * answer.merges


def _named(answer: Answer) -> list[int]:
    """Return the corpora to name, the largest first."""
    order = np.argsort(-answer.shares, kind="stable").tolist()
    return [order[0], *(i for i in order[1:_LISTED] if answer.shares[i] >= _SMALL)]


def _told(answer: Answer, named: list[int]) -> str:
    """Name some corpora with their shares, and count the others."""
    shares = answer.shares
    first, *more = (f"{answer.names[i]} ({{}}{percent(float(shares[i]))})" for i in named)
    first, others = first.format("about "), [one.format("") for one in more]
    rest = 1 - float(shares[named].sum())
    if rest > _HALF:
        text = f"{answer.name} was trained on many corpora: the largest "
        text += f"are {some([first, *others])}" if others else f"is {first}"
    else:
        text = f"{answer.name} was trained {'mostly ' if _is_most(answer, named[0]) else ''}on "
        text += f"{first}{f', then {some(others)}' if others else ''}"
    text = f"of these corpora, {text}" if answer.is_missing_much else text
    if rest >= _SMALL:
        text += f"; {many(len(shares) - len(named), 'other has', 'others have')} {percent(rest)}"
    return text if text.startswith(answer.name) else f"{text[0].upper()}{text[1:]}"


def _is_most(answer: Answer, corpus: int) -> bool:
    """Whether a corpus is most of the text, also at the low end of what is open."""
    return bool(answer.shares[corpus] > _MOSTLY and not answer.low[corpus] < _HALF)


def _doubts(answer: Answer, named: list[int]) -> Iterator[str]:
    """Yield what a reader of only the headline must know."""
    if answer.is_missing_much:
        yield f"{answer.missing:,} of {answer.merges:,} merges are in none of these corpora"
    is_open = _open(answer, named)
    is_rough = not (answer.is_explained and answer.is_settled)
    if answer.gap > SETTLED:
        much = f" by up to {percent(answer.gap)}" if np.isfinite(answer.gap) else ""
        yield f"take this as a guess: another mixture may fit better{much}"
    elif is_rough and set(named) <= set(is_open) and named[1:]:
        yield "take this as a guess, not even the order is sure"
    elif is_rough:
        yield "read the order, not the per cent"
    if is_open:
        yield f"the order of {some([answer.names[i] for i in is_open])} is not known"


def _open(answer: Answer, named: list[int]) -> list[int]:
    """Return the corpora whose order is not known, for pairs of which one is named.

    Where the first and the third may change places, that of the second is not known either.
    """
    order = np.argsort(-answer.shares, kind="stable").tolist()
    pairs = [
        (order.index(i), order.index(j))
        for i, j in combinations(range(len(order)), 2)
        if (i in named or j in named) and _is_open(answer, i, j)
    ]
    places = {place for pair in pairs for place in range(min(pair), max(pair) + 1)}
    return [order[place] for place in sorted(places)]


def _is_open(answer: Answer, i: int, j: int) -> bool:
    """Whether either of two corpora may have more: by intervals, likeness, or fewer merges."""
    overlap = answer.low[i] <= answer.high[j] and answer.low[j] <= answer.high[i]
    shares, before = answer.shares, answer.before
    turned = before is not None and (shares[i] - shares[j]) * (before[i] - before[j]) < 0
    return bool(overlap or turned or (i, j) in answer.alike)
