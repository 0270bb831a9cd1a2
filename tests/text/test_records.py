"""Records and tables under every name: their text is counted, not what is around it."""

import bz2
import gzip
import io
import json
import lzma
import sys
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.text.reading import Write, named, refusal, texts
from tokscope.text import files
from tokscope.text.corpus import Shard, has_fields, read, read_corpora

TWICE = ["Hello", "Hello"]
LINES = '{"text":"Hello"}\n{"text":"Hello"}\n'
HELLOS = {
    "a.json": LINES,
    "b.json": '[{"text":"Hello"},{"text":"Hello"}]',
    "c.json": json.dumps([{"text": "Hello", "id": 1}] * 2, indent=2),
    "d.json": '{\n  "text": "Hello"\n}\n{\n  "text": "Hello"\n}\n',
    "e.json": '\ufeff [\n{"text":"Hello"}\n,\n{"text":"Hello"}\n]\n\n',
    "f.json": '{"text":"Hello"}{"text":"Hello"}',
    "a.ndjson": LINES,
    "A.NDJSON": LINES,
    "a.jsonl": LINES,
    "a.tsv": "id\ttext\n1\tHello\n2\tHello\n",
    "b.tsv": "text\r\nHello\r\nHello\r\n",
    "a.csv": "id,text\n1,Hello\n2,Hello\n",
    "noname": LINES,
    "a.log": LINES,
    "b.log": '[{"text":"Hello"},{"text":"Hello"}]',
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", HELLOS)
def test_records_are_read_by_their_field_whatever_their_name(
    write: Write, name: str, suffix: str
) -> None:
    """Ten bytes, not the 32 of the lines."""
    path = write(name + suffix, PACKERS[suffix](HELLOS[name].encode()))
    assert texts(path) == TWICE
    assert all(has_fields(shard) for shard in read_corpora([str(path)])[0].shards)


@pytest.mark.parametrize("name", HELLOS)
def test_what_was_read_of_records_is_the_file(write: Write, name: str) -> None:
    (corpus,) = read_corpora([str(write(name, HELLOS[name]))])
    raw = b"".join(units.raw for shard in corpus.shards for units in read(shard))
    assert raw == HELLOS[name].encode()


@pytest.mark.parametrize("name", ["a.json", "b.json", "d.json", "a.tsv", "a.csv"])
def test_standard_input_is_known_by_its_content(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def feed() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(HELLOS[name].encode())))

    feed()
    assert texts("-", ["text"]) == TWICE  # a field was asked for
    if name.endswith(".json"):
        feed()
        assert texts("-") == TWICE
    feed()
    assert texts("txt:-") == HELLOS[name].splitlines()
    feed()
    assert texts(f"{name[2:]}:-", ["text"]) == TWICE


def test_plain_text_stays_plain(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {
        "a.txt": LINES,
        "a.py": "{1: 2}\n",
        "a.tex": '{"o}l\n',
        "a.md": "[1] text, more\n[2] text\n",
        "a.c": "{\n  return 1;\n}\n",
        "notes": "text,more\nHello\n",
        "empty.log": "\n",
        "a.html": "<p>text</p>\n",
    }
    for name, content in contents.items():
        path = write(name, content)
        assert texts(path) == [line for line in content.splitlines() if line]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"text,b\nHello\n")))
    assert texts("-") == ["text,b", "Hello"]


def test_a_field_may_be_inside_of_others(write: Write) -> None:
    record = {
        "translation": {"en": "Hello", "de": "Hallo"},
        "messages": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Yes"}],
        "parts": [["a", "b"], ["c"]],
        "tags": ["x", "y"],
        "translation.en": "as it is",
        "turns": [{"say": ["one", "two"]}, {"say": ["three"]}],
        "text": "t",
    }
    found = {
        "translation.de": ["Hallo"],
        "translation.en": ["as it is"],
        "messages[].content": ["Hi", "Yes"],
        "parts[][]": ["a", "b", "c"],
        "tags[]": ["x", "y"],
        "tags": ["x", "y"],
        "turns[].say[]": ["one", "two", "three"],
        "turns[].say": ["one", "two", "three"],
    }
    for name, content in (
        ("a.jsonl", json.dumps(record)),
        ("a.json", json.dumps([record], indent=1)),
    ):
        path = write(name, content)
        for field, expected in found.items():
            assert texts(path, field) == expected


def test_strings_of_a_list_stand_where_their_record_does(write: Write) -> None:
    path = write(
        "a.jsonl", '{"t": ["a", "b"], "who": 1}\n{"t": ["c"], "who": 2}\n{"t": [], "who": 2}\n'
    )
    (units,) = read(Shard(str(path), field="t", cluster="who"))
    assert list(units.texts) == ["a", "b", "c"]
    assert units.offsets.tolist() == [0, 0, 28]
    assert (list(units.lines), list(units.clusters)) == ([1, 1, 2], ["1", "1", "2"])


def test_a_wide_table_has_a_column_for_each_corpus(write: Write) -> None:
    path = write("wide.csv", "col_en,col_de,text\nHello,Hallo,x\nYes,Ja,y\n")
    words = (f"en={path}", f"de={path}", f"all={path}")
    assert named(*words, field=["en=col_en", "de=col_de"]) == {
        "en": ["Hello", "Yes"],
        "de": ["Hallo", "Ja"],
        "all": ["x", "y"],
    }
    assert named(*words[:2], field=["col_de", "en=col_en"])["de"] == ["Hallo", "Ja"]


@pytest.mark.parametrize(
    ("name", "content", "field", "message"),
    [
        ("a.txt", LINES, ["text"], "--field text has no effect: a.txt is read as plain text; name records by jsonl:"),
        ("a.py", "x = 1\n", ["body"], "--field body has no effect: a.py is read as plain text"),
        ("a.jsonl", LINES, ["fr=text"], "--field fr=text: unknown corpus 'fr'; Known: a; write [NAME=]FIELD for a corpus that is named, as by --corpus fr=PATH"),
        ("a.jsonl", LINES, ["a=text", "text"], "--field text has no effect: every corpus has a field of its own"),
        ("a.jsonl", LINES, ["text", "body"], "--field body: two fields for any corpus; write NAME=FIELD"),
        ("a.jsonl", LINES, ["a=x", "a=y"], "--field a=y: two fields for corpus 'a'"),
        ("a.jsonl", LINES, ["a="], "--field a=: write [NAME=]FIELD"),
        ("a.json", '{\n "name": "x",\n "v": 1\n}', "text", "a.json:4: unknown field 'text'; Known: name, v; name one with --field, or read it as plain text with txt:PATH"),
        ("a.json", '["Hello", "Hello"]', "text", "a.json:1: record 1: an array holds objects, {…}, not '\"'; read it"),
        ("a.json", "7", "text", "a.json:1: record 1: not a JSON object, {…}, not '7'"),
        ("a.json", '[{"text": "a"} {"text": "b"}]', "text", "record 2: not valid JSON: a comma is missing"),
        ("a.json", '[{"text": "a"},]', "text", "record 2: an array holds objects, {…}, not ']'"),
        ("a.json", '[{"text": "a"}', "text", "record 2: not valid JSON: the array does not end"),
        ("a.json", '[{"text": "a"}, ', "text", "record 2: not valid JSON: the array does not end"),
        ("a.json", '[{"text": "a"}] []', "text", "record 2: not valid JSON: something follows the array"),
        ("a.json", '[\n{"text": "a"},\n{"text": "b', "text", "a.json:3: record 2: not valid JSON: Unterminated string starting at at character 10"),
        ("a.json", '[{"text": "a", "n": ' + "9" * 5000 + "}]", "text", "record 1: not valid JSON: Exceeds the limit"),
        ("a.json", '[{"text": NaN}]', "text", "field 'text' is not a string but a number"),
        ("a.json", '[{"text": null}]', "text", "field 'text' is not a string but null"),
        ("a.json", '[{"x": ' + "[" * 100_000, "text", "record 1: not valid JSON: maximum recursion"),
        ("a.json", '[{"text": "' + "x" * 200 + '"}]', "text", "a.json:1: a unit of over 0.0001 MB; split it"),
        ("a.jsonl", '[{"text": "a"}]', "text", "a.jsonl:1: not a JSON object; every line holds one, {…}; an array is read as json:PATH"),
        ("a.jsonl", '{"text": {"en": "a"}}', "text", "field 'text' is not a string but an object; name one with --field, such as text.en"),
        ("a.jsonl", '{"m": [{"c": "a"}]}', "m.c", "field 'm.c' is inside a list before 'c'; write [] behind the name of the list"),
        ("a.jsonl", '{"m": {"c": "a"}}', "m[].c", "field 'm[].c' has [] where there is no list"),
        ("a.jsonl", '{"m": {"c": "a"}}', "m.d", "a.jsonl:1: unknown field 'd'; Known: c; name one with --field"),
        ("a.jsonl", '{"m": ["a", 1]}', "m", "field 'm' is not a string but a number"),
        ("a.csv", "id,text\n1,Hello, world\n", "text", "a.csv:2: 3 columns, the header has 2; put quotes around"),
        ("a.csv", "text,text\n1,2\n", "text", "a.csv:1: two columns are named 'text'; rename one"),
        ("a.csv", "id;text\n1;Hello\n", "text", "name one with --field; columns are separated by semicolons, write commas"),
        ("a.tsv", 'id\ttext\n1\t"two\nlines"\n', "text", "a.tsv:3: 1 columns, too few for the header"),
        ("a.tsv", "id\ttext\n1\ta\tb\n", "text", "a.tsv:2: 3 columns, the header has 2"),
        ("a.tsv", "id\tbody\n1\ta\n", "text", "a.tsv:1: unknown column 'text'; Known: id, body; name one"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_what_would_work(
    write: Write, name: str, content: str, field: str | list[str], message: str
) -> None:
    assert message in refusal(write(name, content), field=field, max_unit=100)


def test_a_field_of_some_corpora_may_be_none_of_others(write: Write) -> None:
    code, reviews = write("main.py", "x = 1\n"), write("reviews.jsonl", '{"body": "Good."}\n')
    found = named(f"code={code}", reviews, field=["body"])
    assert found == {"code": ["x = 1"], "reviews": ["Good."]}
    assert "--field code=body has no effect" in refusal(
        f"code={code}", reviews, field=["code=body"]
    )


def test_quotes_in_tabs_are_text_unless_something_else_is_certain(write: Write) -> None:
    plain = write("a.tsv", 'text\tid\n"Hello!" he said\t1\n"Hello!"\t2\n"\t3\n')
    assert texts(plain) == ['"Hello!" he said', '"Hello!"', '"']
    doubled = write("b.tsv", 'text\tid\n"say ""hi"" now"\t1\n')
    assert texts(doubled) == ['say "hi" now']
    quoted = write("c.tsv", '"text"\t"id"\n"two\nlines"\t"1"\n"a\tb"\t"2"\n')
    assert texts(quoted) == ["two\nlines", "a\tb"]
    assert [list(units.lines) for units in read(Shard(str(quoted)))] == [[3, 4]]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(
        st.tuples(st.text(st.sampled_from('ab"\\\n[]{},é😀'), max_size=9), json_values), max_size=6
    ),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.integers(1, 30),
)
def test_where_blocks_of_an_array_end_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, object]],
    indent: int | None,
    ascii_: bool,
    block: int,
) -> None:
    path = tmp_path_factory.mktemp("arrays") / "a.json"
    records = [{"x": other, "text": text} for text, other in rows]
    path.write_text(json.dumps(records, indent=indent, ensure_ascii=ascii_), encoding="utf-8")
    monkeypatch.setattr(files, "BLOCK", block)
    units = list(read(Shard(str(path), keep_empty=True, kind="json")))
    assert [text for one in units for text in one.texts] == [text for text, _ in rows]
    content = path.read_bytes()
    assert b"".join(one.raw for one in units) == content
    offsets = [offset for one in units for offset in one.offsets.tolist()]
    for offset, record in zip(offsets, records, strict=True):
        assert json.JSONDecoder().raw_decode(content[offset:].decode())[0] == record


@pytest.mark.deep
def test_an_array_is_read_in_little_memory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 MB on one line: what is held is some blocks."""
    monkeypatch.setattr(files, "BLOCK", 200_000)
    record = json.dumps({"text": "word " * 200, "id": 1})
    path = write("a.json", "[" + ",".join([record] * 5_000) + "]")
    shard = Shard(str(path), kind="json")
    tracemalloc.start()
    assert sum(len(units.texts) for units in read(shard)) == 5_000
    assert tracemalloc.get_traced_memory()[1] < 12 * files.BLOCK
    tracemalloc.stop()


def test_an_object_that_does_not_end_is_not_waited_for_forever(write: Write) -> None:
    path = write("a.json", '[{"text": "' + "x" * 3_000_000)
    assert refusal(path, max_unit=1_000_000).startswith("a.json:1: a unit of over 1 MB")
