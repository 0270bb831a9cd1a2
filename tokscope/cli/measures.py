"""`tokscope measures`."""

from __future__ import annotations

from tokscope.cli import output


def command(*, details: output.Details = False, out: output.Output) -> None:
    """List every measure with its unit, direction, formula and source.

    In the formulas, T is the number of tokens, B of bytes, C of characters, W of words, N of units,
    U of distinct ids and V of ids in the vocabulary; p(v) is the share of tokens that are v.
    """
    output.require_formats(out)
    output.require_view("--details" if details else "", out)
    from tokscope.studies.measures import list_measures, tables

    report = list_measures()
    output.emit(report, tables(report, details=details), out)
