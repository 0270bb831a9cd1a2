"""WordPiece, which takes the longest piece first, so that a new one changes what comes behind it.

No replay of merges tells its tokens. Each word is cut anew for every new piece that stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import numpy as np
from scipy.sparse import csr_array


@dataclass(frozen=True)
class Greedy:
    """The pieces of WordPiece, and how it cuts a word by them."""

    pieces: Mapping[str, int]  # as the vocabulary writes them
    mark: str  # of pieces inside words
    unknown: int  # the id of a word that has a part which is not a piece
    longest: int  # characters of a word; longer ones are unknown

    @cached_property
    def inside(self) -> Mapping[str, int]:
        """The pieces inside words, without their mark."""
        size, pieces = len(self.mark), self.pieces.items()
        return {piece[size:]: token for piece, token in pieces if piece.startswith(self.mark)}

    def ids(self, word: str, most: float = inf) -> list[int]:
        """Return the ids of a word; ids above `most` do not exist yet."""
        if len(word) > self.longest:
            return [self.unknown]
        found: list[int] = []
        at = 0
        while at < len(word):
            known = self.inside if at else self.pieces
            for end in range(len(word), at, -1):
                token = known.get(word[at:end])
                if token is not None and token <= most:
                    break
            else:
                return [self.unknown]
            found.append(token)
            at = end
        return found

    def form(self, piece: str) -> bytes:
        """Return what a piece is joined by: one that begins a word has a space."""
        inside = piece.startswith(self.mark)
        return (piece.removeprefix(self.mark) if inside else f" {piece}").encode()

    def piece(self, form: bytes) -> bytes:
        """Return a piece as the vocabulary writes it.

        >>> Greedy({}, "##", 0, 9).piece(b" un"), Greedy({}, "##", 0, 9).piece(b"able")
        (b'un', b'##able')
        """
        return form[1:] if form.startswith(b" ") else self.mark.encode() + form

    def saved(self, words: Sequence[str], new: Sequence[bytes], first: int) -> csr_array:
        """Return how many tokens each new piece saves in each word; shape (T, W).

        An entry of 0 is a word that has other tokens then, but as many.

        Args:
            words: before any of the new pieces exists.
            new: the forms of the ids from `first` on.
            first: the lowest new id.
        """
        added = {self.piece(form).decode(): token for token, form in enumerate(new, first)}
        alone, both = (replace(self, pieces=pieces) for pieces in (added, {**self.pieces, **added}))
        entries = [
            (token - first, place, gone)
            for place, word in enumerate(words)
            for token, gone in both._changes(word, sorted(alone._in(word)))
        ]
        rows, columns, values = np.array(entries, np.int64).reshape(-1, 3).T
        return csr_array((values, (rows, columns)), shape=(len(new), len(words)), dtype=np.int64)

    def _in(self, word: str) -> set[int]:
        """Return the pieces that stand in a word."""
        size = len(word) if len(word) <= self.longest else 0
        found = {self.pieces.get(word[:end]) for end in range(1, size + 1)}
        for at in range(1, size):
            found |= {self.inside.get(word[at:end]) for end in range(at + 1, size + 1)}
        return {token for token in found if token is not None}

    def _changes(self, word: str, new: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield each new id that changes a word, with the tokens that it saves."""
        before = self.ids(word, new[0] - 1) if new else []
        for token in new:
            after = self.ids(word, token)
            if after != before:
                yield token, len(before) - len(after)
            before = after
