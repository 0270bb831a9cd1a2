"""One table of bytes for every family: what each id stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SPACE, END = "▁", "</w>"  # what stands for a space in a piece, and what marks the end of a word


@dataclass(frozen=True)
class Vocabulary:
    """The bytes of every id, laid end to end.

    `ends[i]` is where the bytes of id `i` end in `blob`. Special tokens, unused ids and gaps have
    no bytes. `len` is V, the number of ids in use; `size` is the largest id plus one.
    """

    blob: NDArray[np.uint8]
    ends: NDArray[np.int64]
    specials: Mapping[str, int]
    fallbacks: frozenset[int] = frozenset()  # ids that stand for one byte where a piece is missing
    unknown: int | None = None
    gaps: int = 0
    continuing: frozenset[int] | None = None  # ids marked as continuing a word, where marks say so
    ending: frozenset[int] | None = None  # and as ending one
    added: frozenset[int] = frozenset()  # ids added to the model's own that are not special

    @classmethod
    def of(
        cls,
        tokens: Sequence[bytes | None],
        *,
        specials: Mapping[str, int] | None = None,
        fallbacks: frozenset[int] = frozenset(),
        unknown: int | None = None,
        continuing: frozenset[int] | None = None,
        ending: frozenset[int] | None = None,
        added: frozenset[int] = frozenset(),
    ) -> Vocabulary:
        """Lay out the bytes of ids 0, 1, 2, ...; None is an id that does not exist."""
        blob = np.frombuffer(b"".join(token or b"" for token in tokens), np.uint8)
        ends = np.cumsum([len(token or b"") for token in tokens], dtype=np.int64)
        gaps = sum(token is None for token in tokens)
        marks = continuing, ending
        return cls(blob, ends, specials or {}, fallbacks, unknown, gaps, *marks, added)

    def __len__(self) -> int:
        return self.size - self.gaps

    def __getitem__(self, token: int) -> bytes:
        return self.blob[self.ends[token] - self.lengths[token] : self.ends[token]].tobytes()

    @property
    def size(self) -> int:
        """The largest id plus one."""
        return len(self.ends)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of every id; shape (size,)."""
        return np.diff(self.ends, prepend=0)

    @cached_property
    def incomplete(self) -> NDArray[np.bool_]:
        """Whether the bytes of an id are not whole UTF-8 characters; shape (size,)."""
        incomplete = np.zeros(self.size, bool)
        high = np.flatnonzero(self.blob >= 0x80)
        suspects = np.unique(np.searchsorted(self.ends, high, side="right"))
        for token in suspects.tolist():
            try:
                self[token].decode()
            except UnicodeDecodeError:
                incomplete[token] = True
        return incomplete

    def spell(self, ids: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Return the bytes of all tokens one after the other."""
        lengths = self.lengths[ids]
        ends = np.cumsum(lengths)
        shift = np.repeat((self.ends[ids] - ends).astype(np.int32), lengths)
        shift += np.arange(len(shift), dtype=np.int32)  # of a batch, which is far below 2 GB
        return self.blob[shift]

    def hold(self, ids: NDArray[np.int32], texts: Sequence[str]) -> bool:
        """Tell whether tokens have as many bytes as texts, so that nothing was left out of them."""
        joined = "".join(texts)
        size = len(joined) if joined.isascii() else len(joined.encode())
        return int(self.lengths[ids].sum()) == size

    def cuts(self, ids: NDArray[np.int32], text: str) -> NDArray[np.int64] | None:
        """Return where tokens end in the bytes of a text, if they spell it.

        One space before it, a dummy prefix, does not count; None where anything else differs.
        """
        spelled, data = self.spell(ids).tobytes(), text.encode()
        extra = len(spelled) - len(data)
        if extra not in (0, 1) or spelled != b" " * extra + data:
            return None
        return np.cumsum(self.lengths[ids]) - extra
