"""Which failures are accepted, by whom and until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches

from tokscope.errors import TokscopeError, shortened
from tokscope.gate.config import FAIL, Config, Waiver
from tokscope.gate.verdict import WAIVED, Judged

_YEARS = 5  # how far ahead a waiver may end


def require_valid(config: Config, today: date) -> None:
    """Refuse waivers that have expired or end too late.

    A waiver no longer holds on the day that it names.

    Raises:
        TokscopeError: there is one.
    """
    for waiver in config.waivers:
        told = f"{config.path}:{config.line(waiver.key)}: the waiver of {waiver.rule}"
        if waiver.expires <= today:
            raise TokscopeError(
                f"TS904 {told} by {waiver.owner} expired on {waiver.expires}; fix the failure, or "
                "renew it"
            )
        if waiver.expires.year > today.year + _YEARS:
            raise TokscopeError(
                f"TS904 {told} ends in {waiver.expires.year}; name a day that is at most "
                f"{_YEARS} years ahead"
            )


def waived(verdicts: Sequence[Judged], config: Config) -> list[Judged]:
    """Return the verdicts, with the failures that a waiver names accepted.

    Raises:
        TokscopeError: a waiver names a gate that its rule does not have.
    """
    for waiver in config.waivers:
        gates = [one.gate.name for one in verdicts if one.gate.code == waiver.rule]
        if waiver.gate and gates and waiver.gate not in gates:
            near = get_close_matches(waiver.gate, gates, n=1, cutoff=0.0)
            raise TokscopeError(
                f"{config.path}:{config.line(waiver.key)}: {waiver.rule} has no gate "
                f"'{shortened(waiver.gate)}'; did you mean '{near[0]}'?"
            )
    return [_waived(one, config.waivers) for one in verdicts]


def _waived(one: Judged, waivers: Sequence[Waiver]) -> Judged:
    if one.verdict != FAIL:
        return one
    for waiver in waivers:
        if one.gate.code == waiver.rule and waiver.gate in ("", one.gate.name):
            why = f"waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
            return replace(one, verdict=WAIVED, text=f"{one.text}; {why}", key=waiver.key)
    return one


def idle(verdicts: Sequence[Judged], config: Config) -> Iterator[str]:
    """Yield a note for each waiver that is not used."""
    codes = {one.gate.code for one in verdicts}
    used = {one.key for one in verdicts if one.verdict == WAIVED}
    for waiver in config.waivers:
        if waiver.key not in used:
            what = f"{waiver.rule} {waiver.gate}".strip()
            why = "is not needed" if waiver.rule in codes else "is of no gate that was judged"
            yield f"{config.path}:{config.line(waiver.key)}: the waiver of {what} {why}"
