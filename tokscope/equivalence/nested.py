"""Whether a tokenizer only joins tokens of another one, which it extends.

Then old ids keep their meaning. Every cut of the extended tokenizer is a cut of the base. What one
token of the base spells has its id, or is part of a new token. No old id spells more than it did.
Text in which no new token comes up has its old ids.

Cuts are places in what the tokens spell, which is the text after normalization.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Encoded
from tokscope.tokenizers.vocabulary import Vocabulary

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Spelled:
    """Units as tokens, with what the ids stand for."""

    vocabulary: Vocabulary
    encoded: Encoded

    def sizes(self, ids: NDArray[np.int32]) -> Ints:
        """Return the bytes of tokens; one without any, such as the unknown token, counts as one."""
        return np.maximum(self.vocabulary.lengths[ids], 1)

    def totals(self, values: Ints) -> Ints:
        """Return sums over the tokens of each unit; (D,)."""
        ends = np.append(0, np.cumsum(values))[self.encoded.starts]
        return np.diff(ends)

    def unit(self, unit: int) -> Spelled:
        """Return one unit alone."""
        edges = self.encoded.starts[unit : unit + 2]
        ids = self.encoded.ids[edges[0] : edges[1]]
        return Spelled(self.vocabulary, Encoded(ids, edges - edges[0]))

    @property
    def units(self) -> Ints:
        """The unit of each token; (T,)."""
        counts = np.diff(self.encoded.starts)
        return np.repeat(np.arange(len(counts)), counts)


def not_nested(base: Spelled, extended: Spelled) -> Flags:
    """Return which units are more than joined tokens of the first tokenizer; (D,)."""
    unlike = _spelled_otherwise(base, extended)
    old, new = base.encoded.ids[~unlike[base.units]], extended.encoded.ids[~unlike[extended.units]]
    units = extended.units[~unlike[extended.units]]
    before, ends = np.cumsum(base.sizes(old)), np.cumsum(extended.sizes(new))
    if not len(ends):
        return unlike
    unlike[units[~np.isin(ends, before)]] = True
    there = np.searchsorted(ends, before)  # the new token that covers each old one
    alike = np.bincount(there, minlength=len(ends)) == 1
    differ = new[alike] != old[alike[there]]
    unlike[units[alike][differ]] = True
    unlike[units[~alike][_known(base.vocabulary, new[~alike])]] = True
    return unlike


def shortest_break(base: Spelled, extended: Spelled) -> tuple[Spelled, Spelled]:
    """Return the shortest part, between cuts of both, of a unit that is more than joined tokens."""
    both = base, extended
    old, new = (np.append(0, np.cumsum(one.sizes(one.encoded.ids))) for one in both)
    if old[-1] != new[-1]:
        return both
    shared = np.intersect1d(old, new)
    first, second = (
        Spelled(one.vocabulary, Encoded(one.encoded.ids, np.searchsorted(ends, shared)))
        for one, ends in zip(both, (old, new), strict=True)
    )
    broken = np.flatnonzero(not_nested(first, second))
    shortest = int(broken[np.argmin(np.diff(shared)[broken])])
    return first.unit(shortest), second.unit(shortest)


def _spelled_otherwise(base: Spelled, extended: Spelled) -> Flags:
    """Return which units the tokens of the two spell differently; (D,)."""
    both = base, extended
    unlike: Flags = np.not_equal(*(one.totals(one.sizes(one.encoded.ids)) for one in both))
    lengths = [one.totals(one.vocabulary.lengths[one.encoded.ids]) for one in both]
    unlike |= lengths[0] != lengths[1]
    first, second = (one.vocabulary.spell(one.encoded.ids[~unlike[one.units]]) for one in both)
    homes = np.repeat(np.arange(len(unlike)), np.where(unlike, 0, lengths[0]))
    unlike[homes[first != second]] = True
    return unlike


def _known(vocabulary: Vocabulary, ids: NDArray[np.int32]) -> Flags:
    """Tell which ids are tokens of a vocabulary."""
    there = np.append(vocabulary.lengths > 0, False)
    there[[*vocabulary.specials.values()]] = True
    return there[np.minimum(ids, vocabulary.size)]
