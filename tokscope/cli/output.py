"""Where reports go: standard output, and files that are whole or not there."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.errors import TokscopeError, choose, exists, path_of, split_label

if TYPE_CHECKING:
    from tokscope.report import Report

Format = Annotated[
    str, typer.Option("--format", "-f", help="table, csv, json, markdown, latex, svg or html.")
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="[FORMAT=]PATH",
        help="Also write to a file, its format by suffix: .txt .csv .json .md .tex .svg .html.",
    ),
]


def require_formats(format_: str, outputs: Sequence[str], *, gates: bool = False) -> None:
    """Refuse an unknown format before any work is done."""
    choose(_formats(gates), format_, "format")
    for output in outputs:
        _target(output, gates)


def _formats(gates: bool) -> dict[str, object]:
    """Return the formats by name; `tokscope check` alone has those for gates."""
    from tokscope.render import GATES, PICTURES, RENDERERS

    return {**RENDERERS, **PICTURES, **(GATES if gates else {})}


def _target(output: str, gates: bool) -> tuple[str, Path]:
    """Split `[FORMAT=]PATH`."""
    from tokscope.render import BY_SUFFIX

    known = _formats(gates)
    format_, place = split_label(output)
    path = path_of(place)
    if format_:
        choose(known, format_, "format")
    else:
        format_ = BY_SUFFIX.get(path.suffix, "")
    if format_ not in known:
        raise TokscopeError(
            f"--output {output}: no format has this suffix; write FORMAT=PATH, FORMAT one of "
            f"{', '.join(known)}"
        )
    require_writable(path, f"--output {output}")
    return format_, path


def require_writable(path: Path, option: str) -> None:
    """Refuse a place where no file can be written, before any work is done."""
    if exists(path) and not path.is_file():
        raise TokscopeError(f"{option}: {path} is there and is no regular file")
    if not path.absolute().parent.is_dir():
        raise TokscopeError(f"{option}: the folder {path.parent} does not exist")


def emit(
    report: Report,
    views: Sequence[Report],
    format_: str,
    outputs: Sequence[str],
) -> None:
    """Print a report, and write it to files: as views for people, whole for programs."""
    from tokscope.render import table

    for output in outputs:
        kind, path = _target(output, gates=True)
        write(path, _rendered(report, views, kind).encode())
    if format_ == "table":
        width = shutil.get_terminal_size().columns
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        text = "\n".join(table.render(view, width=width, color=color) for view in views)
    else:
        text = _rendered(report, views, format_)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TokscopeError(f"standard output cannot be written ({error.strerror})") from error


def _rendered(report: Report, views: Sequence[Report], format_: str) -> str:
    from tokscope.render import FOR_PROGRAMS, GATES, PICTURES, RENDERERS

    if format_ in PICTURES:
        return PICTURES[format_](views)
    shown = [report] if format_ in FOR_PROGRAMS else views
    draw = {**RENDERERS, **GATES}[format_]
    return "\n".join(draw(view) for view in shown)


def write(path: Path, data: bytes) -> None:
    """Write beside the target, then rename: a file is whole or not there. A link stays a link."""
    path = path.resolve()
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, delete=False) as partial:
            try:
                partial.write(data)
                partial.flush()
                mask = os.umask(0)
                os.umask(mask)
                Path(partial.name).chmod(0o666 & ~mask)
                Path(partial.name).replace(path)
            except BaseException:
                Path(partial.name).unlink()
                raise
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def progress(sizes: Sequence[int | None]) -> Iterator[Callable[[int], None]]:
    """Show on a terminal's stderr how much text is done; silent in pipes and for short work."""
    with phases(sizes) as (advance, _):
        yield advance


@contextmanager
def phases(
    sizes: Sequence[int | None], then: str = "reading"
) -> Iterator[tuple[Callable[[int], None], Callable[[float, str], None]]]:
    """Show how much text is done; then, in a bar of its own, what part of the rest is, in words.

    When all is read, `then` says what comes.
    """
    total = sum(size for size in sizes if size is not None)
    if not sys.stderr.isatty() or (total < 4_000_000 and None not in sizes):
        yield lambda _: None, lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if console.is_dumb_terminal:
        yield lambda _: None, lambda *_: None
        return
    columns = BarColumn(), DownloadColumn(), TimeRemainingColumn()
    what = TextColumn("{task.description}")
    reading = Progress(what, *columns, console=console, transient=True)
    solving = Progress(
        TextColumn("solving"), BarColumn(), TextColumn("{task.description}"), console=console,
        transient=True,
    )  # fmt: skip
    text = reading.add_task("reading", total=None if None in sizes else total)
    rest = solving.add_task("", total=1.0)

    def advance(done: int) -> None:
        reading.advance(text, done)
        if reading.finished:
            reading.update(text, description=then)

    def tell(done: float, words: str) -> None:
        if not solving.live.is_started:
            reading.stop()
            solving.start()
        solving.update(rest, completed=max(done, solving.tasks[0].completed), description=words)

    with ExitStack() as stack:
        stack.callback(solving.stop)
        stack.enter_context(reading)
        yield advance, tell


@contextmanager
def steps(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal's stderr how many of some long steps are done; silent in pipes."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.advance(task, done)
