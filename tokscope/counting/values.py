"""Compute the values of measures from tallies."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from tokscope.counting.catalog import Measure, Value
from tokscope.counting.counted import ALL


def names_of(measure: Measure, corpora: Sequence[str]) -> list[str]:
    """Return the names for which `values_of` has values if all of them are defined."""
    if measure.over == "corpora":
        return [ALL]
    return [*corpora, ALL] if measure.over == "corpus" and len(corpora) > 1 else list(corpora)


def values_of(
    measure: Measure,
    totals: Sequence[Any],
    names: Sequence[str],
    first: int,
    known: Mapping[str, float] | None = None,
) -> dict[str, Value]:
    """Return the value for each corpus and for all together; `known` says which are defined.

    `totals` holds a tally, or its resamples, for each corpus; `first` is the reference.
    """
    if measure.over == "corpora":
        return {ALL: measure.compute([totals[first], *totals[:first], *totals[first + 1 :]])}
    reference = [totals[first]] if measure.over == "reference" else []
    values = {
        name: measure.compute([total, *reference])
        for name, total in zip(names, totals, strict=True)
    }
    if measure.over == "corpus" and len(totals) > 1:
        defined = [
            total
            for name, total in zip(names, totals, strict=True)
            if not math.isnan((known or values)[name])
        ]
        values[ALL] = measure.compute([reduce(operator.add, defined)]) if defined else math.nan
    return values
