"""Tokenizers without a vocabulary to learn: limits for all others, and references for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.vocabulary import Vocabulary


def _starts(texts: Sequence[str], *, wide: bool) -> NDArray[np.int64]:
    lengths = [len(text) if wide else len(text.encode()) for text in texts]
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


@dataclass(frozen=True)
class Bytes:
    """Every UTF-8 byte is a token: what byte-level models such as ByT5 read."""

    name: str
    fingerprint: str = "bytes"
    family: str = "bytes"
    path: str = "NumPy"
    spec: Spec = NOWHERE

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """256 ids, each its own byte."""
        return Vocabulary(np.arange(256, dtype=np.uint8), np.arange(1, 257), {})

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the bytes of every text."""
        joined = np.frombuffer("".join(texts).encode(), np.uint8)
        return Encoded(joined.astype(np.int32), _starts(texts, wide=False))

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return every byte."""
        return list(map(list, data))

    def components(self) -> Mapping[str, str]:
        """Return nothing: a baseline has no parts."""
        return {}

    def processing(self) -> Mapping[str, str]:
        """Return nothing: a baseline puts nothing around text."""
        return {}

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text: a baseline has no special tokens."""
        return self.encode(texts)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; invalid UTF-8 becomes U+FFFD."""
        return bytes(ids).decode(errors="replace")

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where bytes end: everywhere."""
        return np.arange(1, len(text.encode()) + 1)


@dataclass(frozen=True)
class Characters:
    """Every code point is a token; V is the number of code points that text can hold."""

    name: str
    fingerprint: str = "characters"
    family: str = "characters"
    path: str = "NumPy"
    spec: Spec = NOWHERE

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """0x110000 ids, of which the surrogates do not exist."""
        codes = np.arange(0x110000, dtype=np.uint32)
        codes = np.concatenate((codes[:0xD800], codes[0xE000:]))
        blob = np.frombuffer(codes.tobytes().decode("utf-32-le").encode(), np.uint8)
        lengths = np.full(0x110000, 4)
        lengths[:0x10000], lengths[:0x800], lengths[:0x80] = 3, 2, 1
        lengths[0xD800:0xE000] = 0
        return Vocabulary(blob, np.cumsum(lengths), {}, gaps=0x800)

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the code points of every text."""
        joined = np.frombuffer("".join(texts).encode("utf-32-le"), np.int32)
        return Encoded(joined, _starts(texts, wide=True))

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return the code points."""
        return [list(map(ord, one.decode(errors="ignore"))) for one in data]

    def components(self) -> Mapping[str, str]:
        """Return nothing: a baseline has no parts."""
        return {}

    def processing(self) -> Mapping[str, str]:
        """Return nothing: a baseline puts nothing around text."""
        return {}

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text: a baseline has no special tokens."""
        return self.encode(texts)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text."""
        return "".join(map(chr, ids))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where characters end."""
        return np.cumsum(self.vocabulary.lengths[self.encode([text]).ids])


def load_bytes(spec: Spec) -> Bytes:
    """Return the byte baseline."""
    return Bytes(spec.label or "bytes")


def load_characters(spec: Spec) -> Characters:
    """Return the character baseline."""
    return Characters(spec.label or "characters")
