"""What changed from one tokenizer to another, and what does it do to text?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from tokscope.counting.catalog import MEASURES
from tokscope.counting.counted import reference_of, require_resamples
from tokscope.counting.signature import versions
from tokscope.errors import TokscopeError, shortened
from tokscope.gate.changes import Change, Pair, pair
from tokscope.gate.config import Config, Evidence, Text
from tokscope.gate.git import PREFIX, checked_out
from tokscope.gate.snapshot import Snapshot, snapshot
from tokscope.gate.wanted import Wanted
from tokscope.provenance import Provenance
from tokscope.report import Report
from tokscope.text.corpus import corpora_given, units_at
from tokscope.text.given import Corpora
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Tokenizer, parse
from tokscope.tokenizers.anatomy import found_in_text
from tokscope.tokenizers.given import One, load_one
from tokscope.tokenizers.pipeline import pipeline_of
from tokscope.workers import HERE, Workers

COLUMNS = [
    "part",
    "name",
    "measure",
    "old",
    "new",
    "change",
    "low",
    "high",
    "unit",
    "text",
    "new_text",
]
_MEASURES = ("tokens", "round_trip", "unknown_rate")
_OTHER, _ALIKE = "units with other ids", "of which as many tokens"
_EXAMPLES = 5
_AROUND = 3  # tokens shown before and behind where two segmentations differ
Row = tuple[str, str, str, float, float, float, float, float, str, str, str]


@dataclass(frozen=True)
class _Sides:
    """Two tokenizers on the same text; the new one is the candidate."""

    pair: Pair
    old: Tokenizer
    new: Tokenizer

    @property
    def snapshots(self) -> tuple[Snapshot, Snapshot]:
        return self.pair.base, self.pair.head


def _row(
    part: str,
    name: str,
    measure: str,
    change: Change | tuple[float, float],
    *,
    unit: str = "",
    texts: tuple[str, str] = ("", ""),
) -> Row:
    """Return a line; its change is a share of the old value where it has an interval."""
    if isinstance(change, Change):
        numbers = (change.base, change.head, change.worse, change.low, change.high)
    else:
        numbers = (*change, change[1] - change[0], nan, nan)
    return (part, name, measure, *numbers, unit, *texts)


# The files


def _components(sides: _Sides) -> Iterator[Row]:
    old, new = (one.components for one in sides.snapshots)
    yield from _parts("component", old, new)
    old_names, new_names = (one.specials for one in sides.snapshots)
    moved = [n for n in old_names if n in new_names and old_names[n] != new_names[n]]
    yield _listed("special tokens", "gone", [n for n in old_names if n not in new_names])
    yield _listed("special tokens", "new", [n for n in new_names if n not in old_names])
    yield _listed("special tokens", "with another id", moved)
    old_flags, new_flags = (found_in_text(one) for one in (sides.old, sides.new))
    other = [t for t in old_flags if t in new_flags and old_flags[t] != new_flags[t]]
    yield _listed("added tokens", "gone", [_shown(t) for t in old_flags if t not in new_flags])
    yield _listed("added tokens", "new", [_shown(t) for t in new_flags if t not in old_flags])
    flags = [f"{_shown(text)}: {old_flags[text]} -> {new_flags[text]}" for text in other]
    yield _listed("added tokens", "with other flags", flags)


def _processing(sides: _Sides) -> Iterator[Row]:
    """Compare what is done around text, by what the files say and by what a model gets."""
    old, new = (one.processing for one in sides.snapshots)
    yield from _parts("processing", old, new, shown=True)
    old_ids, new_ids = ({**one.golden, **one.model_input} for one in sides.snapshots)
    base, head = sides.snapshots
    kept = [text for text, ids in base.golden.items() if head.golden.get(text) == ids]
    changed = sorted((text for text in kept if old_ids[text] != new_ids[text]), key=len)
    texts = [
        f'"{_written(t.encode())}" {_some(old_ids[t])} -> {_some(new_ids[t])}' for t in changed
    ]
    yield _listed("golden strings", "with other special tokens", texts)


def _parts(
    part: str, old: Mapping[str, str], new: Mapping[str, str], *, shown: bool = False
) -> Iterator[Row]:
    """Yield for each part of the files whether it is the same, and what it was and is."""
    for name in {**old, **new}:
        same = old.get(name) == new.get(name)
        word = "same" if same else "changed" if name in old and name in new else "on one side only"
        values = (old.get(name, "–"), new.get(name, "–")) if shown and not same else ("", "")
        yield _row(part, _named(name), word, (nan, nan), texts=values)


def _listed(part: str, measure: str, found: Sequence[str]) -> Row:
    """Return how many there are, and the first of them."""
    more = ", …" if len(found) > _EXAMPLES else ""
    text = ", ".join(found[:_EXAMPLES]) + more
    return _row(part, "", measure, (nan, float(len(found))), texts=(text, ""))


def _vocabulary(sides: _Sides) -> Iterator[Row]:
    """Compare what ids stand for, by bytes."""
    old, new = (_ids(one) for one in (sides.old, sides.new))
    gone = [piece for piece in old if piece not in new]
    fresh = [piece for piece in new if piece not in old]
    moved = [piece for piece in old if piece in new and old[piece] != new[piece]]
    yield _listed("vocabulary", "gone", [_written(piece) for piece in gone])
    yield _listed("vocabulary", "new", [_written(piece) for piece in fresh])
    yield _listed(
        "vocabulary",
        "with another id",
        [f"{_written(piece)} {old[piece]} -> {new[piece]}" for piece in moved],
    )


def _ids(tokenizer: Tokenizer) -> dict[bytes, int]:
    """Return the first id of each string of bytes."""
    vocabulary, found = tokenizer.vocabulary, dict[bytes, int]()
    for token in np.flatnonzero(vocabulary.lengths > 0).tolist():
        found.setdefault(vocabulary[token], token)
    return found


def _shown(text: str) -> str:
    return _written(text.encode())


def _named(name: str) -> str:
    """Write the name of a part, which a file may have made, so that nothing of it is invisible."""
    return shortened(" ".join(spelled(w.encode(errors="replace")) for w in name.split(" ")))


def _written(piece: bytes) -> str:
    return shortened(spelled(piece), 24)


def _merges(sides: _Sides) -> Iterator[Row]:
    """Compare merges by bytes, where both have them."""
    try:
        found = [pipeline_of(one).merges.pairs for one in (sides.old, sides.new)]
    except TokscopeError:  # one has no merges, and says why where they are asked for
        return
    old, new = ([one for one in pairs if one] for pairs in found)
    places = {merge: i for i, merge in enumerate(new)}
    kept = [places[merge] for merge in old if merge in places]
    falls = int((np.diff(kept) < 0).sum()) if len(kept) > 1 else 0
    known = set(old)
    gone = [f"{_written(a)} + {_written(b)}" for a, b in old if (a, b) not in places]
    fresh = [f"{_written(a)} + {_written(b)}" for a, b in new if (a, b) not in known]
    yield _listed("merges", "gone", gone)
    yield _listed("merges", "new", fresh)
    yield _row("merges", "", "places where the order falls", (nan, float(falls)))


# Behaviour


def _golden(sides: _Sides) -> Iterator[Row]:
    old, new = (one.golden for one in sides.snapshots)
    changed = [text for text in old if old[text] != new.get(text)]
    alike = [text for text in changed if len(old[text]) == len(new[text])]
    shown = sorted(alike or changed, key=len)
    texts = [f'"{_written(t.encode())}" {_some(old[t])} -> {_some(new[t])}' for t in shown]
    yield _listed("golden strings", "with other ids", texts)
    yield _row("golden strings", "", "of which as many tokens", (nan, float(len(alike))))


def _some(ids: Sequence[int]) -> list[int]:
    return list(ids[:4])


def _numbers(sides: _Sides) -> Iterator[Row]:
    old, new = (one.numbers for one in sides.snapshots)
    if old and new:
        cost = (old.tokens_per_digit, new.tokens_per_digit)
        scheme = old.scheme if old.scheme == new.scheme else f"{old.scheme} -> {new.scheme}"
        yield _row("numbers", "", "tokens per digit", cost, unit="tokens/digit", texts=(scheme, ""))


def _texts(sides: _Sides) -> Iterator[Row]:
    """Yield how values of each corpus changed, and how many units have other ids."""
    for measure in _MEASURES:
        changes = sides.pair.changes(measure, share=measure == "tokens")
        for corpus, change in changes.items():
            yield _row("text", corpus, measure, change, unit=MEASURES[measure].unit)
    for corpus in sides.pair.head.samples:
        changed, alike = _changed(sides, corpus)
        yield _row("text", corpus, _OTHER, (0.0, float(changed.mean())), unit="share")
        yield _row("text", corpus, _ALIKE, (0.0, float(alike.mean())), unit="share")


def _changed(sides: _Sides, corpus: str) -> tuple[np.ndarray, np.ndarray]:
    """Tell which units have other ids, and which of them as many."""
    old, new = (one.samples[corpus] for one in sides.snapshots)
    changed = old.hashes != new.hashes
    return changed, changed & (old.columns["tokens"] == new.columns["tokens"])


def _lines(sides: _Sides, top: int) -> Iterator[Row]:
    """Yield the units whose number of tokens changed most, with both segmentations."""
    found = []
    for corpus in sides.pair.counted.corpora:
        changed, _ = _changed(sides, corpus.name)
        old, new = (one.samples[corpus.name].columns["tokens"] for one in sides.snapshots)
        order = np.argsort(-np.abs(new - old), kind="stable")
        worst = [i for i in order.tolist() if changed[i]][:top]
        found += [(abs(int(new[i] - old[i])), corpus, i, old[i], new[i]) for i in worst]
    found.sort(key=lambda one: -one[0])
    for _, corpus, i, old_tokens, new_tokens in found[:top]:
        text = units_at(corpus, [i])[i]
        cut = _segmented(sides.old, text), _segmented(sides.new, text)
        counts = (float(old_tokens), float(new_tokens))
        yield _row("line", f"{corpus.name}:{i + 1}", "tokens", counts, unit="tokens", texts=cut)


def _segmented(tokenizer: Tokenizer, text: str) -> str:
    ids = tokenizer.encode([text]).ids.tolist()
    return "|".join(spelled(tokenizer.vocabulary.spelling(token)) for token in ids)


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
    config = Config(Path("diff"), {}, text=text, evidence=evidence)
    columns = frozenset(("units", "bytes")).union(*(MEASURES[m].columns for m in _MEASURES))
    wanted = Wanted(columns, numbers=True)
    with _out(old) as before, _out(new) as after:
        for place in (before, after):
            if isinstance(place, str):
                parse(place)  # refuses a word before any text is read
        base = snapshot(before, config, wanted, None, workers)
        head = snapshot(after, config, wanted, list(base.golden), workers)
    sides = _Sides(pair(config, head, base), *(_loaded(one) for one in (base, head)))
    frame = pd.DataFrame([*_rows(sides), *_lines(sides, top)], columns=COLUMNS)
    title = f"From {_name(base, old)} to {_name(head, new)}"
    provenance = _provenance(sides, text, evidence)
    return Report("diff", title, frame, counted_notes(head), provenance, view=tables)


def _rows(sides: _Sides) -> Iterator[Row]:
    for part in (_components, _processing, _vocabulary, _merges, _golden, _numbers, _texts):
        yield from part(sides)


def _provenance(sides: _Sides, text: Text, evidence: Evidence) -> Provenance:
    base, head = sides.snapshots
    corpora = sides.pair.counted.corpora
    reference = corpora[reference_of(corpora, text.reference)].name
    compared = {"old": base.fingerprint[:12], "new": head.fingerprint[:12]}
    return versions() | compared | text.provenance(reference) | evidence.provenance


def counted_notes(found: Snapshot) -> tuple[str, ...]:
    """Return what is to be said of the text."""
    return tuple(found.counted.notes()) if found.counted else ()


def _loaded(found: Snapshot) -> Tokenizer:
    if found.counted is None:
        raise ValueError("the tokenizer was not counted")
    return found.counted.tokenizers[0]


def _out(given: str | Tokenizer) -> AbstractContextManager[str | Tokenizer]:
    """Return where a tokenizer is for as long as it is needed, or an object as it is."""
    return checked_out(given) if isinstance(given, str) else nullcontext(given)


def _name(found: Snapshot, given: str | Tokenizer) -> str:
    from_git = isinstance(given, str) and given.startswith(PREFIX)
    return str(given) if from_git else found.name


# The tables for people


def tables(report: Report) -> list[Report]:
    """Return what people read: the files, then tokens by corpus, then lines side by side."""
    frame = report.frame
    files = frame[~frame["part"].isin(("text", "line"))]
    files = files[~files["new"].isin((0, *files["old"].dropna())) & (files["measure"] != "same")]
    shown = pd.DataFrame(
        {
            "part": files["part"],
            "what": [
                f"{name} {measure}".strip()
                for name, measure in zip(files["name"], files["measure"], strict=True)
            ],
            "number": [_count(row) for _, row in files.iterrows()],
            "which": [_which(row) for _, row in files.iterrows()],
        }
    )
    if shown.empty:
        shown = pd.DataFrame({"part": ["files"], "what": ["no difference"]})
    views = [Report("diff", report.title, shown)]
    views.append(_by_corpus(frame[frame["part"] == "text"]))
    for _, row in frame[frame["part"] == "line"].iterrows():
        views.append(_line(row))
    last = views[-1]
    notes = (*last.notes, *report.notes)
    views[-1] = Report("diff", last.title, last.frame, notes, report.provenance)
    return views


def _which(row: pd.Series) -> str:
    if row["new_text"]:
        return f"{shortened(row['text'], 56)} -> {shortened(row['new_text'], 56)}"
    return shortened(row["text"], 120)


def _count(row: pd.Series) -> str:
    if np.isnan(row["new"]):
        return ""
    if np.isnan(row["old"]):
        return f"{row['new']:,.0f}"
    return f"{row['old']:.3f} -> {row['new']:.3f}"


def _by_corpus(part: pd.DataFrame) -> Report:
    shown = {
        corpus: dict(zip(own["measure"], own.to_dict("records"), strict=True))
        for corpus, own in part.groupby("name", sort=False)
    }
    rows = []
    for corpus, own in shown.items():
        tokens, none = own["tokens"], {"new": nan}
        shares = [own.get(name, none)["new"] for name in (_OTHER, _ALIKE, "round_trip")]
        counts = (f"{tokens['old']:,.0f}", f"{tokens['new']:,.0f}")
        changes = (_signed(tokens[name]) for name in ("change", "low", "high"))
        rows.append((corpus, *counts, *changes, *map(_percent, shares)))
    columns = ["corpus", "old", "new", "change", "low", "high", "other ids", "same count", "back"]
    notes = (
        "old, new: tokens; low, high: of the change, 95 %, for all corpora at once; other ids: "
        "units encoded otherwise; same count: those of them with as many tokens; back: units that "
        "the new tokenizer gives back",
    )
    return Report("diff", "On text", pd.DataFrame(rows, columns=columns), notes)


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.1f} %"


def _signed(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:+.2f} %"


def _line(row: pd.Series) -> Report:
    frame = pd.DataFrame(
        {
            "side": ["old", "new"],
            "tokens": [int(row["old"]), int(row["new"])],
            "segmentation": _apart(row["text"], row["new_text"]),
        }
    )
    return Report("diff", f"Unit {row['name']}", frame)


def _apart(old: str, new: str) -> list[str]:
    """Leave out what two segmentations have in common before and behind.

    >>> _apart("a|b|c|d|ef|g", "a|b|c|d|e|f|g")
    ['… b|c|d|ef|g', '… b|c|d|e|f|g']
    """
    sides = old.split("|"), new.split("|")
    before = _alike(*sides)
    behind = _alike(*(side[before:][::-1] for side in sides))
    found = []
    for side in sides:
        first, last = max(before - _AROUND, 0), len(side) - max(behind - _AROUND, 0)
        shown = "|".join(side[first:last])
        found.append(f"{'… ' if first else ''}{shown}{' …' if last < len(side) else ''}")
    return found


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many entries two lists have in common before they part."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
