"""Where reports go: standard output, and files that are whole or not there."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import stat
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from tokscope.cli.options import OUTPUT
from tokscope.errors import TokscopeError, blaming, choose, extra, path_of, split_label
from tokscope.visible import one_line, uncommanding, visible
from tokscope.writing import identity, require_apart, require_writable, write_all

if TYPE_CHECKING:
    from tokscope.report import Report

Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="[FORMAT=]PATH",
        help="Also write to this file, in the format of its suffix: .txt .csv .json .md .tex "
        ".html (a page), .svg .png .pdf (a plot, where there is one). Repeatable.",
        rich_help_panel=OUTPUT,
    ),
]

Details = Annotated[
    bool,
    typer.Option(
        "--details",
        help="Show everything: all tables, rows and notes.",
        rich_help_panel=OUTPUT,
    ),
]


def plots(names: Mapping[str, str]) -> Any:
    """Return the option of a command that has several plots: their names, and when there is one."""
    each = ", ".join(f"{name} ({when})" if when else name for name, when in names.items())
    told = f"Which plot a picture shows: {each}. Default: the first that there is."
    return typer.Option("--plot", metavar="NAME", help=told, rich_help_panel=OUTPUT)


@dataclass(frozen=True)
class Output:
    """The format in which a report is printed, if any, and the files that it is also written to."""

    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="What to print: table, csv, json, markdown, latex, svg or html.",
            rich_help_panel=OUTPUT,
        ),
    ] = "table"
    outputs: Outputs = None

    @property
    def words(self) -> list[str]:
        """Return the values of `--output`, an empty list if there are none."""
        return self.outputs or []


def apart(output: Output, suffixes: Sequence[str]) -> tuple[list[str], Output]:
    """Return the outputs that are no reports, by the suffixes of their files, and the others.

    `json=PATH` is a report, whatever a command writes into other files of that suffix.
    """
    own = [
        word
        for word in output.words
        if not split_label(word)[0] and Path(word).suffix.lower() in suffixes
    ]
    for word in output.words:
        format_, place = split_label(word)
        if format_ not in _formats(False) and f".{format_}" in suffixes:
            told = f"name a file that ends in .{format_}, without {format_}="
            raise TokscopeError(f"--output {word}: {told}")
        if word not in own and not format_:
            _format_of(word, path_of(place), _formats(False), suffixes)
    return own, replace(output, outputs=[word for word in output.words if word not in own])


class Talk(io.TextIOWrapper):
    """Standard error; makes visible what libraries write there about a file."""

    def write(self, text: str, /) -> int:
        """Write lines in which nothing is hidden and no terminal or CI obeys anything."""
        super().write(uncommanding("\n".join(map(visible, text.split("\n")))))
        return len(text)


def require_formats(output: Output, *, gates: bool = False, draws: bool = False) -> None:
    """Refuse an unknown format before any work is done, and a plot if the command draws none."""
    from tokscope.render import BY_MATPLOTLIB, PLOTS

    choose(_formats(gates), output.format_, "format")
    kinds = {f"--output {word}": _target(word, gates)[0] for word in output.words}
    kinds |= {f"--format {output.format_}": output.format_}
    for option, kind in kinds.items():
        if kind in PLOTS and not draws:
            raise TokscopeError(f"{option}: there is no plot of this; write .html, .csv or .json")
        if kind in BY_MATPLOTLIB:
            _require_matplotlib(option)
    require_apart(_written(output.words))


def _require_matplotlib(option: str) -> None:
    """Refuse a picture that matplotlib draws, if it cannot be drawn or is not for a file.

    Raises:
        TokscopeError: it would be printed, or the extra is missing.
    """
    if option.startswith("--format"):
        kind = option.rpartition(" ")[2]
        raise TokscopeError(f"{option}: write a picture to a file, with --output plot.{kind}")
    import logging

    with suppress(RuntimeError):  # there is no home folder
        # matplotlib keeps what it knows of fonts; it would make a folder for settings beside that
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        os.environ.setdefault("MPLCONFIGDIR", str(Path(cache, "matplotlib")))
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with blaming(f"{option}: matplotlib cannot be used"):
        extra("matplotlib", "plot", option)


def require_view(option: str, output: Output) -> None:
    """Refuse an option that changes tables only, if no table is written."""
    from tokscope.render import FOR_PROGRAMS

    kinds = _kinds(output)
    if option and all(kind in FOR_PROGRAMS for kind in kinds):
        raise TokscopeError(
            f"{option} has no effect on {', '.join(dict.fromkeys(kinds))}, which has everything"
        )


def require_plot(
    name: str, names: Mapping[str, str], output: Output, given: Collection[str] = ()
) -> None:
    """Refuse a plot that is unknown or that there will not be, and one that no picture shows.

    `names` tells when there is each plot, and `given` what is so.
    """
    from tokscope.render import PLOTS

    if not name:
        return
    when = choose(names, name, "plot")
    if when and when not in given:
        raise TokscopeError(f"--plot {name}: there is such a plot only {when}")
    if not any(kind in PLOTS for kind in _kinds(output)):
        raise TokscopeError(
            f"--plot {name} has no effect without a picture; add --output plot.svg, .png or .pdf"
        )


def drawable(report: Report, output: Output) -> Output:
    """Leave pictures out where nothing has changed, and say so: this is an answer, not an error."""
    from tokscope.render import PLOTS

    kinds = {f"--output {word}": _target(word, gates=True)[0] for word in output.words}
    kinds |= {f"--format {output.format_}": output.format_}
    pictures = [option for option, kind in kinds.items() if kind in PLOTS]
    if not pictures or (report.plots and report.plots(report)):
        return output
    told = f"no text was found to take more or fewer tokens; left out: {', '.join(pictures)}"
    print(one_line(f"tokscope: nothing to draw: {told}"), file=sys.stderr)
    words = [word for word in output.words if f"--output {word}" not in pictures]
    return Output("" if output.format_ in PLOTS else output.format_, words)


def has_all(output: Output) -> bool:
    """Tell whether a format has the whole report; the others have what people see alone."""
    from tokscope.render import FOR_PROGRAMS, PAGE

    return not {PAGE, *FOR_PROGRAMS}.isdisjoint(_kinds(output))


def _kinds(output: Output) -> list[str]:
    return [output.format_, *(_target(word, gates=True)[0] for word in output.words)]


def _formats(gates: bool) -> dict[str, object]:
    """Return the formats by name; those for gates are for `tokscope check` only."""
    from tokscope.render import GATES, PAGE, PLOTS, RENDERERS

    return {**RENDERERS, **PLOTS, PAGE: None, **(GATES if gates else {})}


def _target(output: str, gates: bool) -> tuple[str, Path]:
    """Split `[FORMAT=]PATH`."""
    known = _formats(gates)
    format_, place = split_label(output)
    path = path_of(place)
    if format_:
        choose(known, format_, "format")
    else:
        format_ = _format_of(output, path, known)
    require_writable(path, f"--output {output}")
    return format_, path


def _format_of(
    output: str, path: Path, known: Collection[str], suffixes: Sequence[str] = ()
) -> str:
    """Return the format of a suffix; other `suffixes` are those of what is no report."""
    from tokscope.render import BY_SUFFIX

    format_ = BY_SUFFIX.get(path.suffix, "")
    if format_ not in known:
        own = f"name a file that ends in {', '.join(suffixes)}, or " if suffixes else ""
        raise TokscopeError(
            f"--output {output}: no format has this suffix; {own}write FORMAT=PATH, FORMAT one of "
            f"{', '.join(known)}"
        )
    return format_


def require_kept(
    output: Output,
    *,
    specs: Iterable[str] = (),
    texts: Iterable[str] | None = (),
    files: Iterable[tuple[str, Path | None]] = (),
    also: Iterable[tuple[str, Path | None]] = (),
) -> None:
    """Refuse to write onto what is read, before any work is done.

    Args:
        output: as the command line has it.
        specs: the tokenizers that are read, as the user named them.
        texts: the corpora, as the user named them.
        files: other files that are read: what to call each, and its path, or None.
        also: other files that are written, in the same form.

    Raises:
        TokscopeError: an output is an input or another output, or cannot be written.
    """
    more = [(option, path) for option, path in also if path]
    for option, path in more:
        require_writable(path, option)
    written = [*_written(output.words), *more]
    require_apart(written)
    if not written:
        return
    from tokscope.inputs import reads

    for option, path in written:
        one = identity(path)
        read = [what for what, place in files if place and identity(place) == one]
        read += [f"the text {word}" for word in texts or () if reads(word, path, text=True)]
        read += [f"the tokenizer {word}" for word in specs if reads(word, path, text=False)]
        read += ["standard input"] if one == _standard_input() else []
        if read:
            raise TokscopeError(
                f"{option}: it belongs to {read[0]}, which is read; name another file"
            )


def _written(outputs: Sequence[str]) -> list[tuple[str, Path]]:
    return [(f"--output {word}", _target(word, gates=True)[1]) for word in outputs]


def _standard_input() -> object:
    """Return the identity of the file that standard input is; None if it is not a file."""
    try:
        status = os.fstat(sys.stdin.fileno())
    except (OSError, ValueError, AttributeError):  # it is closed, or a test replaced it
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def emit(
    report: Report, views: Sequence[Report], output: Output, plain: str = "", *, plot: str = ""
) -> None:
    """Print a report and write it to files: views in formats for people, the whole in others.

    `plain` is printed instead of the report, if it is given. A picture shows the plot that is
    called `plot`, or the main one.
    """
    from tokscope.render import table

    targets = [_target(word, gates=True) for word in output.words]
    write_all({path: _rendered(report, views, kind, plot) for kind, path in targets})
    if plain or not output.format_:
        text = plain
    elif output.format_ == "table":
        width = shutil.get_terminal_size().columns
        terminal = sys.stdout.isatty()
        color = terminal and not os.environ.get("NO_COLOR")
        text = "\n".join(
            table.render(view, width=width, color=color, brief=terminal) for view in views
        )
    else:
        text = _rendered(report, views, output.format_, plot).decode()
    printed([text])


def printed(parts: Iterable[str]) -> None:
    """Write text to standard output, a part at a time; stop if the reader has closed it.

    Raises:
        TokscopeError: it cannot be written.
    """
    try:
        for part in parts:
            sys.stdout.write(part)
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)  # the reader closed it; the exit code still counts
    except OSError as error:
        raise TokscopeError(f"standard output cannot be written ({error.strerror})") from error


def discard(stream: TextIO) -> None:
    """Send the rest of a stream that cannot be written to nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        stream.flush()


def _rendered(report: Report, views: Sequence[Report], format_: str, plot: str) -> bytes:
    from tokscope.render import FOR_PROGRAMS, GATES, PAGE, PLOTS, RENDERERS, page
    from tokscope.report import plot_of

    if format_ in PLOTS:
        return PLOTS[format_](plot_of(report, plot))
    if format_ == PAGE:
        return page.render(report, views, shlex.join(("tokscope", *sys.argv[1:]))).encode()
    shown = [report] if format_ in FOR_PROGRAMS else views
    draw = {**RENDERERS, **GATES}[format_]
    return "\n".join(draw(view) for view in shown).encode()
