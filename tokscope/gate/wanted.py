"""What of a tokenizer the gates need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.counting.tokens import TOKEN_COLUMNS
from tokscope.gate.config import OFF, Config


@dataclass(frozen=True)
class Wanted:
    """Which parts of a snapshot are made; identity always is."""

    columns: frozenset[str] = frozenset()  # none: no text is read
    measures: Sequence[str] = ()  # whose values are kept
    numbers: bool = False
    findings: bool = False
    mixture: int = 0


def by_gates(config: Config) -> Wanted:
    """Return what the gates that are on need."""
    measures = list(dict.fromkeys(limit.measure for limit in config.limits))
    columns = frozenset().union(*(MEASURES[name].columns for name in measures))
    if config.limits or config.documents is not None:
        columns |= {"units", "bytes", "tokens"}
    numbers = config.level("numbers", "scheme") != OFF or config.tokens_per_digit is not None
    audited = config.level("audit", "new") != OFF
    return Wanted(columns, measures, numbers, audited, config.mixture)


def everything(config: Config) -> Wanted:
    """Return what a lock holds: all parts, and the measures of a first look and of limits."""
    limited = [limit.measure for limit in config.limits]
    parallel = config.text.parallel
    usual = [name for name in DEFAULT if parallel or MEASURES[name].over == "corpus"]
    measures = list(dict.fromkeys((*usual, *limited)))
    columns = frozenset(TOKEN_COLUMNS).union(*(MEASURES[name].columns for name in measures))
    columns = columns | {"units", "bytes"} if config.text.corpora else frozenset()
    return Wanted(columns, measures if columns else (), True, True, config.mixture)
