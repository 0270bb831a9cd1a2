"""Shares from replayed pairs: the linear program of Hayase et al. 2024 (arXiv 2407.16607).

The pair of merge t was the most frequent one in the training text just before the merge. Let
c[p](t) be the counts of pair p before merge t in each of n corpora, relative to all pairs there:

    minimise  sum v + sum w   over shares alpha, v >= 0, w >= 0
    with      alpha · c[m(t)](t) + v[t] + w[p] >= alpha · c[p](t)   for all t and p other than m(t).

The counts of a pair stay the same from one of its records to the next; that stretch is a segment.
The row of a pair at its own merge always holds, so there is no need to exclude it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tokscope.errors import TokscopeError
from tokscope.mixture.replay import Replay

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Program:
    """S segments of P pairs, T merges and n corpora; counts are shares of a corpus's pairs."""

    values: csr_array  # (S, n) counts of a pair from `start` to `stop`
    own: Floats  # (T, n) counts of the merged pair, just before the merge
    start: Ints  # (S,)
    stop: Ints  # (S,)
    pair: Ints  # (S,)
    merged: Ints  # (T,) the pair of each merge, -1 if it is in no corpus
    free: NDArray[np.bool_]  # (T,) merges that make no rows, whatever the counts are
    records: Ints  # (S,) the replay's record of each segment
    merging: Ints  # (T,) the replay's record of each merge
    noise: Floats  # (S,) added to the counts of any mixture; 0 by default
    own_noise: Floats  # (T,)

    @property
    def bound(self) -> NDArray[np.bool_]:
        """Whether a merge makes rows, since its pair is in some corpus; shape (T,)."""
        return np.any(self.own > 0, axis=1) & ~self.free

    def head(self, steps: int) -> Program:
        """Return the program of only the first merges."""
        seen = self.start < steps
        return Program(
            self.values[seen],
            self.own[:steps],
            self.start[seen],
            np.minimum(self.stop[seen], steps),
            self.pair[seen],
            self.merged[:steps],
            self.free[:steps],
            self.records[seen],
            self.merging[:steps],
            self.noise[seen],
            self.own_noise[:steps],
        )

    def reweighted(self, occurrences: csr_array, pairs: Floats) -> Program:
        """Return the same program with other counts."""
        values = csr_array(occurrences)
        values.data = values.data / np.maximum(pairs, 1)[values.indices]
        own = np.zeros((len(self.merged), len(pairs)))
        there = self.merged >= 0
        own[there] = values[self.merging[there]].toarray()
        return replace(self, values=values[self.records], own=own)

    def mixed(self, shares: Floats) -> tuple[Floats, Floats]:
        """Return the counts of segments, (S,), and of merges, (T,), in a mixture."""
        return self.values @ shares + self.noise, self.own @ shares + self.own_noise

    def with_noise(self, counts: Floats) -> Program:
        """Return the program with counts (R,), by record, added to those of the mixture."""
        own = np.where(self.merged >= 0, counts[self.merging], 0.0)
        return replace(self, noise=counts[self.records], own_noise=own)


@dataclass(frozen=True)
class Rows:
    """Rows of the program: at a merge, against a segment."""

    step: Ints
    segment: Ints

    def __len__(self) -> int:
        return len(self.step)

    def only(self, chosen: NDArray[Any]) -> Rows:
        """Return some of the rows."""
        return Rows(self.step[chosen], self.segment[chosen])

    def and_(self, others: Rows) -> Rows:
        """Return these rows followed by others."""
        return Rows(np.append(self.step, others.step), np.append(self.segment, others.segment))


NO_ROWS = Rows(np.zeros(0, np.int64), np.zeros(0, np.int64))


def program(
    replay: Replay, occurrences: csr_array, pairs: Floats, free: NDArray[np.bool_]
) -> Program:
    """Build the linear program of replayed words.

    Args:
        replay: of words in n corpora under T merges, with R records.
        occurrences: (R, n) `replay.occurrences` of their counts.
        pairs: (n,) pairs before the first merge.
        free: (T,) merges that make no rows, whatever the counts are.

    Raises:
        TokscopeError: no merge makes rows.
    """
    rules, steps = replay.rules, len(replay.rules)
    last = np.append(replay.first[1:], True)[: len(replay)]
    stop = np.where(last, steps, np.append(replay.start[1:], 0)[: len(replay)])
    pair = np.cumsum(replay.first) - 1
    # the record of the merged pair that is current at the merge
    moments = replay.keys * (steps + 1) + replay.start
    merging = np.searchsorted(moments, rules.keys * (steps + 1) + np.arange(steps), "right") - 1
    there = (rules.keys >= 0) & (merging >= 0)
    there[there] = replay.keys[merging[there]] == rules.keys[there]
    merged = np.full(steps, -1)
    merged[there] = pair[merging[there]]
    held = np.diff(occurrences.indptr) > 0
    used = np.flatnonzero((stop > replay.start) & held)
    unweighted = Program(
        csr_array((0, 0)),
        np.zeros((0, 0)),
        replay.start[used],
        stop[used],
        pair[used],
        merged,
        free,
        used,
        merging,
        np.zeros(len(used)),
        np.zeros(steps),
    )
    return require_rows(unweighted.reweighted(occurrences, pairs))


def require_rows(program: Program) -> Program:
    """Raise TokscopeError unless a merge makes rows."""
    if not program.bound.any():
        raise TokscopeError(
            "no merge can be found in these corpora: their text is too little, or nothing like "
            "what the tokenizer was trained on"
        )
    return program
