"""Whether values are beyond their limits, or worse than at the baseline by more than allowed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

import numpy as np

from tokscope.counting.catalog import MEASURES
from tokscope.counting.tokens import TOKEN_COLUMNS
from tokscope.counting.values import names_of
from tokscope.errors import TokscopeError
from tokscope.gate.changes import Change
from tokscope.gate.config import FAIL, KINDS, OFF, Config, Limit
from tokscope.gate.verdict import (
    INCONCLUSIVE,
    NOTE,
    PASS,
    Case,
    Figures,
    Gate,
    Judged,
    amount,
    judged_by,
    percent,
    signed,
    spread,
    wrong,
)

_EXAMPLES = 3
_FIDELITY = frozenset(("round_trip", "unknown_rate", "incomplete_tokens", "split_characters"))
_SLACK = 1e-9  # values are kept to ten digits
_ENOUGH = 6  # units: all are on one side by chance in 1 of 64 cases


def limits(case: Case) -> list[Judged]:
    """Return the verdict of every limit on every corpus.

    Raises:
        TokscopeError: a limit has nothing to judge.
    """
    require_scopes(case.config, list(case.head.measured.samples))
    verdicts = list(_all(case))
    for limit in case.config.limits:
        own = [one for one in verdicts if one.key == limit.key]
        if own and all(one.verdict == NOTE and math.isnan(one.figures.head) for one in own):
            raise case.wrong(
                limit.key,
                f"{own[0].gate.name} is undefined on this text, so that there is nothing to judge; "
                "remove the limit",
            )
    return verdicts


def _all(case: Case) -> Iterator[Judged]:
    for name, values in case.head.measured.values.items():
        for corpus, value in values.items():
            for kind in KINDS:
                limit = case.config.limit(name, corpus, kind)
                if limit is None:
                    continue
                if math.isnan(value):
                    yield _undefined(case, limit, corpus)
                elif kind in ("max", "min"):
                    yield _absolute(case, limit, corpus, value)
                else:
                    yield _relative(case, limit, corpus)


def require_scopes(config: Config, corpora: Sequence[str]) -> None:
    """Refuse limits of unknown corpora."""
    for limit in config.limits:
        names = names_of(MEASURES[limit.measure], corpora)
        if limit.scope and not any(fnmatchcase(name, limit.scope) for name in names):
            near = get_close_matches(limit.scope, names, n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise wrong(
                config,
                limit.key,
                f"{limit.measure} has no value for corpus '{limit.scope}'; {hint}Known: "
                f"{', '.join(names[:40])}",
            )


def _gate(limit: Limit, corpus: str) -> Gate:
    return Gate(_rule_of(limit), f"{limit.measure}[{corpus}]", limit.measure, corpus)


def _unit(limit: Limit) -> str:
    return MEASURES[limit.measure].unit


def _rule_of(limit: Limit) -> str:
    """Return the code of the rule that a limit belongs to."""
    if limit.kind == "better":
        return "TS103"
    if limit.measure in _FIDELITY:
        return "TS311" if limit.kind == "worse" else "TS312"
    group = 1 if MEASURES[limit.measure].over == "corpus" else 2
    return f"TS{group}0{1 if limit.kind == 'worse' else 2}"


def _undefined(case: Case, limit: Limit, corpus: str) -> Judged:
    """Judge an undefined value: a failure if the baseline has a value, else a note."""
    before = case.values_before.get(limit.measure, {}).get(corpus, math.nan)
    verdict, text = NOTE, "undefined on this text, so not judged"
    if not math.isnan(before):
        verdict, text = FAIL, f"undefined, and {amount(before, _unit(limit))} at the baseline"
    return Judged(_gate(limit, corpus), limit.key, verdict, text, Figures(before))


def _absolute(case: Case, limit: Limit, corpus: str, value: float) -> Judged:
    sign = 1 if limit.kind == "max" else -1
    before = case.values_before.get(limit.measure, {}).get(corpus, math.nan)
    over = _is_beyond(sign * value, sign * limit.value)
    already = _is_beyond(sign * before, sign * limit.value)
    worse = _is_beyond(sign * value, sign * before)
    verdict = PASS if not over else NOTE if already and not worse else FAIL
    told, most, was = (amount(number, _unit(limit)) for number in (value, limit.value, before))
    text = f"{told} {'>' if sign > 0 else '<'} {limit.kind} {most}"
    text += f"; it was at the baseline too ({was})" if already else ""
    text += f", and is farther {'above' if sign > 0 else 'below'} now" if already and worse else ""
    figures = Figures(before, value, value - before, limit=limit.value)
    return Judged(_gate(limit, corpus), limit.key, verdict, text if over else "", figures)


def _is_beyond(value: float, limit: float) -> bool:
    """Tell whether a value exceeds a limit by more than rounding does."""
    return value - limit > _SLACK * abs(limit)


def _relative(case: Case, limit: Limit, corpus: str) -> Judged:
    change = case.changes(limit.measure, share=limit.share)[corpus]
    gate = _gate(limit, corpus)
    if math.isnan(change.worse):
        raise case.wrong(
            limit.key,
            f"the baseline has no value of {gate.name} to compare with; run tokscope lock --update "
            "--reason TEXT, or remove the limit",
        )
    sign = 1 if limit.kind == "worse" else -1
    effect, low, high = sign * change.worse, *sorted((sign * change.low, sign * change.high))
    verdict = verdict_of(effect, low, high, limit.value)
    few = change.documents < case.config.evidence.documents
    if few and not is_alike(change, sign * limit.value):
        verdict = INCONCLUSIVE
    if verdict == INCONCLUSIVE and limit.kind == "better":
        verdict = PASS  # a suspicion that is not confirmed
    tried = (effect, low, high, limit.value, limit.share, change.documents)
    figures = Figures(change.base, change.head, *tried)
    text = ""
    if verdict != PASS:
        text = _difference(figures, limit, verdict) + _units(case, limit.measure, corpus)
    if verdict == INCONCLUSIVE:
        text += f"; TS901: {enough(figures, case.config.evidence.documents)} would decide"
    return Judged(gate, limit.key, verdict, text, figures)


def is_alike(change: Change, limit: float) -> bool:
    """Tell whether all units are on one side of a limit, so that a few of them are enough.

    Then every resample is on that side, as some resamples hold a single unit. Very few units may be
    on one side by chance, unless they are closer to each other than to the limit.
    """
    if math.isnan(change.least):  # nothing was resampled, so the value on this text decides
        return True
    slack = _SLACK * (1 + abs(limit))
    distance = max(change.least - limit, limit - change.most) + slack
    apart = change.most - change.least
    return distance >= 0 and (change.documents >= _ENOUGH or apart <= distance + slack)


def verdict_of(effect: float, low: float, high: float, limit: float) -> str:
    """Return whether a value is worse than allowed: fail, pass, or inconclusive.

    Without an interval, the value on this text decides. Source: non-inferiority by the
    confidence interval, Piaggio et al. (2012).

    >>> verdict_of(2, 1.5, 2.5, 1), verdict_of(1, 0.5, 1.5, 1), verdict_of(0, 0, 0, 0)
    ('fail', 'inconclusive', 'pass')
    """
    low, high = (effect, effect) if math.isnan(low) or math.isnan(high) else (low, high)
    slack = _SLACK * (1 + abs(limit))
    if low > limit + slack:
        return FAIL
    return PASS if high <= limit + slack else INCONCLUSIVE


def _difference(one: Figures, limit: Limit, verdict: str) -> str:
    unit = _unit(limit)
    change = signed(one.change, share=one.share, unit=unit)
    interval = (
        "" if math.isnan(one.low) else f" ({spread(one, unit)}, n = {one.documents:,}, paired)"
    )
    word = {FAIL: ">", INCONCLUSIVE: "around"}[verdict]
    tolerance = signed(limit.value, share=one.share, unit=unit).lstrip("+") if limit.value else "0"
    values = f"{amount(one.base, unit)} -> {amount(one.head, unit)}"
    values += "" if unit == "share" else f" {unit}"
    return f"{change} {limit.kind}{interval} {word} limit {tolerance}; {values}"


def _units(case: Case, measure: str, corpus: str) -> str:
    """Name how many units have other ids, and those that gained most tokens."""
    head, base = case.head.measured.samples, case.baseline.measured.samples
    columns = MEASURES[measure].columns
    if corpus not in base or not columns & set(TOKEN_COLUMNS):
        return ""
    costs = "tokens" in columns and measure not in _FIDELITY
    changed = case.changed(corpus)
    gained = head[corpus].columns["tokens"] - base[corpus].columns["tokens"]
    worst = np.argsort(-gained, kind="stable")[:_EXAMPLES]
    places = [f"{corpus}:{i + 1} ({gained[i]:+d})" for i in worst.tolist() if gained[i] > 0]
    text = f"; {percent(changed.mean())} of units have other ids"
    return f"{text}; most tokens more: {', '.join(places)}" if places and costs else text


def enough(one: Figures, least: int) -> str:
    """Return how many documents would make the interval narrow enough."""
    distance = abs(one.change - one.limit)
    if not distance or math.isnan(one.low):
        return "no number of documents, as it lies at the limit itself,"
    width = (one.high - one.low) / 2
    wanted = max(math.ceil(one.documents * (width / distance) ** 2), least)
    return f"about {wanted:,} documents like these"


def numbers(case: Case) -> Iterator[Judged]:
    """Yield whether numbers are cut by the same rule, and cost no more.

    Raises:
        TokscopeError: the baseline has no numbers.
    """
    limit, level = case.config.tokens_per_digit, case.config.level("numbers", "scheme")
    head = case.head.extras.numbers
    if head is None:
        return
    base = case.baseline.extras.numbers
    if base is None:
        raise TokscopeError("the baseline says nothing of numbers; run tokscope lock --update")
    if level != OFF:
        old, new = (one.scheme.partition(";")[0] for one in (base, head))  # without the nearest
        text = "" if old == new else f"{base.scheme} -> {head.scheme}"
        key = ("numbers", "scheme")
        yield judged_by(text, Gate("TS111", "scheme"), key, level=level)
    if limit:
        yield _per_digit(case, limit, base.tokens_per_digit, head.tokens_per_digit)


def _per_digit(case: Case, limit: Limit, base: float, head: float) -> Judged:
    if math.isnan(base):
        raise case.wrong(
            limit.key, 'at the baseline no number has tokens; set tokens_per_digit = "off"'
        )
    change = (head - base) / (base if limit.share else 1)
    verdict = FAIL if math.isnan(head) else verdict_of(change, math.nan, math.nan, limit.value)
    tolerance = signed(limit.value, share=limit.share).lstrip("+")
    over = f"{signed(change, share=limit.share)} > limit {tolerance}; {base:.3f} -> {head:.3f}"
    text = f"{over} tokens/digit" if not math.isnan(head) else f"no number has tokens; {base:.3f}"
    text += " at the baseline" if math.isnan(head) else ""
    figures = Figures(base, head, change, limit=limit.value, share=limit.share)
    gate = Gate("TS112", limit.measure, limit.measure)
    return Judged(gate, limit.key, verdict, text if verdict == FAIL else "", figures)
