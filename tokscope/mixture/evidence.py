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
_SEEN = 20  # occurrences of a pair in the text; below this, counts are mostly sampling noise
_WINDOW = 100  # merges whose median count must be above `_SEEN`
_COLUMNS = 8  # corpora held in memory at once with the counts of all records


@dataclass(frozen=True)
class Evidence:
    """Counts in n corpora, and the effect of T merges on their words."""

    counts: Counts
    origin: NDArray[np.int64]  # (W,) the pretoken of each word
    words: Words
    free: NDArray[np.bool_]  # (T,) merges without rows: added by hand, or too early
    replay: Replay
    alphabet: Sequence[bytes]  # the symbols before the first merge
    marks: Marks = NO_MARKS  # of them

    def occurrences(self, weights: Floats | None = None) -> csr_array:
        """Return counts of pairs by record, (R, n), where blocks count by weights.

        The matrix is sparse and is built a few corpora at a time, because there can be millions of
        records and a hundred corpora.
        """
        counts = self.counts.matrix(weights)
        parts = []
        for first in range(0, counts.shape[1], _COLUMNS):
            some = counts[:, first : first + _COLUMNS].toarray()
            parts.append(csc_array(self.replay.occurrences(some[self.origin])))
        return csr_array(hstack(parts, format="csr"))

    def pairs(self, weights: Floats | None = None) -> Floats:
        """Return the number of pairs in each corpus before the first merge; shape (n,)."""
        held = np.bincount(self.origin, self.words.pairs, minlength=len(self.counts.pretokens))
        return np.asarray(held @ self.counts.matrix(weights))

    def mixed_occurrences(self, weights: Floats) -> Floats:
        """Return counts of pairs by record, (R,), where pretokens count by weights, (W,)."""
        return self.replay.occurrences(weights[self.origin, None])[:, 0]

    def merged_by_block(self, program: Program) -> csr_array:
        """Count the pair of each merge in each block, just before the merge; shape (T, B)."""
        held = self.replay.held(program.merging, program.merged >= 0, len(self.words))
        width = len(self.counts.pretokens)
        whose = csr_array(
            (np.ones(len(self.origin)), (np.arange(len(self.origin)), self.origin)),
            shape=(len(self.origin), width),
        )
        return csr_array(held @ whose @ self.counts.blocks)

    def linear_program(self) -> Program:
        """Build the linear program of all replayed merges, once.

        Raises:
            TokscopeError: a corpus holds no pair, or no merge makes rows.
        """
        return self._program

    @cached_property
    def _program(self) -> Program:
        pairs = self.pairs()
        for name, count in zip(self.counts.names, pairs.tolist(), strict=True):
            if not count:
                raise TokscopeError(f"corpus '{name}' holds no two characters that could be merged")
        return program(self.replay, self.occurrences(), pairs, self.free)

    def supported(self) -> int:
        """Return how many merges the text supports: until their pairs become too rare in it."""
        held = np.where(self.free, 0, self.linear_program().own @ self.pairs())
        present = np.flatnonzero(held)  # missing merges say nothing about the size of text
        if not len(present):
            return len(held)
        width = min(_WINDOW, len(present))
        windows = np.lib.stride_tricks.sliding_window_view(held[present], width)
        scarce = np.flatnonzero(np.median(windows, axis=1) < _SEEN)
        return int(present[scarce[0] + width // 2]) + 1 if len(scarce) else len(held)

    def missing(self, steps: int) -> NDArray[np.int64]:
        """Return those of the first `steps` merges whose pair occurs in no corpus."""
        known = self.replay.rules.keys[:steps] >= 0
        constrained = self.linear_program().bound[:steps] | self.linear_program().free[:steps]
        return np.flatnonzero(known & ~constrained)

    def bytes_of(self, shares: Floats, weights: Floats | None = None) -> Floats:
        """Convert shares of pairs to shares of bytes; shape (n,)."""
        sizes = shares * self.counts.bytes(weights) / self.pairs(weights)
        return np.asarray(sizes / sizes.sum())

    def product(self, record: int) -> bytes:
        """Return the bytes that the pair of a record spells, with its marks."""
        rules = self.replay.rules
        left, right = divmod(int(self.replay.keys[record]), rules.symbols)
        waiting, parts = [right, left], []
        while waiting:
            symbol = waiting.pop()
            step = symbol - rules.alphabet
            if step < 0:
                parts.append(self.alphabet[symbol])
            else:
                waiting += [int(rules.right[step]), int(rules.left[step])]
        return self.marks.join(parts)

    def subset(self, names: Sequence[str]) -> Evidence:
        """Return the named corpora, in the order given."""
        return replace(self, counts=self.counts.subset(names))


def evidence(
    counts: Counts, merges: Merges, steps: int, *, first: int = 0, workers: Workers = HERE
) -> Evidence:
    """Replay the first `steps` merges on counted pretokens; those from `first` on make rows."""
    rules, alphabet = rules_of(merges, steps)
    words = spelled(counts.pretokens, merges, alphabet)
    return assembled(counts, merges, words, replay(words.words, rules, workers), first)


def assembled(counts: Counts, merges: Merges, words: Spelled, done: Replay, first: int) -> Evidence:
    """Combine counts and replayed merges."""
    steps = len(done.rules)
    free = np.fromiter(map(merges.is_manual, range(steps)), bool, steps)
    free[:first] = True
    return Evidence(counts, words.origin, words.words, free, done, words.alphabet, merges.marks)
