"""`tokscope list`."""

from __future__ import annotations

from tokscope.cli import output


def command(format_: output.Format = "table", outputs: output.Output = None) -> None:
    """List what can be loaded here now: kinds, extras, and what is in the caches.

    `tokscope list`
    """
    output.require_formats(format_, outputs or ())
    from tokscope.studies.available import available

    report = available()
    output.emit(report, [report], format_, outputs or ())
