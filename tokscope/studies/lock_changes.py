"""What a new lock accepts: everything in it that is not as in the old one."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from tokscope.counting.catalog import MEASURES
from tokscope.gate.effects import cause, effects, libraries, percents
from tokscope.gate.identity import LOOKS
from tokscope.gate.nested import law_of
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.verdict import amount
from tokscope.rulebook import RULES

Change = tuple[str, str]  # what changed, and "old -> new"


def changes(old: Snapshot, new: Snapshot) -> list[Change]:
    """Return what differs between two locks, a row for each rule, measure and corpus."""
    rows = [(name, look(new.identity, old.identity)) for name, look in LOOKS.items()]
    rows += [("nested", law_of(new, old).broken)]
    rows += [*_text(old, new), *_values(old, new), *_extras(old, new)]
    return [(what, told) for what, told in rows if told]


def headline(old: Snapshot, new: Snapshot) -> str:
    """Say what changed from one lock to another, and what that does; empty if nothing did."""
    sides = new.identity, old.identity
    why = cause(*sides) or libraries(*sides)
    if why:
        return f"{why}: {'; '.join(effects(new, old))}"
    rows = changes(old, new)
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    return f"{rows[0][0]}: {rows[0][1]}{more}, with the same tokenizer" if rows else ""


def _text(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    before, after = old.measured.samples, new.measured.samples
    for name in {**before, **after}:
        if name not in before or name not in after:
            yield f"corpus {name}", "added" if name in after else "removed"
        elif before[name].digest != after[name].digest:
            yield (
                f"corpus {name}",
                f"{before[name].units:,} -> {after[name].units:,} units, other text",
            )
    held = [any(one.ids is not None for one in side.values()) for side in (before, after)]
    if before and after and held[0] != held[1]:
        yield "ids of text", "added, for nested" if held[1] else "removed"
    if before and after and old.measured.settings != new.measured.settings:
        yield "text settings", f"{old.measured.settings} -> {new.measured.settings}"


def _values(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """Yield the largest change of each measure, with its corpus."""
    before = old.measured.values
    for name, values in new.measured.values.items():
        pairs = {c: (before[name][c], v) for c, v in values.items() if c in before.get(name, {})}
        other = {c: p for c, p in pairs.items() if p[0] != p[1] and not all(map(isnan, p))}
        if not other:
            continue
        corpus = max(other, key=lambda c: _size(*other[c]))
        was, now = other[corpus]
        unit = MEASURES[name].unit
        told = f"{amount(was, unit)} -> {amount(now, unit)}"
        told += f" ({percents(now / was - 1)})" if was and unit != "share" and now == now else ""
        alike = len(pairs) - len(other)
        rest = f"; {len(other) - 1} more changed" if len(other) > 1 else ""
        yield name, f"{told} in {corpus}{rest}{f', {alike} as before' if alike else ''}"


def _size(was: float, now: float) -> float:
    """Return how large a change is, for sorting; one from or to an undefined value is largest."""
    size = abs(now - was) / abs(was) if was else abs(now)
    return float("inf") if isnan(size) else size


def _extras(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    one, other = old.extras.numbers, new.extras.numbers
    if one and other:
        yield "numbers", "" if one.scheme == other.scheme else f"{one.scheme} -> {other.scheme}"
        costs = f"{one.tokens_per_digit:.3f} -> {other.tokens_per_digit:.3f}"
        yield "tokens_per_digit", "" if one.tokens_per_digit == other.tokens_per_digit else costs
    before, after = old.extras.findings or {}, new.extras.findings or {}
    for code in sorted({**before, **after}):
        if before.get(code, 0) != after.get(code, 0):
            counts = f"{before.get(code, 0):,} -> {after.get(code, 0):,}"
            yield code, f"{RULES[code].title if code in RULES else code}: {counts}"
