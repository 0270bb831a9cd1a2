"""How numbers are cut, in a sentence and in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan

import pandas as pd

from tokscope.measures.schemes import FIXED, LEARNED, UNKNOWN, Scheme
from tokscope.wording import many, percent, some

_EXAMPLE = 7  # digits: groups of 2, 3 and 4 from the left differ there from those from the right
_SUMMARIES = ("tokens", "match_probability", "entropy")
_ROUNDING = 1e-9
_MOST = 3  # clauses of a headline
_NOTHING = "cannot tell, it has no tokens for numbers"


def _cuttings(frame: pd.DataFrame) -> dict[str, Scheme]:
    """Return how each tokenizer of a report cuts numbers."""
    rules = frame[frame["by"] == "scheme"]
    return {str(name): _cutting(own) for name, own in rules.groupby("tokenizer", sort=False)}


def _cutting(rows: pd.DataFrame) -> Scheme:
    shares = rows[rows["measure"] == "share"]
    return Scheme(
        dict(zip(shares["name"], shares["value"], strict=True)),
        _by_length(rows[rows["measure"] == "fit"]),
        _by_length(rows[rows["measure"] == "within"]),
    )


def _by_length(rows: pd.DataFrame) -> dict[str, dict[int, float]]:
    return {
        str(name): dict(zip(own["digits"], own["value"], strict=True))
        for name, own in rows.groupby("name", sort=False)
    }


def headline(frame: pd.DataFrame) -> str:
    """Say by which rule numbers are cut, or what was found in the one part that was asked for."""
    if not (frame["by"] == "rule").any():
        return _of_part(_PARTS[frame["by"].iloc[0]], frame)
    return ruled(_cuttings(frame))


def _of_part(told: Callable[[pd.DataFrame], str], frame: pd.DataFrame) -> str:
    """Say what was found in one part; tokenizers of which the same is true share a clause."""
    alike: dict[str, list[str]] = {}
    for name, own in frame.groupby("tokenizer", sort=False):
        alike.setdefault(told(own), []).append(str(name))
    clauses = [f"{some(names)}: {clause}" for clause, names in alike.items()]
    if len(clauses) > _MOST:
        clauses[_MOST:] = [f"{len(clauses) - _MOST} more in the table"]
    return f"{'; '.join(clauses)}."


def ruled(cuttings: Mapping[str, Scheme]) -> str:
    """Say by which rule numbers are cut; tokenizers that cut alike share a clause."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, cutting in cuttings.items():
        alike.setdefault(_family(cutting), []).append(name)
    kinds = sorted(alike, key=lambda kind: (UNKNOWN in kind, LEARNED in kind))
    clauses = [_clause(kind, {name: cuttings[name] for name in alike[kind]}) for kind in kinds]
    return f"{'; '.join(clauses)}."


def _family(cutting: Scheme) -> tuple[str, ...]:
    """Return what tokenizers of one clause have in common."""
    names = cutting.named
    return (LEARNED, cutting.grouping) if names == [LEARNED] else tuple(names)


def _clause(kind: tuple[str, ...], cuttings: Mapping[str, Scheme]) -> str:
    names, one = some(list(cuttings)), len(cuttings) == 1
    if kind[0] == LEARNED:
        return _learned(kind[1], cuttings)
    if kind == (UNKNOWN,):
        return f"cannot tell for {names}: no tokens for numbers"
    if len(kind) > 1:
        return f"{names}: some numbers are {', others '.join(map(_done, kind))}"
    doing = {"whole": "keeps numbers whole", FIXED: "cuts numbers by a rule with no name here"}
    does = doing.get(kind[0], f"cuts numbers into {kind[0]}")
    does = does if one else does.replace("s ", " ", 1)
    return f"{names} {does} ({_true(kind[0], list(cuttings.values()))})"


def _done(name: str) -> str:
    """Say what is done to the numbers that count for an entry of the shares."""
    done = {"whole": "kept whole", FIXED: "cut in another fixed way", UNKNOWN: "not encoded"}
    return done.get(name, f"cut into {name}")


def _true(name: str, cuttings: Sequence[Scheme]) -> str:
    """Say of how many numbers a rule is true, and where it is not."""
    shares = [cutting.shares[name] for cutting in cuttings]
    if min(shares) > 1 - _ROUNDING:
        return "true of all numbers tried"
    worst = min(cuttings, key=lambda cutting: cutting.shares[name]).fits.get(name, {})
    least = min(worst, key=lambda digits: (worst[digits], digits), default=0)
    but = f", but of {percent(worst[least])} with {many(least, 'digit')}" if worst else ""
    return f"true of {_span(shares)} of the numbers tried{but}"


def _learned(grouping: str, cuttings: Mapping[str, Scheme]) -> str:
    """Say that no rule holds, and how nearly the nearest does."""
    nearest = {cutting.nearest for cutting in cuttings.values()}
    which = f", {nearest.pop()}," if len(nearest) == 1 else ""
    holds = _span([cutting.shares[cutting.nearest] for cutting in cuttings.values()])
    return (
        f"{some(list(cuttings))} learned {'its' if len(cuttings) == 1 else 'their'} cuts from text"
        f"{f', within {grouping}' if grouping else ''}: no rule holds (the nearest{which} is true "
        f"of {holds} of numbers)"
    )


def _span(shares: list[float]) -> str:
    """Write the least and the most of some shares."""
    least, most = percent(min(shares)), percent(max(shares))
    return most if least == most else f"{least.removesuffix(' %')} to {most}"


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each tokenizer: its rule, how much it is true of, and a length as example.

    Columns: tokenizer, share, cut into, 7 digits (their most usual cut, and how usual it is).
    """
    rules = frame[frame["by"] == "rule"]
    cuts = _cuts(frame[(frame["by"] == "partition") & (frame["digits"] == _EXAMPLE)])
    return pd.DataFrame(
        {
            "tokenizer": rules["tokenizer"],
            "share": rules["value"],
            "cut into": rules["name"],
            f"{_EXAMPLE} digits": [cuts.get(name, "–") for name in rules["tokenizer"]],
        }
    )


def _cuts(rows: pd.DataFrame) -> dict[str, str]:
    """Return the most usual cut of each tokenizer, after a space; its share if it is not all."""
    own = rows[(rows["name"] == "after a space") & ~rows["measure"].isin(_SUMMARIES)]
    best = own.sort_values("value", ascending=False, kind="stable").drop_duplicates("tokenizer")
    return {
        name: cut if share == 1 else f"{cut} ({percent(share)})"
        for name, cut, share in zip(best["tokenizer"], best["measure"], best["value"], strict=True)
    }


def counted(written: str, cuts: pd.DataFrame) -> str:
    """Say how many tokens a number takes, from a row for each token."""
    sizes = cuts["tokenizer"].value_counts(sort=False)
    told = ", ".join(f"{many(int(size), 'token')} under {name}" for name, size in sizes.items())
    return f"{written} is {told}."


# The parts, each in words: what a tokenizer does, from its rows of the part.


def _coverage(rows: pd.DataFrame) -> str:
    own = rows[(rows["name"] == "bare") & (rows["measure"] == "covered")]
    lost = own[own["value"] < 1]["digits"]
    most = (int(lost.min()) if len(lost) else int(own["digits"].max()) + 1) - 1
    if most == 0:
        return "not every digit is one token"
    return f"every number of {'1 digit' if most == 1 else f'up to {most} digits'} is one token"


def _alignment(rows: pd.DataFrame) -> str:
    own = rows[(rows["name"] == "none") & (rows["measure"] == "addition_mismatch")]
    share = float(own["value"].iloc[0])
    if isnan(share):
        return _NOTHING
    return (
        f"where a sum has more digits than the numbers added, {percent(share)} of its cuts are in "
        "line with theirs"
    )


def _separator(rows: pd.DataFrame) -> str:
    cost = float(rows[rows["name"] == "comma, thousands"]["value"].iloc[0])
    return (
        _NOTHING
        if isnan(cost)
        else f"with commas between thousands, numbers take {cost:.2f} times the tokens"
    )


def _context(rows: pd.DataFrame) -> str:
    unchanged = dict(zip(rows["name"], rows["value"], strict=True))
    other = [name for name, share in unchanged.items() if share < 1]
    if not other:
        return f"cuts numbers alike in all {len(rows)} contexts"
    worst = min(other, key=lambda name: unchanged[name])
    return (
        f"cuts numbers differently in {len(other)} of {len(rows)} contexts, most of all “{worst}” "
        f"({percent(1 - unchanged[worst])} of numbers)"
    )


def _script(rows: pd.DataFrame) -> str:
    own = rows[rows["name"] != "Western"]
    unknown = own[(own["measure"] == "unknown") & (own["value"] > 0)]["name"].tolist()
    told = [f"no tokens for some digits ({some(unknown)})"] if unknown else []
    costs = own[(own["measure"] == "tokens_per_digit") & own["value"].notna()]
    most = max(zip(costs["value"], costs["name"], strict=True), default=None)
    if most:
        told.append(f"up to {most[0]:.2f} tokens per digit of another script ({most[1]})")
    return ", ".join(told)


def _kind(rows: pd.DataFrame) -> str:
    own = rows[rows["value"].notna()]
    if not len(own):
        return _NOTHING
    costs = sorted(zip(own["value"], own["name"], strict=True))
    (least, cheapest), (most, dearest) = costs[0], costs[-1]
    return f"{dearest} cost most ({most:.2f} tokens per digit), {cheapest} least ({least:.2f})"


_PARTS: Mapping[str, Callable[[pd.DataFrame], str]] = {
    "coverage": _coverage,
    "alignment": _alignment,
    "separator": _separator,
    "context": _context,
    "script": _script,
    "kind": _kind,
}
