"""What each gate says of a candidate: one verdict a gate, none in silence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from tokscope.errors import TokscopeError
from tokscope.gate.changes import require_same
from tokscope.gate.config import IDENTITY, OFF, Config
from tokscope.gate.identity import LOOKS
from tokscope.gate.limits import limits, numbers
from tokscope.gate.snapshot import Snapshot, require_tokens
from tokscope.gate.verdict import INCONCLUSIVE, NOTE, REPORT, Case, Judged, is_decisive, percent
from tokscope.gate.waivers import waived
from tokscope.rulebook import RULES
from tokscope.rules import AUDITED, at_least

_EXAMPLES = 3


def judged(case: Case) -> list[Judged]:
    """Return the verdicts of all gates that are on.

    Raises:
        TokscopeError: nothing is judged, or what is asked cannot be.
    """
    _require_owed(case)
    found = [*_identity(case), *_documents(case), *limits(case), *numbers(case)]
    found += [*_findings(case), *_mixture(case)]
    decided = (is_decisive(one.code, one.verdict, one.head) for one in found)
    if not any(decided) and not any(one.verdict == INCONCLUSIVE for one in found):
        raise TokscopeError(
            f"TS906 {case.config.path} switches no gate on, so that there is nothing to judge; "
            "tokscope init writes an example"
        )
    return waived(found, case.config)


def _require_owed(case: Case) -> None:
    """Refuse a candidate that lacks what the baseline has, and a baseline that lacks what is asked.

    Raises:
        TokscopeError: text or tokens of a corpus are missing, or golden strings are.
    """
    require_tokens(case.head)
    base = case.base
    if base is None:
        return
    if case.head.samples and base.samples:
        require_same(case.head, base)
        require_tokens(base)
    require_strings(case.config, base)


def require_strings(config: Config, base: Snapshot) -> None:
    """Refuse a baseline that lacks golden strings which are asked for.

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
            text = look(case.head, case.baseline)
            yield case.on(IDENTITY[name], key, name, text, level=level)


def _documents(case: Case) -> Iterator[Judged]:
    most = case.config.documents
    if most is None:
        return
    key = ("identity", "documents")
    for name in case.head.samples:
        changed = case.changed(name)
        share, limit = changed.mean(), most
        text = ""
        if share > limit:
            places = ", ".join(f"{name}:{i + 1}" for i in np.flatnonzero(changed)[:_EXAMPLES])
            count = f"{int(changed.sum()):,} of {len(changed):,} units have other ids"
            over = f"{percent(share)} > limit {percent(limit)}"
            text = f"{count}, {over}; first: {places}"
        one = case.on("TS004", key, f"documents[{name}]", text)
        yield replace(
            one, corpus=name, measure="documents", base=0.0, head=float(share),
            change=float(share), limit=limit, share=True, documents=len(changed),
        )  # fmt: skip


# Audit, mixture


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
    if base is not None and set(base) != set(head):
        raise TokscopeError(
            f"TS902 the mixture of the baseline is of other corpora ({', '.join(sorted(base))}); "
            "restore them, or run tokscope lock --update --reason TEXT"
        )
    moved = {name: share - (base or {}).get(name, math.nan) for name, share in head.items()}
    for name, share in head.items():
        text = percent(share) + ("" if math.isnan(moved[name]) else f" ({100 * moved[name]:+.1f})")
        yield Judged(
            REPORT, NOTE, f"mixture[{name}]", ("mixture", "report"), text, "mixture", name,
            (base or {}).get(name, math.nan), share, moved[name],
        )  # fmt: skip
