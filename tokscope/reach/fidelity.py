"""Does text come back from its tokens? Probes, and every character that Unicode assigns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tokscope.reach.probes import characters
from tokscope.reach.search import encode_what_can_be
from tokscope.text.scripts import NAMES, own_scripts
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import Anatomy
from tokscope.tokenizers.vocabulary import Vocabulary, missing_bytes

Numbers = NDArray[np.int64]
OUTCOMES = ("exact", "normalised", "lost", "unknown")
EXACT, NORMALISED, LOST, UNKNOWN = range(len(OUTCOMES))
_LEADING = 0xC0  # the first of the bytes that begin a character of several, so that none ends in it
_CHUNK = 64


def lacking_bytes(vocabulary: Vocabulary) -> list[int]:
    """Return the bytes without a token, if the vocabulary spells what it lacks in bytes.

    Where ends of words are marked, a byte needs a token with the mark too, unless no character
    ends in it.
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
    """Return what became of each text, as numbers of `OUTCOMES`; (D,).

    Normalised: what comes back is what the normalizer made of it, but for spaces around it.
    Unknown: the unknown token stands for a part of it. Text that gives no token at all is lost.
    """
    encoded = encode_what_can_be(tokenizer, texts)
    found = np.full(len(texts), LOST)
    for i, text in enumerate(texts):
        ids = encoded.ids[encoded.starts[i] : encoded.starts[i + 1]].tolist()
        back = tokenizer.decode(ids)
        if back == text:
            found[i] = EXACT
        elif tokenizer.vocabulary.unknown in ids:
            found[i] = UNKNOWN
        normal = parts.prepare(text).text if found[i] != EXACT else text
        if found[i] != EXACT and normal != text and back.strip(" ") == normal.strip(" "):
            found[i] = NORMALISED
    return found


def sweep(tokenizer: Tokenizer, parts: Anatomy) -> Numbers:
    """Return what becomes of each of `characters`, standing alone; (C,).

    Many are first tried in one text: where it comes back, each of them does.
    """
    text = characters()
    chunks = [text[i : i + _CHUNK] for i in range(0, len(text), _CHUNK)]
    encoded = encode_what_can_be(tokenizer, chunks)
    found = np.full(len(text), EXACT)
    for k, chunk in enumerate(chunks):
        ids = encoded.ids[encoded.starts[k] : encoded.starts[k + 1]].tolist()
        if tokenizer.decode(ids) != chunk:
            start = k * _CHUNK
            found[start : start + len(chunk)] = outcomes(tokenizer, parts, list(chunk))
    return found


def by_script(found: Numbers) -> dict[str, Numbers]:
    """Count the outcomes of `sweep` by script; (4,) each."""
    scripts = own_scripts(np.frombuffer(characters().encode("utf-32-le"), np.uint32))
    counts = np.zeros((len(NAMES), len(OUTCOMES)), np.int64)
    np.add.at(counts, (scripts, found), 1)
    return {name: row for name, row in zip(NAMES, counts, strict=True) if row.any()}
