"""The lines on which a tokenizer needs the most tokens."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from tokscope.counting.alignment import doubts_of
from tokscope.counting.counted import (
    Counted,
    are_parallel,
    count,
    reference_of,
    require_countable,
    texts_of,
)
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError
from tokscope.report import Report
from tokscope.studies.compare_headline import FAIR, not_translations
from tokscope.studies.compare_standings import UNREADABLE
from tokscope.text.corpus import require_again, units_at
from tokscope.text.given import Corpora
from tokscope.tokenizers.baselines import Baseline
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.wording import some
from tokscope.workers import HERE, Workers


def worst_lines(
    tokenizers: Tokenizers,
    corpora: Corpora | None = None,
    *,
    top: int = 10,
    reference: str = "",
    specials: bool = False,
    parallel: bool = False,
    workers: Workers = HERE,
) -> Report:
    """Return the units of parallel text with the largest premium, `top` for each tokenizer.

    Tokenizers and corpora are given as to `compare`; the embedded sample is parallel.

    Columns: tokenizer, corpus, line (from 1), value (the premium), unit, tokens,
    reference_tokens, text.

    Raises:
        TokscopeError: the corpora are not parallel, or cannot be used.
    """
    texts = texts_of(corpora, parallel=parallel)
    require_again(texts, "--lines reads text a second time")
    if top < 1:
        raise TokscopeError(f"--lines {top}: write how many lines, such as 10")
    require_countable(texts)
    if not are_parallel(texts):
        raise TokscopeError("--lines compares lines with their translations; add --parallel")
    if len(texts) < 2:
        raise TokscopeError("--lines compares lines with their translations; name two corpora")
    first = reference_of(texts, reference)
    counting = Counting(frozenset(("units", "bytes", "tokens", "unknown")), specials=specials)
    counted = count(load_all(tokenizers), texts, counting, workers=workers)
    worst = [_worst_of(counted, k, first, top) for k in range(len(counted.tokenizers))]
    frame = pd.concat(worst, ignore_index=True)
    name = counted.corpora[first].name
    notes = (f"premiums are relative to {name}", *counted.notes())
    provenance = {**counted.provenance, "reference": name}
    baselines = [one.name for one in counted.tokenizers if isinstance(one, Baseline)]
    told = headline(frame, name, baselines, _unread(counted))
    unlike = [one for one in doubts_of(counted, first) if one.corpus in set(frame["corpus"])]
    if unlike:
        told = f"Cannot tell which lines cost most in {not_translations(unlike, name)}."
    title = "Lines with the largest premium"
    return Report("compare", title, frame, notes, provenance, headline=told)


def _unread(counted: Counted) -> list[str]:
    """Name the tokenizers that have too many unknown tokens for a premium to say anything."""
    return [
        one.name
        for k, one in enumerate(counted.tokenizers)
        if any(
            row[k].total("unknown") > UNREADABLE * row[k].total("tokens") for row in counted.tallies
        )
    ]


def headline(
    frame: pd.DataFrame, base: str, baselines: Collection[str] = (), unread: Collection[str] = ()
) -> str:
    """Say which line costs most, and under which tokenizer.

    `frame` has the worst lines of each tokenizer, as in the report. Baselines are named only if
    there is nothing else, and never those that are `unread`.
    """
    doubt = f"{some(list(unread))} cannot read all of the text" if unread else ""
    known = frame[~frame["tokenizer"].isin(unread)]
    own = known[~known["tokenizer"].isin(baselines)]
    known = own if len(own) or unread else known
    if known.empty:
        return f"Cannot tell: {doubt or f'no line of {base} has tokens'}."
    tops = known.groupby("tokenizer", sort=False)["value"].max().sort_values(ascending=False)
    worst = known[known["value"] == tops.iloc[0]]
    row = worst.iloc[0]
    others = [f"{value:.1f} with {name}" for name, value in tops.iloc[1:].items()]
    rest = f"; at most {some(others)}" if others else ""
    doubt = f" Not compared: {doubt}." if doubt else ""
    if tops.iloc[0] <= 1:
        return f"No line costs more than the same line of {base}.{doubt}"
    line = f"line {row['line']} of {row['corpus']}" + (" and others" if len(worst) > 1 else "")
    of = f"{row['tokens']:,} tokens against {row['reference_tokens']:,}"
    times = f"{row['value']:.1f} times the tokens of the same line of {base}"
    if tops.iloc[0] <= FAIR:
        return f"No line costs more than {times}: {line} with {row['tokenizer']} ({of}).{doubt}"
    cost = "costs" if len(worst) == 1 else "cost"
    with_ = f"{times} with {row['tokenizer']} ({of})"
    return f"L{line[1:]} {cost} most: {with_}{rest}.{doubt}"


def _worst_of(counted: Counted, k: int, first: int, top: int) -> pd.DataFrame:
    tokens = np.stack([row[k]["tokens"] for row in counted.tallies])  # (corpora, units)
    base = tokens[first]
    premiums = np.where(base > 0, tokens / np.maximum(base, 1), -np.inf)
    premiums[first] = -np.inf
    order = np.argsort(-premiums, axis=None, kind="stable")[:top]
    places = [divmod(int(at), len(base)) for at in order if np.isfinite(premiums.flat[at])]
    texts: dict[tuple[int, int], str] = {}
    for c in {corpus for corpus, _ in places}:
        lines = [line for corpus, line in places if corpus == c]
        units = units_at(counted.corpora[c], lines)
        texts |= {(c, line): text for line, text in units.items()}
    rows = {
        "tokenizer": [counted.tokenizers[k].name for _ in places],
        "corpus": [counted.corpora[c].name for c, _ in places],
        "line": [line + 1 for _, line in places],
        "value": [float(premiums[place]) for place in places],
        "unit": ["ratio" for _ in places],
        "tokens": [int(tokens[place]) for place in places],
        "reference_tokens": [int(base[line]) for _, line in places],
        "text": [texts[place] for place in places],
    }
    return pd.DataFrame(rows)
