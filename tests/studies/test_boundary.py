"""What a prompt excludes: values worked out by hand, headlines, notes, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tokenizers

from tests.boundaries.test_covers import toy
from tests.tokenizers.families import byte_level, tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.plots import Values
from tokscope.studies import boundary as study
from tokscope.studies.boundary import boundary, tables
from tokscope.studies.boundary_headline import Told, headline
from tokscope.studies.boundary_plots import plots

TOY = toy(("A", "A"), ("AA", "B"))  # A B C AA AAB


def test_the_rows_of_a_toy() -> None:
    """CA is covered by C A, by C AA and, as AAB ends a text, by C AAB."""
    report = boundary({"toy": TOY}, "CA")
    told = [
        (row["part"], row["name"], row["ids"], row["measure"], row["value"]) for row in report.rows
    ]
    assert told == [
        ("prompt", "", "", "tokens", 2),
        ("prompt", "", "", "final", 1),
        ("prompt", "", "", "open", 1),
        ("prompt", "", "", "covers", 3),
        ("prompt", "", "", "excluded", 2),
        ("prompt", "", "", "candidates", 3),
        ("prompt", "", "", "candidates inside characters", 0),
        ("given up", "0", "", "covers", 1),
        ("given up", "1", "", "covers", 2),
        ("final", "C", "2", "position", 1),
        ("open", "A", "0", "position", 2),
        ("cover", "A", "0", "given up", 0),
        ("cover", "AA", "3", "given up", 1),
        ("cover", "AAB", "4", "given up", 1),
    ]
    assert report.headline == (
        "Excluded after the prompt: 2 of 3 ways to go on with toy. To allow all, give up the last "
        "token, “A”, before going on."
    )
    counts, tokens, listed = tables(report)
    assert counts.rows[0] == {
        "tokenizer": "toy", "tokens": 2, "final": 1, "open": 1, "covers": 3, "excluded": 2
    }  # fmt: skip
    assert tokens.rows[0] == {"tokenizer": "toy", "final": "C", "open": "A", "ids": "0"}
    assert [row["cover"] for row in listed.rows] == ["A", "AA", "AAB"]


def test_covers_are_listed_by_how_often_their_last_token_comes_up() -> None:
    """CAAB is C AAB, and CAA is C AA; A is in none of them."""
    report = boundary({"toy": TOY}, "CA", corpora={"x": ["CAAB", "CAAB", "CAA"]}, top=2)
    told = [row for row in report.rows if row["part"] == "cover"]
    assert [(row["name"], row["measure"], row["value"]) for row in told] == [
        ("AAB", "given up", 1), ("AAB", "uses", 2), ("AA", "given up", 1), ("AA", "uses", 1)
    ]  # fmt: skip
    listed = tables(report)[2]
    assert listed.title == "Most used covers, from where they may differ"
    assert listed.rows[0] == {
        "tokenizer": "toy", "cover": "AAB", "given up": 1, "uses": 2, "ids": "4"
    }  # fmt: skip
    assert "corpora" in report.provenance
    assert "corpora" not in boundary({"toy": TOY}, "CA").provenance


def test_covers_that_no_text_holds_are_listed_by_length() -> None:
    report = boundary({"toy": TOY}, "CA", corpora={"x": ["CCC"]})
    assert [row["name"] for row in report.rows if row["measure"] == "uses"] == ["A", "AA", "AAB"]
    assert report.notes[0] == (
        "no cover of toy ends in a token of the text: the shortest ones are listed"
    )


def test_a_plot_has_a_bar_for_each_number_of_tokens_given_up() -> None:
    (plot,) = plots(boundary({"toy": TOY, "other": "bytes"}, "CA"))
    assert isinstance(plot, Values)
    assert [mark[:3] for mark in plot.marks] == [
        ("0 tokens", "toy", 1.0), ("0 tokens", "other", 1.0),
        ("1 token", "toy", 2.0), ("1 token", "other", 0.0),
    ]  # fmt: skip


def test_of_a_long_prompt_the_last_tokens_are_shown() -> None:
    report = boundary({"toy": TOY}, "C" * 200 + "A", top=1)
    assert [row["value"] for row in report.rows if row["part"] == "final"] == list(range(102, 201))
    _, tokens, listed = tables(report)
    assert tokens.rows[0]["final"] == "…|C|C|C|C|C|C|C|C"
    assert [row["cover"] for row in listed.rows] == ["A"]


def test_covers_are_written_as_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "covers.jsonl"
    boundary({"one": TOY, "two": "bytes"}, "CA", save=path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"tokenizer": "one", "given_up": 0, "ids": [2, 0], "text": "CA"},
        {"tokenizer": "one", "given_up": 1, "ids": [2, 3], "text": "CAA"},
        {"tokenizer": "one", "given_up": 1, "ids": [2, 4], "text": "CAAB"},
        {"tokenizer": "two", "given_up": 0, "ids": [67, 65], "text": "CA"},
    ]
    monkeypatch.setattr(study, "_MOST", 7)
    with pytest.raises(TokscopeError, match="the covers would be 8 ids in a file"):
        boundary({"one": TOY, "two": "bytes"}, "CA", save=tmp_path / "other.jsonl")
    assert not (tmp_path / "other.jsonl").exists()


def test_notes_tell_what_is_read_and_what_a_continuation_can_complete() -> None:
    made = byte_level(added=["hello!", tokenizers.AddedToken("hel<x>", special=True)])
    report = boundary({"gpt": made, "bert": tokenizer_of("bert.json")}, "Say hel")
    assert "bert reads the prompt as “say␣hel”" in report.notes
    assert "1 cover of gpt ends in an added token" in report.notes
    assert any("can complete 1 special token of gpt" in note for note in report.notes)
    report = boundary({"bert": tokenizer_of("bert.json")}, "the \n")
    assert "bert has no token that holds the end of the prompt" in report.notes
    assert report.headline.startswith("Nothing is excluded")


def told(name: str, excluded: int = 0, spaced: int = 0, opened: tuple[str, ...] = ()) -> Told:
    return Told(name, 100, 7, opened, excluded + 1, excluded, spaced)


@pytest.mark.parametrize(
    ("prompt", "found", "words"),
    [
        (
            "a ",
            [told("x", 44_435, 44_435, ("␣",))],
            "The prompt ends in a space: 44,435 of 100 tokens of x begin with one and are excluded.",
        ),
        (
            "a ",
            [told("x", 1, 1, ("␣",)), told("y")],
            "The prompt ends in a space. Tokens that begin with one are excluded: 1 of 100 with "
            "x; none with y.",
        ),
        (  # a token such as “a␣b” holds the space and does not begin with it
            "a ",
            [told("x", 3, 0, ("a", "␣"))],
            "Excluded after the prompt: 3 of 4 ways to go on with x. To allow all, give up the "
            "last 2 tokens, “a|␣”, before going on.",
        ),
        (
            "a",
            [told("x", 3, 0, ("a", "b")), told("y", 2, 0, ("a",)), told("z")],
            "Excluded after the prompt: 3 of 4 ways to go on with x and 2 of 3 ways to go on with y; "
            "none with z. To allow all, give up the last 2 tokens of x, and fewer of the "
            "others.",
        ),
        (
            "a",
            [told("x", 1, 0, ("a", "b")), told("y", 1, 0, ("b", "b")), told("z", 1, 0, ("b",))],
            "Excluded after the prompt: 1 of 2 ways to go on with x, 1 of 2 ways to go on with y "
            "and 1 of 2 ways to go on with z. To allow all, give up the last 2 tokens of x and y, "
            "and fewer of the others.",
        ),
        (
            "a",
            [told("x", 3, 0, ("a",)), told("y", 2, 0, ("a",))],
            "Excluded after the prompt: 3 of 4 ways to go on with x and 2 of 3 ways to go on with "
            "y. To allow all, give up the last token before going on.",
        ),
        (
            "a",
            [told("x"), told("y")],
            "Nothing is excluded: all tokens of the prompt stay the same with x and y.",
        ),
        (
            "a",
            [Told("x", 100, 1, (), 1, 0, 0)],
            "Nothing is excluded: the token of the prompt stays the same with x.",
        ),
        (
            "\x00",
            [Told("x", 100, 0, (), 0, 0, 0)],
            "Cannot tell: x reads nothing in the prompt.",
        ),
    ],
)  # fmt: skip
def test_the_headline_says_what_is_excluded(prompt: str, found: list[Told], words: str) -> None:
    assert headline(prompt, found) == words


@pytest.mark.parametrize(
    ("prompt", "top", "message"),
    [
        ("", 5, "the prompt is empty"),
        ("\ud800", 5, "not valid Unicode"),
        ("a", 0, "--top 0: write how many covers"),
        (7, 5, "prompt: "),
    ],
)
def test_what_cannot_be_asked_is_refused(prompt: str, top: int, message: str) -> None:
    with pytest.raises(TokscopeError, match=message):
        boundary("bytes", prompt, top=top)
