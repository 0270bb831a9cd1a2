"""Pages of help, under headings. Rich takes longer to draw one than all else that a page needs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand

Row = tuple[str, str, str]  # the title of a panel, what stands in it, and what that is for


class Command(TyperCommand):
    """A command whose options stand in panels."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: D102 - as typer has it
        write_options(self, ctx, formatter)


def write_options(command: Any, context: Any, formatter: Any) -> None:
    """Write what the options of a command are for."""
    _write(_options(command, context), formatter)


def write_commands(commands: Mapping[str, Any], formatter: Any) -> None:
    """Write what commands do, by task."""
    _write(((one.rich_help_panel, name, one.help) for name, one in commands.items()), formatter)


def _options(command: Any, context: Any) -> Iterable[Row]:
    """Yield a row for every option: arguments first, then what has no panel of its own."""
    for one in sorted(command.get_params(context), key=_place):
        own = "Arguments" if isinstance(one, TyperArgument) else "Options"
        yield one.rich_help_panel or own, *one.get_help_record(context)


def _place(parameter: Any) -> tuple[bool, bool]:
    return not isinstance(parameter, TyperArgument), bool(parameter.rich_help_panel)


def _write(rows: Iterable[Row], formatter: Any) -> None:
    panels: dict[str, list[tuple[str, str]]] = {}
    for panel, name, told in rows:
        panels.setdefault(panel, []).append((_styled(name, fg="cyan"), plain(told)))
    for panel, listed in panels.items():
        with formatter.section(_styled(panel, bold=True)):
            formatter.write_dl(listed)


def _styled(text: str, **style: Any) -> str:
    """Return a text in a style, which typer takes away again where nobody would see it."""
    return text if os.environ.get("NO_COLOR") else typer.style(text, **style)


def plain(text: str) -> str:
    """Return a text without the marks around code."""
    return text.replace("`", "")
