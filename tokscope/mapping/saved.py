"""A map in a file: a sparse matrix for programs, or lines that people can review."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, path_of
from tokscope.mapping.kinds import KINDS, Ids, Map, matrix_of
from tokscope.mapping.tensors import header_of
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.visible import escaped


class Saved(NamedTuple):
    """What a file of a map holds."""

    map: Map
    weights: NDArray[np.float64]  # of its pieces
    vocabulary: Vocabulary  # of the new tokenizer
    told: Mapping[str, str]  # the signature, the method, the names
    used: Ids | None = None  # how often the text has each new id; (V_new,)


def _arrays(saved: Saved) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of the matrix in compressed rows."""
    matrix = matrix_of(saved.map, saved.weights)
    return {
        "data": matrix.data.astype("<f4"),
        "indices": matrix.indices.astype("<i4"),
        "indptr": matrix.indptr.astype("<i8"),
        "shape": np.array(matrix.shape, "<i8"),
    }


def npz(saved: Saved) -> bytes:
    """Return the matrix as `scipy.sparse.load_npz` reads it; `told` is JSON in an array."""
    out = io.BytesIO()
    told = np.frombuffer(json.dumps(dict(saved.told)).encode(), np.uint8)
    form = np.array(b"csr")
    np.savez_compressed(out, format=form, told=told, **_arrays(saved))  # type: ignore[arg-type]
    return out.getvalue()


def safetensors(saved: Saved) -> bytes:
    """Return the same arrays as safetensors, `told` among the metadata."""
    arrays = _arrays(saved)
    entries = {
        name: (f"{array.dtype.kind.upper()}{8 * array.itemsize}", array.shape, array.nbytes)
        for name, array in arrays.items()
    }
    header = header_of(entries, dict(saved.told))
    return b"".join([header, *(array.tobytes() for array in arrays.values())])


def jsonl(saved: Saved) -> bytes:
    """Return a line of JSON for each new id: what it stands for, and its old ids with weights.

    The first line is `told`.
    """
    written = json.JSONEncoder(ensure_ascii=False).encode  # made once, which `json.dumps` is not
    rows = map(written, (dict(saved.told), *_rows(saved)))
    return escaped("".join(f"{row}\n" for row in rows)).encode()


def _rows(saved: Saved) -> Iterator[Mapping[str, object]]:
    made, names, tokens = saved.map, saved.vocabulary.names, saved.vocabulary.pieces
    starts, pieces = made.starts.tolist(), made.pieces.tolist()
    weights = saved.weights.round(9).tolist()
    used = None if saved.used is None else saved.used.tolist()
    for token, kind in enumerate(made.kinds.tolist()):
        if kind < 0:
            continue
        part = slice(starts[token], starts[token + 1])
        text = names.get(token) or tokens[token].decode(errors="replace")
        row: dict[str, object] = {"id": token, "bytes": tokens[token].hex(), "text": text}
        row |= {"kind": KINDS[kind], "old": pieces[part], "weights": weights[part]}
        row |= {"count": used[token]} if used else {}
        yield row


# suffix -> what writes such a file
MAPS: Mapping[str, Callable[[Saved], bytes]] = {
    ".npz": npz,
    ".safetensors": safetensors,
    ".jsonl": jsonl,
}


def maps_of(
    places: str | PathLike[str] | Sequence[str | PathLike[str]],
) -> dict[Path, Callable[[Saved], bytes]]:
    """Return what writes each of some files of a map.

    Raises:
        TokscopeError: a file has the suffix of no such file.
    """
    found = {}
    for path in map(path_of, map(str, [places] if isinstance(places, str | PathLike) else places)):
        if path.suffix not in MAPS:
            raise TokscopeError(f"{path}: a map is written as {', '.join(MAPS)}")
        found[path] = MAPS[path.suffix]
    return found
