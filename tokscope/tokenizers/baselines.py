"""Tokenizers without a vocabulary to learn: limits for all others, and references for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.vocabulary import Vocabulary

_BASES = b"ACGT"
_NUMBERS = np.full(256, len(_BASES), np.int32)
_NUMBERS[list(_BASES)] = range(len(_BASES))
_MOST = 10  # letters of a k-mer; there are a million of ten


def _starts(texts: Sequence[str], *, wide: bool) -> NDArray[np.int64]:
    lengths = [len(text) if wide else len(text.encode()) for text in texts]
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def _nothing(_: object) -> Mapping[str, str]:
    """Return nothing: a baseline has no parts, and puts nothing around text."""
    return {}


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

    components = processing = _nothing
    model_input = encode  # without special tokens

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

    components = processing = _nothing
    model_input = encode  # without special tokens

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text."""
        return "".join(map(chr, ids))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where characters end."""
        return np.cumsum(self.vocabulary.lengths[self.encode([text]).ids])


@dataclass(frozen=True)
class Kmers:
    """Every k letters of DNA are a token; what is left, and any other text, is spelled by bytes.

    Letters are A, C, G and T, in capitals. If k-mers overlap, as in DNABERT, one begins at every
    letter, and each but the first ends one letter behind the one before.
    """

    name: str
    k: int
    overlapping: bool = False
    spec: Spec = NOWHERE
    family: str = "k-mers"
    path: str = "NumPy"

    @property
    def fingerprint(self) -> str:
        """What decides the ids."""
        return f"kmers:{self.k}{':overlapping' if self.overlapping else ''}"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The 256 bytes, then 4^k k-mers in the order of their letters."""
        numbers = np.arange(4**self.k)[:, None] >> np.arange(2 * self.k - 2, -1, -2)
        letters = np.frombuffer(_BASES, np.uint8)[numbers & 3]
        blob = np.concatenate((np.arange(256, dtype=np.uint8), letters.ravel()))
        lengths = np.repeat((1, self.k), (256, 4**self.k))
        return Vocabulary(blob, np.cumsum(lengths), {})

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the k-mers of every text; none goes on from one text into the next."""
        starts = _starts(texts, wide=False)
        places, ids = self._cut(np.frombuffer("".join(texts).encode(), np.uint8), starts[:-1])
        return Encoded(ids, np.searchsorted(places, starts), spells=not self.overlapping)

    def _cut(
        self, data: NDArray[np.uint8], starts: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return where tokens begin, and their ids; texts begin at `starts`."""
        bases = _NUMBERS[data]
        is_base = bases < len(_BASES)
        new = np.append(True, ~(is_base[1:] & is_base[:-1]))[: len(data)]
        new[starts[starts < len(data)]] = True
        begin = np.flatnonzero(new)  # of each run of letters, or of another byte
        lengths = np.diff(np.append(begin, len(data)))
        place = np.arange(len(data)) - np.repeat(begin, lengths)
        left = np.repeat(lengths, lengths) - place
        if self.overlapping:
            whole = is_base & (left >= self.k)
            alone = ~is_base | (place + left < self.k)
        else:
            whole = is_base & (left >= self.k) & (place % self.k == 0)
            alone = ~is_base | (left <= (place + left) % self.k)
        ids = data.astype(np.int32)
        at = np.flatnonzero(whole)
        numbers = np.zeros(len(at), np.int32)
        for step in range(self.k):
            numbers = 4 * numbers + bases[at + step]
        ids[at] = 256 + numbers
        places = np.flatnonzero(whole | alone)
        return places, ids[places]

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return the k-mers of bytes, or single bytes if k-mers overlap: those spell no bytes."""
        if self.overlapping:
            return list(map(list, data))
        begin = np.zeros(1, np.int64)
        return [self._cut(np.frombuffer(one, np.uint8), begin)[1].tolist() for one in data]

    components = processing = _nothing
    model_input = encode  # without special tokens

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; of k-mers that overlap, each but the first adds its last letter."""
        spelled = [self.vocabulary[i] for i in ids]
        if self.overlapping:
            follows = [i > 255 and before > 255 for before, i in pairwise(ids)]
            spelled[1:] = [
                one[-1:] if on else one for one, on in zip(spelled[1:], follows, strict=True)
            ]
        return b"".join(spelled).decode(errors="replace")

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end."""
        places, ids = self._cut(np.frombuffer(text.encode(), np.uint8), np.zeros(1, np.int64))
        return places + self.vocabulary.lengths[ids]


Baseline = Bytes | Characters | Kmers


def load_bytes(spec: Spec) -> Bytes:
    """Return the byte baseline."""
    return Bytes(spec.label or "bytes")


def load_characters(spec: Spec) -> Characters:
    """Return the character baseline."""
    return Characters(spec.label or "characters")


def load_kmers(spec: Spec) -> Kmers:
    """Return the baseline of k-mers that `kmers:K[:overlapping]` names.

    Raises:
        TokscopeError: K is no such number, or something else follows it.
    """
    number, colon, rest = spec.place.partition(":")
    k = int(number) if number.isdecimal() and len(number) < 3 else 0
    if not 2 <= k <= _MOST or (colon and rest != "overlapping"):
        forms = f"kmers:6 or kmers:6:overlapping, with a number from 2 to {_MOST}"
        raise TokscopeError(f"kmers:{spec.place}: write {forms}")
    name = f"{k}-mers{'-overlapping' if colon else ''}"
    return Kmers(spec.label or name, k, bool(colon))
