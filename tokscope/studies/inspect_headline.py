"""One sentence about a tokenizer: what it is, and what it does to digits, case and spaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.tokenizers import Tokenizer

_NAMED = 4  # tokenizers that a headline names
_WORDS = 64  # tokens of a space and letters that are tried
_WORD = re.compile(b" [A-Za-z]+")
_SPACE, _ZERO, _NINE = b" 09"


def headline(tokenizers: Sequence[Tokenizer]) -> str:
    """Say what a tokenizer is and does, or of several what they are."""
    if len(tokenizers) == 1:
        (one,) = tokenizers
        engine = re.split("[,:;(]", one.path)[0].strip()
        *most, last = [habit for habit in _habits(one) if habit] or [""]
        does = f"{', '.join(most)} and {last}" if most else last
        return f"{_kind(one)}, encoded by {engine}.{f' It {does}.' if does else ''}"
    more = len(tokenizers) - _NAMED
    told = [*map(_kind, tokenizers[:_NAMED]), *([f"and {more} more"] if more > 0 else [])]
    return f"{'; '.join(told)}."


def _kind(tokenizer: Tokenizer) -> str:
    return f"{tokenizer.name}: {tokenizer.family}, {len(tokenizer.vocabulary):,} ids"


def _habits(tokenizer: Tokenizer) -> list[str]:
    """Return what it does to digits, case and spaces; "" where it does not know the characters."""
    try:
        return [_digits(tokenizer), _case(tokenizer), _spaces(tokenizer)]
    except TokscopeError:  # it cannot encode them
        return []


def _digits(tokenizer: Tokenizer) -> str:
    """Encode all numbers that are tokens, and look for the most digits in one token."""
    vocabulary = tokenizer.vocabulary
    digits = _digits_of(tokenizer)
    starts = vocabulary.ends - vocabulary.lengths
    spaced = (vocabulary.lengths > 0) & (np.append(vocabulary.blob, 0)[starts] == _SPACE)
    numbers = np.flatnonzero((digits > 1) & (digits + spaced == vocabulary.lengths)).tolist()
    texts = ["7", *(vocabulary[one].decode().strip() for one in numbers)]
    encoded = tokenizer.encode(texts)
    if _has_unknown(tokenizer, encoded.ids[: encoded.starts[1]]):
        return ""
    most = int(digits[encoded.ids].max(initial=0))
    return f"joins up to {most} digits into a token" if most > 1 else "makes every digit a token"


def _digits_of(tokenizer: Tokenizer) -> NDArray[np.int64]:
    """Return how many ASCII digits the bytes of each token have."""
    vocabulary = tokenizer.vocabulary
    is_digit = (vocabulary.blob >= _ZERO) & (vocabulary.blob <= _NINE)
    before = np.append(0, np.cumsum(is_digit, dtype=np.int64))
    return before[vocabulary.ends] - before[vocabulary.ends - vocabulary.lengths]


def _case(tokenizer: Tokenizer) -> str:
    upper, lower = (tokenizer.encode([text]).ids for text in ("HELLO", "hello"))
    if _has_unknown(tokenizer, np.append(upper, lower)):
        return ""
    return "ignores case" if np.array_equal(upper, lower) else "keeps case"


def _spaces(tokenizer: Tokenizer) -> str:
    """Encode a space between two letters, then words that are tokens together with their space."""
    vocabulary = tokenizer.vocabulary
    ids = tokenizer.encode(["a a"]).ids
    if _has_unknown(tokenizer, ids):
        return ""
    if b" " not in b"".join(vocabulary[one] for one in ids.tolist()).strip():
        return "drops spaces"
    tokens = (vocabulary[one] for one in range(vocabulary.size))
    words = list(islice(filter(_WORD.fullmatch, tokens), _WORDS))
    ids = tokenizer.encode([f"a{word.decode()}" for word in words]).ids
    joined = any(_WORD.fullmatch(vocabulary[one]) for one in ids.tolist())
    return "joins a space to the word after it" if joined else "makes spaces tokens of their own"


def _has_unknown(tokenizer: Tokenizer, ids: NDArray[np.int32]) -> bool:
    unknown = tokenizer.vocabulary.unknown
    return unknown is not None and bool((ids == unknown).any())
