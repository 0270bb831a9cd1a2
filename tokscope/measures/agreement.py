"""How well cuts agree with gold boundaries, and how much of that is chance.

Of N positions where a cut may be, `tp` have a cut and a boundary, `fp` a cut alone, and `fn` a
boundary alone. All values are ratios of counts over all words, never means over words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tokscope.measures.ratios import ratio


def precision(tp: int, fp: int) -> float:
    """Return the share of cuts that are boundaries: tp / (tp + fp); NaN without cuts.

    >>> precision(3, 1)
    0.75
    """
    return ratio(tp, tp + fp)


def recall(tp: int, fn: int) -> float:
    """Return the share of boundaries that are cuts: tp / (tp + fn); NaN without boundaries.

    >>> recall(3, 2)
    0.6
    """
    return ratio(tp, tp + fn)


def f1(tp: int, fp: int, fn: int) -> float:
    """Return the harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn), in [0, 1].

    NaN without cuts and boundaries; 0 with either, if none agree.

    >>> f1(3, 1, 2), f1(0, 0, 1)
    (0.6666666666666666, 0.0)
    """
    return ratio(2 * tp, 2 * tp + fp + fn)


def recall_by_chance(tp: int, fp: int, positions: int) -> float:
    """Return the recall of as many cuts at random positions: (tp + fp) / N; NaN without positions.

    >>> recall_by_chance(3, 1, 20)
    0.2
    """
    return ratio(tp + fp, positions)


def kappa(tp: int, fp: int, fn: int, positions: int) -> float:
    """Return the agreement beyond chance: (p_o - p_e) / (1 - p_e), in [-1, 1].

    p_o = (tp + tn) / N is how often both say the same of a position, and p_e is how often they
    would by chance: ((tp + fp)(tp + fn) + (fn + tn)(fp + tn)) / N². 0 where cuts are everywhere or
    nowhere; NaN where boundaries are too, in the same way. Source: Cohen (1960).

    Computed in whole numbers, as 2 (tp tn - fp fn) over (tp + fp)(fp + tn) + (tp + fn)(fn + tn).

    >>> kappa(3, 1, 2, 20), kappa(5, 15, 0, 20), kappa(5, 0, 0, 20)
    (0.5714285714285714, 0.0, 1.0)
    """
    tp, fp, fn = int(tp), int(fp), int(fn)  # products of 64 bits could overflow
    tn = int(positions) - tp - fp - fn
    chance = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
    return 2 * (tp * tn - fp * fn) / chance if chance else math.nan


def kappa_pulls(cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much each of some words adds to the error of kappa, by its slopes; (W,).

    `cells` has for each word its positions with both, with a cut alone, with a boundary alone, and
    with neither; (W, 4). The sum of the result is 0, and W / (W - 1) times the sum of its squares
    is the variance of kappa over other words of the same kind. The difference of two results is
    that of the difference of two kappas of the same words. NaN where kappa is. Source: the
    infinitesimal jackknife (Jaeckel 1972).

    >>> kappa_pulls(np.array([[1, 0, 0, 4], [0, 1, 1, 3]])).round(4).tolist()
    [0.3125, -0.3125]
    """
    tp, fp, fn, tn = cells.sum(axis=0).astype(float)
    cuts, golds, no_cuts, no_golds = tp + fp, tp + fn, fn + tn, fp + tn
    chance = cuts * no_golds + golds * no_cuts
    if not chance:
        return np.full(len(cells), np.nan)
    value = 2 * (tp * tn - fp * fn) / chance
    above = 2 * np.array([tn, -fn, -fp, tp])
    below = np.array([no_golds + no_cuts, no_golds + cuts, no_cuts + golds, cuts + golds])
    return cells @ ((above - value * below) / chance)


# measure -> its unit, and what computes it from counts by their names
AGREEMENT: Mapping[str, tuple[str, Callable[[Mapping[str, int]], float]]] = {
    "precision": ("share", lambda c: precision(c["hits"], c["false"])),
    "recall": ("share", lambda c: recall(c["hits"], c["missed"])),
    "f1": ("share", lambda c: f1(c["hits"], c["false"], c["missed"])),
    "by_chance": ("share", lambda c: recall_by_chance(c["hits"], c["false"], c["positions"])),
    "kappa": ("index", lambda c: kappa(c["hits"], c["false"], c["missed"], c["positions"])),
}
