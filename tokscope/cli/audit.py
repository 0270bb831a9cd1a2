"""`tokscope audit`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError, choose


def _require_sense(*, corpus: bool, tokens: bool, traps: bool, lists: bool, rules: bool) -> None:
    """Refuse options that would be ignored."""
    if tokens and traps:
        raise TokscopeError("--tokens and --adversarial do not go together; choose one")
    if lists and not traps:
        raise TokscopeError("--word-list is for --adversarial; add --adversarial N")
    if (tokens or traps) and (corpus or rules):
        raise TokscopeError(
            "a list has no findings; leave --corpus, --select, --ignore and --fail-on away"
        )


def command(
    specs: text.Specs,
    corpus: text.Corpora = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Only these rules; TS4 is all of TS4xx. Repeatable."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="All rules but these. Repeatable."),
    ] = None,
    fail_on: Annotated[
        str, typer.Option(metavar="SEVERITY", help="Exit with 1 on an error, or on a warning too.")
    ] = "",
    tokens: Annotated[
        bool, typer.Option("--tokens", help="List every token with its cause.")
    ] = False,
    adversarial: Annotated[
        int | None, typer.Option(metavar="N", help="List N glued words that trap the cut instead.")
    ] = None,
    word_list: Annotated[
        list[str] | None,
        typer.Option(
            "--word-list",
            metavar="[NAME=]PATH",
            help="Words for --adversarial, one a line; else those of the vocabulary. Repeatable.",
        ),
    ] = None,
    field: text.Field = None,
    errors: text.Errors = "strict",
    max_unit: text.MaxUnit = 64,
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Say what in tokenizers is broken: tokens that nothing produces, text that does not come back.

    Each token gets one cause, each finding a code: see tokscope explain.

    `tokscope audit sample:bpe`

    `tokscope audit sample:bpe --fail-on error --ignore TS44`

    `tokscope audit sample:bpe --adversarial 10`
    """
    output.require_formats(format_, outputs or ())
    output.require_kept(outputs, specs=specs, texts=[*(corpus or ()), *(word_list or ())])
    if fail_on:
        choose({"error": "", "warning": ""}, fail_on, "severity of --fail-on")
    _require_sense(
        corpus=bool(corpus),
        tokens=tokens,
        traps=adversarial is not None,
        lists=bool(word_list),
        rules=bool(select or ignore or fail_on),
    )
    read = partial(text.read, parallel=False, field=field, errors=errors, max_unit=max_unit)
    from tokscope.studies import audit as study
    from tokscope.studies import audit_traps as trapping

    if adversarial is not None:
        report = trapping.adversarial(specs, read(word_list), adversarial)
        output.emit(report, [report], format_, outputs or ())
    elif tokens:
        text.require_records(field, named=False)
        report = study.tokens(specs)
        output.emit(report, study.token_tables(report), format_, outputs or ())
    else:
        corpora = read(corpus)
        with text.workers(corpora, jobs, scheduler) as workers:
            report = study.audit(
                specs, corpora, select=select or (), ignore=ignore or (), workers=workers
            )
        output.emit(report, study.tables(report), format_, outputs or ())
        if fail_on and study.fails(report, fail_on):
            raise typer.Exit(1)
