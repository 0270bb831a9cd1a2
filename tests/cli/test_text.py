"""How commands are told which text: records on standard input, fields by corpus, options in vain."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.laws import refusal_here

Write = Callable[[str, str | bytes], Path]
RECORDS = b'{"text":"Hello"}\n{"text":"Hello"}\n'
COUNT = ("-m", "bytes", "-f", "csv")


def total(out: str, corpus: str) -> float:
    """Return the bytes of a corpus."""
    head, *rows = (line.split(",") for line in out.splitlines())
    at = {name: head.index(name) for name in ("corpus", "measure", "value")}
    (found,) = (r for r in rows if (r[at["corpus"]], r[at["measure"]]) == (corpus, "bytes"))
    return float(found[at["value"]])


@pytest.mark.parametrize(
    ("words", "content"),
    [
        (("--corpus", "-"), RECORDS),
        (("--corpus", "-"), b'[{"text":"Hello"},{"text":"Hello"}]'),
        (("--corpus", "jsonl:-"), RECORDS),
        (("--corpus", "-", "--field", "text"), b"id,text\n1,Hello\n2,Hello\n"),
        (("--corpus", "tsv:-"), b"text\nHello\nHello\n"),
    ],
)
def test_records_on_standard_input_are_ten_bytes(
    run: Run, words: tuple[str, ...], content: bytes
) -> None:
    done = run("compare", "bytes", *words, *COUNT, stdin=content)
    assert (done.returncode, done.stderr) == (0, "")
    assert total(done.stdout, "stdin") == 10


def test_a_wide_table_on_the_command_line(run: Run, write: Write) -> None:
    path = write("wide.tsv.gz", gzip.compress("col_en\tcol_de\nHello\tHallöchen\n".encode()))
    words = ("--corpus", f"en={path}", "--corpus", f"de={path}")
    fields = ("--field", "en=col_en", "--field", "de=col_de")
    done = run("compare", "bytes", *words, *fields, "--parallel", *COUNT)
    assert (done.returncode, done.stderr) == (0, "")
    assert (total(done.stdout, "en"), total(done.stdout, "de")) == (5, 10)
    told = json.loads(run("compare", "bytes", *words, *fields, "-f", "json").stdout)
    assert "|field:col_en,col_de|" in told["signature"]


COMMANDS = {
    "compare": ("compare", "bytes"),
    "vocab": ("vocab", "sample:bpe"),
    "audit": ("audit", "sample:bpe"),
    "diff": ("diff", "sample:bpe", "sample:unigram"),
    "init": ("init", "sample:bpe"),
    "equiv": ("equiv", "sample:bpe", "sample:unigram", "--fuzz", "0"),
    "infer-mixture": ("infer-mixture", "sample:bpe"),
    "simulate-mixture": ("simulate-mixture",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_field_without_effect_is_an_error_everywhere(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: str,
) -> None:
    path = write("a.txt", "Hello\n")
    monkeypatch.chdir(path.parent)

    def told(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["tokscope", *COMMANDS[command], *words])
        return refusal_here(capfd)

    for field in ("text", "a=text"):
        assert told("--corpus", "a.txt", "--field", field).startswith(
            f"tokscope: --field {field} has no effect: a.txt is read as plain"
        )
    if command != "simulate-mixture":
        needs = "tokscope: --field text needs records; name them with --corpus\n"
        assert told("--field", "text") == needs
    assert not (path.parent / "tokscope.toml").exists()


def test_a_field_may_be_that_of_a_list_of_words_alone(run: Run, write: Write) -> None:
    text, words = write("a.txt", "Hello\n"), write("w.csv", "word\nhouse\n")
    done = run("vocab", "bytes", "--corpus", text, "--word-list", words, "--field", "word")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.deep
def test_fields_by_corpus_are_kept_in_a_configuration(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("wide.csv", "en,de\n" + "Hello there,Hallo du\n" * 40)
    monkeypatch.chdir(path.parent)
    corpora = ("--corpus", "en=wide.csv", "--corpus", "de=csv:wide.csv")
    done = run("init", "bytes", *corpora, "--field", "en=en", "--field", "de=de")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'field = ["en=en", "de=de"]' in Path("tokscope.toml").read_text()
    assert run("lock").returncode == 0
    assert run("check").returncode == 0
    sub = path.parent / "sub"
    sub.mkdir()
    monkeypatch.chdir(sub)
    done = run("check", "--config", "../tokscope.toml")
    assert (done.returncode, done.stderr) == (0, "")
