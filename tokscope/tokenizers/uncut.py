"""Vocabularies whose merges run over a whole text, which no step cuts before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers.vocabulary import NORMAL, UNUSED

Rows = NDArray[np.int64]


@runtime_checkable
class HasUncut(Protocol):
    """A tokenizer that may merge whole texts."""

    def uncut(self) -> Rows | None:
        """Return all merges, if they run over whole texts; else None.

        The rows are left, right, product and rank, (M, 4). Of merges of one rank, the leftmost
        comes first. Before each text there may be a space; no other step changes a text, and none
        cuts it but at added tokens.
        """
        ...


def in_order(merges: Rows) -> Rows:
    """Return listed merges with their ranks; without those of pieces that have no id."""
    ranks = np.arange(len(merges))[:, None]
    return np.concatenate((merges, ranks), axis=1)[(merges >= 0).all(axis=1)]


def of_scores(pieces: Sequence[str], scores: Sequence[float], kinds: Sequence[int]) -> Rows | None:
    """Return the merges of a SentencePiece BPE: any two neighbours that make a piece.

    None if it has pieces that are not used, or a character of one is no piece.
    """
    told = zip(pieces, range(len(pieces)), kinds, strict=True)
    named = {piece: i for piece, i, kind in told if kind == NORMAL}
    characters = set("".join(named))
    if UNUSED in kinds or " " in characters or not named.keys() >= characters:
        return None
    merges = [
        (named[piece[:at]], named[piece[at:]], i)
        for piece, i in named.items()
        for at in range(1, len(piece))
        if piece[:at] in named and piece[at:] in named
    ]
    rows = np.array(merges, np.int64).reshape(-1, 3)
    _, ranks = np.unique(-np.array(scores)[rows[:, 2]], return_inverse=True)
    return np.concatenate((rows, ranks[:, None]), axis=1)
