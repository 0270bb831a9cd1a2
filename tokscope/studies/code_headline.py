"""What is surprising about code under tokenizers, in a sentence or two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import isnan

from tokscope.lexemes.counts import GLUED, TOTAL
from tokscope.report import Rows, grouped
from tokscope.studies.code_rows import MEASURE
from tokscope.wording import percent, some

_UNKNOWN = 0.01  # the share of unknown tokens from which a tokenizer is not compared
_SMALL = 0.01  # a share, or a difference of two, that is not worth a sentence
_MUCH = 0.2  # indentation that is much for one tokenizer alone
_GLUED = "of the identifiers to what stands beside them"
_Shares = Mapping[str, Mapping[str, float]]  # by language and tokenizer


def headline(rows: Rows) -> str:
    """Say who glues identifiers to what stands beside them, and who spends much on indentation."""
    totals = _totals(rows)
    lost = [name for name, own in totals.items() if own["unknown"] > _UNKNOWN * own["tokens"]]
    known = [row for row in rows if row["tokenizer"] not in lost]
    without = without_blanks(rows)
    blank = [row for row in known if row["tokenizer"] not in without]
    told = [_glued(known), _indented(blank)] if known else []
    if lost:
        told.append(f"Cannot tell for {some(lost)}: parts of the code are unknown tokens.")
    return " ".join(filter(None, told))


def without_blanks(rows: Rows) -> list[str]:
    """Return the tokenizers that have no tokens for the indentation of the text."""
    totals = _totals(rows).items()
    return [name for name, own in totals if not own["blank_tokens"] and own["indented_lines"]]


def _totals(rows: Rows) -> Mapping[str, Mapping[str, float]]:
    """Return the counts of each tokenizer in all languages."""
    totals: dict[str, defaultdict[str, float]] = {}
    for row in rows:
        if row["part"] == TOTAL:
            own = totals.setdefault(row["tokenizer"], defaultdict(float))
            own[row["measure"]] += row["value"]
    return totals


def _glued(rows: Rows) -> str:
    shares = _shares(rows, "identifiers_glued")
    if not shares:
        return "Cannot tell: there are no identifiers in the text."
    corpus, most, least = _widest(shares)
    high, low = shares[corpus][most], shares[corpus][least]
    several = len(shares[corpus]) > 1
    who, s = some(list(shares[corpus])), "" if several else "s"
    peak = max(max(own.values()) for own in shares.values())
    if not peak:
        return f"{who} keep{s} identifiers apart from what stands beside them."
    if peak < _SMALL:
        return f"{who} glue{s} less than {percent(_SMALL)} {_GLUED}."
    if several and high - low < _SMALL:
        corpus = max(shares, key=lambda name: max(shares[name].values()))
        told = f"{who} glue about {percent(max(shares[corpus].values()))} {_GLUED}"
        return f"No difference is seen: in {corpus}, {told}{_example(rows, corpus, most)}."
    told = f"In {corpus}, {most} glues {percent(high)} {_GLUED}{_example(rows, corpus, most)}"
    return f"{told}; {least} glues {percent(low)}." if several else f"{told}."


def _example(rows: Rows, corpus: str, tokenizer: str) -> str:
    """Return the token that glues most identifiers."""
    sought = (corpus, tokenizer, GLUED)
    own = (row for row in rows if (row["corpus"], row["tokenizer"], row["part"]) == sought)
    return next((f", as in “{row['name']}”" for row in own), "")


def _indented(rows: Rows) -> str:
    shares = _shares(rows, "indentation")
    if not shares:
        return ""
    corpus, most, least = _widest(shares)
    high, low = shares[corpus][most], shares[corpus][least]
    several = len(shares[corpus]) > 1
    if (high - low if several else high) < (_SMALL if several else _MUCH):
        return ""
    told = f"{most} spends {percent(high)} of its {corpus} tokens on indentation"
    return f"{told}, {least} {percent(low)}." if several else f"{told}."


def _shares(rows: Rows, measure: str) -> _Shares:
    """Return the values of a measure where it has any."""
    own = [row for row in rows if row["part"] == MEASURE and row["measure"] == measure]
    known = [row for row in own if not isnan(row["value"])]
    return {
        corpus: {row["tokenizer"]: row["value"] for row in group}
        for corpus, group in grouped(known, "corpus").items()
    }


def _widest(shares: _Shares) -> tuple[str, str, str]:
    """Return the language where shares differ most, and who has the largest and the smallest.

    Of one tokenizer alone, it is where its share is largest.
    """

    def width(corpus: str) -> float:
        values = shares[corpus].values()
        return max(values) - (min(values) if len(values) > 1 else 0)

    corpus = max(shares, key=width)
    own = shares[corpus]
    return corpus, max(own, key=own.__getitem__), min(own, key=own.__getitem__)
