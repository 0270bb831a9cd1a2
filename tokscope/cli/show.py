"""`tokscope show`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError, exists


def given(words: str) -> str:
    """Return the text itself, or standard input for "-"."""
    if words != "-":
        return words
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise TokscopeError(f"standard input is not valid UTF-8 ({error.reason})") from error


def about_file(words: str, usage: str) -> tuple[str, ...]:
    """Tell how the text of a file is read by a command, if the text is the name of one."""
    if words == "-" or not (exists(words) and Path(words).is_file()):
        return ()
    return (f"the text is the name of a file; to show what is in it: tokscope {usage} < FILE",)


def command(
    words: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The text to show; - reads it from standard input."),
    ],
    specs: text.Specs,
    *,
    specials: text.Specials = False,
    details: output.Details = False,
    out: output.Output,
) -> None:
    """Show how tokenizers cut a text: tokens, ids and bytes, one tokenizer below the other.

    A character that is cut is shown as its bytes.

    `tokscope show 'Grüße, 世界!' sample:bpe sample:unigram`

    `tokscope show 'Grüße' sample:bpe --output grüße.svg`
    """
    output.require_formats(out, draws=True)
    output.require_view("--details" if details else "", out)
    output.require_kept(out, specs=specs)
    from tokscope.studies.show import show

    report = show(given(words), specs, specials=specials)
    more = (*(report.details if details else ()), *about_file(words, "show - SPEC"))
    output.emit(report, [replace(report, notes=(*report.notes, *more))], out)
