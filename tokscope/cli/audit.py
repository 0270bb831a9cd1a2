"""`tokscope audit`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError, choose

# the plots, the main one first
_PLOTS = {"unreachable": "", "lost-characters": "", "findings": ""}


def _require_sense(*, corpus: bool, tokens: bool, traps: bool, lists: bool, rules: bool) -> None:
    """Refuse options that would be ignored."""
    if tokens and traps:
        raise TokscopeError("--tokens and --adversarial do not go together; choose one")
    if lists and not traps:
        raise TokscopeError("--word-list is for --adversarial; add --adversarial N")
    if (tokens or traps) and (corpus or rules):
        raise TokscopeError(
            "a list has no findings; drop --corpus, --select, --ignore, --fail-on and --details"
        )


def command(
    specs: text.Specs,
    *,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help="Report these rules alone; TS4 is all of TS4xx. Repeatable."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Report all rules but these. Repeatable."),
    ] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="SEVERITY",
            help="Exit with 1 if a finding is an error (error), or at least a warning (warning).",
        ),
    ] = "",
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Instead, list every token with its cause.")
    ] = False,
    adversarial: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Instead, list N pairs of words that are not cut apart when glued together.",
        ),
    ] = None,
    word_list: Annotated[
        list[str] | None,
        typer.Option(
            "--word-list",
            metavar="[NAME=]PATH",
            help="Words for --adversarial, one per line (default: those of the vocabulary). "
            "Repeatable.",
        ),
    ] = None,
    corpus: text.Corpora = None,
    reading: text.Reading,
    details: output.Details = False,
    plot: Annotated[str, output.plots(_PLOTS)] = "",
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Find what is broken in tokenizers: unreachable tokens, text that does not round-trip.

    Every token gets a cause and every finding a code, which tokscope explain describes.

    `tokscope audit sample:bpe`

    `tokscope audit sample:bpe --fail-on error --ignore TS44`

    `tokscope audit sample:bpe --adversarial 10`
    """
    output.require_formats(out, draws=not tokens and adversarial is None)
    output.require_plot(plot, _PLOTS, out)
    output.require_view("--details" if details else "", out)
    output.require_kept(out, specs=specs, texts=[*(corpus or ()), *(word_list or ())])
    if fail_on:
        choose({"error": "", "warning": ""}, fail_on, "severity of --fail-on")
    _require_sense(
        corpus=bool(corpus),
        tokens=tokens,
        traps=adversarial is not None,
        lists=bool(word_list),
        rules=bool(select or ignore or fail_on or details),
    )
    from tokscope.rules import AUDITED, chosen
    from tokscope.studies import audit as study
    from tokscope.studies.audit_tables import tables

    if adversarial is not None:
        from tokscope.studies import audit_traps as trapping

        report = trapping.adversarial(specs, text.read(word_list, reading), adversarial)
        output.emit(report, [report], out)
    elif tokens:
        text.require_records(reading.field, named=False)
        report = study.tokens(specs)
        output.emit(report, study.token_tables(report), out)
    else:
        codes = chosen(select or (), ignore or (), AUDITED)
        corpora = text.read(corpus, reading)
        with text.workers(corpora, scale) as workers:
            report = study.audited(specs, corpora, codes, workers)
        output.emit(report, tables(report, details=details), out, plot=plot)
        if fail_on and study.fails(report, fail_on):
            raise typer.Exit(1)
