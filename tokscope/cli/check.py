"""`tokscope check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.options import OUTPUT, TOKENIZERS
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
        help="The configuration (default: tokscope.toml or pyproject.toml in this folder).",
    ),
]
Spec = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        help="A tokenizer, written as for compare (default: the one in the configuration).",
        rich_help_panel=TOKENIZERS,
    ),
]
Download = Annotated[
    bool,
    typer.Option(
        "--allow-download",
        help="Download what is not in a cache; without it the command stays offline.",
    ),
]
_SUMMARY = 1_000_000  # bytes; GitHub takes 1,024 KiB per step


def stay_offline(download: bool) -> None:
    """Download nothing, unless it is asked for; the library of the hub reads the variable too."""
    if not download:
        os.environ["HF_HUB_OFFLINE"] = "1"


def command(
    spec: Spec = "",
    *,
    config: Config = "",
    against: Annotated[
        str,
        typer.Option(
            metavar="BASELINE",
            help="The baseline: a lock, a tokenizer, or git:REV:PATH of either (default: the "
            "lock).",
        ),
    ] = "",
    identity: Annotated[
        bool,
        typer.Option(
            "--identity",
            help="Check only whether the tokenizer is the same, without reading text; for hooks.",
        ),
    ] = False,
    fail_inconclusive: Annotated[
        bool,
        typer.Option(
            "--fail-inconclusive", help="Exit with 3 if there is too little text to decide."
        ),
    ] = False,
    download: Download = False,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="What to print: concise, junit or github for CI, or table, csv, json, markdown, "
            "latex, svg or html.",
            rich_help_panel=OUTPUT,
        ),
    ] = "table",
    details: output.Details = False,
    outputs: output.Outputs = None,
    scale: text.Scale,
) -> None:
    """Check a tokenizer against a baseline, by the gates in tokscope.toml.

    Exit codes: 0 all gates passed, 1 a gate failed, 2 nothing could be judged, 3 inconclusive (only
    with --fail-inconclusive).

    `tokscope check`

    `tokscope check new.json --against git:main:tokenizer.json`

    `tokscope check --format github --output junit=report.xml`
    """
    out = output.Output(format_, outputs)
    output.require_formats(out, gates=True, draws=not identity)
    output.require_view("--details" if details else "", out)
    stay_offline(download)
    from datetime import date

    from tokscope.gate import settings
    from tokscope.gate.wanted import source_of
    from tokscope.studies import check as gate
    from tokscope.studies.check_tables import tables

    gates = settings.read(settings.find(config))
    gates = gates.identity_alone() if identity else gates
    _require_kept(gates, spec, against, out)
    source, today = source_of(gates), date.today()
    with text.workers(source.corpora, scale) as workers:
        report = gate.checked(gates, source, spec, against=against, today=today, workers=workers)
    views = tables(report, details=details)
    output.emit(report, views, output.drawable(report, out))
    if summary := _summary_file(format_):
        _summarize(views, summary)
    code = gate.outcome(report, fail_inconclusive=fail_inconclusive)
    if code:
        raise typer.Exit(code)


def _require_kept(gates: Settings, spec: str, against: str, out: output.Output) -> None:
    """Refuse to write onto what is read: the tokenizers, the text, the configuration, locks."""
    from tokscope.gate import pair

    locks = [gates.lock] + ([Path(against)] if Path(against).suffix == ".lock" else [])
    of_locks = [("the lock", path) for one in locks for path in pair.files(one)]
    words = (spec or gates.spec, "" if len(locks) > 1 else against)
    output.require_kept(
        out,
        specs=filter(None, words),
        texts=gates.text.corpora,
        files=[*(("the configuration", path) for path in gates.files), *of_locks],
        also=[("GITHUB_STEP_SUMMARY", _summary_file(out.format_))],
    )


def _summary_file(format_: str) -> Path | None:
    """Return the file for the job summary, if this runs on GitHub."""
    place = os.environ.get("GITHUB_STEP_SUMMARY") if format_ == "github" else ""
    return Path(place) if place else None


def _summarize(views: Sequence[Report], path: Path) -> None:
    """Append the tables to the job summary, shortened to the room that is left."""
    from tokscope.render import markdown
    from tokscope.render.gates import shortened

    lines = "\n".join(map(markdown.render, views)).splitlines()
    room = _SUMMARY - (path.stat().st_size if exists(path) else 0)
    append(path, shortened(lines, room).encode())
