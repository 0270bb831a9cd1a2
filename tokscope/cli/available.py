"""`tokscope list`."""

from __future__ import annotations

from tokscope.cli import output


def command(out: output.Output) -> None:
    """List what can be loaded on this machine: kinds, extras, and what is in the caches.

    `tokscope list`
    """
    output.require_formats(out)
    from tokscope.studies.available import available

    report = available()
    output.emit(report, [report], out)
