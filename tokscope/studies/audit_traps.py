"""Strings that trap a tokenizer: two words joined without a space, and not cut between them.

For a token T = u v, join a word that ends in u and a word that begins with v (ADT, arXiv
2405.17067).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tokscope.counting.signature import signed
from tokscope.counting.tokens import Text, Tokens
from tokscope.errors import TokscopeError
from tokscope.report import Report
from tokscope.text.corpus import corpora_given, words_of
from tokscope.text.given import Corpora
from tokscope.text.spelled import spelled as written
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.given import Tokenizers, load_all
from tokscope.tokenizers.ranks import ranks_of
from tokscope.vocabularies.kinds import ENDS, LETTERS, NEITHER, STARTS, Spelled
from tokscope.wording import some

COLUMNS = ["tokenizer", "text", "left", "right", "cut", "token", "inside"]
_TRIED = 50_000  # pairs of words to try for each tokenizer
_CLAUSES = 3  # of a headline
_LONGEST = 12  # characters of a token T to try
_NOTES = (
    "left and right are words; the cut has no boundary between them, as encoding shows",
    "inside: characters of the token over the border on the shorter side; the deepest first",
    "Source: ADT, arXiv 2405.17067",
)


def _letters(tokenizer: Tokenizer) -> tuple[list[str], list[str]]:
    """Return the tokens of letters in the order they were learned, and which of them are words.

    A word is a token that starts a word and has at least four letters, or two in scripts that are
    written without spaces.
    """
    spelled, vocabulary = Spelled(tokenizer.vocabulary), tokenizer.vocabulary
    ids = np.flatnonzero(spelled.kinds == LETTERS)
    ids = ids[np.argsort(ranks_of(tokenizer)[ids], kind="stable")]
    texts: dict[str, bool] = {}
    for token, position in zip(ids.tolist(), spelled.positions[ids].tolist(), strict=True):
        text = vocabulary[token].decode().strip()
        if len(text) > 1 and text.isalpha():
            least = {STARTS: 4, ENDS: 4, NEITHER: 2}.get(position)
            texts[text] = texts.get(text, False) or (least is not None and len(text) >= least)
    return list(texts), [text for text, is_word in texts.items() if is_word]


def _pairs(tokens: Sequence[str], words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield a word that ends with the first part of a token, and one that begins with the rest."""
    ending: dict[str, str] = {}
    beginning: dict[str, str] = {}
    for word in words:
        for size in range(1, min(len(word), _LONGEST)):
            ending.setdefault(word[-size:], word)
            beginning.setdefault(word[:size], word)
    for token in tokens:
        if len(token) <= _LONGEST:
            for k in range(1, len(token)):
                left, right = ending.get(token[:k]), beginning.get(token[k:])
                if left and right:
                    yield left, right


class Traps(NamedTuple):
    """Joined words that are not cut between the words."""

    rows: pd.DataFrame  # one for each token over the border, the deepest first
    trapped: int
    tried: int  # pairs of words


def _traps(tokenizer: Tokenizer, words: Sequence[str] | None) -> Traps:
    """Encode joined words, and keep those not cut between the words."""
    tokens, own = _letters(tokenizer)
    pairs = list(dict.fromkeys(islice(_pairs(tokens, own if words is None else words), _TRIED)))
    texts = [left + right for left, right in pairs]
    encoded = tokenizer.encode(texts)
    cuts = Tokens(text := Text(texts, "unicode"), tokenizer, encoded, specials=False).cuts
    rows = []
    for i, pair in enumerate(pairs):
        ends = cuts[encoded.starts[i] : encoded.starts[i + 1]] - text.unit_bytes[i]
        found = _over(pair, np.unique(ends[ends > 0]))
        if found:
            rows.append((tokenizer.name, texts[i], *pair, *found))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.sort_values("text", key=lambda column: column.str.len(), kind="stable")
    frame = frame.sort_values("inside", ascending=False, kind="stable")
    return Traps(frame.drop_duplicates("token"), len(frame), len(pairs))


def _over(pair: tuple[str, str], ends: NDArray[np.int64]) -> tuple[str, str, int] | None:
    """Return the cuts of joined words, the token across the border, and how far it reaches across.

    None if they are cut at the border, or are one token together, and so a word themselves.
    """
    data, border = "".join(pair).encode(), len(pair[0].encode())
    if border in ends or len(ends) < 2 or ends[-1] != len(data):
        return None
    edges = [0, *ends.tolist()]
    after = int(np.searchsorted(ends, border))
    start, end = edges[after], edges[after + 1]
    inside = min(_count(data[start:border]), _count(data[border:end]))
    cut = "|".join(written(data[a:b]) for a, b in pairwise(edges))
    return cut, written(data[start:end]), inside


def _count(piece: bytes) -> int:
    """Count the characters that begin in some bytes."""
    return sum(byte & 0xC0 != 0x80 for byte in piece)


def adversarial(tokenizers: Tokenizers, lists: Corpora | None = None, top: int = 20) -> Report:
    """Return joined words that are not cut between the words, one row for each trap and token.

    Words are the units of `lists`. Without lists, they are tokens that start words and have at
    least four letters, or two in scripts that are written without spaces. Columns: tokenizer, text,
    left, right, cut, token (the one over the border), inside (characters).

    Raises:
        TokscopeError: a tokenizer cannot be loaded, or `top` is below 1.
    """
    if top < 1:
        raise TokscopeError(f"--adversarial {top}: write how many strings, such as 20")
    used = load_all(tokenizers)
    texts = [] if lists is None else corpora_given(lists, argument="lists")
    listed = list(dict.fromkeys(word for corpus in texts for word in words_of(corpus)))
    traps = {one.name: _traps(one, None if lists is None else listed) for one in used}
    frame = pd.concat([own.rows.head(top) for own in traps.values()], ignore_index=True)
    title = "Glued words that trap the cut"
    return Report("audit", title, frame, _NOTES, signed(used), headline=headline(traps))


def headline(traps: Mapping[str, Traps]) -> str:
    """Say how many pairs of words trap each tokenizer, with the deepest, and name those without."""
    clauses = [_trapped(name, own) for name, own in traps.items() if own.trapped]
    lacking = [name for name, own in traps.items() if own.tried and not own.trapped]
    if lacking:
        most = max(traps[name].tried for name in lacking)
        clauses.append(f"no trap was found for {some(lacking)} in up to {most:,} pairs tried")
    untried = [name for name, own in traps.items() if not own.tried]
    if untried:
        clauses.append(f"cannot tell for {some(untried)}: there are no words to try")
    if len(clauses) > _CLAUSES:
        clauses[_CLAUSES:] = [f"{len(clauses) - _CLAUSES} more in the table"]
    return f"{'; '.join(clauses)}."


def _trapped(name: str, own: Traps) -> str:
    first, share = own.rows.iloc[0], f"{own.trapped:,} of {own.tried:,}"
    return (
        f"{name} has a token over the border of two glued words in {share} pairs made to trap it, "
        f"such as {first['cut']} for {first['left']} and {first['right']}"
    )
