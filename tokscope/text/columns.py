"""Columns of Parquet and Arrow files; one column, or a field inside one, is the text.

These files hold more than their text. So only the texts are counted and hashed: their UTF-8, each
followed by the byte 0xFF, which never occurs in UTF-8.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import numpy as np

from tokscope.errors import TokscopeError, choose, extra
from tokscope.text import files
from tokscope.text.files import REPLACING, Shard
from tokscope.text.lines import Units
from tokscope.text.records import EACH, steps

ROWS = 256  # rows of a column taken at once
_ARROW_END = b"\xff\xff\xff\xff\0\0\0\0"


def _arrow(shard: Shard, module: str = "pyarrow") -> Any:
    return extra(module, "parquet", f"reading {shard.path}")


def path_in(schema: Any, shard: Shard) -> tuple[str, ...]:
    """Return the path to the strings: the column, and the steps inside it.

    Raises:
        TokscopeError: the column is missing, comes twice or holds no strings.
    """
    path = (shard.field,) if shard.field in schema.names else steps(shard.field)
    types = dict(zip(schema.names, schema.types, strict=True))
    try:
        kind = choose(
            types, path[0] if len(path) > 1 and path[0] in types else shard.field, "column"
        )
    except TokscopeError as error:
        raise TokscopeError(f"{shard.path}: {error}; name one with --field") from error
    if schema.names.count(path[0]) > 1:
        raise TokscopeError(f"{shard.path}: two columns are named '{path[0]}'; rename one")
    inside = kind
    for step in path[1:]:
        inside = _inside(inside, step, shard)
    if _is_list(inside, shard):
        path, inside = (*path, EACH), inside.value_type
    _require_strings(inside, kind, shard)
    return path


def _is_list(kind: Any, shard: Shard) -> bool:
    types = _arrow(shard).types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _inside(kind: Any, step: str, shard: Shard) -> Any:
    """Return the type one step further inside."""
    if step == EACH and _is_list(kind, shard):
        return kind.value_type
    if step != EACH and _arrow(shard).types.is_struct(kind):
        known = {kind.field(i).name: kind.field(i).type for i in range(kind.num_fields)}
        try:
            return choose(known, step, "field")
        except TokscopeError as error:
            raise TokscopeError(f"{shard.path}: {error}; name one with --field") from error
    hint = f"write {EACH} behind a list, and a name behind a group of fields"
    raise TokscopeError(f"{shard.path}: '{step}' of --field {shard.field} is not in {kind}; {hint}")


def _require_strings(inside: Any, column_type: Any, shard: Shard) -> None:
    types = _arrow(shard).types
    kind = inside.value_type if types.is_dictionary(inside) else inside
    if not (types.is_string(kind) or types.is_large_string(kind) or _is_view(kind, shard)):
        problem = f"column '{shard.field}' holds {column_type}, not strings"
        raise TokscopeError(f"{shard.path}: {problem}; name one that does with --field")


def _is_view(kind: Any, shard: Shard) -> bool:
    types = _arrow(shard).types
    return hasattr(types, "is_string_view") and bool(types.is_string_view(kind))


def _parquet_columns(stream: BinaryIO, shard: Shard) -> Iterator[Any]:
    parquet = _arrow(shard, "pyarrow.parquet")
    # A row group can have any size; these two options keep pyarrow from reading all of it.
    file = parquet.ParquetFile(stream, buffer_size=files.BLOCK, pre_buffer=False)
    path = path_in(file.schema_arrow, shard)
    for batch in file.iter_batches(ROWS, columns=[path[0]], use_threads=False):
        yield path, batch.column(path[0])


@dataclass
class _Bounded:
    """A file that never reads past its end, whatever lengths the file claims."""

    stream: BinaryIO
    size: int
    closed: bool = False

    def read(self, size: int = -1) -> bytes:
        left = max(self.size - self.stream.tell(), 0)
        return self.stream.read(left if size < 0 else min(size, left))

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        return self.stream.seek(place, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def close(self) -> None:
        """Leave the file open: the code that opened it closes it."""
        self.closed = True


def _arrow_columns(stream: BinaryIO, shard: Shard) -> Iterator[Any]:
    arrow = _arrow(shard)
    is_stream = stream.read(6) != b"ARROW1"
    stream.seek(-len(_ARROW_END), io.SEEK_END)
    if is_stream and stream.read() != _ARROW_END:  # a file cut between batches looks whole
        raise EOFError("the mark of its end is missing")
    opened = arrow.ipc.open_stream if is_stream else arrow.ipc.open_file
    bounded = _Bounded(stream, stream.seek(0, io.SEEK_END))
    bounded.seek(0)
    schema = opened(arrow.PythonFile(bounded, "r")).schema
    path = path_in(schema, shard)
    # Read, not mapped: a mapped file that shrinks kills the process. Of a file, read one column.
    options = arrow.ipc.IpcReadOptions(included_fields=[schema.get_field_index(path[0])])
    bounded.seek(0)
    file = opened(arrow.PythonFile(bounded, "r"), options=options)
    batches = file if is_stream else map(file.get_batch, range(file.num_record_batches))
    for batch in batches:
        column = batch.column(path[0])
        column.validate()
        for at in range(0, len(column), ROWS):
            yield path, column.slice(at, ROWS)


@dataclass
class _Values:
    """The texts of some rows, and the numbers of the rows."""

    arrow: Any
    shard: Shard
    known: Any = None  # the last dictionary that was checked
    row: int = 0  # how many rows came before
    values: list[bytes] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def of(self, path: tuple[str, ...], column: Any) -> Iterator[tuple[bytes, int]]:
        """Yield the strings of an array and their rows."""
        compute = self.arrow.compute
        rows = np.arange(self.row + 1, self.row + 1 + len(column))
        self.row += len(column)
        if len(path) > 1:
            column.validate(full=True)
        for step in path[1:]:
            self._require_full(column, rows)
            if step == EACH:
                rows = rows[compute.list_parent_indices(column).to_numpy(zero_copy_only=False)]
                column = compute.list_flatten(column)
            else:
                column = compute.struct_field(column, step)
        for value, row in zip(self._bytes(column), rows.tolist(), strict=True):
            if value is None:
                raise self._null(row)
            yield value, row

    def _require_full(self, column: Any, rows: Any) -> None:
        missing = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))
        if len(missing):
            raise self._null(int(rows[missing[0]]))

    def _null(self, row: int) -> TokscopeError:
        problem = f"row {row} of column '{self.shard.field}' is null"
        return self.shard.error(row, f"{problem}; fill it in, or drop such rows")

    def _bytes(self, column: Any) -> list[bytes | None]:
        """Return the bytes of an array of strings, after a check of their offsets."""
        if self.arrow.types.is_dictionary(column.type):
            return self._of_dictionary(column)
        return cast(list[bytes | None], self._checked(column).to_pylist())

    def _checked(self, column: Any) -> Any:
        """Return an array of strings as bytes, checked to lie inside the file."""
        arrow, view = self.arrow, _is_view(column.type, self.shard)
        binary = column.view(arrow.binary_view()) if view else column.cast(arrow.large_binary())
        binary.validate(full=True)
        return binary

    def _of_dictionary(self, column: Any) -> list[bytes | None]:
        """Return the bytes of rows that point into a dictionary; equal rows share one object."""
        entries = column.dictionary
        if self.known is None or not _same(self.known, entries):
            self._checked(entries)
            self.known = entries
        used = self.arrow.compute.unique(column.indices)
        texts = self._bytes(entries.take(used))
        by_index = dict(zip(used.to_pylist(), texts, strict=True))
        return [by_index[index] for index in column.indices.to_pylist()]


def _same(one: Any, other: Any) -> bool:
    """Tell whether two arrays are the same memory."""
    pairs = zip(one.buffers(), other.buffers(), strict=True)
    same = all((a and a.address) == (b and b.address) for a, b in pairs)
    return same and (len(one), one.offset) == (len(other), other.offset)


def _read_columns(columns: Iterator[Any], shard: Shard, kind: str) -> Iterator[Units]:
    """Yield every value of an array, which arrives in chunks, as a unit."""
    arrow = _arrow(shard)
    _arrow(shard, "pyarrow.compute")
    held = _Values(arrow, shard)
    offset = size = 0
    try:
        for path, column in columns:
            for value, row in held.of(path, column):
                held.values.append(value)
                held.rows.append(row)
                size += len(value) + 1
                if size > files.BLOCK:
                    yield _units(held, offset)
                    offset, size = offset + size, 0
    except (arrow.ArrowException, EOFError, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise TokscopeError(f"{shard.path}: not a whole {kind} file ({reason})") from error
    yield _units(held, offset)


def _units(held: _Values, offset: int) -> Units:
    """Turn the collected values into units, and drop the values."""
    values, rows, shard = held.values, held.rows, held.shard
    held.values, held.rows = [], []
    texts = []
    for value, row in zip(values, rows, strict=True):
        try:
            texts.append(value.decode(errors=shard.errors))
        except UnicodeDecodeError as error:
            problem = f"byte 0x{value[error.start]:02X} at {error.start} is not valid UTF-8"
            raise shard.error(row, f"{problem}; fix it, or use {REPLACING}") from error
    raw = b"\xff".join((*values, b""))
    marks = sum(text.count("\ufffd") for text in texts)
    lengths = [len(value) + 1 for value in values]
    offsets = offset + np.cumsum([0, *lengths])[: len(values)]
    return Units(texts, offsets, rows, raw, replaced=marks - raw.count("\ufffd".encode()))


def read_parquet(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row of a Parquet file as a unit."""
    return _read_columns(_parquet_columns(stream, shard), shard, "Parquet")


def read_arrow(stream: BinaryIO, shard: Shard) -> Iterator[Units]:
    """Yield the chosen column of every row of an Arrow IPC stream or file as a unit.

    The cache of Hugging Face datasets holds streams.
    """
    return _read_columns(_arrow_columns(stream, shard), shard, "Arrow")
