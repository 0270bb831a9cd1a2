"""`tokscope compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import STATISTICS
from tokscope.errors import TokscopeError

# the plots, the main one first, and when there is one
_PLOTS = {
    "relative": "",
    "premium": "with --parallel",
    "premium-by-script": "with --parallel",
    "premium-map": "with --parallel",
    "relative-map": "without parallel text",
}


def _prices(words: list[str] | None) -> dict[str, float]:
    prices = {}
    for word in words or ():
        label, _, price = word.rpartition("=")
        if not label:
            raise TokscopeError(f"--price {word}: say of which tokenizer, as in gpt-4o={price}")
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
        raise TokscopeError("--cluster is for --bootstrap; add --bootstrap 1000")
    if lines is not None and any(others):
        raise TokscopeError(
            "--lines lists lines; drop --measure, --price, --by, --sort, --reference-lines, "
            "--bootstrap and --details"
        )


def command(
    specs: text.Specs,
    *,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            "--measure",
            "-m",
            metavar="NAME",
            help="A measure, or all; `tokscope measures` lists them. Repeatable.",
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="tokenizer shows the summary alone, language one table per measure.",
        ),
    ] = "",
    sort: Annotated[
        str,
        typer.Option(
            metavar="LABEL",
            help="Sort corpora by name, or those first that are worst for the tokenizer LABEL.",
        ),
    ] = "",
    reference: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The corpus that premiums are relative to (default: en, or the first).",
        ),
    ] = "",
    lines: Annotated[
        int | None,
        typer.Option(metavar="N", help="Instead, list the N lines with the largest premium."),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL=2.5",
            help="The price of a million tokens of a tokenizer; adds what a corpus costs. "
            "Repeatable.",
        ),
    ] = None,
    reference_lines: Annotated[
        str | None,
        typer.Option(
            "--reference-lines",
            metavar="NAMES",
            help="Compressors to show beside tokenizers, in bits per byte: gzip, bz2, xz, or "
            "several with commas between. They read the text a second time.",
        ),
    ] = None,
    corpus: text.Corpora = None,
    parallel: text.Parallel = False,
    reading: text.Reading,
    words: text.Words = "unicode",
    specials: text.Specials = False,
    cluster: text.Cluster = "",
    bootstrap: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Resample the text N times, for 95 % intervals and for differences from the "
            "first tokenizer.",
            rich_help_panel=STATISTICS,
            show_default=False,
        ),
    ] = 0,
    seed: text.Seed = None,
    details: output.Details = False,
    plot: Annotated[str, output.plots(_PLOTS)] = "",
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Compare tokenizers on text: cost, fairness and fidelity, with units and directions.

    Without --corpus, on the embedded sample of parallel sentences:

    `tokscope compare sample:bpe sample:unigram bytes`

    On your own text; a corpus is a language or any other category, and --parallel says that they
    are translations of each other:

    `tokscope compare gpt2 org/model --corpus 'flores/*.txt' --parallel`
    """
    output.require_formats(out, draws=lines is None)
    is_parallel = parallel or not corpus  # as the sample is
    kind = "with --parallel" if is_parallel else "without parallel text"
    output.require_plot(plot, _PLOTS, out, [kind])
    output.require_view("--details" if details else "", out)
    output.require_kept(out, specs=specs, texts=corpus)
    beside = [] if reference_lines is None else list(dict.fromkeys(reference_lines.split(",")))
    table = (measure, price, by, sort, beside, bootstrap, details)
    _require_sense(bool(cluster) and not bootstrap, lines, table)
    drawn = text.seed_of(seed, bool(bootstrap))
    prices = _prices(price)
    corpora = text.read(corpus, reading, parallel=parallel, cluster=cluster)
    from tokscope.counting.counted import embedded
    from tokscope.studies import compare as study

    with text.workers(corpora, scale, times=1 + bool(beside)) as workers:
        if lines is not None:
            from tokscope.studies.compare_lines import worst_lines

            report = worst_lines(
                specs, corpora, top=lines, reference=reference, specials=specials, workers=workers
            )
        else:
            asked = study.Asked(
                measures=measure or (),
                reference=reference,
                word_rule=words,
                prices=prices,
                by=by,
                sort=sort,
                specials=specials,
                bootstrap=bootstrap,
                seed=drawn,
                details=details,
                reference_lines=beside,
            )
            report = study.compared(
                specs, embedded() if corpora is None else corpora, asked, workers
            )
    output.emit(report, report.view(report) if report.view else [report], out, plot=plot)
