"""What is no text in UTF-8 is refused by name, never counted."""

import codecs
import gzip
import pickle
import sqlite3
from pathlib import Path

import pytest

from tests.text.reading import Write, refusal, texts
from tokscope.text.formats import _FOREIGN
from tokscope.text.lines import _NO_TEXT, encoding

WORDS = {
    "en": "Hello, world\nsecond line\n",
    "ru": "Привет, мир\nвторая строка\n",
    "ar": "مرحبا بالعالم\nسطر ثان\n",
    "hi": "नमस्ते दुनिया\nदूसरी पंक्ति\n",
    "th": "สวัสดีชาวโลก ที่นี่\nบรรทัด\n",
    "el": "Γειά σου Κόσμε\nγραμμή\n",
}
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("errors", ["strict", "replace"])
@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("language", WORDS)
def test_wide_encodings_are_said_with_and_without_a_mark(
    write: Write, language: str, name: str, errors: str
) -> None:
    """Cyrillic in UTF-16 is valid UTF-8 too: control characters and NULs."""
    content = WORDS[language].encode(name)
    mark = "\ufeff".encode(name)
    told = name.upper().replace("-LE", "LE").replace("-BE", "BE")
    for raw in (content, mark + content):
        message = refusal(write("a.txt", raw), errors=errors)
        assert (
            message == f"a.txt: it looks like {told}; convert it to UTF-8: iconv -f {told} -t UTF-8"
        )


@pytest.mark.parametrize("file", ["a.csv", "a.jsonl", "a.json", "a.tsv", "a.txt.gz", "a.ndjson"])
def test_whatever_is_read_has_an_encoding(write: Write, file: str) -> None:
    content = '{"text": "Hello"}\n'.encode("utf-16")
    packed = gzip.compress(content) if file.endswith("gz") else content
    assert f"{file}: it looks like UTF-16LE; convert it" in refusal(write(file, packed))


def test_nulls_in_text_are_text(write: Write) -> None:
    for content in (
        b"one\0\n",
        b"a\0b\0c d\n",
        b"\0\0\0\0\n",
        b"ab\0cd\0ef\0 and more words\n",
        b"\0",
    ):
        assert encoding(content) == ""
        assert texts(write("a.txt", content)) == [content.decode().removesuffix("\n")]


def test_legacy_encodings_are_refused_as_what_is_no_utf8(write: Write) -> None:
    message = refusal(write("a.txt", "café\n".encode("latin-1")))
    assert message.startswith("a.txt:1: byte 0xE9 at offset 3 is not valid UTF-8; convert the file")


@pytest.mark.parametrize("suffix", _FOREIGN)
def test_what_is_known_to_be_no_text_is_refused_by_its_suffix(write: Write, suffix: str) -> None:
    message = refusal(write(f"a{suffix}", "plain after all\n"))
    assert message.startswith(f"a{suffix}: a {suffix} file is ")
    assert texts(f"txt:{write(f'a{suffix}', 'plain after all')}") == ["plain after all"]


@pytest.mark.parametrize("begin", _NO_TEXT, ids=_NO_TEXT.values())
def test_what_is_no_text_is_refused_by_how_it_begins(write: Write, begin: bytes) -> None:
    for name in ("a.txt", "noname", "a.csv"):
        message = refusal(write(name, begin + b"\nmore\n"), errors="replace")
        assert message.startswith(f"{name}: it is {_NO_TEXT[begin]}, no text; ")


def test_a_pickle_is_never_loaded(write: Write, tmp_path: Path) -> None:
    for protocol in range(2, 6):
        for value in (["text"], {"text": 1}, "text"):
            path = write("data", pickle.dumps(value, protocol))
            assert "it is a pickle, which is never loaded" in refusal(path, errors="replace")
    database = sqlite3.connect(tmp_path / "data.txt")
    database.execute("create table a (text text)")
    database.close()
    assert "it is an SQLite database" in refusal(tmp_path / "data.txt")


def test_a_mark_of_utf8_is_dropped(write: Write) -> None:
    for name, content in {
        "a.txt": "Hello\n",
        "a.csv": "text,b\nHello,1\n",
        "a.tsv": "text\tb\nHello\t1\n",
        "a.jsonl": '{"text": "Hello"}\n',
        "a.json": '[{"text": "Hello"}]',
    }.items():
        assert texts(write(name, codecs.BOM_UTF8 + content.encode())) == ["Hello"]
