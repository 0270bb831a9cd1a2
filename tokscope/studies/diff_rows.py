"""What differs between two tokenizers, row by row: files, behaviour, text, single lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple, TypeVar

import numpy as np

from tokscope.counting.catalog import MEASURES
from tokscope.errors import TokscopeError, shortened
from tokscope.gate.changes import Pair
from tokscope.gate.identity import ids_apart
from tokscope.gate.snapshot import Snapshot, hash_of
from tokscope.text.corpus import units_at
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import found_in_text
from tokscope.tokenizers.pipeline import pipeline_of

Item = TypeVar("Item")
MEASURED = ("tokens", "round_trip", "unknown_rate")
OTHER, ALIKE = "units with other ids", "of which as many tokens"
ONE_SIDE = "on one side only"
_EXAMPLES = 5
_LONGEST = 1000  # characters of a part that is shown


class Row(NamedTuple):
    """A row of the report; a change with an interval is relative to the old value."""

    part: str
    name: str
    measure: str
    old: float = nan
    new: float = nan
    change: float = nan
    low: float = nan
    high: float = nan
    unit: str = ""
    text: str = ""
    new_text: str = ""


@dataclass(frozen=True)
class Sides:
    """Two tokenizers on the same text; the new one is the candidate."""

    pair: Pair
    old: Tokenizer
    new: Tokenizer

    @property
    def snapshots(self) -> tuple[Snapshot, Snapshot]:
        """The old one and the new one."""
        return self.pair.base, self.pair.head


def rows(sides: Sides) -> Iterator[Row]:
    """Yield changes in the files, in behaviour, and on text."""
    for part in (_components, _processing, _vocabulary, _merges, _golden, _numbers, _texts):
        yield from part(sides)


# The files


def _components(sides: Sides) -> Iterator[Row]:
    old, new = (one.identity.parts for one in sides.snapshots)
    yield from _parts("component", old, new)
    old_names, new_names = (one.identity.specials for one in sides.snapshots)
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


def _processing(sides: Sides) -> Iterator[Row]:
    """Compare the processing around text, in the files and in the input of a model."""
    old, new = (one.identity.processing for one in sides.snapshots)
    yield from _parts("processing", old, new)
    base, head = (one.identity for one in sides.snapshots)
    old_ids, new_ids = ({**one.golden, **one.model_input} for one in (base, head))
    kept = [text for text, ids in base.golden.items() if head.golden.get(text) == ids]
    changed = sorted((text for text in kept if old_ids[text] != new_ids[text]), key=len)
    texts = [f'"{_written(t.encode())}" {ids_apart(old_ids[t], new_ids[t], 4)}' for t in changed]
    yield _listed("golden strings", "with other special tokens", texts)


def _parts(part: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Row]:
    """Yield for each part of the files whether it changed, with the old and new value."""
    for name in {**old, **new}:
        same = old.get(name) == new.get(name)
        word = "same" if same else "changed" if name in old and name in new else ONE_SIDE
        values = [_told(own.get(name, "–")) for own in (old, new)]
        values = ["", ""] if same else values
        yield Row(part, _named(name), word, text=values[0], new_text=values[1])


def _told(value: str) -> str:
    """Return what a file says, or its hash if that is long."""
    return value if len(value) <= _LONGEST else hash_of(value)


def _listed(
    part: str, measure: str, items: Sequence[Item], write: Callable[[Item], str] = str
) -> Row:
    """Return the number of items, with the first few written out."""
    more = ", …" if len(items) > _EXAMPLES else ""
    text = ", ".join(map(write, items[:_EXAMPLES])) + more
    return Row(part, "", measure, new=float(len(items)), text=text)


def _vocabulary(sides: Sides) -> Iterator[Row]:
    """Compare the vocabularies by the bytes of their tokens."""
    old, new = (_ids(one) for one in (sides.old, sides.new))
    gone = [piece for piece in old if piece not in new]
    fresh = [piece for piece in new if piece not in old]
    moved = [piece for piece in old if piece in new and old[piece] != new[piece]]
    yield _listed("vocabulary", "gone", gone, _written)
    yield _listed("vocabulary", "new", fresh, _written)
    yield _listed(
        "vocabulary",
        "with another id",
        moved,
        lambda piece: f"{_written(piece)} {old[piece]} -> {new[piece]}",
    )


def _ids(tokenizer: Tokenizer) -> dict[bytes, int]:
    """Return the first id of each string of bytes."""
    vocabulary, ids = tokenizer.vocabulary, dict[bytes, int]()
    for token in np.flatnonzero(vocabulary.lengths > 0).tolist():
        ids.setdefault(vocabulary[token], token)
    return ids


def _shown(text: str) -> str:
    return _written(text.encode())


def _named(name: str) -> str:
    """Write the name of a part, which may come from a file, with everything visible."""
    return shortened(" ".join(spelled(w.encode(errors="replace")) for w in name.split(" ")))


def _written(piece: bytes) -> str:
    return shortened(spelled(piece), 24)


def _merges(sides: Sides) -> Iterator[Row]:
    """Compare merges by bytes, if both have them."""
    try:
        merges = [pipeline_of(one).merges.pairs for one in (sides.old, sides.new)]
    except TokscopeError:  # one has no merges
        return
    old, new = ([one for one in pairs if one] for pairs in merges)
    places = {merge: i for i, merge in enumerate(new)}
    kept = [places[merge] for merge in old if merge in places]
    falls = int((np.diff(kept) < 0).sum()) if len(kept) > 1 else 0
    known = set(old)
    gone = [merge for merge in old if merge not in places]
    fresh = [merge for merge in new if merge not in known]
    yield _listed("merges", "gone", gone, lambda merge: " + ".join(map(_written, merge)))
    yield _listed("merges", "new", fresh, lambda merge: " + ".join(map(_written, merge)))
    yield Row("merges", "", "places where the order falls", new=float(falls))


# Behaviour


def _golden(sides: Sides) -> Iterator[Row]:
    old, new = (one.identity.golden for one in sides.snapshots)
    changed = [text for text in old if old[text] != new.get(text)]
    alike = [text for text in changed if len(old[text]) == len(new[text])]
    shown = sorted(alike or changed, key=len)
    texts = [f'"{_written(t.encode())}" {ids_apart(old[t], new[t], 4)}' for t in shown]
    yield _listed("golden strings", "with other ids", texts)
    yield Row("golden strings", "", "of which as many tokens", new=float(len(alike)))


def _numbers(sides: Sides) -> Iterator[Row]:
    old, new = (one.extras.numbers for one in sides.snapshots)
    if old and new:
        row = _moved("numbers", "", "tokens per digit", old.tokens_per_digit, new.tokens_per_digit)
        scheme = old.scheme if old.scheme == new.scheme else f"{old.scheme} -> {new.scheme}"
        yield row._replace(unit="tokens/digit", text=scheme)


def _moved(part: str, name: str, measure: str, old: float, new: float) -> Row:
    return Row(part, name, measure, old, new, new - old)


def _texts(sides: Sides) -> Iterator[Row]:
    """Yield the changes of values in each corpus, and how many units get different ids."""
    for measure in MEASURED:
        changes = sides.pair.changes(measure, share=measure == "tokens")
        for corpus, change in changes.items():
            values = (change.base, change.head, change.worse, change.low, change.high)
            yield Row("text", corpus, measure, *values, unit=MEASURES[measure].unit)
    for corpus in sides.pair.head.measured.samples:
        changed, alike = _changed(sides, corpus)
        for measure, share in ((OTHER, changed.mean()), (ALIKE, alike.mean())):
            yield _moved("text", corpus, measure, 0.0, float(share))._replace(unit="share")


def _changed(sides: Sides, corpus: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which units get different ids, and which of these the same number of ids."""
    old, new = (one.measured.samples[corpus] for one in sides.snapshots)
    changed = old.hashes != new.hashes
    return changed, changed & (old.columns["tokens"] == new.columns["tokens"])


def lines(sides: Sides, top: int) -> Iterator[Row]:
    """Yield the units whose number of tokens changed most, with both segmentations."""
    units = []
    for corpus in sides.pair.counted.corpora:
        changed, _ = _changed(sides, corpus.name)
        old, new = (one.measured.samples[corpus.name].columns["tokens"] for one in sides.snapshots)
        order = np.argsort(-np.abs(new - old), kind="stable")
        worst = [i for i in order.tolist() if changed[i]][:top]
        units += [(abs(int(new[i] - old[i])), corpus, i, old[i], new[i]) for i in worst]
    units.sort(key=lambda one: -one[0])
    for _, corpus, i, old_tokens, new_tokens in units[:top]:
        text = units_at(corpus, [i])[i]
        counts = (float(old_tokens), float(new_tokens))
        row = _moved("line", f"{corpus.name}:{i + 1}", "tokens", *counts)._replace(unit="tokens")
        cuts = [_segmented(one, text) for one in (sides.old, sides.new)]
        if cuts[0] == cuts[1]:  # the ids alone differ
            cuts = [_segmented(one, text, ids=True) for one in (sides.old, sides.new)]
        yield row._replace(text=cuts[0], new_text=cuts[1])


def _segmented(tokenizer: Tokenizer, text: str, *, ids: bool = False) -> str:
    tokens = tokenizer.encode([text]).ids.tolist()
    pieces = [spelled(tokenizer.vocabulary.spelling(token)) for token in tokens]
    if ids:
        pieces = [f"{piece} [{token}]" for piece, token in zip(pieces, tokens, strict=True)]
    return "|".join(pieces)
