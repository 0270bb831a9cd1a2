"""Whose cuts agree most with morphemes, in a sentence or two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

from tokscope.studies.morph_rows import MEASURES, Found, width
from tokscope.wording import many, percent, some

_MOST = 3  # clauses of a sentence
# Words with a boundary: intervals of kappa hold for more. If cuts agree in all of 29, they may
# still disagree in a tenth of all words like these.
_FEW = 30
_NOTHING, _LITTLE = "nothing to agree on", f"fewer than {_FEW} words with a boundary"
_NO_DIFFERENCE, _NONE = "no clear difference between", "none clearly agrees"


def headline(found: Sequence[Found]) -> str:
    """Say whose cuts agree most with morphemes; or of one tokenizer, how many boundaries it finds.

    A difference is named if it is clear: other words of the same kind would hardly turn it.
    """
    known = [one for one in found if not _lacking(one)]
    lost = {why: [one for one in found if _lacking(one) == why] for why in (_NOTHING, _LITTLE)}
    if len(lost[_NOTHING]) == len(found):
        return "Cannot tell: no word of the gold has a boundary that could be cut or missed."
    if not known:
        return f"Too little gold to tell: {_LITTLE}."
    (first, *more) = known[0].cuts
    told = [_several(known) if more else _alone(first, known)]
    told += [f"Cannot tell for {_named(those)}: {why}." for why, those in lost.items() if those]
    return " ".join(told)


def _lacking(found: Found) -> str:
    """Say what gold lacks for an answer; nothing if it lacks nothing."""
    if not _can_agree(found):
        return _NOTHING
    return _LITTLE if sum(map(bool, found.laid.gold.edges)) < _FEW else ""


def _can_agree(found: Found) -> bool:
    """Tell whether there are boundaries, and places without any, that cuts could agree with."""
    boundaries = any(found.laid.gold.edges)
    return boundaries and any(not isnan(_of(found, name, "kappa")) for name in found.cuts)


def _of(found: Found, tokenizer: str, measure: str) -> float:
    return MEASURES[measure][1](found.sums[tokenizer])


def _alone(name: str, found: Sequence[Found]) -> str:
    """Say how many boundaries a tokenizer finds, and how many it would by chance."""
    cut, random = (
        _span([_of(one, name, measure) for one in found], percent)
        for measure in ("recall", "by_chance")
    )
    told = (
        f"{name} cuts at {cut} of the boundaries between morphemes; as many cuts at random would "
        f"be at {random} of them."
    )
    chance = [one for one in found if not _beyond(one, name)]
    if len(chance) == len(found):
        return f"{told} That is not clearly more than chance."
    return f"{told} In {_named(chance)} that is not clearly more than chance." if chance else told


def _beyond(found: Found, name: str) -> bool:
    """Tell whether the cuts of a tokenizer agree with morphemes beyond chance, clearly."""
    return _of(found, name, "kappa") > width(found.pulls(name))


def _several(found: Sequence[Found]) -> str:
    """Say whose cuts agree most in which gold; gold of which the same is true shares a clause."""
    alike: dict[tuple[str, ...], list[Found]] = {}
    for one in found:
        alike.setdefault(_leaders(one), []).append(one)
    clauses = [_clause(leaders, alike[leaders]) for leaders in sorted(alike, key=_order)]
    rest = len(clauses) - _MOST
    if rest > 0:
        clauses[_MOST:] = [f"{many(rest, 'more case')} in the table"]
    text = "; ".join(clauses)
    named = not text.startswith((_NO_DIFFERENCE, _NONE))  # a tokenizer's name stays as it is
    return f"{text if named else text[0].upper() + text[1:]}."


def _order(leaders: Sequence[str]) -> tuple[bool, int]:
    """Put clear answers first, and those without any agreement last."""
    return not leaders, len(leaders)


def _clause(leaders: Sequence[str], found: Sequence[Found]) -> str:
    if not leaders:
        return f"{_NONE} with the morphemes of {_named(found)} beyond chance"
    if len(leaders) == len(found[0].cuts):
        return f"{_NO_DIFFERENCE} {some(leaders)} in {_named(found)}"
    values = [_of(one, name, "kappa") for one in found for name in leaders]
    who, agrees = some(leaders), "agrees" if len(leaders) == 1 else "agree"
    level = "" if len(leaders) == 1 else " without a clear difference"
    span = _span(values, "{:.2f}".format)
    how = "more" if len(found[0].cuts) == 2 else "most"
    return f"{who} {agrees} {how} with the morphemes of {_named(found)}{level} (kappa {span})"


def _leaders(found: Found) -> tuple[str, ...]:
    """Return the tokenizers whose agreement beyond chance is the highest, or not clearly lower."""
    values = {name: _of(found, name, "kappa") for name in found.cuts}
    values = {name: value for name, value in values.items() if not isnan(value)}
    best = max(values, key=lambda name: values[name])
    if not any(_beyond(found, name) for name in values):
        return ()
    own = found.pulls(best)
    return tuple(
        name
        for name, value in values.items()
        if name == best or values[best] - value <= width(own - found.pulls(name))
    )


def _named(found: Sequence[Found]) -> str:
    return some([one.laid.gold.name for one in found])


def _span(values: Sequence[float], written: Callable[[float], str]) -> str:
    """Write the least and the most of some values."""
    least, most = written(min(values)), written(max(values))
    return most if least == most else f"{least.removesuffix(' %')} to {most}"
