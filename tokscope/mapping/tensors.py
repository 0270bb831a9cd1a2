"""Safetensors files: what their header says, checked before anything is read by it.

A file is eight bytes with the size of the header, the header in JSON, and the tensors one after the
other, without gaps.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tokscope.errors import TokscopeError, shortened

# The bytes of a number of each type that is read here; others are only copied
SIZES: Mapping[str, int] = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1,
    "U16": 2, "U32": 4, "U64": 8, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
METADATA = "__metadata__"
ALIGNED = 8  # tensors begin at a multiple of so many bytes
_MOST = 32_000_000  # bytes of a header; published ones have a tenth
_DIMENSIONS = 32
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Tensor(NamedTuple):
    """A tensor, and where its bytes are, from the beginning of the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class File(NamedTuple):
    """What a file holds, in the order of the bytes."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


def read_header(stream: BinaryIO, path: Path) -> File:
    """Read and check the header of a file.

    Raises:
        TokscopeError: it is not a safetensors file, or its tensors do not fill it.
    """
    try:
        size = os.fstat(stream.fileno()).st_size
        length = _length(stream.read(8), size)
        told = json.loads(stream.read(length).decode(), object_pairs_hook=_distinct)
        if not isinstance(told, dict):
            raise ValueError("its header is not an object")
        metadata = told.pop(METADATA, {})
        _require_texts(metadata)
        tensors = {name: _tensor(name, one, 8 + length) for name, one in told.items()}
        ordered = dict(sorted(tensors.items(), key=lambda one: (one[1].start, one[1].end)))
        _require_filled(ordered, 8 + length, size)
    except (ValueError, RecursionError) as error:
        raise TokscopeError(f"{path}: not a safetensors file that can be read ({error})") from error
    return File(ordered, metadata)


def _require_texts(metadata: object) -> None:
    """Require names and values that can be written again."""
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its metadata are not text")
    json.dumps(metadata, ensure_ascii=False).encode()  # half a UTF-16 pair is not text


def _length(start: bytes, size: int) -> int:
    """Return the size of the header."""
    if len(start) < 8:
        raise ValueError("it is shorter than 8 bytes")
    length: int = struct.unpack("<Q", start)[0]
    if length > min(_MOST, size - 8):
        raise ValueError(f"its header would have {length:,} bytes")
    return length


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _tensor(name: str, told: object, start: int) -> Tensor:
    shown = f"'{shortened(name)}'"
    if _HIDDEN.search(name):
        raise ValueError(f"the name {shown} has control characters")
    if not isinstance(told, dict):
        raise ValueError(f"{shown} is not described")
    dtype: Any = told.get("dtype")
    shape: Any = told.get("shape")
    offsets: Any = told.get("data_offsets")
    if not isinstance(dtype, str) or not _numbers(shape) or not _numbers(offsets):
        raise ValueError(f"{shown} has no type, shape or place")
    if len(offsets) != 2 or offsets[0] > offsets[1] or len(shape) > _DIMENSIONS:
        raise ValueError(f"the place or the shape of {shown} makes no sense")
    begin, end = offsets
    if dtype in SIZES and math.prod(shape) * SIZES[dtype] != end - begin:
        raise ValueError(f"{shown} has {end - begin:,} bytes, which do not fit its shape")
    return Tensor(dtype, tuple(shape), start + begin, start + end)


def _numbers(value: Any) -> bool:
    """Tell whether a value is a list of whole numbers from 0 up."""
    return isinstance(value, list) and all(type(one) is int and 0 <= one < 2**63 for one in value)


def _require_filled(tensors: Mapping[str, Tensor], start: int, end: int) -> None:
    """Require tensors that follow each other from the header to the end of the file."""
    for name, one in tensors.items():
        shown = f"'{shortened(name)}'"
        if one.start < start:
            raise ValueError(f"{shown} overlaps another tensor")
        if one.start > start:
            raise ValueError(f"{one.start - start:,} bytes before {shown} are of no tensor")
        if one.end > end:
            raise ValueError(f"it ends inside {shown}, as if it were cut short")
        start = one.end
    if start != end:
        raise ValueError(f"{end - start:,} bytes are of no tensor")


def header_of(
    entries: Mapping[str, tuple[str, Sequence[int], int]], metadata: Mapping[str, str]
) -> bytes:
    """Return the header of tensors that follow each other: their type, shape and bytes by name."""
    told: dict[str, Any] = {METADATA: dict(metadata)} if metadata else {}
    start = 0
    for name, (dtype, shape, size) in entries.items():
        told[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, start + size]}
        start += size
    data = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    data += b" " * (-len(data) % ALIGNED)
    return struct.pack("<Q", len(data)) + data


def lengthened(header: bytes, more: int) -> bytes:
    """Return a header with more spaces at its end."""
    return struct.pack("<Q", len(header) - 8 + more) + header[8:] + b" " * more
