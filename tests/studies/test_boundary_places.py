"""Where text can be cut, by kind of place: values worked out by hand, headlines, lines drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tokenizers.families import rank_file, tokenizer_of
from tokscope.counting.places import KINDS, kinds_of
from tokscope.errors import TokscopeError
from tokscope.plots import Values
from tokscope.render.grid import grid
from tokscope.studies.boundary_places import boundary_places, plots, tables
from tokscope.studies.boundary_places_headline import At, Told, headline

RANKS = {"ranks": tokenizer_of("ranks.tiktoken")}  # he, ll, hell, hello, 12 and " w" are tokens


def test_kinds_of_places() -> None:
    found = {
        "ab": "inside_word", "a1": "inside_word", "12": "inside_number", "中a": "inside_unspaced",
        "中1": "inside_unspaced", "ไ\u0e48": "inside_unspaced", "é\u0301": "inside_word",
        "a.": "at_punctuation", "(a": "at_punctuation", "::": "between_punctuation",
        "a ": "before_space", ". ": "before_space", " a": "after_space", "\t.": "after_space",
        "  ": "between_spaces", "a\n": "before_line_feed", " \n": "before_line_feed",
        "\n\n": "after_line_feed", "\n ": "after_line_feed", "\na": "after_line_feed",
    }  # fmt: skip
    for text, kind in found.items():
        assert KINDS[kinds_of(text)[1]] == kind, text


def test_the_values_of_a_text_by_hand() -> None:
    """Both lines, and the two line feeds between them, cut by GPT-2's expression."""
    report = boundary_places(RANKS, {"mine": ["hello w", "he 12"]})
    values = {(row["place"], row["measure"]): row["value"] for row in report.rows}
    counts = {place: value for (place, measure), value in values.items() if measure == "places"}
    assert counts == {
        "before_space": 2, "after_space": 2, "before_line_feed": 1, "after_line_feed": 1,
        "inside_word": 5, "inside_number": 1, "all": 12,
    }  # fmt: skip
    for measure in ("prefix_stable", "cut_safe"):
        assert [values[place, measure] for place in counts] == [1, 0.5, 1, 1, 0, 0, 5 / 12]
    # "hel" is he l and gives up both, as "hell" is not among the tokens of "hello w"
    assert values["inside_word", "given_up_mean"] == 6 / 5
    assert values["all", "given_up_mean"] == 8 / 12
    assert values["all", "given_up_99"] == values["all", "given_up_max"] == 2


def test_empty_lines_and_records_are_no_neighbours(
    write: Callable[[str, str | bytes], Path],
) -> None:
    lines = write("a.txt", "a b\n\n\nc\n")
    records = write("a.jsonl", '{"text": "a b"}\n{"text": "c"}\n')
    counts = []
    for path in (lines, records):
        frame = boundary_places("bytes", str(path)).frame
        counts.append(dict(frame[frame["measure"] == "places"][["place", "value"]].to_numpy()))
    inside = {"before_space": 1, "after_space": 1}
    assert counts[0] == {**inside, "before_line_feed": 1, "after_line_feed": 3, "all": 6}
    assert counts[1] == {**inside, "all": 2}


def test_lines_are_drawn_by_the_seed_alone() -> None:
    texts = {"mine": [f"word {i} of {i * i}" for i in range(200)]}
    some = [boundary_places(RANKS, texts, lines=20, seed=seed) for seed in (0, 0, 1)]
    assert some[0].frame.equals(some[1].frame)
    assert not some[0].frame.equals(some[2].frame)
    assert some[0].signature.endswith("lines:20|seed:0")
    whole = boundary_places(RANKS, texts)
    assert boundary_places(RANKS, texts, lines=200).frame.equals(whole.frame)


def test_several_corpora_are_shown_together_and_apart() -> None:
    report = boundary_places({**RANKS, "b": "bytes"}, {"one": ["he w"], "two": ["hello"]})
    together, given_up, apart = tables(report)
    anywhere = together.frame[together.frame["place"] == "anywhere"]
    assert anywhere["of"].tolist() == ["ranks stable", "ranks safe", "b stable", "b safe"]
    assert anywhere["value"].tolist() == [1 / 7, 1 / 7, 1, 1]  # before the space of "he w"
    assert grid(together).numeric == [False, *[True] * 5]
    assert list(given_up.frame.columns) == ["tokenizer", "mean", "99 %", "most"]
    assert apart.frame["corpus"].tolist() == ["one", "one", "two", "two", "all", "all"]


def told(name: str, *, most: int = 1, adds: bool = False, **safe: tuple[int, int, int]) -> Told:
    return Told(name, tuple(At(kind, *counts) for kind, counts in safe.items()), most, adds)


BPE = told("a", most=3, before_space=(50, 50, 50), after_space=(50, 1, 1))
ADDS = told("llama", adds=True, before_space=(50, 50, 0))
DROPS = told("bert", before_space=(50, 50, 50), after_space=(50, 50, 50), inside_word=(9, 0, 0))
LOST = " Where text is cut elsewhere, up to 3 tokens before the cut change"


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([told("a", most=0)], "Cannot tell: this text has no place between two characters."),
        (
            [told("bytes", most=0, before_space=(1, 1, 1))],
            "Every cut of this text is safe with bytes.",
        ),
        ([BPE], f"In this text every cut before a space is safe with a.{LOST}."),
        (
            [BPE, DROPS, ADDS],
            "In this text every cut before a space is safe with a and bert. With bert it is also "
            "safe after a space. No cut is safe with llama, which puts a space before every text: "
            f"encode pieces without it.{LOST} (a).",
        ),
        (
            [told("few", before_space=(19, 19, 19), inside_word=(100, 60, 40))],
            "No kind with 20 places or more is always safe with few; the safest is inside a word "
            "(40 %). Where text is cut, up to 1 token before the cut change.",
        ),
        (
            [told("x", before_space=(19, 19, 19), after_space=(1, 0, 0)), ADDS],
            "No cut is safe with llama, which puts a space before every text: encode pieces "
            "without it. Cannot tell where every cut is safe with x: no kind has 20 places or "
            "more. Where text is cut, up to 1 token before the cut change (x).",
        ),
        (
            [told("x", most=0, inside_word=(100, 60, 0)), told("y", most=0, inside_word=(9, 9, 0))],
            "No cut is safe with x and y.",
        ),
    ],
)  # fmt: skip
def test_headlines(found: list[Told], sentence: str) -> None:
    assert headline(found) == sentence


def test_a_line_that_cannot_be_encoded_is_named(write: Callable[[str, str | bytes], Path]) -> None:
    """The expression leaves spaces out, so that a prefix that ends in one has no tokens for it."""
    ranks, pattern = write("ranks.tiktoken", rank_file()), write("pattern.txt", r"\p{L}+")
    text = write("a.txt", "hello\nhe llo\n")
    with pytest.raises(TokscopeError, match=r"a.txt:2: the tokenizer's pattern leaves some"):
        boundary_places(f"tiktoken-file:{ranks}?pattern-file={pattern}", str(text))


def test_of_a_part_of_the_text_the_headline_says_so() -> None:
    part = "Every cut of the text that was looked at is safe with bytes."
    for text, lines in ((["a b", "x" * 1001], None), (["a b", "c d"], 1)):
        assert boundary_places("bytes", {"mine": text}, lines=lines).headline == part
    assert headline([BPE], whole=False).startswith("In the text that was looked at every cut")


def test_what_cannot_be_meant_is_refused() -> None:
    for options, message in (({"lines": 0}, "--lines 0"), ({"seed": -1}, "--seed -1")):
        with pytest.raises(TokscopeError, match=message):
            boundary_places("bytes", {"mine": ["a b"]}, **options)  # type: ignore[arg-type]


def test_a_text_of_single_characters_has_no_places() -> None:
    report = boundary_places("bytes", {"mine": ["a"]})
    assert report.headline.startswith("Cannot tell")
    assert all(math.isnan(value) or value == 0 for value in report.frame["value"])
    shares, given_up = map(grid, tables(report))
    assert shares.rows == [["anywhere", "0", "–", "–"]]
    assert given_up.rows == [["bytes", "–", "–", "–"]]
    assert not plots(report)


def test_the_plot_shows_safe_cuts_by_kind_of_all_corpora() -> None:
    (plot,) = plots(boundary_places(RANKS, {"one": ["he w"], "two": ["hello"]}))
    assert isinstance(plot, Values)
    shown = {mark.row: mark.value for mark in plot.marks}
    assert shown == {"before a space": 1, "after a space": 0, "inside a word": 0}
