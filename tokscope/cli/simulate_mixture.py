"""`tokscope simulate-mixture`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import bars, output, text
from tokscope.cli.options import STATISTICS
from tokscope.errors import TokscopeError

# the plots, the main one first
_PLOTS = {"errors": "", "worst-mixture": ""}


def command(
    *,
    trials: Annotated[int, typer.Option(metavar="N", help="Number of tokenizers to train.")] = 8,
    size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number of corpora in each mixture (default: all)."),
    ] = None,
    vocabulary: Annotated[
        int,
        typer.Option(metavar="V", help="Number of tokens of each tokenizer, including 256 bytes."),
    ] = 10_256,
    bytes_: Annotated[
        float, typer.Option("--bytes", metavar="MB", help="Megabytes of training text for each.")
    ] = 20,
    merges: Annotated[
        int | None,
        typer.Option(metavar="T", help="Use T merges (default: as many as the text allows)."),
    ] = None,
    gap: Annotated[
        float,
        typer.Option(
            metavar="X",
            help="Stop when the answer is proven to be within X of the optimum; .05 is 5 %.",
        ),
    ] = 1e-4,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep finished trials in this file, and continue from them."
        ),
    ] = None,
    corpus: text.Corpora = None,
    reading: text.Reading,
    bootstrap: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Also report how often intervals from N draws hold.",
            rich_help_panel=STATISTICS,
            show_default=False,
        ),
    ] = 0,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="The seed of halves, mixtures and --bootstrap.",
            rich_help_panel=STATISTICS,
        ),
    ] = 0,
    details: output.Details = False,
    plot: Annotated[str, output.plots(_PLOTS)] = "",
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Measure how well infer-mixture would do on your text.

    Trains tokenizers on random mixtures of one half of the lines, infers the mixtures from the
    other half, and compares the error with that of simple guesses (Hayase et al. 2024, table 1):

    `tokscope simulate-mixture --corpus 'text/*.txt' --trials 8 --vocabulary 5000`
    """
    output.require_formats(out, draws=True)
    output.require_plot(plot, _PLOTS, out)
    output.require_view("--details" if details else "", out)
    if not 0 < bytes_ < 1e6:
        raise TokscopeError(f"--bytes {bytes_:g}: the training text is from 1 byte to 1 TB, in MB")
    output.require_kept(out, texts=corpus, also=[("--state", state)])
    corpora = text.read(corpus, reading)
    from tokscope.studies.simulate_mixture import simulate_mixture, tables
    from tokscope.text.corpus import read_corpora

    with (
        bars.steps(trials, "training", quiet=scale.quiet) as advance,
        text.started(scale) as workers,
    ):
        report = simulate_mixture(
            corpora or read_corpora(["sample:prose", "sample:code"]),
            trials=trials,
            size=size,
            vocabulary=vocabulary,
            bytes_=max(round(bytes_ * 1e6), 1),
            merges=merges,
            gap=gap,
            bootstrap=bootstrap,
            seed=seed,
            state=state,
            advance=advance,
            workers=workers,
        )
    output.emit(report, tables(report, details=details), out, plot=plot)
