"""Reading: what is a unit, what is refused and how, and that blocks change nothing."""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokscope.errors import TokscopeError
from tokscope.text import corpus
from tokscope.text.corpus import Shard, read, read_corpora, split_label, units_at

Write = Callable[[str, str | bytes], Path]


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
    monkeypatch.setattr(corpus, "BLOCK", block)
    units = list(read(Shard(str(path), keep_empty=True)))
    found = [text for one in units for text in one.texts]
    *ended, last = content.decode().split("\n")
    assert found == [line.removesuffix("\r") for line in ended] + ([last] if last else [])
    assert b"".join(one.raw for one in units) == content
    assert [line for one in units for line in one.lines] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_records_and_rows_and_lines_read_alike(write: Write, suffix: str) -> None:
    contents = {
        "a.txt": 'one\ntwo, "2"\nдва',
        "a.jsonl": '{"text": "one"}\n\n{"id": 2, "text": "two, \\"2\\""}\n{"text": "\\u0434ва"}\n',
        "a.csv": 'id,text\r\n1,one\r\n\r\n2,"two, ""2"""\r\n3,два\r\n',
    }
    for name, content in contents.items():
        packed = gzip.compress(content.encode()) if suffix else content.encode()
        assert texts(write(name + suffix, packed)) == ["one", 'two, "2"', "два"]


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
        (b'{"text": 7}', "field 'text' is no string"),
        (b'{"text": null}', "field 'text' is no string"),
        (b'{"text": "\\ud800"}', "a lone surrogate is no text"),
        (b"[" * 60, "a.jsonl:1: not valid JSON"),
    ],
    "a.csv": [
        (b"id,body\n1,x", "a.csv:1: unknown column 'text'; Known: id, body; name one with --field"),
        (b"id,text\n1\n", "a.csv:2: 1 columns, too few for the header"),
        (b'text\n"open\n', "not valid CSV"),
    ],
    "a.txt.gz": [
        (b"not packed", "not a whole gzip file"),
        (gzip.compress(b"hello" * 40)[:-9], "not a whole gzip file"),
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
    write("t/notes.pdf", "c")
    write("t/.hidden.txt", "d")
    named = lambda *words: [c.name for c in read_corpora(list(map(str, words)))]  # noqa: E731
    assert named(folder) == ["de", "en"]
    assert named(f"{folder}/*.txt") == ["en"]
    assert named(f"both={folder}", f"x={folder}/en.txt", "-") == ["both", "x", "stdin"]
    assert len(read_corpora([f"both={folder}"])[0].shards) == 2
    assert named("sample:prose")[:3] == ["ar", "de", "en"]
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


def test_the_hash_of_what_was_read_is_that_of_the_file(write: Write) -> None:
    content = b"\xef\xbb\xbfa\r\n\nb"
    for name in ("a.txt", "a.csv", "b.txt"):
        path = write(name, b"text\n" + content if name == "a.csv" else content)
        raw = b"".join(units.raw for units in read(Shard(str(path))))
        assert hashlib.sha256(raw).digest() == hashlib.sha256(path.read_bytes()).digest()
