"""Do two tokenizers behave the same? On corpora, and on texts made to find differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from tokscope.counting.signature import signed
from tokscope.equivalence.made import texts_of
from tokscope.equivalence.two import BYTES, IDS, NESTED, Mismatch, Two
from tokscope.errors import TokscopeError, choose, shortened
from tokscope.provenance import Provenance
from tokscope.report import Report, grouped
from tokscope.text.corpus import Corpus, Shard, corpora_given, read
from tokscope.text.given import Corpora
from tokscope.text.parts import Task, by_parts
from tokscope.text.spelled import spelled
from tokscope.tokenizers import for_workers, have_words, loaded, switched_off
from tokscope.tokenizers.given import One, load_one, named_apart
from tokscope.visible import visible
from tokscope.wording import some
from tokscope.workers import HERE, Workers

COLUMNS = ["part", "name", "texts", "differ", "text", "first", "second", "stage", "why"]
_BATCH = 4096  # texts encoded at once
_SAME = {IDS: "the same ids", BYTES: "the same cuts", NESTED: "nested"}
_DIFFER = {IDS: "differ", BYTES: "differ", NESTED: "are not nested"}


# Texts


def equiv(
    first: One | Mapping[str, One],
    second: One | Mapping[str, One],
    corpora: Corpora | None = None,
    *,
    by: str = IDS,
    fuzz: int = 10_000,
    seed: int = 0,
    top: int = 5,
    workers: Workers = HERE,
) -> Report:
    """Return whether two tokenizers give the same ids, or cut the same bytes, on every text tried.

    With `by="nested"`, whether the second one, which extends the first, only joins its tokens.

    Args:
        first: a tokenizer, given as to `compare`.
        second: another one.
        corpora: text to compare them on, given as to `compare`; none if you leave it out.
        by: "ids"; "bytes" where ids differ by design; or "nested" where the second tokenizer is the
            first with more tokens, so that each cut of it is one of the first, and old ids stay.
        fuzz: random mixtures of tokens, after texts of seven kinds; 0 for the corpora alone.
        seed: of the mixtures.
        top: mismatches that are shrunk and explained, from different categories first.
        workers: who works, from `tokscope.workers`; the result is the same.

    Columns: part (category, mismatch), name (of the category), texts, differ (how many of them),
    text (shrunk), first, second (segmentations), stage (where they part), why. `passed` of the
    report tells whether they gave the same on every text.

    Raises:
        TokscopeError: a tokenizer or a text cannot be used, or there is nothing to compare on.
    """
    choose({IDS: 0, BYTES: 0, NESTED: 0}, by, "way to compare --by")
    if corpora is None and not fuzz:
        raise TokscopeError("--fuzz 0 leaves no text to compare on; name a --corpus")
    for option, number, least in (("fuzz", fuzz, 0), ("seed", seed, 0), ("top", top, 1)):
        if number < least:
            raise TokscopeError(f"--{option} {number}: write a number from {least} up")
    texts = [] if corpora is None else corpora_given(corpora)
    one, other = named_apart([load_one(first, "first"), load_one(second, "second")])
    two = Two((one, other), by)
    tried = [*_on_corpora(two, texts, top, workers), *_on_made(two, fuzz, seed, top)]
    examples = {one.name: one.examples for one in tried}
    mismatches = _explained(two, examples, top)
    rows = [("category", o.name, o.texts, o.differ, "", "", "", "", "") for o in tried]
    rows += [
        ("mismatch", m.category, 1, 1, m.text, m.first, m.second, m.stage, m.why)
        for m in mismatches
    ]
    differ = sum(one.differ for one in tried)
    report = _report(two, rows, differ, {"fuzz": f"{fuzz}", "seed": f"{seed}"})
    return replace(
        report, headline=_headline(two, sum(one.texts for one in tried), differ, mismatches)
    )


def _headline(two: Two, texts: int, differ: int, mismatches: Sequence[Mismatch]) -> str:
    """Say on how many texts they are equal, or how many differ and a short one of these."""
    one, other = (tokenizer.name for tokenizer in two.tokenizers)
    what = "ids" if two.by == IDS else "cuts"
    if two.by == NESTED:
        return _nested_headline(two, texts, differ, mismatches)
    if not differ:
        return (
            f"Equal as far as tried: {one} and {other} give the same {what} on all {texts:,} "
            f"texts; that proves nothing about other text{_specials_apart(two)}."
        )
    text = f"Not equal: {one} and {other} give different {what} on {differ:,} of {texts:,} texts"
    if not mismatches:
        return f"{text}."
    pieces = [replace(two, by=BYTES).segmented(mismatch.text) for mismatch in mismatches]
    cut = [mismatches[i] for i, (first, second) in enumerate(pieces) if first != second]
    short = min(cut or mismatches, key=lambda one: len(one.text))
    pair = f"{short.first} with {one}, {short.second} with {other}"
    said = f'{text}, such as "{spelled(short.text.encode())}" ({pair})'
    if two.by == IDS and not cut:
        many = "text is" if len(mismatches) == 1 else f"{len(mismatches)} texts are"
        return f"{said}; the {many} cut alike, and only ids differ."
    return f"{said}. They differ first at this step: {short.stage}."


def _nested_headline(two: Two, texts: int, differ: int, mismatches: Sequence[Mismatch]) -> str:
    """Say on how many texts the second tokenizer only joins tokens of the first."""
    one, other = (tokenizer.name for tokenizer in two.tokenizers)
    if not differ:
        return (
            f"Nested as far as tried: {other} only joins tokens of {one} on all {texts:,} texts, "
            f"and old ids stay; that proves nothing about other text{_specials_apart(two)}."
        )
    text = (
        f"Not nested: {other} does more than join tokens of {one} on {differ:,} of {texts:,} texts"
    )
    if not mismatches:
        return f"{text}."
    short = min(mismatches, key=lambda one: len(one.text))
    return f'{text}, such as "{spelled(short.text.encode())}": {short.first} / {short.second}.'


def _specials_apart(two: Two) -> str:
    """Say which special tokens differ: texts are tried without them."""
    first, second = (tokenizer.vocabulary.specials for tokenizer in two.tokenizers)
    names = sorted(first.keys() ^ second.keys())
    if two.by != BYTES:
        names = sorted({name for name, _ in first.items() ^ second.items()})
    told = some([shortened(visible(name)) for name in names]) if names else ""
    return f". Special tokens were not tried; they differ: {told}" if told else ""


@dataclass
class _Tried:
    """The number of texts tried in one category, and the first on which the tokenizers differ."""

    name: str
    texts: int = 0
    differ: int = 0
    examples: list[str] = field(default_factory=list)
    size: int = 0  # bytes read

    def add(self, two: Two, texts: Sequence[str], top: int) -> None:
        """Try more texts."""
        unlike = np.flatnonzero(two.differ(texts)).tolist() if texts else []
        examples = [texts[i] for i in unlike[:top]]
        self.join(_Tried(self.name, len(texts), len(unlike), examples), top)

    def join(self, other: _Tried, top: int) -> None:
        """Add what was tried after this."""
        self.texts += other.texts
        self.differ += other.differ
        self.examples = [*self.examples, *other.examples][:top]


def _on_corpora(
    two: Two, corpora: Sequence[Corpus], top: int, workers: Workers
) -> Iterator[_Tried]:
    """Try every unit of corpora."""
    named = (for_workers(two.tokenizers), two.by, top)
    there = _tried_there if have_words(two.tokenizers) else None
    task = Task(partial(_tried, two, top), there, named, times=2)
    for corpus, made in by_parts(corpora, task, workers):
        total = _Tried(f"corpus {corpus.name}")
        for _, tried in made:
            total.join(tried, top)
        yield total


def _tried(two: Two, top: int, part: Shard) -> _Tried:
    """Try every unit of a part of a corpus."""
    tried = _Tried("")
    for units in read(part):
        tried.add(two, units.texts, top)
        tried.size += len(units.raw)
    return tried


def _tried_there(named: Sequence[tuple[str, str]], by: str, top: int, part: Shard) -> _Tried:
    """Try a part of a corpus in a worker."""
    one, other = (loaded(*name) for name in named)
    return _tried(Two((one, other), by), top, part)


def _on_made(two: Two, fuzz: int, seed: int, top: int) -> Iterator[_Tried]:
    """Try generated texts."""
    for name, texts in texts_of(two.tokenizers, fuzz, seed) if fuzz else ():
        tried = _Tried(name)
        for start in range(0, len(texts), _BATCH):
            tried.add(two, texts[start : start + _BATCH], top)
        yield tried


def _explained(two: Two, examples: Mapping[str, Sequence[str]], top: int) -> list[Mismatch]:
    """Shrink and explain some distinct mismatches, in turn from every category."""
    mismatches: dict[str, Mismatch] = {}
    longest = max(map(len, examples.values()), default=0)
    turns = [
        (name, texts[k])
        for k in range(longest)
        for name, texts in examples.items()
        if k < len(texts)
    ]
    for name, text in turns:
        if len(mismatches) == top:
            break
        mismatch = two.mismatch(name, text)
        mismatches.setdefault(mismatch.text, mismatch)
    return list(mismatches.values())


def _report(two: Two, rows: Sequence[tuple[object, ...]], differ: int, made: Provenance) -> Report:
    one, other = two.tokenizers
    title = f"{one.name} and {other.name}: {_SAME[two.by]} on every text tried"
    if differ:
        title = f"{one.name} and {other.name} {_DIFFER[two.by]} on {differ:,} texts"
    table = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    provenance = {**signed(two.tokenizers), "by": two.by, **made}
    apart = "texts are compared without special tokens, which are text here"
    notes = (apart, *switched_off(two.tokenizers))
    return Report("equiv", title, table, notes, provenance, passed=not differ, view=tables)


def differs(report: Report) -> bool:
    """Return whether the two differ on any text."""
    return any(row["part"] == "mismatch" for row in report.rows)


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables that people read: texts by category, then the mismatches.

    `details` gives each mismatch a table of its own.
    """
    parts = grouped(report.rows, "part")
    shown = [
        {"category": row["name"], "texts": row["texts"], "differ": row["differ"]}
        for row in parts["category"]
    ]
    mismatches = parts.get("mismatch", ())
    views = [Report("equiv", "Texts that were tried", shown, headline=report.headline)]
    if details:
        views += map(_explanation, mismatches)
    elif mismatches:
        short = [
            {"text": f'"{spelled(row["text"].encode())}"'}
            | {name: row[name] for name in ("first", "second", "stage")}
            for row in mismatches
        ]
        views.append(Report("equiv", "Texts that differ, shortened", short))
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _explanation(row: Mapping[str, Any]) -> Report:
    names = ("stage", "why", "first", "second")
    facts = [{"property": name, "value": row[name]} for name in names]
    title = f'Mismatch in {row["name"]}: "{spelled(row["text"].encode())}"'
    return Report("equiv", title, facts)
