"""What vocabularies hold, in a sentence or two that never claim more than their tables."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokscope.vocabularies.composition import Row
from tokscope.vocabularies.kinds import BYTE, KINDS, LETTERS, MIXED_LETTERS, NUMERIC, SYMBOL
from tokscope.vocabularies.languages import UNSEEN
from tokscope.wording import many, percent, some

if TYPE_CHECKING:
    import pandas as pd

# scripts that name no writing system
_NO_SCRIPT = frozenset(("Common", "Inherited", "Mixed", "Unknown", "none"))
_SMALL = 0.01  # a smaller difference in shares is not worth a sentence
_SAID = {
    KINDS[BYTE]: "single bytes",
    KINDS[NUMERIC]: "numbers",
    KINDS[SYMBOL]: "punctuation and symbols",
    KINDS[LETTERS]: "letters of one script",
    KINDS[MIXED_LETTERS]: "letters of several scripts",
}


@dataclass(frozen=True)
class _Values:
    """The rows of a report, and the tokenizers that a sentence is about."""

    cells: Mapping[tuple[str, str, str], Mapping[str, float]]  # tokenizer, by, measure -> by name
    names: Sequence[str]

    def of(self, name: str, by: str, measure: str) -> dict[str, float]:
        """Return the values of one tokenizer that are defined."""
        own = self.cells.get((name, by, measure), {})
        return {entry: value for entry, value in own.items() if not math.isnan(value)}

    def total(self, name: str, measure: str) -> float:
        """Return a value of a whole vocabulary; NaN if it is not defined."""
        return next(iter(self.of(name, "total", measure).values()), math.nan)


def headline(rows: Sequence[tuple[str, Row]], by: str, baselines: Collection[str] = ()) -> str:
    """Say how large vocabularies are, what they mostly hold, and where they differ most.

    `rows` are those of a report with their tokenizers, and `by` is the part that is shown. A
    sentence is about baselines only if there is nothing else.
    """
    cells: dict[tuple[str, str, str], dict[str, float]] = {}
    for name, row in rows:
        cells.setdefault((name, row.by, row.measure), {})[row.name] = row.value
    every = list(dict.fromkeys(name for name, _ in rows))
    values = _Values(cells, [name for name in every if name not in baselines] or every)
    parts = {
        "": (_words, _terms, _sizes, _mostly),
        "kind": (_sizes, _kinds),
        "script": (_sizes, _scripts),
        "length": (_lengths,),
        "language": (_words, _languages, _letters),
        "terms": (_words, _terms),
    }
    return " ".join(filter(None, (part(values) for part in parts[by])))


# Sizes, kinds and scripts


def _sizes(values: _Values) -> str:
    """Say how many tokens there are, and how many of them two vocabularies share."""
    sizes = {name: int(values.total(name, "ids")) for name in values.names}
    if not sizes:
        return ""
    if len(sizes) == 1:
        ((name, size),) = sizes.items()
        return f"{name} has {many(size, 'token')}."
    if len(set(sizes.values())) == 1:
        size = next(iter(sizes.values()))
        return f"{some(values.names)} have {many(size, 'token')} each{_shared(values)}."
    least, *_, most = sorted(sizes, key=lambda name: sizes[name])
    if len(sizes) == 2:
        told = f"{least} has {many(sizes[least], 'token')} and {most} {sizes[most]:,}"
    else:
        ends = f"{many(sizes[least], 'token')} ({least}) to {sizes[most]:,} ({most})"
        told = f"The {len(sizes)} vocabularies have from {ends}"
    return f"{told}{_shared(values)}."


def _shared(values: _Values) -> str:
    """Say which two vocabularies share most; nothing if their overlap is not among the rows."""
    pairs = [
        (value, name, other)
        for i, name in enumerate(values.names)
        for other, value in values.of(name, "overlap", "jaccard").items()
        if other in values.names[i + 1 :]
    ]
    if not pairs:
        return ""
    value, name, other = max(pairs, key=lambda pair: pair[0])
    if value == 1 and len(pairs) == 1:
        return "; all of them are the same, whatever their ids"
    if not value:
        return "; none is shared"
    common = int(values.of(name, "overlap", "common")[other])
    share = f"{common:,}, {percent(value)} of all tokens that either has"
    who = f"{name} and {other} share the most" if len(pairs) > 1 else "they share"
    return f"; {who}: {share}" if len(pairs) > 1 else f"; {who} {share}"


def _mostly(values: _Values) -> str:
    """Say for which languages a vocabulary is, if texts tell, or else what it holds."""
    texts = [values.of(name, "language", "share") for name in values.names]
    return _languages(values) if max(map(len, texts), default=0) > 1 else _differ(values)


def _differ(values: _Values) -> str:
    """Say what one vocabulary mostly holds, or in what several differ most."""
    if len(values.names) == 1:
        return " ".join(filter(None, (_kinds(values), _scripts(values))))
    kinds, scripts = _gap(values, "kind"), _gap(values, "script")
    return _told(max(kinds, scripts), "kind or script")


def _kinds(values: _Values) -> str:
    """Say of which kinds most tokens are."""
    if len(values.names) > 1:
        return _told(_gap(values, "kind"), "kind")
    shares = values.of(values.names[0], "kind", "share")
    order = sorted((kind for kind in shares if shares[kind]), key=lambda kind: -shares[kind])
    if not order:
        return ""
    if len(order) == 1:
        return f"All of them are {_said(order[0])}."
    first, second = (f"{_said(kind)} ({percent(shares[kind])})" for kind in order[:2])
    most = "Most" if shares[order[0]] > 0.5 else "The largest part"
    return f"{most} of them are {first}, then {second}."


def _scripts(values: _Values) -> str:
    """Say of which scripts most tokens are; nothing if they are bytes alone."""
    if len(values.names) > 1:
        return _told(_gap(values, "script"), "script")
    shares = _of_scripts(values, values.names[0])
    if not shares:
        return "" if _all_bytes(values, values.names[0]) else "No token has letters of a script."
    order = sorted(shares, key=lambda script: -shares[script])
    largest = [script for script in order if shares[script] == shares[order[0]]]
    each = percent(shares[order[0]])
    if len(largest) > 1:
        return f"{some(largest)} are the largest scripts ({each} each)."
    then = f", then {order[1]} ({percent(shares[order[1]])})" if len(order) > 1 else ""
    return f"{order[0]} is the largest script ({each}){then}."


def _of_scripts(values: _Values, name: str) -> dict[str, float]:
    """Return the shares of the scripts of a vocabulary that is more than bytes."""
    if _all_bytes(values, name):
        return {}
    shares = values.of(name, "script", "share")
    return {entry: share for entry, share in shares.items() if share and entry not in _NO_SCRIPT}


def _all_bytes(values: _Values, name: str) -> bool:
    return values.of(name, "kind", "share").get(KINDS[BYTE]) == 1


def _gap(values: _Values, by: str) -> tuple[float, str]:
    """Return the largest difference in shares, and say of what and between whom."""
    shares = {
        name: _of_scripts(values, name) if by == "script" else values.of(name, by, "share")
        for name in values.names
    }
    gaps = [(0.0, "")]
    for entry in dict.fromkeys(entry for own in shares.values() for entry in own):
        order = sorted(shares, key=lambda name: shares[name].get(entry, 0.0))
        high, low = shares[order[-1]].get(entry, 0.0), shares[order[0]].get(entry, 0.0)
        ends = f"{percent(high)} of the tokens of {order[-1]}, {percent(low)} of {order[0]}"
        told = f"{_said(entry)}: {ends}"
        gaps.append((high - low, told))
    return max(gaps, key=lambda gap: gap[0])


def _told(gap: tuple[float, str], what: str) -> str:
    if gap[0] < _SMALL:
        return f"No {what} differs by {percent(_SMALL)} of the tokens or more."
    return f"The largest difference is in {gap[1]}."


def _said(kind: str) -> str:
    return _SAID.get(kind, kind)


def _lengths(values: _Values) -> str:
    """Say how long half of the tokens are, and the longest."""
    alike: dict[float, list[str]] = {}
    without = []
    for name in values.names:
        middle = values.total(name, "median_bytes")
        if math.isnan(middle):
            without.append(name)
        else:
            longest = int(values.total(name, "longest_bytes"))
            alike.setdefault(middle, []).append(f"{name} (the longest {longest:,})")
    known = [f"at most {_bytes(middle)} in {some(names)}" for middle, names in alike.items()]
    told = "; ".join(known) if any(len(own) > 1 for own in alike.values()) else some(known)
    said = [f"Half of the tokens have {told}."] if known else []
    said += [f"No token of {some(without)} has bytes."] if without else []
    return " ".join(said)


def _bytes(count: float) -> str:
    """Write a number of bytes that may be half of one.

    >>> _bytes(1.0), _bytes(3.5)
    ('1 byte', '3.5 bytes')
    """
    return f"{count:g} {'byte' if count == 1 else 'bytes'}"


# Languages and words


def _languages(values: _Values) -> str:
    """Say to which language most of the tokens seen belong, and how many were seen at all."""
    shares = {name: values.of(name, "language", "share") for name in values.names}
    if not any(values.of(name, "language", "tokens") for name in values.names):
        return ""
    if not any(shares.values()):
        return "Cannot tell for which languages: no token was seen in the text."
    if max(map(len, shares.values())) == 1:
        return "Cannot tell for which languages: there is only one text."
    told, equal = [], []
    for name, own in shares.items():
        top = [language for language in own if own[language] == max(own.values())]
        if own and math.isclose(max(own.values()), min(own.values())):
            equal.append(name)
        elif own:
            each = " each" if len(top) > 1 else ""
            told.append((some(top, 2), f"{percent(own[top[0]])}{each}", name))
    alone = f" of {values.names[0]}" if len(shares) == 1 else ""
    seen = f"the tokens{alone} that are in the text"
    said = [f"Of {seen}, the largest share belongs to {_in_each(told, shares)}"] if told else []
    said += [f"All languages have equal shares of the tokens of {some(equal)}"] if equal else []
    return f"{'; '.join(said)}{_unseen(values)}."


def _in_each(told: Sequence[tuple[str, str, str]], every: Collection[str]) -> str:
    """Write places with a value under each tokenizer; the same place is named once.

    >>> _in_each([("en", "55 %", "a"), ("en", "42 %", "b")], "ab")
    'en: 55 % with a and 42 % with b'
    >>> _in_each([("en", "55 %", "a"), ("de", "42 %", "b")], "ab")
    'en (55 %) with a and de (42 %) with b'
    >>> _in_each([("en", "55 %", "a")], "a")
    'en (55 %)'
    """
    if len(every) == 1:
        return f"{told[0][0]} ({told[0][1]})"
    if len({place for place, *_ in told}) == 1 < len(told):
        return f"{told[0][0]}: {some([f'{value} with {name}' for _, value, name in told])}"
    return some([f"{place} ({value}) with {name}" for place, value, name in told])


def _unseen(values: _Values) -> str:
    """Say so if the text is too short to show half of a vocabulary."""
    few = []
    for name in values.names:
        counts = values.of(name, "language", "tokens")
        never, every = counts.get(UNSEEN, 0.0), sum(counts.values())
        if 2 * never > every:
            few.append(f"{percent(1 - never / every)} of {name}")
    return f"; the text shows only {some(few)}" if few else ""


def _letters(values: _Values) -> str:
    """Say in which language letters are cut most often."""
    told = []
    for name in values.names:
        shares = values.of(name, "completeness", "alphabet_used")
        least = min(shares.values(), default=1.0)
        if least < 1:
            worst = [language for language, share in shares.items() if share == least]
            each = " each" if len(worst) > 1 else ""
            told.append((some(worst, 2), f"{percent(1 - least)}{each}", name))
    if told:
        return f"Letters are most often cut into several tokens in {_in_each(told, values.names)}."
    seen = any(values.of(name, "completeness", "alphabet_used") for name in values.names)
    return "Every letter of the text is inside one token." if seen else ""


def _words(values: _Values) -> str:
    """Say how many terms of lists are one token after a space."""
    shares = {name: values.of(name, "retention", "after_a_space") for name in values.names}
    lists = list(dict.fromkeys(entry for own in shares.values() for entry in own))
    if not lists:
        return ""
    if len(lists) == 1:
        own = {name: entries[lists[0]] for name, entries in shares.items()}
        order = sorted(own, key=lambda name: -own[name])
        told = [f"{percent(own[name])} with {name}" for name in order]
        count = int(values.of(order[0], "retention", "words")[lists[0]])
        terms = f"{many(count, 'term')} of {lists[0]}"
        return f"Of {terms}, {some(told)} are one token after a space."
    cells = [(share, entry, name) for name, own in shares.items() for entry, share in own.items()]
    low, high = min(cells), max(cells)
    ends = [f"{percent(share)} of {entry} with {name}" for share, entry, name in (low, high)]
    return f"Terms of lists that are one token after a space: from {ends[0]} to {ends[1]}."


def _terms(values: _Values) -> str:
    """Say what a term of a list costs after a space, if there is one list."""
    means = {name: values.of(name, "terms", "after_a_space") for name in values.names}
    lists = {entry for own in means.values() for entry in own}
    if len(lists) != 1:
        return ""
    costs = {name: next(iter(own.values())) for name, own in means.items()}
    order = sorted(costs, key=lambda name: costs[name])
    told = [f"{costs[name]:.2f} with {name}" for name in order]
    told[0] = f"{costs[order[0]]:.2f} tokens with {order[0]}"
    return f"There, a term takes {some(told)}."


# Lists of tokens


def matched(counts: Mapping[str, int]) -> str:
    """Say how many tokens of each vocabulary a search found.

    >>> matched({"a": 2, "b": 0}), matched({"a": 0})
    ('2 tokens of a and 0 of b match.', 'No token of a matches.')
    """
    if not any(counts.values()):
        return f"No token of {some(list(counts))} matches."
    told = [f"{count:,} of {name}" for name, count in counts.items()]
    first = next(iter(counts))
    told[0] = f"{many(counts[first], 'token')} of {first}"
    verb = "matches" if sum(counts.values()) == 1 else "match"
    return f"{some(told)} {verb}."


def own_tokens(frame: pd.DataFrame, name: str, size: int, others: Sequence[str]) -> str:
    """Say how many tokens only one vocabulary has, and of which kind and script most are.

    `frame` has a row for each of them; `size` is how many tokens of the vocabulary have bytes.
    """
    rest = others[0] if len(others) == 1 else f"any of {some(list(others))}"
    if frame.empty:
        return f"{name} has no token that is not in {rest}."
    kinds = frame["kind"].value_counts()
    scripts = frame["script"][~frame["script"].isin(_NO_SCRIPT)].value_counts()
    said = f"Largest kind: {_said(str(kinds.index[0]))} ({percent(kinds.iloc[0] / len(frame))})"
    if len(scripts) and kinds.index[0] != KINDS[BYTE]:
        said += f"; largest script: {scripts.index[0]} ({percent(scripts.iloc[0] / len(frame))})"
    are = "is" if len(frame) == 1 else "are"
    return f"{len(frame):,} of {many(size, 'token')} of {name} {are} not in {rest}. {said}."


def typical(frames: Mapping[str, pd.DataFrame], language: str, texts: int) -> str:
    """Say how many tokens a text has, and how many of them no other text has."""
    if all(frame.empty for frame in frames.values()):
        return f"No token was seen in the text of {language}."
    told = [
        f"{many(len(frame), 'different token')} of {name}"
        + (f" ({int((frame['probability'] == 1).sum()):,} in no other text)" if texts > 1 else "")
        for name, frame in frames.items()
    ]
    said = f"The text of {language} has {some(told)}."
    return said if texts > 1 else f"{said} Cannot tell which are typical: there is no other text."
