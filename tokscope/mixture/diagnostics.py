"""What an inferred mixture leaves unexplained, and what the text cannot decide."""

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
_FEW = 30  # merges needed to estimate the scatter of a corpus


def block_variances(evidence: Evidence, program: Program) -> Floats:
    """Return the variance of the count of each merged pair, c[m(t)](t), by corpus; shape (T, n).

    It is estimated from the differences between blocks of text. Text that stays on one subject for
    a while varies more than words drawn independently. For a corpus of a single block, independent
    words are the only estimate.
    """
    held = csc_array(evidence.merged_by_block(program))
    owner, sizes = evidence.counts.owner, evidence.counts.sizes
    variances = np.zeros(program.own.shape)
    for corpus in range(len(evidence.counts.names)):
        mine = owner == corpus
        counts, blocks = held[:, mine].toarray(), int(mine.sum())
        whole = counts.sum(axis=1)
        variances[:, corpus] = whole
        if blocks > 1:
            expected = whole[:, None] * (sizes[mine] / sizes[mine].sum())
            variances[:, corpus] = ((counts - expected) ** 2).sum(axis=1) * (blocks / (blocks - 1))
    return variances / evidence.pairs() ** 2


def sampling_noise(evidence: Evidence, program: Program, shares: Floats) -> float:
    """Return roughly what the objective would be if sampling were the only source of error.

    The sum over merges of the standard deviation of the count of the merged pair in the mixture.
    """
    variances = block_variances(evidence, program)[program.bound]
    return float(np.sqrt(variances @ shares**2).sum())


def scatter(program: Program, pairs: Floats, shares: Floats) -> Floats:
    """Return how many times more counts vary than those of independent words would; shape (n,).

    In the training text, the count of the merged pair falls from merge to merge. So the falling
    curve nearest to the counts of the mixture estimates it well. The result is the median, over
    merges, of the squared distance from that curve over the variance of independent occurrences.
    For each corpus, the merges are those whose pair comes mostly from it, or all merges if there
    are few of those. The noise of the counted text and that of the training text both add to it.
    """
    held = program.bound & (program.own @ shares > 0)
    parts = program.own[held] * shares
    counts = parts.sum(axis=1)
    variances = program.own[held] @ (shares**2 / pairs)
    ratios = (counts - isotonic_regression(counts, increasing=False).x) ** 2 / variances
    factors = np.full(len(shares), np.median(ratios))
    mostly = parts > 0.8 * counts[:, None]
    for corpus in np.flatnonzero(mostly.sum(axis=0) >= _FEW):
        factors[corpus] = np.median(ratios[mostly[:, corpus]])
    return np.asarray(factors / _MEDIAN)


def distances(program: Program, pairs: Floats) -> Floats:
    """Return how much the counts of merged pairs differ between corpora; shape (n, n).

    The unit is the expected difference of two samples of one source: at about 1, two corpora look
    the same.
    """
    n = len(pairs)
    apart = np.zeros((n, n))
    for i, j in combinations(range(n), 2):
        one, other = program.own[:, i], program.own[:, j]
        noise = np.sqrt((one / pairs[i] + other / pairs[j]) * 2 / np.pi).sum()
        apart[i, j] = apart[j, i] = np.abs(one - other).sum() / noise if noise else np.nan
    return apart


def log_error(shares: Floats, truth: Floats) -> float:
    """Return the log10 of the mean squared error of shares (Hayase et al. 2024, section 4).

    >>> round(log_error(np.array([0.6, 0.4]), np.array([0.5, 0.5])), 9)
    -2.0
    """
    error = float(np.mean((shares - truth) ** 2))
    return float(np.log10(error)) if error else -np.inf
