"""Agreement with morphemes: what is said first, weights, tables, and a line for every word."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import tokscope
from tokscope.errors import TokscopeError
from tokscope.plots import Values
from tokscope.report import Report
from tokscope.studies.morph import tables

Write = Callable[[str, str | bytes], Path]
Pairs = list[tuple[str, list[str]]]
ENGLISH: Pairs = [("numbers", ["number", "s"]), ("slowly", ["slow", "ly"])] * 20
WHOLE: Pairs = [("house", ["house"])]
LETTERS: Pairs = [("ab", ["a", "b"]), ("of", ["of"])] * 30  # characters cuts both


def values(report: Report, **of: str) -> Mapping[str, float]:
    frame = report.frame[report.frame["part"] == "all"]
    for column, name in of.items():
        frame = frame[frame[column] == name]
    return dict(zip(frame["measure"], frame["value"], strict=True))


# the embedded BPE cuts number|s and slow|ly
HEADLINES: list[tuple[list[str], dict[str, Pairs], str]] = [
    (["characters"], {"x": WHOLE}, "Cannot tell: no word of the gold has a boundary that"),
    (
        ["characters"],
        {"x": LETTERS},
        "characters cuts at 100 % of the boundaries between morphemes; as many cuts at random "
        "would be at 100 % of them. That is not clearly more than chance.",
    ),
    (
        ["characters", "bytes"],
        {"x": ENGLISH},
        "None clearly agrees with the morphemes of x beyond chance.",
    ),
    (
        ["sample:bpe", "again=sample:bpe"],
        {"x": ENGLISH},
        "No clear difference between sample-bpe and again in x.",
    ),
    (
        ["sample:bpe"],
        {"x": ENGLISH[:29], "y": WHOLE},
        "Too little gold to tell: fewer than 30 words with a boundary.",
    ),
    (
        ["sample:bpe", "characters"],
        {"x": ENGLISH[:30], "y": WHOLE * 30, "z": ENGLISH[:29] + WHOLE},
        "sample-bpe agrees more with the morphemes of x (kappa 1.00). Cannot tell for y: nothing "
        "to agree on. Cannot tell for z: fewer than 30 words with a boundary.",
    ),
    (
        ["sample:bpe", "again=sample:bpe", "characters"],
        {"x": ENGLISH, "y": WHOLE},
        "sample-bpe and again agree most with the morphemes of x without a clear difference "
        "(kappa 1.00). Cannot tell for y: nothing to agree on.",
    ),
    (
        ["characters", "sample:bpe"],
        {"x": ENGLISH},
        "sample-bpe agrees more with the morphemes of x (kappa 1.00).",
    ),
]


@pytest.mark.parametrize(("words", "gold", "told"), HEADLINES, ids=lambda one: str(one)[:30])
def test_the_headline_claims_no_more_than_the_numbers(
    words: list[str], gold: dict[str, Pairs], told: str
) -> None:
    assert tokscope.morph(words, gold).headline.startswith(told)


def test_a_word_that_counts_twice_is_one_that_stands_twice(write: Write) -> None:
    many = write("many.tsv", "houses\thouse|s\thelpful\n" * 2 + "helpful\thelp|ful\tx\n")
    few = write("few.tsv", "houses\thouse|s\thelpful\t2\nhelpful\thelp|ful\tx\t1\n")
    plain = tokscope.morph("sample:bpe", {"x": many})
    weighed = tokscope.morph("sample:bpe", {"x": few}, frequency="4")
    assert values(plain) == pytest.approx(values(weighed), nan_ok=True)
    parts = ["part", "name", "measure", "value"]
    listed = [one.frame[one.frame["part"] == "boundary"][parts] for one in (plain, weighed)]
    assert listed[0].equals(listed[1])
    assert "frequency:4" in weighed.signature


def test_every_word_gets_a_line(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "words.jsonl"
    gold = {"x": [("houses", ["house", "s"]), ("中", ["中"])]}
    report = tokscope.morph(["characters", "bytes"], gold, words=str(path))
    told, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert told == {"signature": report.signature}
    none = {"hits": 0, "false": 0, "missed": 0, "inside": 0}
    cut = {"tokens": "h|o|u|s|e|s", "hits": 1, "false": 4, "missed": 0, "inside": 0}
    assert rows == [
        {
            "gold": "x",
            "word": "houses",
            "category": "",
            "morphemes": "house|s",
            "cuts": {"characters": cut, "bytes": cut},
        },
        {
            "gold": "x",
            "word": "中",
            "category": "",
            "morphemes": "中",
            "cuts": {
                "characters": {"tokens": "中", **none},
                "bytes": {"tokens": "中", **none, "inside": 2},
            },
        },
    ]


def test_alone_and_after_a_space_are_two_things() -> None:
    after, alone = (
        values(tokscope.morph("sample:bpe", "sample:en", context=context))
        for context in ("after-space", "alone")
    )
    assert after["positions"] == alone["positions"]
    assert after["one_token"] > alone["one_token"]


def test_tables_and_the_plot() -> None:
    report = tokscope.morph(["sample:bpe", "bytes"])
    first, listed = tables(report)
    assert list(first.frame["measure"].unique()) == [
        *("words", "precision", "recall", "by chance", "kappa", "one token", "hard"),
    ]
    assert len(listed.rows) == 4 * 3  # of bytes no boundary is missed
    assert "a description, no score" in listed.notes[0]
    whole = tables(report, details=True)
    assert [one.title for one in whole][1:] == ["By category", "Boundaries missed most"]
    assert len(tables(tokscope.morph("bytes", "sample:en"))) == 2  # by category, nothing missed
    (plot,) = report.plots(report) if report.plots else []
    assert isinstance(plot, Values)
    assert [mark.row for mark in plot.marks[::2]] == ["de", "en", "fi", "tr"]


def test_what_is_no_number_of_boundaries_is_refused() -> None:
    with pytest.raises(TokscopeError, match="--top 0: write how many boundaries"):
        tokscope.morph("bytes", top=0)
    with pytest.raises(TokscopeError, match="did you mean 'alone'"):
        tokscope.morph("bytes", context="aloen")


def test_words_that_a_tokenizer_refuses_are_told(write: Write) -> None:
    model = {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"a": 0, "##b": 1}}
    model |= {"continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
    path = write("refuses.json", json.dumps({"version": "1.0", "added_tokens": [], "model": model}))
    found = tokscope.morph(
        str(path), {"x": [("ab", ["a", "b"]), ("zz", ["z", "z"])]}, context="alone"
    )
    assert (values(found)["recall"], values(found)["unknown"]) == (0.5, 1)
    with pytest.raises(TokscopeError, match="refuses: the term 'zz': the tokenizer cannot"):
        tokscope.vocab(str(path), lists={"x": ["ab", "zz"]}, by="terms")
