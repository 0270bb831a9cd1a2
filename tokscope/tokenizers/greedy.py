"""Longest match from the left, byte by byte: how RWKV's World tokenizers read text."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.bpe import require_all_bytes
from tokscope.tokenizers.components import canonical, fingerprint
from tokscope.tokenizers.frame import NO_FRAME, Frame
from tokscope.tokenizers.vocabulary import Vocabulary


@dataclass(frozen=True)
class GreedyTokenizer:
    """Tokens that are bytes; the longest one that the text goes on with is taken."""

    name: str
    vocabulary: Vocabulary
    ids: Mapping[bytes, int]
    family: str = "longest match"
    path: str = "Python"
    around: Mapping[str, str] = field(default_factory=dict)  # what else the file says
    frame: Frame = NO_FRAME
    spec: Spec = NOWHERE

    @classmethod
    def of(cls, name: str, ids: Mapping[bytes, int], place: str) -> GreedyTokenizer:
        """Build it from its tokens.

        Raises:
            TokscopeError: a byte has no token, so that text could not be encoded.
        """
        require_all_bytes(ids, place)
        tokens: list[bytes | None] = [None] * (max(ids.values()) + 1)
        for token, number in ids.items():
            tokens[number] = token
        return cls(name, Vocabulary.of(tokens), ids)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all components."""
        return fingerprint(self.components())

    def components(self) -> Mapping[str, str]:
        """Return the parts in canonical JSON; the tokens as their hash."""
        entries = b"".join(b"%d %s\n" % (i, t.hex().encode()) for t, i in self._sorted)
        parts = {
            "model": "longest match",
            "vocabulary": {"size": len(self.ids), "sha256": hashlib.sha256(entries).hexdigest()},
        }
        return {name: canonical(part) for name, part in parts.items()}

    def processing(self) -> Mapping[str, str]:
        """Return what else the file says."""
        return self.around

    @property
    def _sorted(self) -> list[tuple[bytes, int]]:
        return sorted(self.ids.items(), key=lambda entry: entry[1])

    @cached_property
    def _lengths(self) -> Mapping[bytes, Sequence[int]]:
        """First two bytes -> the lengths of the tokens that begin so, the longest first."""
        by_start: dict[bytes, set[int]] = defaultdict(set)
        for token in self.ids:
            if len(token) > 1:
                by_start[token[:2]].add(len(token))
        return {start: sorted(lengths, reverse=True) for start, lengths in by_start.items()}

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        return Encoded.of([self._ids(text.encode()) for text in texts])

    def _ids(self, data: bytes) -> list[int]:
        ids, lengths, tokens, at = self.ids, self._lengths, [], 0
        while at < len(data):
            for size in lengths.get(data[at : at + 2], ()):
                token = ids.get(data[at : at + size])
                if token is not None and at + size <= len(data):
                    break
            else:
                token, size = ids[data[at : at + 1]], 1
            tokens.append(token)
            at += size
        return tokens

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return the longest tokens from the left."""
        return list(map(self._ids, data))

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with the special tokens that go around it."""
        return self.frame.around(self.encode(texts))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; invalid UTF-8 becomes U+FFFD."""
        return b"".join(self.vocabulary[token] for token in ids).decode(errors="replace")

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, in bytes."""
        return np.cumsum(self.vocabulary.lengths[self.encode([text]).ids], dtype=np.int64)
