"""`tokscope compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError


def _prices(words: list[str] | None) -> dict[str, float]:
    prices = {}
    for word in words or ():
        label, _, price = word.rpartition("=")
        if label in prices:
            raise TokscopeError(f"--price {word}: {label} has two prices; give one")
        try:
            prices[label] = float(price)
        except ValueError as error:
            problem = f"--price {word}: write LABEL=NUMBER, such as gpt-4o=2.5"
            raise TokscopeError(problem) from error
    return prices


def _require_sense(alone: bool, lines: int | None, others: tuple[object, ...]) -> None:
    """Refuse options that would be ignored."""
    if alone:
        raise TokscopeError("--cluster says what --bootstrap draws; add --bootstrap 1000")
    if lines is not None and any(others):
        raise TokscopeError("--lines goes without --measure, --price, --by, --sort, --bootstrap")


def command(
    specs: text.Specs,
    corpus: text.Corpora = None,
    parallel: text.Parallel = False,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            "--measure", "-m", help="A measure by name, or all; `tokscope measures` lists them."
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(help="tokenizer: the summary alone; language: one table for every measure."),
    ] = "",
    sort: Annotated[
        str, typer.Option(metavar="LABEL", help="Sort corpora: worst first under LABEL, or name.")
    ] = "",
    reference: Annotated[
        str,
        typer.Option(help="The corpus that premiums are relative to (default en, or the first)."),
    ] = "",
    lines: Annotated[
        int | None, typer.Option(metavar="N", help="Instead: the N lines with the largest premium.")
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL=2.5", help="Price per million tokens; adds the cost of a corpus."
        ),
    ] = None,
    cluster: text.Cluster = "",
    bootstrap: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Resample the text N times: intervals, differences from the first.",
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(help="The seed of --bootstrap.")] = 0,
    words: text.Words = "unicode",
    specials: text.Specials = False,
    field: text.Field = None,
    errors: text.Errors = "strict",
    max_unit: text.MaxUnit = 64,
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Compare tokenizers on text: cost, fairness, fidelity, with units and directions.

    Without --corpus the text is an embedded sample of parallel sentences:

    `tokscope compare sample:bpe sample:unigram bytes`

    Corpora are languages or any other categories; declare them parallel to compare languages:

    `tokscope compare gpt2 org/model --corpus 'flores/*.txt' --parallel`
    """
    output.require_formats(format_, outputs or ())
    output.require_kept(outputs, specs=specs, texts=corpus)
    _require_sense(bool(cluster) and not bootstrap, lines, (measure, price, by, sort, bootstrap))
    corpora = text.read(
        corpus,
        parallel=parallel,
        field=field,
        errors=errors,
        max_unit=max_unit,
        cluster=cluster,
    )
    from tokscope.studies import compare as study
    from tokscope.studies.compare_lines import worst_lines

    with text.workers(corpora, jobs, scheduler) as workers:
        if lines is not None:
            report = worst_lines(
                specs, corpora, top=lines, reference=reference, specials=specials, workers=workers
            )
        else:
            report = study.compare(
                specs,
                corpora,
                measures=measure or (),
                reference=reference,
                word_rule=words,
                prices=_prices(price),
                specials=specials,
                bootstrap=bootstrap,
                seed=seed,
                workers=workers,
            )
    views = [report] if lines is not None else study.tables(report, by, sort)
    output.emit(report, views, format_, outputs or ())
