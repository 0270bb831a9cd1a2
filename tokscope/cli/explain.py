"""`tokscope explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output


def command(
    codes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CODE]...", help="Codes, or beginnings of codes; else all."),
    ] = None,
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Say what the code of a finding means, why it matters and what helps.

    `tokscope explain TS405`
    """
    output.require_formats(format_, outputs or ())
    from tokscope.studies import explain as explained

    report = explained.explained(codes or ())
    output.emit(report, explained.tables(report), format_, outputs or ())
