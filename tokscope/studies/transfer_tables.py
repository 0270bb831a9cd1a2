"""The tables of a transfer that people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from tokscope.counting.counted import ALL
from tokscope.mapping.kinds import COMPOSED, COPIED, NONE, SPECIAL
from tokscope.report import Report

_NAMES = {
    COPIED: "copied, byte for byte",
    SPECIAL: "special, by text or role",
    NONE: "no way",
}
_FEW = 10  # corpora that are shown without details
_MANY = 5  # old tokens from which composed ones are in one row
# list -> its title, and what the columns of a token are called
_LISTS = {
    "worst": ("Composed tokens that cost most", {"old": "made of"}),
    "none": ("Tokens that have no way", {}),
    "lost": ("Old tokens without a copy, by use", {}),
    "special": ("Special tokens", {"old": "from"}),
}
_ORDER = (COPIED, *map(str, range(1, _MANY + 1)), SPECIAL, NONE)
_BRIEF = ("worst", "none")  # lists that are shown without details
_LONG = ["measure", "value", "unit"]


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: kinds, corpora, tokens, and what a model gets.

    `details` adds the tokens that are lost, the special ones, and all notes.
    """
    frame = report.frame
    first = Report("transfer", report.title, _kinds(frame), across="measure")
    views = [replace(first, headline=report.headline)]
    corpora = _corpora(frame)
    least = corpora if details else _least(frame)
    title = "By corpus" if len(least) == len(corpora) else "Corpora of which least is copied"
    views.append(Report("transfer", title, _by_corpus(frame, least), across="measure"))
    for part in _LISTS if details else _BRIEF:
        listed = frame[frame["part"] == part]
        if len(listed):
            views.append(_list(listed, part))
    views += _model(frame)
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _corpora(frame: pd.DataFrame) -> list[str]:
    """Return the names of the corpora."""
    return [name for name in frame["corpus"].unique().tolist() if name not in ("", ALL)]


def _least(frame: pd.DataFrame) -> list[str]:
    """Return the corpora to show: all if they are few, or else those of which least is copied."""
    names = _corpora(frame)
    copied = frame[(frame["name"] == COPIED) & (frame["measure"] == "share")]
    shares = copied.set_index("corpus")["value"]
    return names if len(names) <= _FEW else sorted(names, key=lambda name: shares[name])[:_FEW]


def _kinds(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ids and tokens of each kind; the composed ones by their old tokens."""
    corpora = _corpora(frame)
    whole = ALL if len(corpora) > 1 else corpora[0]
    own = frame[frame["corpus"].isin(["", whole]) & frame["part"].isin(["kind", "pieces"])]
    own = own[own["name"] != COMPOSED].copy()
    own["kind"] = [_named(name) for name in own["name"]]
    told = {"": "share of ids", whole: "share of tokens"}
    shares = own["measure"] == "share"
    own.loc[shares, "measure"] = own.loc[shares, "corpus"].map(told)
    summed = own.groupby(["kind", "measure", "unit"], sort=False, as_index=False)["value"].sum()
    named = [summed[summed["kind"] == _named(name)] for name in _ORDER]
    return pd.concat(named)[["kind", *_LONG]]


def _named(name: str) -> str:
    """Return what a row is called; many old tokens are one row."""
    if not name.isdecimal():
        return _NAMES[name]
    if int(name) >= _MANY:
        return f"composed of {_MANY} or more old tokens"
    return f"composed of {name} old token{'s'[: name != '1']}"


def _by_corpus(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the shares of each kind in each corpus, and its tokens under both."""
    own = pd.concat([frame[frame["corpus"] == name] for name in names])
    shares = (own["part"] == "kind") & (own["measure"] == "share")
    own.loc[shares, "measure"] = own.loc[shares, "name"]
    totals = own["part"] == "total"
    own.loc[totals, "measure"] = own.loc[totals, "name"]
    return own[shares | totals][["corpus", *_LONG]]


def _list(listed: pd.DataFrame, part: str) -> Report:
    """Return a list of tokens."""
    title, columns = _LISTS[part]
    rows = [
        {"token": row["name"], "id": row["id"], "tokens": int(row["value"])}
        | {shown: row[column] for column, shown in columns.items()}
        for row in listed.to_dict("records")
    ]
    return Report("transfer", title, rows)


def _model(frame: pd.DataFrame) -> Iterator[Report]:
    """Yield the tensors that were written anew, and what the configuration must say."""
    tensors = frame[frame["part"] == "tensor"]
    if not len(tensors):
        return
    rows = [
        {"tensor": name, "before": old, "rows now": int(rows)}
        for name, old, rows in zip(tensors["name"], tensors["old"], tensors["value"], strict=True)
    ]
    yield Report("transfer", "Tensors written anew", rows)
    config = frame[frame["part"] == "config"]
    values = zip(config["name"], config["value"], strict=True)
    settings = [{"setting": name, "value": f"{value:.0f}"} for name, value in values]
    yield Report("transfer", "Set in config.json", settings)
