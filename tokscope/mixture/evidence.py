"""Counted text and replayed merges together: all that shares are inferred from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack

from tokscope.errors import TokscopeError
from tokscope.mixture.count import Counts
from tokscope.mixture.program import Program, program
from tokscope.mixture.replay import Replay, Words, replay
from tokscope.mixture.symbols import Spelled, rules_of, spelled
from tokscope.tokenizers.merges import NO_MARKS, Marks, Merges
from tokscope.workers import HERE, Workers

Floats = NDArray[np.float64]
_SEEN = 20  # occurrences of a merge's pair in the text, below which sampling noise is all there is
_WINDOW = 100  # merges whose median must be above that
_COLUMNS = 8  # corpora whose counts of all records are held at once


@dataclass(frozen=True)
class Evidence:
    """Counts in n corpora, and what T merges do to their words."""

    counts: Counts
    origin: NDArray[np.int64]  # (W,) the pretoken of each word
    words: Words
    free: NDArray[np.bool_]  # (T,) merges that make no rows: put there by hand, or before the first
    replay: Replay
    alphabet: Sequence[bytes]  # the symbols before the first merge
    marks: Marks = NO_MARKS  # of them

    def occurrences(self, weights: Floats | None = None) -> csr_array:
        """Return counts of pairs by record, (R, n), where blocks count by weights.

        Few records are of a pair that many corpora hold, and only some corpora are held whole at
        once: there may be millions of records, and a hundred corpora.
        """
        counts = self.counts.matrix(weights)
        parts = []
        for first in range(0, counts.shape[1], _COLUMNS):
            some = counts[:, first : first + _COLUMNS].toarray()
            parts.append(csc_array(self.replay.occurrences(some[self.origin])))
        return csr_array(hstack(parts, format="csr"))

    def pairs(self, weights: Floats | None = None) -> Floats:
        """Return the pairs in each corpus before the first merge; shape (n,)."""
        held = np.bincount(self.origin, self.words.pairs, minlength=len(self.counts.pretokens))
        return np.asarray(held @ self.counts.matrix(weights))

    def mixed_occurrences(self, weights: Floats) -> Floats:
        """Return counts of pairs by record, (R,), where pretokens count by weights, (W,)."""
        return self.replay.occurrences(weights[self.origin, None])[:, 0]

    def merged_by_block(self, program: Program) -> csr_array:
        """Return how often each block holds the pair of a merge, before it is merged; (T, B)."""
        held = self.replay.held(program.merging, program.merged >= 0, len(self.words))
        width = len(self.counts.pretokens)
        whose = csr_array(
            (np.ones(len(self.origin)), (np.arange(len(self.origin)), self.origin)),
            shape=(len(self.origin), width),
        )
        return csr_array(held @ whose @ self.counts.blocks)

    @cached_property
    def program(self) -> Program:
        """The program of all merges replayed.

        Raises:
            TokscopeError: a corpus holds no pair, or no merge makes rows.
        """
        pairs = self.pairs()
        for name, count in zip(self.counts.names, pairs.tolist(), strict=True):
            if not count:
                raise TokscopeError(f"corpus '{name}' holds no two characters that could be merged")
        return program(self.replay, self.occurrences(), pairs, self.free)

    def supported(self) -> int:
        """Return how many merges the text supports: until it hardly holds their pairs any more."""
        held = np.where(self.free, 0, self.program.own @ self.pairs())
        found = np.flatnonzero(held)  # a merge that is missing says nothing about the size of text
        if not len(found):
            return len(held)
        width = min(_WINDOW, len(found))
        windows = np.lib.stride_tricks.sliding_window_view(held[found], width)
        scarce = np.flatnonzero(np.median(windows, axis=1) < _SEEN)
        return int(found[scarce[0] + width // 2]) + 1 if len(scarce) else len(held)

    def missing(self, steps: int) -> NDArray[np.int64]:
        """Return the merges, of the first so many, whose pair no corpus holds."""
        known = self.replay.rules.keys[:steps] >= 0
        constrained = self.program.bound[:steps] | self.program.free[:steps]
        return np.flatnonzero(known & ~constrained)

    def bytes_of(self, shares: Floats, weights: Floats | None = None) -> Floats:
        """Turn shares of pairs into shares of bytes; shape (n,)."""
        found = shares * self.counts.bytes(weights) / self.pairs(weights)
        return np.asarray(found / found.sum())

    def product(self, record: int) -> bytes:
        """Return what the pair of a record would make, with the marks of its ends."""
        rules = self.replay.rules
        left, right = divmod(int(self.replay.keys[record]), rules.symbols)
        waiting, found = [right, left], []
        while waiting:
            symbol = waiting.pop()
            step = symbol - rules.alphabet
            if step < 0:
                found.append(self.alphabet[symbol])
            else:
                waiting += [int(rules.right[step]), int(rules.left[step])]
        return self.marks.join(found)

    def subset(self, names: Sequence[str]) -> Evidence:
        """Return some of the corpora, in the order given."""
        return replace(self, counts=self.counts.subset(names))


def evidence(
    counts: Counts, merges: Merges, steps: int, *, first: int = 0, workers: Workers = HERE
) -> Evidence:
    """Replay merges on counted pretokens: so many, of which those from `first` on make rows."""
    rules, alphabet = rules_of(merges, steps)
    found = spelled(counts.pretokens, merges, alphabet)
    return assembled(counts, merges, found, replay(found.words, rules, workers), first)


def assembled(counts: Counts, merges: Merges, found: Spelled, done: Replay, first: int) -> Evidence:
    """Put together what was counted and what was replayed."""
    steps = len(done.rules)
    free = np.fromiter(map(merges.is_manual, range(steps)), bool, steps)
    free[:first] = True
    return Evidence(counts, found.origin, found.words, free, done, found.alphabet, merges.marks)
