"""The header of a GGUF file, as ggml's `docs/gguf.md` describes it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from tokscope.errors import shortened
from tokscope.reading import MOST
from tokscope.tokenizers.limits import IDS

_NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_MOSTLY = 32_000_000  # bytes, which nearly every header fits in
_MOST_KEYS, _MOST_VALUES = 10_000, 2 * IDS  # of a header, and of an array


@dataclass
class _Header:
    """A place in the file, moving on with every value read."""

    data: bytes
    at: int = 0

    def number(self, kind: str) -> Any:
        (value,) = struct.unpack_from(f"<{kind}", self.data, self.at)
        self.at += struct.calcsize(f"<{kind}")
        return value

    def string(self) -> str:
        size = self.number("Q")
        if size > len(self.data) - self.at:
            raise ValueError("a string is longer than the file")
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.number(_NUMBERS[kind])
        inner, count = self.number("I"), self.number("Q")
        if depth or count > min(len(self.data) - self.at, _MOST_VALUES):
            raise ValueError("an array is too long, or holds arrays")
        if inner in _NUMBERS:
            numbers = struct.unpack_from(f"<{count}{_NUMBERS[inner]}", self.data, self.at)
            self.at += struct.calcsize(f"<{count}{_NUMBERS[inner]}")
            return numbers
        return [self.value(inner, depth + 1) for _ in range(count)]


def read_metadata(data: bytes, hashes: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the keys and values of a GGUF header, versions 2 and 3.

    Decoding loses bytes of a text that is not valid UTF-8: `hashes` gets a hash of them all.

    Raises:
        ValueError, KeyError, struct.error: the header is broken.
    """
    if data[:4] != b"GGUF":
        raise ValueError("it does not begin with GGUF")
    header = _Header(data, 4)
    if header.number("I") not in (2, 3):
        raise ValueError("only versions 2 and 3 are known")
    header.number("Q")  # tensors
    metadata = {}
    count = header.number("Q")
    if count > _MOST_KEYS:
        raise ValueError(f"{count:,} keys; at most {_MOST_KEYS:,} are read")
    for _ in range(count):
        name = header.string()
        if name in metadata:
            raise ValueError(f"'{shortened(name)}' is listed twice")
        kind, start = header.number("I"), header.at
        value = header.value(kind)
        strings = kind in (_STRING, _ARRAY) and not isinstance(value, tuple)
        metadata[name] = value
        if hashes is not None and strings:
            hashes[name] = sha256(data[start : header.at]).hexdigest()
    return metadata


def read_beginning(stream: BinaryIO, hashes: dict[str, str]) -> dict[str, Any]:
    """Return the header of a file: its beginning, and nearly always a small one.

    The file is not mapped: one that is cut meanwhile would end the process.
    """
    try:
        return read_metadata(stream.read(_MOSTLY), hashes)
    except (ValueError, struct.error):
        if not stream.read(1):
            raise
    hashes.clear()
    stream.seek(0)
    return read_metadata(stream.read(MOST), hashes)
