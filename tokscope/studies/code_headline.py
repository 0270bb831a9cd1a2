"""What is surprising about code under tokenizers, in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tokscope.lexemes.counts import GLUED, TOTAL
from tokscope.studies.code_rows import MEASURE
from tokscope.wording import percent, some

_UNKNOWN = 0.01  # the share of unknown tokens from which a tokenizer is not compared
_SMALL = 0.01  # a share, or a difference of two, that is not worth a sentence
_MUCH = 0.2  # indentation that is much for one tokenizer alone
_GLUED = "of the identifiers to what stands beside them"
_Shares = Mapping[str, Mapping[str, float]]  # by language and tokenizer


def headline(frame: pd.DataFrame) -> str:
    """Say who glues identifiers to what stands beside them, and who spends much on indentation."""
    totals = _totals(frame)
    lost = totals.index[totals["unknown"] > _UNKNOWN * totals["tokens"]].tolist()
    known = frame[~frame["tokenizer"].isin(lost)]
    blank = known[~known["tokenizer"].isin(without_blanks(frame))]
    told = [_glued(known), _indented(blank)] if len(known) else []
    if lost:
        told.append(f"Cannot tell for {some(lost)}: parts of the code are unknown tokens.")
    return " ".join(filter(None, told))


def without_blanks(frame: pd.DataFrame) -> list[str]:
    """Return the tokenizers that have no tokens for the indentation of the text."""
    totals = _totals(frame)
    lacking = (totals["blank_tokens"] == 0) & (totals["indented_lines"] > 0)
    return totals.index[lacking].tolist()


def _totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of each tokenizer in all languages."""
    own = frame[frame["part"] == TOTAL]
    return own.pivot_table("value", "tokenizer", "measure", aggfunc="sum", sort=False)


def _glued(frame: pd.DataFrame) -> str:
    shares = _shares(frame, "identifiers_glued")
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
        return f"No difference is seen: in {corpus}, {told}{_example(frame, corpus, most)}."
    told = f"In {corpus}, {most} glues {percent(high)} {_GLUED}{_example(frame, corpus, most)}"
    return f"{told}; {least} glues {percent(low)}." if several else f"{told}."


def _example(frame: pd.DataFrame, corpus: str, tokenizer: str) -> str:
    """Return the token that glues most identifiers."""
    own = frame[(frame["corpus"] == corpus) & (frame["tokenizer"] == tokenizer)]
    names = own.loc[own["part"] == GLUED, "name"]
    return f", as in “{names.iloc[0]}”" if len(names) else ""


def _indented(frame: pd.DataFrame) -> str:
    shares = _shares(frame, "indentation")
    if not shares:
        return ""
    corpus, most, least = _widest(shares)
    high, low = shares[corpus][most], shares[corpus][least]
    several = len(shares[corpus]) > 1
    if (high - low if several else high) < (_SMALL if several else _MUCH):
        return ""
    told = f"{most} spends {percent(high)} of its {corpus} tokens on indentation"
    return f"{told}, {least} {percent(low)}." if several else f"{told}."


def _shares(frame: pd.DataFrame, measure: str) -> _Shares:
    """Return the values of a measure where it has any."""
    own = frame[(frame["part"] == MEASURE) & (frame["measure"] == measure) & frame["value"].notna()]
    return {
        str(corpus): dict(zip(group["tokenizer"], group["value"], strict=True))
        for corpus, group in own.groupby("corpus", sort=False)
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
