"""Which tokens are these? Lists of them: by a search, or those that others lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pandas as pd
import regex
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, choose
from tokscope.kinds import KINDS, POSITIONS, SCRIPTS, Spelled
from tokscope.report import Report
from tokscope.studies.composition import pieces_of
from tokscope.studies.counted import identities, load_all, versions
from tokscope.studies.show import spelled as written
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.ranks import NONE, ranks

Ids = NDArray[np.int64]
SHOWN = 25  # lines of a table where nobody says how many
_LONGEST = 20  # characters of a token in a table
_LONGEST_BYTES = 17  # of hexadecimal digits and spaces
_NOTE = (
    "rank: the place of its merge, or by score, from 0; ␣ space, ⏎ line feed, <C3> a byte of a cut "
    "character"
)


def listed(tokenizer: Tokenizer, spelled: Spelled, ids: Ids) -> pd.DataFrame:
    """Return one row a token: tokenizer, token, id, rank, kind, script, position, bytes."""
    vocabulary = tokenizer.vocabulary
    names = {token: name.encode() for name, token in vocabulary.specials.items()}
    pieces = [vocabulary[token] for token in ids.tolist()]
    texts = [written(names.get(i) or p) for i, p in zip(ids.tolist(), pieces, strict=True)]
    places = ranks(tokenizer)[ids].tolist()
    return pd.DataFrame(
        {
            "tokenizer": tokenizer.name,
            "token": texts,
            "id": ids,
            "rank": pd.Series([None if r == NONE else r for r in places], dtype=object),
            "kind": [KINDS[kind] for kind in spelled.kinds[ids]],
            "script": [SCRIPTS[script] for script in spelled.scripts[ids]],
            "position": [POSITIONS[position] for position in spelled.positions[ids]],
            "bytes": [piece.hex(" ") for piece in pieces],
        }
    )


def first(report: Report, top: int | None) -> Report:
    """Return a list cut after so many tokens of each tokenizer.

    Raises:
        TokscopeError: the number is none.
    """
    if top is None:
        return report
    if top < 1:
        raise TokscopeError(f"--top {top}: write how many tokens, such as 20")
    return replace(report, frame=report.frame.groupby("tokenizer", sort=False).head(top))


def grep(words: Sequence[str], pattern: str) -> Report:
    """Return the tokens whose text a regular expression finds, in order of their ids.

    Special tokens are searched by their names. Bytes that are no character match nothing.

    Raises:
        TokscopeError: the expression is none, or a tokenizer cannot be loaded.
    """
    try:
        search = regex.compile(pattern).search
    except regex.error as error:
        raise TokscopeError(
            f"--grep {pattern}: not a regular expression ({error}); put a \\ before a sign that is "
            "meant as such"
        ) from error
    tokenizers = load_all(words)
    frames = []
    for tokenizer in tokenizers:
        spelled = Spelled(tokenizer.vocabulary)
        texts = [piece.decode(errors="surrogateescape") for piece in pieces_of(spelled)]
        for name, token in tokenizer.vocabulary.specials.items():
            texts[token] = name
        ids = [i for i, text in enumerate(texts) if text and search(text)]
        frames.append(listed(tokenizer, spelled, np.array(ids, np.int64)))
    return _report(f"Tokens that match {pattern}", frames, words, tokenizers, tokenizers)


def only_in(words: Sequence[str], name: str) -> Report:
    """Return the tokens of one tokenizer whose bytes are a token of no other, in order of ids.

    Raises:
        TokscopeError: no tokenizer has that name or there is no other, or one cannot be loaded.
    """
    if len(words) < 2:
        raise TokscopeError("--only-in compares vocabularies; name two tokenizers")
    tokenizers = load_all(words)
    one = choose({tokenizer.name: tokenizer for tokenizer in tokenizers}, name, "tokenizer")
    others: set[bytes] = set()
    for tokenizer in tokenizers:
        if tokenizer is not one:
            others.update(pieces_of(Spelled(tokenizer.vocabulary)))
    spelled = Spelled(one.vocabulary)
    own = [i for i, piece in enumerate(pieces_of(spelled)) if piece and piece not in others]
    frame = listed(one, spelled, np.array(own, np.int64))
    rest = ", ".join(tokenizer.name for tokenizer in tokenizers if tokenizer is not one)
    return _report(f"Only in {name}, not in {rest}", [frame], words, tokenizers, [one])


def _report(
    title: str,
    frames: Sequence[pd.DataFrame],
    words: Sequence[str],
    tokenizers: Sequence[Tokenizer],
    listing: Sequence[Tokenizer],
) -> Report:
    frame = pd.concat(frames, ignore_index=True)
    counts = ", ".join(f"{one.name} {len(own):,}" for one, own in zip(listing, frames, strict=True))
    signature = (versions(), *identities(words, tokenizers), f"scripts:regex {version('regex')}")
    return Report("vocab", title, frame, (f"tokens: {counts}", _NOTE), "|".join(signature))


def tables(report: Report, top: int | None = None, *, counted: bool = False) -> list[Report]:
    """Return what people read: the first tokens under each tokenizer, long ones cut.

    `counted` puts before them how many there are of each kind and of each script.
    """
    views = _counts(report) if counted else []
    for name, own in report.frame.groupby("tokenizer", sort=False):
        shown = own.head(top or SHOWN)
        more = f", the first {len(shown):,}" if len(shown) < len(own) else ""
        title = f"{name}: {len(own):,} tokens{more}"
        columns = {
            "token": [_cut(token, _LONGEST) for token in shown["token"]],
            "id": shown["id"],
            "rank": shown["rank"],
            "kind": shown["kind"],
            "bytes": [_cut(digits, _LONGEST_BYTES) for digits in shown["bytes"]],
        }
        views.append(Report("vocab", title, pd.DataFrame(columns)))
    if not views:
        return [replace(report, frame=report.frame[["tokenizer", "token", "id"]])]
    views[0] = replace(views[0], title=f"{report.title}\n{views[0].title}")
    views[-1] = replace(views[-1], notes=report.notes, signature=report.signature)
    return views


def _counts(report: Report) -> list[Report]:
    return [
        Report("vocab", f"By {by}", counts.rename("tokens").rename_axis(by).reset_index())
        for by in ("kind", "script")
        if len(counts := report.frame[by].value_counts())
    ]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
