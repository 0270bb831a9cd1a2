"""`tokscope explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output


def command(
    codes: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE", help="Codes, or beginnings of codes (default: all)."),
    ] = None,
    *,
    details: output.Details = False,
    out: output.Output,
) -> None:
    """Explain the code of a finding: what it means, why it matters and what helps.

    `tokscope explain TS405`
    """
    output.require_formats(out)
    output.require_view("--details" if details else "", out)
    from tokscope.studies import explain as study

    report = study.explain(codes or ())
    output.emit(report, study.tables(report, details=details), out)
