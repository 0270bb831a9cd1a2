"""The command line. Commands import what they need when they run, so that help is instant."""

from __future__ import annotations

import os
import sys

import typer

from tokscope import __version__
from tokscope.cli import compare, measures
from tokscope.errors import TokscopeError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tokscope {__version__}")
        raise typer.Exit


@app.callback()
def tokscope(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """See what a tokenizer does: multilingual quality, side by side, with units and directions."""


app.command("compare")(compare.command)
app.command("measures")(measures.command)


def main() -> None:
    """Run the command line: what a user can mend is one line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        app()
    except TokscopeError as error:
        print(f"tokscope: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing more may be written when closing
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
