"""What is written is whole or not there, goes through no link, and is in nobody's way."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tokscope import reading, writing
from tokscope.errors import TokscopeError
from tokscope.gate import pair
from tokscope.inputs import reads
from tokscope.writing import alone, append, identity, require_apart, require_writable, write


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def read_only(path: Path) -> None:
    path.write_text("old")
    path.chmod(0o444)


TAKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "a link to a file": (link_to("real.csv"), "is a link; name the file itself"),
    "a link to nothing": (link_to("nothing"), "is a link; name the file itself"),
    "a link to itself": (link_to("out.csv"), "is a link; name the file itself"),
    "a link to a folder": (link_to("."), "exists and is not a regular file"),
    "a link to a device": (link_to("/dev/null"), "exists and is not a regular file"),
    "a folder": (Path.mkdir, "exists and is not a regular file"),
    "a pipe": (fifo, "exists and is not a regular file"),
    "a file that may only be read": (read_only, "exists and is read-only"),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_only_a_regular_file_is_replaced_and_no_link_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    make, words = TAKEN[kind]
    (tmp_path / "real.csv").write_text("real")
    make(tmp_path / "out.csv")
    monkeypatch.chdir(tmp_path)
    before = names(tmp_path)
    for path in (Path("out.csv"), tmp_path / "out.csv"):
        with pytest.raises(TokscopeError, match=f"^--output: {path} {words}"):
            require_writable(path, "--output")
        for put in (write, append):
            with pytest.raises(TokscopeError, match=f"^{path} {words}"):
                put(path, b"new")
    assert names(tmp_path) == before
    assert Path("real.csv").read_text() == "real"


def test_a_link_among_the_folders_leads_out_of_where_this_runs_only_if_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here" / "sub").mkdir(parents=True)
    (tmp_path / "away").mkdir()
    (tmp_path / "here" / "out").symlink_to("../away")
    (tmp_path / "here" / "in").symlink_to("sub")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(TokscopeError, match=f"a link leads out .*; name {tmp_path}/away/a.csv if"):
        write(Path("out/a.csv"), b"x")
    assert not list((tmp_path / "away").iterdir())
    for path in (Path("in/a.csv"), Path("../away/a.csv"), tmp_path / "here" / "out" / "b.csv"):
        write(path, b"x")
        assert path.read_bytes() == b"x"


@pytest.mark.parametrize("name", ["a\0b.csv", "x" * 300, "none/a.csv", "a.csv/b.csv"])
def test_a_place_that_cannot_be_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("old")
    with pytest.raises(TokscopeError):
        require_writable(Path(name), "--output")
    with pytest.raises(TokscopeError):
        write(Path(name), b"new")
    assert names(tmp_path) == {"a.csv"}


def test_a_file_keeps_its_permissions_and_a_new_one_gets_the_usual(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    mask = os.umask(0o027)
    try:
        write(path, b"one")
        assert path.stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(mask)
    path.chmod(0o600)
    write(path, b"two")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o600)


SAME = {
    "the same": ("a.csv", "a.csv"),
    "another spelling": ("a.csv", "./sub/../a.csv"),
    "in full": ("a.csv", "{here}/a.csv"),
    "capitals": ("a.csv", "A.CSV"),
    "a combining mark": ("\u00e9.csv", "e\u0301.csv"),
    "by a link to its folder": ("a.csv", "sub/up/a.csv"),
    "a hard link": ("one.csv", "two.csv"),
}


@pytest.mark.parametrize("kind", SAME)
def test_two_names_of_one_file_are_not_written_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("sub/up").symlink_to("..")
    Path("one.csv").write_text("")
    os.link("one.csv", "two.csv")
    first, second = (Path(name.format(here=tmp_path)) for name in SAME[kind])
    with pytest.raises(TokscopeError, match=r"^-o 2: -o 1 writes there too; name another file"):
        require_apart([("-o 1", first), ("-o 2", second)])
    require_apart([("-o 1", first), ("-o 2", second.with_suffix(".json"))])


READ: dict[str, list[str]] = {
    "en.txt": ["en.txt", "./en.txt", "sub/../en.txt", "hard.txt"],
    "a=txt:en.txt": ["en.txt"],
    "*.txt": ["en.txt", "new.txt"],
    ".": ["en.txt", "new.txt", "new.csv"],
    "a=sub": ["sub/data/new.txt"],
}
PARTS: dict[str, list[str]] = {
    "tokenizer.json": ["tokenizer.json", "config.json", "vocab.json"],
    "mine=file:tokenizer.json": ["tokenizer.json", "tokenizer_config.json"],
    "./": ["tokenizer.json", "added_tokens.json", "chat_template.jinja"],
    "file:.": ["merges.txt", "new.tiktoken"],
    "tiktoken-file:ranks?pattern-file=cut&specials=own": ["ranks", "cut", "own"],
}
FREE = ["out.json", "sub/out.md", "tokscope.svg"]


@pytest.mark.parametrize(
    ("word", "text"), [*((word, True) for word in READ), *((word, False) for word in PARTS)]
)
def test_what_a_word_reads_or_would_read_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, text: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub/data").mkdir(parents=True)
    for name in ("en.txt", "sub/data/a.txt", "tokenizer.json", "ranks", "cut", "own"):
        Path(name).write_text("text\n")
    os.link("en.txt", "hard.txt")
    for name in (READ if text else PARTS)[word]:
        assert reads(word, Path(name), text=text), name
        assert reads(word, tmp_path / name, text=text), name
    for name in FREE:
        assert not reads(word, Path(name), text=text), name


@pytest.mark.parametrize("word", ["nowhere.txt", "none/*.txt", "-", "~nobody/x", "a=", "\0"])
def test_a_word_that_stands_for_nothing_reads_nothing(word: str) -> None:
    for text in (True, False):
        assert not reads(word, Path("out.json"), text=text)


def test_one_writer_is_alone_in_a_folder_and_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.1)
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with (
        pytest.raises(TokscopeError, match=r"^a\.lock: another process has locked the folder"),
        alone(tmp_path, "a.lock"),
    ):
        raise AssertionError
    os.close(handle)  # as when a process ends, however it does
    with alone(tmp_path, "a.lock"):
        assert names(tmp_path) == set()


class Killed(BaseException):
    """The process is no more."""


def killed_at(patched: pytest.MonkeyPatch, step: int) -> Callable[[], bool]:
    """Let the system do no more than some steps of writing, and nothing at all after them."""
    done = [0]

    def counted(does: Callable[..., object]) -> Callable[..., object]:
        def call(*words: object, **more: object) -> object:
            done[0] += 1
            if done[0] > step:
                raise Killed
            return does(*words, **more)

        return call

    for owner, name in (
        (os, "open"), (os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "chmod"),
    ):  # fmt: skip
        patched.setattr(owner, name, counted(getattr(owner, name)))
    return lambda: done[0] > step


def of_one_pair(lock: bytes, counts: bytes, place: str) -> bytes:
    if lock != counts:
        raise TokscopeError(f"{place}: another hash")
    return lock


def test_a_pair_is_the_old_or_the_new_one_wherever_its_writer_is_killed(tmp_path: Path) -> None:
    """Also where the next writer is killed too. Every other pair of places is tried."""
    outcomes = set()
    for first in range(12):
        for second in range(first % 2, 12, 2):
            path = tmp_path / f"{first}-{second}" / "tokscope.lock"
            path.parent.mkdir()
            known = {b"old"}
            pair.write(path, b"old", b"old", of_one_pair)
            for new, step in ((b"new", first), (b"newer", second)):
                with pytest.MonkeyPatch.context() as patched, suppress(Killed):
                    killed_at(patched, step)
                    pair.write(path, new, new, of_one_pair)
                known = {pair.read(path, of_one_pair)} & (known | {new})
                assert known
            outcomes |= known
            pair.write(path, b"last", b"last", of_one_pair)
            assert pair.read(path, of_one_pair) == b"last"
            left = {name for name in names(path.parent) if not name.endswith(".part")}
            assert left == {"tokscope.lock", "tokscope.lock.npz"}
    assert outcomes == {b"old", b"new", b"newer"}


def test_a_first_pair_is_there_or_not_wherever_its_writer_is_killed(tmp_path: Path) -> None:
    for step in range(20):
        path = tmp_path / str(step) / "tokscope.lock"
        path.parent.mkdir()
        with pytest.MonkeyPatch.context() as patched, suppress(Killed):
            ended = killed_at(patched, step)
            pair.write(path, b"new", b"new", of_one_pair)
        if path.exists():
            assert pair.read(path, of_one_pair) == b"new"
    assert not ended()


def test_a_pair_is_read_whole_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "tokscope.lock"
    pair.write(path, b"0", b"0", of_one_pair)

    def rewrite() -> None:
        for i in range(60):
            pair.write(path, b"%d" % i, b"%d" % i, of_one_pair)

    writer = threading.Thread(target=rewrite)
    writer.start()
    while writer.is_alive():
        assert pair.read(path, of_one_pair)
    writer.join()


def test_nobody_waits_for_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=re.escape("not a regular file")):
            reading.opened(path)
    assert identity(tmp_path / "pipe") != identity(tmp_path / "other")
