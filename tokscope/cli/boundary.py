"""`tokscope boundary`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import TOKENIZERS
from tokscope.cli.show import about_file, given
from tokscope.errors import path_of

_COVERS = (".jsonl",)  # the suffix of a file of covers


def command(
    specs: text.Specs,
    prompt: Annotated[
        str,
        typer.Argument(
            metavar="PROMPT",
            help="A text that is to be continued; - reads it from standard input, and drops a "
            "last line feed.",
            rich_help_panel=TOKENIZERS,
        ),
    ],
    *,
    top: Annotated[
        int, typer.Option(metavar="N", help="Number of covers to list, the shortest first.")
    ] = 5,
    details: output.Details = False,
    out: output.Output,
) -> None:
    """Show what a prompt that ends inside a token excludes.

    A model that is given the tokens of a prompt cannot go on to a token that begins with its end.
    --output covers.jsonl writes all ways to go on.

    `tokscope boundary sample:bpe sample:unigram 'The capital of Fran'`
    """
    covers, out = output.apart(out, _COVERS)
    output.require_formats(out, draws=True)
    output.require_view("--details" if details else "", out)
    also = [(f"--output {word}", path_of(word)) for word in covers]
    output.require_kept(out, specs=specs, also=also)
    # with --corpus there is no prompt, and the last word is a tokenizer too
    from tokscope.studies import boundary as study

    report = study.boundary(specs, given(prompt), top=top, save=covers)
    report = replace(report, notes=(*report.notes, *about_file(prompt, "boundary SPEC -")))
    output.emit(report, study.tables(report, details=details), out)
