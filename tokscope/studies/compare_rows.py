"""The values of a comparison, row by row: measures with their intervals, and costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tokscope.counting.catalog import MEASURES, TYPES, Value
from tokscope.counting.counted import (
    ALL,
    Counted,
)
from tokscope.counting.resampled import (
    Resampled,
    Spread,
    Uncertainty,
    events_of,
    uncertainty,
)
from tokscope.counting.values import values_of

COST = "cost"


class Row(NamedTuple):
    """A row of the report; from `difference` on only with a bootstrap."""

    tokenizer: str
    corpus: str
    measure: str
    value: float
    low: float
    high: float
    unit: str
    better: str
    difference: float = math.nan  # from the first tokenizer
    difference_low: float = math.nan
    difference_high: float = math.nan
    verdict: str = ""  # what the difference means


def rows(
    name: str, counted: Counted, first: int, resamples: Sequence[Sequence[Resampled]]
) -> list[Row]:
    """Return the values of one measure: by corpus, and for all corpora together."""
    measure = MEASURES[name]
    names = [corpus.name for corpus in counted.corpora]
    sampled = bool(resamples) and TYPES not in measure.columns
    made: list[Row] = []
    values_0: dict[str, Value] = {}
    spread_0: dict[str, Spread] = {}
    for k, tokenizer in enumerate(counted.tokenizers):
        values = values_of(measure, [row[k] for row in counted.tallies], names, first)
        drawn = [row[k] for row in resamples] if sampled else []
        drawn_values = values_of(measure, drawn, names, first, values) if sampled else {}
        spread = _spread(counted, k, name, drawn_values, values)
        for corpus, value in values.items():
            doubt = Uncertainty()
            if sampled and not math.isnan(value):
                base = spread_0.get(corpus) if k else None
                doubt = uncertainty(spread[corpus], base, measure.better)
            difference = value - values_0[corpus] if k and sampled else math.nan
            row = Row(
                tokenizer.name,
                corpus,
                name,
                value,
                doubt.low,
                doubt.high,
                measure.unit,
                measure.better,
                difference,
                doubt.difference_low,
                doubt.difference_high,
                doubt.verdict,
            )
            made.append(row)
        values_0, spread_0 = values_0 or values, spread_0 or spread
    return made


def _spread(
    counted: Counted, k: int, name: str, drawn: Mapping[str, Value], values: Mapping[str, float]
) -> dict[str, Spread]:
    """Return the resampled values of a measure, with the events if it is a share.

    If a tokenizer has no unknown token, a rate of 0 is certain and needs no interval.
    """
    share = MEASURES[name].share
    never = name == "unknown_rate" and counted.tokenizers[k].vocabulary.unknown is None
    if not drawn or share is None or never:
        return {corpus: Spread(own) for corpus, own in drawn.items()}
    known = [one for one, value in values.items() if one != ALL and not math.isnan(value)]
    events = events_of(counted, k, share, known)
    # if the share is undefined in every corpus, there is no total either
    return {corpus: Spread(own, events.get(corpus)) for corpus, own in drawn.items()}


def costs(counted: Counted, prices: Mapping[str, float]) -> list[Row]:
    """Return what each corpus costs as input at a price per million tokens."""
    places = {tokenizer.name: k for k, tokenizer in enumerate(counted.tokenizers)}
    made: list[Row] = []
    for label, price in prices.items():
        k = places[label]
        own = [row[k].total("tokens") * price / 1e6 for row in counted.tallies]
        names = [corpus.name for corpus in counted.corpora]
        totals = zip([*names, ALL], [*own, sum(own)], strict=True)
        shown = totals if len(names) > 1 else zip(names, own, strict=True)
        made += [
            Row(label, name, COST, cost, math.nan, math.nan, "currency", "lower")
            for name, cost in shown
        ]
    return made


def in_order(made: list[Row], counted: Counted) -> list[Row]:
    """Order rows by tokenizer, corpus and measure, each as given."""
    tokenizers = {tokenizer.name: i for i, tokenizer in enumerate(counted.tokenizers)}
    corpora = {name: i for i, name in enumerate((*(c.name for c in counted.corpora), ALL))}
    return sorted(made, key=lambda row: (tokenizers[row.tokenizer], corpora[row.corpus]))
