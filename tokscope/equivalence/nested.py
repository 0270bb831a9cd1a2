"""Whether a tokenizer only joins tokens of another one, which it extends.

Then old ids keep their meaning. Every cut of the extended tokenizer is a cut of the base.
What one token of the base spells has its id, or is part of a new token. No old id spells more than
it did. Text in which no new token comes up has its old ids.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.tokens import Counts, Tokens
from tokscope.tokenizers.vocabulary import Vocabulary

Flags = NDArray[np.bool_]


def not_nested(base: Tokens, extended: Tokens) -> Flags:
    """Return which units are more than joined tokens of the first tokenizer; (D,)."""
    unlike = (base.counts == 0) != (extended.counts == 0)
    old, old_ids, _ = _parts(base, ~unlike)
    new, new_ids, units = _parts(extended, ~unlike)
    ends = np.unique(new)
    unlike[units[~np.isin(new, old)]] = True
    here, there = np.searchsorted(ends, new), np.searchsorted(ends, old)
    sizes, parts = (np.bincount(places, minlength=len(ends)) for places in (here, there))
    alike = sizes == parts
    differ = new_ids[alike[here]] != old_ids[alike[there]]
    unlike[units[alike[here]][differ]] = True
    joined = ~alike[here]
    unlike[units[joined][_known(base.tokenizer.vocabulary, new_ids[joined])]] = True
    return unlike


def _parts(tokens: Tokens, wanted: Flags) -> tuple[Counts, NDArray[np.int32], Counts]:
    """Return where the tokens of some units end, their ids and their units.

    The last one ends where its unit does: some tokenizers drop blanks there.
    """
    cuts, full = tokens.cuts.copy(), tokens.counts > 0
    cuts[tokens.encoded.starts[1:][full] - 1] = tokens.text.unit_bytes[1:][full]
    units = np.repeat(np.arange(len(tokens.counts)), tokens.counts)
    chosen = wanted[units]
    return cuts[chosen], tokens.encoded.ids[chosen], units[chosen]


def _known(vocabulary: Vocabulary, ids: NDArray[np.int32]) -> Flags:
    """Tell which ids are tokens of a vocabulary."""
    there = vocabulary.lengths > 0
    there[[*vocabulary.specials.values()]] = True
    inside = np.append(there, False)
    return inside[np.minimum(ids, vocabulary.size)]
