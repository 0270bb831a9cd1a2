"""The rows of `extend`, its notes, and the tables that people see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.growth.base import Base
from tokscope.growth.count import GROUPS, Counted
from tokscope.growth.curve import Curve
from tokscope.growth.kept import Kept
from tokscope.growth.learning import spellings
from tokscope.growth.proof import Proof
from tokscope.measures.uncertainty import intervals_of
from tokscope.mixture.replay import Rules
from tokscope.report import Report, Rows
from tokscope.text.spelled import spelled
from tokscope.wording import many

EACH = 1_000  # merges, by which gains are told
STEPS = (0, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
LIMITS = ("one token a pre-token", "one token a word")
_SHOWN = 20  # new tokens
_POINTS = 100  # of a curve
_EACH = tuple(digit * 10**power for power in range(2, 8) for digit in (1, 2, 5))
_EMPTY: Mapping[str, Any] = {
    "part": "",
    "corpus": "",
    "merges": None,
    "name": "",
    "tokens": None,
    "saving": None,
    "low": None,
    "high": None,
    "gain": None,
    "parameters": None,
    "units": None,
    "kept": None,
    "id": None,
    "token": "",
    "left": "",
    "right": "",
}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Grown:
    """A base, its new merges, and what they do."""

    base: Base
    rules: Rules
    curves: Mapping[str, Curve]  # of what was held out, by corpus
    learned: NDArray[np.int64]  # tokens of the text that was learned from, (T + 1,)
    kept: Mapping[str, Kept]  # of other text, by corpus
    asked: int  # merges
    lines: int  # that were held out
    dropped: int = 0  # merges that only make incomplete characters
    repeats: int = 0  # lines that were not held out: they are in the text that was learned from
    proof: Proof | None = None  # of the extended tokenizer, if it was tried on text

    @property
    def steps(self) -> list[int]:
        """Numbers of merges to show: round ones, and all."""
        return [k for k in STEPS if k < len(self.rules)] + [len(self.rules)]

    @property
    def is_all(self) -> bool:
        """Whether the text holds no more merges than were learned."""
        return len(self.rules) + self.dropped < self.asked

    @property
    def points(self) -> list[int]:
        """The same, and more of them where the curve is to be seen: at most a hundred."""
        last = len(self.rules)
        each = next(one for one in _EACH if one * _POINTS >= last)
        return sorted({*self.steps, *range(0, last, each)})

    @property
    def totals(self) -> NDArray[np.int64]:
        """The tokens of all that was held out, after each number of merges; (T + 1,)."""
        return sum((one.totals for one in self.curves.values()), np.zeros(len(self.rules) + 1, int))

    def kept_after(self, merges: int) -> tuple[int, int]:
        """Return how many units of other text keep their ids, and how many there are."""
        kept = sum(one.after(merges) for one in self.kept.values())
        return kept, sum(one.units for one in self.kept.values())


def frame_of(grown: Grown, dimension: int | None, draws: int, seed: int) -> pd.DataFrame:
    """Return all rows: curves, limits, the text that was learned from, what is kept, new tokens."""
    made = [
        *_curves(grown, dimension, draws, seed),
        *_limits(grown),
        *_of_learned(grown),
        *_kept(grown),
        *_tokens(grown),
    ]
    frame = pd.DataFrame([{**_EMPTY, **row} for row in made], dtype=object)  # counts stay whole
    return frame.astype(dict.fromkeys(("saving", "low", "high", "gain"), float))


def _curves(grown: Grown, dimension: int | None, draws: int, seed: int) -> Iterator[Row]:
    points = grown.points
    for name, curve in grown.curves.items():
        totals = curve.totals
        drawn = curve.intervals(points, draws, seed) if draws and totals[0] else None
        for i, k in enumerate(points):
            low, high = drawn[i] if drawn and k else (None, None)
            yield {
                "part": "curve",
                "corpus": name,
                "merges": k,
                "tokens": int(totals[k]),
                "saving": curve.saving(int(totals[k])),
                "low": low,
                "high": high,
                "gain": _gain(totals, k),
                "parameters": dimension and k * dimension,
            }


def _gain(totals: NDArray[np.int64], k: int) -> float | None:
    """Return the share of all tokens that 1,000 more merges save; None where fewer are left."""
    if k + EACH >= len(totals) or not totals[0]:
        return None
    return float((totals[k] - totals[k + EACH]) / totals[0])


def _limits(grown: Grown) -> Iterator[Row]:
    for name, curve in grown.curves.items():
        for limit, counts in zip(LIMITS, (curve.pretokens, curve.words), strict=True):
            tokens = int(counts.sum())
            told = {"name": limit, "tokens": tokens, "saving": curve.saving(tokens)}
            yield {"part": "limit", "corpus": name, **told}


def _of_learned(grown: Grown) -> Iterator[Row]:
    first = int(grown.learned[0])
    for k in grown.steps:
        tokens = int(grown.learned[k])
        saving = 1 - tokens / first if first else np.nan
        yield {"part": "learned", "merges": k, "tokens": tokens, "saving": saving}


def _kept(grown: Grown) -> Iterator[Row]:
    for name, one in grown.kept.items():
        for k in grown.steps:
            yield {
                "part": "kept",
                "corpus": name,
                "merges": k,
                "units": one.units,
                "kept": one.after(k),
            }


def _tokens(grown: Grown) -> Iterator[Row]:
    rules, base = grown.rules, grown.base
    forms = spellings(rules, base.symbols.forms)
    for step, (left, right) in enumerate(zip(rules.left, rules.right, strict=True)):
        yield {
            "part": "token",
            "merges": step + 1,
            "id": rules.alphabet + step,
            "token": spelled(base.piece(forms[rules.alphabet + step])),
            "left": spelled(base.piece(forms[left])),
            "right": spelled(base.piece(forms[right])),
        }


# Notes


def notes_of(grown: Grown, learned: Counted, counts: Sequence[Counted]) -> Iterator[str]:
    """Yield what changes how numbers are read."""
    held, repeats = sum(one.held_units for one in counts), sum(one.repeats for one in counts)
    counted = many(held, "other", "others")
    yield f"learned from {many(learned.units, 'line')}, counted on {counted}"
    if repeats:
        those = "it is" if repeats == 1 else "they are"
        yield f"{many(repeats, 'line')} left out: {those} in the text that was learned from"
    long = sum(one.long for one in {id(one): one for one in (learned, *counts)}.values())
    if long:
        yield f"{many(long, 'pre-token')} left out that {'is' if long == 1 else 'are'} too long"
    if grown.is_all:
        found = many(len(grown.rules) + grown.dropped, "merge")
        yield f"the text holds {found}, not {grown.asked:,}"
    if grown.dropped:
        made = "makes an incomplete character" if grown.dropped == 1 else "make incomplete ones"
        yield f"{many(grown.dropped, 'merge')} left out that only {made}"
    if grown.base.greedy:
        yield from _warnings(grown.proof)
    elif grown.proof:
        yield (
            f"the written file was read again: all {grown.rules.alphabet:,} old ids are the same, "
            f"and on {many(grown.proof.texts, 'line')} it only joins old tokens"
        )


def _warnings(proof: Proof | None) -> Iterator[str]:
    """Yield what new pieces do to text in WordPiece, which promises nothing."""
    yield (
        "WordPiece takes the longest piece first, so a new piece may change what stands behind it, "
        "even to an unknown token: no way of adding pieces keeps the ids of other text"
    )
    if proof and proof.broken:
        yield (
            f"read again and tried on {many(proof.texts, 'line')}, it does more than join old "
            f'tokens on {proof.broken:,} of them, such as "{proof.example}"'
        )
    elif proof:
        yield f"read again and tried on {many(proof.texts, 'line')}, it only joins old tokens there"


def details_of(grown: Grown, dimension: int | None, draws: int) -> tuple[str, ...]:
    """Return what else there is to know."""
    told = [
        "saving: the share of tokens that is saved; the same text is cut and normalized as the "
        "base does it",
        "one token a pre-token: what no merges inside pre-tokens can pass; one token a word: a "
        "token for each word (UAX #29) and each run of signs, wherever pre-tokens end",
        "lines with old ids: other text that no new merge changes",
    ]
    if "Unigram" in grown.base.tokenizer.family:
        told.append("tokens are counted as joined merge by merge; Unigram itself may find fewer")
    if dimension:
        told.append("parameters: of one matrix of embeddings; a head of its own has as many again")
    if draws:
        told.append(
            f"{intervals_of(draws)} of the saving, from {draws} resamples of {GROUPS} "
            "groups of lines"
        )
    return tuple(told)


# Tables


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return what people see: what merges save and change, then the first new tokens and the last.

    `details` shows every new token, what is saved of the text that was learned from, and other text
    by corpus.
    """
    rows = report.rows
    notes = report.notes + (report.details if details else ())
    first = Report(
        "extend",
        "What new tokens save on text that was held out",
        list(_cells(rows)),
        across="measure",
        headline=report.headline,
        provenance={},
    )
    views = [first]
    if details:
        views += [view for view in (_learned_view(rows), _kept_view(rows)) if view]
    tokens = [row for row in rows if row["part"] == "token"]
    if tokens:
        views.append(_token_view(tokens, details))
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _cells(rows: Rows) -> Iterator[Row]:
    """Yield the cells of the first table, one a row."""
    names = list(dict.fromkeys(row["corpus"] for row in rows if row["part"] == "curve"))
    last = max((row["merges"] for row in rows if row["part"] == "curve"), default=0)
    each = EACH if last > EACH else _EACH[0]
    gains = f"{each:,} more save"
    for row in rows if each == EACH else _with_gains(rows, each):
        is_shown = row["part"] == "curve" and row["merges"] in (*STEPS, last)
        if not is_shown and row["part"] != "limit":
            continue
        place = f"{row['merges']:,}" if row["part"] == "curve" else row["name"]
        before = f"{row['corpus']}: " if len(names) > 1 else ""
        told = {"tokens": "tokens", "saving": "share", "gain": "share", "parameters": "parameters"}
        for name, unit in told.items():
            if not pd.isna(row[name]):
                called = gains if name == "gain" else name
                yield _cell(place, f"{before}{called}", row[name], unit, row)
    for k, kept, units in _kept_by_step(rows):
        share = kept / units if units else np.nan
        yield _cell(f"{k:,}", "lines with old ids", share, "share")


def _with_gains(rows: Rows, each: int) -> Iterator[Row]:
    """Yield rows with what so many more merges save: fewer than those of the column."""
    tokens = {
        (row["corpus"], row["merges"]): row["tokens"] for row in rows if row["part"] == "curve"
    }
    for row in rows:
        after = tokens.get((row["corpus"], (row["merges"] or 0) + each))
        first = tokens.get((row["corpus"], 0))
        known = row["part"] == "curve" and after is not None and first
        yield {**row, "gain": (row["tokens"] - after) / first} if known else row


def _cell(place: str, measure: str, value: Any, unit: str, row: Row | None = None) -> Row:
    drawn = row and measure.endswith("saving") and not pd.isna(row["low"])
    low, high = (row["low"], row["high"]) if row and drawn else (None, None)
    told = {"value": value, "low": low, "high": high, "unit": unit, "better": "neither"}
    return {"merges": place, "measure": measure, **told}


def _kept_by_step(rows: Rows) -> list[tuple[int, int, int]]:
    sums: dict[int, list[int]] = {}
    for row in rows:
        if row["part"] == "kept":
            total = sums.setdefault(row["merges"], [0, 0])
            total[0] += row["kept"]
            total[1] += row["units"]
    return [(k, kept, units) for k, (kept, units) in sums.items()]


def _learned_view(rows: Rows) -> Report | None:
    found = [
        {"merges": f"{row['merges']:,}", "tokens": row["tokens"], "share": row["saving"]}
        for row in rows
        if row["part"] == "learned"
    ]
    title = "What they save on the text that they were learned from: more than on any other"
    return Report("extend", title, found) if found else None


def _kept_view(rows: Rows) -> Report | None:
    found = [
        {"corpus": row["corpus"], "merges": f"{row['merges']:,}"}
        | {"lines": row["units"], "with old ids": row["kept"]}
        for row in rows
        if row["part"] == "kept"
    ]
    return Report("extend", "Other text by corpus", found) if found else None


def _token_view(tokens: Rows, details: bool) -> Report:
    few = len(tokens) <= _SHOWN + 1 or details
    shown = tokens if few else [*tokens[:_SHOWN], tokens[-1]]
    title = "New tokens" if few else f"The first {_SHOWN} new tokens, and the last"
    columns = ("id", "token", "left", "right")
    return Report("extend", title, [{name: row[name] for name in columns} for row in shown])
