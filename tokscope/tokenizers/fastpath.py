"""When tiktoken's core may run byte-level BPE in place of the library, and how.

Equal to the library by construction: a merge counts by its product's rank, which is the same thing
when every product has one merge and the model, given a product alone, arrives at it (a state in
which two other tokens spell the product would have come up there too). Products that are never
arrived at are left out. How text is cut and normalised is compared on probe texts when loading.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.tokenizers.bpe import RankEncoder, all_from_alphabet, byte_alphabet
from tokscope.tokenizers.engine import VARIABLE, asked, fast_engine
from tokscope.tokenizers.library import LibraryTokenizer, encode_alone, normalizers
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.vocabulary import missing_bytes

Json = dict[str, Any]
# Tells which tokens are made of a pretoken that is their own text, or None
Makes = Callable[[NDArray[np.int64]], NDArray[np.bool_] | None]
_PAIRED = 2_000_000  # characters of added and special tokens that are compared, each with each
_MANY = 20_000  # characters of added tokens, among which one expression searches
# Characters of text for each token of the vocabulary, after which a fast path is made: the library
# takes about as long to encode them.
_WORTH = 10
_COMPOSITIONS = ("NFC", "NFD", "NFKC", "NFKD")  # none of these changes ASCII


@dataclass
class Waiting:
    """How much text the library has encoded: a fast path is made when there is much."""

    characters: int = 0

    def is_over(self, texts: Sequence[str] | Sequence[bytes], tokens: int) -> bool:
        """Tell whether a fast path pays from these texts on, or an engine is asked for."""
        self.characters += sum(map(len, texts))
        return self.characters > _WORTH * tokens or bool(os.environ.get(VARIABLE))


@dataclass(frozen=True)
class FastPath:
    """What the fast encoder needs to stand in for the library."""

    encoder: RankEncoder
    normalizer: normalizers.Normalizer | None
    prefix: bool  # a text that does not begin with a space gets one

    def prepare(self, text: str) -> str:
        """Return a text as the library would cut it."""
        if self.normalizer is not None and not text.isascii():
            text = self.normalizer.normalize_str(text)
        return f" {text}" if self.prefix and text and text[0] != " " else text


def _cut(config: Json) -> tuple[str, bool] | None:
    """Return the regular expression that cuts text and whether a space is put before it."""
    step = config["pre_tokenizer"] or {}
    steps = step.get("pretokenizers", [step]) if step else []
    if not steps or steps[-1].get("type") != "ByteLevel":
        return None
    last = steps[-1]
    prefix = bool(last.get("add_prefix_space"))
    if len(steps) == 1 and last.get("use_regex", True):
        return PATTERNS["gpt2"], prefix
    if len(steps) != 2 or last.get("use_regex", True) or prefix:
        return None
    split = steps[0]
    whole = split.get("behavior") == "Isolated" and not split.get("invert")
    pattern = (split.get("pattern") or {}).get("Regex") or ""
    plain = split.get("type") == "Split" and whole and _reads_alike(pattern)
    return (pattern, False) if plain else None


def cut_pattern(config: Json) -> str | None:
    """Return the one regular expression that cuts text, if nothing else does."""
    cut = _cut(config)
    return cut[0] if cut and not cut[1] else None


# What the library's regular expression engine (Oniguruma) and the core's (fancy-regex) read alike,
# in every pattern that is seen in tokenizers: of named sets, general categories and Han. Not: ^
# and $ (lines or texts), . and \w (other characters), a count with + behind it (possessive, or
# again), (?i: around more than the contractions (ß and ss).
_CONTRACTIONS = re.compile(r"\(\?i:'s\|'t\|'re\|'ve\|'m\|'ll\|'d\)|'\(\?i:\[sdmt\]\|ll\|ve\|re\)")
_ESCAPE = r"\\(?:[pP]\{\^?(?:[LMNPSZC][a-z]?|Han)\}|[sSrntd\\.\-/'\"()\[\]{}|+*?^$ ])"
_SET = rf"\[\^?(?:{_ESCAPE}|[^\\\[\]&])+\]"
_LITERAL = r"[^\\\[\](){}|?*+.^$]"
_QUANTIFIER = r"(?:[?*+][?+]?|\{\d+(?:,\d*)?\}(?![?+]))"
_READ_ALIKE = re.compile(
    rf"(?:\((?:\?[:!=])?|\)|\||(?:{_ESCAPE}|{_SET}|{_LITERAL}|(?<=\))){_QUANTIFIER}?)*"
)


def _reads_alike(pattern: str) -> bool:
    r"""Tell whether both engines cut by a pattern in the same way.

    >>> [_reads_alike(p) for p in (r" ?\p{L}+|\s+(?!\S)", r"\p{N}{1,3}+", r"\w+", r"a$")]
    [True, False, False, False]
    """
    return bool(pattern) and _READ_ALIKE.fullmatch(_CONTRACTIONS.sub("", pattern)) is not None


def _overlap(one: str, other: str) -> bool:
    """Tell whether two texts can share characters of a third."""
    if one in other or other in one:
        return True
    shorter = min(len(one), len(other))
    return any(
        one[-size:] == other[:size] or other[-size:] == one[:size] for size in range(1, shorter)
    )


def _size(texts: Sequence[str]) -> int:
    return sum(map(len, texts))


def unsuited(config: Json) -> str:
    """Return why only the library can encode; empty if the fast path may."""
    model, normalizer = config["model"], config["normalizer"]
    matched = [token for token in config["added_tokens"] if not token["special"]]
    if model["type"] != "BPE" or _cut(config) is None:
        return "the library: not byte-level BPE cut by one regular expression"
    if any(model.get(key) for key in ("byte_fallback", "ignore_merges")):
        return "the library: the model uses byte fallback or ignore_merges"
    if any(model.get(key) for key in ("continuing_subword_prefix", "end_of_word_suffix")):
        return "the library: the model marks the parts of words"
    if normalizer and normalizer["type"] not in _COMPOSITIONS:
        return "the library: its normalizer is more than a Unicode normal form"
    if any(token[key] for token in matched for key in ("lstrip", "rstrip", "single_word")):
        return "the library: added tokens take white space or whole words with them"
    kinds = {token["normalized"] for token in matched}
    prefixed = _cut(config)[1]  # type: ignore[index]
    if len(kinds) > 1 or (matched and prefixed) or (normalizer and False in kinds):
        return "the library: added tokens are found in passes, before or after other steps"
    specials = [token["content"] for token in config["added_tokens"] if token["special"]]
    added = [token["content"] for token in matched]
    if (
        len(added) * _size(specials) + len(specials) * _size(added) > _PAIRED
        or _size(added) > _MANY
    ):
        return "the library: it has very many added tokens, or long ones"
    if any(_overlap(token["content"], special) for token in matched for special in specials):
        return "the library: an added token can overlap a special one"
    return ""


def engine_of(config: Json) -> str:
    """Return the engine that may encode much text, or "" if the core or the library does."""
    cut = _cut(config)
    return fast_engine(cut[0]) if cut and not unsuited(config) else ""


def fast_path(library: LibraryTokenizer, config: Json, makes: Makes) -> tuple[FastPath | None, str]:
    """Build the fast path, or say why the library must encode; call `unsuited` first."""
    asked()
    pattern, prefix = cast(tuple[str, bool], _cut(config))
    ids = _ranked_ids(library, config["model"], makes)
    if ids is None:
        return None, "the library: two merges make one token, or one is not spelled in bytes"
    spelled = {token: piece for piece, token in config["model"]["vocab"].items()}
    pieces = [spelled[token] for token in ids]
    tokens = all_from_alphabet(pieces)
    ranks = {token: rank for rank, token in enumerate(tokens)}
    if len(ranks) < len(tokens) or missing_bytes(ranks):
        return None, "the library: a single byte is missing or two tokens spell the same"
    added = {
        token["content"]: token["id"] for token in config["added_tokens"] if not token["special"]
    }
    normalizer = library.normalizer
    if normalizer and any(normalizer.normalize_str(text) != text for text in added):
        return None, "the library: an added token is not normalised"
    try:
        merges = config["model"]["merges"]
        encoder = RankEncoder.of(pattern, ranks, ids, added=added, pieces=pieces, merges=merges)
    except (ValueError, TokscopeError):
        return None, "the library: its regular expression is not one that tiktoken reads"
    return FastPath(encoder, normalizer, prefix), "tiktoken's core, its ids mapped back"


def _ranked_ids(library: LibraryTokenizer, model: Json, makes: Makes) -> list[int] | None:
    """Return ids in the order of their ranks: single bytes, then products in the order of merges.

    None where two merges have one product. Products that the model does not arrive at when it is
    given them alone come up nowhere else either, and have no rank. The model is asked if its merges
    do not tell.
    """
    vocabulary = model["vocab"]
    products = ["".join(merge) for merge in model["merges"]]
    alphabet = set(map(chr, byte_alphabet()))
    if len(set(products)) < len(products) or not alphabet.issuperset("".join(products)):
        return None
    numbers = [vocabulary.get(product, -1) for product in products]
    made = makes(np.array(numbers, np.int64))
    if made is None:
        alone = encode_alone(library.model, products)
        made = np.array([own == [token] for own, token in zip(alone, numbers, strict=True)], bool)
    reached = [token for token in compress(numbers, made.tolist()) if token >= 0]
    singles = [vocabulary[char] for char in map(chr, byte_alphabet()) if char in vocabulary]
    return singles + reached
