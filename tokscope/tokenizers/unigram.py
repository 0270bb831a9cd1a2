"""A SentencePiece Unigram model from its parts, as GGUF files of T5 and its kin hold them.

The parts are written as the library's own message (sentencepiece_model.proto) and read by it, so
that it normalizes and searches as it always does.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_UNIGRAM = 1


@dataclass(frozen=True)
class Parts:
    """Pieces with their scores and types, and what is done to a text first."""

    pieces: Sequence[str]
    scores: Sequence[float]
    kinds: Sequence[int]
    unknown: int
    charsmap: bytes = b""
    prefix: bool = True  # a text is given a space
    merges_spaces: bool = True  # a run of them is one


def model_of(parts: Parts) -> bytes:
    """Return the serialized model."""
    trainer: dict[int, bytes | float] = {3: _UNIGRAM, 40: parts.unknown}
    rules: dict[int, bytes | float] = {
        1: b"gguf",
        2: parts.charsmap,
        3: parts.prefix,
        4: parts.merges_spaces,
        5: True,  # spaces are written as ▁
    }
    model = [
        _field(1, _message({1: piece.encode(), 2: float(score), 3: kind}))
        for piece, score, kind in zip(parts.pieces, parts.scores, parts.kinds, strict=True)
    ]
    # the library knows these by their ids, and gives none of them
    absent: dict[int, bytes | float] = {41: 2**64 - 1, 42: 2**64 - 1, 43: 2**64 - 1}
    model += [_field(2, _message(trainer | absent)), _field(3, _message(rules))]
    return b"".join(model)


def unnormalized() -> bytes:
    """Return what stands behind a serialized model that changes no text: the last rules count."""
    rules: dict[int, bytes | float] = {1: b"identity", 2: b"", 3: False, 4: False, 5: True}
    return _field(3, _message(rules))


def _message(fields: Mapping[int, bytes | float]) -> bytes:
    return b"".join(_field(number, value) for number, value in fields.items())


def _field(number: int, value: bytes | float) -> bytes:
    if isinstance(value, bytes):
        return _varint(number << 3 | 2) + _varint(len(value)) + value
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    return _varint(number << 3) + _varint(int(value))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
