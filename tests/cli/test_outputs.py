"""No command writes onto what it reads, twice onto one file, or through a link."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.laws import refusal_here

OWN = "belongs to"
TWICE = "writes there too"
LINK = "is a link; name the file itself"
# command -> what it says; {} before the place of --output
REFUSED: dict[str, str] = {
    "compare bytes -c in.txt -o in.txt": OWN,
    "compare bytes -c a=in.txt -o ./sub/../in.txt": OWN,
    "compare bytes -c in.txt -o hard.txt": OWN,
    "compare bytes -c *.txt -o new.txt": OWN,
    "compare bytes -c . -o new.csv": OWN,
    "compare bytes --lines 2 -c in.txt -o in.txt": OWN,
    "compare tokenizer.json -o tokenizer.json": OWN,
    "compare tokenizer.json -o link/tokenizer.json": OWN,
    "inspect file:. -o json=tokenizer_config.json": OWN,
    "inspect sub -o json=sub/tokenizer.json": OWN,
    "inspect tiktoken-file:tokenizer.json?pattern-file=in.txt -o in.txt": OWN,
    "show x tokenizer.json -o tokenizer.json": OWN,
    "numbers tokenizer.json -o tokenizer.json": OWN,
    "equiv tokenizer.json bytes -o tokenizer.json": OWN,
    "diff tokenizer.json bytes -o json=tokenizer.json": OWN,
    "diff git:HEAD:x tokenizer.json -c in.txt -o in.txt": OWN,
    "audit tokenizer.json -o tokenizer.json": OWN,
    "audit bytes --adversarial 3 --word-list in.txt -o in.txt": OWN,
    "vocab tokenizer.json -o tokenizer.json": OWN,
    "vocab bytes --word-list in.txt -o in.txt": OWN,
    "infer-mixture tokenizer.json --save-counts tokenizer.json": OWN,
    "infer-mixture sample:bpe -c in.txt -c b.txt --save-counts in.txt": OWN,
    "infer-mixture sample:bpe --truth true.json -o true.json": OWN,
    "infer-mixture sample:bpe --counts c.npz --save-counts c.npz": OWN,
    "infer-mixture sample:bpe --save-counts a.json -o a.json": TWICE,
    "simulate-mixture -c in.txt -c b.txt --state in.txt": OWN,
    "simulate-mixture --state a.json -o a.json": TWICE,
    "simulate-mixture --state link.csv": LINK,
    "check -o in.txt": OWN,
    "check -o json=tokenizer.json": OWN,
    "check -o json=tokscope.toml": OWN,
    "check -o json=pyproject.toml": OWN,
    "lock --update --reason x -o json=pyproject.toml": OWN,
    "check -o json=tokscope.lock": OWN,
    "check -o json=tokscope.lock.npz": OWN,
    "check --against old.lock -o json=old.lock.npz": OWN,
    "check --identity -o in.txt": OWN,
    "lock -o json=tokscope.lock": TWICE,
    "lock -o json=tokscope.lock.npz": TWICE,
    "lock --verify -o json=tokscope.lock": OWN,
    "count bytes in.txt -o in.txt": OWN,
    "count tokenizer.json in.txt -o tokenizer.json": OWN,
    "measures -o a.csv -o a.csv": TWICE,
    "measures -o a.csv -o json=./a.csv": TWICE,
    "measures -o a.csv -o A.csv": TWICE,
    "measures -o link.csv": LINK,
    "list -o lost.csv": LINK,
    "explain -o loop.csv": LINK,
    "measures -o pipe.csv": "is not a regular file",
    "measures -o json=/dev/stdout": "",
    "measures -o kept.csv": "is read-only",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands run: inputs of every kind, and names that stand for others."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    toml = 'tokenizer = "tokenizer.json"\n[text]\ncorpora = ["in.txt"]\n[limits.tokens]\nmax = 9\n'
    for name, content in {
        "in.txt": "one\ntwo\n", "b.txt": "three\n", "tokenizer.json": "{}", "true.json": '{"a": 1}',
        "c.npz": "", "old.lock": "{}", "old.lock.npz": "", "tokscope.toml": toml, "kept.csv": "",
        "pyproject.toml": "[project]\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(content)
    (tmp_path / "kept.csv").chmod(0o444)
    os.link("in.txt", "hard.txt")
    os.mkfifo("pipe.csv")
    for name, target in {
        "link": ".", "link.csv": "in.txt", "lost.csv": "nothing", "loop.csv": "loop.csv",
    }.items():  # fmt: skip
        (tmp_path / name).symlink_to(target)
    return tmp_path


def state(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {
        path.name: path.read_bytes() if path.is_file() else b""
        for path in folder.iterdir()
        if path.name != "pipe.csv"
    }


def refusal(
    words: list[str], patched: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> str:
    patched.setattr(sys, "argv", ["tokscope", *words])
    patched.setenv("HF_HUB_OFFLINE", "1")
    return refusal_here(capfd)


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_read_is_not_written_and_nothing_is_written_twice(
    place: Path, line: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = state(place)
    assert REFUSED[line] in refusal(line.split(), monkeypatch, capfd)
    assert state(place) == before


def test_a_file_that_is_standard_input_is_read_too(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with Path("b.txt").open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        words = ["show", "-", "bytes", "-o", "b.txt"]
        assert "it belongs to standard input" in refusal(words, monkeypatch, capfd)


@pytest.mark.parametrize("name", ["tokscope.lock", "tokscope.lock.npz", "tokscope.lock.npz.new"])
def test_no_lock_is_written_through_a_link(
    place: Path, name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / name).symlink_to("nothing")
    assert LINK in refusal(["lock"], monkeypatch, capfd)
    assert not (place / "nothing").exists()


def test_no_configuration_is_written_through_a_link(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "tokscope.toml").unlink()
    (place / "tokscope.toml").symlink_to("nothing")
    assert LINK in refusal(["init", "bytes"], monkeypatch, capfd)
    assert not (place / "nothing").exists()


def test_files_of_others_are_not_taken_for_counts_of_a_lock(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "tokscope.lock.npz").write_bytes(b"a user's own")
    before = state(place)
    assert "move it away" in refusal(["lock", "bytes"], monkeypatch, capfd)
    assert state(place) == before


def test_the_summary_of_a_job_is_a_file(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, words in {
        "pipe.csv": "is not a regular file",
        "link.csv": LINK,
        "in.txt": OWN,
    }.items():
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place / name))
        told = refusal(["check", "--format", "github"], monkeypatch, capfd)
        assert "GITHUB_STEP_SUMMARY: " in told
        assert words in told
