"""What an inferred mixture does not explain, and what the text cannot tell."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.sparse import csc_array

from tokscope.mixture.evidence import Evidence
from tokscope.mixture.program import Program

Floats = NDArray[np.float64]
_MEDIAN = 0.4549  # of a squared standard normal variable: chi-squared with one degree of freedom
_FEW = 30  # merges from which the scatter of a corpus is told


def block_variances(evidence: Evidence, program: Program) -> Floats:
    """Return by how much the count of a merged pair would differ in text like this; (T, n).

    The variance of c[m(t)](t) of each corpus, from how it differs between blocks of its text. Text
    that stays on a subject for a while differs by more than words drawn one by one; of a corpus
    that is one block nothing else is known.
    """
    held = csc_array(evidence.merged_by_block(program))
    owner, sizes = evidence.counts.owner, evidence.counts.sizes
    found = np.zeros(program.own.shape)
    for corpus in range(len(evidence.counts.names)):
        mine = owner == corpus
        counts, blocks = held[:, mine].toarray(), int(mine.sum())
        whole = counts.sum(axis=1)
        found[:, corpus] = whole
        if blocks > 1:
            expected = whole[:, None] * (sizes[mine] / sizes[mine].sum())
            found[:, corpus] = ((counts - expected) ** 2).sum(axis=1) * (blocks / (blocks - 1))
    return found / evidence.pairs() ** 2


def sampling_noise(evidence: Evidence, program: Program, shares: Floats) -> float:
    """Return what the objective could be, by its order, if all were text of the same kinds.

    The sum, over merges, of the standard deviation of the mixture's count of the merged pair.
    """
    variances = block_variances(evidence, program)[program.bound]
    return float(np.sqrt(variances @ shares**2).sum())


def scatter(program: Program, pairs: Floats, shares: Floats) -> Floats:
    """Return how many times more counts scatter than words drawn one by one would; shape (n,).

    The count of the merged pair falls from merge to merge in what was trained on, so that it is as
    good as known: it is the nearest falling curve. The squares of what the mixture's counts differ
    from it by, over the variance of independent occurrences; the median of those merges whose pair
    is mostly of one corpus, or of all merges for a corpus that has few of them. It has in it the
    noise of the text counted and that of the text trained on.
    """
    held = program.bound & (program.own @ shares > 0)
    parts = program.own[held] * shares
    counts = parts.sum(axis=1)
    variances = program.own[held] @ (shares**2 / pairs)
    ratios = (counts - isotonic_regression(counts, increasing=False).x) ** 2 / variances
    found = np.full(len(shares), np.median(ratios))
    mostly = parts > 0.8 * counts[:, None]
    for corpus in np.flatnonzero(mostly.sum(axis=0) >= _FEW):
        found[corpus] = np.median(ratios[mostly[:, corpus]])
    return np.asarray(found / _MEDIAN)


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


def log_error(shares: Floats, truth: Floats) -> float:
    """Return the log10 of the mean squared error of shares (Hayase et al. 2024, section 4).

    >>> round(log_error(np.array([0.6, 0.4]), np.array([0.5, 0.5])), 9)
    -2.0
    """
    error = float(np.mean((shares - truth) ** 2))
    return float(np.log10(error)) if error else -np.inf
