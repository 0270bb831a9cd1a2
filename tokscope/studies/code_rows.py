"""The rows of a report about code: counts, and the ratios that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from tokscope.lexemes.counts import CATEGORY, DEPTH, GLUED, KIND, TOTAL, Key
from tokscope.lexemes.lexing import CATEGORIES
from tokscope.measures.agreement import AGREEMENT
from tokscope.measures.ratios import ratio
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Tokenizer

MOST_GLUED = 10  # tokens that are listed for each language
MEASURE = "measure"


class Row(NamedTuple):
    """A value of the report."""

    tokenizer: str
    corpus: str  # the language
    part: str  # measure, total, category, kind, depth, glued
    name: str  # a category, the kinds of lexemes in a token, a depth in bytes, a token
    measure: str
    value: float
    unit: str
    better: str = "neither"
    id: int | None = None  # of a token


Counts = Counter[Key]


class _Ratio(NamedTuple):
    unit: str
    better: str
    value: Callable[[Counts], float]


def _total(counts: Counts, name: str) -> int:
    return counts[Key(TOTAL, "", name)]


def _of(category: str, above: str, below: str) -> Callable[[Counts], float]:
    """Return the ratio of two counts of a category."""
    return lambda counts: ratio(
        counts[Key(CATEGORY, category, above)], counts[Key(CATEGORY, category, below)]
    )


def _totals(above: str, below: str) -> Callable[[Counts], float]:
    """Return the ratio of two counts of the text."""
    return lambda counts: ratio(_total(counts, above), _total(counts, below))


_CUTS = ("hits", "false", "missed", "positions")


def _cuts(measure: Callable[[Mapping[str, int]], float]) -> Callable[[Counts], float]:
    """Return a measure of how cuts agree with where words end."""
    return lambda counts: measure({name: _total(counts, name) for name in _CUTS})


_glued = _of("identifier", "clean", "lexemes")
RATIOS: dict[str, _Ratio] = {
    "tokens_per_line": _Ratio("tokens/line", "lower", _totals("tokens", "lines")),
    "identifiers_one_token": _Ratio("share", "higher", _of("identifier", "one_token", "lexemes")),
    "names_one_token": _Ratio("share", "higher", _totals("names_one_token", "names")),
    "tokens_per_identifier": _Ratio(
        "tokens/identifier", "lower", _of("identifier", "tokens", "lexemes")
    ),
    "identifiers_glued": _Ratio("share", "lower", lambda counts: 1 - _glued(counts)),
    "tokens_over_lexemes": _Ratio("share", "neither", _totals("over_lexemes", "tokens")),
    "indentation": _Ratio("share", "lower", _totals("indentation_tokens", "tokens")),
    "tokens_per_indentation": _Ratio(
        "tokens/line", "lower", _totals("indentation_tokens", "indented_lines")
    ),
    "indentation_bytes": _Ratio("share", "neither", _totals("indentation_bytes", "bytes")),
}
RATIOS |= {
    name: _Ratio(unit, "neither" if name == "by_chance" else "higher", _cuts(measure))
    for name, (unit, measure) in AGREEMENT.items()
}
_BYTES = ("bytes", "indentation_bytes")
_LINES = ("lines", "indented_lines")
_TOKENS = ("tokens", "blank_tokens", "unknown", "over_lexemes", "indentation_tokens")
_UNITS = {"names": "names", "names_one_token": "names"} | dict.fromkeys(_BYTES, "bytes")
_UNITS |= dict.fromkeys(_LINES, "lines") | dict.fromkeys(_TOKENS, "tokens")
_UNITS |= dict.fromkeys(_CUTS, "positions")


def rows(corpus: str, tokenizer: Tokenizer, counts: Counts) -> Iterator[Row]:
    """Yield the rows of a language under a tokenizer: ratios first, then all counts."""
    name = tokenizer.name
    for measure, (unit, better, value) in RATIOS.items():
        yield Row(name, corpus, MEASURE, "", measure, value(counts), unit, better)
    for key in sorted(counts, key=partial(_place, counts)):
        if key.part != GLUED:
            unit = _UNITS.get(key.measure, "lexemes")
            yield Row(name, corpus, *key, counts[key], unit)
    glued = sorted((-count, int(key.name)) for key, count in counts.items() if key.part == GLUED)
    for count, token in glued[:MOST_GLUED]:
        shown = spelled(tokenizer.vocabulary.spelling(token))
        yield Row(name, corpus, GLUED, shown, "tokens", -count, "tokens", id=token)


def _place(counts: Counts, key: Key) -> tuple[int, int, str]:
    """Return what sorts counts: of the text, by category, by kind from the most, by depth."""
    part = (TOTAL, CATEGORY, KIND, DEPTH, GLUED).index(key.part)
    if key.part == CATEGORY:
        return part, CATEGORIES.index(key.name), ""
    if key.part == KIND:
        return part, -counts[key], key.name
    return part, int(key.name.split()[0]) if key.part == DEPTH else 0, ""
