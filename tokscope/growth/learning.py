"""Merges behind those of a tokenizer, learned from counted words that are written in its tokens.

In each step the pair of neighbours with the highest count becomes one token everywhere, from left
to right. A window of two tokens is an occurrence, so "aaa" holds (a, a) twice. Ties go to the lower
left id, then to the lower right id, as in the trainer of Hugging Face's library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.mixture.replay import Rules, Words

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
May = Callable[[bytes, bytes], bool]
LEAST = 2  # occurrences of a pair that becomes a token
_QUEUED = 20_000  # pairs in the queue when it is filled; the others are too rare for long


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


def learn(words: Words, counts: Ints, symbols: Symbols, steps: int) -> tuple[Rules, Ints]:
    """Learn up to `steps` merges; `counts` says how often each word occurs, (W,).

    There are fewer if no pair that may become a token occurs twice. Also return how many tokens
    each merge saves in all words.
    """
    known = _Known(symbols, list(symbols.forms), {*symbols.forms, *symbols.taken})
    steps = min(steps, len(words.symbols))  # each merge costs a token
    text = _Text.of(words, counts, len(symbols.forms), steps)
    merges: list[tuple[int, int]] = []
    gone: list[int] = []
    while len(merges) < steps:
        pair = text.most_frequent(known.takes)
        if pair is None:
            break
        new = len(known.forms)
        gone.append(text.join(known.alike(pair, text.stride), new))
        known.add(pair)
        merges.append(pair)
    left, right = np.array(merges, np.int64).reshape(-1, 2).T
    rules = Rules(len(symbols.forms), left, right)
    rules = by_bytes(rules, symbols.forms) if symbols.by_bytes else rules
    return rules, np.array(gone, np.int64)


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
    """Counted words while they are merged: their tokens in a row, with a border around each word.

    A pair is one number, left * stride + right, its key, and has a place in `keys` and `totals`.
    Pairs come in blocks: those that were there at first, then for each new token those that it is
    part of. The count of a pair only falls once its two tokens exist. So the queue may hold counts
    that were higher, and the first with a true count is the highest.
    """

    alphabet: int
    stride: int
    counts: Ints  # (W,) of the words
    homes: Places  # (S,) the word of each token
    tokens: Places  # (S,) -1 at borders
    before: Places  # (S,) where the tokens around each one are
    after: Places
    pairs: Places  # (S,) the place in `keys` of the pair that begins here; -1 if there is none
    keys: Ints = field(default_factory=lambda: np.zeros(1024, np.int64))  # and room for more
    totals: Ints = field(default_factory=lambda: np.zeros(1024, np.int64))
    blocks: list[_Block] = field(default_factory=list)
    queue: list[tuple[int, int, int]] = field(default_factory=list)  # negative counts, keys, places
    least: float = np.inf  # all pairs with this count, or a higher one, are in the queue

    @classmethod
    def of(cls, words: Words, counts: Ints, alphabet: int, steps: int) -> _Text:
        """Count the pairs of words."""
        sizes = np.diff(words.ends, prepend=0)
        long = sizes > 1
        words, counts, sizes = words.taken(long), counts[long], sizes[long]
        homes = np.repeat(np.arange(len(words), dtype=np.int32), sizes)
        at = np.arange(1, len(homes) + 1, dtype=np.int32) + homes
        size = len(homes) + len(words) + 1
        tokens, pairs = np.full((2, size), -1, np.int32)
        tokens[at] = words.symbols
        every = np.zeros(size, np.int32)
        every[at] = homes
        places = np.arange(-1, size + 1, dtype=np.int32)
        around = places[:-2].copy(), places[2:].copy()
        text = cls(alphabet, alphabet + steps, counts, every, tokens, *around, pairs)
        text._count(at[:-1][homes[1:] == homes[:-1]])
        return text

    def most_frequent(self, takes: Callable[[int, int], bool]) -> tuple[int, int] | None:
        """Return the pair to join next; None if there is none."""
        while self.queue or self._fill():
            told, key, place = heappop(self.queue)
            total = int(self.totals[place])
            if total == -told:
                pair = divmod(key, self.stride)
                if takes(*pair):
                    return pair
                self.totals[place] = 0
            elif total >= self.least:
                heappush(self.queue, (-total, key, place))
        return None

    def _fill(self) -> bool:
        """Queue the most frequent pairs, and tell whether there are some."""
        totals = self.totals[: self._size]
        often = totals[totals >= LEAST]
        most = max(0, len(often) - _QUEUED)
        self.least = int(np.partition(often, most)[most]) if len(often) else LEAST
        self._queue(np.flatnonzero(totals >= self.least))
        return bool(self.queue)

    def _queue(self, places: Ints) -> None:
        found = (-self.totals[places], self.keys[places], places)
        for one in zip(*(part.tolist() for part in found), strict=True):
            heappush(self.queue, one)

    @property
    def _size(self) -> int:
        """The number of pairs that have a place."""
        return self.blocks[-1].end if self.blocks else 0

    def join(self, keys: Sequence[int], new: int) -> int:
        """Join some pairs everywhere, count the pairs that this makes, and return the joined."""
        hits = self._hits(keys)
        gone, before = (links[hits].astype(np.int64) for links in (self.after, self.before))
        behind = self.after[gone].astype(np.int64)
        apart = before[before != _shifted(gone)]  # from the pair that is joined before this one
        self._take_off(np.concatenate((apart, hits, gone)))
        self.tokens[hits] = new
        self.after[hits], self.before[behind] = behind, hits
        left, right = apart[self.tokens[apart] >= 0], hits[self.tokens[behind] >= 0]
        self._count(np.concatenate((left, right)))
        return int(self.counts[self.homes[hits]].sum())

    def _hits(self, keys: Sequence[int]) -> Ints:
        """Return where some pairs stand that are to be joined, from left to right."""
        found = []
        for place, block in filter(None, map(self._found, keys)):
            own = block.at_of(place).astype(np.int64)
            found.append(own[self.pairs[own] == place])
            self.totals[place] = 0
        hits = np.concatenate(found)
        hits.sort()
        overlaps = hits == _shifted(self.after[hits])
        if not overlaps.any():
            return hits
        at = np.arange(len(hits))
        runs = np.maximum.accumulate(np.where(overlaps, 0, at))
        return hits[(at - runs) % 2 == 0]  # no token is joined twice

    def _found(self, key: int) -> tuple[int, _Block] | None:
        """Return the place of a pair, and the block that it is in."""
        newest = max(divmod(key, self.stride))
        block = self.blocks[max(0, newest - self.alphabet + 1)]
        place = block.first + int(self.keys[block.first : block.end].searchsorted(key))
        return (place, block) if place < block.end and self.keys[place] == key else None

    def _take_off(self, at: Ints) -> None:
        """Take the pairs that begin at some places off their counts."""
        at = at[self.pairs[at] >= 0]
        np.subtract.at(self.totals, self.pairs[at], self.counts[self.homes[at]])
        self.pairs[at] = -1

    def _count(self, at: Ints) -> None:
        """Count the pairs that begin at some places, none of which was counted before."""
        keys = self.tokens[at].astype(np.int64) * self.stride + self.tokens[self.after[at]]
        order = keys.argsort(kind="stable")  # half the time of the other kind
        at, keys = at[order], keys[order]
        new = keys != _shifted(keys)
        starts = np.concatenate((new.nonzero()[0], [len(keys)]))
        block = _Block(self._size, at.astype(np.int32), starts)
        self.blocks.append(block)
        self._make_room()
        own = slice(block.first, block.end)
        self.pairs[at] = block.first - 1 + new.cumsum()
        self.keys[own] = keys[new]
        self.totals[own] = np.add.reduceat(self.counts[self.homes[at]], starts[:-1])
        often = self.totals[own] >= self.least
        if often.any():
            self._queue(block.first + often.nonzero()[0])

    def _make_room(self) -> None:
        more = self._size - len(self.keys)
        if more > 0:
            room = np.zeros(max(more, len(self.keys)), np.int64)
            self.keys, self.totals = (np.append(one, room) for one in (self.keys, self.totals))


def _shifted(numbers: Ints) -> Ints:
    """Return numbers with -1 before them and without the last."""
    found = np.empty_like(numbers)
    found[:1] = -1
    found[1:] = numbers[:-1]
    return found


class _Block(NamedTuple):
    """Pairs with places one after another, sorted by their keys, and where they begin."""

    first: int
    at: Places
    starts: Ints  # in `at`, of each pair, and the end

    @property
    def end(self) -> int:
        """The place behind the last pair."""
        return self.first + len(self.starts) - 1

    def at_of(self, place: int) -> Places:
        """Return where a pair began when it was counted."""
        start, end = self.starts[place - self.first : place - self.first + 2]
        return self.at[start:end]
