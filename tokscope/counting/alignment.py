"""Whether corpora that are said to be parallel look as if they were."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tokscope.counting.counted import Counted
from tokscope.measures.alignment import (
    correlation_of_translations,
    rank_correlation,
    unlike_translations,
)

_LINES = 10_000  # as many are looked at, evenly spread over the text


class Doubt(NamedTuple):
    """A corpus whose lines do not look like translations of those of the reference."""

    corpus: str
    correlation: float  # of the ranks of lengths in bytes
    expected: float  # the correlation of lengths that translations would have


def doubts_of(counted: Counted, reference: int) -> list[Doubt]:
    """Return the parallel corpora whose lines are not as long as translations would be.

    The order of lines matters here, which sums of tokens do not see: lines in another order have
    lengths that are not related to those of the reference.
    """
    if not counted.parallel:
        return []
    lengths = [row[0]["bytes"] for row in counted.tallies]
    lines = np.flatnonzero(lengths[reference])
    lines = lines[:: -(-len(lines) // _LINES) or 1]
    base = lengths[reference][lines]
    return [
        Doubt(corpus.name, rank_correlation(base, own[lines]), correlation_of_translations(base))
        for corpus, own in zip(counted.corpora, lengths, strict=True)
        if unlike_translations(base, own[lines])
    ]
