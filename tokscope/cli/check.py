"""`tokscope check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import TokscopeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokscope.report import Report

Config = Annotated[
    str,
    typer.Option(
        metavar="PATH",
        help="Default: tokscope.toml here, or [tool.tokscope] of the pyproject.toml.",
    ),
]
Spec = Annotated[
    str,
    typer.Argument(
        metavar="[SPEC]", help="A tokenizer, written as for compare; default: the configuration's."
    ),
]
Download = Annotated[
    bool, typer.Option("--allow-download", help="Fetch what is not cached; else offline.")
]
_SUMMARY = 1_000_000  # bytes; GitHub takes 1,024 KiB of a step


def stay_offline(download: bool) -> None:
    """Keep the hub's library, and us, from downloading anything."""
    if not download:
        os.environ["HF_HUB_OFFLINE"] = "1"


def command(
    spec: Spec = "",
    config: Config = "",
    against: Annotated[
        str,
        typer.Option(
            metavar="BASELINE",
            help="A lock, a tokenizer, or git:REV:PATH of either; default: the lock.",
        ),
    ] = "",
    identity: Annotated[
        bool,
        typer.Option("--identity", help="Only whether it is the same; reads no text, for hooks."),
    ] = False,
    fail_inconclusive: Annotated[
        bool, typer.Option("--fail-inconclusive", help="Exit with 3 where text does not decide.")
    ] = False,
    download: Download = False,
    jobs: text.Jobs = None,
    scheduler: text.Scheduler = "",
    format_: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="table, concise, json, csv, junit, github, markdown, and others."
        ),
    ] = "table",
    outputs: output.Output = None,
) -> None:
    """Judge a tokenizer by the gates of tokscope.toml, against a baseline.

    Exit code 0: passed; 1: a gate failed; 2: could not judge; 3: inconclusive, if that counts.

    `tokscope check`

    `tokscope check new.json --against git:main:tokenizer.json`

    `tokscope check --format github --output junit=report.xml`
    """
    output.require_formats(format_, outputs or (), gates=True)
    stay_offline(download)
    from datetime import date

    from tokscope.gate import check as gate
    from tokscope.gate import config as settings

    found = settings.read(settings.find(config))
    found = found.identity_alone() if identity else found
    corpora = None if identity else found.text.read()
    with text.workers(corpora, jobs, scheduler) as workers:
        report = gate.check(found, spec, against=against, today=date.today(), workers=workers)
    views = gate.tables(report)
    output.emit(report, views, format_, outputs or ())
    if format_ == "github":
        _summarize(views)
    code = gate.outcome(report, fail_inconclusive=fail_inconclusive)
    if code:
        raise typer.Exit(code)


def _summarize(views: Sequence[Report]) -> None:
    """Add the tables to the summary of a job on GitHub, as far as there is room."""
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        return
    from tokscope.render import markdown
    from tokscope.render.gates import shortened

    lines = "\n".join(map(markdown.render, views)).splitlines()
    path = Path(place)
    try:
        room = _SUMMARY - (path.stat().st_size if path.exists() else 0)
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(shortened(lines, room))
    except OSError as error:
        raise TokscopeError(f"GITHUB_STEP_SUMMARY {path}: {error.strerror}") from error
