"""Which language does a token belong to? The answer comes from the use of tokens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def language_of_token(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return P(language | token), with all languages equally likely.

    P(l | t) = (c_lt / N_l) / sum over languages of (c_kt / N_k), where c_lt is how often token t
    occurs in the text of language l, and N_l is the number of tokens of that text. `counts` holds
    c, shape (languages, V). The result has the same shape: each column sums to 1, or is NaN if the
    token is in no text. Bayes' rule with a uniform prior.

    >>> language_of_token(np.array([[3, 1, 0], [0, 1, 0]]))[:, :2].tolist()
    [[1.0, 0.2], [0.0, 0.8]]
    """
    sizes = counts.sum(axis=1, keepdims=True)
    rates = counts / np.maximum(sizes, 1)
    total = rates.sum(axis=0)
    return np.divide(rates, total, out=np.full(rates.shape, np.nan), where=total > 0)
