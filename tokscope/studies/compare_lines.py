"""The lines on which a tokenizer needs the most tokens."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
from tokscope.text.corpus import require_again, units_at
from tokscope.text.given import Corpora
from tokscope.tokenizers.given import Tokenizers, load_all
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
    counting = Counting(frozenset(("units", "bytes", "tokens")), specials=specials)
    counted = count(load_all(tokenizers), texts, counting, workers=workers)
    worst = [_worst_of(counted, k, first, top) for k in range(len(counted.tokenizers))]
    frame = pd.concat(worst, ignore_index=True)
    name = counted.corpora[first].name
    notes = (f"premiums are relative to {name}", *counted.notes())
    provenance = {**counted.provenance, "reference": name}
    return Report("compare", "Lines with the largest premium", frame, notes, provenance)


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
        found = units_at(counted.corpora[c], lines)
        texts |= {(c, line): text for line, text in found.items()}
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
