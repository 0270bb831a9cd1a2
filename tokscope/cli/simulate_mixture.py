"""`tokscope simulate-mixture`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError


def command(
    corpus: text.Corpora = None,
    trials: Annotated[int, typer.Option(metavar="N", help="Tokenizers to train.")] = 8,
    size: Annotated[
        int | None, typer.Option(metavar="n", help="Corpora in each mixture (default: all).")
    ] = None,
    vocabulary: Annotated[
        int, typer.Option(metavar="V", help="Tokens of each tokenizer, 256 of them bytes.")
    ] = 10_256,
    bytes_: Annotated[
        float, typer.Option("--bytes", metavar="MB", help="Training text of each, in megabytes.")
    ] = 20,
    merges: Annotated[
        int | None,
        typer.Option(metavar="T", help="Infer from T merges (default: as many as text allows)."),
    ] = None,
    gap: Annotated[
        float, typer.Option(help="Stop when proven to be so near to the optimum, as a part of it.")
    ] = 1e-4,
    bootstrap: Annotated[
        int, typer.Option(metavar="N", help="Also say how often intervals from N draws hold.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="The seed of halves and mixtures.")] = 0,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep trials here, and go on from them.")
    ] = None,
    field: text.Field = None,
    errors: text.Errors = "strict",
    max_unit: text.MaxUnit = 64,
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Tell how well infer-mixture would do on your text.

    Trains tokenizers on random mixtures of one half of the lines, infers the mixtures from the
    other half, and scores what was inferred beside simple guesses (Hayase et al. 2024, table 1):

    `tokscope simulate-mixture --corpus 'text/*.txt' --trials 8 --vocabulary 5000`
    """
    output.require_formats(format_, outputs or ())
    if not 0 < bytes_ < 1e6:
        raise TokscopeError(f"--bytes {bytes_:g}: the training text is from 1 byte to 1 TB, in MB")
    output.require_kept(outputs, texts=corpus, also=[("--state", state)])
    corpora = text.read(corpus, parallel=False, field=field, errors=errors, max_unit=max_unit)
    from tokscope.studies.simulate_mixture import simulate_mixture
    from tokscope.text.corpus import read_corpora

    with (
        output.steps(trials, "training") as advance,
        text.started(jobs, scheduler) as workers,
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
    output.emit(report, [report], format_, outputs or ())
