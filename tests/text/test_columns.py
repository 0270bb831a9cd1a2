"""Columns that are not plain strings: categories, views, groups of fields, lists."""

import io
from collections.abc import Callable

import pandas as pd
import pyarrow
import pytest
from pyarrow import feather, ipc, parquet

from tests.text.reading import Write, named, refusal, texts
from tests.text.test_corpus import each_columnar
from tokscope.errors import TokscopeError
from tokscope.text import columns
from tokscope.text.corpus import Shard, read

Make = Callable[..., bytes]
VALUES = ["é", "ab", "", "ab", "c\nd"]
KINDS = {
    "string": pyarrow.array(VALUES),
    "large": pyarrow.array(VALUES, pyarrow.large_string()),
    "view": pyarrow.array(VALUES, pyarrow.string_view()),
    "long view": pyarrow.array([value * 20 for value in VALUES], pyarrow.string_view()),
    "categories": pyarrow.array(VALUES).dictionary_encode(),
    "large categories": pyarrow.array(VALUES, pyarrow.large_string()).dictionary_encode(),
}


@each_columnar
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [2, 256])
def test_strings_of_every_kind_read_alike(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, make: Make, kind: str, rows: int
) -> None:
    monkeypatch.setattr(columns, "ROWS", rows)
    path = write(name, make({"text": KINDS[kind]}, 3))
    units = list(read(Shard(str(path), keep_empty=True)))
    expected = KINDS[kind].to_pylist()
    assert [text for one in units for text in one.texts] == expected
    assert b"".join(one.raw for one in units) == b"".join(t.encode() + b"\xff" for t in expected)
    assert [line for one in units for line in one.lines] == [1, 2, 3, 4, 5]


def test_categories_of_pandas_are_text(write: Write) -> None:
    frame = pd.DataFrame({"text": pd.Categorical(["b", "a", "b"]), "body": ["x", "y", "z"]})
    path = write("a.parquet", b"")
    frame.to_parquet(path)
    assert texts(path) == ["b", "a", "b"]
    path = write("a.feather", b"")
    feather.write_feather(frame, str(path))
    assert texts(path) == ["b", "a", "b"]


def test_dictionaries_that_change_between_batches(write: Write) -> None:
    batches = [
        pyarrow.record_batch({"text": pyarrow.array(values).dictionary_encode()})
        for values in (["a", "b"], ["c", "c", "a"], ["b"])
    ]
    packed = io.BytesIO()
    with ipc.new_stream(packed, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    assert texts(write("a.arrow", packed.getvalue())) == ["a", "b", "c", "c", "a", "b"]


def test_a_long_category_is_held_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of one entry of a megabyte, which decoded would be 200."""
    indices = pyarrow.array([0] * 200, pyarrow.int8())
    column = pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(["x" * 1_000_000]))
    packed = io.BytesIO()
    with ipc.new_stream(packed, pyarrow.schema({"text": column.type})) as writer:
        writer.write_table(pyarrow.table({"text": column}))
    path = write("a.arrow", packed.getvalue())
    before, held, seen = pyarrow.total_allocated_bytes(), 0, 0
    for units in read(Shard(str(path))):
        held = max(held, pyarrow.total_allocated_bytes() - before)
        seen += len(units.texts)
    assert seen == 200
    assert held < 20_000_000


NESTED = {
    "translation": pyarrow.array([{"en": "Hello", "de": "Hallo"}, {"en": "Yes", "de": "Ja"}]),
    "messages": pyarrow.array(
        [
            [{"role": "u", "content": "Hi"}, {"role": "b", "content": "Oh"}],
            [{"role": "u", "content": "No"}],
        ]
    ),
    "tags": pyarrow.array([["x", "y"], []], pyarrow.list_(pyarrow.string())),
    "large": pyarrow.array([["x"], ["y", "z"]], pyarrow.large_list(pyarrow.string_view())),
    "deep": pyarrow.array([[["a"], ["b", "c"]], [["d"]]]),
    "a.b": pyarrow.array(["as", "it is"]),
    "a": pyarrow.array([{"b": "not"}, {"b": "this"}]),
    "turns": pyarrow.array([[{"say": ["one", "two"]}], [{"say": ["three"]}]]),
}


@each_columnar
@pytest.mark.parametrize("rows", [1, 256])
def test_a_field_may_be_inside_of_a_column(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, make: Make, rows: int
) -> None:
    monkeypatch.setattr(columns, "ROWS", rows)
    path = write(name, make(NESTED))
    found = {
        "translation.de": ["Hallo", "Ja"],
        "messages[].content": ["Hi", "Oh", "No"],
        "tags": ["x", "y"],
        "tags[]": ["x", "y"],
        "large": ["x", "y", "z"],
        "deep[]": ["a", "b", "c", "d"],
        "deep[][]": ["a", "b", "c", "d"],
        "a.b": ["as", "it is"],
        "turns[].say": ["one", "two", "three"],
    }
    for field, expected in found.items():
        assert texts(path, field) == expected
    words = (f"en={path}", f"de={path}")
    fields = ["en=translation.en", "de=translation.de"]
    assert named(*words, field=fields) == {"en": ["Hello", "Yes"], "de": ["Hallo", "Ja"]}
    (units,) = [one for one in read(Shard(str(path), field="large")) if one.texts]
    assert list(units.lines) == [1, 2, 2]


@each_columnar
@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("translation", "column 'translation' holds struct<"),
        ("translation.fr", "unknown field 'fr'; Known: en, de; name one with --field"),
        ("messages.content", "'content' of --field messages.content is not in list<"),
        ("messages[]", "column 'messages[]' holds list<"),
        ("translation[].en", "'[]' of --field translation[].en is not in struct<"),
        ("nowhere.en", "unknown column 'nowhere.en'; "),
    ],
)
def test_what_leads_to_no_strings_is_refused(
    write: Write, name: str, make: Make, field: str, message: str
) -> None:
    assert message in refusal(write(name, make(NESTED)), field=field)


@each_columnar
@pytest.mark.parametrize(
    ("values", "field", "row"),
    [
        ([{"a": "x"}, None], "c.a", 2),
        ([{"a": "x"}, {"a": None}], "c.a", 2),
        ([["x"], None, ["y"]], "c", 2),
        ([["x", "y"], ["z", None]], "c", 2),
    ],
)
def test_nulls_inside_are_refused_by_their_row(
    write: Write, name: str, make: Make, values: list[object], field: str, row: int
) -> None:
    path = write(name, make({"c": pyarrow.array(values)}))
    assert f"row {row} of column '{field}' is null; fill it in" in refusal(path, field=field)


@each_columnar
def test_a_null_among_categories_is_refused(write: Write, name: str, make: Make) -> None:
    path = write(name, make({"text": pyarrow.array(["a", None]).dictionary_encode()}))
    assert "row 2 of column 'text' is null" in refusal(path)


@each_columnar
@pytest.mark.parametrize("kind", ["view", "long view", "categories", "tags", "messages[].content"])
def test_a_flaw_in_other_strings_is_refused_or_read(
    write: Write, name: str, make: Make, kind: str
) -> None:
    """Whichever byte is wrong: never a crash. One byte of 23 is tried."""
    field = "text" if kind in KINDS else kind
    content = make({"text": KINDS[kind]} if kind in KINDS else NESTED, 3)
    refused = 0
    for place in range(0, len(content), 23):
        flawed = bytearray(content)
        flawed[place] ^= 0xFF
        try:
            list(read(Shard(str(write(name, bytes(flawed))), field=field, errors="replace")))
        except TokscopeError:
            refused += 1
    assert refused


def test_parquet_of_several_row_groups_has_categories_too(write: Write) -> None:
    packed = io.BytesIO()
    column = pyarrow.array(["a", "b", "a", "c"]).dictionary_encode()
    parquet.write_table(pyarrow.table({"text": column}), packed, row_group_size=1)
    assert texts(write("a.parquet", packed.getvalue())) == ["a", "b", "a", "c"]
