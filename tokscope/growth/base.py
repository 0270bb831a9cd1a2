"""A tokenizer as what new merges are learned for: how it cuts text, its ids, what may be joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.growth.learning import May, Symbols, anything
from tokscope.growth.pieces import may_be_piece, without_digits, writes_digits_alone
from tokscope.mixture.replay import Words
from tokscope.tokenizers import Tokenizer, loaded
from tokscope.tokenizers.anatomy import added_tokens
from tokscope.tokenizers.bpe import RankTokenizer
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.huggingface_anatomy import pieces_of
from tokscope.tokenizers.huggingface_table import bytewise, spaced
from tokscope.tokenizers.pipeline import Cut
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer
from tokscope.tokenizers.vocabulary import SPACE

_AT_ONCE = 100_000  # pre-tokens; lists of their ids take much room
Grown = HuggingFaceTokenizer | RankTokenizer | SentencePieceTokenizer


@dataclass(frozen=True)
class Base:
    """A tokenizer, and how it makes ids of text, in two steps."""

    tokenizer: Grown
    cut: Cut  # texts -> their pre-tokens
    spell: Callable[[str], bytes]  # a pre-token -> the bytes that the model makes ids of
    symbols: Symbols
    bytewise: bool  # whether new tokens may be any bytes
    added: Mapping[str, int] = field(default_factory=dict)  # pre-tokens that the model never sees

    def words(self, pretokens: Sequence[str]) -> Words:
        """Return pre-tokens as sequences of ids."""
        parts = (pretokens[at : at + _AT_ONCE] for at in range(0, len(pretokens), _AT_ONCE))
        found = [self._words(part) for part in parts]
        symbols, sizes = zip((np.zeros(0, np.int32), np.zeros(0, np.int64)), *found, strict=True)
        return Words(np.concatenate(symbols), np.cumsum(np.concatenate(sizes)))

    def _words(self, pretokens: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of some pre-tokens, and how many each has."""
        data = [b"" if one in self.added else self.spell(one) for one in pretokens]
        found = self.tokenizer.pieces(data, [True] * len(data))
        for i, one in enumerate(pretokens if self.added else ()):
            if one in self.added:
                found[i] = [self.added[one]]
        sizes = np.fromiter(map(len, found), np.int64, len(found))
        return np.fromiter(chain.from_iterable(found), np.int32, int(sizes.sum())), sizes


def base_of(tokenizer: Tokenizer) -> Base:
    """Return a tokenizer as one that can grow.

    Raises:
        TokscopeError: its kind cannot; says why.
    """
    if isinstance(tokenizer, HuggingFaceTokenizer):
        base = _of_json(tokenizer)
    elif isinstance(tokenizer, RankTokenizer):
        base = _of_ranks(tokenizer)
    elif isinstance(tokenizer, SentencePieceTokenizer):
        base = _of_model(tokenizer)
    else:
        raise TokscopeError(
            f"{tokenizer.name}: {tokenizer.family} cannot be extended; what can: BPE and Unigram "
            "in tokenizer.json or a SentencePiece model, rank files and tekken.json"
        )
    return _beside_added(base)


@cache
def loaded_base(word: str, fingerprint: str) -> Base:
    """Return the base that a worker keeps."""
    return base_of(loaded(word, fingerprint))


def _beside_added(base: Base) -> Base:
    """Return a base that takes added tokens out of text first, each as a pre-token of its own."""
    taken = frozenset(one.text.encode() for one in base.tokenizer.added())
    base = replace(base, symbols=replace(base.symbols, taken=taken))
    added = {one.text: one.id for one in added_tokens(base.tokenizer) if one.text}
    if not added:
        return base
    longest = sorted(added, key=len, reverse=True)
    found = regex.compile(f"({'|'.join(map(regex.escape, longest))})")

    def cut(texts: Sequence[str]) -> Iterator[str]:
        if not found.search("\n".join(texts)):
            yield from base.cut(texts)
            return
        for text in texts:
            for i, part in enumerate(found.split(text)):
                yield from ([part] if i % 2 else base.cut([part])) if part else ()

    return replace(base, cut=cut, added=added)


# tokenizer.json


def _of_json(tokenizer: HuggingFaceTokenizer) -> Base:
    model = tokenizer.config["model"]
    kind, of_bytes = model["type"], bytewise(tokenizer.config)
    if model.get("continuing_subword_prefix") and kind == "BPE":
        kind = "BPE with marks inside words"
    if kind not in ("BPE", "Unigram"):
        raise TokscopeError(f"{tokenizer.name}: {_WHY_NOT.get(kind, f'{kind} cannot be extended')}")
    cut: Cut = tokenizer.cut
    spell: Callable[[str], bytes] = _with_spaces if spaced(tokenizer.config) else str.encode
    if kind == "BPE":
        pipeline = tokenizer.pipeline()
        cut, spell = pipeline.cut, pipeline.spell if of_bytes else spell
    forms, marked = _forms_of_json(tokenizer), bool(model.get("end_of_word_suffix"))
    may = anything if of_bytes or marked else _rule(forms)
    return Base(tokenizer, cut, spell, Symbols(forms, may), of_bytes and not marked)


def _rule(forms: Sequence[bytes]) -> May:
    """Return which pieces may be made where text is cut at spaces, or not at all."""
    return without_digits if writes_digits_alone(forms) else may_be_piece


_WHY_NOT = {
    "WordPiece": "WordPiece takes the longest piece that fits, so any word that begins with a new "
    "piece may change behind it: no way of adding pieces keeps the ids of other text",
    "WordLevel": "a vocabulary of whole words merges nothing",
}


def _forms_of_json(tokenizer: HuggingFaceTokenizer) -> list[bytes]:
    """Return what ids spell; with their marks where a vocabulary marks the ends of words."""
    vocabulary, model = tokenizer.vocabulary, tokenizer.config["model"]
    forms = vocabulary.tokens()
    if model.get("end_of_word_suffix"):
        for piece, token in pieces_of(model):
            forms[token] = piece.encode() if forms[token] else b""
    return _without(forms, {*vocabulary.fallbacks, *(one.id for one in tokenizer.added())})


def _without(forms: Sequence[bytes], ids: set[int]) -> list[bytes]:
    """Return forms without those of some ids, which are never joined."""
    return [b"" if token in ids else form for token, form in enumerate(forms)]


def _with_spaces(pretoken: str) -> bytes:
    return pretoken.replace(SPACE, " ").encode()


# Ranks


def _of_ranks(tokenizer: RankTokenizer) -> Base:
    symbols = Symbols(tokenizer.vocabulary.tokens(), by_bytes=True)
    return Base(tokenizer, tokenizer.pipeline().cut, str.encode, symbols, True)


# SentencePiece


def _of_model(tokenizer: SentencePieceTokenizer) -> Base:
    kind, vocabulary = tokenizer.settings["model"], tokenizer.vocabulary
    if kind not in ("BPE", "Unigram"):
        raise TokscopeError(f"{tokenizer.name}: a model of {kind} cannot be extended")
    apart = {*vocabulary.fallbacks, *(one.id for one in tokenizer.added())}
    forms = _without(vocabulary.tokens(), apart)
    symbols = Symbols(forms, _rule(forms), by_bytes=kind == "BPE")
    return Base(tokenizer, _cut_at_spaces(tokenizer), _with_spaces, symbols, False)


def _cut_at_spaces(tokenizer: SentencePieceTokenizer) -> Cut:
    """Return how normalised text is cut before each run of ▁, if no piece goes over such a cut."""
    library: Any = tokenizer.library
    pieces = (library.id_to_piece(i) for i in range(library.get_piece_size()))
    across = any(SPACE in piece.lstrip(SPACE) for piece in pieces)
    words = regex.compile(f"{SPACE}*[^{SPACE}]+|{SPACE}+")

    def cut(texts: Sequence[str]) -> Iterator[str]:
        for text in map(library.normalize, texts):
            yield from [text] if across and text else words.findall(text)

    return cut
