"""Compressed files as streams; a file that was cut off is an error, never just a shorter text.

Whatever a file claims, hardly more is unpacked at once than was asked for. Nothing is written to
disk.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

from tokscope.errors import TokscopeError, extra, require_shown, shortened
from tokscope.reading import opened

# Bytes of a zst file read at once; they may unpack to 32,768 times as many.
PACKED_BLOCK = 1 << 8
_BLOCK = 1 << 16  # bytes of other files; their libraries unpack only as much as is asked for
_MEMORY = 1 << 30  # the most bytes of memory that an xz file may need
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other methods unpack without limit
_ENCRYPTED = 1  # a flag bit of a zip member
ZIP = ".zip"


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class Streams:
    """The unpacked content of bzip2 or xz: stream after stream, perhaps with zeros between."""

    def __init__(self, stream: BinaryIO, kind: str, new: Callable[[], _Decoder]) -> None:
        self.stream, self.kind, self.new = stream, kind, new
        self.decoder = new()

    def read(self, size: int) -> bytes:
        """Return `size` bytes, or fewer at the end."""
        pieces: list[bytes] = []
        try:
            while size > 0 and (piece := self._more(size)) is not None:
                pieces.append(piece)
                size -= len(piece)
        except (OSError, lzma.LZMAError) as error:
            raise _BrokenError(f"not a whole {self.kind} file ({error})") from error
        return b"".join(pieces)

    def _more(self, size: int) -> bytes | None:
        """Unpack the next bytes; None at the end."""
        if self.decoder.eof:
            packed = self.decoder.unused_data.lstrip(b"\0")
            while not packed and (read := self.stream.read(_BLOCK)):
                packed = read.lstrip(b"\0")
            if not packed:
                return None
            self.decoder = self.new()
            return self.decoder.decompress(packed, size)
        packed = self.stream.read(_BLOCK) if self.decoder.needs_input else b""
        if self.decoder.needs_input and not packed:
            raise _BrokenError(f"not a whole {self.kind} file (it ends inside a stream)")
        return self.decoder.decompress(packed, size)


class _BrokenError(TokscopeError):
    """A packed file is broken; the caller that opened it adds its name."""


class Zstandard:
    """The unpacked content of zstd, frame after frame."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.library = extra("zstandard", "zst", f"reading {getattr(stream, 'name', 'zst')}")
        # The largest possible window (`zstd --long=31`); published dumps use it.
        self.unpacker = self.library.ZstdDecompressor(max_window_size=1 << 31)
        self.frame = self.unpacker.decompressobj()

    def read(self, size: int) -> bytes:
        """Return at least `size` bytes, or fewer at the end."""
        pieces: list[bytes] = []
        try:
            while size > 0 and (packed := self.stream.read(PACKED_BLOCK)):
                pieces.append(self._unpacked(packed))
                size -= len(pieces[-1])
        except self.library.ZstdError as error:
            raise _BrokenError(f"not a whole zst file ({error})") from error
        if size > 0 and not self.frame.eof:
            raise _BrokenError("not a whole zst file (it ends inside a frame)")
        return b"".join(pieces)

    def _unpacked(self, packed: bytes) -> bytes:
        pieces = []
        while packed:
            if self.frame.eof:
                self.frame = self.unpacker.decompressobj()
            pieces.append(self.frame.decompress(packed))
            packed = self.frame.unused_data
        return b"".join(pieces)


def _xz() -> _Decoder:
    return lzma.LZMADecompressor(memlimit=_MEMORY)


UNPACKERS: Mapping[str, Callable[[BinaryIO], object]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream),
    ".bz2": lambda stream: Streams(stream, "bzip2", bz2.BZ2Decompressor),
    ".xz": lambda stream: Streams(stream, "xz", _xz),
    ".zst": Zstandard,
}
PACKED = (*UNPACKERS, ZIP)


def packing(path: str) -> str:
    """Return the suffix of a packed file, in lower case."""
    return next((suffix for suffix in PACKED if path.lower().endswith(suffix)), "")


def unpacked_name(path: str) -> str:
    """Return a path without the suffix of the packing."""
    return path[: len(path) - len(packing(path))]


@contextmanager
def unpacked(stream: BinaryIO, path: str, member: str = "") -> Iterator[BinaryIO]:
    """Yield the unpacked content of a file; every failure becomes one clear line.

    Raises:
        TokscopeError: the file is broken or cut off, or its library is not installed.
    """
    kind = packing(path)
    try:
        if kind == ZIP:
            with (
                _archive(stream) as archive,
                _inside(archive, _member(archive, path, member)) as inside,
            ):
                yield inside
        elif kind:
            yield cast(BinaryIO, UNPACKERS[kind](stream))
        else:
            yield stream
    except _BrokenError as error:
        raise TokscopeError(f"{path}: {error}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        what = "zip" if kind == ZIP else "gzip"
        raise TokscopeError(f"{path}: not a whole {what} file ({error})") from error


def _archive(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(stream)
    except (ValueError, NotImplementedError, OverflowError, struct.error) as error:
        raise zipfile.BadZipFile(str(error)) from error
    if not all(info.filename for info in archive.infolist()):
        raise zipfile.BadZipFile("a file in it has no name")
    return archive


def _inside(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    try:
        return cast(BinaryIO, archive.open(info))
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise zipfile.BadZipFile(str(error)) from error


def _shown(info: zipfile.ZipInfo) -> bool:
    """Tell whether a member is a file, and not one that an operating system added."""
    parts = PurePosixPath(info.filename).parts
    hidden = any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in parts)
    return not info.is_dir() and not hidden


def members(path: str) -> list[str]:
    """Return the names of the files in a zip file, sorted.

    Raises:
        TokscopeError: the file cannot be read, two members share a name, or a name cannot be
            printed.
    """
    with _named(path), opened(Path(path)) as stream, _archive(stream) as archive:
        names = sorted(info.filename for info in archive.infolist() if _shown(info))
    for name, other in pairwise(names):
        if name == other:
            raise TokscopeError(f"{path}: two members are named '{shortened(name)}'; unpack it")
    for name in names:
        require_shown(name, f"{path}/{name}")
    return names


@contextmanager
def _named(path: str) -> Iterator[None]:
    try:
        yield
    except zipfile.BadZipFile as error:
        raise TokscopeError(f"{path}: not a whole zip file ({error})") from error
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror or error})") from error


def _member(archive: zipfile.ZipFile, path: str, member: str) -> zipfile.ZipInfo:
    """Return the member that was named, or the only one."""
    infos = [info for info in archive.infolist() if _shown(info)]
    infos = [info for info in infos if not member or info.filename == member]
    if len(infos) != 1:
        raise TokscopeError(f"{path}: it holds {len(infos)} files; unpack it and name one")
    info, place = infos[0], f"{path}/{shortened(infos[0].filename)}"
    if info.flag_bits & _ENCRYPTED:
        raise TokscopeError(f"{place}: it is encrypted; unpack it first")
    if info.compress_type not in _METHODS:
        known = "stored or deflated"
        raise TokscopeError(f"{place}: it is not {known}; pack it again with zip, or unpack it")
    return info
