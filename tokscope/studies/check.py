"""Whether a tokenizer passes its gates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from os import PathLike
from typing import NamedTuple

from tokscope.counting.catalog import MEASURES
from tokscope.counting.signature import versions
from tokscope.errors import TokscopeError
from tokscope.gate import settings
from tokscope.gate.baseline import baseline
from tokscope.gate.changes import require_same_names
from tokscope.gate.config import FAIL, Config, Evidence
from tokscope.gate.judge import judged, require_strings
from tokscope.gate.limits import require_scopes
from tokscope.gate.snapshot import Snapshot, kind, snapshot
from tokscope.gate.verdict import (
    INCONCLUSIVE,
    PASS,
    VERDICTS,
    Case,
    Judged,
    is_decisive,
    no_baseline,
)
from tokscope.gate.waivers import idle, require_valid
from tokscope.gate.wanted import Source, needs_baseline, source_of
from tokscope.given import place
from tokscope.provenance import Provenance
from tokscope.report import Report, Rows
from tokscope.studies.check_headline import headline
from tokscope.studies.check_hints import hints
from tokscope.studies.check_plots import plots
from tokscope.studies.check_tables import CAUSES, tables
from tokscope.tokenizers import Tokenizer, parse, without_dropout
from tokscope.tokenizers.given import One, load_one
from tokscope.workers import HERE, Workers


class Row(NamedTuple):
    """A row of the report."""

    tokenizer: str
    code: str
    verdict: str
    gate: str
    measure: str
    corpus: str
    base: float
    head: float
    change: float
    low: float
    high: float
    limit: float
    unit: str
    documents: int
    file: str
    line: int
    rule: str  # the setting that decided
    message: str


COLUMNS = list(Row._fields)


def check(
    tokenizer: One | Mapping[str, One] | None = None,
    *,
    config: str | PathLike[str] = "",
    against: str | PathLike[str] = "",
    identity: bool = False,
    fail_inconclusive: bool = False,
    today: date | None = None,
    workers: Workers = HERE,
) -> Report:
    """Judge a tokenizer by the gates of a configuration: a row for each, the heaviest first.

    Args:
        tokenizer: a single one, given as to `compare`; by default that of the configuration.
        config: the path of a configuration; by default `tokscope.toml` in this folder, or
            `[tool.tokscope]` of its `pyproject.toml`.
        against: the baseline: a lock, a tokenizer, or git:REV:PATH; by default the lock.
        identity: judge only whether it is the same tokenizer, and read no text.
        fail_inconclusive: a gate that the text does not decide fails.
        today: the day by which waivers are judged; by default this day.
        workers: who works, from `tokscope.workers`; the result is the same.

    Returns:
        A report whose `passed` tells whether every gate passed. Columns: tokenizer, code, verdict
        (fail, inconclusive, warn, waived, note, pass), gate, measure, corpus, base, head, change
        (head - base; of relative limits how much worse, or better), low, high, limit, unit (of
        change and limit: "share" of the base, or that of the measure), documents (drawn again),
        file, line, rule (the setting that decided), message.

    Raises:
        TokscopeError: it cannot be judged; the message begins with the TS9 code that explains it.
    """
    gates = settings.read(settings.find(place(config, "config")))
    gates = gates.identity_alone() if identity else gates
    given = "" if tokenizer is None else load_one(tokenizer)
    day = today or date.today()
    named = place(against, "against")
    report = checked(gates, source_of(gates), given, against=named, today=day, workers=workers)
    return replace(report, passed=outcome(report, fail_inconclusive=fail_inconclusive) == 0)


def checked(
    config: Config,
    source: Source,
    given: str | Tokenizer = "",
    *,
    against: str = "",
    today: date,
    workers: Workers = HERE,
) -> Report:
    """Judge a tokenizer as `check` does, by a configuration that was read, on its text.

    Raises:
        TokscopeError: it cannot be judged.
    """
    given = named(config, given)
    require_valid(config, today)
    if isinstance(given, str):
        parse(given)
    base = baseline(against, config.lock, source, workers)
    _require_comparable(config, source, base)
    strings = list(base.identity.golden) if base else None
    head = snapshot(given, source, strings, workers)
    case = Case(config, head, base)
    verdicts = judged(case)
    order = sorted(verdicts, key=_weight)
    table = [_row(one, head.name, config)._asdict() for one in order]
    named_base = against or str(config.lock)
    notes = (*hints(case, given, against, order), *idle(verdicts, config))
    passed = [one for one in order if (one.gate.name, one.verdict) == ("nested", PASS)]
    notes += tuple(f"nested: {one.text}" for one in passed)
    notes += tuple(without_dropout(head.name, head.identity.processing))
    return Report(
        "check",
        _title(head.name, table),
        table,
        notes,
        _provenance(config.evidence, head, base),
        headline=headline(order, head, base, named_base, config.evidence.documents),
        details=_compared(named_base, base),
        view=tables,
        plots=plots,
    )


def named(config: Config, given: str | Tokenizer) -> str | Tokenizer:
    """Return the tokenizer that a user named, else that of the configuration.

    Raises:
        TokscopeError: neither names one.
    """
    if not (given or config.tokenizer):
        raise TokscopeError(f"{config.path} names no tokenizer; set tokenizer, or name one here")
    return given or config.spec


def _require_comparable(config: Config, source: Source, base: Snapshot | None) -> None:
    """Refuse names and settings that do not fit the baseline, before the text is read."""
    names = [corpus.name for corpus in source.corpora] if source.wanted.columns else []
    if base is None and needs_baseline(config, source.wanted):
        raise no_baseline(config)
    if base:
        require_strings(config, base.identity)
    if base and names and base.measured.samples:
        require_same_names(names, source.settings, base.measured)
    require_scopes(config, names)  # last: a corpus that is missing has its limits in vain


def _row(one: Judged, name: str, config: Config) -> Row:
    gate, figures = one.gate, one.figures
    unit = MEASURES[gate.measure].unit if gate.measure in MEASURES else ""
    return Row(
        tokenizer=name,
        code=gate.code,
        verdict=one.verdict,
        gate=gate.name,
        measure=gate.measure,
        corpus=gate.corpus,
        base=figures.base,
        head=figures.head,
        change=figures.change,
        low=figures.low,
        high=figures.high,
        limit=figures.limit,
        unit="share" if figures.share else unit,
        documents=figures.documents,
        file=config.path.as_posix(),
        line=config.line(one.key),
        rule=".".join(one.key),
        message=one.text,
    )


def _weight(one: Judged) -> tuple[int, int, str]:
    """Sort by verdict, causes before effects."""
    code = one.gate.code
    cause = CAUSES.index(code) if code in CAUSES else len(CAUSES)
    return VERDICTS.index(one.verdict), cause, code


def _compared(named: str, base: Snapshot | None) -> tuple[str, ...]:
    if base is None:
        return ("without a baseline",)
    return (f"compared with {named}: {base.name}, {base.identity.fingerprint[:12]}",)


def _title(name: str, table: Rows) -> str:
    counts = Counter(row["verdict"] for row in table)
    shown = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS if counts[verdict])
    word = "FAIL" if counts[FAIL] else "pass"
    if not counts[FAIL] and counts[INCONCLUSIVE]:
        word = INCONCLUSIVE if _is_decided(table) else "could not judge"
    return f"{name}: {word} ({shown})"


def _provenance(evidence: Evidence, head: Snapshot, base: Snapshot | None) -> Provenance:
    facts: Provenance = {**versions(), f"{head.name}={kind(head)}": head.identity.fingerprint[:12]}
    facts |= {"against": base.identity.fingerprint[:12]} if base else {}
    if head.measured.counted:
        text = {**head.measured.counted.text}
        corpora = text.pop("corpora")
        facts |= {f"{corpora}": None, **text}  # without a name, as gates have always written it
    return facts | evidence.provenance


def outcome(report: Report, *, fail_inconclusive: bool = False) -> int:
    """Return the exit code: 1 if a gate failed; 3 if one is inconclusive, where that counts.

    2 if all that was judged is inconclusive: nothing was decided.
    """
    verdicts = {row["verdict"] for row in report.rows}
    if FAIL in verdicts:
        return 1
    if INCONCLUSIVE in verdicts and fail_inconclusive:
        return 3
    return 0 if _is_decided(report.rows) else 2


def _is_decided(table: Rows) -> bool:
    return any(is_decisive(row["code"], row["verdict"], row["head"]) for row in table)
