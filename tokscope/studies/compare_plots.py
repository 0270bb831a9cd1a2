"""What a comparison looks like: tokens against the cheapest tokenizer, and against a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from tokscope.counting.counted import ALL
from tokscope.plots import Mark, Plot, Values
from tokscope.report import Report

_ONE_BY_ONE = "intervals are those of each tokenizer by itself"


def plots(report: Report) -> list[Plot]:
    """Return what can be drawn: tokens against the cheapest tokenizer, and premiums."""
    each = report.frame[report.frame["corpus"] != ALL]
    dots, premiums = _relative(each), _premiums(each)
    if premiums:
        return [*dots, *premiums, *map(_as_map, premiums)]
    several = each["corpus"].nunique() > 1
    return [*dots, *(map(_as_map, dots) if several else ())]


def _as_map(plot: Values) -> Values:
    return replace(plot, kind="heat", name=f"{plot.name}-map")


def _relative(frame: pd.DataFrame) -> list[Values]:
    """Draw tokens relative to the cheapest tokenizer of each corpus, the most unequal first."""
    frame = _tokens(frame)
    if frame["tokenizer"].nunique() < 2 or frame.empty:
        return []
    least = frame.groupby("corpus")["value"].transform("min")
    frame = frame.assign(**{name: frame[name] / least for name in ("value", "low", "high")})
    title = "Tokens, relative to the tokenizer that needs the fewest"
    intervals = _ONE_BY_ONE if frame["low"].notna().any() else ""
    note = "; ".join(filter(None, ("the same text under every tokenizer", intervals)))
    return [Values("dots", "relative", title, "ratio", _marks(frame), note, 1.0, log=True)]


def _tokens(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the tokens for a fixed text, up to a factor for each corpus.

    Tokens of a byte have narrower intervals than tokens: the length of a resample cancels.
    """
    own = frame[frame["measure"] == "bytes_per_token"]
    if own.empty:
        return frame[frame["measure"] == "tokens"]
    return own.assign(value=1 / own["value"], low=1 / own["high"], high=1 / own["low"])


def _premiums(frame: pd.DataFrame) -> list[Values]:
    """Draw what a text costs in each language, relative to the same text in the reference."""
    own = frame[(frame["measure"] == "premium") & frame["value"].notna()]
    if own["corpus"].nunique() < 2:
        return []
    title = "Premium: tokens relative to the same text in the language of reference"
    note = "parallel text; 1 is as many tokens as the reference needs"
    return [Values("dots", "premium", title, "ratio", _marks(own), note, 1.0, log=True)]


def _marks(frame: pd.DataFrame) -> tuple[Mark, ...]:
    """Return values by corpus and tokenizer, the corpora with the largest values first."""
    known = frame[np.isfinite(frame["value"]) & (frame["value"] > 0)]
    worst: Mapping[str, float] = known.groupby("corpus")["value"].max().to_dict()
    known = known.sort_values(
        "corpus", key=lambda names: names.map(lambda name: -worst[name]), kind="stable"
    )
    columns = [known[name] for name in ("corpus", "tokenizer", "value", "low", "high")]
    return tuple(Mark(*row) for row in zip(*columns, strict=True))
