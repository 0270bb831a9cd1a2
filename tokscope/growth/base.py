"""A tokenizer as what new merges are learned for: how it cuts text, its ids, what may be joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from typing import Any

import numpy as np
import regex
import sentencepiece

from tokscope.errors import TokscopeError
from tokscope.growth.learning import May, Symbols, anything
from tokscope.growth.pieces import may_be_piece, without_digits, writes_digits_alone
from tokscope.mixture.replay import Words
from tokscope.tokenizers import Tokenizer, loaded
from tokscope.tokenizers.anatomy import added_tokens
from tokscope.tokenizers.bpe import RankTokenizer, byte_alphabet
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.huggingface_anatomy import pieces_of
from tokscope.tokenizers.huggingface_table import bytewise
from tokscope.tokenizers.pipeline import Cut
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer
from tokscope.tokenizers.vocabulary import SPACE

Ids = Callable[[str], Sequence[int]]
Grown = HuggingFaceTokenizer | RankTokenizer | SentencePieceTokenizer
# A normalizer that changes nothing, as a message of a SentencePiece model: it is read behind that
# of the model itself, and sets each of its fields anew.
_UNCHANGED = bytes((0x1A, 8, 0x12, 0, 0x18, 0, 0x20, 0, 0x28, 0))


@dataclass(frozen=True)
class Base:
    """A tokenizer, and how it makes ids of text, in two steps."""

    tokenizer: Grown
    cut: Cut  # texts -> their pre-tokens
    ids: Ids  # a pre-token -> what the model makes of it
    symbols: Symbols
    joins: str = "merges"  # what new tokens are to the model: merges, ranks or scores

    def words(self, pretokens: Sequence[str]) -> Words:
        """Return pre-tokens as sequences of ids."""
        found = list(map(self.ids, pretokens))
        ends = np.cumsum(np.fromiter(map(len, found), np.int64, len(found)))
        return Words(np.fromiter(chain.from_iterable(found), np.int32), ends)


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

    def ids(pretoken: str) -> Sequence[int]:
        return [added[pretoken]] if pretoken in added else base.ids(pretoken)

    return replace(base, cut=cut, ids=ids)


# tokenizer.json


def _of_json(tokenizer: HuggingFaceTokenizer) -> Base:
    model, kind = tokenizer.library.model, tokenizer.config["model"]["type"]
    if kind not in ("BPE", "Unigram"):
        raise TokscopeError(f"{tokenizer.name}: {_WHY_NOT.get(kind, f'{kind} cannot be extended')}")
    of_bytes = bytewise(tokenizer.config)
    cut: Cut = tokenizer.cut
    spell: Callable[[str], bytes] = str.encode
    if kind == "BPE":
        pipeline = tokenizer.pipeline()
        cut, spell = pipeline.cut, pipeline.spell
    letters = {byte: chr(letter) for letter, byte in byte_alphabet().items()}

    def ids(pretoken: str) -> Sequence[int]:
        if of_bytes:
            pretoken = "".join(letters[byte] for byte in spell(pretoken))
        return [token.id for token in model.tokenize(pretoken)]

    forms = _forms_of_json(tokenizer)
    may = anything if of_bytes else _rule(forms)
    joins = "scores" if kind == "Unigram" else "merges"
    return Base(tokenizer, cut, ids, Symbols(forms, may), joins)


def _rule(forms: Sequence[bytes]) -> May:
    """Return which pieces may be made where text is cut at spaces, or not at all."""
    return without_digits if writes_digits_alone(forms) else may_be_piece


_WHY_NOT = {
    "WordPiece": "WordPiece takes the longest piece that fits, so any word that begins with a new "
    "piece may change behind it: no way of adding pieces keeps the ids of other text",
    "WordLevel": "a vocabulary of whole words merges nothing",
}


def _forms_of_json(tokenizer: HuggingFaceTokenizer) -> list[bytes]:
    """Return what ids spell; with their marks where a vocabulary marks places in words."""
    vocabulary, model = tokenizer.vocabulary, tokenizer.config["model"]
    forms = [vocabulary[i] for i in range(vocabulary.size)]
    if model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        for piece, token in pieces_of(model):
            forms[token] = piece.encode() if forms[token] else b""
    return _without(forms, {*vocabulary.fallbacks, *(one.id for one in tokenizer.added())})


def _without(forms: Sequence[bytes], ids: set[int]) -> list[bytes]:
    """Return forms without those of some ids, which are never joined."""
    return [b"" if token in ids else form for token, form in enumerate(forms)]


# Ranks


def _of_ranks(tokenizer: RankTokenizer) -> Base:
    encode = tokenizer.encoder.core._core_bpe.encode_single_piece
    numbers, vocabulary = tokenizer.encoder.ids, tokenizer.vocabulary

    def ids(pretoken: str) -> Sequence[int]:
        return [int(numbers[rank]) for rank in encode(pretoken.encode())]

    forms = [vocabulary[i] for i in range(vocabulary.size)]
    symbols = Symbols(forms, by_bytes=True)
    return Base(tokenizer, tokenizer.pipeline().cut, ids, symbols, "ranks")


# SentencePiece


def _of_model(tokenizer: SentencePieceTokenizer) -> Base:
    library, vocabulary = tokenizer.library, tokenizer.vocabulary
    kind = tokenizer.settings["model"]
    if kind not in ("BPE", "Unigram"):
        raise TokscopeError(f"{tokenizer.name}: a model of {kind} cannot be extended")
    content = library.serialized_model_proto() + _UNCHANGED
    bare = sentencepiece.SentencePieceProcessor(model_proto=content)
    forms = [vocabulary[i] for i in range(vocabulary.size)]
    apart = {*vocabulary.fallbacks, *(one.id for one in tokenizer.added())}
    forms = _without(forms, apart)
    symbols = Symbols(forms, _rule(forms), by_bytes=kind == "BPE")
    encode = partial(bare.encode, out_type=int)
    return Base(tokenizer, _cut_at_spaces(tokenizer), encode, symbols, "scores")


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
