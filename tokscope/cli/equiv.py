"""`tokscope equiv`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import STATISTICS, TOKENIZERS

_Spec = Annotated[
    str,
    typer.Argument(
        metavar="[LABEL=]SPEC",
        help="A tokenizer, written as for compare.",
        rich_help_panel=TOKENIZERS,
    ),
]


def command(
    first: _Spec,
    second: _Spec,
    *,
    by: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="What has to be equal: ids; bytes (where text is cut), if ids differ by design; "
            "nested if the second tokenizer extends the first, and may only join its tokens.",
        ),
    ] = "ids",
    fuzz: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Number of random mixtures of tokens to try; 0 tries nothing but the corpora.",
        ),
    ] = 10_000,
    top: Annotated[
        int, typer.Option(metavar="N", help="Number of differences to shrink and explain.")
    ] = 5,
    corpus: text.Corpora = None,
    reading: text.Reading,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="The seed of --fuzz (default: 0).", rich_help_panel=STATISTICS
        ),
    ] = None,
    details: output.Details = False,
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Test whether two tokenizers, or two formats of one, give the same ids.

    Tries them on --corpus and on edge cases, every token, every character, pairs, apostrophes,
    added tokens and random mixtures. Shrinks and explains what differs, and then exits with 1.

    `tokscope equiv tokenizer.json tokenizer.model --corpus 'text/*.txt'`
    """
    drawn = text.seed_of(seed, fuzz != 0, "--fuzz; drop --fuzz 0")
    output.require_formats(out)
    output.require_view("--details" if details else "", out)
    output.require_kept(out, specs=[first, second], texts=corpus)
    corpora = text.read(corpus, reading)
    from tokscope.studies import equiv as study

    with text.workers(corpora, scale) as workers:
        report = study.equiv(
            first, second, corpora, by=by, fuzz=fuzz, seed=drawn, top=top, workers=workers
        )
    output.emit(report, study.tables(report, details=details), out)
    if study.differs(report):
        raise typer.Exit(1)
