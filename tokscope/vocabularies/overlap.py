"""How much do vocabularies share? Two tokens are the same if their bytes are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from tokscope.measures.overlap import containment, jaccard, weighted_jaccard
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.vocabularies.composition import Row

Counts = NDArray[np.int64]


def overlap(
    named: Mapping[str, Vocabulary], types: Mapping[str, Counts] | None = None
) -> Iterator[tuple[str, Row]]:
    """Yield how much each tokenizer shares with every other: the name of the first, and a row.

    `types` holds how often each id was produced. If given, there are also values weighted by use:
    the share of tokens of the first that the other has too, and the Jaccard index of the two
    distributions.
    """
    pieces = {name: vocabulary.pieces for name, vocabulary in named.items()}
    sets = {name: frozenset(filter(None, own)) for name, own in pieces.items()}
    for first, second in permutations(named, 2):
        common = len(sets[first] & sets[second])
        sizes = len(sets[first]), len(sets[second])
        yield first, Row("overlap", second, "common", float(common), "tokens")
        yield first, Row("overlap", second, "jaccard", jaccard(common, *sizes), "share")
        yield first, Row("overlap", second, "contained", containment(common, sizes[0]), "share")
        if types is None:
            continue
        used = [types[name] for name in (first, second)]
        shared = np.fromiter((piece in sets[second] for piece in pieces[first]), bool)
        share = containment(int(used[0][shared].sum()), int(used[0].sum()))
        weights = _aligned([pieces[first], pieces[second]], used)
        yield first, Row("overlap", second, "used", share, "share")
        yield first, Row("overlap", second, "used_jaccard", weighted_jaccard(*weights), "share")


def _aligned(
    pieces: Sequence[Sequence[bytes]], types: Sequence[Counts]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the use of every byte string under both; ids with the same bytes count together.

    Ids without bytes (special or unknown) are never the same, so each side has its own.
    """
    place: dict[bytes, int] = {}
    own = [[place.setdefault(piece, len(place)) for piece in side if piece] for side in pieces]
    weights = np.zeros((2, len(place) + 2))
    for side, (places, counts) in enumerate(zip(own, types, strict=True)):
        full = np.fromiter(map(bool, pieces[side]), bool)
        weights[side, : len(place)] = np.bincount(places, counts[full], minlength=len(place))
        weights[side, len(place) + side] = counts[~full].sum()
    return weights[0], weights[1]
