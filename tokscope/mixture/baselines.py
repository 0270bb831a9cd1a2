"""Simple guesses that an inferred mixture is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_MOST = 2_000_000  # matches counted at once


def _trie(tokens: Sequence[bytes]) -> tuple[NDArray[np.int64], ...]:
    """Return a trie: sorted edges `node * 256 + byte`, the node each leads to, and token by node.

    Node 0 is the root. A node where no token ends has the token -1.
    """
    codes: dict[bytes, int] = {b"": 0}
    for token in tokens:
        for length in range(1, len(token) + 1):
            codes.setdefault(token[:length], len(codes))
    keys = np.array([codes[prefix[:-1]] * 256 + prefix[-1] for prefix in codes if prefix])
    order = np.argsort(keys)
    ends = np.full(len(codes), -1)
    ends[[codes[token] for token in tokens]] = np.arange(len(tokens))
    return keys[order], order + 1, ends


def occurrences(
    tokens: Sequence[bytes], words: Sequence[bytes], counts: csr_array
) -> NDArray[np.float64]:
    """Count each token as a substring of the words, overlaps included; shape (T, n)."""
    places = {token: i for i, token in enumerate(dict.fromkeys(tokens))}  # tokens may repeat
    edges, nodes, ends = _trie(list(places))
    data = np.frombuffer(b"".join(words), np.uint8).astype(np.int64)
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    homes = np.repeat(np.arange(len(words)), lengths)
    limits = np.repeat(np.cumsum(lengths), lengths)
    totals = np.zeros((len(places), counts.shape[1]))
    for first in range(0, len(data), _MOST):
        at = np.arange(first, min(first + _MOST, len(data)))
        node, depth = np.zeros(len(at), np.int64), 0
        while len(at):
            keys = node * 256 + data[at + depth]
            edge = np.minimum(np.searchsorted(edges, keys), len(edges) - 1)
            there = edges[edge] == keys
            at, node, depth = at[there], nodes[edge[there]], depth + 1
            hit = ends[node] >= 0
            shape = (len(places), len(words))
            ones = (np.ones(hit.sum()), (ends[node[hit]], homes[at[hit]]))
            totals += (csr_array(ones, shape=shape) @ counts).toarray()
            more = at + depth < limits[at]
            at, node = at[more], node[more]
    return totals[[places[token] for token in tokens]]


def token_classification(
    tokens: Sequence[bytes],
    words: Sequence[bytes],
    counts: csr_array,
    sizes: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the share of tokens that are more frequent, per byte, in a corpus than in the others.

    The baseline TC of Hayase et al. 2024. Tokens that occur in no corpus do not count.

    Args:
        tokens: the T tokens.
        words: the W pretokens of the text.
        counts: (W, n) how often each word occurs in each corpus.
        sizes: (n,) bytes of text of each corpus.
    """
    rates = occurrences(tokens, words, counts) / sizes
    held = rates[rates.any(1)]
    wins = np.bincount(held.argmax(1), minlength=len(sizes)) if len(held) else np.ones(len(sizes))
    return np.asarray(wins / wins.sum())
