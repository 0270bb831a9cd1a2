"""Where text comes from: named corpora, read as streams of units, never held whole.

A unit is what is encoded at once: a line (ended by LF or CRLF; every other separator is text), or
the text of a record. A byte order mark is dropped. Empty units are kept in parallel corpora, where
their place counts, and otherwise skipped and counted.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, choose

BLOCK = 1 << 20  # bytes read at once
MAX_UNIT = 64_000_000
SAMPLE = Path(__file__).parent / "sample"
LABELLED = re.compile(r"([\w.-]+)=(.+)", re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Shard:
    """One file, or standard input as "-", and how it is read."""

    path: str
    field: str = "text"
    errors: str = "strict"
    keep_empty: bool = False
    max_unit: int = MAX_UNIT

    def error(self, line: int, message: str) -> TokscopeError:
        """Return an error that names the file and the line, counted from 1."""
        return TokscopeError(f"{self.path}:{line}: {message}")


@dataclass(frozen=True)
class Corpus:
    """A language or another category: a name, and shards that are read one after the other."""

    name: str
    shards: tuple[Shard, ...]


@dataclass(frozen=True)
class Units:
    """Some consecutive units of a shard."""

    texts: Sequence[str]
    offsets: NDArray[np.int64]  # where each begins in the shard, in bytes
    lines: Sequence[int]  # the line on which each ends, counted from 1
    raw: bytes  # all that was read for them
    skipped: int = 0  # empty units left out
    replaced: int = 0  # invalid UTF-8 sequences replaced


@dataclass(frozen=True)
class _Block:
    """Some whole lines."""

    raw: bytes
    text: str
    offset: int
    line: int  # lines before this block
    replaced: int

    def lines(self) -> list[str]:
        """Return the lines without their ends."""
        *lines, last = self.text.split("\n")
        if "\r" in self.text:
            lines = [line.removesuffix("\r") for line in lines]
        return [*lines, last] if last else lines


def _raw_blocks(stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the stream cut after line feeds; no more than one line is ever waited for."""
    waiting: list[bytes] = []
    size = line = 0
    while piece := stream.read(BLOCK):
        cut = piece.rfind(b"\n") + 1
        if cut:
            block = b"".join((*waiting, piece[:cut]))
            line += block.count(b"\n")
            yield block
            waiting, size = [], 0
        waiting.append(piece[cut:])
        size += len(piece) - cut
        if size > shard.max_unit + 2:
            raise _too_long(shard, line + 1)
    if size:
        yield b"".join(waiting)


def _too_long(shard: Shard, line: int) -> TokscopeError:
    limit = f"{shard.max_unit / 1e6:g} MB"
    return shard.error(line, f"a unit of over {limit}; split it, or raise --max-unit")


def _decode(raw: bytes, shard: Shard, offset: int, line: int) -> tuple[str, int]:
    """Return the text and how many invalid sequences were replaced in it."""
    try:
        return raw.decode(), 0
    except UnicodeDecodeError as error:
        if shard.errors == "replace":
            text = raw.decode(errors="replace")
            return text, text.count("\ufffd") - raw.count("\ufffd".encode())
        line += raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02X} at offset {offset + error.start} is not valid UTF-8"
        wide = offset == 0 and raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        hint = "it looks like UTF-16; convert it" if wide else "convert the file"
        raise shard.error(line, f"{what}; {hint}, or use --errors replace") from error


def _blocks(stream: BinaryIO, shard: Shard) -> Iterator[_Block]:
    offset = line = 0
    for raw in _raw_blocks(stream, shard):
        mark = 3 if offset == 0 and raw.startswith(b"\xef\xbb\xbf") else 0
        text, replaced = _decode(raw[mark:] if mark else raw, shard, offset + mark, line)
        yield _Block(raw, text, offset, line, replaced)
        offset += len(raw)
        line += raw.count(b"\n")


def _checked(units: Units, shard: Shard) -> Units:
    """Refuse what is too long, and leave out what is empty if it does not count."""
    if len(units.raw) > shard.max_unit:
        for text, line in zip(units.texts, units.lines, strict=True):
            if len(text) * 4 > shard.max_unit and len(text.encode()) > shard.max_unit:
                raise _too_long(shard, line)
    if shard.keep_empty or "" not in units.texts:
        return units
    full = [i for i, text in enumerate(units.texts) if text]
    return replace(
        units,
        texts=[units.texts[i] for i in full],
        offsets=units.offsets[full],
        lines=[units.lines[i] for i in full],
        skipped=len(units.texts) - len(full),
    )


def _offsets(block: _Block, lines: int) -> NDArray[np.int64]:
    """Return where the lines of a block begin in the shard."""
    ends = np.flatnonzero(np.frombuffer(block.raw, np.uint8) == ord("\n")) + 1
    return block.offset + np.append(0, ends)[:lines]


def read_lines(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield every line as a unit."""
    for block in _blocks(stream, shard):
        texts = block.lines()
        lines = range(block.line + 1, block.line + 1 + len(texts))
        yield Units(texts, _offsets(block, len(texts)), lines, block.raw, replaced=block.replaced)


def _text_of(line: str, shard: Shard, number: int) -> str:
    """Return the text of one JSON record; an empty line is an empty unit."""
    if not line.strip():
        return ""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise shard.error(number, f"not valid JSON: {error}") from error
    if not isinstance(record, dict):
        raise shard.error(number, "not a JSON object; every line holds one, {…}")
    text = record.get(shard.field)
    if shard.field in record and not isinstance(text, str):
        raise shard.error(number, f"field '{shard.field}' is no string; name one with --field")
    if text is None:
        try:
            choose(record, shard.field, "field")
        except TokscopeError as error:
            raise shard.error(number, f"{error}; name one with --field") from error
    return _without_surrogates(cast(str, text), shard, number)


def _without_surrogates(text: str, shard: Shard, number: int) -> str:
    if text.isascii() or not _SURROGATES.search(text):
        return text
    if shard.errors == "replace":
        return _SURROGATES.sub("\ufffd", text)
    raise shard.error(number, "a lone surrogate is no text; mend it, or use --errors replace")


def read_records(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen field of every line's JSON object as a unit."""
    for block in _blocks(stream, shard):
        records = block.lines()
        lines = range(block.line + 1, block.line + 1 + len(records))
        texts = [_text_of(record, shard, line) for record, line in zip(records, lines, strict=True)]
        yield Units(texts, _offsets(block, len(records)), lines, block.raw, replaced=block.replaced)


def read_rows(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row as a unit; the first row names the columns."""
    read: list[_Block] = []

    def feed() -> Iterator[str]:
        for block in _blocks(stream, shard):
            read.append(block)
            yield from io.StringIO(block.text, newline="\n")

    csv.field_size_limit(min(shard.max_unit, 2**31 - 1))
    rows = csv.reader(feed(), strict=True)
    column = -1
    texts: list[str] = []
    lines: list[int] = []
    offset = size = 0
    try:
        for row in rows:
            if column < 0:
                column = _column(row, shard)
                continue
            if row and column >= len(row):
                raise shard.error(rows.line_num, f"{len(row)} columns, too few for the header")
            texts.append(row[column] if row else "")
            lines.append(rows.line_num)
            size += len(texts[-1]) + 1
            if size > BLOCK:
                yield _rows(texts, lines, offset, read)
                texts, lines, offset, size = [], [], offset + size, 0
    except csv.Error as error:
        raise shard.error(rows.line_num, f"not valid CSV: {error}") from error
    yield _rows(texts, lines, offset, read)


def _rows(texts: list[str], lines: list[int], offset: int, read: list[_Block]) -> Units:
    """Make units of rows and empty the list of blocks they were read from."""
    lengths = [len(text) + 1 for text in texts]
    offsets = offset + np.cumsum([0, *lengths])[: len(texts)]
    raw, replaced = b"".join(block.raw for block in read), sum(block.replaced for block in read)
    read.clear()
    return Units(texts, offsets, lines, raw, replaced=replaced)


def _column(header: Sequence[str], shard: Shard) -> int:
    try:
        return choose({name: i for i, name in enumerate(header)}, shard.field, "column")
    except TokscopeError as error:
        raise shard.error(1, f"{error}; name one with --field") from error


READERS: Mapping[str, Callable[[BinaryIO, Shard], Iterator[Units]]] = {
    ".txt": read_lines,
    ".jsonl": read_records,
    ".csv": read_rows,
}


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Open a file, unpacked; every way in which it cannot be read is one clear line."""
    try:
        if path == "-":
            yield sys.stdin.buffer
        elif path.endswith(".gz"):
            with gzip.open(path) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            with Path(path).open("rb") as stream:
                yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TokscopeError(f"{path}: not a whole gzip file ({error})") from error
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror or error})") from error


def _suffix(path: str) -> str:
    return Path(path.removesuffix(".gz")).suffix.lower()


def read(shard: Shard) -> Iterator[Units]:
    """Yield the units of a shard, about a megabyte at a time.

    A file whose suffix has no reader is read by lines: its text must be UTF-8 all the same.

    Raises:
        TokscopeError: the file is missing, broken, not UTF-8 or holds too long a unit.
    """
    reader = READERS.get(_suffix(shard.path), read_lines)
    with _opened(shard.path) as stream:
        for units in reader(stream, shard):
            yield _checked(units, shard)


def _is_text_file(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and _suffix(path.name) in READERS


def _files(place: str) -> list[str]:
    """Return the files that a path, a folder or a glob names, sorted."""
    path = Path(place).expanduser()
    if place == "-" or path.is_file():
        return [place if place == "-" else str(path)]
    if path.is_dir():
        files = sorted(str(file) for file in path.iterdir() if _is_text_file(file))
        known = ", ".join(READERS)
        problem = f"{place}: no text in this folder; files end in {known}, or in these and .gz"
    elif has_magic(place):
        files = sorted(file for file in glob(str(path), recursive=True) if Path(file).is_file())  # noqa: PTH207
        problem = f"{place}: no file matches"
    else:
        files, problem = [], f"{place}: no such file or folder"
    if not files:
        raise TokscopeError(problem)
    return files


def _stem(path: str) -> str:
    return "stdin" if path == "-" else Path(path.removesuffix(".gz")).stem


def split_label(word: str) -> tuple[str, str]:
    """Split `[LABEL=]REST`; what exists as a path has no label.

    >>> split_label("en=data/english.txt"), split_label("data/a=b.txt")
    (('en', 'data/english.txt'), ('', 'data/a=b.txt'))
    """
    match = LABELLED.fullmatch(word)
    if match and not Path(word).exists():
        return match[1], match[2]
    return "", word


def _named(word: str) -> list[tuple[str, list[str]]]:
    """Return names and files of the corpora that one word stands for."""
    name, place = split_label(word)
    if place.startswith("sample:"):
        found = _sample_files(place.removeprefix("sample:"))
    else:
        found = _files(place)
    if name:
        return [(name, found)]
    return [(_stem(file), [file]) for file in found]


def _sample_files(part: str) -> list[str]:
    files = sorted(SAMPLE.glob("*/*.txt"))
    parts = {file.stem: [str(file)] for file in files}
    parts |= {"prose": [], "code": []}
    for file in files:
        parts[file.parent.name].append(str(file))
    return choose(parts, part, "part of the sample")


def read_corpora(
    words: Sequence[str],
    *,
    field: str = "text",
    errors: str = "strict",
    parallel: bool = False,
    max_unit: int = MAX_UNIT,
) -> list[Corpus]:
    """Return the corpora that `[NAME=]PATH` words stand for; no text is read yet.

    A path is a file, a folder, a glob, `-` for standard input, or `sample:prose`, `sample:code`
    or `sample:NAME` for what is embedded. A folder or a glob is one corpus a file, named by its
    stem, or one corpus in all where it has a NAME.

    Raises:
        TokscopeError: a path does not exist, a name comes twice, standard input comes twice.
    """
    corpora: dict[str, Corpus] = {}
    choose({"strict": 0, "replace": 0}, errors, "way to treat errors")
    for word in words:
        for name, files in _named(word):
            if name in corpora:
                raise TokscopeError(f"two corpora are named '{name}'; write NAME=PATH for one")
            shards = (Shard(file, field, errors, parallel, max_unit) for file in files)
            corpora[name] = Corpus(name, tuple(shards))
    if sum(shard.path == "-" for corpus in corpora.values() for shard in corpus.shards) > 1:
        raise TokscopeError("standard input can be read only once; name one corpus '-'")
    return list(corpora.values())


def units_at(corpus: Corpus, places: Sequence[int]) -> dict[int, str]:
    """Return the units at some places, counted from 0, in a second reading up to the last one."""
    found: dict[int, str] = {}
    wanted, at = set(places), 0
    for shard in corpus.shards:
        for units in read(shard):
            inside = (place for place in wanted if at <= place < at + len(units.texts))
            found |= {place: units.texts[place - at] for place in inside}
            at += len(units.texts)
            if len(found) == len(wanted):
                return found
    return found
