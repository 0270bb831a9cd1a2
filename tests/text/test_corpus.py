"""Reading: what is a unit, what is refused and how, and that blocks change nothing."""

import gzip
import hashlib
import io
import re
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import ipc, parquet

from tokscope.errors import TokscopeError, split_label
from tokscope.text import columns, files, packing
from tokscope.text.corpus import (
    Shard,
    has_fields,
    read,
    read_corpora,
    size,
    units_at,
)

Write = Callable[[str, str | bytes], Path]


def as_parquet(columns: dict[str, pyarrow.Array], batch: int = 1000) -> bytes:
    packed = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), packed, row_group_size=batch)
    return packed.getvalue()


def as_arrow(columns: dict[str, pyarrow.Array], batch: int = 1000, new=ipc.new_stream) -> bytes:  # type: ignore[no-untyped-def]
    packed, table = io.BytesIO(), pyarrow.table(columns)
    with new(packed, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch)
    return packed.getvalue()


def as_arrow_file(columns: dict[str, pyarrow.Array], batch: int = 1000) -> bytes:
    return as_arrow(columns, batch, ipc.new_file)


Make = Callable[..., bytes]
COLUMNAR: dict[str, tuple[str, Make]] = {
    "parquet": ("a.parquet", as_parquet),
    "stream": ("a.arrow", as_arrow),
    "file": ("a.arrow", as_arrow_file),
}
each_columnar = pytest.mark.parametrize(("name", "make"), COLUMNAR.values(), ids=COLUMNAR)


def strings(values: Sequence[str | None]) -> pyarrow.Array:
    return pyarrow.array(values, pyarrow.string())


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


def refusal(path: Path, **how: object) -> str:
    """What reading a file says, without the folder it is in."""
    with pytest.raises(TokscopeError) as error:
        texts(path, **how)
    message = str(error.value)
    assert "\n" not in message
    return message.removeprefix(f"{path.parent}/")


def texts(path: Path, **how: object) -> list[str]:
    return [text for units in read(Shard(str(path), **how)) for text in units.texts]  # type: ignore[arg-type]


def test_a_unit_is_a_line_and_every_other_separator_is_text(write: Write) -> None:
    path = write(
        "a.txt",
        b"\xef\xbb\xbfone\r\ntwo\x0bthree\x00\x85\n\xe2\x80\xa8four\rfive".replace(b"\x85", b""),
    )
    assert texts(path) == ["one", "two\x0bthree\x00", "\u2028four\rfive"]


def test_empty_lines_are_skipped_and_counted_unless_their_place_counts(write: Write) -> None:
    path = write("a.txt", "one\n\n\r\ntwo\n")
    (units,) = read(Shard(str(path)))
    assert (list(units.texts), units.skipped, list(units.lines)) == (["one", "two"], 2, [1, 4])
    assert texts(path, keep_empty=True) == ["one", "", "", "two"]


def test_offsets_are_where_units_begin(write: Write) -> None:
    path = write("a.txt", "é\n\nab\r\nc\n")
    (units,) = read(Shard(str(path)))
    assert units.offsets.tolist() == [0, 4, 8]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.sampled_from("ab\r\u2028é"), max_size=9)), st.integers(1, 7))
def test_where_blocks_end_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
    block: int,
) -> None:
    path = tmp_path_factory.mktemp("blocks") / "a.txt"
    content = "\n".join(lines).encode()
    path.write_bytes(content)
    monkeypatch.setattr(files, "BLOCK", block)
    units = list(read(Shard(str(path), keep_empty=True)))
    found = [text for one in units for text in one.texts]
    *ended, last = content.decode().split("\n")
    assert found == [line.removesuffix("\r") for line in ended] + ([last] if last else [])
    assert b"".join(one.raw for one in units) == content
    assert [line for one in units for line in one.lines] == list(range(1, len(found) + 1))


PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}


@pytest.mark.parametrize("suffix", PACKERS)
def test_records_and_rows_and_lines_read_alike(write: Write, suffix: str) -> None:
    contents = {
        "a.txt": 'one\ntwo, "2"\nдва',
        "a.jsonl": '{"text": "one"}\n\n{"id": 2, "text": "two, \\"2\\""}\n{"text": "\\u0434ва"}\n',
        "a.csv": 'id,text\r\n1,one\r\n\r\n2,"two, ""2"""\r\n3,два\r\n',
    }
    for name, content in contents.items():
        path = write(name + suffix, PACKERS[suffix](content.encode()))
        assert texts(path) == ["one", 'two, "2"', "два"]


def test_a_record_may_span_lines_and_a_field_may_be_chosen(write: Write) -> None:
    path = write("a.csv", 'body,text\n"two\nlines",x\n')
    assert texts(path, field="body") == ["two\nlines"]
    path = write("a.jsonl", '{"body": "two\\nlines"}\n')
    assert texts(path, field="body") == ["two\nlines"]


REFUSED = {
    "a.txt": [
        (b"ok\nb\xffd\n", "a.txt:2: byte 0xFF at offset 4 is not valid UTF-8"),
        ("ab".encode("utf-16"), "looks like UTF-16"),
        (b"x" * 200, "a.txt:1: a unit of over 0.0001 MB; split it, or raise --max-unit"),
        (b"x\n" + b"y" * 200 + b"\nz", "a.txt:2: a unit of over"),
    ],
    "a.jsonl": [
        (b'{"text": "a"}\n{"text"', "a.jsonl:2: not valid JSON"),
        (b'["a"]', "a.jsonl:1: not a JSON object"),
        (b'{"texts": "a"}', "unknown field 'text'; did you mean 'texts'? Known: texts; name one"),
        (b'{"text": 7}', "field 'text' is not a string"),
        (b'{"text": null}', "field 'text' is not a string"),
        (b'{"text": "\\ud800"}', "a lone surrogate is not text"),
        (b"[" * 60, "a.jsonl:1: not valid JSON"),
    ],
    "a.csv": [
        (b"id,body\n1,x", "a.csv:1: unknown column 'text'; Known: id, body; name one with --field"),
        (b"id,text\n1\n", "a.csv:2: 1 columns, too few for the header"),
        (b'text\n"open\n', "not valid CSV"),
    ],
    "a.txt.gz": [
        (b"not packed", "not a whole gzip file"),
        (gzip.compress(b"hello" * 40, mtime=0)[:-9], "not a whole gzip file"),
    ],
    "a.txt.zst": [
        (b"not packed", "a.txt.zst: not a whole zst file (zstd decompressor error: Unknown frame"),
        (b"", "a.txt.zst: not a whole zst file (it ends inside a frame)"),
        (
            zstd(b"a\n") + zstd(b"b\n")[:-1],
            "a.txt.zst: not a whole zst file (it ends inside a frame)",
        ),
        (zstd(b"x\n" + b"y" * 200), "a.txt.zst:2: a unit of over"),
    ],
}


@pytest.mark.parametrize(
    ("name", "content", "message"), [(n, *c) for n, cs in REFUSED.items() for c in cs]
)
def test_refusals_name_the_file_and_the_line(
    write: Write, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(TokscopeError) as error:
        texts(write(name, content), max_unit=100)
    assert message in str(error.value)


def test_invalid_text_can_be_replaced_and_is_counted(write: Write) -> None:
    path = write("a.txt", b"b\xff\xfed \xef\xbf\xbd\n")
    (units,) = read(Shard(str(path), errors="replace"))
    assert (list(units.texts), units.replaced) == (["b\ufffd\ufffdd \ufffd"], 2)
    path = write("a.jsonl", b'{"text": "\\ud800"}')
    assert texts(path, errors="replace") == ["\ufffd"]


def test_words_name_files_folders_globs_and_the_sample(write: Write) -> None:
    folder = write("t/en.txt", "a").parent
    write("t/de.txt.gz", gzip.compress(b"b"))
    write("t/el.jsonl.zst", zstd(b"b"))
    write("t/fr.parquet", "b")
    write("t/he.arrow", "b")
    write("t/notes.pdf", "c")
    write("t/.hidden.txt", "d")
    named = lambda *words: [c.name for c in read_corpora(list(map(str, words)))]  # noqa: E731
    assert named(folder) == ["de", "el", "en", "fr", "he"]
    assert named(f"{folder}/*.txt") == ["en"]
    assert named(f"both={folder}", f"x={folder}/en.txt", "-") == ["both", "x", "stdin"]
    assert len(read_corpora([f"both={folder}"])[0].shards) == 5
    prose = named("sample:prose")
    assert prose == sorted(prose)
    assert {"ar", "de", "en"} < set(prose)
    assert named("sample:code") == ["c", "go", "java", "javascript", "python", "rust"]
    assert named("sample:tr") == ["tr"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.txt"], "nowhere.txt: no such file or folder"),
        (["no*where"], "no*where: no file matches"),
        (["."], "no text in this folder"),
        (["sample:englisch"], "unknown part of the sample 'englisch'"),
        (["-", "b=-"], "standard input can be read only once"),
        (["sample:en", "sample:en"], "two corpora are named 'en'"),
    ],
)
def test_words_that_name_no_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TokscopeError, match=r".") as error:
        read_corpora(words)
    assert message in str(error.value)


def test_what_exists_as_a_path_has_no_label(write: Write) -> None:
    path = write("a=b.txt", "x")
    assert split_label(str(path)) == ("", str(path))
    assert split_label("a=b.txt") == ("a", "b.txt")
    assert split_label("C:/a=b") == ("", "C:/a=b")


def test_a_unit_can_be_found_again(write: Write) -> None:
    one, two = write("1.txt", "a\nb\n"), write("2.txt", "c\n\nd")
    both = read_corpora([f"x={one.parent}"])[0]
    assert [shard.path for shard in both.shards] == [str(one), str(two)]
    assert units_at(both, [3, 1]) == {1: "b", 3: "d"}


def test_capitals_in_a_suffix_change_nothing(write: Write) -> None:
    assert texts(write("A.TXT.GZ", gzip.compress(b"one\n"))) == ["one"]
    assert texts(write("B.JSONL", '{"text": "two"}')) == ["two"]


def test_the_hash_of_what_was_read_is_that_of_the_file(write: Write) -> None:
    content = b"\xef\xbb\xbfa\r\n\nb"
    for name in ("a.txt", "a.csv", "b.txt"):
        path = write(name, b"text\n" + content if name == "a.csv" else content)
        raw = b"".join(units.raw for units in read(Shard(str(path))))
        assert hashlib.sha256(raw).digest() == hashlib.sha256(path.read_bytes()).digest()


@each_columnar
def test_a_column_reads_like_lines(write: Write, name: str, make: Make) -> None:
    """é is two bytes and its separator one; row 3 is empty; a row may hold a line feed."""
    columns = {"id": pyarrow.array([1, 2, 3, 4]), "text": strings(["é", "ab", "", "c\nd"])}
    path = write(name, make(columns))
    (units,) = read(Shard(str(path)))
    assert list(units.texts) == ["é", "ab", "c\nd"]
    assert (units.offsets.tolist(), list(units.lines), units.skipped) == ([0, 3, 7], [1, 2, 4], 1)
    assert units.raw == "é".encode() + b"\xffab\xff\xffc\nd\xff"
    (units,) = read(Shard(str(path), keep_empty=True))
    assert list(units.texts) == ["é", "ab", "", "c\nd"]
    assert (units.offsets.tolist(), list(units.lines)) == ([0, 3, 6, 7], [1, 2, 3, 4])


@each_columnar
def test_a_column_may_be_chosen_and_be_large(write: Write, name: str, make: Make) -> None:
    columns = {"a.b": strings(["x"]), "body": pyarrow.array(["y"], pyarrow.large_string())}
    path = write(name, make(columns))
    assert texts(path, field="body") == ["y"]
    assert texts(path, field="a.b") == ["x"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.text(st.sampled_from("ab\n\ufeffé中😀"), max_size=9)),
    st.sampled_from([*COLUMNAR]),
    st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 20)),
)
def test_where_batches_end_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[str],
    kind: str,
    sizes: tuple[int, int, int],
) -> None:
    name, make = COLUMNAR[kind]
    path = tmp_path_factory.mktemp("batches") / name
    path.write_bytes(make({"text": strings(rows)}, sizes[0]))
    monkeypatch.setattr(columns, "ROWS", sizes[1])
    monkeypatch.setattr(files, "BLOCK", sizes[2])
    units = list(read(Shard(str(path), keep_empty=True)))
    assert [text for one in units for text in one.texts] == rows
    raw = b"".join(one.raw for one in units)
    assert raw == b"".join(row.encode() + b"\xff" for row in rows)
    assert [line for one in units for line in one.lines] == list(range(1, len(rows) + 1))
    for row, offset in zip(rows, [o for one in units for o in one.offsets.tolist()], strict=True):
        assert raw[offset:].startswith(row.encode() + b"\xff")
    assert all(len(one.raw) <= sizes[2] + len(one.texts[-1].encode()) + 1 for one in units[:-1])


def test_columns_are_hashed_by_their_text_alone_and_tell_where_rows_end(write: Write) -> None:
    def raw(name: str, content: bytes) -> bytes:
        return b"".join(units.raw for units in read(Shard(str(write(name, content)))))

    rows = {"text": strings(["a", "b"])}
    seen = {
        raw(name, make(rows | other, batch))
        for name, make in COLUMNAR.values()
        for other in ({}, {"id": pyarrow.array([1, 2])})
        for batch in (1, 2)
    }
    assert seen == {b"a\xffb\xff"}
    assert raw("a.parquet", as_parquet({"text": strings(["a\nb"])})) not in seen


@each_columnar
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (strings(["a", "", None, "b", None]), ":3: row 3 of column 'text' is null; fill it in, or"),
        (pyarrow.array([1, 2]), ": column 'text' holds int64, not strings; name one that does"),
        (pyarrow.array([b"a"]), ": column 'text' holds binary, not strings; name one that does"),
        (pyarrow.array([[1]]), ": column 'text' holds list<"),
        (pyarrow.array([{"en": "a"}]), ": column 'text' holds struct<en: string>, not strings"),
        (pyarrow.array([1]).dictionary_encode(), ": column 'text' holds "),
        (pyarrow.nulls(1), ": column 'text' holds null, not strings"),
        (strings(["x", "y" * 101]), ":2: a unit of over 0.0001 MB; split it, or raise --max-unit"),
        (strings(["x" * 100, "é" * 51]), ":2: a unit of over 0.0001 MB"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value.type)[:5],
)
def test_what_a_column_may_not_hold(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    make: Make,
    values: pyarrow.Array,
    message: str,
) -> None:
    monkeypatch.setattr(columns, "ROWS", 2)
    path = write(name, make({"text": values}))
    assert refusal(path, max_unit=100).startswith(name + message)


@each_columnar
def test_the_longest_unit_is_no_longer_than_it_may_be(write: Write, name: str, make: Make) -> None:
    path = write(name, make({"text": strings(["é" * 50, "a" * 100])}))
    assert texts(path, max_unit=100) == ["é" * 50, "a" * 100]


@each_columnar
def test_a_column_has_one_name(write: Write, name: str, make: Make) -> None:
    path = write(name, make({"id": strings(["1"]), "texts": strings(["a"])}))
    known = "did you mean 'texts'? Known: id, texts; name one with --field"
    assert refusal(path) == f"{name}: unknown column 'text'; {known}"


def test_a_name_that_comes_twice_names_no_column(write: Write) -> None:
    table = pyarrow.table([strings(["a"]), strings(["b"])], names=["text", "text"])
    packed = io.BytesIO()
    with ipc.new_stream(packed, table.schema) as writer:
        writer.write_table(table)
    message = refusal(write("a.arrow", packed.getvalue()))
    assert message == "a.arrow: two columns are named 'text'; rename one"


@each_columnar
def test_invalid_text_in_a_column_is_refused_or_replaced(
    write: Write, name: str, make: Make
) -> None:
    values = pyarrow.array([b"ok\xef\xbf\xbd", b"\n\xffa\xfe"]).view(pyarrow.string())
    path = write(name, make({"text": values}))
    expected = ":2: byte 0xFF at 1 is not valid UTF-8; fix it, or use --errors replace (in tokscope.toml: errors)"
    assert refusal(path) == name + expected
    (units,) = read(Shard(str(path), errors="replace"))
    assert (list(units.texts), units.replaced) == (["ok\ufffd", "\n\ufffda\ufffd"], 2)


@each_columnar
def test_a_file_that_ends_early_is_refused_wherever_it_ends(
    write: Write, name: str, make: Make
) -> None:
    content = make({"text": strings(["one", "two"])}, 1)
    kind = "Parquet" if "parquet" in name else "Arrow"
    for end in (*range(0, len(content), 3), len(content) - 1):
        assert refusal(write(name, content[:end])).startswith(f"{name}: not a whole {kind} file (")
    assert texts(write(name, content)) == ["one", "two"]


@each_columnar
def test_a_file_with_a_flaw_is_refused_or_read(write: Write, name: str, make: Make) -> None:
    """Whichever byte is wrong: text or an error for the user, and never a crash.

    One byte of three is tried, which are all bytes of numbers in turn.
    """
    content, messages = make({"text": strings(["one", "two"])}, 1), set()
    for place in range(0, len(content), 3):
        flawed = bytearray(content)
        flawed[place] ^= 0xFF
        try:
            texts(write(name, bytes(flawed)), errors="replace")
        except TokscopeError as error:
            messages.add(re.sub(r".*/|[(].*", "", str(error)))
    kind = "Parquet" if "parquet" in name else "Arrow"
    assert f"{name}: not a whole {kind} file " in messages
    assert not [message for message in messages if "cannot be read" in message]


@pytest.mark.parametrize("make", [as_arrow, as_arrow_file])
@pytest.mark.parametrize(
    "wrong",
    [
        struct.pack("<4i", 0, 3, 2, 11),
        struct.pack("<4i", 0, 3, 6, 2**31 - 1),
        struct.pack("<4i", -8, 3, 6, 11),
        struct.pack("<4i", 0, 2**30, 2**30 + 3, 2**30 + 8),
    ],
)
def test_offsets_of_strings_are_not_trusted(write: Write, make: Make, wrong: bytes) -> None:
    """Arrow itself would read what is not in the file, or crash."""
    content, offsets = (
        make({"text": strings(["one", "two", "three"])}),
        struct.pack("<4i", 0, 3, 6, 11),
    )
    assert content.count(offsets) == 1
    message = refusal(write("a.arrow", content.replace(offsets, wrong)))
    assert message.startswith("a.arrow: not a whole Arrow file (")


@pytest.mark.parametrize("make", [as_arrow, as_arrow_file])
def test_the_number_of_rows_is_not_trusted(write: Write, make: Make) -> None:
    """77 rows of two bytes that say they are 1,000: there are not so many offsets."""
    content = make({"text": strings(["ab"] * 77)})
    path = write("a.arrow", content.replace(struct.pack("<q", 77), struct.pack("<q", 1000)))
    assert refusal(path).startswith("a.arrow: not a whole Arrow file (")


@each_columnar
def test_text_comes_before_the_file_is_read_to_its_end(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, make: Make
) -> None:
    monkeypatch.setattr(files, "BLOCK", 8)
    monkeypatch.setattr(columns, "ROWS", 1)
    units = read(Shard(str(write(name, make({"text": strings(["one", "two", "3", None])})))))
    assert list(next(units).texts) == ["one", "two", "3"]  # 4 + 4 + 2 bytes are over 8
    with pytest.raises(TokscopeError, match=r":4: row 4 of"):
        next(units)


def test_a_row_group_of_any_size_is_read_in_pieces(write: Write) -> None:
    """32 MB in one group; Parquet's own pages are of a megabyte."""
    rows = [hashlib.sha256(i.to_bytes(4)).hexdigest() * 8 for i in range(1 << 16)]
    packed = io.BytesIO()
    table = pyarrow.table({"text": rows})
    parquet.write_table(table, packed, use_dictionary=False, compression="none")
    assert parquet.ParquetFile(packed).num_row_groups == 1
    del table

    class Watched(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.largest = max(self.largest, len(found))
            return found

    stream = Watched(packed.getvalue())
    before, held = pyarrow.total_allocated_bytes(), 0
    for units in columns.read_parquet(stream, Shard("a.parquet")):
        held = max(held, pyarrow.total_allocated_bytes() - before)
        assert len(units.raw) <= files.BLOCK + 513
    assert stream.largest <= 2 * files.BLOCK
    assert held <= 8 * files.BLOCK


def test_what_zstd_packed_may_have_several_frames_and_frames_to_skip(write: Write) -> None:
    skipped = b"\x50\x2a\x4d\x18\x05\x00\x00\x00abcde"
    content = zstd(b"o") + skipped + zstd(b"") + zstd("ne\ntwé".encode()) + skipped
    assert texts(write("a.txt.zst", content)) == ["one", "twé"]


def test_a_zst_file_that_ends_early_is_refused_wherever_it_ends(write: Write) -> None:
    content = zstd(b"".join(b"%d\n" % (i * i) for i in range(400)))
    for end in (*range(0, len(content), 3), len(content) - 1):
        message = refusal(write("a.txt.zst", content[:end]))
        assert message == "a.txt.zst: not a whole zst file (it ends inside a frame)"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_where_pieces_of_a_zst_file_end_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, content: bytes, block: int, cut: int
) -> None:
    monkeypatch.setattr(packing, "PACKED_BLOCK", block)
    packed = zstd(content[:cut]) + zstd(content[cut:])
    unpacked = packing.Zstandard(io.BytesIO(packed))
    found = b""
    while piece := unpacked.read(7):
        found += piece
        assert len(piece) >= 7 or found == content
    assert (found, unpacked.read(7)) == (content, b"")


def test_text_of_a_zst_file_comes_before_it_is_read_to_its_end(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BLOCK", 4)
    monkeypatch.setattr(packing, "PACKED_BLOCK", 1)
    content = zstd(b"one\n") + zstd(b"two\n") + zstd(b"three\n")[:-3]
    units = read(Shard(str(write("a.txt.zst", content))))
    assert list(next(units).texts) == ["one"]
    assert list(next(units).texts) == ["two"]
    with pytest.raises(TokscopeError, match=r"it ends inside a frame"):
        list(units)


def test_what_zstd_made_very_small_is_unpacked_in_pieces() -> None:
    """64 MB of one letter, which are 2 kB: 32,768 from every byte is the most there can be."""
    packed = zstd(b"a" * (1 << 26))
    unpacked = packing.Zstandard(io.BytesIO(packed))
    sizes = [len(piece) for piece in iter(lambda: unpacked.read(files.BLOCK), b"")]
    assert sum(sizes) == 1 << 26
    assert max(sizes) <= 10 * files.BLOCK


def test_the_longest_window_of_zstd_is_read(write: Write) -> None:
    options = zstandard.ZstdCompressionParameters(window_log=31, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=options).compressobj()
    assert texts(write("a.txt.zst", packer.compress(b"one\n") + packer.flush())) == ["one"]


@pytest.mark.parametrize("name", ["a.parquet.gz", "a.arrow.zst"])
def test_columns_are_not_packed_twice(write: Write, name: str) -> None:
    message = refusal(write(name, b""))
    suffix = Path(Path(name).stem).suffix
    assert message == f"{name}: a {suffix} file is packed inside already; unpack it"


@pytest.mark.parametrize(
    ("name", "module", "library", "name_of_extra"),
    [
        ("a.parquet", "pyarrow.parquet", "pyarrow", "parquet"),
        ("a.arrow", "pyarrow", "pyarrow", "parquet"),
        ("a.txt.zst", "zstandard", "zstandard", "zst"),
    ],
)
def test_a_missing_extra_is_named(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    module: str,
    library: str,
    name_of_extra: str,
) -> None:
    path = write(name, b"")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(TokscopeError) as error:
        texts(path)
    install = f'install it with: pip install "tokscope[{name_of_extra}]"'
    assert str(error.value) == f"reading {path} needs {library}; {install}"


def test_a_folder_of_datasets_is_one_corpus_without_what_map_left_there(write: Write) -> None:
    for i, text in enumerate(["a", "b"]):
        shard = as_arrow({"text": strings([text])})
        folder = write(f"d/data-0000{i}-of-00002.arrow", shard).parent
    write("d/cache-0123456789abcdef.arrow", as_arrow({"text": strings(["c"])}))
    write("d/cache-0123456789abcdef_00001_of_00002.arrow", as_arrow({"text": strings(["c"])}))
    write("d/dataset_info.json", "{}")
    write("d/state.json", "{}")
    (whole,) = read_corpora([f"wiki={folder}"])
    assert whole.name == "wiki"
    assert [list(u.texts) for shard in whole.shards for u in read(shard)] == [["a"], ["b"]]
    (same,) = read_corpora([str(folder)])
    assert (same.name, len(same.shards)) == ("data", 2)
    kept = write("e/cache-mine.arrow", b"")
    assert [one.name for one in read_corpora([str(kept.parent)])] == ["cache-mine"]


def test_the_size_of_a_file_is_known_where_it_is_that_of_its_text(write: Write) -> None:
    sizes = {
        name: size(Shard(str(write(name, b"abc"))))
        for name in ("a.txt", "a.CSV", "a", "a.txt.gz", "a.txt.zst", "a.parquet", "a.arrow")
    }
    assert [name for name, found in sizes.items() if found is not None] == ["a.txt", "a.CSV", "a"]
    assert {found for found in sizes.values() if found is not None} == {3}
    assert size(Shard("-")) is None


def test_records_and_rows_have_fields() -> None:
    names = ["a.txt", "a.md", "-", "a.txt.zst", "a.jsonl", "a.csv.gz", "a.jsonl.zst", "a.parquet"]
    assert [name for name in names if has_fields(Shard(name))] == names[4:]
