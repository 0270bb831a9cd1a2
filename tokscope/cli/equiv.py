"""`tokscope equiv`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text

_Spec = Annotated[str, typer.Argument(metavar="[LABEL=]SPEC", help="A tokenizer, as for compare.")]


def command(
    first: _Spec,
    second: _Spec,
    corpus: text.Corpora = None,
    by: Annotated[
        str, typer.Option(help="ids, or bytes: where text is cut, if ids differ by design.")
    ] = "ids",
    fuzz: Annotated[
        int, typer.Option(metavar="N", help="Random mixtures of tokens; 0: the corpora alone.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(help="The seed of --fuzz.")] = 0,
    top: Annotated[int, typer.Option(metavar="N", help="Mismatches to shrink and explain.")] = 5,
    field: text.Field = None,
    errors: text.Errors = "strict",
    max_unit: text.MaxUnit = 64,
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Compare two tokenizers, or two formats of one, for equality; exit with 1 where they differ.

    Beside --corpus they are tried on edge cases, every token, every character, pairs,
    apostrophes, added tokens and random mixtures. What differs is shrunk and explained.

    `tokscope equiv tokenizer.json tokenizer.model --corpus 'text/*.txt'`
    """
    output.require_formats(format_, outputs or ())
    output.require_kept(outputs, specs=[first, second], texts=corpus)
    corpora = text.read(corpus, parallel=False, field=field, errors=errors, max_unit=max_unit)
    from tokscope.studies import equiv as study

    with text.workers(corpora, jobs, scheduler) as workers:
        report = study.equiv(
            first, second, corpora, by=by, fuzz=fuzz, seed=seed, top=top, workers=workers
        )
    output.emit(report, study.tables(report), format_, outputs or ())
    if study.differs(report):
        raise typer.Exit(1)
