"""How does each tokenizer cut this text?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.signature import signed
from tokscope.errors import TokscopeError, shortened
from tokscope.given import unlike
from tokscope.late import Late
from tokscope.numerals.cuts import places
from tokscope.provenance import Provenance
from tokscope.report import Report, Rows
from tokscope.studies.show_plots import plots
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Tokenizer, assumptions, switched_off
from tokscope.tokenizers.baselines import Baseline
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.wording import many, some

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

Counts = NDArray[np.int64]
COLUMNS = ["tokenizer", "position", "id", "token", "bytes", "text", "start", "end", "place"]
LONGEST = 10_000
_LONGEST_PART = 20  # characters of a part of the text in a sentence


def _rows(tokenizer: Tokenizer, text: str, specials: bool) -> list[dict[str, Any]]:
    """Return one row for each token: its id, its bytes, and the part of the text it stands for."""
    ids = tokenizer.encode([text], specials=specials).ids.tolist()
    ends = tokenizer.boundaries(text, specials=specials)
    starts = np.append(0, ends)[: len(ids)]
    data = text.encode()
    spans = zip(starts.tolist(), ends.tolist(), _places_in(text, starts, ends), strict=True)
    vocabulary = tokenizer.vocabulary
    return [
        {
            "tokenizer": tokenizer.name,
            "position": position,
            "id": token,
            "token": spelled(vocabulary.spelling(token)),
            "bytes": vocabulary[token].hex(" "),
            "text": spelled(data[start:end]),
            "start": start,
            "end": end,
            "place": place,
        }
        for position, (token, (start, end, place)) in enumerate(zip(ids, spans, strict=True), 1)
    ]


def _places_in(text: str, starts: Counts, ends: Counts) -> list[str]:
    """Name the place value of the last digit of each token."""
    named = places(text)
    at = np.array(sorted(named), np.int64)
    last = np.searchsorted(at, ends) - 1
    return [
        named[int(at[i])] if i >= 0 and at[i] >= start else ""
        for i, start in zip(last.tolist(), starts.tolist(), strict=True)
    ]


def show(text: str, tokenizers: Tokenizers, *, specials: bool = False) -> Report:
    """Return the tokens of a text under every tokenizer, one row for each token.

    Columns: tokenizer, position (from 1), id, token (as spelled in the vocabulary, ␣ for a space,
    <C3> for a byte that is not a character), bytes (hex), text (what it stands for), start and
    end (bytes of the text), place (of its last digit, in a number of several digits).

    Raises:
        TokscopeError: the text is empty or long, or a tokenizer cannot be loaded.
    """
    cuts = segmentation(text, tokenizers, specials=specials)
    legend = "␣ space, ⏎ line feed, <C3> a byte of a cut character"
    details = (cuts.counts, legend)
    flow = ("token", "id", "bytes", *(["place"] if any(row["place"] for row in cuts.rows) else []))
    title = "Segmentation"
    told = headline(cuts, text.encode())
    return Report(
        "show",
        title,
        cuts.rows or cuts.frame,
        cuts.assumed,
        cuts.provenance,
        flow=flow,
        headline=told,
        details=details,
        plots=plots,
    )


def headline(cuts: Segmentation, data: bytes) -> str:
    """Say which tokenizer needs the fewest tokens for the text, or where they cut it differently.

    A sentence is about baselines only if there is nothing else.
    """
    found: dict[str, list[int]] = {}
    for row in cuts.rows:
        found.setdefault(row["tokenizer"], []).append(row["end"])
    every = {name: tuple(own) for name, own in found.items()}
    if not every:
        return "The text has no tokens."
    if len(every) > 1 and set(every) <= set(cuts.baselines):
        needs = [f"{name} needs {many(len(ends), 'token')}" for name, ends in every.items()]
        return f"{some(needs)}: only baselines, so there is nothing to rank."
    places = {name: ends for name, ends in every.items() if name not in cuts.baselines} or every
    able = {name: ends for name, ends in places.items() if name not in cuts.unread}
    if len(able) < 2 or not cuts.unread:
        return " ".join(filter(None, (_fewest(cuts, places), _where(places, data))))
    lost = f"Not compared: {_lost(cuts)}."
    return " ".join(filter(None, (_fewest(cuts, able), _where(able, data), lost)))


def _lost(cuts: Segmentation) -> str:
    return f"{some(cuts.unread)} cannot read all of the text"


def _where(places: Mapping[str, tuple[int, ...]], data: bytes) -> str:
    """Say which parts of the text tokenizers cut differently, as whole characters."""
    shared = set.intersection(*map(set, places.values())) | {len(data)}
    differ = set.union(*map(set, places.values())) - shared
    common = sorted(end for end in shared if end == len(data) or data[end] & 0xC0 != 0x80)
    edges = zip([0, *common], common, strict=False)
    parts = [spelled(data[s:e]) for s, e in edges if any(s < end < e for end in differ)]
    told = [f"“{shortened(part, _LONGEST_PART)}”" for part in parts]
    return f"They cut these parts differently: {some(told)}." if told else ""


def _fewest(cuts: Segmentation, places: Mapping[str, tuple[int, ...]]) -> str:
    sizes = {name: len(ends) for name, ends in places.items()}
    order = sorted(sizes, key=lambda name: sizes[name])
    least = [name for name in order if sizes[name] == sizes[order[0]]]
    counted = many(sizes[order[0]], "token")
    if len(order) == 1 and set(cuts.unread) <= set(order):
        but = ", but cannot read all of it" if cuts.unread else ""
        return f"{order[0]} cuts the text into {counted}{but}."
    if set(cuts.unread) & set(order) or len(order) == 1:
        return f"Cannot tell which needs the fewest tokens: {_lost(cuts)}."
    if len(least) == len(order):
        alike = len(set(places.values())) == 1
        rest = "at the same places" if alike else "but not at the same places"
        return f"No difference in number: {some(order)} each cut the text into {counted}, {rest}."
    needs = "needs the fewest tokens" if len(least) == 1 else "each need the fewest tokens"
    more = [f"{sizes[name]:,}" for name in order[len(least) :]]
    others = f"{order[-1]} needs" if len(more) == 1 else f"the {len(more)} others need"
    span = " to ".join(dict.fromkeys((more[0], more[-1])))
    return f"{some(least)} {needs}, {sizes[order[0]]:,}; {others} {span}."


def _require_readable(text: str) -> None:
    if not isinstance(text, str):
        raise unlike(text, "text", "a string")
    if not text:
        raise TokscopeError("there is no text to show")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise TokscopeError("the text to show is not valid Unicode; write it as UTF-8")
    if len(text) > LONGEST:
        raise TokscopeError(
            f"{len(text):,} characters are too many to read; show at most {LONGEST:,}"
        )


class Segmentation(NamedTuple):
    """The tokens of a text, and notes about them."""

    rows: Rows
    counts: str
    assumed: tuple[str, ...]  # about what the files of tokenizers leave open
    provenance: Provenance
    unread: tuple[str, ...]  # tokenizers with an unknown token for part of the text
    baselines: tuple[str, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a data frame."""
        return pd.DataFrame(self.rows, columns=COLUMNS)


def segmentation(text: str, tokenizers: Tokenizers, *, specials: bool = False) -> Segmentation:
    """Cut a text under every tokenizer; columns as those of `show`.

    Raises:
        TokscopeError: the text is empty or long, or a tokenizer cannot be loaded.
    """
    _require_readable(text)
    used = load_all(tokenizers)
    rows = [_rows(tokenizer, text, specials) for tokenizer in used]
    counts = ", ".join(f"{t.name} {len(own):,}" for t, own in zip(used, rows, strict=True))
    size = f"{len(text):,} characters, {len(text.encode()):,} bytes"
    return Segmentation(
        [*chain.from_iterable(rows)],
        f"{size}; tokens: {counts}",
        (*assumptions(used), *switched_off(used)),
        {**signed(used), "specials": "found" if specials else "text"},
        tuple(t.name for t, own in zip(used, rows, strict=True) if _unknown(t, own)),
        tuple(t.name for t in used if isinstance(t, Baseline)),
    )


def _unknown(tokenizer: Tokenizer, rows: Rows) -> bool:
    return not rows or any(row["id"] == tokenizer.vocabulary.unknown for row in rows)
