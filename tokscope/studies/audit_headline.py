"""What audits found, in a sentence: findings by severity, and how many tokens text can reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokscope.reach.causes import UNREACHABLE
from tokscope.report import Rows
from tokscope.rules import SEVERITIES
from tokscope.wording import many, some

if TYPE_CHECKING:
    import pandas as pd

FOR_REVIEW = "TS44"  # rules that list tokens to look at begin so; they say nothing is wrong
_BROKEN = "TS411"  # a file that cannot be loaded
NEVER = "never valid UTF-8"
_OTHERS = {  # causes of tokens that are not looked for in text, as a sentence says them
    "special": "special",
    "added": "added",
    "repeated fallback": "byte fallbacks",
    "single byte": "single bytes",
    "incomplete UTF-8": "parts of characters",
}
_CLAUSES = 3  # tokenizers that a headline names one by one


@dataclass(frozen=True)
class Outcome:
    """What an audit found in one tokenizer."""

    name: str
    findings: Mapping[str, int]  # by severity
    causes: Mapping[str, int]  # tokens by cause
    loaded: bool = True
    worst: Sequence[str] = ()  # titles of the errors, or else of the warnings

    @property
    def reachable(self) -> int:
        """Tokens that a text was found to produce."""
        return self.causes.get("reachable", 0)

    @property
    def unreachable(self) -> int:
        """Tokens that no text produced, with a reason."""
        reasons = (*(cause for cause in UNREACHABLE if cause != "not found"), NEVER)
        return sum(self.causes.get(cause, 0) for cause in reasons)

    @property
    def not_found(self) -> int:
        """Tokens that no text produced, without a reason: it cannot be told."""
        return self.causes.get("not found", 0)

    @property
    def tried(self) -> int:
        """Tokens that were looked for."""
        return self.reachable + self.unreachable + self.not_found

    @property
    def weight(self) -> tuple[int, ...]:
        """What makes one tokenizer worse than another."""
        return tuple(self.findings.get(severity, 0) for severity in SEVERITIES)


def outcomes(rows: Rows, *, review: bool) -> list[Outcome]:
    """Return what was found in each tokenizer; with `review`, lists to look at are notes too."""
    return [_outcome(name, own, review=review) for name, own in by_tokenizer(rows).items()]


def by_tokenizer(rows: Rows) -> dict[str, Rows]:
    """Return the rows of each tokenizer, in the order in which they come."""
    names = dict.fromkeys(row["tokenizer"] for row in rows)
    return {name: [row for row in rows if row["tokenizer"] == name] for name in names}


def found(rows: Rows, *, review: bool) -> Rows:
    """Return the findings; without `review`, those that list tokens to look at are left out."""
    findings = [row for row in rows if row["by"] == "finding"]
    return [row for row in findings if review or not row["code"].startswith(FOR_REVIEW)]


def _outcome(name: str, rows: Rows, *, review: bool) -> Outcome:
    findings = found(rows, review=review)
    return Outcome(
        name,
        Counter(row["severity"] for row in findings),
        {row["name"]: int(row["value"]) for row in rows if row["by"] == "cause"},
        loaded=all(row["code"] != _BROKEN for row in findings),
        worst=_titles(findings),
    )


def _titles(findings: Rows) -> list[str]:
    """Return what the errors are, or else the warnings."""
    every = (
        list(dict.fromkeys(row["name"] for row in findings if row["severity"] == severity))
        for severity in SEVERITIES[:2]
    )
    return next(filter(None, every), [])


def headline(audits: Sequence[Outcome], rules: str = "") -> str:
    """Count findings and tokens; of many tokenizers, name the worst. `rules` are those chosen."""
    of = f" (only rules {rules})" if rules else ""
    if len(audits) == 1:
        (one,) = audits
        text = f"{one.name}: {_severities(one, named=one.loaded)}{of}. "
        return text + (f"{_reach(one).capitalize()}{_others(one)}." if one.loaded else _UNLOADED)
    if len(audits) <= _CLAUSES:
        return (
            f"{'; '.join(f'{one.name}: {_severities(one)}, {_short(one)}' for one in audits)}{of}."
        )
    return f"{_worst(audits)}{of}. {_reach_of_all(audits)}"


_UNLOADED = "It cannot be loaded, so nothing else was tried."


def _severities(one: Outcome, *, named: bool = False) -> str:
    """Count findings by severity; `named` says what the heaviest are, notes aside."""
    counts = [many(number, word) for word, number in zip(SEVERITIES, one.weight, strict=True)]
    if named and one.worst:
        counts[0 if one.weight[0] else 1] += f" ({'; '.join(one.worst[:_CLAUSES])})"
    return ", ".join(counts)


def _reach(one: Outcome) -> str:
    """Say how many tokens were found in text, and of how many that cannot be told."""
    if not one.tried:
        return f"none of its {sum(one.causes.values()):,} tokens had to be looked for in text"
    if one.reachable == one.tried:
        return f"all {one.tried:,} tokens that were tried are reachable"
    text = f"{one.reachable:,} of {one.tried:,} tokens that were tried are reachable"
    if one.unreachable:
        text += f", {many(one.unreachable, 'is', 'are')} not"
    return f"{text}, of {one.not_found:,} we cannot tell" if one.not_found else text


def _short(one: Outcome) -> str:
    return (
        _reach(one).replace(" that were tried", " tried") if one.loaded else "it cannot be loaded"
    )


def _others(one: Outcome) -> str:
    """Name the tokens that were not looked for."""
    kinds = {words: one.causes.get(cause, 0) for cause, words in _OTHERS.items()}
    there = [words for words, number in kinds.items() if number]
    other = f"the other {sum(kinds.values()):,}: " if one.tried else ""
    return f" ({other}{some(there, len(there))})" if there else ""


def _worst(audits: Sequence[Outcome]) -> str:
    """Count the tokenizers with errors and warnings, and name the worst."""
    bad = [one for one in audits if any(one.weight[:2])]
    if not bad:
        return f"No errors and no warnings in {len(audits)} tokenizers"
    worst = max(bad, key=lambda one: one.weight)
    have = f"{len(bad)} of {len(audits)} tokenizers {'has' if len(bad) == 1 else 'have'}"
    return f"{have} errors or warnings, most of all {worst.name} ({_severities(worst)})"


def _reach_of_all(audits: Sequence[Outcome]) -> str:
    """Name the tokenizers with tokens that no text was found to produce."""
    lacking = [one for one in audits if one.tried > one.reachable]
    lacking.sort(key=lambda one: one.reachable - one.tried)
    if not lacking:
        return "All tokens that were tried are reachable."
    told = [f"{one.name} ({one.tried - one.reachable:,})" for one in lacking]
    return f"Tokens that no text was found to produce: {some(told)}."


def in_causes(tokens: pd.DataFrame) -> str:
    """Say how many tokens text was not found to produce, from a row for each token."""
    audits = [
        Outcome(str(name), {}, Counter(own["cause"]))
        for name, own in tokens.groupby("tokenizer", sort=False)
    ]
    if len(audits) > _CLAUSES:
        return _reach_of_all(audits)
    return f"{'; '.join(f'{one.name}: {_reach(one)}' for one in audits)}."


def summary(audits: Sequence[Outcome]) -> Rows:
    """Return a row for each tokenizer: findings by severity, and tokens by reach."""
    return [
        {
            "tokenizer": one.name,
            **{f"{severity}s": one.findings.get(severity, 0) for severity in SEVERITIES},
            "reachable": one.reachable,
            "unreachable": one.unreachable,
            "cannot tell": one.not_found,
        }
        for one in audits
    ]
