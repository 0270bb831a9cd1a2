"""`tokscope diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.check import Download, stay_offline
from tokscope.cli.options import STATISTICS, TOKENIZERS

_HELP = "A tokenizer, written as for compare, or git:REV:PATH."
_Old = Annotated[str, typer.Argument(metavar="OLD", help=_HELP, rich_help_panel=TOKENIZERS)]
_New = Annotated[str, typer.Argument(metavar="NEW", help=_HELP, rich_help_panel=TOKENIZERS)]


def command(
    old: _Old,
    new: _New,
    *,
    top: Annotated[int, typer.Option(metavar="N", help="Number of lines to show cut by both.")] = 5,
    download: Download = False,
    corpus: text.Corpora = None,
    parallel: text.Parallel = False,
    reading: text.Reading,
    words: text.Words = "unicode",
    seed: Annotated[
        int,
        typer.Option(metavar="N", help="The seed of the intervals.", rich_help_panel=STATISTICS),
    ] = 0,
    details: output.Details = False,
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Show what changed from one tokenizer to another, and what that does to text.

    Compares components, special tokens, and vocabulary and merges by their bytes; then tokens, ids,
    numbers and fidelity on text. Lists the lines that are affected most, cut by both.

    `tokscope diff git:main:tokenizer.json tokenizer.json --corpus 'text/*.txt'`
    """
    output.require_formats(out, draws=True)
    output.require_view("--details" if details else "", out)
    output.require_kept(out, specs=[old, new], texts=corpus)
    stay_offline(download)
    from tokscope.gate.config import Evidence
    from tokscope.studies import diff as study

    chosen, corpora = text.read_for_gates(corpus, reading, parallel=parallel, rule=words)
    with text.workers(corpora, scale, times=2) as workers:
        report = study.compared(
            old, new, chosen, top=top, evidence=Evidence(seed=seed), workers=workers
        )
    views = study.tables(report, details=details)
    output.emit(report, views, output.drawable(report, out))
