"""`tokscope numbers`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import STATISTICS
from tokscope.errors import TokscopeError


def command(
    specs: text.Specs,
    *,
    number: Annotated[
        str | None,
        typer.Option(metavar="N", help="Instead, show how every tokenizer cuts this number."),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            metavar="PART",
            help="Show all of one part: scheme, coverage, alignment, separator, context, script or "
            "kind.",
        ),
    ] = "",
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The seed of the sampled numbers (default: 0).",
            rich_help_panel=STATISTICS,
        ),
    ] = None,
    out: output.Output,
) -> None:
    """Show how tokenizers cut numbers: by which rule, how evenly, at what cost and risk.

    Begins with one line per tokenizer that says how it cuts numbers:

    `tokscope numbers sample:bpe sample:unigram`

    `tokscope numbers sample:bpe --by alignment`

    `tokscope numbers sample:bpe sample:unigram --number 1234567`
    """
    output.require_formats(out)
    output.require_kept(out, specs=specs)
    if number is not None and (by or seed is not None):
        other = "--by" if by else "--seed"
        raise TokscopeError(f"--number shows one number; drop {other}")
    from tokscope.studies import numbers as study
    from tokscope.studies.numbers import number as shown

    if number is not None:
        report = shown(number, specs)
        views = [report]
    else:
        report = study.numbers(specs, by=by, seed=seed or 0)
        views = study.tables(report, by)
    output.emit(report, views, out)
