"""Model files: what is written is W times the old vectors, and all else stays as it is."""

from __future__ import annotations

import json
import os
import struct
import threading
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import at_most
from tokscope.errors import TokscopeError
from tokscope.mapping import checkpoint as module
from tokscope.mapping import vectors
from tokscope.mapping.checkpoint import checkpoint, write
from tokscope.mapping.kinds import METHODS, Map, weights_of
from tokscope.mapping.tensors import header_of, read_header
from tokscope.mapping.vectors import Vectors

Write = Callable[[str, str | bytes], Path]
Array = np.ndarray[Any, Any]
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}


def model(tensors: Mapping[str, tuple[str, Array]], **metadata: str) -> bytes:
    """A safetensors file."""
    entries = {name: (kind, own.shape, own.nbytes) for name, (kind, own) in tensors.items()}
    return header_of(entries, metadata) + b"".join(own.tobytes() for _, own in tensors.values())


def read(path: Path) -> dict[str, Array]:
    """The tensors of a file."""
    with path.open("rb") as stream:
        told = read_header(stream, path)
    data = path.read_bytes()
    return {
        name: np.frombuffer(data[one.start : one.end], TYPES[one.dtype]).reshape(one.shape)
        for name, one in told.tensors.items()
    }


def random_map(rng: np.random.Generator, new: int, old: int) -> Map:
    counts = rng.integers(0, 5, new)
    starts = np.concatenate(([0], np.cumsum(counts)))
    pieces = rng.integers(0, old, starts[-1]).astype(np.int32)
    kinds = np.zeros(new, np.int8)
    return Map(kinds, starts, pieces, rng.integers(1, 9, starts[-1]), old)


def slow(made: Map, method: str, old: Array) -> Array:
    """W times the old vectors, by an explicit loop in float64."""
    new = np.zeros((made.height, old.shape[1]))
    for token in range(made.height):
        ids = made.old(token)
        sizes = made.sizes[made.starts[token] : made.starts[token + 1]].tolist()
        for place, piece in enumerate(ids):
            last = place == len(ids) - 1
            own = {
                "mean": 1 / len(ids),
                "first": float(place == 0),
                "last": float(last),
                "length": sizes[place] / sum(sizes),
            }
            new[token] += own[method] * old[piece].astype(np.float64)
    return new


def widened(numbers: Array) -> Array:
    """The float64 of bfloat16."""
    return (numbers.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def bfloat(numbers: Array) -> Array:
    """The upper half of float32, cut off."""
    return (numbers.astype(np.float32).view(np.uint32) >> 16).astype("<u2")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("dtype", "bits"), [("F64", 52), ("F32", 23), ("F16", 10), ("BF16", 7)])
@at_most(5)
@given(
    seed=st.integers(0, 10**6),
    block=st.sampled_from([8, 100, 1 << 20]),
    cores=st.sampled_from([1, 2, 5]),
)
def test_new_vectors_are_those_of_a_loop_in_float64(
    tmp_path_factory: pytest.TempPathFactory,
    dtype: str,
    bits: int,
    method: str,
    seed: int,
    block: int,
    cores: int,
) -> None:
    folder, rng = tmp_path_factory.mktemp("model"), np.random.default_rng(seed)
    made = random_map(rng, 40, 30)
    plain = rng.standard_normal((33, 5))
    old = bfloat(plain) if dtype == "BF16" else plain.astype(TYPES[dtype])
    path = folder / "old.safetensors"
    other = rng.integers(0, 9, (7, 3))
    tensors = {"a": ("I64", other), "model.embed_tokens.weight": (dtype, old), "z": ("I64", other)}
    path.write_bytes(model(tensors, format="pt"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "_BLOCK", block)
        threads(patch, cores)
        write(
            checkpoint(path, made, 30), folder / "new.safetensors", made, weights_of(made, method)
        )
    found = read(folder / "new.safetensors")
    assert list(found) == list(tensors)
    assert (found["a"] == other).all()
    assert (found["z"] == other).all()
    new = found["model.embed_tokens.weight"]
    values = widened(new) if dtype == "BF16" else new.astype(np.float64)
    exact = slow(made, method, widened(old) if dtype == "BF16" else old)
    assert values.shape == (40, 5)
    assert (np.abs(values - exact) <= np.abs(exact) * 2.0 ** -(bits + 1) * 1.01 + 1e-6).all()
    for token in np.flatnonzero(made.counts == 1).tolist():
        assert new[token].tobytes() == old[made.old(token)[0]].tobytes()


def threads(patch: pytest.MonkeyPatch, cores: int) -> None:
    """Let so many threads make the vectors of the smallest tensors."""
    patch.setattr(module, "cores", lambda: cores)
    patch.setattr(module, "_WORTH", 1)


def test_bfloat16_is_rounded_to_the_nearest_and_to_even() -> None:
    """1 and 1 + 2^-7 are neighbours: their mean is a tie, which goes to the even one, 1."""
    one, next_, after = 0x3F80, 0x3F81, 0x3F82
    old = np.array([[one], [next_], [after]], "<u2")
    new = made_of(old, "BF16", np.full(6, 0.5))
    assert new[:, 0].tolist() == [one, after, next_]


def two_of(old: int) -> Map:
    """Three new ids of two old ones: 0 and 1, 1 and 2, 0 and 2."""
    pieces = np.array([0, 1, 1, 2, 0, 2], np.int32)
    return Map(np.zeros(3, np.int8), np.array([0, 2, 4, 6]), pieces, np.ones(6, np.int64), old)


def made_of(old: Array, dtype: str, weights: Array) -> Array:
    """The new vectors of `two_of`, all in one block."""
    own = Vectors.of(two_of(3), weights, old, dtype)
    return own.block(0, own.room())


def test_without_new_ids_there_is_nothing_to_make() -> None:
    none = np.zeros(0, np.int64)
    made = Map(none.astype(np.int8), np.zeros(1, np.int64), none.astype(np.int32), none, 3)
    own = Vectors.of(made, np.zeros(0), np.ones((3, 2), "<f4"), "F32")
    assert own.block(0, own.room()).shape == (0, 2)


def test_numbers_that_are_none_stay_so() -> None:
    old = np.array([[0x7FC1], [0x7F80], [0xFF80]], "<u2")  # NaN, infinity, minus infinity
    new = made_of(old, "BF16", np.full(6, 0.5))
    values = widened(new)[:, 0]
    assert np.isnan(values).all()
    halves = np.array([[60000.0], [60000.0], [1.0]], "<f2")
    new = made_of(halves, "F16", np.ones(6))
    assert np.isinf(new[0, 0])


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_two_halves_of_every_number_are_the_number(dtype: str) -> None:
    old = np.arange(1 << 16, dtype="<u2").view(TYPES[dtype]).reshape(-1, 64)
    pieces = np.arange(len(old), dtype=np.int32).repeat(2)
    starts, sizes = np.arange(0, len(pieces) + 1, 2), np.ones(len(pieces), np.int64)
    made = Map(np.zeros(len(old), np.int8), starts, pieces, sizes, len(old))
    own = Vectors.of(made, weights_of(made, "mean"), old, dtype)
    room = own.room()
    new = np.vstack([own.block(at, room).copy() for at in range(0, len(old), own.size)])
    with np.errstate(invalid="ignore"):  # what is no number for signals
        values, exact = (widened(x) if dtype == "BF16" else x.astype(float) for x in (new, old))
    assert np.array_equal(values, exact, equal_nan=True)
    finite = np.isfinite(exact) & (exact != 0)
    assert (new.view("<u2")[finite] == old.view("<u2")[finite]).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 40, vectors._BLOCK]))
def test_rows_that_come_up_often_are_added_like_others(seed: int, block: int) -> None:
    """Few of these rows come up often, and most do not; a block may have none of either."""
    chance = np.random.default_rng(seed)
    old = chance.standard_normal((256, 2)).astype("<f4")
    counts = chance.integers(1, 5, 50)
    pieces = np.minimum(chance.geometric(0.2, counts.sum()), 255).astype(np.int32)
    starts = np.concatenate(([0], np.cumsum(counts)))
    made = Map(np.zeros(50, np.int8), starts, pieces, np.ones(len(pieces), np.int64), 256)
    weights = chance.random(len(pieces))
    with patch.object(vectors, "_BLOCK", block):
        own = Vectors.of(made, weights, old, "F32")
        room = own.room()
        new = np.vstack([own.block(at, room).copy() for at in range(0, 50, own.size)])
    for row, start, end in zip(new, starts, starts[1:], strict=False):
        parts = zip(weights[start:end], old[pieces[start:end]].astype(float), strict=True)
        expected = sum((weight * part for weight, part in parts), np.zeros(2))
        alone = old[pieces[start]]
        assert row.tobytes() == (alone if end - start == 1 else expected.astype("<f4")).tobytes()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
def test_float32_becomes_float16_as_numpy_says(bits: list[int]) -> None:
    """Also next to where rounding changes: at ties, subnormal numbers, the largest one."""
    edges = [0x38800000, 0x33000000, 0x477FF000, 0x7F800000, 0x3F801000, 0x3F803000]
    near = [edge + step for edge in edges for step in (-1, 0, 1)]
    every = np.array([*bits, *near, *(1 << 31 | one for one in near)], "<u4").view("<f4")
    with np.errstate(over="ignore"):
        expected = every.astype("<f2")
    found, spare = np.empty((1, len(every)), "<f2"), np.empty((2, len(every)), "<f4")
    assert vectors.narrow(every[None], "F16", found, spare).tobytes() == expected.tobytes()


def small(write: Write, tensors: Mapping[str, tuple[str, Array]], name: str = "m") -> Path:
    return write(f"{name}.safetensors", model(tensors))


def rows(count: int, width: int = 2, dtype: str = "<f4") -> Array:
    return np.arange(count * width).reshape(count, width).astype(dtype)


def test_tied_untied_and_the_bias_of_a_head(write: Write, tmp_path: Path) -> None:
    made = two_of(3)
    path = small(
        write,
        {
            "transformer.wte.weight": ("F32", rows(3)),
            "lm_head.weight": ("F32", rows(3)),
            "lm_head.bias": ("F32", rows(3)[:, 0]),
            "h.0.attn.weight": ("F32", rows(3)),
        },
    )
    found = checkpoint(path, made, 3)
    assert [one.name for one in found.tensors] == [
        "transformer.wte.weight", "lm_head.weight", "lm_head.bias",
    ]  # fmt: skip
    write_to = tmp_path / "out.safetensors"
    write_model(found, write_to, made)
    new = read(write_to)
    assert new["lm_head.weight"].tolist() == [[1, 2], [3, 4], [2, 3]]
    assert new["lm_head.bias"].tolist() == [1, 3, 2]
    assert new["h.0.attn.weight"].tolist() == rows(3).tolist()


def write_model(found: module.Checkpoint, target: Path, made: Map) -> None:
    write(found, target, made, weights_of(made, "mean"))


def test_padding_is_left_out_and_ids_beyond_the_rows_get_zeros(
    write: Write, tmp_path: Path
) -> None:
    made = two_of(3)
    padded = small(write, {"wte.weight": ("F32", rows(64))})
    write_model(checkpoint(padded, made, 3), tmp_path / "a.safetensors", made)
    assert len(read(tmp_path / "a.safetensors")["wte.weight"]) == 3
    short = small(write, {"wte.weight": ("F32", rows(2))}, "short")
    write_model(checkpoint(short, made, 2), tmp_path / "b.safetensors", made)
    assert read(tmp_path / "b.safetensors")["wte.weight"].tolist() == [[1, 2], [0, 0], [0, 0]]
    assert vectors.without_row(made, 2).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("tensors", "names", "message"),
    [
        ({"wte.weight": rows(2)}, [], "no tensor with a row for each of the 3 old ids; it has wte"),
        ({"wte.weight": rows(3000)}, [], "wte.weight [3000, 2]; name the right one with --tensor"),
        ({"w": rows(3)}, [], "it has w [3, 2]; name the right one with --tensor"),
        ({"w": rows(3)}, ["v"], "--tensor v: "),
        ({"w": rows(2)}, ["w"], "it has w [2, 2]"),
        ({"wte.weight": rows(3, dtype="<i8")}, [], "is I64; only F64, F32, F16, BF16 can be"),
    ],
)
def test_models_that_do_not_fit_are_refused(
    write: Write, tensors: dict[str, Array], names: list[str], message: str
) -> None:
    kinds = {"f": "F32", "i": "I64"}
    path = small(write, {name: (kinds[own.dtype.kind], own) for name, own in tensors.items()})
    with pytest.raises(TokscopeError) as caught:
        checkpoint(path, two_of(3), 3, names)
    assert message in str(caught.value)


def test_a_named_tensor_may_have_any_number_of_rows(write: Write) -> None:
    path = small(write, {"mine": ("F32", rows(3000)), "wte.weight": ("F32", rows(3))})
    found = checkpoint(path, two_of(3), 3, ["mine"])
    assert [one.name for one in found.tensors] == ["mine"]


def test_a_usual_name_with_other_rows_is_told_and_left(write: Write) -> None:
    path = small(write, {"wte.weight": ("F32", rows(3)), "h.output.weight": ("F32", rows(2))})
    assert checkpoint(path, two_of(3), 3).left == ["h.output.weight"]


def test_the_output_of_a_layer_is_no_head(write: Write) -> None:
    """Also where the model is as wide as its vocabulary is large."""
    names = ["output.weight", "layers.0.attention.output.weight", "tok_embeddings.weight"]
    path = small(write, dict.fromkeys(names, ("F32", rows(3))))
    assert [one.name for one in checkpoint(path, two_of(3), 3).tensors] == [names[0], names[2]]


@pytest.mark.parametrize("dtype", ["F32", "BF16"])
def test_memory_is_that_of_one_tensor_and_less_than_another(tmp_path: Path, dtype: str) -> None:
    """As Python's allocations are traced, which NumPy's are among; the rest of the model is larger."""
    count = 8_000
    old = np.ones((count, 512), TYPES[dtype])
    tensors = {"body": ("I64", np.zeros(3 * old.nbytes // 8, "<i8"))}
    names = ("wte.weight", "lm_head.weight")
    path = tmp_path / "old.safetensors"
    path.write_bytes(model(tensors | dict.fromkeys(names, (dtype, old))))
    made = random_map(np.random.default_rng(0), count, count)
    found, weights = checkpoint(path, made, count), weights_of(made, "mean")
    made.counts  # noqa: B018 - it is kept with the map
    tracemalloc.start()
    try:
        write(found, tmp_path / "new.safetensors", made, weights)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert old.nbytes < peak < 2 * old.nbytes


# Several files


def sharded(folder: Path) -> Path:
    folder.mkdir()
    parts = {
        "model-00001-of-00003.safetensors": {"embed_tokens.weight": ("F32", rows(3))},
        "model-00002-of-00003.safetensors": {"layer.weight": ("F32", rows(5))},
        "model-00003-of-00003.safetensors": {"lm_head.weight": ("F32", rows(3))},
    }
    homes = {}
    for name, tensors in parts.items():
        (folder / name).write_bytes(model(tensors))
        homes |= dict.fromkeys(tensors, name)
    told = {"metadata": {"total_size": 88, "total_parameters": 22, "x": "y"}, "weight_map": homes}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps(told))
    return path


def test_only_the_files_concerned_are_written_and_the_index(tmp_path: Path) -> None:
    made = two_of(3)
    wide = Map(np.zeros(4, np.int8), np.append(made.starts, 6), made.pieces, made.sizes, 3)
    found = checkpoint(sharded(tmp_path / "old"), wide, 3)
    assert found.beside == ["model-00002-of-00003.safetensors"]
    target = tmp_path / "new"
    target.mkdir()
    write_model(found, target / "model.safetensors.index.json", wide)
    assert sorted(path.name for path in target.iterdir()) == [
        "model-00001-of-00003.safetensors",
        "model-00003-of-00003.safetensors",
        "model.safetensors.index.json",
    ]
    told = json.loads((target / "model.safetensors.index.json").read_text())
    assert told["metadata"] == {"total_size": 88 + 16, "total_parameters": 22 + 4, "x": "y"}
    new = read(target / "model-00003-of-00003.safetensors")
    assert new["lm_head.weight"].tolist() == [[1, 2], [3, 4], [2, 3], [0, 0]]


@pytest.mark.parametrize(
    "homes",
    [
        {"a": "../m.safetensors"}, {"a": "x/m.safetensors"}, {"a": "m.bin"}, {"a": 3}, {}, [],
        {"a": "nowhere.safetensors"}, {"other": "m.safetensors"}, {"a": "..\\m.safetensors"},
    ],
)  # fmt: skip
def test_an_index_that_does_not_fit_is_one_line(write: Write, homes: object) -> None:
    small(write, {"a": ("F32", rows(3))})
    path = write("m.safetensors.index.json", json.dumps({"weight_map": homes}))
    with pytest.raises(TokscopeError, match=r"m.safetensors.index.json|nowhere") as caught:
        checkpoint(path, two_of(3), 3)
    outside = isinstance(homes, dict) and "/" in f"{homes.get('a')}"
    assert ("is not beside it; only files in the same folder" in str(caught.value)) == outside


# Hostile files


def raw(told: object, data: bytes = b"") -> bytes:
    header = told if isinstance(told, bytes) else json.dumps(told).encode()
    return struct.pack("<Q", len(header)) + header + data


def entry(start: object, end: object, shape: object = (1,), dtype: object = "F32") -> object:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


HOSTILE = {
    "empty": b"",
    "short": b"\x01\x02",
    "huge header": struct.pack("<Q", 2**63) + b"{}",
    "longer than the file": struct.pack("<Q", 100) + b"{}",
    "not JSON": raw(b"{"),
    "not UTF-8": raw(b'{"\xff": 1}'),
    "a list": raw([]),
    "deep": raw(b"[" * 100_000),
    "a huge number": raw(b'{"a": ' + b"9" * 5000 + b"}"),
    "not an entry": raw({"a": 3}),
    "no type": raw({"a": {"shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
    "overlap": raw({"a": entry(0, 4), "b": entry(0, 4)}, bytes(8)),
    "gap": raw({"a": entry(0, 4), "b": entry(8, 12)}, bytes(12)),
    "beyond": raw({"a": entry(0, 4)}, bytes(3)),
    "more": raw({"a": entry(0, 4)}, bytes(5)),
    "backwards": raw({"a": entry(4, 0)}, bytes(4)),
    "negative": raw({"a": entry(-4, 0)}, bytes(4)),
    "huge offset": raw({"a": entry(0, 2**70)}, bytes(4)),
    "float": raw({"a": entry(0.0, 4.0)}, bytes(4)),
    "bool": raw({"a": entry(False, 4, [True])}, bytes(4)),
    "huge shape": raw({"a": entry(0, 4, [2**62] * 30)}, bytes(4)),
    "many dimensions": raw({"a": entry(0, 4, [1] * 100_000)}, bytes(4)),
    "wrong shape": raw({"a": entry(0, 4, [2])}, bytes(4)),
    "control character": raw({"a\x1b[2J": entry(0, 4)}, bytes(4)),
    "half a pair": raw(b'{"a\\ud800": 1}'),
    "twice": raw(b'{"a": 1, "a": 2}'),
    "metadata": raw({"__metadata__": {"a": 3}}),
    "metadata in half a pair": raw(b'{"__metadata__": {"a": "\\ud800"}}'),
    "a list of metadata": raw({"__metadata__": []}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_line(write: Write, name: str) -> None:
    path = write("m.safetensors", HOSTILE[name])
    with pytest.raises(TokscopeError, match="not a safetensors file that can be read") as caught:
        checkpoint(path, two_of(3), 3)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("overlap", r"\('b' overlaps another tensor\)"),
        ("gap", r"\(4 bytes before 'b' are of no tensor\)"),
        ("beyond", r"\(it ends inside 'a', as if it were cut short\)"),
        ("more", r"\(1 bytes are of no tensor\)"),
    ],
)
def test_it_is_said_why_tensors_do_not_fill_a_file(write: Write, name: str, told: str) -> None:
    with pytest.raises(TokscopeError, match=told):
        checkpoint(write("m.safetensors", HOSTILE[name]), two_of(3), 3)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("m") / "m.safetensors"
    path.write_bytes(struct.pack("<Q", len(data)) + data)
    with pytest.raises(TokscopeError):
        checkpoint(path, two_of(3), 3)


def test_a_folder_or_nothing_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "m.safetensors", tmp_path / "m.safetensors.index.json"):
        with pytest.raises(TokscopeError):
            checkpoint(path, two_of(3), 3)


def test_a_file_that_shrinks_leaves_nothing_behind(write: Write, tmp_path: Path) -> None:
    made = two_of(3)
    path = small(write, {"wte.weight": ("F32", rows(3))})
    found = checkpoint(path, made, 3)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(TokscopeError):
        write_model(found, tmp_path / "out.safetensors", made)
    assert [one.name for one in tmp_path.iterdir()] == ["m.safetensors"]


@pytest.mark.parametrize(
    ("helping", "error"),
    [(True, OSError(28, "No space left on device")), (False, KeyboardInterrupt()),
     (True, MemoryError()), (False, OSError(28, "No space left on device"))],
)  # fmt: skip
def test_an_error_in_any_thread_stops_the_others_and_leaves_nothing(
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    helping: bool,
    error: BaseException,
) -> None:
    """Rows are written one at a time; the other threads wait for the error, and then end."""
    failed, after = threading.Event(), []
    path, target = small(write, {"wte.weight": ("F32", rows(3000))}), tmp_path / "o.safetensors"
    made = random_map(np.random.default_rng(0), 3000, 3000)
    found = checkpoint(path, made, 3000)

    def put(_: int, data: memoryview, at: int) -> int:
        own = threading.current_thread() is threading.main_thread()
        if at == 0:  # the header
            return len(data)
        if own != helping and not failed.is_set():
            failed.set()
            raise error
        assert failed.wait(10)
        after.append(at)
        return len(data)

    monkeypatch.setattr(vectors, "_BLOCK", 1)
    monkeypatch.setattr(os, "pwrite", put)
    threads(monkeypatch, 4)
    expected = TokscopeError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as caught:
        write_model(found, target, made)
    assert expected is not TokscopeError or str(caught.value).endswith("(No space left on device)")
    assert [one.name for one in tmp_path.iterdir()] == ["m.safetensors"]
    assert len(after) < 1500


@pytest.mark.skipif(not hasattr(os, "copy_file_range"), reason="this system copies no ranges")
@pytest.mark.parametrize("kernel", ["whole", "by two bytes", "refuses", "refuses later"])
def test_what_stays_is_the_same_whoever_copies_it(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    """Neighbours are copied together, before, between and behind the vectors; one is empty."""
    copy, calls = os.copy_file_range, []

    def counted(source: int, target: int, count: int, start: int, to: int) -> int:
        calls.append(count)
        if kernel == "refuses" or (kernel == "refuses later" and len(calls) > 2):
            raise OSError(18, "not between these disks")
        return copy(source, target, 2 if kernel == "by two bytes" else count, start, to)

    def refused(*_: int) -> None:
        raise OSError(95, "not on this disk")

    monkeypatch.setattr(os, "copy_file_range", counted)
    if kernel == "refuses":
        monkeypatch.setattr(os, "posix_fallocate", refused)
    other = {
        name: ("F32", rows(5, width)) for name, width in zip("abcde", range(1, 6), strict=True)
    }
    order = ["a", "wte.weight", "b", "empty", "c", "lm_head.weight", "d", "e"]
    every = {**other, "empty": ("F32", rows(0))}
    every |= {name: ("F32", rows(3)) for name in ("wte.weight", "lm_head.weight")}
    path, target, made = (
        small(write, {name: every[name] for name in order}),
        tmp_path / "o",
        two_of(3),
    )
    done: list[int] = []
    write_to = checkpoint(path, made, 3)
    module.write(write_to, target, made, weights_of(made, "mean"), done.append)
    new = read(target)
    assert list(new) == order
    assert all(new[name].tobytes() == own.tobytes() for name, (_, own) in other.items())
    assert new["lm_head.weight"].tolist() == [[1, 2], [3, 4], [2, 3]]
    assert sum(done) == 4 * (5 * (1 + 2 + 3 + 4 + 5) + 2 * 2 * 3)  # the bytes of all tensors
    assert kernel != "whole" or calls == [20, 100, 180]


def test_most_bytes_stay_where_they_are_in_their_pages(write: Write, tmp_path: Path) -> None:
    made = two_of(3)
    path = small(
        write, {"a": ("F32", rows(2)), "wte.weight": ("F32", rows(9)), "b": ("F32", rows(99))}
    )
    write_model(checkpoint(path, made, 3), tmp_path / "out.safetensors", made)
    with path.open("rb") as old, (tmp_path / "out.safetensors").open("rb") as new:
        before, after = read_header(old, path).tensors, read_header(new, path).tensors
    assert (after["b"].start - before["b"].start) % 4096 == 0
    assert all(one.start % 8 == 0 for one in after.values())


def test_a_model_is_not_waited_for_until_it_is_on_the_disk(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does `cp` wait, which would take four times as long."""

    def waited(_: int) -> None:
        raise AssertionError

    monkeypatch.setattr(os, "fsync", waited)
    path, made = small(write, {"wte.weight": ("F32", rows(3))}), two_of(3)
    write_model(checkpoint(path, made, 3), tmp_path / "out.safetensors", made)
    assert read(tmp_path / "out.safetensors")["wte.weight"].tolist() == [[1, 2], [3, 4], [2, 3]]


def test_the_official_library_reads_what_is_written(write: Write, tmp_path: Path) -> None:
    official = pytest.importorskip("safetensors.numpy")
    made = two_of(3)
    path = small(write, {"wte.weight": ("F32", rows(3)), "x": ("F16", rows(1, 3, "<f2"))})
    write_model(checkpoint(path, made, 3), tmp_path / "out.safetensors", made)
    found = official.load_file(tmp_path / "out.safetensors")
    assert found["wte.weight"].tolist() == [[1, 2], [3, 4], [2, 3]]
    assert found["x"].tolist() == [[0, 1, 2]]
