"""What is no file: pipes are read once, nobody waits for one for ever, devices are refused."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tokscope.errors import TokscopeError
from tokscope.gate.config import Text
from tokscope.studies.compare_lines import worst_lines
from tokscope.studies.simulate_mixture import simulate_mixture
from tokscope.text import files
from tokscope.text.corpus import Corpus, again, read, read_corpora

pytestmark = pytest.mark.waits


def texts(word: str) -> list[str]:
    (corpus,) = read_corpora([word])
    return [text for shard in corpus.shards for units in read(shard) for text in units.texts]


def test_a_pipe_without_a_writer_is_waited_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr(files, "PATIENCE", 0.03)
    with pytest.raises(TokscopeError, match=r"pipe: cannot be read .nobody writes into this pipe"):
        texts(str(pipe))
    for name in ("pipe.jsonl", "pipe.csv", "pipe.gz", "pipe.zst", "pipe.parquet"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(TokscopeError):
            texts(str(tmp_path / name))


def test_a_pipe_whose_writer_comes_late_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def feed() -> None:
        time.sleep(0.1)
        with pipe.open("w") as stream:
            for line in ("one\n", "two\n"):
                stream.write(line)
                stream.flush()
                time.sleep(0.1)

    writer = threading.Thread(target=feed)
    writer.start()
    assert texts(str(pipe)) == ["one", "two"]
    writer.join()


def test_a_pipe_without_a_name_is_waited_for_as_standard_input_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.1)
    reading, writing = os.pipe()
    writer = threading.Timer(0.3, lambda: (os.write(writing, b"one\n"), os.close(writing)))
    writer.start()
    assert texts(f"/dev/fd/{reading}") == ["one"]
    writer.join()
    os.close(reading)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty", "/dev/full"])
def test_a_device_is_no_text(device: str) -> None:
    with pytest.raises(TokscopeError, match=f"{device}: cannot be read"):
        texts(device)


AGAIN: dict[str, Callable[[list[Corpus], list[str]], object]] = {
    "--lines": lambda corpora, _: worst_lines(["bytes"], corpora),
    "simulate-mixture": lambda corpora, _: simulate_mixture(corpora),
    "gates": lambda _, words: Text(words).read(),
}


@pytest.mark.parametrize("who", AGAIN)
def test_what_reads_text_twice_refuses_what_can_be_read_once(tmp_path: Path, who: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.txt").write_text("one\n")
    reading, writing = os.pipe()
    for word in ("-", str(tmp_path / "pipe"), f"/dev/fd/{reading}"):
        words = [str(tmp_path / "a.txt"), f"b={word}"]
        corpora = read_corpora(words)
        assert list(map(again, corpora)) == [True, False]
        called = "standard input" if word == "-" else f"{word}, which is not a regular file,"
        with pytest.raises(TokscopeError) as error:
            AGAIN[who](corpora, words)
        assert str(error.value).startswith(who)
        assert str(error.value).endswith(f"and {called} cannot be; save it in a file")
        with pytest.raises(TokscopeError, match="can be read only once"):
            read_corpora([*words, f"c={word}"])
    os.close(reading)
    os.close(writing)


def test_a_file_that_is_replaced_before_it_is_opened_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\n")
    (corpus,) = read_corpora([str(path)])
    path.rename(tmp_path / "old.txt")
    path.write_text("two\n")
    with pytest.raises(TokscopeError, match="it was replaced while it was read"):
        list(read(corpus.shards[0]))
    with (
        pytest.raises(TokscopeError, match="it was replaced while it was read"),
        files.opened(corpus.shards[0]),
    ):
        raise AssertionError
