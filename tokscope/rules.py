"""Which rules a user asks for, and how heavy their findings weigh."""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.errors import TokscopeError, choose
from tokscope.rulebook import RULES

SEVERITIES = ("error", "warning", "note")  # the heaviest first
AUDITED = tuple(code for code in RULES if code.startswith(("TS30", "TS4")))  # by tokscope audit


def chosen(
    select: Sequence[str] = (), ignore: Sequence[str] = (), among: Sequence[str] = tuple(RULES)
) -> set[str]:
    """Return the codes that a user asks for: codes or beginnings of codes, such as TS4.

    Raises:
        TokscopeError: no code begins so; says the nearest.
    """
    for word in (*select, *ignore):
        if not any(code.startswith(word) for code in among) or not word:
            choose({code: code for code in among}, word, "rule")
    kept = {code for code in among if not select or code.startswith(tuple(select))}
    kept -= {code for code in kept if ignore and code.startswith(tuple(ignore))}
    if not kept:
        raise TokscopeError("--select and --ignore leave no rule; drop one of them")
    return kept


def at_least(severity: str, wanted: str) -> bool:
    """Tell whether a severity weighs as much as another.

    >>> at_least("error", "warning"), at_least("note", "warning")
    (True, False)
    """
    return SEVERITIES.index(severity) <= SEVERITIES.index(wanted)
