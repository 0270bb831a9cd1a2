"""The verdict of every gate on a candidate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from tokscope.errors import TokscopeError
from tokscope.gate.changes import require_same
from tokscope.gate.config import IDENTITY, OFF, Config
from tokscope.gate.identity import LOOKS
from tokscope.gate.limits import limits, numbers
from tokscope.gate.nested import law_of
from tokscope.gate.snapshot import Identity, require_tokens
from tokscope.gate.verdict import (
    INCONCLUSIVE,
    NOTE,
    PASS,
    REPORT,
    Case,
    Figures,
    Gate,
    Judged,
    is_decisive,
    judged_by,
    percent,
)
from tokscope.gate.waivers import waived
from tokscope.rulebook import RULES
from tokscope.rules import AUDITED, at_least

_EXAMPLES = 3


def judged(case: Case) -> list[Judged]:
    """Return the verdicts of all gates that are on.

    Raises:
        TokscopeError: no gate is on, or one cannot be judged.
    """
    _require_owed(case)
    verdicts = [*_identity(case), *_nested(case), *_documents(case), *limits(case), *numbers(case)]
    verdicts += [*_findings(case), *_mixture(case)]
    decided = (is_decisive(one.gate.code, one.verdict, one.figures.head) for one in verdicts)
    if not any(decided) and not any(one.verdict == INCONCLUSIVE for one in verdicts):
        raise TokscopeError(
            f"TS906 {case.config.path} switches no gate on, so that there is nothing to judge; "
            "tokscope init writes an example"
        )
    return waived(verdicts, case.config)


def _require_owed(case: Case) -> None:
    """Refuse a candidate that lacks what the baseline has, or the reverse.

    Raises:
        TokscopeError: text or tokens of a corpus are missing, or golden strings are.
    """
    require_tokens(case.head)
    base = case.base
    if base is None:
        return
    if case.head.measured.samples and base.measured.samples:
        require_same(case.head.measured, base.measured)
        require_tokens(base)
    require_strings(case.config, base.identity)


def require_strings(config: Config, base: Identity) -> None:
    """Refuse a baseline that lacks golden strings of the configuration.

    Raises:
        TokscopeError: it lacks some.
    """
    asked = any(config.level(*config.identity(name)) != OFF for name in ("golden", "model_input"))
    missing = [text for text in config.strings if asked and text not in base.golden]
    if missing:
        raise TokscopeError(
            f"TS905 the baseline lacks {len(missing):,} of identity.strings, which came later; run "
            "tokscope lock --update --reason TEXT"
        )


# Identity


def _identity(case: Case) -> Iterator[Judged]:
    for name, look in LOOKS.items():
        key = case.config.identity(name)
        level = case.config.level(*key)
        if level != OFF:
            text = look(case.head.identity, case.baseline.identity)
            yield judged_by(text, Gate(IDENTITY[name], name), key, level=level)


def _nested(case: Case) -> Iterator[Judged]:
    key = case.config.identity("nested")
    level = case.config.level(*key)
    if level != OFF:
        law = law_of(case.head, case.baseline)
        verdict = level if law.broken else PASS
        yield Judged(Gate(IDENTITY["nested"], "nested"), key, verdict, law.broken or law.tried)


def _documents(case: Case) -> Iterator[Judged]:
    most = case.config.documents
    if most is None:
        return
    for name in case.head.measured.samples:
        changed = case.changed(name)
        share, text = float(changed.mean()), ""
        if share > most:
            places = ", ".join(f"{name}:{i + 1}" for i in np.flatnonzero(changed)[:_EXAMPLES])
            count = f"{int(changed.sum()):,} of {len(changed):,} units have other ids"
            over = f"{percent(share)} > limit {percent(most)}"
            text = f"{count}, {over}; first: {places}"
        gate = Gate("TS004", f"documents[{name}]", "documents", name)
        figures = Figures(0.0, share, share, limit=most, share=True, documents=len(changed))
        yield judged_by(text, gate, ("identity", "documents"), figures=figures)


# Audit, mixture


def _findings(case: Case) -> Iterator[Judged]:
    level = case.config.level("audit", "new")
    extras = case.head.extras
    if level == OFF or extras.findings is None:
        return
    base = case.baseline.extras.findings
    if base is None:
        raise TokscopeError("the baseline has no audit; run tokscope lock --update")
    key = ("audit", "new")
    for code in filter(partial(_is_gated, case.config), AUDITED):
        old, new = base.get(code, 0), extras.findings.get(code, 0)
        text = f"{RULES[code].title}: {old:,} -> {new:,}" if new > old else ""
        text += f" ({extras.examples[code]})" if text and extras.examples.get(code) else ""
        figures = Figures(float(old), float(new), float(new - old), limit=0.0)
        yield judged_by(text, Gate(code, "audit"), key, level=level, figures=figures)


def _is_gated(config: Config, code: str) -> bool:
    ignored = config.ignored and code.startswith(tuple(config.ignored))
    return at_least(RULES[code].severity, config.severity) and not ignored


def _mixture(case: Case) -> Iterator[Judged]:
    head, base = case.head.extras.mixture, case.base.extras.mixture if case.base else None
    if head is None:
        return
    if base is not None and set(base) != set(head):
        raise TokscopeError(
            f"TS902 the mixture of the baseline is of other corpora ({', '.join(sorted(base))}); "
            "restore them, or run tokscope lock --update --reason TEXT"
        )
    for name, share in head.items():
        old = (base or {}).get(name, math.nan)
        text = percent(share) + ("" if math.isnan(old) else f" ({100 * (share - old):+.1f})")
        gate = Gate(REPORT, f"mixture[{name}]", "mixture", name)
        yield Judged(gate, ("mixture", "report"), NOTE, text, Figures(old, share, share - old))
