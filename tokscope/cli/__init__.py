"""The command line. Commands import what they need when they run, so that help is instant."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from errno import ENOSPC
from pathlib import Path
from typing import Any, NoReturn, TextIO

import typer

from tokscope import __version__
from tokscope.cli import (
    audit,
    available,
    check,
    compare,
    diff,
    equiv,
    explain,
    infer_mixture,
    init,
    inspect,
    lock,
    measures,
    numbers,
    output,
    show,
    simulate_mixture,
    vocab,
)
from tokscope.errors import TokscopeError, is_panic
from tokscope.visible import one_line

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
app.command("infer-mixture")(infer_mixture.command)
app.command("simulate-mixture")(simulate_mixture.command)
app.command("measures")(measures.command)
app.command("inspect")(inspect.command)
app.command("show")(show.command)
app.command("vocab")(vocab.command)
app.command("audit")(audit.command)
app.command("numbers")(numbers.command)
app.command("init")(init.command)
app.command("lock")(lock.command)
app.command("check")(check.command)
app.command("diff")(diff.command)
app.command("equiv")(equiv.command)
app.command("explain")(explain.command)
app.command("list")(available.command)


_UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer's own, which it does not name


def main() -> None:
    """Be the program: take over the streams and signals of this process, then run."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), _own_stderr()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and clean up
    run()


def run() -> NoReturn:
    """Run the command line: what a user can mend is one line on stderr and exit code 2."""
    try:
        Path.cwd()
    except OSError as error:
        _fail(f"the folder that this runs in cannot be used ({error.strerror}); go to another one")
    try:
        sys.exit(app(standalone_mode=False))
    except TokscopeError as error:
        _fail(str(error))
    except _UsageError as error:
        _fail(_usage(error))
    except SystemExit:
        raise
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing more may be written when closing
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except BaseException as error:  # noqa: BLE001 - our bug keeps its traceback
        if isinstance(error, OSError) and error.errno == ENOSPC:  # help and version are printed
            _fail(f"standard output cannot be written ({error.strerror})")
        if is_panic(error):
            _fail(f"a library gave up on this input ({error})")
        traceback.print_exc()
        sys.exit(2)  # 1 would say that a gate failed


def _own_stderr() -> TextIO:
    """Return standard error for our words alone: libraries write panics there, and logs."""
    if sys.stderr is None:
        return _nowhere()
    talk = output.Talk(os.fdopen(os.dup(2), "wb"), line_buffering=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return talk


def _nowhere() -> TextIO:
    """Stand in for a stream that was closed before we began."""
    return Path(os.devnull).open("w")


def _usage(error: Any) -> str:
    """Return what is wrong with the words of a command; alone, tokscope says what it can do."""
    if "NoArgsIsHelp" in type(error).__name__:
        print(error.format_message())
        sys.exit(2)
    path = error.ctx.command_path if error.ctx else "tokscope"
    return f"{error.format_message().rstrip('.')}; try: {path} --help"


def _fail(message: str) -> NoReturn:
    print(f"tokscope: {one_line(message)}", file=sys.stderr)
    sys.exit(2)
