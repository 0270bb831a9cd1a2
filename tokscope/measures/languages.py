"""Whose is a token? Languages by the use of tokens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def language_of_token(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return P(language | token), every language as likely as any other.

    P(l | t) = (c_lt / N_l) / sum over languages of (c_kt / N_k), where c_lt is how often token t is
    in the text of language l, and N_l the number of its tokens. `counts` holds c, shape
    (languages, V), and so does the result: each column sums to 1, or is NaN where a token is in
    none of the texts. Bayes' rule with a uniform prior.

    >>> language_of_token(np.array([[3, 1, 0], [0, 1, 0]]))[:, :2].tolist()
    [[1.0, 0.2], [0.0, 0.8]]
    """
    sizes = counts.sum(axis=1, keepdims=True)
    rates = counts / np.maximum(sizes, 1)
    total = rates.sum(axis=0)
    return np.divide(rates, total, out=np.full(rates.shape, np.nan), where=total > 0)
