"""Recognize the format of a file, by its name if that tells, else by its beginning.

A new format needs one file with a reader, one line in `READERS` and one line per suffix.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from tokscope.errors import TokscopeError
from tokscope.text.columns import read_arrow, read_parquet
from tokscope.text.files import STDIN, Shard, beginning
from tokscope.text.lines import EXPORT, OBJECT, Units, encoding, read_lines, read_whole
from tokscope.text.packing import packing
from tokscope.text.records import read_records, read_values
from tokscope.text.sequences import read_sequences
from tokscope.text.tables import read_rows, read_tabs

READERS: Mapping[str, Callable[[BinaryIO, Shard], Iterator[Units]]] = {
    "txt": read_lines,
    "jsonl": read_records,
    "json": read_values,
    "csv": read_rows,
    "tsv": read_tabs,
    "parquet": read_parquet,
    "arrow": read_arrow,
    "fasta": read_sequences,
}
SUFFIXES: Mapping[str, str] = {
    ".txt": "txt",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".fasta": "fasta",
    ".fna": "fasta",
    ".fa": "fasta",
    ".dev": "txt",
    ".devtest": "txt",
}
WHOLE = "whole"  # a file of plain text as one unit; users ask for it by an option
_CUT = ("txt", "jsonl")  # formats that can be read from the middle
_CLUSTERED = ("jsonl", "json", "csv", "tsv")
_COLUMNAR = ("parquet", "arrow")
_PLAIN = ("txt", "fasta", WHOLE)  # formats without fields
_UNSURE = (".json", ".fa")  # records or an array; sequences, or text in Persian
_LOOK = 1 << 16  # bytes at the beginning that are examined
_TOKENIZERS = (".tiktoken", ".model", ".spm", ".gguf")
# how a tokenizer.json and a tekken.json begin
_TOKENIZER = re.compile(
    rb'\s*\{\s*("version"\s*:\s*"[^"]*"\s*,\s*"truncation"|"config"\s*:\s*\{\s*"pattern")\s*:'
)
_BOM = b"\xef\xbb\xbf"
# suffixes of files that are not text, and what those files are
_FOREIGN: Mapping[str, str] = {
    **dict.fromkeys((".pdf", ".ps", ".djvu", ".epub", ".mobi"), "a book or a page"),
    **dict.fromkeys((".docx", ".doc", ".odt", ".rtf", ".pptx", ".ppt", ".odp"), "a document"),
    **dict.fromkeys((".xlsx", ".xls", ".xlsb", ".xlsm", ".ods"), "a spreadsheet"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".dill"), "a pickle, which is never loaded"),
    **dict.fromkeys((".pt", ".pth", ".ckpt"), "a file of PyTorch, which is never loaded"),
    **dict.fromkeys((".npy", ".npz", ".mat", ".h5", ".hdf5", ".rds", ".rdata"), "a file of arrays"),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db", ".db3", ".duckdb", ".mdb"), "a database"),
    **dict.fromkeys((".tar", ".tgz", ".tbz2", ".txz", ".7z", ".rar", ".cab", ".iso"), "an archive"),
    **dict.fromkeys((".z", ".lz", ".lz4", ".lzma", ".lzo", ".br", ".sz", ".snappy"), "packed"),
    **dict.fromkeys(
        (".avro", ".orc", ".tfrecord", ".msgpack", ".bson", ".mds"), "a file of records"
    ),
    **dict.fromkeys((".safetensors", ".onnx", ".bin", ".idx"), "a file of numbers"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff"), "a picture"),
    **dict.fromkeys((".wav", ".mp3", ".flac", ".ogg", ".mp4", ".mkv", ".webm"), "sound or a film"),
    **dict.fromkeys((".exe", ".dll", ".so", ".dylib", ".o", ".a", ".class", ".pyc"), "a program"),
    **dict.fromkeys((".jar", ".whl", ".egg", ".apk", ".deb", ".rpm"), "a package"),
}


def kind_of(shard: Shard) -> str:
    """Return the format of a shard, as given or by its suffix."""
    return shard.kind or SUFFIXES.get(shard.suffix, "txt")


def reader(shard: Shard) -> Callable[[BinaryIO, Shard], Iterator[Units]]:
    """Return the reader of a shard.

    Raises:
        TokscopeError: a columnar file is packed, or comes from standard input.
    """
    kind = kind_of(shard)
    if kind in _COLUMNAR and (packing(shard.path) or shard.path == STDIN):
        what = "from standard input" if shard.path == STDIN else "packed inside already; unpack it"
        if shard.path == STDIN:
            raise TokscopeError(f"{kind} cannot be read {what}; name the file")
        raise TokscopeError(f"{shard.place}: a .{kind} file is {what}")
    return read_whole if kind == WHOLE else READERS[kind]


def has_fields(shard: Shard) -> bool:
    """Tell whether a shard holds records or rows; then one field is the text."""
    return kind_of(shard) not in _PLAIN


def unit_of(shard: Shard) -> str:
    """Name what is encoded in one call, in a file without fields."""
    return "sequence" if kind_of(shard) == "fasta" else "line"


def may_be_cut(shard: Shard) -> bool:
    """Tell whether a shard can be read from the middle."""
    return kind_of(shard) in _CUT and not packing(shard.path) and shard.path != STDIN


def is_column(shard: Shard) -> bool:
    """Tell whether the bytes of a file are not those of its text."""
    return kind_of(shard) in _COLUMNAR


def recognized(shard: Shard, *, asked: bool = False) -> Shard:
    """Return the shard with its format filled in.

    Args:
        shard: its beginning is read if its name does not tell the format.
        asked: the user named its field, so it may be a table whatever its name is.

    Raises:
        TokscopeError: the file is not text, or cannot be read.
    """
    kind = shard.kind or _by_name(shard)
    if not kind and shard.path != STDIN and not Path(shard.path).is_file():
        return shard  # what is read from a pipe now would be missing later
    kind = kind or _by_content(shard, asked)
    if shard.cluster and kind not in _CLUSTERED:
        *known, last = (f".{kind}" for kind in _CLUSTERED)
        needs = f"--cluster needs the fields of {', '.join(known)} or {last}"
        raise TokscopeError(f"{shard.place}: {needs}")
    return replace(shard, kind=kind)


def _by_name(shard: Shard) -> str:
    """Return the format that the suffix tells, or ""."""
    if shard.suffix in _TOKENIZERS and shard.path != STDIN:
        raise _tokenizer(shard)
    if shard.suffix in _FOREIGN and shard.path != STDIN:
        what = _FOREIGN[shard.suffix]
        raise TokscopeError(f"{shard.place}: a {shard.suffix} file is {what}; {EXPORT}")
    kind = SUFFIXES.get(shard.suffix, "")
    return "" if shard.suffix in _UNSURE or shard.path == STDIN else kind


def _by_content(shard: Shard, asked: bool) -> str:
    head = beginning(shard, _LOOK).removeprefix(_BOM)
    if encoding(head):  # the reader refuses it later
        return SUFFIXES.get(shard.suffix, "txt")
    object_ = OBJECT.match(head)
    if _TOKENIZER.match(head) and shard.path != STDIN:
        raise _tokenizer(shard)
    if object_:
        return "json" if object_[1] or not _is_line(head) else "jsonl"
    if shard.suffix == ".json":
        return "json"
    if shard.suffix == ".fa" and head.lstrip().startswith(b">"):
        return "fasta"
    return _table(head, shard.field) if asked else "txt"


def _tokenizer(shard: Shard) -> TokscopeError:
    """Return the error for a tokenizer that is named as text."""
    hint = f"name it among the tokenizers, or write txt:{shard.path} to read it as text"
    return TokscopeError(f"{shard.place}: this is a tokenizer, not text; {hint}")


def _is_line(head: bytes) -> bool:
    """Tell whether the first line that is not empty is an object, as far as `head` shows."""
    line, end, _ = head.lstrip().partition(b"\n")
    if not end and len(head) >= _LOOK:
        return True
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _table(head: bytes, field: str) -> str:
    """Return the kind of table if the first line is a header with the field, else "txt"."""
    line = head.partition(b"\n")[0].decode(errors="replace").rstrip("\r")
    for kind, delimiter in (("tsv", "\t"), ("csv", ",")):
        try:
            header = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        if len(header) > 1 and field in header:
            return kind
    return "txt"


def looks_like_records(path: Path) -> bool:
    """Tell whether a JSON file holds records, rather than metadata about other files."""
    try:
        head = beginning(Shard(str(path)), _LOOK).removeprefix(_BOM)
    except TokscopeError:
        return False
    start = OBJECT.match(head)
    lines = head.lstrip().split(b"\n", 2)
    several = len(lines) > 1 and lines[1].lstrip().startswith(b"{")
    return bool(start and (start[1] or (_is_line(head) and several)))
