"""The rows of `morph`: agreement, by category, and the boundaries that are missed most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.measures.agreement import AGREEMENT, f1, kappa_pulls, precision, recall
from tokscope.measures.ratios import ratio
from tokscope.morphemes.scored import COUNTS, Cut, Laid, coded, most_missed
from tokscope.morphemes.strings import in_common
from tokscope.tokenizers import Tokenizer

Sums = Mapping[str, int]
MANY = 100  # categories; more would be too many to read
_CERTAIN = 1.96  # standard errors on either side of a 95 % interval
# measure -> its unit, and what computes it from sums of counts
MEASURES: Mapping[str, tuple[str, Callable[[Sums], float]]] = {
    "words": ("words", lambda s: s["words"]),
    **AGREEMENT,
    "recall_if_cut": ("share", lambda s: ratio(s["hits"], s["open"])),
    "one_token": ("share", lambda s: ratio(s["one_token"], s["words"])),
    "exact": ("share", lambda s: ratio(s["exact"], s["words"])),
    "kept": ("share", lambda s: ratio(s["kept"], s["morphemes"])),
    "hard": ("share", lambda s: ratio(s["hard"], s["compounds"])),
    "unknown": ("words", lambda s: s["unknown"]),
    "respelled": ("words", lambda s: s["respelled"]),
    "positions": ("positions", lambda s: s["positions"]),
    "hits": ("cuts", lambda s: s["hits"]),
    "false": ("cuts", lambda s: s["false"]),
    "missed": ("boundaries", lambda s: s["missed"]),
    "inside": ("cuts", lambda s: s["inside"]),
}


class Row(NamedTuple):
    """A value."""

    part: str  # all, category, boundary or strings
    gold: str
    tokenizer: str
    name: str  # of the category or the boundary
    measure: str
    value: float
    unit: str
    low: float = nan
    high: float = nan
    examples: str = ""


@dataclass(frozen=True)
class Found:
    """Gold, and how each tokenizer cuts its words."""

    laid: Laid
    cuts: Mapping[str, Cut]

    @cached_property
    def sums(self) -> Mapping[str, Sums]:
        """The sums of all counts of each tokenizer."""
        return {name: _sums(self.weighted(name)) for name in self.cuts}

    def weighted(self, tokenizer: str) -> NDArray[np.int64]:
        """Return the counts of each word, times how often it counts; (W, counts)."""
        return self.cuts[tokenizer].counts * self.laid.gold.weights[:, None]

    def pulls(self, tokenizer: str) -> NDArray[np.float64]:
        """Return how much each word adds to the error of kappa; (W,)."""
        return _pulls(self.weighted(tokenizer))


def _sums(counts: NDArray[np.int64]) -> dict[str, int]:
    return dict(zip(COUNTS, counts.sum(axis=0).tolist(), strict=True))


def _pulls(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    positions, *cells = (
        counts[:, COUNTS.index(n)] for n in ("positions", "hits", "false", "missed")
    )
    return kappa_pulls(np.stack([*cells, positions - sum(cells)], axis=1))


def width(pulls: NDArray[np.float64]) -> float:
    """Return half of the 95 % interval of a value, by how much each word adds to its error."""
    words = len(pulls)
    return _CERTAIN * sqrt(words / (words - 1) * float((pulls**2).sum())) if words > 1 else nan


def rows_of(found: Sequence[Found], top: int) -> list[Row]:
    """Return all rows."""
    return [
        row for one in found for row in (*_agreement(one), *_categories(one), *_missed(one, top))
    ]


def _agreement(found: Found) -> Iterator[Row]:
    for name in found.cuts:
        yield from _measured(found.weighted(name), "all", found.laid.gold.name, name, "")


def _measured(
    counts: NDArray[np.int64], part: str, gold: str, tokenizer: str, name: str
) -> Iterator[Row]:
    sums = _sums(counts)
    for measure, (unit, computed) in MEASURES.items():
        row = Row(part, gold, tokenizer, name, measure, computed(sums), unit)
        if measure == "kappa":
            half = width(_pulls(counts))
            row = row._replace(low=row.value - half, high=row.value + half)
        yield row


def _categories(found: Found) -> Iterator[Row]:
    """Yield the same for the words of each category, if there are several, but not too many."""
    gold = found.laid.gold
    names, codes = coded(gold.categories)
    weighted = {name: found.weighted(name) for name in found.cuts}
    for code, category in enumerate(names if 1 < len(names) <= MANY else ()):
        for tokenizer, counts in weighted.items():
            yield from _measured(counts[codes == code], "category", gold.name, tokenizer, category)


def _missed(found: Found, top: int) -> Iterator[Row]:
    gold = found.laid.gold.name
    for tokenizer, own in found.cuts.items():
        for one in most_missed(found.laid, own, top):
            shown = " ".join(one.examples)
            head = ("boundary", gold, tokenizer, one.name)
            yield Row(*head, "missed", one.missed, "boundaries", examples=shown)
            yield Row(*head, "boundaries", one.boundaries, "boundaries", examples=shown)


def rows_of_strings(golds: Sequence[Laid], tokenizers: Sequence[Tokenizer]) -> Iterator[Row]:
    """Yield how many morphemes are tokens, and tokens morphemes, as strings."""
    for laid in golds:
        for one in tokenizers:
            found = in_common(laid.gold, laid.before, one)
            head = ("strings", laid.gold.name, one.name, "")
            false, lost = (found[name] - found["common"] for name in ("tokens", "morphemes"))
            yield Row(*head, "words", found["words"], "words")
            yield Row(*head, "precision", precision(found["common"], false), "share")
            yield Row(*head, "recall", recall(found["common"], lost), "share")
            yield Row(*head, "f1", f1(found["common"], false, lost), "share")
