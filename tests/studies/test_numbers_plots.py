"""What numbers look like: cuts by hand, and parts that join to the number."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tokenizers.families import FAMILIES, by_pattern, write
from tokscope.numerals.cuts import parts
from tokscope.numerals.drawn import EXAMPLES, SPACED
from tokscope.plots import Cuts, Lines
from tokscope.studies.numbers import number, numbers
from tokscope.studies.numbers_plots import examples, plots
from tokscope.tokenizers import load

THREES = r"\d{1,3}"


def up_to(digits: int) -> list[str]:
    return [f"{n:0{size}d}" for size in range(1, digits + 1) for n in range(10**size)]


def test_parts_of_numbers_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.write_text(by_pattern(THREES, up_to(3)).to_str())
    found = parts(load(str(path)), ["3617409", "36.174", "x"], SPACED)
    assert [[part.text for part in own] for own in found] == [
        ["361", "740", "9"],
        ["36", ".", "174"],
        ["x"],
    ]


@pytest.mark.parametrize("name", FAMILIES)
def test_parts_join_to_the_number(name: str, tmp_path: Path) -> None:
    tokenizer = load(write(tmp_path, name))
    found = parts(tokenizer, EXAMPLES, SPACED)
    assert ["".join(part.text for part in own) for own in found] == list(EXAMPLES)


def test_a_number_of_unknown_tokens_does_not_look_like_a_known_one(tmp_path: Path) -> None:
    cuts = examples([load(write(tmp_path, "bert.json"))])
    assert {piece.text for cut in cuts if cut.row == "36" for piece in cut.pieces} == {
        "36 (unknown)"
    }


def test_numbers_are_drawn_side_by_side_with_their_tokens_by_length() -> None:
    report = numbers(["bytes", "sample:bpe"], by="scheme")
    assert report.plots
    cuts, tokens = report.plots(report)
    assert isinstance(cuts, Cuts)
    assert isinstance(tokens, Lines)
    assert cuts.beside
    assert [(cut.row, cut.series) for cut in cuts.cuts[:3]] == [
        ("3", "bytes"),
        ("3", "sample-bpe"),
        ("36", "bytes"),
    ]
    # a byte is a digit, and a comma
    own = [len(cut.pieces) for cut in cuts.cuts if cut.series == "bytes"]
    assert own == [len(one) for one in EXAMPLES]
    assert tokens.lines[0].xs == tokens.lines[0].ys == tuple(range(1, 13))


def test_a_part_without_lengths_has_cuts_alone() -> None:
    report = numbers(["bytes"], by="context")
    assert report.plots
    assert [plot.name for plot in report.plots(report)] == ["cuts"]
    assert [plot.name for plot in plots(report, ())] == ["cuts"]


def test_one_number_is_drawn_by_itself() -> None:
    report = number("12", ["bytes"])
    assert report.plots
    (plot,) = report.plots(report)
    assert isinstance(plot, Cuts)
    assert not plot.beside
