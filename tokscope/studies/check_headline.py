"""The sentence above a check: what failed and because of what, or what was held against what."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tokscope.counting.catalog import MEASURES
from tokscope.gate.config import FAIL, WARN
from tokscope.gate.effects import cause, effects, libraries
from tokscope.gate.limits import enough
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.verdict import (
    INCONCLUSIVE,
    NOTE,
    REPORT,
    WAIVED,
    Judged,
    amount,
    is_decisive,
    signed,
    spread,
)

_BOUNDS = ("max", "min")
_MANY = 3  # checks on text that are counted, and not named


def headline(
    verdicts: Sequence[Judged], head: Snapshot, base: Snapshot | None, against: str, least: int
) -> str:
    """Return why a check failed, why it cannot tell, or what passed against what.

    `verdicts` has the heaviest first; `least` is the fewest documents that decide.
    """
    by = {
        v: [one for one in verdicts if one.verdict == v] for v in (FAIL, INCONCLUSIVE, WARN, WAIVED)
    }
    why, does = _changed(head, base)
    if by[FAIL]:
        return f"FAIL because {_because(by[FAIL], why, does, head, base)}{_and_waived(by[WAIVED])}."
    decided = any(is_decisive(one.gate.code, one.verdict, one.figures.head) for one in verdicts)
    if by[INCONCLUSIVE]:
        word = "PASS so far, but cannot tell" if decided else "CANNOT TELL"
        return f"{word} whether {_open(by[INCONCLUSIVE], least)}{_and_waived(by[WAIVED])}."
    parts = cause(head.identity, base.identity) if base else ""
    although = f" although {parts}" if parts and not by[WAIVED] else ""
    text = f"PASS{although}: {_held(verdicts, head, base, against)}"
    text += f"; {_many(by[WARN], 'warning')}: {_said(by[WARN][0])}" if by[WARN] else ""
    return f"{text}{_and_waived(by[WAIVED])}{_before(verdicts)}."


def _changed(head: Snapshot, base: Snapshot | None) -> tuple[str, str]:
    """Return what changed, and what that does; nothing without a baseline or a change."""
    if base is None:
        return "", ""
    why = cause(head.identity, base.identity) or libraries(head.identity, base.identity)
    return why, "; ".join(effects(head, base)) if why else ""


def _because(
    failed: Sequence[Judged], why: str, does: str, head: Snapshot, base: Snapshot | None
) -> str:
    """Name the change, but only for gates that compare with the baseline or passed on it."""
    blamed = [one for one in failed if not _is_alone(one)]
    if not blamed or not why:
        worst = failed[0]
        more = f", and {len(failed) - 1} more gates failed" if len(failed) > 1 else ""
        return _said(worst) + more
    if base and all(one.gate.code == "TS006" for one in blamed):
        why = libraries(head.identity, base.identity)
    alone = [one for one in failed if _is_alone(one)]
    return f"{why}: {does}" + (f"; besides, {_said(alone[0])}" if alone else "")


def _is_alone(one: Judged) -> bool:
    """Tell whether a limit was judged without a value of the baseline, or was exceeded there."""
    if one.key[-1] not in _BOUNDS:
        return False
    before, sign = one.figures.base, 1 if one.key[-1] == "max" else -1
    return not sign * before <= sign * one.figures.limit


def _said(one: Judged) -> str:
    """Say what a gate found."""
    figures, unit = one.figures, _unit(one)
    if one.key[-1] in _BOUNDS and not math.isnan(figures.head):
        word = "above its max" if one.key[-1] == "max" else "below its min"
        value = amount(figures.head, unit)
        value += "" if unit in ("share", one.gate.measure) else f" {unit}"
        return f"{_gate(one)} is {value}, {word} {amount(figures.limit, unit)}"
    return f"{_gate(one)}: {one.text.partition(';')[0]}"


def _gate(one: Judged) -> str:
    gate = one.gate
    return f"{gate.measure} in {gate.corpus}" if gate.corpus else gate.name


def _unit(one: Judged) -> str:
    return MEASURES[one.gate.measure].unit if one.gate.measure in MEASURES else ""


def _open(verdicts: Sequence[Judged], least: int) -> str:
    """Say what the text does not decide, and how much of it would."""
    one = verdicts[0]
    figures, unit = one.figures, _unit(one)
    change, most = (
        signed(value, share=figures.share, unit=unit) for value in (figures.change, figures.limit)
    )
    interval = "" if math.isnan(figures.low) else f", {spread(figures, unit)}"
    more = f" (and {_many(verdicts[1:], 'more gate')})" if len(verdicts) > 1 else ""
    return (
        f"{_gate(one)} got worse by more than {most.lstrip('+')} ({change}{interval}); "
        f"{enough(figures, least)} would decide{more}"
    )


def _held(verdicts: Sequence[Judged], head: Snapshot, base: Snapshot | None, against: str) -> str:
    """Say what was held against what."""
    gates = [one for one in verdicts if one.gate.code != REPORT]
    identity = sum(o.gate.code.startswith("TS0") and not o.gate.corpus for o in gates)
    measures = list(dict.fromkeys(o.gate.measure for o in gates if o.gate.corpus))
    samples = head.measured.samples
    units = sum(len(one.hashes) for one in samples.values())
    parts = [f"{_count(identity, 'check')} of identity"] if identity else []
    if measures:
        named = _list(measures) if len(measures) < _MANY else _count(len(measures), "check")
        parts.append(f"{named} on {_count(len(samples), 'corpus')} ({units:,} units)")
    parts += ["numbers"] if any(o.gate.code.startswith("TS11") for o in gates) else []
    parts += ["audit"] if any(o.gate.name == "audit" for o in gates) else []
    same = base is not None and base.identity.fingerprint == head.identity.fingerprint
    held = f"{_list(parts)} held against {against}" if base else f"{_list(parts)}, by limits alone"
    return f"the same tokenizer as in {against}, by {_list(parts)}" if same else held


def _before(verdicts: Sequence[Judged]) -> str:
    """Name what was beyond its limit at the baseline too, or is undefined."""
    noted = [o for o in verdicts if o.verdict == NOTE and o.gate.code != REPORT]
    over = [o for o in noted if not math.isnan(o.figures.head)]
    text = f"; as at the baseline, {_said(over[0])}" if over else ""
    text += f" and {len(over) - 1} more" if len(over) > 1 else ""
    undefined = len(noted) - len(over)
    return text + (f"; {_count(undefined, 'value')} undefined and not judged" if undefined else "")


def _and_waived(verdicts: Sequence[Judged]) -> str:
    codes = dict.fromkeys(one.gate.code for one in verdicts)
    return f"; {_many(verdicts, 'failure')} waived ({', '.join(codes)})" if verdicts else ""


def _many(verdicts: Sequence[Judged], word: str) -> str:
    return _count(len(verdicts), word)


def _count(count: int, word: str) -> str:
    plural = {"corpus": "corpora"}.get(word, f"{word}s")
    return f"{count:,} {word if count == 1 else plural}"


def _list(names: Sequence[str]) -> str:
    """List names; the first three if there are many."""
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
