"""Tokens and ids of files: `tokscope count` prints numbers as wc does, `tokscope encode` ids."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokscope
from tests.conftest import Run
from tests.laws import refusal
from tokscope import workers
from tokscope.errors import TokscopeError
from tokscope.render.data import render_json
from tokscope.studies.count import headline, tables
from tokscope.text import corpus

Write = Callable[[str, str | bytes], Path]
LINES = "one two\n\nnaïve\r\nlast"  # 7 + 0 + 6 + 4 bytes without line ends, 21 with them


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    Path("a.txt").write_bytes(LINES.encode())
    Path("sub/a.txt").write_text("xyz\n")
    Path("none.txt").write_text("")
    Path("r.jsonl").write_text('{"text": "a\\nb", "other": "c"}\n{"text": "", "other": "de"}\n')
    return tmp_path


def test_a_line_per_file_and_a_total(run: Run, folder: Path) -> None:
    done = run("count", "bytes", "a.txt", "none.txt", "sub/a.txt", "r.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "17 a.txt\n 0 none.txt\n 3 sub/a.txt\n 3 r.jsonl\n23 total\n"
    assert run("count", "bytes", "a.txt", "-j", 2).stdout == "17 a.txt\n"
    assert run("count", "bytes", "sub", "*.jsonl").stdout == "3 sub/a.txt\n3 r.jsonl\n6 total\n"


def test_standard_input_has_a_number_alone(run: Run, folder: Path) -> None:
    assert run("count", "bytes", stdin=LINES.encode()).stdout == "17\n"
    assert run("count", "bytes", stdin=b"").stdout == "0\n"
    assert (
        run("count", "bytes", "-", "sub/a.txt", stdin=b"ab").stdout == "2 -\n3 sub/a.txt\n5 total\n"
    )
    assert run("count", "bytes", "csv:-", stdin=b"id,text\n1,abcd\n").stdout == "4 -\n"


def test_a_whole_file_counts_with_its_line_ends(run: Run, folder: Path) -> None:
    assert run("count", "bytes", "--whole", "a.txt").stdout == "21 a.txt\n"
    assert run("count", "bytes", "--whole", "none.txt").stdout == "0 none.txt\n"
    size = len(Path("r.jsonl").read_bytes())
    assert run("count", "bytes", "--whole", "r.jsonl").stdout == f"{size} r.jsonl\n"
    Path("mark.txt.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfa\n"))
    assert run("count", "bytes", "--whole", "mark.txt.gz").stdout == "2 mark.txt.gz\n"
    ids = tokscope.load("sample:bpe").encode([LINES]).ids.tolist()
    assert run("encode", "sample:bpe", "--whole", "a.txt").stdout.split() == list(map(str, ids))


def test_programs_get_the_files_without_their_total(run: Run, folder: Path) -> None:
    done = run("count", "bytes", "a.txt", "sub/a.txt", "-f", "csv")
    assert done.stdout == "file,tokens,units,bytes\na.txt,17,3,17\nsub/a.txt,3,1,3\n"
    report = tokscope.count("bytes", ["a.txt", "sub/a.txt"])
    assert report.frame.to_csv(index=False) == done.stdout
    (table,) = tables(report)
    assert table.frame.to_numpy().tolist()[-1] == ["total", 20, 4, 20]
    assert len(tables(tokscope.count("bytes", "a.txt"))[0].frame) == 1


def test_a_field_of_records_is_chosen(run: Run, folder: Path) -> None:
    assert run("count", "bytes", "r.jsonl", "--field", "other").stdout == "3 r.jsonl\n"
    assert run("encode", "bytes", "r.jsonl").stdout == "97 10 98\n\n"


@pytest.mark.deep
def test_workers_count_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH", 0)
    monkeypatch.setattr(corpus, "PART", 100_000)
    Path("large.txt").write_text("a line of text\n" * 20_000)  # 300 kB, in three parts
    parts: list[int] = []
    with workers.local(2) as those:
        two = replace(those, advance=parts.append)
        there = tokscope.count("sample:bpe", ["large.txt", "a.txt"], workers=two)
    here = tokscope.count("sample:bpe", ["large.txt", "a.txt"])
    assert render_json(there) == render_json(here)
    assert len(parts) == 3 + 1
    assert here.frame["units"].tolist() == [20_000, 3]


HEADLINES = {
    "7 tokens under t, 2.00 bytes each on average.": [("a", 7, 1, 14)],
    "1 token under t, 1.00 bytes each on average.": [("a", 1, 1, 1)],
    "1,000 tokens under t in 2 files, 3.00 bytes each on average. b has the most, 75 %.": [
        ("a", 250, 1, 1000),
        ("b", 750, 1, 2000),
    ],
    "8 tokens under t in 2 files, 1.00 bytes each on average.": [("a", 4, 1, 4), ("b", 4, 1, 4)],
    "There is no text to count.": [("a", 0, 0, 0)],
    "There is no text to count in 2 files.": [("a", 0, 0, 0), ("b", 0, 0, 0)],
    "No tokens under t.": [("a", 0, 2, 6)],
}


@pytest.mark.parametrize("said", HEADLINES)
def test_the_headline_says_how_many_and_where_most_are(said: str) -> None:
    columns = ["file", "tokens", "units", "bytes"]
    rows = [dict(zip(columns, row, strict=True)) for row in HEADLINES[said]]
    assert headline(rows, "t") == said


def test_a_line_of_ids_for_every_line_of_text(run: Run, folder: Path) -> None:
    done = run("encode", "bytes", "sub/a.txt", "-", stdin=b"\na b\n\xc3\xa9")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "120 121 122\n\n97 32 98\n195 169\n"
    assert run("encode", "bytes", "--tokens", stdin="a é\n".encode()).stdout == "a ␣ <C3> <A9>\n"
    assert run("encode", "bytes", stdin=b"").stdout == ""
    special, text = (
        run("encode", "sample:wordpiece", *words, stdin=b"[UNK]\n").stdout
        for words in (["--specials"], [])
    )
    assert len(special.split()) == 1 < len(text.split())


@cache
def sample() -> tokscope.Tokenizer:
    """Return the embedded tokenizer, loaded once for all examples."""
    return tokscope.load("sample:bpe")


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_ids_are_those_of_the_library_line_by_line(lines: list[str]) -> None:
    one = sample()
    ids = list(tokscope.encode(one, {"x": lines})) if lines else []
    assert ids == [one.encode([line]).ids.tolist() for line in lines]
    report = tokscope.count(one, {"x": lines})
    assert report.frame["tokens"].sum() == sum(map(len, ids))


def test_tokens_give_no_commands(run: Run) -> None:
    text = b"::error::x\x1b[2J\n"
    assert run("encode", "bytes", "--tokens", stdin=text).stdout.startswith(": : e")
    done = run("encode", "characters", "--tokens", stdin=text)
    assert "\x1b" not in done.stdout


def test_what_comes_before_a_broken_line_is_written(run: Run, folder: Path) -> None:
    Path("bad.txt").write_bytes((b"a" * 999 + b"\n") * 1_200 + b"\xff\n")
    done = run("encode", "bytes", "bad.txt")
    assert done.returncode == 2
    assert done.stdout.startswith(("97 " * 999)[:-1] + "\n97 ")
    assert done.stderr.startswith("tokscope: bad.txt:1201: byte 0xFF at offset 1200000 is not")
    assert "bad.txt:1201: byte 0xFF" in refusal(run("count", "bytes", "bad.txt"))
    assert run("encode", "bytes", "bad.txt", "--errors", "replace").stdout.endswith("239 191 189\n")
    long = run("encode", "bytes", "--max-unit", ".001", stdin=b"a" * 1002)
    assert "-:1: a unit of over 0.001 MB" in refusal(long)


def test_a_reader_who_leaves_is_no_error(folder: Path) -> None:
    script = Path(sys.executable).with_name("tokscope")
    line = f"yes hello | '{script}' encode bytes | head -n 1; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("104 101 108 108 111\n0\n", "")


def test_names_of_files_are_made_visible(run: Run, folder: Path) -> None:
    Path("b\x1b[31m\n.txt").write_text("ab\n")
    for name in ("b*.txt", "b\x1b[31m\n.txt"):
        assert run("count", "bytes", name).stdout == "2 b␛[31m␊.txt\n"
    Path("c=d.txt").write_text("c\n")
    assert run("count", "bytes", "c=d.txt").stdout == "1 c=d.txt\n"


def test_what_cannot_be_counted_is_refused(folder: Path) -> None:
    for call, message in {
        lambda: tokscope.count("bytes", []): "corpora: it is empty",
        lambda: tokscope.count("bytes", "nowhere"): "nowhere: no such file or folder",
        lambda: tokscope.count(["bytes"], 3): "corpora: an object of type int cannot be used",  # type: ignore[arg-type]
        lambda: tokscope.encode("bytes", ["a.txt", "a.txt"]): "a.txt: given twice",
        lambda: tokscope.encode(["bytes", "characters"], "a.txt"): "give one",  # type: ignore[arg-type]
    }.items():
        with pytest.raises(TokscopeError, match=message):
            call()
