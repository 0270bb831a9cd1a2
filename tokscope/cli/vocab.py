"""`tokscope vocab`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text


def command(
    specs: text.Specs,
    by: Annotated[str, typer.Option(help="kind, script or length: this table alone.")] = "",
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    """Say what vocabularies hold: kinds of tokens, scripts, places in words, lengths.

    tokscope vocab sample:bpe sample:unigram

    tokscope vocab sample:bpe --by script
    """
    output.require_formats(format_, outputs or ())
    from tokscope.studies import vocab as study

    report = study.vocab(specs, by=by)
    output.emit(report, study.tables(report, by), format_, outputs or ())
