"""What does a vocabulary contain, for which languages, and how do others compare?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from tokscope.counting.catalog import TYPES
from tokscope.counting.counted import Counted, count, require_countable, texts_of, types_of
from tokscope.counting.signature import signed
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, choose
from tokscope.provenance import Provenance, version_of
from tokscope.report import Report
from tokscope.studies.vocab_headline import headline
from tokscope.studies.vocab_plots import plots
from tokscope.text.corpus import corpora_given, words_of
from tokscope.text.given import Corpora
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.baselines import Baseline
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.vocabularies.composition import Row, composition, scripts_of
from tokscope.vocabularies.coverage import by_frequency, in_order
from tokscope.vocabularies.kinds import Spelled
from tokscope.vocabularies.languages import (
    FREQUENT,
    Words,
    completeness,
    held,
    languages,
    retention,
)
from tokscope.vocabularies.overlap import overlap
from tokscope.workers import HERE, Workers

COLUMNS = ["tokenizer", *Row._fields]
# value of `by` -> the parts of the report to show
BY: Mapping[str, tuple[str, ...]] = {
    "": ("total", "kind", "script", "position", "overlap", "language", "completeness", "retention"),
    "kind": ("kind",),
    "script": ("script",),
    "language": ("language", "completeness", "retention"),
    "length": ("length",),
}
_TITLES = {
    "total": "Vocabularies",
    "kind": "Kinds of tokens",
    "position": "Where in words tokens stand",
    "script": "Scripts",
    "length": "Tokens by length",
    "overlap": "Overlap by bytes",
    "language": "Languages of the tokens",
    "completeness": "Letters and words that are one token",
    "retention": "Words of a list that are one token",
}
_NOTES = {
    "total": "distinct: different byte strings; lengths of tokens that have bytes; those in "
    "characters of whole ones",
    "kind": "byte: what any text can be spelled with, a byte-level alphabet or byte fallbacks; "
    "letters may have spaces and signs around them",
    "position": "starts: set off from a letter before it, by a space or another sign; continues: "
    "not set off; neither: without letters and numbers, or of a script without spaces",
    "script": "Unicode scripts and extensions; Common: signs and digits of all; Mixed: several, as "
    "in Japanese words; none: special tokens and cut characters",
    "length": "only whole characters have a length in characters",
    "overlap": "jaccard: common byte strings / those of either; contained: common / those of the "
    "first",
    "language": "tokens: sum of P(language | token), texts weighing the same; share: of the tokens "
    "seen; only: seen in no other text; special tokens are seen only with --specials",
    "completeness": "alphabet: letters of the text that are inside one token, by types and by use; "
    "whole_words: at every occurrence",
    "retention": "STRR: a word alone, and after a space",
}
_MORE = "more tables, and what names mean: --details, --by script, --by length, --by language"
_ENDS = (
    "ends, leaves open: marked as the end of a word, or not; such marks say not where one begins"
)
_USED = (
    "used: share of the first one's tokens in the text that the other has too; used_jaccard: sum "
    "min(p, q) / sum max(p, q)"
)
_BINS = (*range(1, 9), 11, 16, 32, 64, 128)  # the greatest length in each line of the table
_KEYS = {"overlap": "other", "completeness": "language", "retention": "list"}
_LEAST = 0.01  # the share of a script that is shown without details
# measures to show for several tokenizers without details, and with them, if a part has many
_BRIEF = {
    "kind": ("share",),
    "script": ("share",),
    "language": ("share",),
    "completeness": ("alphabet_used", "frequent_words", "whole_words"),
}
_COMPARED = {
    "script": ("tokens", "share", "starts", "continues", "neither", "ends", "leaves"),
    "language": ("tokens", "share"),
    "completeness": ("alphabet_used", "frequent_words", "whole_words"),
}
_COUNTED = frozenset(("units", "bytes", "letters", "unspaced", TYPES))


@dataclass(frozen=True)
class _Text:
    """Counts of the corpora, and observations of their words."""

    counted: Counted
    seen: Sequence[Words]
    frequent: int


def vocab(
    tokenizers: Tokenizers,
    corpora: Corpora | None = None,
    *,
    by: str = "",
    lists: Corpora | None = None,
    frequent: int = FREQUENT,
    word_rule: str = "unicode",
    specials: bool = False,
    workers: Workers = HERE,
) -> Report:
    """Return what vocabularies hold: tokenizer, by, name, measure, value, unit.

    Corpora are languages: with them, `by` has language and completeness too, and overlap is also
    weighted by use; for `by="language"` they are the embedded sample unless they are named. `lists`
    are lists of words, a word a unit, of which the retention is measured; `frequent` is how many of
    the most frequent words are looked at, and `word_rule` says what a word is.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used, or two tokenizers share a name.
    """
    _require_sense(by, corpora, lists, frequent)
    texts = None if corpora is None and by != "language" else texts_of(corpora)
    of_words = [] if lists is None else corpora_given(lists, argument="lists")
    if texts is not None:
        require_countable(texts, word_rule)
    used = load_all(tokenizers)
    how = counting(len(used), word_rule, specials=specials)
    counted = None if texts is None else count(used, texts, how, workers=workers)
    listed = {corpus.name: words_of(corpus) for corpus in of_words}
    return of_counted(used, counted, by=by, listed=listed, frequent=frequent)


def counting(tokenizers: int, word_rule: str = "unicode", *, specials: bool = False) -> Counting:
    """Return what is counted of text, for a number of tokenizers."""
    return Counting(_COUNTED, word_rule, specials, observers=(partial(Words.of, tokenizers),))


def of_counted(
    used: Sequence[Tokenizer],
    counted: Counted | None,
    *,
    by: str = "",
    listed: Mapping[str, Sequence[str]] = MappingProxyType({}),
    frequent: int = FREQUENT,
) -> Report:
    """Return what vocabularies hold, on text that was counted, by `counting` or more."""
    text = _Text(counted, counted.observed(Words), frequent) if counted else None
    rows = [] if by == "language" else _of_tokens(used)
    rows += _overlap(used, text) if not by else []
    rows += _of_text(text) if text else []
    of_lists = held(used, listed)
    rows += retention(of_lists)
    frame = pd.DataFrame([(name, *row) for name, row in rows], columns=COLUMNS)
    frame = frame[frame["by"].isin(BY[by])] if by else frame
    covered = tuple(by_frequency(text.counted, text.seen)) if text else ()
    baselines = _baselines(used)
    return Report(
        "vocab",
        "Vocabularies",
        frame,
        tuple(_notes(used, text, set(frame["by"]))),
        _provenance(used, text, listed),
        headline=headline(rows, by, baselines),
        details=tuple(_details(used, text, [p for p in BY[by] if p in set(frame["by"])])),
        view=partial(tables, by=by),
        plots=partial(
            plots,
            texts=covered,
            lists=tuple(in_order(of_lists)),
            baselines=baselines,
            frequent=frequent,
        ),
    )


def _baselines(tokenizers: Sequence[Tokenizer]) -> list[str]:
    return [one.name for one in tokenizers if isinstance(one, Baseline)]


def _require_sense(by: str, corpora: Corpora | None, lists: Corpora | None, frequent: int) -> None:
    """Raise TokscopeError for values that are unknown or would be ignored."""
    choose(BY, by, "way to look --by")
    if frequent < 1:
        raise TokscopeError(f"--frequent {frequent}: write how many words, such as {FREQUENT}")
    if by not in ("", "language") and (corpora is not None or lists is not None):
        raise TokscopeError(f"--by {by} looks at no text; drop --corpus and --word-list")


def _of_tokens(tokenizers: Sequence[Tokenizer]) -> list[tuple[str, Row]]:
    spelled = [Spelled(one.vocabulary) for one in tokenizers]
    scripts = scripts_of(spelled)
    return [
        (one.name, row)
        for one, own in zip(tokenizers, spelled, strict=True)
        for row in composition(own, scripts, len(added_ids(one)))
    ]


def _overlap(tokenizers: Sequence[Tokenizer], text: _Text | None) -> list[tuple[str, Row]]:
    vocabularies = {tokenizer.name: tokenizer.vocabulary for tokenizer in tokenizers}
    types = None
    if text:
        types = {name: types_of(text.counted, k).sum(axis=0) for k, name in enumerate(vocabularies)}
    return list(overlap(vocabularies, types))


def _of_text(text: _Text) -> list[tuple[str, Row]]:
    counted = text.counted
    return [
        (tokenizer.name, row)
        for k, tokenizer in enumerate(counted.tokenizers)
        for row in (
            *languages(counted, k),
            *completeness(counted, k, text.seen, text.frequent),
        )
    ]


def _notes(tokenizers: Sequence[Tokenizer], text: _Text | None, there: Set[str]) -> list[str]:
    """Say what changes how the numbers are read."""
    notes = _unspaced(tokenizers) if "overlap" in there else []
    if text is None:
        return notes
    unspaced = text.counted.unspaced()
    if unspaced:
        notes.append(
            f"no words for {', '.join(unspaced)}: written without spaces; --words icu finds words "
            "by dictionary"
        )
    return notes + text.counted.doubts()


def _details(
    tokenizers: Sequence[Tokenizer], text: _Text | None, parts: Sequence[str]
) -> list[str]:
    """Say what the names in the parts that are shown mean."""
    details = [_NOTES[part] for part in parts]
    ends = any(one.vocabulary.ending is not None for one in tokenizers)
    details += [_ENDS] if ends and {"position", "script"} & set(parts) else []
    if text is None:
        return details
    details += [_USED] if "overlap" in parts else []
    details.append(
        f"frequent_words: mean share of uses, over the {text.frequent:,} most frequent words"
    )
    return details + text.counted.skips()


def _provenance(
    tokenizers: Sequence[Tokenizer],
    text: _Text | None,
    listed: Mapping[str, Sequence[str]],
) -> Provenance:
    counted = {**text.counted.provenance, "frequent": f"{text.frequent}"} if text else None
    return {
        **(counted or signed(tokenizers)),
        "scripts": f"regex {version_of('regex')}",
        "list": tuple(f"{name}:{_digest(own)}" for name, own in listed.items()),
    }


def _digest(words: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]


def _unspaced(tokenizers: Sequence[Tokenizer]) -> list[str]:
    """Name tokenizers whose tokens never begin with a space, if those of others do."""
    tables = {one.name: one.vocabulary for one in tokenizers}
    marked = [name for name, own in tables.items() if own.continuing or own.ending]
    if len(marked) in (0, len(tokenizers)):
        return []
    return [f"the tokens of {', '.join(marked)} that start words are without a space before them"]


def tables(report: Report, by: str = "", *, details: bool = False) -> list[Report]:
    """Return the tables that people read: one for each part, or for each measure.

    `details` adds where in words tokens stand, rare scripts, all measures and all notes.
    """
    there = set(report.frame["by"])
    parts = [part for part in BY[by] if part in there and (by or details or part != "position")]
    views = [
        view
        for part in parts
        for view in _tables(report, part, brief=not by and not details, details=details)
    ]
    more = report.details if details else (_MORE,) if not by else ()
    views[0] = replace(views[0], headline=report.headline)
    notes = (*report.notes, *more)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _tables(report: Report, part: str, *, brief: bool, details: bool) -> list[Report]:
    frame = report.frame[report.frame["by"] == part].drop(columns="by")
    title = _TITLES[part]
    if part == "total":
        return [Report("vocab", title, frame.drop(columns="name"), across="tokenizer")]
    frame = _binned(frame) if part == "length" else frame
    if part in ("kind", "script", "length"):
        frame = frame[frame.groupby("name")["value"].transform("max") > 0]
    if part == "script" and brief:
        frame, title = _largest(frame), f"{title}, the largest"
    frame = frame.rename(columns={"name": _KEYS.get(part, part)})
    if part in ("overlap", "retention"):
        return [Report("vocab", title, frame, across="measure")]
    if frame["tokenizer"].nunique() == 1:
        name = frame["tokenizer"].iloc[0]
        frame = frame.drop(columns="tokenizer")
        return [Report("vocab", f"{title}: {name}", frame, across="measure")]
    chosen = (_BRIEF if brief else {} if details else _COMPARED).get(part)
    return [
        Report("vocab", f"{title}: {measure}", own.drop(columns="measure"), across="tokenizer")
        for measure, own in frame.groupby("measure", sort=False)
        if chosen is None or measure in chosen
    ]


def _largest(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the tokens and shares of scripts that are a part of some vocabulary worth a row."""
    shares = frame[frame["measure"] == "share"].groupby("name")["value"].max()
    kept = frame["name"].isin(shares[shares >= _LEAST].index)
    return frame[kept & frame["measure"].isin(("tokens", "share"))]


def _binned(frame: pd.DataFrame) -> pd.DataFrame:
    """Join neighbouring lengths to keep the table short."""
    last = np.array(_BINS)
    first = np.append(1, last[:-1] + 1)
    names = [str(b) if a == b else f"{a} to {b}" for a, b in zip(first, last, strict=True)]
    names.append(f"over {last[-1]}")
    place = np.searchsorted(last, frame["name"].astype(int))
    keys = ["tokenizer", "place", "measure", "unit"]
    joined = frame.assign(place=place).groupby(keys, sort=False)["value"].sum().reset_index()
    joined = joined.sort_values("place", kind="stable")
    return joined.assign(name=[names[i] for i in joined["place"]]).drop(columns="place")
