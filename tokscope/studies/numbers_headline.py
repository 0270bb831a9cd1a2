"""How numbers are cut, in a sentence and in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan

from tokscope.measures.schemes import FIXED, LEARNED, UNKNOWN, Scheme
from tokscope.report import Rows, grouped
from tokscope.wording import many, percent, some

_EXAMPLE = 7  # digits: groups of 2, 3 and 4 from the left differ there from those from the right
SUMMARIES = ("tokens", "match_probability", "entropy")  # measures that are no way to cut
_ROUNDING = 1e-9
_MOST = 3  # clauses of a headline
_NOTHING = "cannot tell, it has no tokens for numbers"


def _cuttings(rows: Rows) -> dict[str, Scheme]:
    """Return how each tokenizer of a report cuts numbers."""
    rules = [row for row in rows if row["by"] == "scheme"]
    return {name: _cutting(own) for name, own in grouped(rules, "tokenizer").items()}


def _cutting(rows: Rows) -> Scheme:
    return Scheme(_by_name(rows, "share"), _by_length(rows, "fit"), _by_length(rows, "within"))


def _of(rows: Rows, measure: str) -> Rows:
    return [row for row in rows if row["measure"] == measure]


def _by_name(rows: Rows, measure: str) -> dict[str, float]:
    return {row["name"]: row["value"] for row in _of(rows, measure)}


def _by_length(rows: Rows, measure: str) -> dict[str, dict[int, float]]:
    return {
        name: {row["digits"]: row["value"] for row in own}
        for name, own in grouped(_of(rows, measure), "name").items()
    }


def headline(rows: Rows) -> str:
    """Say by which rule numbers are cut, or what was found in the one part that was asked for."""
    if not any(row["by"] == "rule" for row in rows):
        return _of_part(_PARTS[rows[0]["by"]], rows)
    return ruled(_cuttings(rows))


def _of_part(told: Callable[[Rows], str], rows: Rows) -> str:
    """Say what was found in one part; tokenizers of which the same is true share a clause."""
    alike: dict[str, list[str]] = {}
    for name, own in grouped(rows, "tokenizer").items():
        alike.setdefault(told(own), []).append(name)
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


def summary(rows: Rows) -> Rows:
    """Return a row for each tokenizer: its rule, how much it is true of, and a length as example.

    Columns: tokenizer, share, cut into, 7 digits (their most usual cut, and how usual it is).
    """
    cuts = _cuts([row for row in rows if row["by"] == "partition" and row["digits"] == _EXAMPLE])
    return [
        {
            "tokenizer": row["tokenizer"],
            "share": row["value"],
            "cut into": row["name"],
            f"{_EXAMPLE} digits": cuts.get(row["tokenizer"], "–"),
        }
        for row in rows
        if row["by"] == "rule"
    ]


def _cuts(rows: Rows) -> dict[str, str]:
    """Return the most usual cut of each tokenizer, after a space; its share if it is not all."""
    own = [row for row in rows if row["name"] == "after a space"]
    cuts = grouped([row for row in own if row["measure"] not in SUMMARIES], "tokenizer")
    best = [max(ways, key=lambda row: float(row["value"])) for ways in cuts.values()]
    return {row["tokenizer"]: f"{row['measure']}{_unless_all(row['value'])}" for row in best}


def _unless_all(share: float) -> str:
    return "" if share == 1 else f" ({percent(share)})"


def counted(written: str, cuts: Rows) -> str:
    """Say how many tokens a number takes, from a row for each token."""
    sizes = {name: len(own) for name, own in grouped(cuts, "tokenizer").items()}
    told = ", ".join(f"{many(size, 'token')} under {name}" for name, size in sizes.items())
    return f"{written} is {told}."


# The parts, each in words: what a tokenizer does, from its rows of the part.


def _coverage(rows: Rows) -> str:
    own = {row["digits"]: row["value"] for row in _of(rows, "covered") if row["name"] == "bare"}
    lost = [digits for digits, share in own.items() if share < 1]
    most = min(lost) - 1 if lost else max(own)
    if most == 0:
        return "not every digit is one token"
    return f"every number of {'1 digit' if most == 1 else f'up to {most} digits'} is one token"


def _alignment(rows: Rows) -> str:
    share = _by_name(rows, "addition_mismatch")["none"]
    if isnan(share):
        return _NOTHING
    return (
        f"where a sum has more digits than the numbers added, {percent(share)} of its cuts are in "
        "line with theirs"
    )


def _separator(rows: Rows) -> str:
    cost = _by_name(rows, "cost")["comma, thousands"]
    return (
        _NOTHING
        if isnan(cost)
        else f"with commas between thousands, numbers take {cost:.2f} times the tokens"
    )


def _context(rows: Rows) -> str:
    unchanged = _by_name(rows, "unchanged")
    other = [name for name, share in unchanged.items() if share < 1]
    if not other:
        return f"cuts numbers alike in all {len(rows)} contexts"
    worst = min(other, key=lambda name: unchanged[name])
    return (
        f"cuts numbers differently in {len(other)} of {len(rows)} contexts, most of all “{worst}” "
        f"({percent(1 - unchanged[worst])} of numbers)"
    )


def _script(rows: Rows) -> str:
    own = [row for row in rows if row["name"] != "Western"]
    unknown = [name for name, share in _by_name(own, "unknown").items() if share > 0]
    told = [f"no tokens for some digits ({some(unknown)})"] if unknown else []
    most = max(_costs(own), default=None)
    if most:
        told.append(f"up to {most[0]:.2f} tokens per digit of another script ({most[1]})")
    return ", ".join(told)


def _costs(rows: Rows) -> list[tuple[float, str]]:
    """Return the tokens per digit of each entry that has any, and its name."""
    costs = _by_name(rows, "tokens_per_digit")
    return [(cost, name) for name, cost in costs.items() if not isnan(cost)]


def _kind(rows: Rows) -> str:
    costs = sorted(_costs(rows))
    if not costs:
        return _NOTHING
    (least, cheapest), (most, dearest) = costs[0], costs[-1]
    return f"{dearest} cost most ({most:.2f} tokens per digit), {cheapest} least ({least:.2f})"


_PARTS: Mapping[str, Callable[[Rows], str]] = {
    "coverage": _coverage,
    "alignment": _alignment,
    "separator": _separator,
    "context": _context,
    "script": _script,
    "kind": _kind,
}
