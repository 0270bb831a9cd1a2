"""`tokscope code`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import TEXT
from tokscope.errors import TokscopeError

# the plots, the main one first
_PLOTS = {"glued": "", "indentation": "", "identifiers": ""}
_Code = Annotated[
    list[str] | None,
    typer.Option(
        "--corpus",
        "-c",
        metavar="[LANGUAGE=]PATH",
        help="Source code to read, each file as a whole: a file or a quoted glob, and with "
        "LANGUAGE= a folder. LANGUAGE is a name that Pygments knows; without it the ending of a "
        "file tells. Records, such as .jsonl and .parquet, by --field. Repeatable. Default: the "
        "embedded sample.",
        rich_help_panel=TEXT,
    ),
]


def command(
    specs: text.Specs,
    *,
    corpus: _Code = None,
    bytes_: Annotated[
        float | None,
        typer.Option(
            "--bytes",
            metavar="MB",
            help="Read at most so many megabytes of each language: files drawn at random.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    reading: text.Reading,
    details: output.Details = False,
    plot: Annotated[str, output.plots(_PLOTS)] = "",
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Show how tokens fit the lexemes of source code, by language.

    Tokens a line, identifiers in one token and those glued to signs beside them, indentation, and
    whether cuts are where the words of `camelCase` and `snake_case` end.

    `tokscope code sample:bpe sample:unigram`

    `tokscope code gpt-2 cl100k_base --corpus 'src/**/*.py' --corpus java=app/`
    """
    output.require_formats(out, draws=True)
    output.require_plot(plot, _PLOTS, out)
    output.require_view("--details" if details else "", out)
    output.require_kept(out, specs=specs, texts=corpus)
    if bytes_ is not None and not bytes_ > 0:
        raise TokscopeError(f"--bytes {bytes_:g}: a size in MB is more than 0")
    if bytes_ is not None and not corpus:
        raise TokscopeError("--bytes is about text of yours; name it with --corpus")
    from tokscope.lexemes.files import CODE, corpora_by_language
    from tokscope.studies import code as study

    (corpora,) = text.read_all([corpus], reading, CODE, corpora_by_language)
    shards = (shard for one in corpora or () for shard in one.shards)
    output.require_kept(out, files=[(f"the text {one.place}", Path(one.path)) for one in shards])
    size = max(round((bytes_ or 0) * 1e6), 1) if bytes_ else 0
    with text.workers(corpora, scale) as workers:
        report = study.code(specs, corpora, bytes_=size, workers=workers)
    output.emit(report, study.tables(report, details=details), out, plot=plot)
