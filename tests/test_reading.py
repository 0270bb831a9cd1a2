"""Files that have no end, or are no files: one clear line before anything is read of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tokscope.errors import TokscopeError
from tokscope.gate import settings
from tokscope.reading import MOST, content, text
from tokscope.tokenizers import LOADERS, load

PLACELESS = ("hf", "tiktoken", "mistral", "sample", "bytes", "characters")
KINDS = [kind for kind in LOADERS if kind not in PLACELESS]


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
        assert f"{place}: no regular file" in refusal(f"{kind}:{place}")


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
    with pytest.raises(TokscopeError, match="no regular file"):
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
