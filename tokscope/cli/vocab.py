"""`tokscope vocab`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError

if TYPE_CHECKING:
    from tokscope.report import Report


def _require_one(lists: dict[str, object]) -> None:
    """Refuse options that would be ignored: a list of tokens comes alone."""
    given = [option for option, value in lists.items() if value]
    if len(given) > 1:
        raise TokscopeError(f"{' and '.join(given)} do not go together; choose one")


def _listed(
    specs: list[str], pattern: str | None, only_in: str, top: int | None
) -> tuple[Report, list[Report]]:
    """Return a list of tokens, and what people read of it."""
    from tokscope.studies import tokens

    report = tokens.grep(specs, pattern) if pattern is not None else tokens.only_in(specs, only_in)
    return tokens.first(report, top), tokens.tables(report, top, counted=pattern is None)


def command(
    specs: text.Specs,
    by: Annotated[str, typer.Option(help="kind, script or length: this table alone.")] = "",
    only_in: Annotated[
        str,
        typer.Option("--only-in", metavar="LABEL", help="List what LABEL has and no other SPEC."),
    ] = "",
    grep: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="List the tokens whose text this expression finds."),
    ] = None,
    top: Annotated[
        int | None, typer.Option(metavar="N", help="List at most N tokens under each tokenizer.")
    ] = None,
    format_: output.Format = "table",
    outputs: output.Output = None,
) -> None:
    r"""Say what vocabularies hold: kinds of tokens, scripts, places in words, lengths, overlap.

    tokscope vocab sample:bpe sample:unigram

    tokscope vocab sample:bpe --by script

    tokscope vocab sample:bpe sample:unigram --only-in sample-bpe

    tokscope vocab sample:bpe --grep '\\p{Han}{2}'
    """
    output.require_formats(format_, outputs or ())
    _require_one({"--by": by, "--only-in": only_in, "--grep": grep is not None})
    if grep is not None or only_in:
        report, views = _listed(specs, grep, only_in, top)
    else:
        if top is not None:
            raise TokscopeError("--top says how many tokens are listed; add --grep or --only-in")
        from tokscope.studies import vocab as study

        report = study.vocab(specs, by=by)
        views = study.tables(report, by)
    output.emit(report, views, format_, outputs or ())
