"""What a text in pieces looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokscope.plots import Cut, Cuts, Piece, Plot
from tokscope.report import Report

if TYPE_CHECKING:
    import pandas as pd


def plots(report: Report) -> list[Plot]:
    """Return the text as every tokenizer cuts it."""
    cuts = [
        Cut("", str(name), pieces_of(own))
        for name, own in report.frame.groupby("tokenizer", sort=False)
    ]
    return [Cuts("tokens", report.title, tuple(cuts), "each box is a token")]


def pieces_of(frame: pd.DataFrame) -> tuple[Piece, ...]:
    """Return the tokens in rows of `show`."""
    return tuple(map(_piece, frame.itertuples()))


def _piece(row: Any) -> Piece:
    """Return a token as the part of the text that it stands for; some stand for none."""
    place = f", {row.place}" if row.place else ""
    return Piece(row.text or row.token, f"id {row.id}, bytes {row.bytes}{place}")
