"""Merges behind those of a tokenizer, learned from counted words that are written in its tokens.

In each step the pair of neighbours with the highest count becomes one token everywhere, from left
to right. A window of two tokens is an occurrence, so "aaa" holds (a, a) twice. Ties go to the lower
left id, then to the lower right id, as in the trainer of Hugging Face's library.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.replay import Rules, Words

Ints = NDArray[np.int64]
May = Callable[[bytes, bytes], bool]
LEAST = 2  # occurrences of a pair that becomes a token


def anything(left: bytes, right: bytes) -> bool:
    """Let any two tokens be joined."""
    return True


@dataclass(frozen=True)
class Symbols:
    """What ids stand for, and which neighbours may become a token.

    An id without bytes, such as that of a special token, is never joined. Two that together spell
    a token which exists are not joined either: its id would come up where no text had it.
    """

    forms: Sequence[bytes]  # by id; new tokens get the ids behind these
    may: May = anything
    by_bytes: bool = False  # a model that joins any two neighbours that spell a token
    taken: frozenset[bytes] = frozenset()  # spellings that mean something else


def learn(words: Words, counts: Ints, symbols: Symbols, steps: int) -> Rules:
    """Learn up to `steps` merges; `counts` says how often each word occurs, (W,).

    There are fewer if no pair that may become a token occurs twice.
    """
    known = _Known(symbols, list(symbols.forms), {*symbols.forms, *symbols.taken})
    text = _Text.of(words, counts, len(symbols.forms) + steps)
    merges: list[tuple[int, int]] = []
    while len(merges) < steps:
        pair = text.most_frequent(known.takes)
        if pair is None:
            break
        new = len(known.forms)
        text.join(known.alike(pair, text.stride), new)
        known.add(pair)
        merges.append(pair)
    left, right = np.array(merges, np.int64).reshape(-1, 2).T
    rules = Rules(len(symbols.forms), left, right)
    return by_bytes(rules, symbols.forms) if symbols.by_bytes else rules


@dataclass
class _Known:
    """The tokens so far."""

    symbols: Symbols
    forms: list[bytes]
    spelled: set[bytes]
    ids: dict[bytes, int] = field(default_factory=dict)  # filled where bytes decide

    def __post_init__(self) -> None:
        if self.symbols.by_bytes:
            self.ids = ids_of(self.forms)

    def takes(self, left: int, right: int) -> bool:
        """Tell whether two tokens may become a new one."""
        one, other = self.forms[left], self.forms[right]
        known = not one or not other or one + other in self.spelled
        return not known and self.symbols.may(one, other)

    def add(self, pair: tuple[int, int]) -> None:
        """Add the token that a pair becomes."""
        new = self.forms[pair[0]] + self.forms[pair[1]]
        if self.symbols.by_bytes:
            self.ids[new] = len(self.forms)
        self.forms.append(new)
        self.spelled.add(new)

    def alike(self, pair: tuple[int, int], stride: int) -> list[int]:
        """Return the keys of all pairs that become the same token as this one."""
        keys = [pair[0] * stride + pair[1]]
        if self.symbols.by_bytes:
            new = self.forms[pair[0]] + self.forms[pair[1]]
            keys += [left * stride + right for left, right in splits(new, self.ids)]
        return list(dict.fromkeys(keys))


def ids_of(forms: Sequence[bytes]) -> dict[bytes, int]:
    """Return the lowest id of every spelling."""
    return {form: i for i, form in reversed(list(enumerate(forms))) if form}


def splits(form: bytes, ids: dict[bytes, int]) -> list[tuple[int, int]]:
    """Return the pairs of tokens that spell some bytes."""
    parts = ((ids.get(form[:at]), ids.get(form[at:])) for at in range(1, len(form)))
    return [(left, right) for left, right in parts if left is not None and right is not None]


def by_bytes(rules: Rules, forms: Sequence[bytes]) -> Rules:
    """Return merges that also join all other pairs which spell a new token."""
    spelled = spellings(rules, forms)
    ids = ids_of(spelled)
    found = [
        (left, right, step)
        for step, form in enumerate(spelled[len(forms) :])
        for left, right in splits(form, ids)
    ]
    left, right, step = np.array(found, np.int64).reshape(-1, 3).T
    return Rules(rules.alphabet, rules.left, rules.right, (left, right, step))


def spellings(rules: Rules, forms: Sequence[bytes]) -> list[bytes]:
    """Return the bytes of all tokens, old and new."""
    spelled = list(forms)
    for left, right in zip(rules.left.tolist(), rules.right.tolist(), strict=True):
        spelled.append(spelled[left] + spelled[right])
    return spelled


def whole(rules: Rules, symbols: Symbols) -> Rules:
    """Return merges without those that make incomplete characters which nothing builds on."""
    forms, needed = spellings(rules, symbols.forms), set()
    for step in reversed(range(len(rules))):
        if _is_text(forms[rules.alphabet + step]) or rules.alphabet + step in needed:
            needed |= {rules.alphabet + step, int(rules.left[step]), int(rules.right[step])}
    kept = np.array([i for i in range(len(rules)) if rules.alphabet + i in needed], np.int64)
    ids = np.arange(rules.symbols)
    ids[rules.alphabet + kept] = rules.alphabet + np.arange(len(kept))
    found = Rules(rules.alphabet, ids[rules.left[kept]], ids[rules.right[kept]])
    return by_bytes(found, symbols.forms) if symbols.by_bytes else found


def _is_text(form: bytes) -> bool:
    try:
        form.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass
class _Text:
    """Counted words while they are merged, and where each pair stands.

    A pair is one number, left * stride + right. Its count only falls once its two tokens exist. So
    the queue may hold counts that were higher, and the first with a true count is the highest.
    """

    stride: int
    words: list[array[int]]
    counts: list[int]
    totals: dict[int, int]  # of the pairs that occur twice
    first: dict[int, tuple[int, int]]  # the places in `homes` of pairs that were there at first
    homes: NDArray[np.int32]
    later: dict[int, list[int]] = field(default_factory=dict)  # the words of other pairs
    queue: list[tuple[int, int]] = field(default_factory=list)  # negative counts, pairs

    @classmethod
    def of(cls, words: Words, counts: Ints, stride: int) -> _Text:
        """Count the pairs of words."""
        sizes = np.diff(words.ends, prepend=0)
        long = sizes > 1
        words, counts, sizes = words.taken(long), counts[long], sizes[long]
        homes = np.repeat(np.arange(len(words), dtype=np.int32), sizes)
        inside = homes[1:] == homes[:-1]
        symbols = words.symbols.astype(np.int64)
        keys, homes = (symbols[:-1] * stride + symbols[1:])[inside], homes[:-1][inside]
        order = np.argsort(keys, kind="stable")
        keys, homes = keys[order], homes[order]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        sums = np.add.reduceat(counts[homes], starts) if len(starts) else starts
        ends = np.append(starts[1:], len(keys))
        often = sums >= LEAST
        found = [one[often].tolist() for one in (keys[starts], sums, starts, ends)]
        queue = [(-total, key) for key, total in zip(*found[:2], strict=True)]
        heapify(queue)
        flat, borders = (
            array("i", words.symbols.astype(np.intc).tobytes()),
            [0, *words.ends.tolist()],
        )
        return cls(
            stride,
            [flat[start:end] for start, end in pairwise(borders)],
            counts.tolist(),
            dict(zip(*found[:2], strict=True)),
            dict(zip(found[0], zip(*found[2:], strict=True), strict=True)),
            homes,
            queue=queue,
        )

    def most_frequent(self, takes: Callable[[int, int], bool]) -> tuple[int, int] | None:
        """Return the pair to join next; None if there is none."""
        while self.queue:
            told, key = heappop(self.queue)
            total = self.totals.get(key, 0)
            if total < LEAST:
                continue
            if total != -told:
                heappush(self.queue, (-total, key))
                continue
            pair = divmod(key, self.stride)
            if takes(*pair):
                return pair
        return None

    def join(self, keys: Sequence[int], new: int) -> None:
        """Join some pairs everywhere, and count the pairs that this makes."""
        fresh: dict[int, int] = {}
        at: dict[int, list[int]] = {}
        pairs = {divmod(key, self.stride) for key in keys}
        for home in dict.fromkeys(home for key in keys for home in self._homes(key)):
            word, count = self.words[home], self.counts[home]
            hits = _hits(word, pairs)
            for key in self._changed(word, hits, count, new):
                fresh[key] = fresh.get(key, 0) + count
                at.setdefault(key, []).append(home)
            for hit in reversed(hits):
                word[hit] = new
                del word[hit + 1]
        for key in keys:
            self.totals.pop(key, None)
        for key, total in fresh.items():
            if total >= LEAST:
                self.totals[key], self.later[key] = total, at[key]
                heappush(self.queue, (-total, key))

    def _changed(
        self, word: Sequence[int], hits: Sequence[int], count: int, new: int
    ) -> Iterator[int]:
        """Take off the pairs that joining ends, and yield those that it makes."""
        totals, stride, before = self.totals, self.stride, -2
        for hit, behind in zip(hits, [*hits[1:], -1], strict=False):
            for start in (hit - 1, hit, hit + 1):
                if start < 0 or start + 1 >= len(word) or (start == hit - 1 and before + 2 == hit):
                    continue  # the pair between two that are joined is taken off with the first
                key = word[start] * stride + word[start + 1]
                if key in totals:
                    totals[key] -= count
            if hit and before + 2 != hit:
                yield word[hit - 1] * stride + new
            if behind == hit + 2:
                yield new * stride + new
            elif hit + 2 < len(word):
                yield new * stride + word[hit + 2]
            before = hit

    def _homes(self, key: int) -> Sequence[int]:
        """Return the words that may hold a pair."""
        if key in self.first:
            start, end = self.first.pop(key)
            found: list[int] = self.homes[start:end].tolist()
            return found
        return self.later.pop(key, [])


def _hits(word: array[int], pairs: set[tuple[int, int]]) -> list[int]:
    """Return where pairs stand in a word that are to be joined, from left to right."""
    hits: list[int] = []
    if len(pairs) > 1:
        for at, pair in enumerate(pairwise(word)):
            if pair in pairs and (not hits or hits[-1] + 1 < at):
                hits.append(at)
        return hits
    ((left, right),) = pairs
    at, last = 0, len(word) - 1
    with suppress(ValueError):  # there is no other
        while (at := word.index(left, at)) < last:
            if word[at + 1] == right:
                hits.append(at)
                at += 1
            at += 1
    return hits
