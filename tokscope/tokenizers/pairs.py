"""Which tokens merges make of their own characters, and which stay apart beside each other.

BPE does the merge of the lowest rank first, and of equal ones the leftmost. So what it does inside
a token does not depend on the tokens around it, as long as no merge goes over an end of the token;
and whether one does depends on that token and its neighbour. Hence tokens are the encoding of
what they spell if each is made of its own characters, and each pair of neighbours stays apart. To
tell that of a pair, merges on both sides are undone, the latest first: no merge over the joint may
come before those that are undone. All this holds if no merge has a lower rank than those that made
its parts; else nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers.uncut import Rows

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
_SIEVE = 1 << 21  # most pairs are no merge, and fall through it
_ODD = 0x9E3779B97F4A7C15 % (1 << 63)


@dataclass(frozen=True)
class Pairs:
    """The merges of a model, M of them, and the last one of each of its V tokens."""

    keys: Ids  # (M,) left and right as one number, sorted
    ranks: Ids  # (M,)
    sieve: Flags  # whether a key of this hash is there
    made: Ids  # (V,) the rank of the merge that makes a token of its characters; or -1
    parts: Ids  # (V, 2) what it joins
    whole: Flags  # (V,) a character, or made of its own characters

    def hold(self, left: Ids, right: Ids, limit: Ids) -> Flags:
        """Tell which pairs of tokens stay apart, as long as merges have a rank below a limit."""
        apart, place = np.ones(len(left), bool), np.arange(len(left))
        while len(place):
            broken = self._ranks_of(left, right) < limit
            apart[place[broken]] = False
            before, behind = self.made[left], self.made[right]
            go = np.flatnonzero(~broken & (np.maximum(before, behind) >= 0))
            place, left, right, before, behind = (
                one[go] for one in (place, left, right, before, behind)
            )
            # of two merges of one rank, the right one is the later one
            is_left = before > behind
            limit = np.where(is_left, before, behind + 1)
            left = np.where(is_left, self.parts[left, 1], left)
            right = np.where(is_left, right, self.parts[right, 0])
        return apart

    def may_follow(self, token: int, others: Ids) -> Flags:
        """Tell which tokens can stand behind a token, or at the beginning if it is -1."""
        found = self.whole[others]
        if token >= 0:
            own = others[found]
            found[found] = self.hold(np.full(len(own), token), own, np.full(len(own), NEVER))
        return found

    def _ranks_of(self, left: Ids, right: Ids) -> Ids:
        keys = left * len(self.made) + right
        ranks = np.full(len(keys), NEVER)
        near = np.flatnonzero(self.sieve[_hashed(keys)])
        own = keys[near]
        place = np.minimum(np.searchsorted(self.keys, own), len(self.keys) - 1)
        ranks[near] = np.where(self.keys[place] == own, self.ranks[place], NEVER)
        return ranks


def _hashed(keys: Ids) -> Ids:
    return (keys * _ODD >> 20) & (_SIEVE - 1)


def pairs(rows: Rows, characters: Ids, whole: Flags) -> Pairs | None:
    """Find the merge that makes each token; None if one has a lower rank than those of its parts.

    Args:
        rows: all merges, as left, right, product and rank.
        characters: the number of characters of each token.
        whole: which tokens are a character.
    """
    size = len(characters)
    keys = rows[:, 0] * size + rows[:, 1]
    order = np.argsort(keys)
    if (np.diff(keys[order]) == 0).any():  # a merge is listed twice
        return None
    sieve = np.zeros(_SIEVE, bool)
    sieve[_hashed(keys)] = True
    found = Pairs(
        keys[order], rows[order, 3], sieve, np.full(size, -1), np.full((size, 2), -1), whole.copy()
    )
    if len(np.unique(rows[:, 2])) == len(rows):
        return found if _make_at_once(found, rows) else None
    for own in _by_length(rows, characters):
        own = own[found.whole[own[:, 0]] & found.whole[own[:, 1]]]
        left, right, product, rank = own[found.hold(*own[:, (0, 1, 3)].T)].T
        if (found.made[left] > rank).any() or (found.made[right] > rank).any():
            return None
        found.made[product], found.parts[product] = rank, np.stack((left, right), axis=1)
        found.whole[product] = True
    return found


def _by_length(rows: Rows, characters: Ids) -> Iterator[Rows]:
    """Yield the merges, those that make the shortest tokens first.

    What is known of these tells which of several merges make a longer token.
    """
    sizes = characters[rows[:, 2]]
    order = np.argsort(sizes, kind="stable")
    yield from np.split(rows[order], np.flatnonzero(np.diff(sizes[order])) + 1)


def _make_at_once(found: Pairs, rows: Rows) -> bool:
    """Find which tokens are made, if no two merges make the same; tell whether ranks allow it."""
    left, right, product, rank = rows.T
    found.made[product], found.parts[product] = rank, rows[:, :2]
    found.whole[product] = found.hold(left, right, rank)
    lost = np.flatnonzero(~found.whole)  # some that no merge makes, too
    while len(lost):  # what is made of a token that is not made is not made either
        gone = found.whole[product] & ~(found.whole[left] & found.whole[right])
        lost = product[gone]
        found.whole[lost] = False
    own = found.whole[product]
    return bool((np.maximum(found.made[left], found.made[right])[own] <= rank[own]).all())
