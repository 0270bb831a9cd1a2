"""Files that have no end, or are no files: one clear line before anything is read of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tests.tokenizers.families import byte_level_gguf
from tokscope import reading
from tokscope.changes import ChangedError
from tokscope.errors import TokscopeError
from tokscope.gate import pair, settings
from tokscope.reading import MOST, content, one_state, steady, text, together
from tokscope.tokenizers import LOADERS, gguf_header, load

pytestmark = pytest.mark.waits

PLACELESS = ("hf", "tiktoken", "mistral", "sample", "bytes", "characters")
KINDS = [kind for kind in LOADERS if kind not in PLACELESS and kind != "kmers"]  # which read files


def refusal(word: str) -> str:
    with pytest.raises(TokscopeError) as error:
        load(word)
    return str(error.value)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
@pytest.mark.parametrize("kind", KINDS)
def test_no_device_pipe_or_folder_is_read_as_a_tokenizer(kind: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for place in ("/dev/zero", pipe):
        assert f"{place}: not a regular file" in refusal(f"{kind}:{place}")


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_without_an_end_is_read_as_a_tokenizer(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as stream:
        if kind == "gguf":  # of which the header alone is read
            stream.write(b"GGUF\x03\x00\x00\x00" + bytes(15) + b"\x01")
        stream.truncate(40 << 30)
    assert str(path) in refusal(f"{kind}:{path}")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
def test_nor_is_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "tokscope.toml"
    path.symlink_to("/dev/zero")
    with pytest.raises(TokscopeError, match="not a regular file"):
        settings.read(path)
    path.unlink()
    path.write_bytes(bytes(1_000_001))
    with pytest.raises(TokscopeError, match="over 1 MB"):
        settings.read(path)


def test_what_is_read_is_whole_and_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xc3\xa9")
    assert (content(path), text(path), content(path, 2)) == (b"\xc3\xa9", "é", b"\xc3\xa9")
    with pytest.raises(TokscopeError, match="over 0 MB"):
        content(path, 1)
    with pytest.raises(TokscopeError, match="b: cannot be read"):
        content(path / "b")
    with pytest.raises(TokscopeError, match="cannot be read"):
        content(Path("a\x00b"))
    path.write_bytes(b"\xff")
    with pytest.raises(TokscopeError, match="not UTF-8"):
        text(path)
    assert MOST > 61_000_000  # the file of the largest published vocabulary


def test_what_is_read_together_is_of_one_state(tmp_path: Path) -> None:
    """Also where each reading is whole: what is read again, and what was read before others."""
    one, other = tmp_path / "one", tmp_path / "other"
    other.write_bytes(b"2")

    def read_and(change: Callable[[], object], then: Path) -> None:
        one.write_bytes(b"1")
        with one_state():
            assert content(one) == content(one) == b"1"
            change()
            content(then)

    for change, then, how in (
        (lambda: one.write_bytes(b"3"), one, "changed"),
        (lambda: one.write_bytes(b"45"), other, "grew by 1 bytes"),
        (one.unlink, one, "vanished"),  # which is why it cannot be read
    ):
        with pytest.raises(ChangedError, match=f"one: it {how} while it was read"):
            read_and(change, then)
    with together():
        with one_state():
            assert content(other) == b"2"
        other.unlink()  # as what git has is, when it has been read
        read_and(lambda: None, one)
        other.write_bytes(b"6")
        with pytest.raises(ChangedError, match=r"other: it (was replaced|changed)"):
            content(other)
    assert content(other) == b"6"  # which belongs to nothing before


def test_a_file_that_changes_while_it_is_open_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    other.write_bytes(b"2")

    def read_and(change: Callable[[], object]) -> None:
        path.write_bytes(b"1" * 9)
        with steady(path):
            change()
            raise ValueError("what a parser says of it")

    for change, how in (
        (lambda: path.write_bytes(b""), "shrank by 9 bytes"),
        (lambda: other.replace(path), "was replaced"),
    ):
        with pytest.raises(ChangedError, match=how):
            read_and(change)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipe_that_takes_the_place_of_a_tokenizer_is_not_waited_for(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at a file and opening it."""
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for module in (reading, *map(import_module, LOOKING)):
        monkeypatch.setattr(module, "require_regular", lambda _: None)
    assert f"{pipe}: cannot be read" in refusal(f"{kind}:{pipe}")


LOOKING = [f"tokscope.tokenizers.{name}" for name in ("content", "gguf", "suffixed")]


@pytest.mark.parametrize(("suffix", "most"), [("", "256 MB"), (".npz", "2,000 MB")])
def test_a_lock_without_an_end_is_refused(suffix: str, most: str, tmp_path: Path) -> None:
    path = tmp_path / f"tokscope.lock{suffix}"
    with path.open("wb") as stream:
        stream.truncate(40 << 30)
    with pytest.raises(TokscopeError, match=f"TS905 .*: larger than {most}"):
        pair.content(path)


def test_a_large_header_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(byte_level_gguf())
    small = load(str(path)).fingerprint
    monkeypatch.setattr(gguf_header, "_MOSTLY", 100)
    assert load(str(path)).fingerprint == small
