"""What can a model with another tokenizer keep of its embeddings?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tokscope.counting.catalog import TYPES
from tokscope.counting.counted import ALL, Counted, all_types_of, count, require_countable, texts_of
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, choose, path_of
from tokscope.mapping.checkpoint import INDEX, Checkpoint, checkpoint
from tokscope.mapping.checkpoint import write as write_model
from tokscope.mapping.kinds import (
    COMPOSED,
    KINDS,
    METHODS,
    NONE,
    SPECIAL,
    Ids,
    Map,
    changed_by,
    lost_ids,
    map_of,
    weights_of,
)
from tokscope.mapping.saved import Saved, maps_of
from tokscope.mapping.vectors import without_row
from tokscope.report import Report
from tokscope.studies.transfer_headline import headline
from tokscope.studies.transfer_plots import plots
from tokscope.studies.transfer_tables import tables as tables
from tokscope.text.given import Corpora
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.given import One, load_one, named_apart
from tokscope.tokenizers.roles import roles_of
from tokscope.wording import many
from tokscope.workers import HERE, Workers
from tokscope.writing import identity, require_apart, write_all

TOP = 10
Place = str | PathLike[str]


class Row(NamedTuple):
    """A value of the report."""

    part: str  # kind, pieces, total, worst, lost, special, none, tensor, config
    name: str  # a kind, a number of pieces, a token, a tensor
    corpus: str  # "" for the vocabulary
    measure: str
    value: float
    unit: str
    id: int | None = None  # of a token
    old: str = ""  # the old tokens that it is made of, or the old shape


@dataclass(frozen=True)
class _Pair:
    """Two tokenizers, the map between them, and how often a text has their tokens."""

    old: Tokenizer
    new: Tokenizer
    map: Map
    counted: Counted

    @cached_property
    def whole(self) -> Ids:
        """How often the whole text has each new id; (V_new,)."""
        return all_types_of(self.counted, 1)

    @cached_property
    def before(self) -> Ids:
        """How often the whole text has each old id; (V_old,)."""
        return all_types_of(self.counted, 0)

    @cached_property
    def seen(self) -> Ids:
        """The new ids that the text has: few of a large vocabulary."""
        return np.flatnonzero(self.whole)

    @cached_property
    def used(self) -> Ids:
        """How often each corpus has these; (corpora, seen)."""
        return np.stack([row[1].types[self.seen] for row in self.counted.tallies])

    def spelled(self, token: int) -> str:
        """Return what people see of a new token."""
        return spelled(self.new.vocabulary.spelling(token))

    def made_of(self, token: int) -> str:
        """Return what people see of the old tokens of a new one."""
        own = self.old.vocabulary
        return "|".join(spelled(own.spelling(one)) for one in self.map.old(token))


def transfer(
    old: One | Mapping[str, One],
    new: One | Mapping[str, One],
    corpora: Corpora | None = None,
    *,
    method: str = METHODS[0],
    top: int = TOP,
    maps: Place | Sequence[Place] = (),
    apply: Place | None = None,
    write: Place | None = None,
    tensors: str | Sequence[str] = (),
    workers: Workers = HERE,
    advance: Callable[[int], None] = lambda _: None,
) -> Report:
    """Return how the ids of a new tokenizer are made of those of an old one, by bytes.

    Args:
        old: the tokenizer that a model has, given as to `compare`.
        new: the one that it shall get.
        corpora: text by which tokens are weighted, given as to `compare`.
        method: how the vectors of several old tokens become one: mean, first, last, or length.
        top: tokens that are listed: the costliest, the lost ones, those without a way.
        maps: files to which the map is written: .npz, .safetensors or .jsonl.
        apply: a safetensors file of the model, or the index of several.
        write: where the file with the new vectors goes.
        tensors: names of the tensors that have a row for each id, if they are unusual.
        workers: who works, from `tokscope.workers`; the result is the same.
        advance: called with the bytes of the model that are done.

    Columns: part (kind, pieces, total, worst, lost, special, none, tensor, config), name, corpus
    (empty for the vocabulary), measure, value, unit, id, old (the old tokens).

    Raises:
        TokscopeError: a tokenizer, a text or a model cannot be used, or a file cannot be written.
    """
    choose(dict.fromkeys(METHODS), method, "method")
    if top < 1:
        raise TokscopeError(f"--top {top}: write how many tokens, from 1 up")
    targets = maps_of(maps)
    tensors = [tensors] if isinstance(tensors, str) else tensors
    asked = _asked(apply, write, tensors)
    others = [("--write", asked[1])] if asked else []
    require_apart([*(("--output", path) for path in targets), *others])
    texts = texts_of(corpora)
    require_countable(texts)
    one, other = named_apart([load_one(old, "old"), load_one(new, "new")])
    made = map_of(one, other)
    found = checkpoint(asked[0], made, _needed(one), tensors) if asked else None
    counted = count(
        [one, other], texts, Counting(frozenset((TYPES, "tokens", "bytes"))), workers=workers
    )
    pair = _Pair(one, other, made, counted)
    report = _report(pair, method, top, found)
    weights = weights_of(made, method)
    told = {"signature": report.signature, "method": method, "old": one.name, "new": other.name}
    told |= {"rows": f"{made.height}", "columns": f"{made.width}"}
    saved = Saved(made, weights, other.vocabulary, told, pair.whole)
    write_all({path: drawn(saved) for path, drawn in targets.items()})
    if asked and found:
        write_model(found, asked[1], made, weights, advance)
    return report


def _asked(
    apply: Place | None, write: Place | None, tensors: Sequence[str]
) -> tuple[Path, Path] | None:
    """Return the model that is read and the one that is written.

    Raises:
        TokscopeError: one is missing, or the model would be written onto itself.
    """
    if apply is None or write is None:
        if apply is None and write is None and not tensors:
            return None
        lacking = "--write" if apply is not None else "--apply"
        given = "--apply" if apply is not None else "--write"
        if apply is None and write is None:
            raise TokscopeError("--tensor names a tensor of a model; add --apply and --write")
        raise TokscopeError(
            f"{given} needs {lacking}: a model is read by --apply, and written anew by --write"
        )
    source, target = path_of(str(apply)), path_of(str(write))
    if source.is_dir():
        raise TokscopeError(
            f"--apply {source}: a folder; name model.safetensors or model.safetensors.index.json "
            "in it"
        )
    several = [path.name.endswith(INDEX) for path in (source, target)]
    if several[0] != several[1]:
        what = "an index of several files" if several[0] else "one file"
        like = "new/model.safetensors.index.json" if several[0] else "new.safetensors"
        raise TokscopeError(
            f"--write {target}: --apply names {what}, so write the same, such as {like}"
        )
    places = (source.parent, target.parent) if several[0] else (source, target)
    if identity(places[0]) == identity(places[1]):
        told = "it is the model, which is read; name another file"
        if several[0]:
            told = "the model is read from this folder; name an index in another one"
        raise TokscopeError(f"--write {target}: {told}")
    return source, target


def _needed(old: Tokenizer) -> int:
    """Return how many rows a matrix of the old vocabulary has at least.

    Added and special tokens may have been given ids beyond it.
    """
    own = old.vocabulary.lengths > 0
    own[list(added_ids(old))] = False
    return int(np.flatnonzero(own)[-1]) + 1 if own.any() else 0


def _report(pair: _Pair, method: str, top: int, found: Checkpoint | None) -> Report:
    rows = [
        *_kinds(pair),
        *_totals(pair),
        *_worst(pair, top),
        *_lost(pair, top),
        *_special(pair),
        *_none(pair, top),
        *(_tensors(pair, found) if found else ()),
    ]
    table = [row._replace(value=float(row.value))._asdict() for row in rows]
    provenance = {**pair.counted.provenance, "method": method}
    del provenance["words"]
    names = pair.old.name, pair.new.name
    return Report(
        "transfer",
        f"Transfer {names[0]} → {names[1]}",
        table,
        tuple(_notes(pair, found)),
        provenance,
        headline=headline(names, pair.map, pair.whole),
        details=_DETAILS,
        view=tables,
        plots=plots,
    )


_DETAILS = (
    "copied: an old token has the same bytes; composed: the old model alone spells the bytes, "
    "without its normalizer and its cuts; special: the same text or role; no way: none of these",
    "a token of WordPiece that begins a word stands for a space and its bytes",
)


def _shares(pair: _Pair, part: str, names: Sequence[str], groups: Ids) -> Iterator[Row]:
    """Yield the new ids of each group, and their tokens in each corpus, with shares.

    `groups` holds the place in `names` of each new id, or -1; (V_new,).
    """
    corpora = [
        (corpus.name, own) for corpus, own in zip(pair.counted.corpora, pair.used, strict=True)
    ]
    if len(corpora) > 1:
        corpora.append((ALL, pair.whole[pair.seen]))
    weights = [("", "ids", groups, (pair.map.kinds >= 0).astype(np.int64))]
    weights += [(name, "tokens", groups[pair.seen], own) for name, own in corpora]
    sums = [
        (corpus, unit, np.bincount(places + 1, own, len(names) + 1)[1:], int(own.sum()))
        for corpus, unit, places, own in weights
    ]
    for place, name in enumerate(names):
        for corpus, unit, found, whole in sums:
            number = int(found[place])
            yield Row(part, name, corpus, unit, number, "tokens")
            yield Row(part, name, corpus, "share", _share(number, whole), "share")


def _share(number: float, whole: float) -> float:
    return number / whole if whole else float("nan")


def _kinds(pair: _Pair) -> Iterator[Row]:
    """Yield how many ids are of each kind, and how many are composed of 1, 2, 3, ... old ones."""
    made = pair.map
    yield from _shares(pair, "kind", KINDS, made.kinds.astype(np.int64))
    composed = made.of(COMPOSED)
    numbers, places = np.unique(made.counts[composed], return_inverse=True)
    groups = np.full(made.height, -1)
    groups[composed] = places
    yield from _shares(pair, "pieces", [f"{number}" for number in numbers.tolist()], groups)


def _totals(pair: _Pair) -> Iterator[Row]:
    """Yield how many old tokens stand for a new one, and the tokens of the text under both."""
    counts = pair.map.counts
    mapped = (counts > 0).astype(np.int64)
    yield _mean("", int(counts.sum()), int(mapped.sum()))
    used, seen = pair.used, pair.seen
    before = [row[0].types.sum() for row in pair.counted.tallies]
    sums = np.stack((used @ counts[seen], used @ mapped[seen], before, used.sum(axis=1)))
    names = [corpus.name for corpus in pair.counted.corpora]
    if len(names) > 1:
        names.append(ALL)
        sums = np.column_stack((sums, sums.sum(axis=1)))
    for name, (pieces, tokens, before, after) in zip(names, sums.T.tolist(), strict=True):
        yield _mean(name, pieces, tokens)
        yield Row("total", "old tokens", name, "tokens", before, "tokens")
        yield Row("total", "new tokens", name, "tokens", after, "tokens")


def _mean(corpus: str, pieces: int, tokens: int) -> Row:
    value = _share(pieces, tokens)
    return Row("total", "pieces", corpus, "old tokens for each", value, "tokens/token")


def _worst(pair: _Pair, top: int) -> Iterator[Row]:
    """Yield the composed tokens that cost most: uses times the old tokens beyond the first."""
    used = pair.whole
    cost = np.where(pair.map.of(COMPOSED), used * (pair.map.counts - 1), 0)
    for token in _most(cost, top):
        yield _listed("worst", pair, token, int(used[token]))


def _most(weights: Ids, top: int) -> list[int]:
    """Return the places of the largest weights above 0, the largest first."""
    order = np.argsort(-weights, kind="stable")[:top]
    return [place for place in order.tolist() if weights[place] > 0]


def _listed(part: str, pair: _Pair, token: int, used: int) -> Row:
    name = pair.spelled(token)
    return Row(part, name, ALL, "tokens", used, "tokens", token, pair.made_of(token))


def _lost(pair: _Pair, top: int) -> Iterator[Row]:
    """Yield how many old tokens have no copy, how often a text has them, and the most frequent."""
    ids, used = lost_ids(pair.old, pair.map), pair.before
    whole = int((pair.old.vocabulary.lengths > 0).sum())
    yield Row("total", "lost", "", "ids", len(ids), "tokens")
    yield Row("total", "lost", "", "share", _share(len(ids), whole), "share")
    yield Row("total", "lost", ALL, "share", _share(int(used[ids].sum()), int(used.sum())), "share")
    for place in _most(used[ids], top):
        token = int(ids[place])
        name = spelled(pair.old.vocabulary.spelling(token))
        yield Row("lost", name, ALL, "tokens", int(used[token]), "tokens", token)


def _special(pair: _Pair) -> Iterator[Row]:
    """Yield the special tokens that have an old one."""
    used = pair.whole
    for token in np.flatnonzero(pair.map.of(SPECIAL)).tolist():
        yield _listed("special", pair, token, int(used[token]))


def _none(pair: _Pair, top: int) -> Iterator[Row]:
    """Yield tokens that are made of nothing: the most frequent, then by their ids."""
    used, ids = pair.whole, np.flatnonzero(pair.map.of(NONE))
    for token in ids[np.argsort(-used[ids], kind="stable")][:top].tolist():
        yield _listed("none", pair, token, int(used[token]))


def _tensors(pair: _Pair, found: Checkpoint) -> Iterator[Row]:
    """Yield the tensors that are written anew, and what config.json must say then."""
    for one in found.tensors:
        old = f"{one.dtype} {list(one.old)}"
        yield Row("tensor", one.name, "", "rows", one.new[0], "rows", old=old)
    yield Row("config", "vocab_size", "", "value", pair.map.height, "")
    roles = roles_of(pair.new)
    for role in ("bos", "eos", "pad"):
        if role in roles:
            yield Row("config", f"{role}_token_id", "", "value", roles[role], "")


def _notes(pair: _Pair, found: Checkpoint | None) -> Iterator[str]:
    """Say what changes how the numbers are read."""
    changed = len(changed_by(pair.old, pair.new, pair.map))
    if changed:
        have = f"{many(changed, 'id')} of {pair.new.name} {'has' if changed == 1 else 'have'} text"
        yield f"{have} that {pair.old.name} normalizes to another: its model never saw it so"
    yield from _tensor_notes(pair, found) if found else ()
    yield from pair.counted.doubts()


def _tensor_notes(pair: _Pair, found: Checkpoint) -> Iterator[str]:
    """Say what became of padding, of ids without a row, and of other tensors and files."""
    for one in found.tensors:
        rows, ids = one.old[0], pair.map.width
        if rows > ids:
            yield f"{one.name}: {rows - ids:,} rows beyond the old ids, padding, are left out"
        beyond = int(without_row(pair.map, rows).sum())
        if beyond:
            yield f"{one.name} lacks rows of old ids that make {many(beyond, 'new id')}: zeros"
    empty = int((pair.map.counts == 0).sum())
    if empty:
        zeros = many(empty, "new row is zeros", "new rows are zeros")
        yield f"{zeros}: there is no way for the id, or no such id"
    if found.left:
        yield f"left as they are, for their rows are others: {', '.join(found.left)}"
    if found.beside:
        yield f"files without such a tensor, to copy yourself: {', '.join(found.beside)}"
