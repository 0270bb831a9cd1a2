"""`tokscope report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import STATISTICS
from tokscope.errors import TokscopeError


def command(
    specs: text.Specs,
    *,
    lock: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="Check the first tokenizer against this lock, by the configuration beside it.",
        ),
    ] = "",
    seconds: Annotated[
        float,
        typer.Option(
            metavar="S", help="The time for the mixture of each tokenizer; 0 for no mixture."
        ),
    ] = 20,
    corpus: text.Corpora = None,
    parallel: text.Parallel = False,
    reading: text.Reading,
    words: text.Words = "unicode",
    specials: text.Specials = False,
    bootstrap: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Resample the text N times, for 95 % intervals.",
            rich_help_panel=STATISTICS,
            show_default=False,
        ),
    ] = 0,
    seed: text.Seed = None,
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Write one page about tokenizers: what every study finds, with plots, tables and data.

    The page is a single file that asks for no other and needs no script to be read.

    `tokscope report sample:bpe sample:unigram --output report.html`

    `tokscope report gpt2 org/model --corpus 'flores/*.txt' --parallel --output report.html`
    """
    drawn = text.seed_of(seed, bool(bootstrap))
    output.require_formats(out)
    if out.format_ == "table" and not out.words:
        raise TokscopeError("a report is a page; name it with --output report.html")
    files = [("the lock", Path(lock) if lock else None)]
    output.require_kept(out, specs=specs, texts=corpus, files=files)
    corpora = text.read(corpus, reading, parallel=parallel)
    from tokscope.studies import report as study

    asked = study.Options(lock, words, specials, bootstrap, drawn, seconds)
    with text.workers(corpora, scale, times=asked.passes(len(specs))) as workers:
        report = study.reported(specs, corpora, asked, workers)
    output.emit(report, [report], out)
