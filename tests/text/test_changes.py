"""Text that changes while it is read: an error, whatever changed, however it is read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow
import pytest

import tokscope
from tests.text.reading import Write
from tests.text.test_corpus import as_arrow, as_parquet
from tokscope import changes
from tokscope import workers as module
from tokscope.changes import Stamp, require_same, stamp
from tokscope.errors import TokscopeError
from tokscope.mixture.count import count as mixture_count
from tokscope.mixture.trials import gpt2_pipeline
from tokscope.studies.equiv import equiv
from tokscope.text import corpus as corpus_module
from tokscope.text import files
from tokscope.text.corpus import Corpus, read, read_corpora, units_at
from tokscope.text.parts import in_parts
from tokscope.workers import Workers, local

pytestmark = pytest.mark.waits

LINES = b"a line of text\n" * 400


def append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more\n")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    """As long as before, and with the time from before."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(before.st_size - 9)
        stream.write(b"b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def remove(path: Path) -> None:
    path.unlink()


CHANGES = {
    append: "it grew by 5 bytes while it was read",
    truncate: "it shrank by ",
    overwrite: "it changed while it was read",
    replace: "it was replaced while it was read",
    remove: "it vanished while it was read",
}
each_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
CONTENTS = {
    "a.txt": LINES,
    "a.jsonl": b'{"text": "a line of text"}\n' * 300,
    "a.json": json.dumps([{"text": "a line of text"}] * 300).encode(),
    "a.csv": b"id,text\n" + b"1,a line of text\n" * 300,
    "a.tsv": b"id\ttext\n" + b"1\ta line of text\n" * 300,
    "a.parquet": as_parquet({"text": pyarrow.array(["a line of text"] * 300)}, 10),
    "a.arrow": as_arrow({"text": pyarrow.array(["a line of text"] * 300)}, 10),
}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 100)
    monkeypatch.setattr(corpus_module, "PART", 1_000)
    monkeypatch.setattr(module, "WORTH", 1)


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    with local(2) as workers:
        yield workers


@each_change
@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_that_changes_while_it_is_read_is_refused(
    write: Write, name: str, change: Callable[[Path], None]
) -> None:
    """In silence even where its beginning is not read again, or its end not yet."""
    path = write(name, CONTENTS[name])
    (corpus,) = read_corpora([str(path)])
    units = read(corpus.shards[0])
    assert next(units).texts
    change(path)
    with pytest.raises(TokscopeError) as error:
        list(units)
    assert f"{name}: {CHANGES[change]}" in str(error.value)
    assert str(error.value).endswith("; run this again when nothing writes to it")


class Once:
    """What is told of text as it is read, and changes it the first time."""

    def __init__(self, change: Callable[[], None]) -> None:
        self.change: Callable[[], None] | None = change

    def __call__(self, _: int) -> None:
        change, self.change = self.change, None
        if change:
            change()


def compared(corpora: list[Corpus], workers: Workers) -> object:
    return tokscope.compare(["bytes"], corpora, workers=workers)


def counted(corpora: list[Corpus], workers: Workers) -> object:
    return mixture_count(corpora, gpt2_pipeline(), workers=workers, source=gpt2_pipeline)


def equal(corpora: list[Corpus], workers: Workers) -> object:
    return equiv("sample:bpe", "other=sample:bpe", corpora, fuzz=0, workers=workers)


@each_change
@pytest.mark.parametrize(
    ("study", "jobs"), [(compared, 1), (counted, 1), (equal, 1), (compared, 2)]
)
def test_a_file_that_changes_between_its_parts_is_refused(
    write: Write, two: Workers, study: Callable, change: Callable[[Path], None], jobs: int
) -> None:
    """Each part was the same before and after it was read; the file was not.

    All studies send parts to workers through the same door, which is tried by one.
    """
    path = write("a.txt", LINES * 5)
    corpora = read_corpora([str(path)])
    found = two if jobs == 2 else module.HERE
    workers = Workers(found.executor, found.count, Once(lambda: change(path)))
    assert len(in_parts(corpora[0]).shards) > 10
    with pytest.raises(TokscopeError) as error:
        study(corpora, workers)
    assert f"a.txt: {CHANGES[change]}" in str(error.value)


def test_text_that_is_read_again_is_what_it_was(write: Write) -> None:
    path = write("a.txt", "one\ntwo words\n")
    (corpus,) = read_corpora([str(path)])
    assert units_at(corpus, [0]) == {0: "one"}
    overwrite(path)
    with pytest.raises(TokscopeError, match=r"a\.txt: it changed while it was read"):
        units_at(corpus, [0])


def test_what_was_written_just_now_has_a_time_of_its_own(write: Write) -> None:
    """Two writings in one tick of the clock of a file system could not be told apart."""
    path = write("a.txt", "one\n")
    for text in ("two\n", "six\n", "ten\n"):
        before = stamp(str(path))
        path.write_text(text)
        with pytest.raises(TokscopeError):
            require_same(str(path), before)


def test_what_has_no_stamp_and_other_machines(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.txt", "one\n")
    assert stamp("-") is stamp(str(path.parent)) is stamp("/dev/null") is None
    require_same("nowhere", None)
    here = stamp(str(path))
    assert here is not None
    copy = Stamp("another", here.size, here.inode + 1, 0, 0)
    assert here.agrees(copy)
    assert not here.agrees(Stamp("another", here.size + 1, here.inode, 0, 0))
    monkeypatch.setattr(changes, "_machine", lambda: "another")
    require_same(str(path), here)


def test_a_file_that_is_standard_input_is_watched_too(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.txt", LINES)
    for change in (None, append):
        with path.open() as stream:
            monkeypatch.setattr(sys, "stdin", stream)
            units = read(in_parts(read_corpora(["-"])[0]).shards[0])
            found = [next(units)]
            if change is None:
                assert sum(len(one.texts) for one in [*found, *units]) == 400
                continue
            change(path)
            with pytest.raises(TokscopeError, match="standard input: it grew by 5 bytes while"):
                list(units)


def test_a_file_that_is_only_read_is_the_same(write: Write) -> None:
    path = write("a.txt", LINES)
    (corpus,) = read_corpora([str(path)])
    for _ in range(2):
        assert (
            sum(len(units.texts) for part in in_parts(corpus).shards for units in read(part)) == 400
        )
