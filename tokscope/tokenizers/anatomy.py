"""The parts of a tokenizer that an audit looks at, as far as its family has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import tokenizers
from numpy.typing import NDArray

from tokscope.errors import require_of_library
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.bpe import RankTokenizer, byte_alphabet, from_alphabet
from tokscope.tokenizers.cutting import compiled
from tokscope.tokenizers.gguf import merges_of
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.merges import Marks
from tokscope.tokenizers.sentencepiece import (
    DEFINED,
    NORMAL,
    SentencePieceTokenizer,
    kinds_of,
)
from tokscope.tokenizers.vocabulary import SPACE

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Spans = list[tuple[int, int]]
_SYMBOLS = 0xF0000  # the first of very many characters that stand for nothing


@dataclass(frozen=True)
class Added:
    """A token that is cut out of text before the model sees it; a special one only when allowed."""

    text: str
    id: int
    special: bool


@dataclass(frozen=True)
class Prepared:
    """A text on its way to the model, with spaces as spaces."""

    text: str  # normalised
    spans: Spans  # of its characters that are tokenized each on its own
    pieces: Sequence[
        str
    ]  # what the model is given of each, which may begin with a space of its own


@dataclass(frozen=True)
class Anatomy:
    """What decides which tokens can come up."""

    prepare: Callable[[str], Prepared]
    added: Sequence[Added] = ()
    arrives: Flags | None = None  # whether the model makes a token of its own piece; (size,)
    whole: bool = False  # a pretoken that is a token is not merged
    merges: Ids = field(default_factory=lambda: _ids([]).reshape(0, 3))  # left, right, product
    orphans: Ids = field(default_factory=lambda: _ids([]))  # of several symbols, made by no merge
    missing: Ids = field(default_factory=lambda: _ids([]))  # below the largest, and no token


def _ids(found: Iterable[int]) -> Ids:
    return np.array(sorted(found), np.int64)


def as_it_is(text: str) -> Prepared:
    """Leave text as it is, in one span."""
    return Prepared(text, [(0, len(text))], [text])


def anatomy(tokenizer: Tokenizer) -> Anatomy:
    """Return the parts of any tokenizer; a baseline has none."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return _HuggingFace(tokenizer).anatomy()
    if isinstance(tokenizer, RankTokenizer):
        return _of_ranks(tokenizer)
    if isinstance(tokenizer, SentencePieceTokenizer):
        return _of_sentencepiece(tokenizer)
    return Anatomy(as_it_is)


def added_ids(tokenizer: Tokenizer) -> frozenset[int]:
    """Return the ids that are cut out of text before the model sees it, and are not special.

    A SentencePiece model lists them among its pieces, which takes too long to ask at loading.
    """
    if not isinstance(tokenizer, SentencePieceTokenizer):
        return tokenizer.vocabulary.added
    kinds = kinds_of(tokenizer.library)
    return frozenset(token for token, kind in enumerate(kinds) if kind == DEFINED)


def _arrivals(
    model: tokenizers.models.Model, pieces: Sequence[tuple[str, int]], size: int
) -> Flags:
    """Tell which pieces a model makes of themselves.

    A token in any text was made of its own span alone: had a merge gone across an end of it, the
    token would not be there. So what does not come up here comes up nowhere, unless pretokens are
    looked up whole.
    """
    bare = tokenizers.Tokenizer(model)
    arrives = np.zeros(size, bool)
    texts = [piece for piece, _ in pieces]
    try:
        found = [one.ids for one in bare.encode_batch_fast(texts, add_special_tokens=False)]
    except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
        require_of_library(error)
        found = [_ids_of(bare, text) for text in texts]  # it has no token for what is unknown
    for (_, token), ids in zip(pieces, found, strict=True):
        arrives[token] = ids == [token]
    return arrives


def _ids_of(bare: tokenizers.Tokenizer, text: str) -> list[int]:
    try:
        return bare.encode(text, add_special_tokens=False).ids
    except BaseException as error:  # noqa: BLE001 - the library raises nothing narrower
        require_of_library(error)
        return []


# Hugging Face


@dataclass(frozen=True)
class _HuggingFace:
    tokenizer: HuggingFaceTokenizer

    @cached_property
    def model(self) -> dict[str, object]:
        return self.tokenizer.config["model"]

    @cached_property
    def pieces(self) -> list[tuple[str, int]]:
        """The pieces of the model with their ids."""
        entries = self.tokenizer.config["model"]["vocab"]
        if isinstance(entries, dict):
            return list(entries.items())
        return [(piece, token) for token, (piece, _) in enumerate(entries)]

    def anatomy(self) -> Anatomy:
        size = self.tokenizer.vocabulary.size
        known = {token for _, token in self.pieces} | {one.id for one in self.added}
        return Anatomy(
            self.prepare,
            self.added,
            self.arrives(),
            bool(self.model.get("ignore_merges")),
            np.array(self.merges, np.int64).reshape(-1, 3),
            self.orphans(),
            _ids(set(range(size)) - known),
        )

    @cached_property
    def added(self) -> list[Added]:
        return [
            Added(token["content"], token["id"], token["special"])
            for token in self.tokenizer.config["added_tokens"]
        ]

    def arrives(self) -> Flags | None:
        if self.model["type"] not in ("BPE", "Unigram"):
            return None
        model, size = self.tokenizer.library.model, self.tokenizer.vocabulary.size
        if self.marks:
            return self.marked_arrivals(size)
        if not self.model.get("ignore_merges"):
            return _arrivals(model, self.pieces, size)
        model.ignore_merges = False  # the library's own model: set back whatever happens
        try:
            return _arrivals(model, self.pieces, size)
        finally:
            model.ignore_merges = True

    @cached_property
    def marks(self) -> Marks:
        """What marks a piece that continues a word, and one that ends it."""
        names = ("continuing_subword_prefix", "end_of_word_suffix")
        return Marks(*(str(self.model.get(name) or "").encode() for name in names))

    @cached_property
    def prefix(self) -> str:
        """What marks a piece that continues a word."""
        return self.marks.prefix.decode()

    def marked_arrivals(self, size: int) -> Flags | None:
        """Tell which pieces with marks a model makes of themselves; None where it is not clear.

        A symbol and its marks are one character here, since the model would put marks on a piece
        where it has none. Merges then are those of a model without marks.
        """
        table: dict[bytes, str] = {}

        def spelled(piece: str) -> str:
            symbols = self.marks.symbols(piece.encode(errors="replace"), bytewise=False)
            return "".join(table.setdefault(s, chr(_SYMBOLS + len(table))) for s in symbols)

        written = {token: spelled(piece) for piece, token in self.pieces}
        merges = [(written[left], written[right]) for left, right, _ in self.merges]
        whole = [written[product] for _, _, product in self.merges]
        joined = ["".join(pair) for pair in merges]
        if joined != whole or len(set(written.values())) < len(written):
            return None
        model = tokenizers.models.BPE({text: token for token, text in written.items()}, merges)
        return _arrivals(model, [(text, token) for token, text in written.items()], size)

    @cached_property
    def merges(self) -> list[tuple[int, int, int]]:
        ids = dict(self.pieces)
        return [
            (ids[left], ids[right], ids[left + right.removeprefix(self.prefix)])
            for left, right in self.tokenizer.config["model"].get("merges", ())
        ]

    def orphans(self) -> Ids:
        if "merges" not in self.model:
            return _ids([])
        suffix = self.marks.suffix.decode()
        long = {
            token
            for piece, token in self.pieces
            if len(piece.removeprefix(self.prefix).removesuffix(suffix)) > 1
        }
        made = {product for _, _, product in self.merges} | {one.id for one in self.added}
        return _ids(long - made - self.tokenizer.vocabulary.fallbacks)

    @cached_property
    def spaced(self) -> bool:
        """Whether ▁ stands for a space."""
        steps = [self.tokenizer.config[k] for k in ("normalizer", "pre_tokenizer", "decoder")]
        return SPACE in json.dumps(steps, ensure_ascii=False)

    @cached_property
    def bytewise(self) -> bool:
        """Whether the vocabulary is written in the byte alphabet."""
        steps = [self.tokenizer.config[k] for k in ("normalizer", "pre_tokenizer", "decoder")]
        return '"ByteLevel"' in json.dumps(steps)

    @cached_property
    def spelled(self) -> bool:
        """Whether the normalizer writes text in the byte alphabet."""
        return '"ByteLevel"' in json.dumps(self.tokenizer.config["normalizer"])

    def prepare(self, text: str) -> Prepared:
        normalizer, steps = self.tokenizer.library.normalizer, self.tokenizer.library.pre_tokenizer
        if normalizer is not None:
            text = normalizer.normalize_str(text)
        found = [(text, (0, len(text)))]
        if steps is not None:
            found = steps.pre_tokenize_str(text)
        pieces = [self.plain(piece) for piece, _ in found]
        if self.spelled:
            # spelled in the byte alphabet already: a span of bytes has no place in characters
            plain = self.plain(text)
            return Prepared(plain, [(0, len(plain))], pieces)
        return Prepared(self.plain(text, spelled=False), [span for _, span in found], pieces)

    def plain(self, piece: str, *, spelled: bool = True) -> str:
        """Return what is written in the letters of the vocabulary, in those of text."""
        if spelled and self.bytewise:
            return from_alphabet(piece, byte_alphabet()).decode(errors="replace")
        return piece.replace(SPACE, " ") if self.spaced else piece


# Ranks


def _of_ranks(tokenizer: RankTokenizer) -> Anatomy:
    vocabulary = tokenizer.vocabulary
    expression = compiled(tokenizer.pattern)

    def prepare(text: str) -> Prepared:
        spans = [match.span() for match in expression.finditer(text)]
        return Prepared(text, spans, [text[start:end] for start, end in spans])

    added = [Added(text, token, True) for text, token in vocabulary.specials.items()]
    nothing = vocabulary.lengths == 0
    nothing[list(vocabulary.specials.values())] = False
    missing = _ids(np.flatnonzero(nothing)) if vocabulary.gaps else _ids([])
    return Anatomy(prepare, added, _merged(tokenizer), True, missing=missing)


def _merged(tokenizer: RankTokenizer) -> Flags | None:
    """Tell which tokens merging makes, by a byte before each that nothing merges with.

    With it, no piece is a token that would be looked up whole. None where there is no such byte.
    """
    core, ids = tokenizer.encoder.core, tokenizer.encoder.ids
    ranks: dict[bytes, int] = core._mergeable_ranks
    long = set(b"".join(token for token in ranks if len(token) > 1))
    singles = [bytes([byte]) for byte in range(256) if byte not in long]
    free = [single for single in singles if single in ranks]
    if not free:
        return None
    merged = np.zeros(tokenizer.vocabulary.size, bool)
    encode = core._core_bpe.encode_single_piece
    for token, rank in ranks.items():
        merged[ids[rank]] = len(encode(free[0] + token)) == 2
    return merged


# SentencePiece


def _of_sentencepiece(tokenizer: SentencePieceTokenizer) -> Anatomy:
    library = tokenizer.library
    pieces = [library.id_to_piece(token) for token in range(library.get_piece_size())]
    scores = [library.get_score(token) for token in range(len(pieces))]
    kinds = kinds_of(library)
    model: tokenizers.models.Model | None = None
    named = {piece: token for token, piece in enumerate(pieces)}
    if tokenizer.settings["model"] == "BPE":
        unknown = pieces[library.unk_id()]
        model = tokenizers.models.BPE(
            named, merges_of(pieces, scores, kinds), unk_token=unknown, fuse_unk=True
        )
    elif tokenizer.settings["model"] == "Unigram":
        entries = list(zip(pieces, scores, strict=True))
        model = tokenizers.models.Unigram(entries, max(library.unk_id(), 0), False)
    normal = [(piece, token) for piece, token in named.items() if kinds[token] == NORMAL]
    specials = [Added(text, token, True) for text, token in tokenizer.vocabulary.specials.items()]
    defined = [
        Added(piece.replace(SPACE, " "), token, False)
        for piece, token in named.items()
        if kinds[token] == DEFINED
    ]

    def prepare(text: str) -> Prepared:
        return as_it_is(library.normalize(text).replace(SPACE, " "))

    arrives = _arrivals(model, normal, len(pieces)) if model else None
    return Anatomy(prepare, specials + defined, arrives)


def found_in_text(tokenizer: Tokenizer) -> Mapping[str, str]:
    """Return the added tokens that are found in text, with how they are found."""
    part = json.loads(tokenizer.components().get("added_tokens", "[]"))
    flags = ("single_word", "lstrip", "rstrip", "normalized")
    found = {
        str(token["content"]): ", ".join(flag for flag in flags if token.get(flag)) or "as it is"
        for token in part
        if not token["special"]
    }
    if part or tokenizer.components().get("added_tokens"):
        return found
    return {one.text: "as it is" for one in anatomy(tokenizer).added if not one.special}
