"""The command line. Commands import what they need when they run, so that help is instant."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from errno import EIO, EMFILE, ENOSPC
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

import typer
from typer.core import TyperGroup

from tokscope.cli import (
    audit,
    available,
    boundary,
    check,
    code,
    compare,
    count,
    diff,
    encode,
    equiv,
    explain,
    extend,
    help,
    infer_mixture,
    init,
    inspect,
    lock,
    measures,
    morph,
    numbers,
    output,
    report,
    show,
    simulate_mixture,
    transfer,
    vocab,
)
from tokscope.cli.options import HELP_NAMES, prepared, with_plain_help
from tokscope.errors import TokscopeError, is_panic, path_of, shortened
from tokscope.reading import together
from tokscope.version import __version__
from tokscope.visible import one_line
from tokscope.writing import write

TRACE = "TOKSCOPE_TRACE"  # names the file that keeps the trace of an unforeseen error

# New objects until the collector looks for cycles: a vocabulary has 200,000, which all stay
_MANY = 50_000
_MAPPED = "failed to map segment"  # what an import says where memory ran out

_SETTINGS: Mapping[str, Any] = {
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": HELP_NAMES, "max_content_width": 100},
}


class _Commands(TyperGroup):
    """Commands that get their options when they are run: to make those of all takes longer."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, whole(name) if name else listed, rest

    def format_options(self, ctx: Any, formatter: Any) -> None:
        help.write_options(self, ctx, formatter)
        help.write_commands(self.commands, formatter)


app = typer.Typer(cls=_Commands, no_args_is_help=True, **_SETTINGS)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tokscope {__version__}")
        raise typer.Exit


@app.callback()
def tokscope(
    version: bool = typer.Option(
        False, "--version", "-V", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """See what a tokenizer does to text, and compare it with others."""


_COMMANDS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "Compare tokenizers": {
        "compare": compare.command,
        "report": report.command,
        "show": show.command,
        "numbers": numbers.command,
        "morph": morph.command,
        "code": code.command,
    },
    "Encode text": {
        "count": count.command,
        "encode": encode.command,
    },
    "Look into a tokenizer": {
        "inspect": inspect.command,
        "boundary": boundary.command,
        "vocab": vocab.command,
        "audit": audit.command,
    },
    "Change a tokenizer": {
        "extend": extend.command,
        "transfer": transfer.command,
    },
    "Find out about training data": {
        "infer-mixture": infer_mixture.command,
        "simulate-mixture": simulate_mixture.command,
    },
    "Watch a tokenizer change": {
        "init": init.command,
        "lock": lock.command,
        "check": check.command,
        "diff": diff.command,
        "equiv": equiv.command,
    },
    "Look things up": {
        "explain": explain.command,
        "measures": measures.command,
        "list": available.command,
    },
}


def _listed(command: Callable[..., None]) -> Callable[[], None]:
    """Return what the list of commands needs of one: its help."""

    def without_options() -> None:
        pass

    without_options.__doc__ = (command.__doc__ or "").partition("\n\n")[0]
    without_options.__module__ = command.__module__
    return without_options


_BY_NAME: dict[str, Callable[..., None]] = {}
for _task, _commands in _COMMANDS.items():
    for _name, _command in _commands.items():
        _BY_NAME[_name] = _command
        app.command(_name, rich_help_panel=_task)(_listed(_command))


def whole(name: str) -> Any:
    """Return a command with its options, as typer runs it."""
    alone = typer.Typer(add_completion=False, **_SETTINGS)
    command = _BY_NAME[name]
    alone.command(name, cls=help.Command, help=help.plain(command.__doc__ or ""))(prepared(command))
    return with_plain_help(typer.main.get_command(alone))


_UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # a class that typer does not export


def main() -> None:
    """Set up the streams and signals of this process, then run the command line."""
    # No matrix here is worth threads, and a process with one thread can be copied.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), _own_stderr()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    signal.signal(signal.SIGTERM, _end)
    gc.set_threshold(_MANY)
    run()


def _end(number: int, _: object) -> NoReturn:
    """End and clean up, which the same signal sent once more does not disturb."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def run() -> NoReturn:
    """Run the command line: an error that a user can fix is one line on stderr and exit code 2.

    The exit code stands, whatever becomes of the streams.
    """
    code = _done()
    if not _settled(sys.stdout):
        code = code or _failed("standard output cannot be written")
    _settled(sys.stderr)
    sys.exit(code)


def _done() -> int:
    """Run the command line and return its exit code."""
    try:
        _require_folder()
        with together():
            return _answered()
    except TokscopeError as error:
        return _failed(str(error))
    except SystemExit as left:
        broken = isinstance(left.__context__, BrokenPipeError)  # Rich exits with 1 then
        return left.code if isinstance(left.code, int) and not broken else 0
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:  # the reader of our output has closed it
        return 0
    except BaseException as error:  # noqa: BLE001 - the last handler
        return _failed(_unforeseen(error))


def _answered() -> int:
    try:
        return int(with_plain_help(typer.main.get_command(app))(standalone_mode=False) or 0)
    except _UsageError as error:
        if "NoArgsIsHelp" in type(error).__name__:  # without any words, print the help
            typer.echo(cast(Any, error).format_message())
            return 2
        return _failed(_usage(error))


def _require_folder() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise TokscopeError(
            f"the folder that this runs in cannot be used ({error.strerror}); go to another one"
        ) from error


def _unforeseen(error: BaseException) -> str:
    """Describe an unforeseen error in one line: no memory, too many files, or our own bug."""
    if is_panic(error):
        line = f"a library gave up on this input ({error})"
    elif isinstance(error, MemoryError) or _MAPPED in str(error):
        line = "memory ran out; try fewer --jobs, or a smaller input"
    elif isinstance(error, OSError) and error.errno in (ENOSPC, EIO) and not error.filename:
        return f"standard output cannot be written ({error.strerror})"  # help, or the version
    elif isinstance(error, OSError) and error.strerror:
        line = f"the system refused something ({error.strerror})"
        line = f"{error.filename}: {line}" if error.filename else line
        line += "; raise the limit of open files with: ulimit -n" if error.errno == EMFILE else ""
    else:
        line = f"an error of ours, {type(error).__name__}: {error}"
        line += f"; to report it, run it again with {TRACE}=FILE in the environment"
    return str(TokscopeError(line)) + _kept_trace(error)


def _kept_trace(error: BaseException) -> str:
    """Write the trace of an error to the file that `TRACE` names, and say where it is."""
    place = os.environ.get(TRACE)
    if not place:
        return ""
    import traceback

    try:
        write(path_of(place), "".join(traceback.format_exception(error)).encode())
    except TokscopeError as problem:
        return f"; its trace cannot be kept: {problem}"
    return f"; its trace is in {place}"


def _settled(stream: TextIO) -> bool:
    """Flush a stream; return False if its output is lost, but not if its reader closed it."""
    try:
        stream.flush()
    except (OSError, ValueError) as error:
        output.discard(stream)
        return isinstance(error, BrokenPipeError)
    return True


def _own_stderr() -> TextIO:
    """Return a stream for our messages, and silence what libraries write to standard error."""
    if sys.stderr is None:
        return _nowhere()
    talk = output.Talk(os.fdopen(os.dup(2), "wb"), line_buffering=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return talk


def _nowhere() -> TextIO:
    """Return a stream in place of one that was closed before the start."""
    return Path(os.devnull).open("w")


def _usage(error: Any) -> str:
    """Return what is wrong with the arguments of a command."""
    option = getattr(error, "option_name", "")
    if option and "requires an argument" in error.message:
        return f"{option}: its value is missing; write {option} {_metavar(option)}"
    number = re.search("valid (integer|float|number)", error.message)
    if number and getattr(error, "param", None):
        whole = "whole " if number[1] == "integer" else ""
        return f"{error.param.opts[0]} {_value(error)}: write a {whole}number"
    path = error.ctx.command_path if error.ctx else "tokscope"
    return f"{error.format_message().rstrip('.')}; try: {path} --help"


def _metavar(option: str) -> str:
    """Return what the help writes after an option of the command that is run."""
    named = next((word for word in sys.argv[1:] if word in _BY_NAME), "compare")
    found = (one.metavar for one in whole(named).params if option in one.opts)
    return next(filter(None, found), "VALUE")


def _value(error: Any) -> str:
    """Return the value that a library could not read as a number."""
    problems: list[Any] = getattr(error.__cause__, "errors", list)()
    told = [str(one["input"]) for one in problems] or re.findall("'(.*)'", error.message)
    return shortened("".join(told[:1])) or "''"


def _failed(message: str) -> int:
    """Print an error message, if stderr can be written, and return its exit code."""
    with suppress(OSError, ValueError):
        print(f"tokscope: {one_line(message)}", file=sys.stderr, flush=True)
    return 2
