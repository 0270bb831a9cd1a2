"""Counts and replayed merges in a file, so that another question needs no second pass.

A NumPy archive of plain arrays, compressed. A header says which version wrote it, of which
tokenizer and text it is, and what the arrays hash to.
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
from tokscope.mixture.replay import Changes, Replay
from tokscope.mixture.symbols import rules_of, spelled
from tokscope.reading import opened, require_regular
from tokscope.tokenizers.merges import Merges

VERSION = 2  # 1 had another alphabet
_FORMAT = "tokscope counts"
Arrays = dict[str, Any]  # by name


def _digest(header: Mapping[str, Any], arrays: Arrays) -> str:
    told = {name: value for name, value in header.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def packed(found: Evidence, tokenizer: str) -> bytes:
    """Return what `unpacked` reads. `tokenizer` is the fingerprint of the one that cut the text."""
    counts, done = found.counts, found.replay
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
    """Return the header and the arrays of a file that is whole."""
    problem = f"{path}: no file of counts, or a damaged one; count again"
    try:
        require_regular(path)
        with opened(path) as stream:
            arrays = read_arrays(stream, problem)
        header = json.loads(arrays.pop("header").tobytes())
        foreign = header["format"] != _FORMAT
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
    if _digest(header, arrays) != header.get("sha256"):
        raise TokscopeError(f"{path}: the file is damaged (its hash is another one); count again")
    return header, arrays


def unpacked(
    path: Path, merges: Merges, tokenizer: str, *, steps: int | None = None, first: int = 0
) -> Evidence:
    """Read a file of counts; merges beyond those replayed are replayed now.

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


def _evidence(
    header: Mapping[str, Any], arrays: Arrays, merges: Merges, *, steps: int | None, first: int
) -> Evidence:
    ends = np.cumsum(arrays["lengths"], dtype=np.int64)
    blob = arrays["pretokens"].tobytes()
    pretokens = [blob[end - size : end] for end, size in zip(ends, arrays["lengths"], strict=True)]
    shape = (len(pretokens), len(arrays["owner"]))
    blocks = csr_array((arrays["counts"], arrays["columns"], arrays["rows"]), shape=shape)
    blocks.check_format(full_check=True)
    counts = Counts(
        tuple(header["names"]),
        pretokens,
        blocks,
        arrays["owner"],
        arrays["sizes"],
        arrays["left_out"],
        header["text"],
    )
    if steps is not None and steps > header["merges"]:
        return evidence(counts, merges, steps, first=first)
    rules, alphabet = rules_of(merges, header["merges"])
    changes = [
        Changes(*(arrays[f"{name}.{i}"] for name in ("records", "starts", "words")))
        for i in range(header["parts"])
    ]
    done = Replay(rules, arrays["keys"], arrays["start"], changes)
    return assembled(counts, merges, spelled(pretokens, merges, alphabet), done, first)
