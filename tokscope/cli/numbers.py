"""`tokscope numbers`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import STATISTICS
from tokscope.errors import TokscopeError

# the plots, the main one first
_PLOTS = {"cuts": "", "tokens": ""}


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
            help="Also show one part whole (scheme, coverage, alignment, separator, context, "
            "script or kind), or what matters of all.",
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
    details: output.Details = False,
    plot: Annotated[str, output.plots(_PLOTS)] = "",
    out: output.Output,
) -> None:
    """Show how tokenizers cut numbers: by which rule, how evenly, at what cost and risk.

    Says by which rule each tokenizer cuts them, and of how many numbers that is true:

    `tokscope numbers sample:bpe sample:unigram`

    `tokscope numbers sample:bpe --by alignment`

    `tokscope numbers sample:bpe sample:unigram --number 1234567`
    """
    output.require_formats(out, draws=True)
    output.require_plot(plot, _PLOTS, out)
    output.require_kept(out, specs=specs)
    given = {"--by": by, "--seed": seed is not None}
    others = [option for option, value in given.items() if value]
    if number is not None and others:
        raise TokscopeError(f"--number shows one number; drop {others[0]}")
    output.require_view("--details" if details else "--by all" if by == "all" else "", out)
    from tokscope.studies import numbers as study
    from tokscope.studies.numbers import number as shown

    if number is not None:
        report = shown(number, specs)
        more = report.details if details else ()
        views = [replace(report, notes=(*report.notes, *more))]
    else:
        # the rules alone take a fifth of the time
        whole = details or output.has_all(out) or plot == "tokens"
        report = study.numbers(specs, by=by or ("" if whole else study.RULES), seed=seed or 0)
        views = study.tables(report, by, details=details)
    output.emit(report, views, out, plot=plot)
