"""Does text come back from its tokens? Probes, and every character that Unicode assigns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.tokens import come_back
from tokscope.reach.probes import characters
from tokscope.reach.search import encode_what_can_be
from tokscope.text.scripts import NAMES, own_scripts
from tokscope.tokenizers import Encoded, Tokenizer
from tokscope.tokenizers.anatomy import Anatomy
from tokscope.tokenizers.vocabulary import Vocabulary, missing_bytes

Numbers = NDArray[np.int64]
OUTCOMES = ("exact", "normalised", "lost", "unknown")
EXACT, NORMALISED, LOST, UNKNOWN = range(len(OUTCOMES))
# why a text does not come back
SPACE = "a space is put in front"
DROPPED = "the pre-tokenizer drops characters"
DECODED = "the decoder joins pieces otherwise"
_LEADING = 0xC0  # the first byte that begins a longer character; no character ends in it
_CHUNK, _BATCH = 64, 8192  # characters in one text, and texts of one character at once


def lacking_bytes(vocabulary: Vocabulary) -> list[int]:
    """Return the bytes without a token, if the vocabulary falls back to bytes.

    If the vocabulary marks the ends of words, a byte also needs a token with the mark, unless no
    character ends in it.
    """
    if not vocabulary.byte_tokens.any():
        return []
    whole = (vocabulary.lengths == 1) & ~vocabulary.incomplete
    ids = np.flatnonzero(vocabulary.byte_tokens | whole).tolist()
    ending = vocabulary.ending
    if ending is None:
        return missing_bytes(vocabulary[i] for i in ids)
    inside = missing_bytes(vocabulary[i] for i in ids if i not in ending)
    last = missing_bytes(vocabulary[i] for i in ids if i in ending)
    return sorted({*inside, *(byte for byte in last if byte < _LEADING)})


def outcomes(tokenizer: Tokenizer, parts: Anatomy, texts: Sequence[str]) -> Numbers:
    """Return the outcome of each text, as numbers of `OUTCOMES`; (D,).

    Normalised: the normalized text comes back, except for spaces around it. Unknown: the unknown
    token stands for a part of it. Text that gives no token at all is lost.
    """
    encoded = encode_what_can_be(tokenizer, texts)
    units = _units(encoded)
    unknown = tokenizer.vocabulary.unknown
    # many texts have the same tokens, such as the unknown token alone
    backs = {ids: (tokenizer.decode(ids), unknown in ids) for ids in set(units)}
    pairs = zip(texts, map(backs.__getitem__, units), strict=True)
    return np.array([_outcome(parts, text, *back) for text, back in pairs], np.int64)


def _units(encoded: Encoded) -> list[tuple[int, ...]]:
    """Return the ids of each unit."""
    ids = encoded.ids.tolist()
    return [tuple(ids[start:end]) for start, end in pairwise(encoded.starts.tolist())]


def _outcome(parts: Anatomy, text: str, back: str, unknown: bool) -> int:
    if back == text:
        return EXACT
    normal = parts.normal(text)
    if normal != text and back.strip(" ") == normal.strip(" "):
        return NORMALISED
    return UNKNOWN if unknown else LOST


def losses(tokenizer: Tokenizer, parts: Anatomy, texts: Sequence[str]) -> Counter[str]:
    """Count the likely reasons why texts do not come back."""
    backs = map(tokenizer.decode, _units(encode_what_can_be(tokenizer, texts)))
    return Counter(_reason(parts, text, back) for text, back in zip(texts, backs, strict=True))


def _reason(parts: Anatomy, text: str, back: str) -> str:
    if back == f" {text}":
        return SPACE
    prepared = parts.prepare(text)
    whole = "".join(prepared.pieces) in (prepared.text, f" {prepared.text}")
    return DECODED if whole else DROPPED


def sweep(tokenizer: Tokenizer, parts: Anatomy) -> Numbers:
    """Return the outcome of each of `characters`, encoded alone; (C,).

    Many are first tried in one text: if the text comes back, so does each of them.
    """
    text = characters()
    chunks = [text[i : i + _CHUNK] for i in range(0, len(text), _CHUNK)]
    same = come_back(tokenizer, encode_what_can_be(tokenizer, chunks), chunks)
    alone = np.flatnonzero(~np.repeat(same, list(map(len, chunks))))
    results = np.full(len(text), EXACT)
    for start in range(0, len(alone), _BATCH):
        some = alone[start : start + _BATCH]
        results[some] = outcomes(tokenizer, parts, [text[i] for i in some.tolist()])
    return results


def by_script(results: Numbers) -> dict[str, Numbers]:
    """Count the outcomes of `sweep` by script; (4,) each."""
    scripts = own_scripts(np.frombuffer(characters().encode("utf-32-le"), np.uint32))
    counts = np.zeros((len(NAMES), len(OUTCOMES)), np.int64)
    np.add.at(counts, (scripts, results), 1)
    return {name: row for name, row in zip(NAMES, counts, strict=True) if row.any()}
