"""What every study returns: a tidy frame with what is needed to read it."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokscope.visible import visible

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Report:
    """A result, at full precision; only a renderer rounds or drops anything.

    A frame with a column `value` is long: one value a row, with its `unit` and the direction that
    is `better`. `across` names the column whose entries people want to see side by side; `flow`
    the columns that they want to read on in lines, one cell a row, under the first column's entry.
    """

    command: str
    title: str
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    signature: str = ""
    across: str = ""
    flow: tuple[str, ...] = ()
    headline: str = ""
    details: tuple[str, ...] = ()
    passed: bool | None = None  # where there is something to pass, such as gates

    def _repr_html_(self) -> str:
        """Show the frame in a notebook, under its title and above its notes."""
        headline = f"<p>{_text(self.headline)}</p>" if self.headline else ""
        notes = "".join(f"<li>{_text(note)}</li>" for note in self.notes)
        table = mapped(self.frame, visible).to_html(
            index=False, na_rep="–", float_format="{:.4g}".format
        )
        return (
            f"{headline}<h4>{_text(self.title)}</h4>{table}<ul>{notes}</ul>"
            f"<small>{_text(self.signature)}</small>"
        )


def _text(text: str) -> str:
    return html.escape(visible(text))


def mapped(frame: pd.DataFrame, door: Callable[[str], str]) -> pd.DataFrame:
    """Return a frame whose strings, names of columns among them, went through a door."""
    found = frame.copy()
    for place, kind in enumerate(frame.dtypes):
        if kind.kind == "O":  # text, and what may hold some
            cells = frame.iloc[:, place].to_numpy(object, copy=True)  # a list may change its kind
            for i, cell in enumerate(cells):
                if isinstance(cell, str):
                    cells[i] = door(cell)
            found.isetitem(place, cells)
    found.columns = frame.columns.map(lambda name: door(name) if isinstance(name, str) else name)
    return found
