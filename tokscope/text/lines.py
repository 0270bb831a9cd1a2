"""Lines of text: read in decoded blocks of whole lines; every line is a unit.

LF or CRLF ends a line; every other separator is text. A byte order mark of UTF-8 is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tokscope.batch import Batch
from tokscope.errors import TokscopeError
from tokscope.text.files import REPLACING, Shard, pieces

_MARK = b"\xef\xbb\xbf"
_LOOK = 1 << 16  # bytes at the beginning that must look like text
_FEW = 2  # NULs that are enough to tell an encoding
_ALIKE = 0.8  # share of equal high bytes, in UTF-16 text of one script
_PLANE = 3  # the highest plane of Unicode that has letters
# the first bytes of a file -> what it is
_NO_TEXT = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a zip file, or an office document, which is one",
    b"PK\x05\x06": "an empty zip file",
    b"\x1f\x8b": "packed with gzip",
    b"BZh91AY&SY": "packed with bzip2",
    b"\xfd7zXZ\0": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"7z\xbc\xaf'\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"PAR1\x15": "a Parquet file",
    b"ARROW1\0\0": "an Arrow file",
    b"SQLite format 3\0": "an SQLite database",
    b"\x89HDF\r\n": "an HDF5 file",
    b"\x93NUMPY": "an array of NumPy",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"{\\rtf": "an RTF document",
    b"Obj\x01": "an Avro file",
    b"ORC\x08": "an ORC file",
    b"GGUF\x03\0": "a GGUF model",
    b"\x89PNG\r\n": "a picture",
    b"\x7fELF": "a program",
}
_MARKS = {
    b"\xff\xfe\0\0": "UTF-32LE",
    b"\0\0\xfe\xff": "UTF-32BE",
    b"\xff\xfe": "UTF-16LE",
    b"\xfe\xff": "UTF-16BE",
}
# the beginning of JSON records
OBJECT = re.compile(rb'\s*(\[\s*)?\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}\s*[,\]\n])')
_PICKLE = re.compile(rb"\x80[\x02-\x05]")


@dataclass(frozen=True)
class Units:
    """Some consecutive units of a shard."""

    texts: Sequence[str]
    offsets: NDArray[np.int64]  # the byte of the shard where each unit begins
    lines: Sequence[int]  # the line where each unit ends, or its row, counted from 1
    raw: bytes  # all bytes that were read for these units
    skipped: int = 0  # empty units left out
    replaced: int = 0  # invalid UTF-8 sequences replaced
    clusters: Sequence[str] = ()  # the cluster of each unit, if the shard names a field for it


@dataclass(frozen=True)
class Block:
    """Some whole lines, or whole characters."""

    raw: bytes
    text: str
    offset: int
    line: int  # how many lines came before this block
    replaced: int
    mark: int = 0  # bytes at the beginning that are no text

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """The bytes of the block behind each line feed."""
        return np.flatnonzero(np.frombuffer(self.raw, np.uint8) == ord("\n")) + 1

    def lines(self) -> list[str]:
        """Return the lines without their ends."""
        lines = self.text.split("\n")
        last = lines.pop()
        if "\r" in self.text:
            lines = [line.removesuffix("\r") for line in lines]
        elif not (last or self.replaced or self.mark):
            return Batch.of_lines(lines, self.text, self.ends, self.raw)
        return [*lines, last] if last else lines

    def offsets(self, lines: int) -> NDArray[np.int64]:
        """Return the bytes of the shard where the first `lines` lines of the block begin."""
        return self.offset + np.append(0, self.ends)[:lines]


def _line_feeds(raw: bytes) -> int:
    """Count line feeds; faster than `bytes.count` where there are many."""
    return int(np.count_nonzero(np.frombuffer(raw, np.uint8) == ord("\n")))


def _whole_lines(stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the stream cut after line feeds, and hold back no more than one unfinished line."""
    return _before(b"", stream, shard)


def whole_records(stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the stream cut before lines that begin with >, as records of FASTA do."""
    return _before(b">", stream, shard)


def _before(mark: bytes, stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the stream cut before lines that begin with a mark; what is held back has no other."""
    waiting: list[bytes] = []
    size = line = 0
    for piece in pieces(stream, shard):
        cut = piece.rfind(b"\n" + mark) + 1
        ended = bool(waiting) and waiting[-1].endswith(b"\n") and piece.startswith(mark)
        if cut or ended:
            block = b"".join((*waiting, piece[:cut]))
            line += _line_feeds(block)
            yield block
            waiting, size = [], 0
        waiting.append(piece[cut:])
        size += len(piece) - cut
        if size > shard.max_unit + 2:
            raise shard.too_long(line + 1)
    if size:
        yield b"".join(waiting)


def whole_characters(stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the stream cut between characters, as far as it is valid UTF-8."""
    waiting = b""
    for piece in pieces(stream, shard):
        joined = waiting + piece
        cut = len(joined) - _unfinished(joined)
        waiting = joined[cut:]
        if cut:
            yield joined[:cut]
    if waiting:
        yield waiting


def _everything(stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the stream in one piece."""
    held: list[bytes] = []
    size = 0
    for piece in pieces(stream, shard):
        held.append(piece)
        size += len(piece)
        if size > shard.max_unit + len(_MARK):
            raise shard.too_long(1)
    if size:
        yield b"".join(held)


def _unfinished(raw: bytes) -> int:
    """Return how many bytes at the end belong to an unfinished character.

    >>> _unfinished(b"a"), _unfinished("é".encode()[:1]), _unfinished("😀".encode()[:3])
    (0, 1, 3)
    """
    for back, byte in enumerate(raw[: -len(raw[-3:]) - 1 : -1], 1):
        if byte >= 0xC0:
            return back if back < 2 + (byte >= 0xE0) + (byte >= 0xF0) else 0
        if byte < 0x80:
            break
    return 0


Cut = Callable[[BinaryIO, Shard], Iterator[bytes]]


def blocks(stream: BinaryIO, shard: Shard, cut: Cut = _whole_lines) -> Iterator[Block]:
    """Yield the decoded stream in blocks, cut by `cut`; by default, after whole lines.

    Raises:
        TokscopeError: the stream is not text or not UTF-8, or a line is too long.
    """
    offset, line = shard.start, 0
    for raw in cut(stream, shard):
        if offset == 0:
            require_text(raw[:_LOOK], shard)
        mark = len(_MARK) if offset == 0 and raw.startswith(_MARK) else 0
        text, replaced = _decode(raw[mark:] if mark else raw, shard, offset + mark, line)
        block = Block(raw, text, offset, line, replaced, mark)
        yield block
        offset += len(raw)
        line += len(block.ends)


def _decode(raw: bytes, shard: Shard, offset: int, line: int) -> tuple[str, int]:
    """Return the text, and how many invalid sequences were replaced."""
    try:
        return raw.decode(), 0
    except UnicodeDecodeError as error:
        if shard.errors == "replace":
            text = raw.decode(errors="replace")
            return text, text.count("\ufffd") - raw.count("\ufffd".encode())
        line += raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02X} at offset {offset + error.start} is not valid UTF-8"
        raise shard.error(line, f"{what}; convert the file, or use {REPLACING}") from error


def require_text(head: bytes, shard: Shard) -> None:
    """Raise if the beginning of a file is not UTF-8 text, and say what it is instead.

    Raises:
        TokscopeError: the file is not text.
    """
    name = encoding(head)
    if name:
        to = f"iconv -f {name} -t UTF-8"
        raise TokscopeError(f"{shard.place}: it looks like {name}; convert it to UTF-8: {to}")
    what = next((what for begin, what in _NO_TEXT.items() if head.startswith(begin)), "")
    what = what or ("a pickle, which is never loaded" if _PICKLE.match(head) else "")
    if what:
        raise TokscopeError(f"{shard.place}: it is {what}, no text; {EXPORT}")


EXPORT = "unpack it, or export its text as lines, jsonl, csv or parquet, with that suffix"


def encoding(head: bytes) -> str:
    """Return the encoding that a byte order mark or NUL bytes show; "" if nothing shows one.

    In UTF-16, most characters share the same high byte; for ASCII it is NUL.

    >>> encoding("Hi".encode("utf-16-le")), encoding("да, да".encode("utf-16-be")), encoding(b"Hi")
    ('UTF-16LE', 'UTF-16BE', '')
    """
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    if head.count(0) < _FEW:
        return ""
    fours = np.frombuffer(head[: len(head) // 4 * 4], np.uint8).reshape(-1, 4)
    for places, name in (((0, 2, 3), "UTF-32LE"), ((3, 1, 0), "UTF-32BE")):
        lowest, plane, highest = (fours[:, place] for place in places)
        if lowest.any() and not highest.any() and (plane <= _PLANE).all():
            return name
    pairs = np.frombuffer(head[: len(head) // 2 * 2], np.uint8).reshape(-1, 2)
    for upper, name in ((1, "UTF-16LE"), (0, "UTF-16BE")):
        high, low = pairs[:, upper], pairs[:, 1 - upper]
        most = np.bincount(high[high > 0], minlength=1).max()
        alike = (high == 0).sum() + most >= _ALIKE * len(high)
        if low.all() and (low[high == 0] < 0x80).all() and alike:
            return name
    return ""


def read_lines(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield every line as a unit."""
    for block in blocks(stream, shard):
        unseen = block.offset == 0 and not shard.kind and shard.stamp is None
        if unseen and OBJECT.match(block.raw[:_LOOK]):
            problem = f"it holds records of JSON; write jsonl:{shard.path}, or txt:{shard.path}"
            raise TokscopeError(f"{shard.path}: {problem} for plain text")
        texts = block.lines()
        lines = range(block.line + 1, block.line + 1 + len(texts))
        yield Units(texts, block.offsets(len(texts)), lines, block.raw, replaced=block.replaced)


def read_whole(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield a whole file as one unit, with its line ends."""
    for block in blocks(stream, shard, _everything):
        yield Units([block.text], np.zeros(1, np.int64), [1], block.raw, replaced=block.replaced)
