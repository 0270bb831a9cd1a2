"""`tokscope measures`."""

from __future__ import annotations

from tokscope.cli import output


def command(format_: output.Format = "table", outputs: output.Output = None) -> None:
    """List every measure with its unit, direction, formula and source.

    T tokens, B bytes, C characters, W words, N units; U distinct ids, V ids of the vocabulary;
    p(v) the share of tokens that are v.
    """
    output.require_formats(format_, outputs or ())
    from tokscope.studies.measures import measures

    report = measures()
    output.emit(report, [report], format_, outputs or ())
