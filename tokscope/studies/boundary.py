"""What does a prompt that ends inside a token exclude?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.boundaries.covers import Covers, covers
from tokscope.counting.catalog import TYPES
from tokscope.counting.counted import all_types_of, count, texts_of
from tokscope.counting.signature import signed
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, path_of
from tokscope.given import unlike
from tokscope.report import Report
from tokscope.studies.boundary_headline import Told, headline
from tokscope.studies.boundary_plots import plots
from tokscope.text.given import Corpora
from tokscope.text.spelled import spelled
from tokscope.tokenizers import Tokenizer, assumptions, switched_off
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.visible import escaped
from tokscope.wording import many
from tokscope.workers import HERE, Workers
from tokscope.writing import write_all

TOP = 5
Place = str | PathLike[str]
_TOKENS = 100  # the last tokens of a prompt, which are rows
_SEEN = 8  # final tokens that people see
_WIDEST = 40  # characters of a prompt in a note
_MOST = 50_000_000  # ids in a file


_USES = Counting(frozenset(("units", TYPES)))


class Prompted(NamedTuple):
    """A tokenizer and its covers of the prompt."""

    tokenizer: Tokenizer
    covers: Covers
    uses: NDArray[np.int64] | None = None  # how often each id comes up in text, if there is some

    @property
    def name(self) -> str:
        """The name of the tokenizer."""
        return self.tokenizer.name

    @property
    def open(self) -> int:
        """The number of canonical tokens in which covers differ."""
        return len(self.covers.canonical) - self.covers.final

    @property
    def excluded(self) -> NDArray[np.int64]:
        """The covers that do not begin with the canonical tokens."""
        return np.flatnonzero(self.covers.given_up > 0)

    def written(self, ids: Sequence[int]) -> str:
        """Return what people see of tokens."""
        vocabulary = self.tokenizer.vocabulary
        return "|".join(spelled(vocabulary.spelling(token)) for token in ids)


def boundary(
    tokenizers: Tokenizers,
    prompt: str,
    *,
    top: int = TOP,
    save: Place | Sequence[Place] = (),
    corpora: Corpora | None = None,
    workers: Workers = HERE,
) -> Report:
    """Return in how many ways a continuation of a prompt can be encoded, and which are excluded.

    A cover of the prompt is an encoding of a text that begins with it, up to the token that holds
    the end of the prompt. If the canonical tokens of the prompt are given to a model, it cannot go
    on to the covers that begin with others.

    Args:
        tokenizers: given as to `compare`.
        prompt: a text that is to be continued.
        top: covers that are listed: the shortest first, or the most used in text.
        save: files that all covers are written to, as lines of JSON.
        corpora: text by which covers are listed: how often their last token comes up in it.
        workers: who reads the text.

    Columns: tokenizer, part (prompt, given up, final, open, cover), name (a number of tokens, a
    token, a cover from where it may differ), ids, measure, value, unit.

    Raises:
        TokscopeError: the prompt is empty, a tokenizer cannot be loaded or cannot encode it, or a
            file cannot be written.
    """
    _require(prompt, top)
    places = [save] if isinstance(save, str | PathLike) else save
    texts = None if corpora is None else texts_of(corpora)
    used = load_all(tokenizers)
    found = [Prompted(one, covers(one, prompt)) for one in used]
    counted = None if texts is None else count(used, texts, _USES, workers=workers)
    if counted:
        found = [one._replace(uses=all_types_of(counted, k)) for k, one in enumerate(found)]
    rows = [row for one in found for row in _rows(one, top)]
    digest = hashlib.sha256(prompt.encode()).hexdigest()[:12]
    if places:
        lines = _lines(found)
        write_all({path_of(str(place)): lines for place in places})
    return Report(
        "boundary",
        f"What a prompt of {many(len(prompt), 'character')} leaves open",
        rows,
        (
            *(note for one in found for note in _notes(one, prompt)),
            *assumptions(used),
            *(counted.replacements() if counted else ()),
        ),
        {**signed(used), **(counted.text if counted else {}), "prompt": digest, "specials": "text"},
        headline=headline(prompt, [_told(one) for one in found]),
        details=(*_DETAILS, *switched_off(used), *filter(None, map(_cut, found))),
        view=tables,
        plots=plots,
    )


_DETAILS = (
    "open: the tokens in which encodings of continuations differ; final: those before them",
    "cover: the tokens of a continuation, up to the one that holds the end of the prompt",
    "excluded: covers that do not begin with all tokens of the prompt",
)


def _require(prompt: str, top: int) -> None:
    if not isinstance(prompt, str):
        raise unlike(prompt, "prompt", "a string")
    if not prompt:
        raise TokscopeError("the prompt is empty: any text can follow, so nothing is excluded")
    if any("\ud800" <= char <= "\udfff" for char in prompt):
        raise TokscopeError("the prompt is not valid Unicode; write it as UTF-8")
    if top < 1:
        raise TokscopeError(f"--top {top}: write how many covers, from 1 up")


def _rows(one: Prompted, top: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of a tokenizer."""
    found, name = one.covers, one.name
    size = len(found.canonical)

    def row(part: str, measure: str, value: float, unit: str, **told: str) -> dict[str, Any]:
        known = {"tokenizer": name, "part": part, "name": "", "ids": "", **told}
        return known | {"measure": measure, "value": value, "unit": unit}

    counts = {"tokens": size, "final": found.final, "open": one.open}
    yield from (row("prompt", measure, value, "tokens") for measure, value in counts.items())
    counts = {"covers": len(found), "excluded": len(one.excluded)}
    yield from (row("prompt", measure, value, "covers") for measure, value in counts.items())
    counts = {"candidates": found.candidates, "candidates inside characters": found.incomplete}
    yield from (row("prompt", measure, value, "tokens") for measure, value in counts.items())
    for number, value in zip(*np.unique(found.given_up, return_counts=True), strict=True):
        yield row("given up", "covers", int(value), "covers", name=f"{number}")
    for place in range(max(0, size - _TOKENS), size):
        token = int(found.canonical[place])
        part = "final" if place < found.final else "open"
        written = one.written([token])
        yield row(part, "position", place + 1, "", name=written, ids=f"{token}")
    for cover in _listing(one)[:top]:
        ids = found.ids(cover)
        last = ids[-1]
        ids = ids[min(found.final, len(ids) - 1) :]
        told = {"name": one.written(ids), "ids": " ".join(map(str, ids))}
        yield row("cover", "given up", int(found.given_up[cover]), "tokens", **told)
        if one.uses is not None:
            yield row("cover", "uses", int(one.uses[last]), "tokens", **told)


def _listing(one: Prompted) -> list[int]:
    """Return the covers: those whose last token is most used, then those with the shortest rest."""
    found = one.covers
    sizes = np.array([len(rest.encode()) for rest in found.rests], np.int64)[found.rest]
    uses = np.zeros(len(found), np.int64) if one.uses is None else one.uses[found.last]
    order: list[int] = np.lexsort((sizes, -uses)).tolist()
    return order


def _lines(found: Sequence[Prompted]) -> bytes:
    """Return a line of JSON for every cover.

    Raises:
        TokscopeError: there would be far too many ids.
    """
    ids = sum(len(one.covers) * len(one.covers.canonical) for one in found)
    if ids > _MOST:
        raise TokscopeError(
            f"the covers would be {ids:,} ids in a file; give only the end of the prompt"
        )
    written = json.JSONEncoder(ensure_ascii=False).encode
    return escaped("".join(f"{written(line)}\n" for one in found for line in _covers(one))).encode()


def _covers(one: Prompted) -> Iterator[dict[str, object]]:
    found = one.covers
    for cover, given_up in enumerate(found.given_up.tolist()):
        text = found.text + found.behind(cover)
        yield {
            "tokenizer": one.name,
            "given_up": given_up,
            "ids": found.ids(cover),
            "text": text,
        }


def _told(one: Prompted) -> Told:
    """Return what the headline is about."""
    found, vocabulary = one.covers, one.tokenizer.vocabulary
    last = set(found.last[one.excluded].tolist())
    return Told(
        one.name,
        int((vocabulary.lengths > 0).sum()),
        len(found.canonical),
        tuple(one.written([token]) for token in found.canonical[found.final :].tolist()),
        len(found),
        len(one.excluded),
        len(last) if all(vocabulary[token][:1] == b" " for token in last) else 0,
    )


def _notes(one: Prompted, prompt: str) -> Iterator[str]:
    """Say what changes how the numbers of a tokenizer are read."""
    found, vocabulary = one.covers, one.tokenizer.vocabulary
    if found.text != prompt:
        yield f"{one.name} reads the prompt as “{_end(found.text)}”"
    if found.lost:
        yield f"{one.name} has no token that holds the end of the prompt"
    if vocabulary.unknown is not None and vocabulary.unknown in found.canonical:
        yield f"{one.name} has no token for a part of the prompt"
    if vocabulary.ending is not None:
        yield f"{one.name} marks the ends of words: all covers end a word"
    if one.uses is not None and not one.uses[found.last].any():
        yield f"no cover of {one.name} ends in a token of the text: the shortest ones are listed"
    added = np.isin(found.last, list(added_ids(one.tokenizer)))
    if added.any():
        ends = many(int(added.sum()), f"cover of {one.name} ends", f"covers of {one.name} end")
        yield f"{ends} in an added token"
    begun = sum(_begins(text, prompt) for text in vocabulary.specials)
    if begun:
        tokens = many(begun, "special token")
        yield f"a continuation can complete {tokens} of {one.name}; special tokens are text here"


def _begins(text: str, prompt: str) -> bool:
    """Tell whether a prompt ends in the beginning of a text."""
    return any(prompt.endswith(text[:size]) for size in range(1, len(text)))


def _end(text: str) -> str:
    return (
        spelled(text.encode()) if len(text) <= _WIDEST else f"…{spelled(text[-_WIDEST:].encode())}"
    )


def _cut(one: Prompted) -> str:
    """Say how many tokens are left out as they end inside a character."""
    cut = one.covers.incomplete
    return f"{one.name}: {many(cut, 'token')} left out, ending inside a character" if cut else ""


# What people see


def tables(report: Report, *, details: bool = False) -> list[Report]:
    """Return the counts, the tokens of the prompt, and the shortest covers."""
    views = [
        Report("boundary", report.title, _counts(report), headline=report.headline),
        Report("boundary", "The last tokens of the prompt", _tokens(report)),
        Report("boundary", _title(report), _listed(report)),
    ]
    notes = report.notes + (report.details if details else ())
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _by_name(report: Report) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows of each tokenizer."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in report.rows:
        found.setdefault(row["tokenizer"], []).append(row)
    return found


def _counts(report: Report) -> list[dict[str, Any]]:
    """Return the numbers of tokens and covers."""
    made = []
    by_name = _by_name(report)
    numbers = {row["name"] for row in report.rows if row["part"] == "given up"} - {"0"}
    columns = {f"giving up {number}": number for number in sorted(numbers, key=int)}
    columns = columns if len(columns) > 1 else {}
    for name, rows in by_name.items():
        counts = {row["measure"]: row["value"] for row in rows if row["part"] == "prompt"}
        shown = {key: counts[key] for key in ("tokens", "final", "open", "covers", "excluded")}
        given = {row["name"]: row["value"] for row in rows if row["part"] == "given up"}
        more = {column: given.get(number, 0) for column, number in columns.items()}
        made.append({"tokenizer": name, **shown, **more})
    return made


def _tokens(report: Report) -> list[dict[str, Any]]:
    """Return the last final tokens and all open ones."""
    made = []
    for name, rows in _by_name(report).items():
        final = [row for row in rows if row["part"] == "final"]
        shown = "|".join(row["name"] for row in final[-_SEEN:])
        more = "…|" if final[-_SEEN:] and final[-_SEEN:][0]["value"] > 1 else ""
        own = [row for row in rows if row["part"] == "open"]
        made.append(
            {
                "tokenizer": name,
                "final": more + shown,
                "open": "|".join(row["name"] for row in own),
                "ids": " ".join(row["ids"] for row in own),
            }
        )
    return made


def _title(report: Report) -> str:
    is_used = any(row["measure"] == "uses" for row in report.rows)
    return f"{'Most used' if is_used else 'Shortest'} covers, from where they may differ"


def _listed(report: Report) -> list[dict[str, Any]]:
    """Return the covers that are listed, each with its measures."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in report.rows:
        if row["part"] == "cover":
            own = found.setdefault((row["tokenizer"], row["name"], row["ids"]), {})
            own[row["measure"]] = row["value"]
    return [
        {"tokenizer": tokenizer, "cover": cover, **measures, "ids": ids}
        for (tokenizer, cover, ids), measures in found.items()
    ]
