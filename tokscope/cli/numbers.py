"""`tokscope numbers`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError


def command(
    specs: text.Specs,
    number: Annotated[
        str | None,
        typer.Option(metavar="N", help="Show this number in every tokenizer, and nothing else."),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            help="All of one part: scheme, coverage, alignment, separator, context, script, kind."
        ),
    ] = "",
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Where drawing numbers begins; 0.")
    ] = None,
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Say how tokenizers treat numbers: by which rule, how evenly, at what cost and what risk.

    Opens with a line for each tokenizer that says how it cuts numbers:

    `tokscope numbers sample:bpe sample:unigram`

    `tokscope numbers sample:bpe --by alignment`

    `tokscope numbers sample:bpe sample:unigram --number 1234567`
    """
    output.require_formats(format_, outputs or ())
    output.require_kept(outputs, specs=specs)
    if number is not None and (by or seed is not None):
        other = "--by" if by else "--seed"
        raise TokscopeError(f"--number shows one number; leave {other} away")
    from tokscope.studies import numbers as study
    from tokscope.studies.numbers import number as shown

    if number is not None:
        report = shown(number, specs)
        views = [report]
    else:
        report = study.numbers(specs, by=by, seed=seed or 0)
        views = study.tables(report, by)
    output.emit(report, views, format_, outputs or ())
