"""A list of merges applied to words once, for any number of counts.

Which pairs of symbols a word holds before each merge does not depend on how often the word occurs.
So the replay records, for every pair and every merge that changes it, in which words the pair
appears and disappears. Counts are multiplied in later, and again for each corpus, part or resample.

In each round, every word does its own next merge, all words at once. A round is a few passes over
the symbols that can still change. There are as many rounds as the slowest word has merges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tokscope.arrays import distinct
from tokscope.workers import HERE, Workers

Ints = NDArray[np.int64]
NEVER = np.iinfo(np.int32).max
BATCH = 2_000_000  # symbols replayed at once
NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Rules:
    """T merges: merge t makes the symbol `alphabet + t` from two earlier symbols.

    A symbol that cannot exist is -1, and its merge never applies.
    """

    alphabet: int  # symbols 0, ..., alphabet - 1 exist before the first merge
    left: Ints  # (T,)
    right: Ints  # (T,)
    also: tuple[Ints, ...] = ()  # left, right and merge of other pairs that become the same symbol

    def __len__(self) -> int:
        return len(self.left)

    @property
    def symbols(self) -> int:
        """The number of symbols after all merges."""
        return self.alphabet + len(self)

    @cached_property
    def keys(self) -> Ints:
        """The pair that each merge joins, as one number; -1 for a merge that never applies."""
        keys = self.left * self.symbols + self.right
        keys[(self.left < 0) | (self.right < 0)] = -1
        return keys

    @cached_property
    def _sorted(self) -> tuple[Ints, Ints]:
        keys, steps = self.keys, np.arange(len(self))
        if self.also:
            left, right, step = self.also
            keys, steps = np.append(keys, left * self.symbols + right), np.append(steps, step)
        keys, first = np.unique(keys, return_index=True)
        return keys, np.where(keys < 0, NEVER, steps[first])

    def ranks(self, keys: Ints) -> Ints:
        """Return which merge joins each pair; NEVER if no merge does."""
        known, ranks = self._sorted
        if not len(known):
            return np.full(len(keys), NEVER)
        at = np.searchsorted(known, keys)
        at[at == len(known)] = 0
        return np.where(known[at] == keys, ranks[at], NEVER)

    def head(self, steps: int) -> Rules:
        """Return only the first merges."""
        return Rules(self.alphabet, self.left[:steps], self.right[:steps])


@dataclass(frozen=True)
class Words:
    """W words, as sequences of symbols."""

    symbols: NDArray[np.int32]  # of all words, one after another
    ends: Ints  # (W,)

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def pairs(self) -> Ints:
        """The number of neighbouring pairs in each word before the first merge; shape (W,)."""
        return np.maximum(np.diff(self.ends, prepend=0) - 1, 0)

    def taken(self, chosen: NDArray[np.bool_]) -> Words:
        """Return some of the words, in order."""
        lengths = np.diff(self.ends, prepend=0)
        return Words(self.symbols[np.repeat(chosen, lengths)], np.cumsum(lengths[chosen]))

    def batches(self) -> Iterator[tuple[int, NDArray[np.int32], Ints]]:
        """Yield the number of the first word, the symbols, and the word of each symbol."""
        first = begin = 0
        while first < len(self):
            last = int(np.searchsorted(self.ends, begin + BATCH, side="right"))
            last = min(max(last, first + 1), len(self))
            end = int(self.ends[last - 1])
            lengths = np.diff(self.ends[first:last], prepend=begin)
            yield first, self.symbols[begin:end], np.repeat(np.arange(last - first), lengths)
            first, begin = last, end


@dataclass(frozen=True)
class Changes:
    """For some records, the words where a pair appears (word) or disappears (-1 - word)."""

    records: Ints  # (r,)
    starts: Ints  # (r + 1,)
    words: NDArray[np.int32]

    def matrix(self, words: int) -> csr_array:
        """Return the change at each record per occurrence of a word; shape (r, W)."""
        gone = self.words < 0
        sign = np.where(gone, -1.0, 1.0)
        at = np.where(gone, -1 - self.words, self.words)
        return csr_array((sign, at, self.starts), shape=(len(self.records), words))


@dataclass(frozen=True)
class Replay:
    """The pairs in words between merges: R records, sorted by pair, then by step.

    Record r says that the number of occurrences of its pair changes just before merge `start[r]`,
    and stays the same until the next record of that pair. A window of two symbols is an occurrence,
    so "aaa" holds (a, a) twice.
    """

    rules: Rules
    keys: Ints  # (R,) the pair, left * symbols + right
    start: Ints  # (R,)
    changes: Sequence[Changes]

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def first(self) -> NDArray[np.bool_]:
        """Whether a record is the first of its pair; shape (R,)."""
        return np.diff(self.keys, prepend=-1) != 0

    def occurrences(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how often each pair occurs from each record on; shapes (W, n) and (R, n)."""
        values = np.zeros((len(self), counts.shape[1]))
        for part in self.changes:
            values[part.records] += part.matrix(len(counts)) @ counts
        np.cumsum(values, axis=0, out=values)  # exact, since these are whole numbers below 2^53
        firsts = np.flatnonzero(self.first)
        before = np.concatenate((np.zeros_like(values[:1]), values[firsts[1:] - 1]))
        return values - np.repeat(before, np.diff(firsts, append=len(self)), axis=0)

    def held(self, records: Ints, wanted: NDArray[np.bool_], words: int) -> csr_array:
        """Return how often each word holds the pairs of some records from there on; shape (k, W).

        Rows of unwanted records are empty. No pair may be wanted twice.
        """
        row = np.full(len(self), -1)
        firsts = np.flatnonzero(self.first)
        for number in np.flatnonzero(wanted).tolist():
            record = int(records[number])
            begin = firsts[np.searchsorted(firsts, record, "right") - 1]
            row[begin : record + 1] = number
        counts = csr_array((len(records), words))
        for part in self.changes:
            rows = row[part.records]
            some = np.flatnonzero(rows >= 0)
            ones = (np.ones(len(some)), (rows[some], some))
            counts += csr_array(ones, shape=(len(records), len(rows))) @ part.matrix(words)
        return counts


def replay(words: Words, rules: Rules, workers: Workers = HERE) -> Replay:
    """Apply the merges in order, and record every change of every pair."""
    steps = len(rules) + 1
    parts = list(workers.map(_replayed, [(*batch, rules) for batch in words.batches()]))
    keys = distinct(np.concatenate([keys for keys, _, _ in parts] or [np.zeros(0, np.int64)]))
    changes = [
        Changes(np.searchsorted(keys, part), starts, signed) for part, starts, signed in parts
    ]
    return Replay(rules, keys // steps, keys % steps, changes)


def _replayed(
    first: int, symbols: NDArray[np.int32], homes: Ints, rules: Rules
) -> tuple[Ints, Ints, NDArray[np.int32]]:
    """Return the keys of a batch, where the changes of each key begin, and the changes."""
    parts = list(_rounds(symbols.astype(np.int64), homes, rules))
    keys = np.concatenate([keys for keys, _ in parts])
    signed = np.concatenate([signed for _, signed in parts])
    order = np.argsort(keys, kind="stable")  # fast here, since rounds are partly sorted
    keys, signed = keys[order], signed[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    signed += np.where(signed < 0, -first, first).astype(np.int32)
    return keys[starts], np.append(starts, len(keys)), signed


def lengths(words: Words, rules: Rules) -> Ints:
    """Return the number of symbols of each word after all merges; shape (W,)."""
    sizes = np.diff(words.ends, prepend=0)
    for first, symbols, homes in words.batches():
        rounds = _rounds(symbols.astype(np.int64), homes, rules)
        next(rounds)  # the pairs before the first merge
        signed = np.concatenate([signed for _, signed in rounds] or [np.zeros(0, np.int32)])
        come, gone = signed[signed >= 0], -1 - signed[signed < 0]  # a merge costs one pair
        size = int(homes.max(initial=-1)) + 1
        change = np.bincount(come, minlength=size) - np.bincount(gone, minlength=size)
        sizes[first : first + size] += change
    return sizes


def saved(words: Words, rules: Rules) -> csr_array:
    """Return how many symbols each merge saves in each word; shape (T, W)."""
    steps = len(rules) + 1
    rows, columns, values = [NONE], [NONE], [NONE]
    for first, symbols, homes in words.batches():
        rounds = _rounds(symbols.astype(np.int64), homes, rules)
        next(rounds)  # the pairs before the first merge
        for keys, signed in rounds:  # a merge costs one pair
            gone = signed < 0
            rows.append(keys % steps - 1)
            columns.append(np.where(gone, -1 - signed, signed) + first)
            values.append(np.where(gone, 1, -1))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    found = csr_array(entries, shape=(len(rules), len(words)), dtype=np.int64)
    found.sum_duplicates()
    found.eliminate_zeros()
    return found


def _rounds(symbols: Ints, homes: Ints, rules: Rules) -> Iterator[tuple[Ints, NDArray[np.int32]]]:
    """Yield (pair, step) as one number, and the word where the pair appears or disappears."""
    steps = len(rules) + 1
    inside = homes[1:] == homes[:-1]
    pairs = (symbols[:-1] * rules.symbols + symbols[1:])[inside]
    yield pairs * steps, homes[:-1][inside].astype(np.int32)
    ranks = np.full(len(symbols), NEVER)
    ranks[:-1][inside] = rules.ranks(pairs)
    while True:
        symbols, homes, ranks, now = _active(symbols, homes, ranks)
        if not len(symbols):
            return
        hit = _hits(ranks == now)
        gone = np.zeros_like(hit)
        gone[1:] = hit[:-1]
        pairs, at = _windows(symbols, homes, hit | gone, rules)
        yield pairs * steps + now[at] + 1, (-1 - homes[at]).astype(np.int32)
        symbols = np.where(hit, rules.alphabet + now, symbols)
        ranks[hit] = NEVER
        stay = ~gone
        symbols, homes, ranks, now = (part[stay] for part in (symbols, homes, ranks, now))
        hit = hit[stay]
        pairs, at = _windows(symbols, homes, hit, rules)
        yield pairs * steps + now[at] + 1, homes[at].astype(np.int32)
        joined = rules.ranks(pairs)
        ranks[at] = np.where(joined > now[at], joined, NEVER)  # earlier merges are past


def _active(symbols: Ints, homes: Ints, ranks: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Drop finished words; also return the next merge of the word of each symbol."""
    if not len(symbols):
        return symbols, homes, ranks, ranks
    starts = np.append(0, np.flatnonzero(np.diff(homes)) + 1)
    lengths = np.diff(starts, append=len(homes))
    now = np.repeat(np.minimum.reduceat(ranks, starts), lengths)
    alive = now < NEVER
    return symbols[alive], homes[alive], ranks[alive], now[alive]


def _hits(hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """In a run of one symbol, keep every other of the overlapping pairs, from the left."""
    at = np.flatnonzero(hit)
    runs = np.flatnonzero(np.diff(at, prepend=-2) > 1)
    place = np.arange(len(at)) - np.repeat(runs, np.diff(runs, append=len(at)))
    hit[at[place % 2 == 1]] = False
    return hit


def _windows(
    symbols: Ints, homes: Ints, changed: NDArray[np.bool_], rules: Rules
) -> tuple[Ints, Ints]:
    """Return the pairs that hold a changed symbol, and where they begin."""
    near = (changed[:-1] | changed[1:]) & (homes[:-1] == homes[1:])
    at = np.flatnonzero(near)
    return symbols[at] * rules.symbols + symbols[at + 1], at
