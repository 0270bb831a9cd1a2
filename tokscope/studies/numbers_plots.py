"""What numbers look like: how some are cut, and how many tokens numbers of each length take."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from tokscope.numerals.cuts import Part, parts
from tokscope.numerals.drawn import EXAMPLES, SPACED
from tokscope.plots import Cut, Cuts, Line, Lines, Piece, Plot
from tokscope.report import Report, Rows, grouped
from tokscope.tokenizers import Tokenizer


def examples(tokenizers: Sequence[Tokenizer]) -> tuple[Cut, ...]:
    """Return how every tokenizer cuts some numbers after a space."""
    pieces = {one.name: parts(one, EXAMPLES, SPACED) for one in tokenizers}
    unknown = {one.name: one.vocabulary.unknown for one in tokenizers}
    return tuple(
        Cut(number, name, tuple(_piece(part, unknown[name]) for part in own[i]))
        for i, number in enumerate(EXAMPLES)
        for name, own in pieces.items()
    )


def _piece(part: Part, unknown: int | None) -> Piece:
    """Return a token; one that is unknown is called so, or it would look like a known number."""
    text = f"{part.text} (unknown)" if part.id == unknown else part.text
    return Piece(text, f"id {part.id}")


def plots(report: Report, cuts: tuple[Cut, ...]) -> list[Plot]:
    """Return what can be drawn: some numbers in pieces, and tokens by length."""
    note = "each box is a token; numbers stand after a space, as in running text"
    drawn = Cuts("cuts", "How numbers are cut", cuts, note, beside=True)
    return [drawn, *_by_length(report.rows)]


def _by_length(rows: Rows) -> list[Lines]:
    """Draw the mean number of tokens of the numbers of each length."""
    means = [row for row in rows if row["by"] == "partition" and row["measure"] == "tokens"]
    known = [row for row in means if row["name"] == "after a space" and not isnan(row["value"])]
    lines = tuple(
        Line(name, tuple(float(row["digits"]) for row in own), tuple(row["value"] for row in own))
        for name, own in grouped(known, "tokenizer").items()
    )
    if not lines:
        return []
    title = "Tokens of a number, by its length"
    title += f": {lines[0].series}" if len(lines) == 1 else ""
    return [Lines("tokens", title, "digits", "tokens/number", lines, "means, after a space")]
