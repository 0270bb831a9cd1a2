"""Which files of code are read, and in which language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tokscope.errors import TokscopeError
from tokscope.lexemes.files import CODE, corpora_by_language, sampled
from tokscope.text.corpus import Corpus, read
from tokscope.text.formats import WHOLE

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def src(write: Write) -> Path:
    write("src/a.py", "a = 1\nb = 2\n")
    write("src/deep/b.py", "c = 3\n")
    write("src/.hidden/c.py", "hidden\n")
    write("src/d.java", "class D {}\n")
    write("src/rust.txt", "fn main() {}\n")
    write("src/notes.txt", "no code\n")
    return write("src/more.jsonl", '{"text": "d = 4"}\n{"text": "e = 5"}\n').parent


def named(*words: object) -> list[Corpus]:
    return corpora_by_language(list(map(str, words)), CODE, {})


def told(corpora: list[Corpus]) -> dict[str, list[str]]:
    return {c.name: [Path(s.path).name for s in c.shards] for c in corpora}


def test_a_name_or_an_ending_tells_the_language(src: Path) -> None:
    assert told(named(src / "a.py", src / "d.java", src / "rust.txt", src / "deep" / "b.py")) == {
        "python": ["a.py", "b.py"],
        "java": ["d.java"],
        "rust": ["rust.txt"],
    }
    assert told(named(f"py={src}")) == {"py": ["a.py", "b.py"]}  # below it, and not hidden
    assert told(named(f"python={src}/**/*.py")) == {"python": ["a.py", "b.py"]}
    assert told(named(f"java={src / 'notes.txt'}")) == {"java": ["notes.txt"]}


def test_a_file_is_one_unit_and_a_record_too(src: Path) -> None:
    (file,) = named(src / "a.py")
    assert [units.texts for units in read(file.shards[0])] == [["a = 1\nb = 2\n"]]
    (records,) = named(f"python={src / 'more.jsonl'}")
    assert [units.texts for units in read(records.shards[0])] == [["d = 4", "e = 5"]]
    (strings,) = corpora_by_language({"python": ["a = 1\nb = 2\n"]}, CODE, {})
    assert [units.texts for units in read(strings.shards[0])] == [("a = 1\nb = 2\n",)]
    lines = Corpus("python", tuple(s for s in file.shards))
    assert corpora_by_language([lines], CODE, {})[0].shards[0].kind == WHOLE


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["src/notes.txt"], "notes.txt: its name tells no language; write LANGUAGE="),
        (["src/more.jsonl"], "more.jsonl: its name tells no language"),
        (["src"], "src: a folder; write LANGUAGE=src, such as python=src"),
        (["go=src"], "src: no file in it is go by its name"),
        (["pyton=src/a.py"], "unknown language 'pyton'; did you mean 'python' or "),
        (["src/a.py", "python=src/a.py"], "a.py: given twice"),
        (["python=-", "java=-"], "-: given twice"),
        (["text=src/a.py"], "unknown language 'text'"),
    ],
)
def test_what_is_refused(
    src: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(src.parent)
    with pytest.raises(TokscopeError, match=message):
        named(*words)


def test_a_part_is_whole_files_and_the_first_lines_of_the_last(write: Write) -> None:
    for i in range(9):
        write(f"many/{i}.py", f"a = {i}\nb = 1\n")  # 12 bytes each
    (corpus,) = named(f"python={write('many/9.py', '').parent}")
    part = sampled(corpus, 43)
    texts = [units.texts[0] for shard in part.shards for units in read(shard)]
    assert sorted(map(len, texts)) == [6, 12, 12, 12]
    assert all(text.endswith("\n") for text in texts)
    assert sampled(corpus, 10**9) == corpus
    assert sampled(corpus, 43) == part


@pytest.mark.parametrize(
    ("word", "size", "message"),
    [
        ("src/a.py", 3, "a.py: its first line is longer than --bytes"),
        ("python=src/more.jsonl", 30, "more.jsonl holds records"),
        ("python=-", 30, "standard input cannot be"),
    ],
)
def test_parts_that_are_refused(
    src: Path, monkeypatch: pytest.MonkeyPatch, word: str, size: int, message: str
) -> None:
    monkeypatch.chdir(src.parent)
    with pytest.raises(TokscopeError, match=message):
        sampled(named(word)[0], size)
