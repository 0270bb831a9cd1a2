"""Each id of an extended tokenizer as ids of its base: a new one as those that it joins."""

from __future__ import annotations

from itertools import chain

import numpy as np

from tokscope.growth.base import Base
from tokscope.growth.learning import spellings
from tokscope.mapping.kinds import COMPOSED, COPIED, GAP, KINDS, SPECIAL, Map
from tokscope.mixture.replay import Rules
from tokscope.tokenizers.vocabulary import Vocabulary


def expansion(base: Base, rules: Rules) -> Map:
    """Return the old ids that each new id was joined of; every old id is its own.

    So the vectors of a model that has the base stay where they are, also where two ids spell the
    same.
    """
    vocabulary = base.tokenizer.vocabulary
    there = vocabulary.lengths > 0
    special = np.zeros(vocabulary.size, bool)
    special[[*vocabulary.specials.values()]] = True
    if vocabulary.unknown is not None:
        special[vocabulary.unknown] = True
    found = [[token] if own else [] for token, own in enumerate((there | special).tolist())]
    for left, right in zip(rules.left.tolist(), rules.right.tolist(), strict=True):
        found.append(found[left] + found[right])
    kinds = np.full(rules.symbols, KINDS.index(COMPOSED), np.int8)
    kinds[: rules.alphabet] = np.where(there, KINDS.index(COPIED), GAP)
    kinds[: rules.alphabet][special] = KINDS.index(SPECIAL)
    starts = np.cumsum([0, *map(len, found)], dtype=np.int64)
    pieces = np.fromiter(chain.from_iterable(found), np.int32, starts[-1])
    sizes = np.maximum(vocabulary.lengths[pieces], 1)
    return Map(kinds, starts, pieces, sizes, vocabulary.size)


def vocabulary_of(base: Base, rules: Rules) -> Vocabulary:
    """Return the bytes of all ids, old and new."""
    old = base.tokenizer.vocabulary
    new = map(base.plain, spellings(rules, base.symbols.forms)[rules.alphabet :])
    return Vocabulary.of([*old.pieces, *new], specials=old.specials)
