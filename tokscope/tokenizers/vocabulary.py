"""One table of bytes for every family: what each id stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tokscope.batch import Batch

SPACE, END = "▁", "</w>"  # what stands for a space in a piece, and what marks the end of a word
# Kinds of piece, by the numbers that SentencePiece and GGUF give them; a user has DEFINED some
NORMAL, UNKNOWN, CONTROL, DEFINED, UNUSED, BYTE = range(1, 7)
# No UTF-8 text holds these bytes: a vocabulary that was learned from text may lack them
_NEVER = frozenset((0xC0, 0xC1, *range(0xF5, 0x100)))


def missing_bytes(tokens: Iterable[bytes]) -> list[int]:
    """Return the bytes of text that are not a token, so that some text cannot be spelled."""
    present = {token[0] for token in tokens if len(token) == 1}
    return [byte for byte in range(256) if byte not in present and byte not in _NEVER]


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
    ) -> Vocabulary:
        """Lay out the bytes of ids 0, 1, 2, ...; None is an id that does not exist."""
        data = [token or b"" for token in tokens]
        blob = np.frombuffer(b"".join(data), np.uint8)
        ends = np.cumsum(np.fromiter(map(len, data), np.int64, len(data)))
        gaps = sum(token is None for token in tokens)
        made = cls(blob, ends, specials or {}, fallbacks, unknown, gaps, continuing, ending)
        vars(made)["pieces"] = data  # which nearly every command would cut out of the blob again
        return made

    def __len__(self) -> int:
        return self.size - self.gaps

    def __getitem__(self, token: int) -> bytes:
        return self.pieces[token]

    @property
    def size(self) -> int:
        """The largest id plus one."""
        return len(self.ends)

    @cached_property
    def pieces(self) -> Sequence[bytes]:
        """The bytes of every id, empty for an id without bytes."""
        blob, ends = self.blob.tobytes(), self.ends.tolist()
        return [blob[start:end] for start, end in pairwise([0, *ends])]

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

    @cached_property
    def byte_tokens(self) -> NDArray[np.bool_]:
        """Whether an id helps to spell any text byte by byte; shape (size,).

        These are the byte fallbacks, or else the alphabet of a byte-level vocabulary: one in which
        a byte that is not a character is a token.
        """
        if self.fallbacks:
            flags = np.zeros(self.size, bool)
            flags[list(self.fallbacks)] = True
            return flags
        single = self.lengths == 1
        return single & bool((single & self.incomplete).any())

    @cached_property
    def names(self) -> Mapping[int, str]:
        """The text of every special token, by id."""
        return {token: text for text, token in self.specials.items()}

    def spelling(self, token: int) -> bytes:
        """Return what people see of a token: the text of a special one, or else its bytes."""
        return self.names.get(token, "").encode() or self[token]

    def spell(self, ids: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Return the bytes of all tokens one after the other."""
        lengths = self.lengths[ids]
        ends = np.cumsum(lengths)
        shift = np.repeat((self.ends[ids] - ends).astype(np.int32), lengths)
        shift += np.arange(len(shift), dtype=np.int32)  # of a batch, which is far below 2 GB
        return self.blob[shift]

    def hold(self, ids: NDArray[np.int32], texts: Sequence[str]) -> bool:
        """Tell whether tokens have as many bytes as texts, so that nothing was left out of them."""
        return int(self.lengths.take(ids).sum()) == Batch.of(texts).size

    def cuts(self, ids: NDArray[np.int32], text: str) -> NDArray[np.int64] | None:
        """Return where tokens end in the bytes of a text, if they spell it.

        One space before it, a dummy prefix, does not count; None where anything else differs.
        """
        spelled, data = self.spell(ids).tobytes(), text.encode()
        extra = len(spelled) - len(data)
        if extra not in (0, 1) or spelled != b" " * extra + data:
            return None
        return np.cumsum(self.lengths[ids]) - extra
