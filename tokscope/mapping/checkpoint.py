"""Write a model file anew, with the vectors of a new vocabulary in place of those of an old one."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from io import FileIO
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, require_inside, shortened
from tokscope.mapping.copying import Work, in_pages, raw, runs_of
from tokscope.mapping.kinds import Map
from tokscope.mapping.tensors import SIZES, File, Tensor, header_of, read_header
from tokscope.mapping.vectors import TYPES, Numbers, Vectors
from tokscope.reading import MOST_OF_SETTINGS, content, require_regular, steady
from tokscope.workers import cores
from tokscope.writing import streams

Make = Callable[[Numbers, str], Vectors]
INDEX = ".index.json"
# How tensors with a row for each id are called, and the bias of a head
USUAL = (
    "embed_tokens.weight", "wte.weight", "word_embeddings.weight", "tok_embeddings.weight",
    "embed_in.weight", "shared.weight", "lm_head.weight", "output.weight", "embed_out.weight",
    "lm_head.decoder.weight", "predictions.decoder.weight", "lm_head.bias", "predictions.bias",
    "decoder.bias",
)  # fmt: skip
_WORTH = 24 << 20  # bytes of a tensor for each thread, which needs a quarter of that itself
_PADDED = 1024  # rows that a matrix may have more than there are ids; or an eighth of the ids


class Replaced(NamedTuple):
    """A tensor that is written anew."""

    name: str
    dtype: str
    old: tuple[int, ...]
    new: tuple[int, ...]


@dataclass(frozen=True)
class Checkpoint:
    """The files of a model, and the tensors that are to be written anew."""

    path: Path
    files: Mapping[Path, File]  # those that hold such a tensor
    tensors: Sequence[Replaced]
    beside: Sequence[str] = ()  # other files of the model, which stay as they are
    left: Sequence[str] = ()  # tensors with a usual name but other rows
    index: Mapping[str, Any] | None = None


# What is to be done


def checkpoint(path: Path, made: Map, needed: int, names: Sequence[str] = ()) -> Checkpoint:
    """Read the headers of a model, and find the tensors that have a row for each old id.

    Args:
        path: a safetensors file, or the index of several.
        made: the map.
        needed: rows that such a tensor has at least; special tokens may lie beyond.
        names: of the tensors, if they are not the usual ones.

    Raises:
        TokscopeError: a file cannot be read, or holds no such tensor, or one of another type.
    """
    index = _index(path) if path.name.endswith(INDEX) else None
    homes = index["weight_map"].values() if index else [path.name]
    headers = {path.parent / name: _header(path.parent / name) for name in dict.fromkeys(homes)}
    every = {name: one for file in headers.values() for name, one in file.tensors.items()}
    if sum(len(file.tensors) for file in headers.values()) > len(every) or (
        index and index["weight_map"].keys() - every
    ):
        raise TokscopeError(f"{path}: its files do not hold the tensors that it lists")
    chosen, left = _chosen(path, every, (needed, made.width), names)
    files = {place: file for place, file in headers.items() if chosen & file.tensors.keys()}
    tensors = [
        Replaced(name, one.dtype, one.shape, (made.height, *one.shape[1:]))
        for name, one in every.items()
        if name in chosen
    ]
    beside = [place.name for place in headers if place not in files]
    return Checkpoint(path, files, tensors, beside, left, index)


def _header(path: Path) -> File:
    with _opened(path) as stream:
        return read_header(stream, path)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file that must not change."""
    with ExitStack() as stack:
        try:
            require_regular(path)
            stream = stack.enter_context(steady(path))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise TokscopeError(f"{path}: cannot be read ({reason})") from error
        yield stream


def _index(path: Path) -> dict[str, Any]:
    """Return the index of a model in several files, checked."""
    try:
        told = json.loads(content(path, 100 * MOST_OF_SETTINGS))
    except (ValueError, RecursionError) as error:
        raise TokscopeError(f"{path}: not JSON that can be read ({error})") from error
    homes = told.get("weight_map") if isinstance(told, dict) else None
    if not isinstance(homes, dict) or not homes or not isinstance(told.get("metadata", {}), dict):
        raise TokscopeError(f"{path}: not the index of a model in several files")
    for name in homes.values():
        if isinstance(name, str) and "/" in name:
            raise TokscopeError(
                f"{path}: '{shortened(name)}' is not beside it; only files in the same folder are "
                "read"
            )
        if not isinstance(name, str) or not name.endswith(".safetensors"):
            raise TokscopeError(f"{path}: '{shortened(str(name))}' is not a safetensors file")
        require_inside(name, str(path))
    return dict(told)


def _chosen(
    path: Path, every: Mapping[str, Tensor], rows: tuple[int, int], names: Sequence[str]
) -> tuple[set[str], list[str]]:
    """Return the tensors that have a row for each id, and others with a usual name."""
    missing = [name for name in names if name not in every]
    if missing:
        raise TokscopeError(f"--tensor {missing[0]}: {path} has no tensor of this name")
    usual = [name for name in every if _is_usual(name)]
    asked = list(names) or usual
    least, ids = rows
    most = 2**63 if names else ids + max(_PADDED, ids // 8)
    fits = {
        n for n in asked if len(every[n].shape) in (1, 2) and least <= every[n].shape[0] <= most
    }
    left = [name for name in asked if name not in fits]
    if not fits or (names and left):
        told = ", ".join(f"{name} {list(every[name].shape)}" for name in (left or list(every))[:3])
        hint = "" if names else "; name the right one with --tensor"
        raise TokscopeError(
            f"{path}: no tensor with a row for each of the {ids:,} old ids; it has {told}{hint}"
        )
    for name in sorted(fits):
        if every[name].dtype not in TYPES:
            known = ", ".join(TYPES)
            raise TokscopeError(
                f"{path}: {name} is {every[name].dtype}; only {known} can be mapped"
            )
    return fits, left


def _is_usual(name: str) -> bool:
    """Tell whether a tensor has a usual name; layers, which have a number, have outputs too."""
    if name.endswith("output.weight") and any(map(str.isdigit, name.split("."))):
        return False
    return f".{name}".endswith(tuple(f".{own}" for own in USUAL))


# Doing it


def write(
    found: Checkpoint,
    target: Path,
    made: Map,
    weights: NDArray[np.float64],
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the model anew: the files that hold a replaced tensor, and the index if there is one.

    Another thread may call `advance` too.

    Raises:
        TokscopeError: a file cannot be read or written, or has changed; then nothing is written.
    """
    targets = [target.parent / place.name if found.index else target for place in found.files]
    every = [*targets, *([target] if found.index else [])]
    with streams(every, synced=False) as out:
        for stream, (place, file) in zip(out, found.files.items(), strict=False):
            with _opened(place) as source:
                if read_header(source, place) != file:
                    raise TokscopeError(f"{place}: it has changed; run this again")
                # without their buffers, which take three times as long for large blocks
                bare = FileIO(source.fileno(), closefd=False), FileIO(stream.fileno(), "w", False)
                _write_file(
                    Work(*bare, place, advance), file, found, partial(Vectors.of, made, weights)
                )
        if found.index:
            out[-1].write(_new_index(found, found.index))


def _write_file(work: Work, file: File, found: Checkpoint, vectors: Make) -> None:
    """Write a file with all tensors in their order; the kernel copies while vectors are made."""
    new = {one.name: one.new for one in found.tensors}
    shapes = {name: new.get(name, one.shape) for name, one in file.tensors.items()}
    entries = {
        name: (one.dtype, shapes[name], _bytes(one, shapes[name]))
        for name, one in file.tensors.items()
    }
    sizes = [size for _, _, size in entries.values()]
    places = dict(zip(entries, accumulate(sizes, initial=0), strict=False))
    runs = runs_of(file.tensors, {name: at for name, at in places.items() if name not in new})
    header = in_pages(header_of(entries, file.metadata), runs)
    work.reserve(len(header) + sum(sizes))
    work.write(header, 0)
    moved = [run._replace(to=len(header) + run.to) for run in runs]
    with ThreadPoolExecutor(max(1, cores() - 1)) as pool:
        copied = pool.submit(work.copy_by_kernel, moved)
        try:
            for name in filter(new.__contains__, file.tensors):
                _write_rows(work, file.tensors[name], (len(header) + places[name], vectors), pool)
            left = copied.result()
        finally:
            work.stop.set()
    for run in left:
        work.copy(run)


def _write_rows(
    work: Work, tensor: Tensor, place: tuple[int, Make], pool: ThreadPoolExecutor
) -> None:
    """Write the new rows of a tensor at a place; threads of the pool join in when they are free."""
    at, made_of = place
    vectors = made_of(work.read(tensor, TYPES[tensor.dtype]), tensor.dtype)
    starts = iter(range(0, len(vectors.counts), vectors.size))
    more = min(cores() - 1, vectors.old.nbytes // _WORTH)
    helping = [pool.submit(_write_blocks, work, vectors, starts, at) for _ in range(more)]
    _write_blocks(work, vectors, starts, at)
    for one in helping:
        if not one.cancel():  # it has begun
            one.result()


def _write_blocks(work: Work, vectors: Vectors, starts: Iterator[int], at: int) -> None:
    """Write block after block; threads take them from the same iterator, until one fails."""
    try:
        room = vectors.room()
        for start in starts:
            if work.stop.is_set():
                return
            part = vectors.block(start, room)
            work.write(raw(part), at + start * part[0].nbytes)
    except BaseException:
        work.stop.set()
        raise


def _bytes(tensor: Tensor, shape: Sequence[int]) -> int:
    """Return the bytes of a tensor with as many rows as a shape has."""
    if tuple(shape) == tensor.shape:
        return tensor.end - tensor.start
    return math.prod(shape) * SIZES[tensor.dtype]


def _new_index(found: Checkpoint, index: Mapping[str, Any]) -> bytes:
    """Return the index with the sizes of the new tensors."""
    metadata = dict(index.get("metadata", {}))
    more = [math.prod(one.new) - math.prod(one.old) for one in found.tensors]
    sizes = [SIZES[one.dtype] for one in found.tensors]
    changes = {
        "total_size": sum(map(math.prod, zip(more, sizes, strict=True))),
        "total_parameters": sum(more),
    }
    for name, change in changes.items():
        if type(metadata.get(name)) is int:
            metadata[name] += change
    told = {**index, **({"metadata": metadata} if metadata else {})}
    return f"{json.dumps(told, indent=2)}\n".encode()
