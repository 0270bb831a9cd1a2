"""Does text come back from its tokens? Probes, and every character that Unicode assigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import regex
from numpy.typing import NDArray

from tokscope.kinds import byte_alphabet
from tokscope.studies.reach import encode_what_can_be
from tokscope.text.scripts import NAMES, own_scripts
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import Anatomy
from tokscope.tokenizers.vocabulary import Vocabulary

Numbers = NDArray[np.int64]
OUTCOMES = ("exact", "normalised", "lost", "unknown")
EXACT, NORMALISED, LOST, UNKNOWN = range(len(OUTCOMES))
PROBES: Mapping[str, str] = {
    "space before": " a",
    "space behind": "a ",
    "two spaces": "a  b",
    "tab": "a\tb",
    "line feeds": "a\n\nb\n",
    "carriage return": "a\r\nb",
    "no-break space": "10\u00a0km",
    "signs": "Hello, world! (It's 50 % off... isn't it?)",
    "code": "def f(x):\n    return [y**2 for y in x]\n",
    "capitals": "McDONALD's iPhone",
    "composed": "n\u00e9e",
    "decomposed": "ne\u0301e",
    "ligature": "of\ufb01ce",
    "full width": "\uff21\uff22\uff11\uff12",
    "emoji sequence": "\U0001f469\u200d\U0001f469\u200d\U0001f467\U0001f3fd",
    "flag": "\U0001f1fa\U0001f1f3",
    "zero-width space": "a\u200bb",
    "byte order mark": "a\ufeffb",
    "right to left": "\u0634\u0643\u0631\u0627 abc",
    "control character": "a\x01b",
    "mark of pieces": "a\u2581b",
    "spelled-out byte": "<0x41>",
}
_NEVER = frozenset((0xC0, 0xC1, *range(0xF5, 0x100)))  # bytes that no UTF-8 text holds
_CHUNK = 64


def missing_bytes(vocabulary: Vocabulary) -> list[int]:
    """Return the bytes without a token, where bytes are what text is spelled with at last.

    Of the 13 that no UTF-8 text holds, none is missed. Where ends of words are marked, a byte needs
    a token with the mark too, unless no character ends in it.
    """
    alphabet = byte_alphabet(vocabulary)
    if not alphabet.any():
        return []
    alphabet |= (vocabulary.lengths == 1) & ~vocabulary.incomplete
    needed = set(range(256)) - _NEVER
    if vocabulary.ending is None:
        return sorted(needed - _bytes_of(vocabulary, np.flatnonzero(alphabet)))
    ends = np.isin(np.flatnonzero(alphabet), list(vocabulary.ending))
    inside, last = (_bytes_of(vocabulary, np.flatnonzero(alphabet)[own]) for own in (~ends, ends))
    return sorted((needed - inside) | (needed & set(range(0xC0)) - last))


def _bytes_of(vocabulary: Vocabulary, ids: Numbers) -> set[int]:
    """Return the last bytes of tokens."""
    return set(vocabulary.blob[vocabulary.ends[ids] - 1].tolist())


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


@cache
def characters() -> str:
    """Return every character that Unicode assigns; surrogates and private ones are none."""
    every = "".join(map(chr, range(0x110000)))
    return "".join(regex.findall(r"[^\p{Cn}\p{Co}\p{Cs}]+", every))


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
