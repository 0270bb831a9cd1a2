"""What vocabularies look like: words that are one token, lengths of tokens, scripts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from tokscope.plots import Line, Lines, Mark, Plot, Values
from tokscope.report import Report
from tokscope.vocabularies.coverage import Coverage
from tokscope.wording import percent, some

if TYPE_CHECKING:
    import pandas as pd

_SEVERAL = 8  # curves that can be told apart
_DRAWN = 0.99  # of the tokens of each vocabulary; a few very long ones would hide the rest
_LEAST = 8  # the longest tokens that are drawn in any case
_WORTH = 0.01  # the share of a script that is drawn
_USES = "a word counts by the share of its uses that are one token"
_LISTED = "terms after a space, in the order of the list"


def plots(
    report: Report,
    *,
    texts: Sequence[Coverage] = (),
    lists: Sequence[Coverage] = (),
    baselines: Collection[str] = (),
    frequent: int = 0,
) -> list[Plot]:
    """Return what can be drawn; baselines are left out if there is anything else.

    `texts` and `lists` say how many of their first words are one token; `frequent` is how many
    words of each text are in the frame.
    """
    there = report.frame["tokenizer"]
    kept = set(there) - set(baselines) or set(there)
    frame = report.frame[there.isin(kept)]
    return [
        *_coverage("coverage", _USES, [one for one in texts if one.tokenizer in kept]),
        *_by_text(frame, frequent),
        *_coverage("list", _LISTED, [one for one in lists if one.tokenizer in kept]),
        *_lengths(frame),
        *_shares(frame),
    ]


def _coverage(name: str, note: str, coverages: Sequence[Coverage]) -> list[Lines]:
    """Draw a curve for each tokenizer, the mean over texts; for each text if one is alone."""
    if not coverages:
        return []
    tokenizers = list(dict.fromkeys(one.tokenizer for one in coverages))
    words = list(dict.fromkeys(one.words for one in coverages))
    alone = len(tokenizers) == 1 and len(words) <= _SEVERAL
    groups: dict[str, list[Coverage]] = {}
    for one in coverages:
        groups.setdefault(one.words if alone else one.tokenizer, []).append(one)
    title, across = "Words that are one token", "the most frequent words"
    if name == "list":
        title, across = "Terms of a list that are one token", "the first terms"
    if len(words) == 1:
        note = f"{words[0]}; {note}"
    elif not alone:
        note = f"mean of {len(words)} texts, which weigh the same; {note}"
    lines = tuple(_mean(name, own) for name, own in groups.items())
    return [Lines(name, _titled(title, tokenizers), across, "share", lines, note, log=True)]


def _titled(title: str, tokenizers: Sequence[str]) -> str:
    """Name the tokenizer in the title if there is only one, since no legend does."""
    return f"{title}: {tokenizers[0]}" if len(tokenizers) == 1 else title


def _mean(name: str, coverages: Sequence[Coverage]) -> Line:
    """Return the mean of curves, as far as all of them go."""
    curves = [dict(zip(one.ranks, one.shares, strict=True)) for one in coverages]
    ranks = sorted(set.intersection(*map(set, curves)))
    return Line(name, tuple(ranks), tuple(fmean(own[rank] for own in curves) for rank in ranks))


def _by_text(frame: pd.DataFrame, frequent: int) -> list[Values]:
    """Draw how many frequent words of each text are one token, the fewest first."""
    own = frame[(frame["measure"] == "frequent_words") & frame["value"].notna()]
    if own["name"].nunique() < 2:
        return []
    means = own.groupby("name")["value"].mean()
    own = own.sort_values("name", key=lambda names: names.map(means), kind="stable")
    title = _titled("Words that are one token, by text", list(own["tokenizer"].unique()))
    note = f"of the {frequent:,} most frequent words of each; {_USES}"
    return [Values("dots", "frequent-words", title, "share", _marks(own), note)]


def _marks(frame: pd.DataFrame) -> tuple[Mark, ...]:
    columns = [frame[column] for column in ("name", "tokenizer", "value")]
    return tuple(Mark(*row) for row in zip(*columns, strict=True))


def _lengths(frame: pd.DataFrame) -> list[Lines]:
    """Draw how many tokens have each length in bytes, but for the longest."""
    own = frame[(frame["by"] == "length") & (frame["measure"] == "bytes_share")]
    shares: dict[str, Mapping[int, float]] = {
        str(name): dict(zip(rows["name"].astype(int), rows["value"], strict=True))
        for name, rows in own[own["value"].notna()].groupby("tokenizer", sort=False)
    }
    if not shares:
        return []
    last = max(_LEAST, *map(_nearly_all, shares.values()))
    lengths = tuple(map(float, range(1, last + 1)))
    lines = tuple(
        Line(name, lengths, tuple(known.get(int(length), 0.0) for length in lengths))
        for name, known in shares.items()
    )
    longest = max(length for known in shares.values() for length in known)
    rest = {name: sum(v for n, v in known.items() if n > last) for name, known in shares.items()}
    longer = [f"{percent(share)} of {name}" for name, share in rest.items() if share]
    note = f"longer, and not drawn: {some(longer)}, up to {longest:,} bytes" if longer else ""
    title = _titled("How long tokens are", list(shares))
    return [Lines("lengths", title, "bytes", "share", lines, note)]


def _nearly_all(shares: Mapping[int, float]) -> int:
    """Return the length that nearly all tokens do not pass."""
    total = 0.0
    for length in sorted(shares):
        total += shares[length]
        if total >= _DRAWN:
            return length
    return max(shares)


def _shares(frame: pd.DataFrame) -> list[Values]:
    """Draw the shares of scripts, or of kinds, if these are what was asked for."""
    for by, title in (("script", "Scripts of tokens"), ("kind", "Kinds of tokens")):
        own = frame[(frame["by"] == by) & (frame["measure"] == "share") & (frame["value"] > 0)]
        large = own.groupby("name")["value"].max() >= _WORTH
        own = own[own["name"].map(large).astype(bool)]
        if len(own):
            title = _titled(title, list(own["tokenizer"].unique()))
            note = f"those with {percent(_WORTH)} of some vocabulary or more"
            return [Values("dots", f"{by}s", title, "share", _marks(own), note, log=True)]
    return []
