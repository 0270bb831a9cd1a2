"""What each gate says of a candidate: one verdict a gate, none in silence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property, partial

import numpy as np

from tokscope.catalog import MEASURES
from tokscope.errors import TokscopeError
from tokscope.gate.changes import Change, Pair, pair
from tokscope.gate.config import FAIL, IDENTITY, OFF, WARN, Config, Key, Limit
from tokscope.gate.identity import LOOKS
from tokscope.gate.snapshot import Snapshot, Values
from tokscope.rules import AUDITED, RULES, at_least
from tokscope.tally import TOKEN_COLUMNS

PASS, INCONCLUSIVE, WAIVED, NOTE = "pass", "inconclusive", "waived", "note"
VERDICTS = (FAIL, INCONCLUSIVE, WARN, WAIVED, NOTE, PASS)  # the heaviest first
_NAN = math.nan
_EXAMPLES = 3
_FIDELITY = frozenset(("round_trip", "unknown_rate", "incomplete_tokens", "split_characters"))


@dataclass(frozen=True)
class Judged:
    """The verdict of one gate, with all that is needed to understand it."""

    code: str
    verdict: str
    gate: str  # "tokens[ar]", "golden"
    key: Key  # the setting that decided
    text: str = ""  # what happened, in words; empty where nothing did
    measure: str = ""
    corpus: str = ""
    base: float = _NAN
    head: float = _NAN
    change: float = _NAN
    low: float = _NAN
    high: float = _NAN
    limit: float = _NAN
    share: bool = False  # whether change and limit are shares of the base
    documents: int = 0


@dataclass(frozen=True)
class Case:
    """What is judged."""

    config: Config
    head: Snapshot
    base: Snapshot | None

    @property
    def baseline(self) -> Snapshot:
        """The baseline.

        Raises:
            TokscopeError: there is none.
        """
        if self.base is None:
            raise TokscopeError(
                f"TS905 there is no baseline ({self.config.lock}); run tokscope lock, or name one "
                "with --against"
            )
        return self.base

    @cached_property
    def pair(self) -> Pair:
        """Both on the same text."""
        return pair(self.config, self.head, self.baseline)

    @cached_property
    def values_before(self) -> Values:
        """Values at the baseline; none where there is none, or it is of other text."""
        if self.base is None or self.head.settings != self.base.settings:
            return {}
        old, new = (
            {name: sample.digest for name, sample in one.samples.items()}
            for one in (self.base, self.head)
        )
        return self.base.values if old == new else {}

    @cached_property
    def _changes(self) -> dict[tuple[str, bool], Mapping[str, Change]]:
        return {}

    def changes(self, measure: str, *, share: bool) -> Mapping[str, Change]:
        """Return how a measure changed, by corpus."""
        if (measure, share) not in self._changes:
            self._changes[measure, share] = self.pair.changes(measure, share=share)
        return self._changes[measure, share]

    def on(self, code: str, key: Key, gate: str, text: str, *, level: str = FAIL) -> Judged:
        """Judge what is either so or not: a text says what is wrong."""
        return Judged(code, level if text else PASS, gate, key, text)


def judged(case: Case) -> list[Judged]:
    """Return the verdicts of all gates that are on.

    Raises:
        TokscopeError: nothing is judged, or what is asked cannot be.
    """
    found = [*_identity(case), *_documents(case), *_limits(case), *_numbers(case)]
    found += [*_findings(case), *_mixture(case)]
    # a report is no gate, and what is undefined was not judged
    if all(one.code == "TS121" or (one.verdict == NOTE and math.isnan(one.head)) for one in found):
        raise TokscopeError(
            f"TS906 {case.config.path} switches no gate on, so that there is nothing to judge; "
            "tokscope init writes an example"
        )
    return [_waived(one, case.config) for one in found]


def _waived(one: Judged, config: Config) -> Judged:
    if one.verdict != FAIL:
        return one
    for waiver in config.waivers:
        if one.code.startswith(waiver.rule) and waiver.gate in ("", one.gate):
            why = f"waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
            return replace(one, verdict=WAIVED, text=f"{one.text}; {why}", key=waiver.key)
    return one


# Identity


def _identity(case: Case) -> Iterator[Judged]:
    for name, look in LOOKS.items():
        key = case.config.identity(name)
        level = case.config.level(*key)
        if level != OFF:
            text = look(case.head, case.baseline)
            yield case.on(IDENTITY[name], key, name, text, level=level)


def _documents(case: Case) -> Iterator[Judged]:
    most = case.config.documents
    if most is None:
        return
    key = ("identity", "documents")
    for name in case.head.samples:
        changed = _changed(case, name)
        share, limit = changed.mean(), most
        text = ""
        if share > limit:
            places = ", ".join(f"{name}:{i + 1}" for i in np.flatnonzero(changed)[:_EXAMPLES])
            count = f"{int(changed.sum()):,} of {len(changed):,} units have other ids"
            over = f"{_percent(share)} > limit {_percent(limit)}"
            text = f"{count}, {over}; first: {places}"
        one = case.on("TS004", key, f"documents[{name}]", text)
        yield replace(
            one, corpus=name, measure="documents", base=0.0, head=float(share),
            change=float(share), limit=limit, share=True, documents=len(changed),
        )  # fmt: skip


def _changed(case: Case, corpus: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which units of a corpus have other ids."""
    _ = case.pair  # refuses other text
    return case.head.samples[corpus].hashes != case.baseline.samples[corpus].hashes


# Limits


def _limits(case: Case) -> Iterator[Judged]:
    limits = case.config.limits
    if not limits:
        return
    _require_corpora(case)
    for name, values in case.head.values.items():
        for corpus, value in values.items():
            for kind in ("max", "min", "worse", "better"):
                limit = case.config.limit(name, corpus, kind)
                if limit is None:
                    continue
                if math.isnan(value):
                    yield _undefined(case, limit, corpus)
                elif kind in ("max", "min"):
                    yield _absolute(case, limit, corpus, value)
                else:
                    yield _relative(case, limit, corpus)


def _require_corpora(case: Case) -> None:
    """Refuse limits of corpora that are not there."""
    for limit in case.config.limits:
        names = list(case.head.values[limit.measure])
        if limit.scope and not any(fnmatchcase(name, limit.scope) for name in names):
            near = get_close_matches(limit.scope, names, n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise TokscopeError(
                f"TS906 {case.config.path}:{case.config.line(limit.key)}: {limit.measure} has no "
                f"value for corpus '{limit.scope}'; {hint}Known: {', '.join(names[:40])}"
            )


def _rule_of(limit: Limit) -> str:
    """Return the code of a limit that a measure is over."""
    if limit.kind == "better":
        return "TS103"
    if limit.measure in _FIDELITY:
        return "TS311" if limit.kind == "worse" else "TS312"
    group = 1 if MEASURES[limit.measure].over == "corpus" else 2
    return f"TS{group}0{1 if limit.kind == 'worse' else 2}"


def _undefined(case: Case, limit: Limit, corpus: str) -> Judged:
    where = f"{limit.measure}[{corpus}]"
    if limit.scope == corpus:
        raise TokscopeError(
            f"TS906 {case.config.path}:{case.config.line(limit.key)}: {where} is undefined on this "
            "text, so that there is nothing to judge; remove the limit"
        )
    code = _rule_of(limit)
    text = "undefined on this text, so not judged"
    return Judged(code, NOTE, where, limit.key, text, limit.measure, corpus)


def _absolute(case: Case, limit: Limit, corpus: str, value: float) -> Judged:
    sign = 1 if limit.kind == "max" else -1
    over = sign * (value - limit.value) > 1e-9 * abs(limit.value)
    before = case.values_before.get(limit.measure, {}).get(corpus, _NAN)
    already = sign * (before - limit.value) > 1e-9 * abs(limit.value)
    verdict = NOTE if over and already else FAIL if over else PASS
    word = ">" if sign > 0 else "<"
    text = f"{_amount(value)} {word} {limit.kind} {_amount(limit.value)}" if over else ""
    text += f"; it was at the baseline too ({_amount(before)})" if over and already else ""
    return Judged(
        _rule_of(limit), verdict, f"{limit.measure}[{corpus}]", limit.key,
        text, limit.measure, corpus, before, value, value - before, limit=limit.value,
    )  # fmt: skip


def _relative(case: Case, limit: Limit, corpus: str) -> Judged:
    found = case.changes(limit.measure, share=limit.share)[corpus]
    sign = 1 if limit.kind == "worse" else -1
    effect, low, high = sign * found.worse, *sorted((sign * found.low, sign * found.high))
    verdict = verdict_of(effect, low, high, limit.value)
    few = found.documents < case.config.evidence.documents
    if verdict in (PASS, FAIL) and low < high and few:
        verdict = INCONCLUSIVE
    if verdict == INCONCLUSIVE and limit.kind == "better":
        verdict = PASS  # a suspicion that is not confirmed
    one = Judged(
        _rule_of(limit), verdict, f"{limit.measure}[{corpus}]", limit.key,
        "", limit.measure, corpus, found.base, found.head, effect, low, high, limit.value,
        limit.share, found.documents,
    )  # fmt: skip
    if verdict == PASS:
        return one
    text = _difference(one, limit) + _units(case, one)
    if verdict == INCONCLUSIVE:
        text += f"; TS901: {_wanted(one, case.config.evidence.documents)} would decide"
    return replace(one, text=text)


def verdict_of(effect: float, low: float, high: float, limit: float) -> str:
    """Return whether a value is worse than tolerated: fail, pass, or inconclusive.

    Without an interval, what is so on this text decides. Source: non-inferiority by the
    confidence interval, Piaggio et al. (2012).

    >>> verdict_of(2, 1.5, 2.5, 1), verdict_of(1, 0.5, 1.5, 1), verdict_of(0, 0, 0, 0)
    ('fail', 'inconclusive', 'pass')
    """
    low, high = (effect, effect) if math.isnan(low) or math.isnan(high) else (low, high)
    slack = 1e-9 * (1 + abs(limit))  # of values that are kept to ten digits
    if low > limit + slack:
        return FAIL
    return PASS if high <= limit + slack else INCONCLUSIVE


def _difference(one: Judged, limit: Limit) -> str:
    interval = ""
    if not math.isnan(one.low):
        low, high = _change(one.low, share=one.share), _change(one.high, share=one.share)
        interval = f" (95 % CI {low} .. {high}, n = {one.documents:,}, paired)"
    word = {FAIL: ">", INCONCLUSIVE: "around"}[one.verdict]
    values = f"{_amount(one.base)} -> {_amount(one.head)} {MEASURES[one.measure].unit}"
    change = f"{_change(one.change, share=one.share)} {limit.kind}"
    tolerance = _change(limit.value, share=one.share).lstrip("+")
    return f"{change}{interval} {word} limit {tolerance}; {values}"


def _units(case: Case, one: Judged) -> str:
    """Name how many units have other ids, and those that gained most tokens."""
    samples = case.baseline.samples
    if one.corpus not in samples or not MEASURES[one.measure].columns & set(TOKEN_COLUMNS):
        return ""
    costs = "tokens" in MEASURES[one.measure].columns and one.measure not in _FIDELITY
    changed = _changed(case, one.corpus)
    gained = case.head.samples[one.corpus].columns["tokens"] - samples[one.corpus].columns["tokens"]
    worst = np.argsort(-gained, kind="stable")[:_EXAMPLES]
    places = [f"{one.corpus}:{i + 1} ({gained[i]:+d})" for i in worst.tolist() if gained[i] > 0]
    text = f"; {_percent(changed.mean())} of units have other ids"
    return f"{text}; most tokens more: {', '.join(places)}" if places and costs else text


def _wanted(one: Judged, least: int) -> str:
    """Say how many documents would make the interval narrow enough."""
    distance = abs(one.change - one.limit)
    if not distance or math.isnan(one.low):
        return "no number of documents, as it lies at the limit itself,"
    width = (one.high - one.low) / 2
    wanted = max(math.ceil(one.documents * (width / distance) ** 2), least)
    return f"about {wanted:,} documents like these"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _change(value: float, *, share: bool) -> str:
    return f"{100 * value:+.3g} %" if share else f"{value:+.3g}"


# Numbers, audit, mixture


def _numbers(case: Case) -> Iterator[Judged]:
    limit, level = case.config.tokens_per_digit, case.config.level("numbers", "scheme")
    head = case.head.numbers
    if head is None:
        return
    base = case.baseline.numbers
    if base is None:
        raise TokscopeError("the baseline says nothing of numbers; run tokscope lock --update")
    if level != OFF:
        old, new = (one.scheme.partition(";")[0] for one in (base, head))  # without the nearest
        text = "" if old == new else f"{base.scheme} -> {head.scheme}"
        yield case.on("TS111", ("numbers", "scheme"), "scheme", text, level=level)
    if limit:
        cost = head.tokens_per_digit - base.tokens_per_digit
        change = cost / base.tokens_per_digit if limit.share else cost
        verdict = verdict_of(change, _NAN, _NAN, limit.value)
        one = Judged(
            "TS112", verdict, limit.measure, limit.key, "", limit.measure, "",
            base.tokens_per_digit, head.tokens_per_digit, change, limit=limit.value,
            share=limit.share,
        )  # fmt: skip
        tolerance = _change(limit.value, share=limit.share).lstrip("+")
        text = (
            f"{_change(change, share=limit.share)} > limit {tolerance}; {base.tokens_per_digit:.3f}"
        )
        text += f" -> {head.tokens_per_digit:.3f} tokens/digit"
        yield replace(one, text=text if verdict == FAIL else "")


def _findings(case: Case) -> Iterator[Judged]:
    level = case.config.level("audit", "new")
    if level == OFF or case.head.findings is None:
        return
    base = case.baseline.findings
    if base is None:
        raise TokscopeError("the baseline has no audit; run tokscope lock --update")
    key = ("audit", "new")
    for code in filter(partial(_is_gated, case.config), AUDITED):
        old, new = base.get(code, 0), case.head.findings.get(code, 0)
        text = f"{RULES[code].title}: {old:,} -> {new:,}" if new > old else ""
        text += f" ({case.head.examples[code]})" if text and case.head.examples.get(code) else ""
        one = case.on(code, key, "audit", text, level=level)
        yield replace(one, base=float(old), head=float(new), change=float(new - old), limit=0.0)


def _is_gated(config: Config, code: str) -> bool:
    ignored = config.ignored and code.startswith(tuple(config.ignored))
    return at_least(RULES[code].severity, config.severity) and not ignored


def _mixture(case: Case) -> Iterator[Judged]:
    head, base = case.head.mixture, case.base.mixture if case.base else None
    if head is None:
        return
    moved = {name: share - (base or {}).get(name, _NAN) for name, share in head.items()}
    for name, share in head.items():
        text = _percent(share) + ("" if math.isnan(moved[name]) else f" ({100 * moved[name]:+.1f})")
        yield Judged(
            "TS121", NOTE, f"mixture[{name}]", ("mixture", "report"), text, "mixture", name,
            (base or {}).get(name, _NAN), share, moved[name],
        )  # fmt: skip
