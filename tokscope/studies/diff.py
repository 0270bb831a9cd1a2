"""What changed from one tokenizer to another, and what that does to text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import isnan, nan
from typing import Any, cast

from tokscope.counting.catalog import MEASURES
from tokscope.counting.counted import ALL, require_resamples
from tokscope.counting.signature import versions
from tokscope.errors import TokscopeError
from tokscope.gate.changes import pair
from tokscope.gate.config import Evidence, Text
from tokscope.gate.effects import cause, effects, no_effect
from tokscope.gate.git import PREFIX, checked_out
from tokscope.gate.snapshot import Snapshot, snapshot
from tokscope.gate.wanted import Wanted, opened
from tokscope.provenance import Provenance
from tokscope.report import Report, Rows, grouped
from tokscope.studies.diff_parts import ABSENT, told
from tokscope.studies.diff_plots import plots
from tokscope.studies.diff_rows import ALIKE, MEASURED, ONE_SIDE, OTHER, Row, Sides, lines, rows
from tokscope.text.corpus import corpora_given
from tokscope.text.given import Corpora
from tokscope.tokenizers import Tokenizer, parse
from tokscope.tokenizers.given import One, load_one
from tokscope.workers import HERE, Workers

_NUMBERS = ("old", "new", "change", "low", "high")  # columns
_LONGEST = 120  # characters of a list that is shown
_MOST = 10  # corpora that are shown without --details
_AROUND = 3  # tokens shown before and behind where two segmentations differ


def diff(
    old: One | Mapping[str, One],
    new: One | Mapping[str, One],
    corpora: Corpora | None = None,
    *,
    parallel: bool = False,
    word_rule: str = "unicode",
    top: int = 5,
    seed: int = 0,
    workers: Workers = HERE,
) -> Report:
    """Return what changed from one tokenizer to another, in their files and on text.

    Args:
        old: a tokenizer, given as to `compare`, or git:REV:PATH.
        new: another one.
        corpora: text to compare them on, given as to `compare`; the embedded sample if you leave
            it out.
        parallel: line i says the same in every corpus.
        word_rule: as for `compare`.
        top: how many lines are shown, those whose number of tokens changed most.
        seed: of the intervals.
        workers: who works, from `tokscope.workers`; the result is the same.

    Columns: part (component, processing, special tokens, added tokens, vocabulary, merges, golden
    strings, numbers, text, line), name (of a component, corpus or line), measure, old, new, change,
    low, high, unit, text and new_text (of lines, the segmentations; of processing, what the files
    say or its hash; else what it is about).
    A change of "text" is how much worse; of tokens, as a share of the old ones. Its 95 % interval
    holds for all corpora at once.

    Raises:
        TokscopeError: a tokenizer or the text cannot be used.
    """
    text = Text(("sample:prose",), parallel=True, words=word_rule)
    if corpora is not None:  # which gates read again and again, as they are
        text = Text(cast(Sequence[str], corpora_given(corpora)), parallel, words=word_rule)
    evidence = Evidence(seed=seed)
    first = old if isinstance(old, str) else load_one(old, "old")
    second = new if isinstance(new, str) else load_one(new, "new")
    return compared(first, second, text, top=top, evidence=evidence, workers=workers)


def compared(
    old: str | Tokenizer,
    new: str | Tokenizer,
    text: Text | None = None,
    *,
    top: int = 5,
    evidence: Evidence | None = None,
    workers: Workers = HERE,
) -> Report:
    """Return what changed, as `diff` does, on text that is read as by gates.

    Raises:
        TokscopeError: a tokenizer or the text cannot be used.
    """
    if top < 0:
        raise TokscopeError(f"--top {top}: write how many lines, such as 5")
    evidence = evidence or Evidence()
    require_resamples(evidence.seed)
    text = text or Text(("sample:prose",), parallel=True)
    columns = frozenset(("units", "bytes")).union(*(MEASURES[m].columns for m in MEASURED))
    wanted = Wanted(columns, numbers=True)
    with _out(old) as before, _out(new) as after:
        for place in (before, after):
            if isinstance(place, str):
                parse(place)  # refuses a word before any text is read
        source = opened(text, wanted)
        base = snapshot(before, source, None, workers)
        head = snapshot(after, source, list(base.identity.golden), workers)
    both = pair(head, base, text.reference, evidence)
    sides = Sides(both, _loaded(base), _loaded(head))
    table = list(map(_plain, (*rows(sides), *lines(sides, top))))
    title = f"From {_name(base, old)} to {_name(head, new)}"
    provenance = _provenance(sides, text, evidence)
    return Report(
        "diff",
        title,
        table,
        counted_notes(head),
        provenance,
        headline=_headline(base, head, title),
        view=tables,
        plots=plots,
    )


def _plain(row: Row) -> Mapping[str, Any]:
    return row._asdict() | {name: float(getattr(row, name)) for name in _NUMBERS}


def _headline(base: Snapshot, head: Snapshot, title: str) -> str:
    """Say what changed and what that does, or what was tried without a difference."""
    why = cause(head.identity, base.identity)
    does = "; ".join(effects(head, base))
    if why:
        is_seen = does != no_effect(head, head.measured.samples)
        return f"{title}, {why}: {does}." if is_seen else f"{title}, {does}, although {why}."
    units = sum(len(one.hashes) for one in head.measured.samples.values())
    if does == no_effect(head, head.measured.samples):
        return (
            f"{title}, no difference is seen: no part of the file differs, nor any id of "
            f"{len(base.identity.golden):,} golden strings and {units:,} units of text."
        )
    return f"{title}, no part of the file that is known changed, but {does}."


def _provenance(sides: Sides, text: Text, evidence: Evidence) -> Provenance:
    base, head = sides.snapshots
    reference = sides.pair.counted.corpora[sides.pair.reference].name
    compared = {"old": base.identity.fingerprint[:12], "new": head.identity.fingerprint[:12]}
    return versions() | compared | text.provenance(reference) | evidence.provenance


def counted_notes(side: Snapshot) -> tuple[str, ...]:
    """Return the notes on the text."""
    return tuple(side.measured.counted.notes()) if side.measured.counted else ()


def _loaded(side: Snapshot) -> Tokenizer:
    if side.measured.counted is None:
        raise ValueError("the tokenizer was not counted")
    return side.measured.counted.tokenizers[0]


def _out(given: str | Tokenizer) -> AbstractContextManager[str | Tokenizer]:
    """Return where a tokenizer is for as long as it is needed, or an object as it is."""
    return checked_out(given) if isinstance(given, str) else nullcontext(given)


def _name(side: Snapshot, given: str | Tokenizer) -> str:
    from_git = isinstance(given, str) and given.startswith(PREFIX)
    return str(given) if from_git else side.name


# The tables for people


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the tables for people: the files, then tokens by corpus, then lines side by side.

    `details` adds what did not change, and corpora that changed less than others.
    """
    shown = [
        {
            "part": row["part"],
            "what": f"{row['name']} {row['measure']}".strip(),
            "number": _count(row),
            "which": _which(row),
        }
        for row in report.rows
        if row["part"] not in ("text", "line") and (details or _has_changed(row))
    ] or [{"part": "files", "what": "no difference"}]
    parts = grouped(report.rows, "part")
    views = [Report("diff", "What changed: files and behaviour", shown, headline=report.headline)]
    views += [_by_corpus(parts["text"], details), *map(_line, parts.get("line", ()))]
    last = views[-1]
    notes = (*last.notes, *report.notes)
    notes += report.details if details else ()
    views[-1] = replace(last, notes=notes, provenance=report.provenance)
    return views


def _has_changed(row: Mapping[str, Any]) -> bool:
    same = row["new"] == 0 or row["new"] == row["old"] or row["measure"] == "same"
    # it is empty there
    absent = row["measure"] == ONE_SIDE and {row["text"], row["new_text"]} <= {*ABSENT}
    return not (same or absent)


def _which(row: Mapping[str, Any]) -> str:
    if row["new_text"]:
        return told(row["text"], row["new_text"])
    return _whole_items(row["text"])


def _whole_items(listed: str) -> str:
    """Shorten a list of tokens or of quoted strings, between two of them.

    >>> _whole_items('"a" [1, 2], ' + '"b" [3], ' * 20)[-11:]
    ' "b" [3], …'
    """
    comma = ', "' if listed.startswith('"') else ", "
    cut = listed[:_LONGEST].rsplit(comma, 1)[0] if comma in listed[:_LONGEST] else ""
    return listed if len(listed) <= _LONGEST else f"{cut or listed[:_LONGEST]}, …"


def _count(row: Mapping[str, Any]) -> str:
    if isnan(row["new"]):
        return ""
    if isnan(row["old"]):
        return f"{row['new']:,.0f}"
    return f"{row['old']:.3f} -> {row['new']:.3f}"


def _by_corpus(part: Rows, details: bool) -> Report:
    shown = {
        corpus: {row["measure"]: row for row in own}
        for corpus, own in grouped(part, "name").items()
    }
    cells = []
    sizes = {c: abs(own["tokens"]["change"]) for c, own in shown.items() if c != ALL}
    kept = sorted(sizes, key=lambda c: -sizes[c])[: None if details else _MOST]
    for corpus, own in shown.items():
        if corpus not in (*kept, ALL):
            continue
        tokens, none = own["tokens"], {"new": nan}
        shares = [own.get(name, none)["new"] for name in (OTHER, ALIKE, "round_trip")]
        counts = (f"{tokens['old']:,.0f}", f"{tokens['new']:,.0f}")
        changes = (_signed(tokens[name]) for name in ("change", "low", "high"))
        cells.append((corpus, *counts, *changes, *map(_percent, shares)))
    columns = ["corpus", "old", "new", "change", "low", "high", "other ids", "same count", "back"]
    notes: tuple[str, ...] = (
        "old, new: tokens; low, high: of the change, 95 %, for all corpora at once; other ids: "
        "units encoded otherwise; same count: those of them with as many tokens; back: units that "
        "the new tokenizer gives back",
    )
    if len(kept) < len(sizes):
        notes += (f"{len(sizes) - len(kept):,} corpora that changed less: --details",)
    table = [dict(zip(columns, row, strict=True)) for row in cells]
    return Report("diff", "Tokens on text", table, notes)


def _percent(share: float) -> str:
    return "–" if isnan(share) else f"{100 * share:.1f} %"


def _signed(share: float) -> str:
    return "–" if isnan(share) else f"{100 * share:+.2f} %"


def _line(row: Mapping[str, Any]) -> Report:
    table = [
        {"side": side, "tokens": int(row[side]), "segmentation": cut}
        for side, cut in zip(("old", "new"), _apart(row["text"], row["new_text"]), strict=True)
    ]
    return Report("diff", f"Unit {row['name']}", table)


def _apart(old: str, new: str) -> list[str]:
    """Cut what two segmentations have in common at both ends.

    >>> _apart("a|b|c|d|ef|g", "a|b|c|d|e|f|g")
    ['… b|c|d|ef|g', '… b|c|d|e|f|g']
    """
    sides = old.split("|"), new.split("|")
    before = _alike(*sides)
    behind = _alike(*(side[before:][::-1] for side in sides))
    parts = []
    for side in sides:
        first, last = max(before - _AROUND, 0), len(side) - max(behind - _AROUND, 0)
        shown = "|".join(side[first:last])
        parts.append(f"{'… ' if first else ''}{shown}{' …' if last < len(side) else ''}")
    return parts


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many entries two lists share from the start."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
