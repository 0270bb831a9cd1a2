"""What a test on known mixtures looks like: how far off each method is, and the worst case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report
from tokscope.studies.infer_mixture_plots import largest


def plots(report: Report, trials: Sequence[Mapping[str, Any]]) -> list[Plot]:
    """Return the errors by method, and the shares of the trial with the largest error."""
    return [_errors(report), _worst(trials)]


def _errors(report: Report) -> Values:
    """Draw the error of each method, the smallest first; a log10 MSE of -4 is 1 point off."""
    rows = report.frame.sort_values("log10 MSE", kind="stable")
    scores = (rows[name].tolist() for name in ("method", "log10 MSE", "best", "worst"))
    marks = tuple(
        Mark(str(method), "off by", *(10 ** (score / 2) for score in own))
        for method, *own in zip(*scores, strict=True)
        if min(own) > -12  # what is exact has no place on an axis of ratios
    )
    note = "root mean square over the corpora of a mixture: typical, and from best to worst trial"
    title = "How far off shares are, in percentage points"
    return Values("dots", "errors", title, "share", marks, note, log=True)


def _worst(trials: Sequence[Mapping[str, Any]]) -> Values:
    """Draw inferred beside true shares where they are furthest apart, the largest share first."""
    worst = max(trials, key=lambda trial: float(trial["scores"]["inferred"]))
    shares = sorted(
        zip(worst["corpora"], worst["inferred"], worst["truth"], strict=True),
        key=lambda one: -one[2],
    )
    every = [
        Mark(corpus, series, float(share))
        for corpus, inferred, truth in shares
        for series, share in (("inferred", inferred), ("truth", truth))
    ]
    marks, rest = largest(every)
    title = "The mixture that was inferred worst"
    note = f"trial {worst['trial'] + 1} of {len(trials)}: shares of bytes"
    note = f"{note}. {rest}" if rest else note
    return Values("bars", "worst-mixture", title, "share", marks, note)
