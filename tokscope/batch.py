"""Texts that are encoded and counted together, with what several steps ask of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray


class Batch(list[str]):
    """Texts. What is asked of all of them is computed once; so they must not change."""

    def __init__(self, texts: Iterable[str] = (), file_size: int = 0) -> None:
        super().__init__(texts)
        self.file_size = file_size  # bytes of the file that they are from, where that is known

    @classmethod
    def of(cls, texts: Sequence[str]) -> Batch:
        """Return the texts themselves if they are a batch already."""
        return texts if isinstance(texts, Batch) else cls(texts)

    @classmethod
    def of_lines(
        cls, lines: Sequence[str], joined: str, ends: NDArray[np.int64], raw: bytes
    ) -> Self:
        """Return lines of which all that follows is known: `raw` are the bytes of `joined`."""
        batch = cls(lines)
        vars(batch).update(joined=joined, data=np.frombuffer(raw, np.uint8), ends=ends)
        return batch

    @cached_property
    def joined(self) -> str:
        """All texts, with a line feed after each."""
        return "\n".join((*self, ""))

    @cached_property
    def data(self) -> NDArray[np.uint8]:
        """The bytes of `joined`."""
        return np.frombuffer(self.joined.encode(errors="surrogatepass"), np.uint8)

    @property
    def size(self) -> int:
        """The number of bytes of all texts."""
        return len(self.data) - len(self)

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """The bytes of `joined` behind each line feed: one a text, unless texts hold some."""
        return np.flatnonzero(self.data == ord("\n")) + 1

    @property
    def _are_lines(self) -> bool:
        """Whether it is known already that no text holds a line feed."""
        return "ends" in vars(self) and len(self.ends) == len(self)

    def full(self) -> NDArray[np.bool_]:
        """Tell which texts are not empty."""
        if self._are_lines:
            return np.diff(self.ends, prepend=0) > 1
        return np.fromiter(map(bool, self), bool, len(self))

    def without_empty(self) -> Batch:
        """Return the texts that are not empty."""
        texts = list(filter(None, self))
        if not self._are_lines:
            return Batch(texts)
        sizes = np.diff(self.ends, prepend=0)
        raw = np.delete(self.data, self.ends[sizes == 1] - 1).tobytes()
        return Batch.of_lines(texts, raw.decode(), np.cumsum(sizes[sizes > 1]), raw)

    @cached_property
    def longest(self) -> int:
        """No text has more characters than this."""
        if len(self.ends) == len(self):
            return int(np.diff(self.ends, prepend=0).max(initial=1)) - 1
        return max(map(len, self), default=0)
