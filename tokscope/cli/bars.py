"""Progress bars on the standard error of a terminal; nothing in pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_PAUSE = 0.1  # seconds between two pictures of a bar


def _terminal() -> Console:
    """Return a console for progress bars, which may move the cursor, on standard error."""
    from rich.console import Console

    return Console(file=os.fdopen(sys.stderr.fileno(), "w", encoding="utf-8", closefd=False))


@contextmanager
def progress(
    sizes: Sequence[int | None], *, quiet: bool = False
) -> Iterator[Callable[[int], None]]:
    """Show a bar of the text that is read; nothing in pipes and for short work."""
    with phases(sizes, quiet=quiet) as (advance, _):
        yield advance


@contextmanager
def phases(
    sizes: Sequence[int | None], then: str = "reading", *, quiet: bool = False
) -> Iterator[tuple[Callable[[int], None], Callable[[float, str], None]]]:
    """Show a bar of the text that is read, then one of the search, with a description.

    When all is read, `then` says what comes.
    """
    total = sum(size for size in sizes if size is not None)
    short = total < 4_000_000 and None not in sizes
    console = None if quiet or short or not sys.stderr.isatty() else _terminal()
    if console is None or console.is_dumb_terminal:
        yield lambda _: None, lambda *_: None
        return
    reading, solving = _bars(console, None in sizes)
    text = _Text(reading, None if None in sizes else total, then)
    rest = solving.add_task("", total=1.0)

    def tell(done: float, words: str) -> None:
        if not solving.live.is_started:
            reading.stop()
            solving.start()
        done = max(done, solving.tasks[0].completed)
        solving.update(rest, completed=done, description=words)

    with ExitStack() as stack:
        stack.callback(solving.stop)
        stack.enter_context(reading)
        yield text.advance, tell


class _Text:
    """The text on a bar, which is drawn ten times a second at most."""

    def __init__(self, bar: Progress, total: int | None, then: str) -> None:
        self.bar, self.then = bar, then
        self.task = bar.add_task("reading", total=total)
        self.shown = 0.0

    def advance(self, done: int) -> None:
        self.bar.advance(self.task, done)
        if self.bar.finished:
            self.bar.update(self.task, description=self.then)
        if self.bar.finished or monotonic() > self.shown + _PAUSE:
            self.shown = monotonic()
            self.bar.refresh()


def _bars(console: Console, moves: bool) -> tuple[Progress, Progress]:
    """Return a bar for text that is read, and one for a search; none is shown yet.

    The first has no thread, unless it moves without news: a process with one thread can be copied.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    what = TextColumn("{task.description}", markup=False)
    how: dict[str, Any] = {"console": console, "transient": True, "redirect_stderr": False}
    columns = what, BarColumn(), DownloadColumn(), TimeRemainingColumn()
    reading = Progress(*columns, auto_refresh=moves, **how)
    return reading, Progress(TextColumn("solving"), BarColumn(), what, **how)


@contextmanager
def steps(total: int, what: str, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """Show a bar of the steps that are done; nothing in pipes."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn(what, markup=False), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=_terminal(), transient=True, redirect_stderr=False) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.advance(task, done)
