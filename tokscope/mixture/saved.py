"""Counts and replayed merges in a file, so that a further question needs no second pass.

The file is a compressed NumPy archive of plain arrays. Its header holds the version of the format,
the tokenizer, the text, and a hash of the arrays.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from tokscope.arrays import read_arrays
from tokscope.errors import TokscopeError
from tokscope.mixture.count import Counts
from tokscope.mixture.evidence import Evidence, assembled, evidence
from tokscope.mixture.replay import Changes, Replay, Rules
from tokscope.mixture.symbols import rules_of, spelled
from tokscope.reading import require_regular, steady
from tokscope.tokenizers.merges import Merges

VERSION = 2  # version 1 had a different alphabet
_FORMAT = "tokscope counts"
_MOST = 2**53  # counts and their sums are exact up to here
Arrays = dict[str, Any]  # by name


def _digest(header: Mapping[str, Any], arrays: Arrays) -> str:
    told = {name: value for name, value in header.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def packed(evidence: Evidence, tokenizer: str) -> bytes:
    """Return the file that `unpacked` reads; `tokenizer` is the fingerprint of the tokenizer."""
    counts, done = evidence.counts, evidence.replay
    arrays: Arrays = {
        "pretokens": np.frombuffer(b"".join(counts.pretokens), np.uint8),
        "lengths": np.fromiter(map(len, counts.pretokens), np.int32, len(counts.pretokens)),
        "counts": counts.blocks.data,
        "columns": counts.blocks.indices,
        "rows": counts.blocks.indptr,
        "owner": counts.owner,
        "sizes": counts.sizes,
        "left_out": counts.left_out,
        "keys": done.keys,
        "start": done.start,
    }
    for i, part in enumerate(done.changes):
        arrays |= {
            f"records.{i}": part.records,
            f"starts.{i}": part.starts,
            f"words.{i}": part.words,
        }
    header = {
        "format": _FORMAT,
        "version": VERSION,
        "tokenizer": tokenizer,
        "names": list(counts.names),
        "text": counts.digest,
        "merges": len(done.rules),
        "parts": len(done.changes),
    }
    header["sha256"] = _digest(header, arrays)
    out = io.BytesIO()
    line = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez_compressed(out, header=line, **arrays)
    return out.getvalue()


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the header and the arrays of an undamaged file."""
    problem = f"{path}: no file of counts, or a damaged one; count again"
    try:
        require_regular(path)
        with steady(path, remember=False) as stream:
            arrays = read_arrays(stream, problem)
        header = json.loads(arrays.pop("header").tobytes())
        foreign = header["format"] != _FORMAT
        digest = _digest(header, arrays)
    except FileNotFoundError as error:
        raise TokscopeError(f"{path}: no such file") from error
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokscopeError(problem) from error
    if foreign:
        raise TokscopeError(f"{path}: no file of counts; write one with --save-counts")
    if header.get("version") != VERSION:
        version = header.get("version")
        raise TokscopeError(f"{path}: counts of version {version}, not {VERSION}; count again")
    if digest != header.get("sha256"):
        raise TokscopeError(f"{path}: the file is damaged (its hash is another one); count again")
    return header, arrays


def unpacked(
    path: Path, merges: Merges, tokenizer: str, *, steps: int | None = None, first: int = 0
) -> Evidence:
    """Read a file of counts, and replay any merges that it does not cover.

    Raises:
        TokscopeError: the file cannot be read, is damaged, or is of another tokenizer.
    """
    header, arrays = _read(path)
    if header["tokenizer"] != tokenizer:
        raise TokscopeError(f"{path}: counted with another tokenizer; count again with this one")
    try:
        return _evidence(header, arrays, merges, steps=steps, first=first)
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        raise TokscopeError(f"{path}: its counts do not fit together; count again") from error


# All contents are checked before use. The hash only shows that the file is as it was written, and
# anybody can write one. Each check raises ValueError.


def _evidence(
    header: Mapping[str, Any], arrays: Arrays, merges: Merges, *, steps: int | None, first: int
) -> Evidence:
    _require_header(header, len(merges.pairs))
    counts = _counts(header, arrays)
    if steps is not None and steps > header["merges"]:
        return evidence(counts, merges, steps, first=first)
    rules, alphabet = rules_of(merges, header["merges"])
    words = spelled(counts.pretokens, merges, alphabet)
    done = _replay(arrays, rules, len(words.words), header["parts"])
    made = assembled(counts, merges, words, done, first)
    if made.occurrences().data.min(initial=0) < 0:
        raise ValueError("a pair goes more often than it comes")
    return made


def _require_header(header: Mapping[str, Any], merges: int) -> None:
    names = header["names"]
    if type(names) is not list or len(set(names)) < len(names) or not "".join(names).encode():
        raise ValueError("names are not a list of different names")
    if type(header["text"]) is not str:
        raise ValueError("the hash of the text is not a string")
    for name, most in (("merges", merges), ("parts", _MOST)):
        if type(header[name]) is not int or not 0 <= header[name] <= most:
            raise ValueError(f"{name} is not a number up to {most}")


def _counts(header: Mapping[str, Any], arrays: Arrays) -> Counts:
    lengths, owner = arrays["lengths"], arrays["owner"]
    width, corpora = len(owner), len(header["names"])
    if arrays["pretokens"].dtype != np.uint8:
        raise ValueError("pretokens are not bytes")
    _require_numbers(lengths, 0, len(arrays["pretokens"]) + 1)
    _require_numbers(owner, 0, corpora)
    _require_numbers(arrays["sizes"], 0, _MOST, width)
    _require_numbers(arrays["left_out"], 0, _MOST, corpora)
    if not np.bincount(owner, arrays["sizes"], corpora).all():
        raise ValueError("a corpus has no text")
    ends = np.cumsum(lengths, dtype=np.int64)
    if (ends[-1] if len(ends) else 0) != len(arrays["pretokens"]):
        raise ValueError("pretokens do not have their lengths")
    blob = arrays["pretokens"].tobytes()
    pretokens = [blob[end - size : end] for end, size in zip(ends, lengths, strict=True)]
    return Counts(
        tuple(header["names"]),
        pretokens,
        _blocks(arrays, len(pretokens), width),
        owner,
        arrays["sizes"],
        arrays["left_out"],
        header["text"],
    )


def _blocks(arrays: Arrays, pretokens: int, width: int) -> csr_array:
    counts, columns = arrays["counts"], arrays["columns"]
    _require_numbers(columns, 0, width, len(counts))
    _require_offsets(arrays["rows"], pretokens, len(counts))
    if counts.dtype != np.float64 or counts.ndim != 1 or not (counts >= 0).all():
        raise ValueError("counts are not numbers from 0 up")
    if counts.sum() > _MOST or (counts != np.floor(counts)).any():
        raise ValueError("counts are not whole, or too large")
    return csr_array((counts, columns, arrays["rows"]), shape=(pretokens, width))


def _replay(arrays: Arrays, rules: Rules, words: int, parts: int) -> Replay:
    keys, start = arrays["keys"], arrays["start"]
    _require_numbers(keys, 0, rules.symbols**2)
    _require_numbers(start, 0, len(rules) + 1, len(keys))
    _require_ascending(keys * (len(rules) + 1) + start)
    changes = [
        Changes(*(arrays[f"{name}.{i}"] for name in ("records", "starts", "words")))
        for i in range(parts)
    ]
    changed = np.zeros(len(keys), bool)
    for part in changes:
        _require_numbers(part.records, 0, len(keys))
        _require_ascending(part.records)
        _require_numbers(part.words, -words, words)
        _require_offsets(part.starts, len(part.records), len(part.words))
        changed[part.records] = True
    if not changed.all():
        raise ValueError("records change nothing")
    return Replay(rules, keys, start, changes)


def _require_numbers(array: Any, low: int, end: int, size: int | None = None) -> None:
    """Require a row of whole numbers from `low` to below `end`, of this size if given."""
    if array.ndim != 1 or array.dtype.kind != "i" or size not in (None, len(array)):
        raise ValueError("an array has another shape or type")
    if len(array) and not low <= array.min() <= array.max() < end:
        raise ValueError("a number is out of range")


def _require_offsets(array: Any, rows: int, end: int) -> None:
    """Require the starts of `rows` rows in order, and the end of the last one."""
    _require_numbers(array, 0, end + 1, rows + 1)
    if array[0] != 0 or array[-1] != end or (np.diff(array) < 0).any():
        raise ValueError("rows do not follow each other")


def _require_ascending(array: Any) -> None:
    if (np.diff(array) <= 0).any():
        raise ValueError("records are not in order")
