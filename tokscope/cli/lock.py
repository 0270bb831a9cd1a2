"""`tokscope lock`."""

from __future__ import annotations

from typing import Annotated

import typer

from tokscope.cli import output, text
from tokscope.cli.check import Config, Download, Spec, stay_offline
from tokscope.errors import TokscopeError


def command(
    spec: Spec = "",
    *,
    config: Config = "",
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Make the lock again in memory; exit with 1 if it differs."),
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Replace the lock; needs a --reason.")
    ] = False,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why values may change; is kept in the lock.")
    ] = "",
    download: Download = False,
    details: output.Details = False,
    out: output.Output,
    scale: text.Scale,
) -> None:
    """Write tokscope.lock, the baseline that later tokenizers are compared with.

    Also writes tokscope.lock.npz, with the counts of every unit of text. Commit both.

    `tokscope lock`

    `tokscope lock --update --reason "added Thai merges"`
    """
    output.require_formats(out)
    output.require_view("--details" if details else "", out)
    if verify and (update or reason):
        raise TokscopeError("--verify changes nothing; drop --update and --reason")
    if reason and not update:
        raise TokscopeError("--reason is for --update; add it, or drop --reason")
    stay_offline(download)
    from tokscope.gate import pair, settings
    from tokscope.studies import lock as locking

    gates = settings.read(settings.find(config))
    own = [(f"the lock of {gates.path}", path) for path in pair.files(gates.lock)]
    output.require_kept(
        out,
        specs=filter(None, [spec or gates.spec]),
        texts=gates.text.corpora,
        files=[*(("the configuration", path) for path in gates.files), *(own if verify else [])],
        also=[] if verify else own,
    )
    with text.workers(gates.text.read(), scale) as workers:
        if verify:
            report = locking.verify(gates, spec, workers)
            output.emit(report, locking.differences(report, details=details), out)
            raise typer.Exit(int(len(report.rows) > 0))
        made = locking.locked(gates, spec, update=update, reason=reason, workers=workers)
    old = locking.write(gates, made, update=update)
    report = locking.summary(made, old, update=update)
    output.emit(report, locking.tables(report, details=details), out)
