"""`tokscope check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.cli import output, text
from tokscope.errors import exists
from tokscope.writing import append

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokscope.gate.config import Config as Settings
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

    from tokscope.gate import settings
    from tokscope.studies import check as gate

    found = settings.read(settings.find(config))
    found = found.identity_alone() if identity else found
    _require_kept(found, spec, against, outputs, _summary_file(format_))
    corpora = None if identity else found.text.read()
    with text.workers(corpora, jobs, scheduler) as workers:
        report = gate.check(found, spec, against=against, today=date.today(), workers=workers)
    views = gate.tables(report)
    output.emit(report, views, format_, outputs or ())
    if summary := _summary_file(format_):
        _summarize(views, summary)
    code = gate.outcome(report, fail_inconclusive=fail_inconclusive)
    if code:
        raise typer.Exit(code)


def _require_kept(
    found: Settings, spec: str, against: str, outputs: list[str] | None, summary: Path | None
) -> None:
    """Refuse to write onto what is read: the tokenizers, the text, the configuration, locks."""
    from tokscope.gate import pair

    locks = [found.lock] + ([Path(against)] if Path(against).suffix == ".lock" else [])
    of_locks = [("the lock", path) for one in locks for path in pair.files(one)]
    words = (spec or found.spec, "" if len(locks) > 1 else against)
    output.require_kept(
        outputs,
        specs=filter(None, words),
        texts=found.text.corpora,
        files=[*(("the configuration", path) for path in found.files), *of_locks],
        also=[("GITHUB_STEP_SUMMARY", summary)],
    )


def _summary_file(format_: str) -> Path | None:
    """Return the file for the summary of a job on GitHub, if this is one."""
    place = os.environ.get("GITHUB_STEP_SUMMARY") if format_ == "github" else ""
    return Path(place) if place else None


def _summarize(views: Sequence[Report], path: Path) -> None:
    """Add the tables to the summary of a job, as far as there is room."""
    from tokscope.render import markdown
    from tokscope.render.gates import shortened

    lines = "\n".join(map(markdown.render, views)).splitlines()
    room = _SUMMARY - (path.stat().st_size if exists(path) else 0)
    append(path, shortened(lines, room).encode())
