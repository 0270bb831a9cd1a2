"""What an inferred mixture does not explain, and what the text cannot tell."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.program import Program

Floats = NDArray[np.float64]


def sampling_noise(program: Program, pairs: Floats, shares: Floats) -> float:
    """Return what the objective could be, by its order, if text were drawn at random.

    The sum, over merges, of the standard deviation of the mixture's count of the merged pair, with
    independent (Poisson) occurrences. Counts are parts of all pairs, as in the objective.

    Args:
        program: of T merges and n corpora.
        pairs: (n,) pairs in each corpus.
        shares: (n,) of pairs.
    """
    variances = program.own[program.bound] @ (shares**2 / np.maximum(pairs, 1))
    return float(np.sqrt(variances).sum())


def distances(program: Program, pairs: Floats) -> Floats:
    """Return how much the counts of merged pairs differ between corpora; shape (n, n).

    In units of what two samples of one source would differ by: about 1 says that two corpora look
    the same.
    """
    n = len(pairs)
    found = np.zeros((n, n))
    for i, j in combinations(range(n), 2):
        one, other = program.own[:, i], program.own[:, j]
        noise = np.sqrt((one / pairs[i] + other / pairs[j]) * 2 / np.pi).sum()
        found[i, j] = found[j, i] = np.abs(one - other).sum() / noise if noise else np.nan
    return found
