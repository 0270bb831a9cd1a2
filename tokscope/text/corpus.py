"""Where text comes from: named corpora, read as streams of units, never held whole.

A unit is what is encoded at once: a line (ended by LF or CRLF; every other separator is text), or
the text of a record. A byte order mark is dropped. Empty units are kept in parallel corpora, where
their place counts, and otherwise skipped and counted.

Files of columns hold more than their text, so what counts as read of them, and is hashed, is the
UTF-8 of the texts, each followed by the byte 0xFF, which no UTF-8 holds.
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
from types import ModuleType
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, choose, extra, path_of, require_shown, split_label

BLOCK = 1 << 20  # bytes read at once
PART = 1 << 23  # bytes of a file that one worker reads
PACKED_BLOCK = (
    1 << 8
)  # bytes of a zst file read at once: unpacked, they may be 32,768 times as many
ROWS = 256  # rows of a column taken at once
MAX_UNIT = 64_000_000
_LONGER = "--max-unit (in tokscope.toml: max_unit)"
_REPLACING = "--errors replace (in tokscope.toml: errors)"
SAMPLE = Path(__file__).parent / "sample"
_RATIO = 4  # of text to what it is packed to, about
_SURROGATES = re.compile("[\ud800-\udfff]")
_PACKED = (".gz", ".zst")
_CLUSTERED = (".jsonl", ".csv")
_ARROW_END = b"\xff\xff\xff\xff\0\0\0\0"
_RESULT = re.compile(r"cache-[0-9a-f]{16}(_\d+_of_\d+)?\.arrow")  # what `map` of datasets keeps


@dataclass(frozen=True)
class Shard:
    """One file, or standard input as "-", or a part of a file, and how it is read."""

    path: str
    field: str = "text"
    errors: str = "strict"
    keep_empty: bool = False
    max_unit: int = MAX_UNIT
    cluster: str = ""  # a field: units with one value of it belong together
    start: int = 0  # the first byte, that of a unit
    end: int | None = None  # where the next part begins; None for the end of the file

    def error(self, line: int, message: str) -> TokscopeError:
        """Return an error that names the file and the line or row, counted from 1 in this part."""
        before = sum(raw.count(b"\n") for raw in raw_of(replace(self, start=0, end=self.start)))
        return TokscopeError(f"{self.path}:{line + before}: {message}")


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
    lines: Sequence[int]  # the line on which each ends, or its row in a column, counted from 1
    raw: bytes  # all that was read for them
    skipped: int = 0  # empty units left out
    replaced: int = 0  # invalid UTF-8 sequences replaced
    clusters: Sequence[str] = ()  # what each belongs to, where the shard names a field for it


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
    for piece in _pieces(stream, shard):
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


def _pieces(stream: BinaryIO, shard: Shard) -> Iterator[bytes]:
    """Yield the bytes of a shard, a block at a time."""
    if shard.start:
        stream.seek(shard.start)
    left = None if shard.end is None else shard.end - shard.start
    while piece := stream.read(BLOCK if left is None else min(BLOCK, left)):
        left = None if left is None else left - len(piece)
        yield piece


def raw_of(part: Shard) -> Iterator[bytes]:
    """Yield the bytes of a part of a file as they are there, a block at a time; none before 0.

    Raises:
        TokscopeError: the file cannot be read.
    """
    if part.end != 0:
        with _opened(part.path) as stream:
            yield from _pieces(stream, part)


def _too_long(shard: Shard, line: int) -> TokscopeError:
    limit = f"{shard.max_unit / 1e6:g} MB"
    return shard.error(line, f"a unit of over {limit}; split it, or raise {_LONGER}")


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
        raise shard.error(line, f"{what}; {hint}, or use {_REPLACING}") from error


def _blocks(stream: BinaryIO, shard: Shard) -> Iterator[_Block]:
    offset, line = shard.start, 0
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
        clusters=[units.clusters[i] for i in full] if units.clusters else (),
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


def _text_of(line: str, shard: Shard, number: int) -> tuple[str, str]:
    """Return the text of one JSON record, and its cluster; an empty line is an empty unit."""
    if not line.strip():
        return "", ""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"not valid JSON: {error.msg} at character {error.pos + 1}"
        raise shard.error(number, problem) from error
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
    if shard.cluster and shard.cluster not in record:
        raise shard.error(number, f"no field '{shard.cluster}', which --cluster names")
    cluster = canonical(record[shard.cluster]) if shard.cluster else ""
    return _without_surrogates(cast(str, text), shard, number), cluster


def canonical(value: object) -> str:
    """Write a value of a record so that equal ones are written alike."""
    return json.dumps(value, sort_keys=True)


def _without_surrogates(text: str, shard: Shard, number: int) -> str:
    if text.isascii() or not _SURROGATES.search(text):
        return text
    if shard.errors == "replace":
        return _SURROGATES.sub("\ufffd", text)
    raise shard.error(number, f"a lone surrogate is no text; mend it, or use {_REPLACING}")


def read_records(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen field of every line's JSON object as a unit."""
    for block in _blocks(stream, shard):
        records = block.lines()
        lines = range(block.line + 1, block.line + 1 + len(records))
        found = [_text_of(record, shard, line) for record, line in zip(records, lines, strict=True)]
        yield Units(
            [text for text, _ in found],
            _offsets(block, len(records)),
            lines,
            block.raw,
            replaced=block.replaced,
            clusters=[cluster for _, cluster in found] if shard.cluster else (),
        )


def read_rows(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row as a unit; the first row names the columns."""
    read: list[_Block] = []

    def feed() -> Iterator[str]:
        for block in _blocks(stream, shard):
            read.append(block)
            yield from io.StringIO(block.text, newline="\n")

    csv.field_size_limit(min(shard.max_unit, 2**31 - 1))
    rows = csv.reader(feed(), strict=True)
    columns: list[int] = []  # of the text, and of the cluster where one is named
    found: list[list[str]] = []
    lines: list[int] = []
    offset = size = 0
    try:
        for row in rows:
            if not columns:
                columns = _columns(row, shard) if row else []
                continue
            if row and max(columns) >= len(row):
                raise shard.error(rows.line_num, f"{len(row)} columns, too few for the header")
            found.append([row[column] for column in columns] if row else ["", ""])
            lines.append(rows.line_num)
            size += len(found[-1][0]) + 1
            if size > BLOCK:
                yield _rows(found, lines, offset, read, clustered=len(columns) > 1)
                found, lines, offset, size = [], [], offset + size, 0
    except csv.Error as error:
        raise shard.error(rows.line_num, f"not valid CSV: {error}") from error
    yield _rows(found, lines, offset, read, clustered=len(columns) > 1)


def _rows(
    found: list[list[str]],
    lines: list[int],
    offset: int,
    read: list[_Block],
    *,
    clustered: bool = False,
) -> Units:
    """Make units of rows and empty the list of blocks they were read from."""
    texts = [row[0] for row in found]
    lengths = [len(text) + 1 for text in texts]
    offsets = offset + np.cumsum([0, *lengths])[: len(texts)]
    raw, replaced = b"".join(block.raw for block in read), sum(block.replaced for block in read)
    read.clear()
    clusters = [row[1] for row in found] if clustered else ()
    return Units(texts, offsets, lines, raw, replaced=replaced, clusters=clusters)


def _columns(header: Sequence[str], shard: Shard) -> list[int]:
    """Return the places of the column of text and, where one is named, of clusters."""
    places = {name: i for i, name in enumerate(header)}
    options = {"--field": shard.field, "--cluster": shard.cluster}
    found = []
    for option, name in options.items():
        if not name:
            continue
        if header.count(name) > 1:
            raise shard.error(1, f"two columns are named '{name}'; rename one")
        try:
            found.append(choose(places, name, "column"))
        except TokscopeError as error:
            raise shard.error(1, f"{error}; name one with {option}") from error
    return found


def _require_text(schema: Any, shard: Shard) -> None:
    """Raise unless an Arrow schema has the chosen column, once, and it holds strings."""
    types = extra("pyarrow", "parquet", f"reading {shard.path}").types
    try:
        found = choose(dict(zip(schema.names, schema.types, strict=True)), shard.field, "column")
    except TokscopeError as error:
        raise TokscopeError(f"{shard.path}: {error}; name one with --field") from error
    if schema.names.count(shard.field) > 1:
        raise TokscopeError(f"{shard.path}: two columns are named '{shard.field}'; rename one")
    if not (types.is_string(found) or types.is_large_string(found)):
        problem = f"column '{shard.field}' holds {found}, not strings"
        raise TokscopeError(f"{shard.path}: {problem}; name one that does with --field")


def _parquet_columns(stream: BinaryIO, shard: Shard) -> Iterator[Any]:
    parquet = extra("pyarrow.parquet", "parquet", f"reading {shard.path}")
    # A row group may be of any size: these two keep it from being read whole.
    file = parquet.ParquetFile(stream, buffer_size=BLOCK, pre_buffer=False)
    _require_text(file.schema_arrow, shard)
    for batch in file.iter_batches(ROWS, columns=[shard.field], use_threads=False):
        yield batch.column(shard.field)


def _arrow_columns(stream: BinaryIO, shard: Shard) -> Iterator[Any]:
    arrow = extra("pyarrow", "parquet", f"reading {shard.path}")
    is_stream = stream.read(6) != b"ARROW1"
    # Mapped, because a batch may be of any size and holds the other columns too.
    with arrow.memory_map(shard.path) as source:
        file = arrow.ipc.open_stream(source) if is_stream else arrow.ipc.open_file(source)
        stream.seek(-len(_ARROW_END), io.SEEK_END)
        if is_stream and stream.read() != _ARROW_END:  # cut between batches, it reads well
            raise EOFError("the mark of its end is missing")
        _require_text(file.schema, shard)
        batches = file if is_stream else map(file.get_batch, range(file.num_record_batches))
        for batch in batches:
            column = batch.column(shard.field)
            column.validate()
            yield from (column.slice(at, ROWS) for at in range(0, len(column), ROWS))


def _values(column: Any, arrow: ModuleType) -> list[bytes | None]:
    """Return the bytes of an array of strings, after a look at where each begins and ends."""
    binary = column.cast(arrow.large_binary())
    binary.validate(full=True)
    return cast(list[bytes | None], binary.to_pylist())


def _read_columns(columns: Iterator[Any], shard: Shard, kind: str) -> Iterator[Units]:
    """Yield every value of an array that comes in pieces as a unit."""
    arrow = extra("pyarrow", "parquet", f"reading {shard.path}")
    values: list[bytes] = []
    row = offset = size = 0
    try:
        for column in columns:
            for value in _values(column, arrow):
                row += 1
                if value is None:
                    problem = f"row {row} of column '{shard.field}' is null"
                    raise shard.error(row, f"{problem}; fill it in, or drop such rows")
                values.append(value)
                size += len(value) + 1
                if size > BLOCK:
                    yield _column_units(values, row, offset, shard)
                    values, offset, size = [], offset + size, 0
    except (arrow.ArrowException, EOFError, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise TokscopeError(f"{shard.path}: not a whole {kind} file ({reason})") from error
    yield _column_units(values, row, offset, shard)


def _column_units(values: list[bytes], row: int, offset: int, shard: Shard) -> Units:
    """Make units of the values up to a row."""
    lines = range(row - len(values) + 1, row + 1)
    texts = []
    for value, line in zip(values, lines, strict=True):
        try:
            texts.append(value.decode(errors=shard.errors))
        except UnicodeDecodeError as error:
            problem = f"byte 0x{value[error.start]:02X} at {error.start} is not valid UTF-8"
            raise shard.error(line, f"{problem}; mend it, or use {_REPLACING}") from error
    raw = b"\xff".join((*values, b""))
    marks = sum(text.count("\ufffd") for text in texts)
    lengths = [len(value) + 1 for value in values]
    offsets = offset + np.cumsum([0, *lengths])[: len(values)]
    return Units(texts, offsets, lines, raw, replaced=marks - raw.count("\ufffd".encode()))


def read_parquet(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row of a Parquet file as a unit."""
    return _read_columns(_parquet_columns(stream, shard), shard, "Parquet")


def read_arrow(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row as a unit, of an Arrow IPC stream or file.

    The cache of Hugging Face datasets holds streams.
    """
    return _read_columns(_arrow_columns(stream, shard), shard, "Arrow")


READERS: Mapping[str, Callable[[BinaryIO, Shard], Iterator[Units]]] = {
    ".txt": read_lines,
    ".jsonl": read_records,
    ".csv": read_rows,
    ".parquet": read_parquet,
    ".arrow": read_arrow,
}
_COLUMNAR = (".parquet", ".arrow")


class _Zstandard:
    """What zstd packed, frame after frame, as a stream that does not end inside one in silence."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        self.path, self.stream = path, stream
        self.library = extra("zstandard", "zst", f"reading {path}")
        # The largest window there is, `zstd --long=31`: published dumps use it.
        self.unpacker = self.library.ZstdDecompressor(max_window_size=1 << 31)
        self.frame = self.unpacker.decompressobj()

    def read(self, size: int) -> bytes:
        """Return at least so many bytes, except at the end."""
        pieces: list[bytes] = []
        try:
            while size > 0 and (packed := self.stream.read(PACKED_BLOCK)):
                pieces.append(self._unpacked(packed))
                size -= len(pieces[-1])
        except self.library.ZstdError as error:
            raise TokscopeError(f"{self.path}: not a whole zst file ({error})") from error
        if size > 0 and not self.frame.eof:
            raise TokscopeError(f"{self.path}: not a whole zst file (it ends inside a frame)")
        return b"".join(pieces)

    def _unpacked(self, packed: bytes) -> bytes:
        pieces = []
        while packed:
            if self.frame.eof:
                self.frame = self.unpacker.decompressobj()
            pieces.append(self.frame.decompress(packed))
            packed = self.frame.unused_data
        return b"".join(pieces)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Open a file, unpacked; every way in which it cannot be read is one clear line."""
    try:
        if path == "-" and sys.stdin is None:
            raise TokscopeError("standard input is closed; name a file, or send text into it")
        if path == "-":
            yield sys.stdin.buffer
        elif _packing(path) == ".gz":
            with gzip.open(path) as unpacked:
                yield cast(BinaryIO, unpacked)
        elif _packing(path) == ".zst":
            with Path(path).open("rb") as stream:
                yield cast(BinaryIO, _Zstandard(stream, path))
        else:
            with Path(path).open("rb") as stream:
                yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TokscopeError(f"{path}: not a whole gzip file ({error})") from error
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror or error})") from error


def _packing(path: str) -> str:
    """Return the suffix of a packed file, in small letters."""
    return next((suffix for suffix in _PACKED if path.lower().endswith(suffix)), "")


def _unpacked_name(path: str) -> Path:
    return Path(path[: len(path) - len(_packing(path))])


def _suffix(path: str) -> str:
    return _unpacked_name(path).suffix.lower()


def _reader(shard: Shard) -> Callable[[BinaryIO, Shard], Iterator[Units]]:
    return READERS.get(_suffix(shard.path), read_lines)


def has_fields(shard: Shard) -> bool:
    """Tell whether a shard holds records or rows, of which one field is the text."""
    return _reader(shard) is not read_lines


def size(shard: Shard) -> int | None:
    """Return how many bytes a shard holds; None where only reading it tells."""
    if shard.path == "-" or _packing(shard.path) or _suffix(shard.path) in _COLUMNAR:
        return None
    return Path(shard.path).stat().st_size


def split(shard: Shard) -> list[Shard]:
    """Return the parts of a file that can be read one without the other: `PART` bytes and a line.

    Only lines can, so that any other file, a packed one and a small one are a part each. The parts
    depend on the file alone.

    Raises:
        TokscopeError: it cannot be read.
    """
    lines = _reader(shard) in (read_lines, read_records)
    total = size(shard) if lines and shard.path != "-" and Path(shard.path).is_file() else None
    if total is None or total <= PART:
        return [shard]
    borders = [0]
    with _opened(shard.path) as stream:
        for place in range(PART, total, PART):
            if place < borders[-1]:  # inside a line
                continue
            stream.seek(place)
            whole = stream.readline(shard.max_unit).endswith(b"\n")
            if whole and stream.tell() < total:  # else the part before it meets a line too long
                borders.append(stream.tell())
    ends = [*borders[1:], None]
    parts = zip(borders, ends, strict=True)
    return [replace(shard, start=start, end=end) for start, end in parts]


def in_parts(corpus: Corpus) -> Corpus:
    """Return a corpus whose shards are parts that can be read one without the other."""
    return replace(corpus, shards=tuple(part for shard in corpus.shards for part in split(shard)))


def parts_for_workers(corpora: Sequence[Corpus]) -> list[Shard]:
    """Return the parts of corpora, their paths in full: a worker may be at work elsewhere."""
    parts = (part for corpus in corpora for part in corpus.shards)
    return [replace(part, path=str(Path(part.path).absolute())) for part in parts]


def work(corpora: Sequence[Corpus]) -> int:
    """Return about how many bytes of text there are; 0 where it can be read here alone."""
    paths = {shard.path for corpus in corpora for shard in corpus.shards}
    if not all(Path(path).is_file() for path in paths):  # standard input, a pipe
        return 0
    return sum(Path(path).stat().st_size * (_RATIO if _packing(path) else 1) for path in paths)


def read(shard: Shard) -> Iterator[Units]:
    """Yield the units of a shard, about a megabyte at a time.

    A file whose suffix has no reader is read by lines: its text must be UTF-8 all the same.

    Raises:
        TokscopeError: the file is missing, broken, not UTF-8 or holds too long a unit; or reading
            it needs an extra.
    """
    suffix = _suffix(shard.path)
    if suffix in _COLUMNAR and _packing(shard.path):
        raise TokscopeError(f"{shard.path}: a {suffix} file is packed inside already; unpack it")
    with _opened(shard.path) as stream:
        for units in _reader(shard)(stream, shard):
            yield _checked(units, shard)


def _is_text_file(path: Path) -> bool:
    shown = not path.name.startswith(".") and not _RESULT.fullmatch(path.name)
    return path.is_file() and shown and _suffix(path.name) in READERS


def _files(place: str) -> list[str]:
    """Return the files that a path, a folder or a glob names, sorted."""
    path = path_of(place)
    if place == "-" or (path.exists() and not path.is_dir()):
        return [place if place == "-" else str(path)]
    if path.is_dir():
        files = sorted(str(file) for file in path.iterdir() if _is_text_file(file))
        known = ", ".join(READERS)
        problem = f"{place}: no text in this folder; files end in {known}, text also in .gz or .zst"
    elif has_magic(place):
        files = sorted(file for file in glob(str(path), recursive=True) if Path(file).is_file())  # noqa: PTH207
        problem = f"{place}: no file matches"
    else:
        files, problem = [], f"{place}: no such file or folder"
    if not files:
        raise TokscopeError(problem)
    return files


def _stem(path: str) -> str:
    return "stdin" if path == "-" else _unpacked_name(path).stem


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
    cluster: str = "",
) -> list[Corpus]:
    """Return the corpora that `[NAME=]PATH` words stand for; no text is read yet.

    A path is a file, a folder, a glob, `-` for standard input, or `sample:prose`, `sample:code`
    or `sample:NAME` for what is embedded. A folder or a glob is one corpus a file, named by its
    stem, or one corpus in all where it has a NAME. What `map` of Hugging Face datasets left in a
    folder, `cache-….arrow`, is not taken for part of it. `cluster` names a field of records whose
    values say which units belong together when they are resampled.

    Raises:
        TokscopeError: a path does not exist, a name comes twice, standard input comes twice.
    """
    corpora: dict[str, Corpus] = {}
    choose({"strict": 0, "replace": 0}, errors, "way to treat errors")
    for word in words:
        for name, files in _named(word):
            require_shown(name, word)
            if name in corpora:
                raise TokscopeError(f"two corpora are named '{name}'; write NAME=PATH for one")
            for file in files:
                if cluster and _suffix(file) not in _CLUSTERED:
                    kinds = " or ".join(_CLUSTERED)
                    raise TokscopeError(f"{file}: --cluster needs the fields of {kinds}")
            shards = (Shard(file, field, errors, parallel, max_unit, cluster) for file in files)
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
