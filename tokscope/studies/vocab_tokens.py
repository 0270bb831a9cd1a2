"""Lists of tokens: by a search, of one tokenizer only, or of a language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import regex
from numpy.typing import NDArray

from tokscope.counting.catalog import TYPES
from tokscope.counting.counted import count, require_countable, texts_of, types_of
from tokscope.counting.signature import signed
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError, choose, shortened
from tokscope.late import Late
from tokscope.measures.languages import language_of_token
from tokscope.provenance import Provenance, version_of
from tokscope.report import Report
from tokscope.studies.vocab_headline import matched, own_tokens, typical
from tokscope.text.given import Corpora
from tokscope.text.spelled import spelled as written
from tokscope.tokenizers import Tokenizer, assumptions
from tokscope.tokenizers.given import Tokenizers, asked, load_all
from tokscope.tokenizers.limits import require_pattern
from tokscope.tokenizers.ranks import UNRANKED, ranks_of
from tokscope.vocabularies.kinds import KINDS, POSITIONS, SCRIPTS, Spelled
from tokscope.workers import HERE, Workers

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")  # the other tables of vocabularies need none

_PATIENCE = 10  # seconds for a search among the tokens
Ids = NDArray[np.int64]
SHOWN = 25  # lines of a table by default
_LONGEST = 20  # characters of a token in a table
_LONGEST_BYTES = 17  # of hexadecimal digits and spaces
_OF_VOCABULARY = ["token", "id", "rank", "kind", "bytes"]  # columns of a table
_OF_TEXT = ["token", "id", "count", "probability", "kind", "bytes"]
_PROBABLE = "probability: P(language | token), texts weighing the same; in order of it times count"
_NOTE = (
    "rank: the place of its merge, or by score, from 0; ␣ space, ⏎ line feed, <C3> a byte of a cut "
    "character"
)


def listed(tokenizer: Tokenizer, spelled: Spelled, ids: Ids) -> pd.DataFrame:
    """Return one row for each token: tokenizer, token, id, rank, kind, script, position, bytes."""
    vocabulary = tokenizer.vocabulary
    places = ranks_of(tokenizer)[ids].tolist()
    return pd.DataFrame(
        {
            "tokenizer": tokenizer.name,
            "token": [written(vocabulary.spelling(token)) for token in ids.tolist()],
            "id": ids,
            "rank": pd.Series([None if r == UNRANKED else r for r in places], dtype=object),
            "kind": [KINDS[kind] for kind in spelled.kinds[ids]],
            "script": [SCRIPTS[script] for script in spelled.scripts[ids]],
            "position": [POSITIONS[position] for position in spelled.positions[ids]],
            "bytes": [vocabulary[token].hex(" ") for token in ids.tolist()],
        }
    )


def require_top(top: int | None) -> None:
    """Raise TokscopeError if `top` is below 1."""
    if top is not None and top < 1:
        raise TokscopeError(f"--top {top}: write how many tokens, such as 20")


def first(report: Report, top: int | None) -> Report:
    """Return the first `top` tokens of each tokenizer in a list.

    Raises:
        TokscopeError: `top` is below 1.
    """
    require_top(top)
    if top is None:
        return report
    return replace(report, table=report.frame.groupby("tokenizer", sort=False).head(top))


def grep(tokenizers: Tokenizers, pattern: str) -> Report:
    """Return the tokens whose text matches a regular expression, in order of ids.

    Special tokens are searched by their names. Bytes that are not characters match nothing.

    Raises:
        TokscopeError: the expression is not valid, or a tokenizer cannot be loaded.
    """
    require_pattern(pattern)
    try:
        search = regex.compile(pattern).search
    except regex.error as error:
        raise TokscopeError(
            f"--grep {pattern}: not a regular expression ({error}); put a \\ before a sign that is "
            "meant as such"
        ) from error
    used = load_all(tokenizers)
    end = monotonic() + _PATIENCE
    frames = {}
    for tokenizer in used:
        spelled = Spelled(tokenizer.vocabulary)
        texts = [piece.decode(errors="surrogateescape") for piece in tokenizer.vocabulary.pieces]
        for name, token in tokenizer.vocabulary.specials.items():
            texts[token] = name
        ids = _matching(texts, search, end)
        frames[tokenizer.name] = listed(tokenizer, spelled, np.array(ids, np.int64))
    told = matched({name: len(frame) for name, frame in frames.items()})
    return _report(f"Tokens that match {pattern}", frames, signed(used), used, told)


def _matching(texts: Sequence[str], search: Callable[..., object], end: float) -> list[int]:
    """Return the ids of the texts that an expression matches; give up at the time `end`."""
    try:
        return [
            i
            for i, text in enumerate(texts)
            if text and search(text, timeout=max(end - monotonic(), 0.001))
        ]
    except TimeoutError as error:
        raise TokscopeError(
            f"--grep: searched for {_PATIENCE} s and not done; write an expression that does not "
            "try the same text in many ways"
        ) from error


def only_in(tokenizers: Tokenizers, name: str) -> Report:
    """Return the tokens of one tokenizer that no other has, by bytes, in order of ids.

    Raises:
        TokscopeError: no tokenizer has that name or there is no other, or one cannot be loaded.
    """
    if len(asked(tokenizers)) < 2:
        raise TokscopeError("--only-in compares vocabularies; name two tokenizers")
    used = load_all(tokenizers)
    one = choose({tokenizer.name: tokenizer for tokenizer in used}, name, "tokenizer")
    others: set[bytes] = set()
    for tokenizer in used:
        if tokenizer is not one:
            others.update(tokenizer.vocabulary.pieces)
    spelled = Spelled(one.vocabulary)
    own = [i for i, piece in enumerate(one.vocabulary.pieces) if piece and piece not in others]
    frames = {name: listed(one, spelled, np.array(own, np.int64))}
    rest = [tokenizer.name for tokenizer in used if tokenizer is not one]
    size = int((one.vocabulary.lengths > 0).sum())
    told = own_tokens(frames[name], name, size, rest)
    title = f"Only in {name}, not in {', '.join(rest)}"
    report = _report(title, frames, signed(used), used, told)
    return replace(report, view=partial(tables, counted=True))


def of_language(
    tokenizers: Tokenizers,
    corpora: Corpora | None,
    language: str,
    *,
    specials: bool = False,
    workers: Workers = HERE,
) -> Report:
    """Return the tokens in the text of one corpus, the most characteristic first.

    Without `corpora`, the languages of the embedded sample are used.

    They are in order of P(language | token) times their share of its tokens. Further columns:
    count, in its text, and probability, P(language | token).

    Raises:
        TokscopeError: no corpus has that name, or a tokenizer or a text cannot be used.
    """
    texts = texts_of(corpora)
    require_countable(texts)
    place = choose({corpus.name: i for i, corpus in enumerate(texts)}, language, "corpus")
    counting = Counting(frozenset(("units", "bytes", TYPES)), specials=specials)
    counted = count(load_all(tokenizers), texts, counting, workers=workers)
    frames = {}
    for k, tokenizer in enumerate(counted.tokenizers):
        types = types_of(counted, k)
        probability, uses = np.nan_to_num(language_of_token(types)[place]), types[place]
        order = np.argsort(-probability * uses, kind="stable")
        ids = order[: int((uses > 0).sum())]
        frame = listed(tokenizer, Spelled(tokenizer.vocabulary), ids)
        frames[tokenizer.name] = frame.assign(count=uses[ids], probability=probability[ids])
    told = typical(frames, language, len(texts))
    report = _report(f"Tokens of {language}", frames, counted.provenance, counted.tokenizers, told)
    notes = (*report.notes, _PROBABLE, *counted.doubts())
    return replace(report, notes=notes, details=(*report.details, *counted.skips()))


def _report(
    title: str,
    frames: Mapping[str, pd.DataFrame],
    known: Provenance,
    tokenizers: Sequence[Tokenizer],
    told: str,
) -> Report:
    """Join lists by name of tokenizer."""
    frame = pd.concat(frames.values(), ignore_index=True)
    provenance = {**known, "scripts": f"regex {version_of('regex')}"}
    notes = tuple(assumptions(tokenizers))
    return Report(
        "vocab", title, frame, notes, provenance, headline=told, details=(_NOTE,), view=tables
    )


def tables(
    report: Report, top: int | None = None, *, counted: bool = False, details: bool = False
) -> list[Report]:
    """Return the tables that people read: the first tokens of each tokenizer, shortened.

    `counted` adds the number of tokens of each kind and script in front. `details` shows all
    tokens, if `top` does not say how many, and all notes.
    """
    views = _counts(report) if counted else []
    for name, own in report.frame.groupby("tokenizer", sort=False):
        shown = own.head(top or (len(own) if details else SHOWN))
        more = f", the first {len(shown):,}" if len(shown) < len(own) else ""
        title = f"{name}, {len(own):,} tokens{more}"
        cut = shown.assign(
            token=[shortened(token, _LONGEST) for token in shown["token"]],
            bytes=[shortened(digits, _LONGEST_BYTES) for digits in shown["bytes"]],
        )
        views.append(Report("vocab", title, cut[_OF_TEXT if "count" in own else _OF_VOCABULARY]))
    notes = (*report.notes, *(report.details if details else ()))
    if not views:
        empty = report.frame[["tokenizer", "token", "id"]]
        return [replace(report, table=empty, notes=notes, view=None)]
    title = f"{report.title}: {views[0].title}"
    views[0] = replace(views[0], title=title, headline=report.headline)
    views[-1] = replace(views[-1], notes=notes, provenance=report.provenance)
    return views


def _counts(report: Report) -> list[Report]:
    return [
        Report("vocab", f"by {by}", counts.rename("tokens").rename_axis(by).reset_index())
        for by in ("kind", "script")
        if len(counts := report.frame[by].value_counts())
    ]
