"""What every study returns: a tidy frame with what is needed to read it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    def _repr_html_(self) -> str:
        """Show the frame in a notebook, under its title and above its notes."""
        headline = f"<p>{html.escape(self.headline)}</p>" if self.headline else ""
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        table = self.frame.to_html(index=False, na_rep="–", float_format="{:.4g}".format)
        signature = html.escape(self.signature)
        return (
            f"{headline}<h4>{html.escape(self.title)}</h4>{table}<ul>{notes}</ul>"
            f"<small>{signature}</small>"
        )
