"""What is broken in a vocabulary? A cause for every token, and findings with codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tokscope.counting.catalog import TYPES
from tokscope.counting.counted import Counted, all_types_of, count, require_countable
from tokscope.counting.signature import signed
from tokscope.counting.tally import Counting
from tokscope.errors import shortened
from tokscope.given import words
from tokscope.late import Late
from tokscope.measures.frequency import unseen_under_zipf
from tokscope.provenance import Provenance, version_of
from tokscope.reach.causes import CAUSES, WHOLE_ONLY
from tokscope.reach.fidelity import (
    OUTCOMES,
    by_script,
    losses,
)
from tokscope.reach.findings import (
    EXAMPLES,
    Finding,
    Subject,
    all_findings,
    broken_file,
    require_size,
)
from tokscope.reach.search import CONTEXTS, NEAR, AtHand, at_hand, sample
from tokscope.reading import together
from tokscope.report import Report
from tokscope.rulebook import RULES
from tokscope.rules import AUDITED, SEVERITIES, at_least, chosen
from tokscope.studies.audit_headline import headline, in_causes, outcomes
from tokscope.studies.audit_plots import plots
from tokscope.studies.audit_tables import tables
from tokscope.text.corpus import Corpus, corpora_given
from tokscope.text.given import Corpora
from tokscope.text.spelled import spelled as written
from tokscope.tokenizers import Tokenizer, assumptions, parse, switched_off
from tokscope.tokenizers.given import Tokenizers, asked, load_all, made, named_apart
from tokscope.wording import many, some
from tokscope.workers import HERE, Workers

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")  # only the table of all tokens needs it

SHOWN = 25  # tokens in a table
LOSS = "TS303"  # text does not come back


class Line(NamedTuple):
    """A row of the report, without its tokenizer."""

    by: str
    name: str
    code: str = ""
    severity: str = ""
    value: float = nan
    unit: str = "tokens"
    examples: str = ""


COLUMNS = ["tokenizer", *Line._fields]
COUNTING = Counting(frozenset(("units", "bytes", TYPES)))  # what is counted of text
_ORDER = "cause: the first that holds, in the order of the table; not found proves nothing"
_EXPLAIN = "tokscope explain CODE says what a finding means and what helps; --tokens lists tokens"


def _unseen(subject: Subject, counted: Counted, number: int) -> Finding:
    """Find tokens that text never produced, and how many Zipf's law predicts."""
    types = all_types_of(counted, number)
    never = np.flatnonzero((types == 0) & np.array([c in _CAN for c in subject.causes.primary]))
    usable = sum(cause in _CAN for cause in subject.causes.primary)
    tokens = int(types.sum())
    finding = subject.tokens("TS451", never.tolist())
    expected = f"in {tokens:,} tokens Zipf's law leaves {unseen_under_zipf(tokens, usable):,.0f}"
    return replace(finding, examples=[expected, *finding.examples])


# Causes of tokens that text can produce.
_CAN = ("added", "single byte", "incomplete UTF-8", "reachable")


def audit(
    tokenizers: Tokenizers,
    corpora: Corpora | None = None,
    *,
    select: str | Sequence[str] = (),
    ignore: str | Sequence[str] = (),
    workers: Workers = HERE,
) -> Report:
    """Return what is broken: tokenizer, by, name, code, severity, value, unit, examples.

    `by` is cause (tokens by primary cause), flag (tokens by any cause), finding (the result of a
    rule, with its code), or round trip (characters by outcome and script). `select` and `ignore`
    are codes or beginnings of codes. Tokenizers and corpora are given as to `compare`; text is read
    only if you give some.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used, or no rule has such a code.
    """
    codes = chosen(words(select, "select"), words(ignore, "ignore"), AUDITED)
    return audited(tokenizers, None if corpora is None else corpora_given(corpora), codes, workers)


@together()
def audited(
    tokenizers: Tokenizers,
    texts: Sequence[Corpus] | None,
    codes: set[str],
    workers: Workers = HERE,
) -> Report:
    """Look for what is broken by the rules of some codes, as `audit` does.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used.
    """
    given = asked(tokenizers)
    if texts:
        require_countable(texts)
    broken = {i: finding for i, (_, one) in enumerate(given) for finding in _broken(one)}
    kept = [pair for i, pair in enumerate(given) if i not in broken]
    used = named_apart([made(*one) for one in kept])
    for tokenizer in used:
        require_size(tokenizer)
    counted = count(used, texts, COUNTING, workers=workers) if texts and used else None
    rows = [(_called(*given[i]), *_of_finding(broken[i])) for i in broken]
    return of_counted(used, counted, codes, rows)


@together()
def of_counted(
    used: Sequence[Tokenizer],
    counted: Counted | None,
    codes: set[str],
    broken: Sequence[tuple[object, ...]] = (),
) -> Report:
    """Look for what is broken, on text that was counted, by `COUNTING` or more.

    `broken` are the rows of files that cannot be loaded.

    Raises:
        TokscopeError: a tokenizer is too large.
    """
    subjects = [_subject(one, counted, k) for k, one in enumerate(used)]
    rows = [*broken]
    for number, subject in enumerate(subjects):
        findings = all_findings(subject)
        findings += [_unseen(subject, counted, number)] if counted else []
        rows += [(subject.tokenizer.name, *row) for row in _counts(subject)]
        rows += [
            (subject.tokenizer.name, *_of_finding(one))
            for one in sorted(
                findings, key=lambda one: (SEVERITIES.index(_severity(one)), one.code)
            )
            if one.count and one.code in codes
        ]
    table = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    tried = subjects[0].at_hand if subjects else sample()
    told = counted.notes() if counted else switched_off(used)
    results = outcomes(table, review=bool(_chosen(codes)))
    lost = (note for one in subjects for note in _losses(one, codes))
    notes = (*_limits(subjects), *lost, *assumptions(used), *told)
    matters = any(one.tried > one.reachable or not any(one.weight) for one in results)
    return Report(
        "audit",
        "Audit",
        table,
        (_tried(tried), *notes) if matters else notes,
        _provenance(subjects, counted, codes),
        headline=headline(results, _chosen(codes)),
        details=(_ORDER, _EXPLAIN) if matters else (_tried(tried), _ORDER, _EXPLAIN),
        view=tables,
        plots=plots,
    )


def _severity(finding: Finding) -> str:
    return RULES[finding.code].severity


def _broken(given: object) -> list[Finding]:
    """Find out why the file that a word names cannot be loaded."""
    return broken_file(given) if isinstance(given, str) else []


def _called(name: str, word: str) -> str:
    return name or parse(word).label or word


def _subject(one: Tokenizer, counted: Counted | None, number: int) -> Subject:
    """Return a tokenizer with the texts to search for its tokens."""
    require_size(one)
    if counted is None:
        return Subject(one, sample())
    return Subject(one, at_hand(counted.corpora, all_types_of(counted, number) > 0))


def _tried(texts: AtHand) -> str:
    """Describe what must fail before a token counts as unreachable, or as not found."""
    return (
        f"a token is looked for at its own bytes in {len(CONTEXTS)} contexts, anywhere in "
        f"{texts.name}, and with up to {NEAR} characters on either side, from there or rare ones"
    )


def _limits(subjects: Sequence[Subject]) -> list[str]:
    """Say for which tokenizers less was tried because very many tokens were lost."""
    limited = {one.tokenizer.name: one.causes.limited for one in subjects}
    return [f"{name}: {told}" for name, told in limited.items() if told]


def _losses(subject: Subject, codes: set[str]) -> Iterator[str]:
    """Say why text does not come back, as far as examples show it."""
    lost = subject.lost() if LOSS in codes else []
    if lost:
        reasons = losses(subject.tokenizer, subject.parts, lost).most_common()
        told = ", ".join(f"{reason} ({number})" for reason, number in reasons)
        yield f"{subject.tokenizer.name}: {LOSS}, of {len(lost)} texts looked at: {told}"


def _chosen(codes: set[str]) -> str:
    """Name the rules that were chosen; empty if all were."""
    return "" if len(codes) == len(AUDITED) else some(sorted(codes))


def _of_finding(finding: Finding) -> Line:
    rule = RULES[finding.code]
    shown = ", ".join(finding.examples[:EXAMPLES])
    more = ", …" if finding.count > len(finding.examples[:EXAMPLES]) else ""
    return Line(
        by="finding",
        name=rule.title,
        code=finding.code,
        severity=rule.severity,
        value=float(finding.count),
        unit=finding.unit,
        examples=shown + more,
    )


def _counts(subject: Subject) -> Iterator[Line]:
    """Yield the number of tokens with each cause and flag, and the outcomes of characters."""
    primary = Counter(subject.causes.primary)
    for cause in CAUSES:
        yield Line("cause", cause, value=float(primary[cause]))
    for flag in (*CAUSES, WHOLE_ONLY):
        yield Line("flag", flag, value=float(subject.causes.flags[flag].sum()))
    for script, counts in by_script(subject.sweep).items():
        for outcome, number in zip(OUTCOMES, counts.tolist(), strict=True):
            yield Line(f"round trip {outcome}", script, value=float(number), unit="characters")


def _provenance(
    subjects: Sequence[Subject], counted: Counted | None, codes: set[str]
) -> Provenance:
    base = counted.provenance if counted else signed([one.tokenizer for one in subjects])
    rules = ",".join(sorted(codes)) if _chosen(codes) else "all"
    return {**base, "rules": rules, "scripts": f"regex {version_of('regex')}"}


def fails(report: Report, severity: str) -> bool:
    """Return whether an audit found something of this severity or worse."""
    severities = (row["severity"] for row in report.rows if row["by"] == "finding")
    return any(at_least(one, severity) for one in severities)


def tokens(tokenizers: Tokenizers) -> Report:
    """Return every token with its cause: tokenizer, id, token, bytes, cause, flags, before, behind.

    `before` and `behind` are the text around it where it was found.

    Raises:
        TokscopeError: a tokenizer cannot be loaded.
    """
    used = load_all(tokenizers)
    for tokenizer in used:
        require_size(tokenizer)
    subjects = list(map(Subject, used))
    frame = pd.concat(map(_listed, subjects), ignore_index=True)
    notes = (_tried(sample()), *_limits(subjects), *assumptions(used))
    title, told = "Tokens and their causes", in_causes(frame)
    return Report("audit", title, frame, notes, signed(used), view=token_tables, headline=told)


def _listed(subject: Subject) -> pd.DataFrame:
    vocabulary, causes = subject.tokenizer.vocabulary, subject.causes
    ids = [i for i, cause in enumerate(causes.primary) if cause]
    flags = np.array([causes.flags[flag] for flag in causes.flags]).T
    labels = list(causes.flags)
    around = [causes.found_in(i) or ("", "") for i in ids]
    return pd.DataFrame(
        {
            "tokenizer": subject.tokenizer.name,
            "id": ids,
            "token": [written(vocabulary.spelling(i)) for i in ids],
            "bytes": [vocabulary[i].hex(" ") for i in ids],
            "cause": [causes.primary[i] for i in ids],
            "flags": [", ".join(labels[k] for k in np.flatnonzero(flags[i])) for i in ids],
            "before": [written(left.encode()) for left, _ in around],
            "behind": [written(right.encode()) for _, right in around],
        }
    )


def token_tables(report: Report) -> list[Report]:
    """Return the table that people read: the first tokens that text cannot produce."""
    frame = report.frame[~report.frame["cause"].isin((*_CAN, "special", "repeated fallback"))]
    columns = ["tokenizer", "id", "token", "cause", "bytes"]
    shown = frame[columns].groupby("tokenizer", sort=False).head(SHOWN)
    shown = shown.assign(bytes=[shortened(digits, 17) for digits in shown["bytes"]])
    cut = f", the first {SHOWN} of each tokenizer" if len(shown) < len(frame) else ""
    title = f"{many(len(frame), 'token')} that text was not found to produce{cut}"
    notes = ("CSV and JSON list every token", *report.notes)
    return [replace(report, title=title, table=shown, notes=notes, view=None)]
