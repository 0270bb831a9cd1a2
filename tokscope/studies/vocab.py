"""What does a vocabulary contain, for which languages, and how do others compare?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType

from tokscope.counting.catalog import TYPES
from tokscope.counting.counted import Counted, all_types_of, count, require_countable, texts_of
from tokscope.counting.signature import signed
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, choose
from tokscope.given import words
from tokscope.provenance import Provenance, version_of
from tokscope.report import Report
from tokscope.studies.vocab_headline import headline
from tokscope.studies.vocab_plots import plots
from tokscope.studies.vocab_tables import BY
from tokscope.studies.vocab_tables import tables as tables
from tokscope.text.corpus import corpora_given, words_of
from tokscope.text.given import Corpora
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.baselines import Baseline
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.vocabularies.composition import Row, composition, scripts_of
from tokscope.vocabularies.coverage import by_frequency, in_order
from tokscope.vocabularies.kinds import Spelled
from tokscope.vocabularies.languages import FREQUENT, Words, completeness, languages
from tokscope.vocabularies.overlap import overlap
from tokscope.vocabularies.terms import (
    Listed,
    by_affix,
    by_pattern,
    costs,
    dearest,
    listed,
    retention,
)
from tokscope.wording import many
from tokscope.workers import HERE, Workers

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
    "terms": "mean tokens of a term alone, after a space, and there In Title Case and IN CAPITALS; "
    "most: of the term with the most; unknown: terms with an unknown token",
    "code": "A: letters, 9: digits; borders_cut: places between letters, digits and signs that are "
    "cut; by_chance: share of all places that are; cuts_at_borders: cuts that are at a border",
    "affix": "cut: words of several tokens; at_affix: those among them that are cut there; "
    "by_chance: share of all places in them that are cut",
    "term": "tokens after a space",
}
_ENDS = (
    "ends, leaves open: marked as the end of a word, or not; such marks say not where one begins"
)
_USED = (
    "used: share of the first one's tokens in the text that the other has too; used_jaccard: sum "
    "min(p, q) / sum max(p, q)"
)
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
    affixes: str | Sequence[str] = (),
    frequent: int = FREQUENT,
    word_rule: str = "unicode",
    specials: bool = False,
    workers: Workers = HERE,
) -> Report:
    """Return what vocabularies hold: tokenizer, by, name, measure, value, unit.

    Corpora are languages: with them, `by` has language and completeness too, and overlap is also
    weighted by use; for `by="language"` they are the embedded sample unless they are named. `lists`
    are lists of words or terms, each a unit that counts once: how many are one token, what they
    cost, how codes among them are cut, and how often their words are cut at `affixes`, such as
    "itis" or "hyper-". `frequent` is how many of the most frequent words are looked at, and
    `word_rule` says what a word is.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used, or two tokenizers share a name.
    """
    ends = words(affixes, "affixes")
    _require_sense(by, corpora, lists, frequent)
    _require_affixes(ends, lists)
    texts = None if corpora is None and by != "language" else texts_of(corpora)
    of_words = [] if lists is None else corpora_given(lists, argument="lists")
    if texts is not None:
        require_countable(texts, word_rule)
    used = load_all(tokenizers)
    how = counting(len(used), word_rule, specials=specials)
    counted = None if texts is None else count(used, texts, how, workers=workers)
    terms = {corpus.name: words_of(corpus) for corpus in of_words}
    return of_counted(used, counted, by=by, lists=terms, affixes=ends, frequent=frequent)


def counting(tokenizers: int, word_rule: str = "unicode", *, specials: bool = False) -> Counting:
    """Return what is counted of text, for a number of tokenizers."""
    return Counting(_COUNTED, word_rule, specials, observers=(partial(Words.of, tokenizers),))


def of_counted(
    used: Sequence[Tokenizer],
    counted: Counted | None,
    *,
    by: str = "",
    lists: Mapping[str, Sequence[str]] = MappingProxyType({}),
    affixes: Sequence[str] = (),
    frequent: int = FREQUENT,
) -> Report:
    """Return what vocabularies hold, on text that was counted, by `counting` or more."""
    text = _Text(counted, counted.observed(Words), frequent) if counted else None
    rows = [] if by in ("language", "terms") else _of_tokens(used)
    rows += _overlap(used, text) if not by else []
    rows += _of_text(text) if text else []
    once = {name: list(dict.fromkeys(own)) for name, own in lists.items()}
    of_lists = listed(used, once)
    rows += _of_lists(of_lists, affixes)
    table = [
        {"tokenizer": name, **row._asdict(), "value": float(row.value)}
        for name, row in rows
        if not by or row.by in BY[by]
    ]
    there = {row["by"] for row in table}
    covered = tuple(by_frequency(text.counted, text.seen)) if text else ()
    baselines = _baselines(used)
    return Report(
        "vocab",
        "Vocabularies",
        table,
        (*_notes(used, text, there), *_repeated(lists)),
        _provenance(used, text, once, affixes),
        headline=headline(rows, by, baselines),
        details=tuple(_details(used, text, [part for part in BY[by] if part in there])),
        view=partial(tables, by=by),
        plots=partial(
            plots,
            texts=covered,
            lists=tuple(in_order(of_lists)),
            baselines=baselines,
            frequent=frequent,
        ),
    )


def _of_lists(found: Sequence[Listed], affixes: Sequence[str]) -> list[tuple[str, Row]]:
    parts = (retention(found), costs(found), by_pattern(found), by_affix(found, affixes))
    return list(chain(*parts, dearest(found)))


def _baselines(tokenizers: Sequence[Tokenizer]) -> list[str]:
    return [one.name for one in tokenizers if isinstance(one, Baseline)]


def _require_sense(by: str, corpora: Corpora | None, lists: Corpora | None, frequent: int) -> None:
    """Raise TokscopeError for values that are unknown or would be ignored."""
    choose(BY, by, "way to look --by")
    if frequent < 1:
        raise TokscopeError(f"--frequent {frequent}: write how many words, such as {FREQUENT}")
    if by == "terms":
        if lists is None:
            raise TokscopeError("--by terms is about the terms of lists; add --word-list")
        if corpora is not None:
            raise TokscopeError("--by terms looks at lists alone; drop --corpus")
    elif by not in ("", "language") and (corpora is not None or lists is not None):
        raise TokscopeError(f"--by {by} looks at no text; drop --corpus and --word-list")


def _require_affixes(affixes: Sequence[str], lists: Corpora | None) -> None:
    """Raise TokscopeError for affixes that nothing can have, or without a list to look at."""
    if affixes and lists is None:
        raise TokscopeError("--affix is about the words of lists; add --word-list")
    for affix in affixes:
        if not affix.strip("-"):
            raise TokscopeError(f"--affix '{affix}': write a suffix, itis, or a prefix, hyper-")


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
        types = {name: all_types_of(text.counted, k) for k, name in enumerate(vocabularies)}
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


def _repeated(lists: Mapping[str, Sequence[str]]) -> list[str]:
    again = sum(len(own) - len(set(own)) for own in lists.values())
    told = f"{many(again, 'line repeats a term', 'lines repeat a term')} of a list"
    return [f"{told}: each term counts once"] if again else []


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
    lists: Mapping[str, Sequence[str]],
    affixes: Sequence[str],
) -> Provenance:
    counted = {**text.counted.provenance, "frequent": f"{text.frequent}"} if text else None
    return {
        **(counted or signed(tokenizers)),
        "scripts": f"regex {version_of('regex')}",
        "list": tuple(f"{name}:{_digest(own)}" for name, own in lists.items()),
        "affix": tuple(affixes),
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
