"""What changed from a baseline to a candidate, and what that does, in words for one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tokscope.gate.snapshot import Identity, Sample, Snapshot, hash_of
from tokscope.gate.vocabularies import changed_ids

_NOTHING = ("null", hash_of("null"))  # a part that a file leaves empty
_NAMED = 3
_READABLE = 40  # characters of two values that are shown
Samples = Mapping[str, Sample]


# What changed


def cause(head: Identity, base: Identity) -> str:
    """Name the parts of the file that changed; empty if none did."""
    if head.family != base.family:
        return f"the kind of tokenizer changed ({base.family} -> {head.family})"
    verbs: dict[str, list[str]] = {}
    for name in {**head.components, **base.components}:
        old, new = base.components.get(name, "null"), head.components.get(name, "null")
        if old != new:
            verb, steps = _verb(old, new), _steps(head.parts.get(name, ""))
            is_new = verb == "changed" and steps != _steps(base.parts.get(name, ""))
            told = f" ({'now ' if is_new else ''}{steps})" if steps else ""
            verbs.setdefault(verb, []).append(name + told)
    for name in {**head.processing, **base.processing}:
        old, new = base.processing.get(name, "null"), head.processing.get(name, "null")
        if old != new:
            values = f" ({old} -> {new})" if len(old) + len(new) < _READABLE else ""
            verbs.setdefault(_verb(old, new), []).append(name + values)
    parts = [f"{_joined(names)} {_was(verb, names)}" for verb, names in verbs.items()]
    if not parts and head.specials != base.specials:
        return "special tokens changed"
    return _joined(parts)


def _verb(old: str, new: str) -> str:
    return "added" if old in _NOTHING else "removed" if new in _NOTHING else "changed"


def _steps(part: str) -> str:
    """Name the steps of a part as it is now, if it has some.

    >>> _steps('{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel"}]}')
    'Digits, ByteLevel'
    """
    found = [name for name in re.findall(r'"type":"(\w+)"', part) if name != "Sequence"]
    more = ", …" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def _was(verb: str, names: Sequence[str]) -> str:
    if verb == "changed":
        return verb
    return f"{'was' if len(names) == 1 else 'were'} {verb}"


def libraries(head: Identity, base: Identity) -> str:
    """Name the libraries that have another version; empty if none has."""
    old, new = base.backends, head.backends
    names = [name for name in {**new, **old} if old.get(name) != new.get(name)]
    told = _joined([f"{name} {old.get(name, '–')} -> {new.get(name, '–')}" for name in names])
    return f"other versions of libraries are installed ({told})" if told else ""


def _joined(names: Sequence[str]) -> str:
    """List names, the first few if there are many.

    >>> _joined(["a", "b"]), _joined(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    if len(names) > _NAMED + 1:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


# What it does


def effects(head: Snapshot, base: Snapshot) -> list[str]:
    """Return what differs in behaviour, the most telling first; what was tried if nothing does."""
    shared = _shared(head, base)
    old, new = ({name: one.measured.samples[name] for name in shared} for one in (base, head))
    sides = head.identity, base.identity
    on_text = [*_numbers(head, base), *_lost(new, old), *_unknown(new, old), *_tokens(new, old)]
    if on_text and head.identity.family != base.identity.family:
        return on_text  # ids of two kinds of tokenizers have nothing to do with each other
    told = [*on_text, *_golden(*sides)] or [no_effect(head, new)]
    return [*filter(None, [changed_ids(*sides, examples=1)]), *told]


def _shared(head: Snapshot, base: Snapshot) -> list[str]:
    """Return the corpora that both were measured on, as the same text and under the same rules."""
    one, other = head.measured, base.measured
    if one.settings != other.settings:
        return []
    known = other.samples
    return [c for c, own in one.samples.items() if c in known and own.digest == known[c].digest]


def no_effect(head: Snapshot, samples: Samples) -> str:
    """Say what was tried without an effect."""
    if head.identity.processing.get("dropout", "null") != "null":
        return "no effect can be seen, as dropout is switched off while tokens are counted"
    units = sum(len(one.hashes) for one in samples.values())
    parts = [f"{len(head.identity.golden):,} golden strings"] if head.identity.golden else []
    parts += [f"{units:,} units of text"] if units else []
    return f"no effect is seen on {' and '.join(parts)}" if parts else "what it does was not tried"


def _numbers(head: Snapshot, base: Snapshot) -> Iterator[str]:
    if not (head.extras.numbers and base.extras.numbers):
        return
    old, new = (one.extras.numbers.scheme.partition(";")[0] for one in (base, head))  # type: ignore[union-attr]
    if old != new:
        split = new == "single digits"
        yield "digits are split" if split else f"numbers are {_cut(new)}, before {_cut(old)}"


def _cut(scheme: str) -> str:
    """Say how numbers are cut, of which only the name of the scheme is known.

    >>> _cut("single digits"), _cut("learned"), _cut("whole")
    ('cut into single digits', 'cut as learned from text', 'kept whole')
    """
    known = {
        "learned": "cut as learned from text",
        "whole": "kept whole",
        "unknown": "not encoded",
        "another fixed cut": "cut by another fixed rule",
    }
    return known.get(scheme, f"cut into {scheme}")


def _lost(new: Samples, old: Samples) -> Iterator[str]:
    """Tell how many units of text decoding no longer gives back."""
    pairs = [
        (new[name].columns["round_trip"], own.columns["round_trip"])
        for name, own in old.items()
        if "round_trip" in own.columns and "round_trip" in new[name].columns
    ]
    lost = sum(int((after < before).sum()) for after, before in pairs)
    if lost:
        units = sum(len(after) for after, _ in pairs)
        yield f"decoding no longer gives back {lost:,} of {units:,} units of text"


def _unknown(new: Samples, old: Samples) -> Iterator[str]:
    """Tell in which corpus unknown tokens grew most: they make text look cheap."""
    grown = {
        name: (_unknown_rate(own), _unknown_rate(new[name]))
        for name, own in old.items()
        if all("unknown" in one.columns for one in (own, new[name]))
    }
    worst = max(grown, key=lambda name: grown[name][1] - grown[name][0], default="")
    if worst and grown[worst][1] > grown[worst][0]:
        before, after = (f"{100 * rate:.3g} %" for rate in grown[worst])
        yield f"unknown tokens {before} -> {after} ({worst})"


def _unknown_rate(sample: Sample) -> float:
    return float(sample.columns["unknown"].sum() / max(sample.columns["tokens"].sum(), 1))


def _tokens(new: Samples, old: Samples) -> Iterator[str]:
    """Tell how much the tokens of each corpus grew, if other ids came up at all."""
    changes = {
        name: int(new[name].columns["tokens"].sum()) / int(own.columns["tokens"].sum()) - 1
        for name, own in old.items()
        if own.columns["tokens"].any()
    }
    if not any(changes.values()):
        yield from _units(new, old)
        return
    low, high = min(changes, key=changes.__getitem__), max(changes, key=changes.__getitem__)
    if percents(changes[low]) == percents(changes[high]):
        yield f"tokens {percents(changes[high])}"
    else:
        yield f"tokens {percents(changes[low])} ({low}) to {percents(changes[high])} ({high})"


def percents(share: float) -> str:
    """Write a change as a percentage, with more digits if it is small.

    >>> percents(0.1234), percents(-0.0004), percents(0.0)
    ('+12.3 %', '-0.04 %', '0 %')
    """
    if not share:
        return "0 %"
    if abs(share) >= 10:
        return f"{100 * share:+,.0f} %"
    return f"{100 * share:+.1f} %" if abs(share) >= 0.001 else f"{100 * share:+.1g} %"


def _units(new: Samples, old: Samples) -> Iterator[str]:
    """Tell how many units have other ids, if some do."""
    changed = sum(int((new[name].hashes != own.hashes).sum()) for name, own in old.items())
    if changed:
        units = sum(len(own.hashes) for own in old.values())
        told = f"{changed:,} of {units:,} units of text have other ids"
        yield f"{told}, but every corpus has as many tokens as before"


def changed_golden(head: Identity, base: Identity) -> list[str]:
    """Return the golden strings of the baseline that have other ids now."""
    return [text for text, ids in base.golden.items() if head.golden.get(text, ()) != ids]


def _golden(head: Identity, base: Identity) -> Iterator[str]:
    changed = changed_golden(head, base)
    if changed:
        digits = all(any(char.isdigit() for char in text) for text in changed)
        told = f"{len(changed)} of {len(base.golden)} golden strings have other ids"
        yield told + (", all with digits" if digits else "")
        return
    around = [t for t in base.golden if _fed(head, t) != _fed(base, t)]
    if around:
        yield f"{len(around)} of {len(base.golden)} golden strings get other special tokens"


def _fed(identity: Identity, text: str) -> Sequence[int]:
    return identity.model_input.get(text, identity.golden[text])
