"""Which tokens may stand beside each other, by the merges alone: for text that nothing cuts.

BPE does the merge of the lowest rank first, and of equal ones the leftmost. So what it does inside
a token does not depend on the tokens around it, as long as no merge goes over an end of the token;
and whether one does depends on that token and its neighbour. Hence tokens are the encoding of
what they spell if each is made of its own characters, and each pair of neighbours stays apart. To
tell that of a pair, merges on both sides are undone, the latest first: no merge over the joint may
come before those that are undone. All this holds if no merge has a lower rank than those that made
its parts; else nothing is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasNormal, added_tokens
from tokscope.tokenizers.uncut import HasUncut, Rows
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
_NEVER = np.iinfo(np.int64).max
_TOKENIZERS = 16  # whose merges are remembered


@dataclass(frozen=True)
class Joints:
    """The merges of a tokenizer, M of them, and the last one of each of its V tokens."""

    keys: Ids  # (M,) left and right as one number, sorted
    ranks: Ids  # (M,)
    made: Ids  # (V,) the rank of the merge that makes a token of its characters; or -1
    parts: Ids  # (V, 2) what it joins
    whole: Flags  # (V,) a character, or made of its own characters
    first: int  # the token of the space that is put before a text; or -1
    names: Sequence[str]  # added tokens, which are found in text before it is merged

    def decide(self, text: str) -> bool:
        """Tell whether merges decide alone on the end of a text, whatever follows."""
        read = f" {text}" if self.first >= 0 else text
        return not any(
            name in read or any(read.endswith(name[:size]) for size in range(1, len(name)))
            for name in (SPACE, *self.names)
        )

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
            found[found] = self.hold(np.full(len(own), token), own, np.full(len(own), _NEVER))
        return found

    def _ranks_of(self, left: Ids, right: Ids) -> Ids:
        keys = left * len(self.made) + right
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.ranks[place], _NEVER)


_KEPT: dict[str, Joints | None] = {}


def joints(tokenizer: Tokenizer) -> Joints | None:
    """Return the merges of a tokenizer, if they decide alone; they are remembered."""
    key = tokenizer.fingerprint
    if key not in _KEPT:
        if len(_KEPT) == _TOKENIZERS:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = _of(tokenizer)
    return _KEPT[key]


def _of(tokenizer: Tokenizer) -> Joints | None:
    rows = tokenizer.uncut() if isinstance(tokenizer, HasUncut) else None
    if rows is None or not len(rows) or not isinstance(tokenizer, HasNormal):
        return None
    vocabulary, spaced = tokenizer.vocabulary, tokenizer.normal("a") == " a"
    spaces = [i for i in np.flatnonzero(vocabulary.lengths == 1).tolist() if vocabulary[i] == b" "]
    spaces = [i for i in spaces if i not in vocabulary.fallbacks]
    if spaced and len(spaces) != 1:
        return None
    names = [one.text for one in added_tokens(tokenizer)]
    pieces = b"\xff".join(vocabulary.pieces)  # a byte that no name has
    if any(pieces.count(name.encode()) > 1 for name in names):
        return None  # a token may hold an added one
    return _made(vocabulary, rows, spaces[0] if spaced else -1, names)


def _made(vocabulary: Vocabulary, rows: Rows, first: int, names: Sequence[str]) -> Joints | None:
    """Find the merge that makes each token; None if one has a lower rank than those of its parts.

    The shortest tokens come first: what is known of them tells which merges make the longer ones.
    """
    size = vocabulary.size
    keys = rows[:, 0] * size + rows[:, 1]
    order = np.argsort(keys)
    if (np.diff(keys[order]) == 0).any():  # a merge is listed twice
        return None
    characters = _characters(vocabulary)
    whole = characters == 1
    whole[list(vocabulary.fallbacks)] = False
    found = Joints(
        keys[order], rows[order, 3], np.full(size, -1), np.full((size, 2), -1), whole, first, names
    )
    sizes = characters[rows[:, 2]]
    for length in np.unique(sizes).tolist():
        own = rows[sizes == length]
        own = own[whole[own[:, 0]] & whole[own[:, 1]]]
        left, right, product, rank = own[found.hold(*own[:, (0, 1, 3)].T)].T
        if (found.made[left] > rank).any() or (found.made[right] > rank).any():
            return None
        found.made[product], found.parts[product] = rank, np.stack((left, right), axis=1)
        whole[product] = True
    return found


def _characters(vocabulary: Vocabulary) -> Ids:
    """Return the number of characters of each token."""
    begins = np.append(0, np.cumsum((vocabulary.blob & 0xC0) != 0x80))
    return begins[vocabulary.ends] - begins[vocabulary.ends - vocabulary.lengths]
