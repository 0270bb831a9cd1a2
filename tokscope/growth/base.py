"""A tokenizer as what new merges are learned for: how it cuts text, its ids, what may be joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain
from typing import Any, NamedTuple, Self

import numpy as np
import regex
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tokscope.errors import TokscopeError
from tokscope.growth.greedy import Greedy
from tokscope.growth.learning import May, Symbols, anything, spellings
from tokscope.growth.pieces import may_be_piece, without_digits, writes_digits_alone
from tokscope.mixture.replay import Rules, Words, saved
from tokscope.tokenizers import Tokenizer, loaded
from tokscope.tokenizers.anatomy import Added, added_tokens
from tokscope.tokenizers.bpe import RankTokenizer
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.huggingface_anatomy import pieces_of
from tokscope.tokenizers.huggingface_table import bytewise, spaced
from tokscope.tokenizers.library import LibraryTokenizer, models, normalize
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
    ending: bytes = b""  # what forms have at the end of a word
    greedy: Greedy | None = None  # of WordPiece, for which no merges can be replayed

    def words(self, pretokens: Sequence[str]) -> Words:
        """Return pre-tokens as sequences of ids."""
        parts = (pretokens[at : at + _AT_ONCE] for at in range(0, len(pretokens), _AT_ONCE))
        found = [self._words(part) for part in parts]
        symbols, sizes = zip((np.zeros(0, np.int32), np.zeros(0, np.int64)), *found, strict=True)
        return Words(np.concatenate(symbols), np.cumsum(np.concatenate(sizes)))

    def _words(self, pretokens: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of some pre-tokens, and how many each has."""
        texts = self._seen(pretokens)
        if self.greedy:
            found = [self.greedy.ids(text) for text in texts]
        else:
            found = self.tokenizer.pieces([self.spell(text) for text in texts], [True] * len(texts))
        for i, one in enumerate(pretokens if self.added else ()):
            if one in self.added:
                found[i] = [self.added[one]]
        sizes = np.fromiter(map(len, found), np.int64, len(found))
        return np.fromiter(chain.from_iterable(found), np.int32, int(sizes.sum())), sizes

    def saved(self, pretokens: Sequence[str], words: Words, rules: Rules) -> csr_array:
        """Return how many tokens each merge saves in each pre-token; shape (T, W).

        An entry of 0 is a pre-token that has other tokens then, but as many.
        """
        if self.greedy is None:
            return saved(words, rules)
        new = spellings(rules, self.symbols.forms)[rules.alphabet :]
        return self.greedy.saved(self._seen(pretokens), new, rules.alphabet)

    def _seen(self, pretokens: Sequence[str]) -> list[str]:
        """Return what the model sees of pre-tokens."""
        return ["" if one in self.added else one for one in pretokens]

    def plain(self, form: bytes) -> bytes:
        """Return what a form spells, without the mark of a place in a word."""
        return form.removeprefix(b" ") if self.greedy else form.removesuffix(self.ending)

    def piece(self, form: bytes) -> bytes:
        """Return a form with its mark as the vocabulary writes it."""
        return self.greedy.piece(form) if self.greedy else form


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
            f"{tokenizer.name}: {tokenizer.family} cannot be extended; what can: BPE, Unigram "
            "and WordPiece in tokenizer.json, SentencePiece models, rank files and tekken.json"
        )
    return _beside_added(base)


@cache
def loaded_base(word: str, fingerprint: str) -> Base:
    """Return the base that a worker keeps."""
    return base_of(loaded(word, fingerprint))


def _beside_added(base: Base) -> Base:
    """Return a base that takes added tokens out of text first, each as a pre-token of its own."""
    begins = b" " if base.greedy else b""
    taken = frozenset(begins + one.text.encode() for one in base.tokenizer.added())
    base = replace(base, symbols=replace(base.symbols, taken=taken))
    added = [one for one in added_tokens(base.tokenizer) if one.text]
    if not added or not isinstance(base.tokenizer, HuggingFaceTokenizer):
        return base  # SentencePiece finds them in normalised text
    cut = _cut_around(base.tokenizer, added)
    return replace(base, cut=cut, added={one.text: one.id for one in added})


def _cut_around(tokenizer: HuggingFaceTokenizer, added: Sequence[Added]) -> Cut:
    """Return how text is cut around added tokens, in the order of the library.

    It finds some of them in text as it is, then normalises, then finds the others.
    """
    normal = partial(normalize, tokenizer.library)
    raw = _Searched.of(one for one in added if "normalized" not in one.how)
    later = _Searched.of((one for one in added if "normalized" in one.how), normal)
    bare = LibraryTokenizer(models.BPE())
    if tokenizer.library.pre_tokenizer:
        bare.pre_tokenizer = tokenizer.library.pre_tokenizer
    rest, _ = _cut_of_json(replace(tokenizer, library=bare))

    def cut(texts: Sequence[str]) -> Iterator[str]:
        if not raw.found.search("\n".join(texts)):
            normalized = list(map(normal, texts))
            if not later.found.search("\n".join(normalized)):
                yield from rest(normalized)
                return
        for text in texts:
            for part, token in raw.parts(text):
                for piece, other in [("", token)] if token else later.parts(normal(part)):
                    yield from [other] if other else rest([piece])

    return cut


class _Searched(NamedTuple):
    """Added tokens that are found in text, the longest first."""

    added: Sequence[Added]
    found: Any  # an expression with a group for each

    @classmethod
    def of(cls, added: Iterable[Added], read: Callable[[str], str] = str) -> Self:
        """Return what finds added tokens whose texts are read in some way first."""
        texts = {one: text for one in added if (text := read(one.text))}
        longest = sorted(texts, key=lambda one: len(texts[one]), reverse=True)
        groups = (_expression(texts[one], one.how) for one in longest)
        return cls(longest, regex.compile("|".join(groups) or "(?!)"))

    def parts(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield a text in parts, and the added token that a part is; it may take blanks along."""
        at = 0
        for match in self.found.finditer(text):
            one, before = self.added[match.lastindex - 1], text[at : match.start()]
            before = before.rstrip() if "lstrip" in one.how else before
            yield from [(before, "")] if before else ()
            yield one.text, one.text
            at = max(at, match.end())
            if "rstrip" in one.how:
                at += len(text) - at - len(text[at:].lstrip())
        if at < len(text):
            yield text[at:], ""


def _expression(text: str, how: str) -> str:
    """Return what finds an added token in text, as one group."""
    group = f"({regex.escape(text)})"
    return rf"(?<!\w){group}(?!\w)" if "single_word" in how else group


# tokenizer.json


def _of_json(tokenizer: HuggingFaceTokenizer) -> Base:
    model = tokenizer.config["model"]
    kind, of_bytes = model["type"], bytewise(tokenizer.config)
    if kind == "WordPiece":
        return _of_wordpiece(tokenizer)
    if model.get("continuing_subword_prefix") and kind == "BPE":
        kind = "BPE with marks inside words"
    if kind not in ("BPE", "Unigram"):
        raise TokscopeError(f"{tokenizer.name}: {_WHY_NOT.get(kind, f'{kind} cannot be extended')}")
    cut, spell = _cut_of_json(tokenizer)
    forms, ending = _forms_of_json(tokenizer), str(model.get("end_of_word_suffix") or "").encode()
    symbols = Symbols(forms, anything if of_bytes or ending else _rule(forms))
    return Base(tokenizer, cut, spell, symbols, of_bytes and not ending, ending=ending)


def _cut_of_json(tokenizer: HuggingFaceTokenizer) -> tuple[Cut, Callable[[str], bytes]]:
    """Return how text is cut, and the bytes that the model makes ids of."""
    is_bpe = tokenizer.config["model"]["type"] == "BPE"
    if is_bpe and bytewise(tokenizer.config):
        return tokenizer.by_bytes()
    cut: Cut = tokenizer.pipeline().cut if is_bpe else tokenizer.cut
    return cut, _with_spaces if spaced(tokenizer.config) else str.encode


def _rule(forms: Sequence[bytes]) -> May:
    """Return which pieces may be made where text is cut at spaces, or not at all."""
    return without_digits if writes_digits_alone(forms) else may_be_piece


_WHY_NOT = {"WordLevel": "a vocabulary of whole words merges nothing"}


def _forms_of_json(tokenizer: HuggingFaceTokenizer) -> list[bytes]:
    """Return what ids spell; with their marks where a vocabulary marks the ends of words."""
    vocabulary, model = tokenizer.vocabulary, tokenizer.config["model"]
    forms = [*vocabulary.pieces]
    if model.get("end_of_word_suffix"):
        for piece, token in pieces_of(model):
            forms[token] = piece.encode() if forms[token] else b""
    return _without(forms, {*vocabulary.fallbacks, *(one.id for one in tokenizer.added())})


def _of_wordpiece(tokenizer: HuggingFaceTokenizer) -> Base:
    model, vocabulary = tokenizer.config["model"], tokenizer.vocabulary
    mark = model.get("continuing_subword_prefix")
    if vocabulary.unknown is None or not mark:
        raise TokscopeError(
            f"{tokenizer.name}: WordPiece that has no unknown token, or no mark for pieces inside "
            "words, cannot be extended"
        )
    pieces, longest = dict(pieces_of(model)), model["max_input_chars_per_word"]
    greedy = Greedy(pieces, mark, vocabulary.unknown, longest)
    forms = [b""] * vocabulary.size
    for piece, token in pieces.items():
        forms[token] = greedy.form(piece) if vocabulary[token] else b""
    forms = _without(forms, {one.id for one in tokenizer.added()})
    symbols = Symbols(forms, by_bytes=True)
    return Base(tokenizer, tokenizer.cut, str.encode, symbols, bytewise=False, greedy=greedy)


def _without(forms: Sequence[bytes], ids: set[int]) -> list[bytes]:
    """Return forms without those of some ids, which are never joined."""
    return [b"" if token in ids else form for token, form in enumerate(forms)]


def _with_spaces(pretoken: str) -> bytes:
    return pretoken.replace(SPACE, " ").encode()


# Ranks


def _of_ranks(tokenizer: RankTokenizer) -> Base:
    symbols = Symbols(tokenizer.vocabulary.pieces, by_bytes=True)
    return Base(tokenizer, tokenizer.cutter(), str.encode, symbols, True)


# SentencePiece


def _of_model(tokenizer: SentencePieceTokenizer) -> Base:
    kind, vocabulary = tokenizer.settings["model"], tokenizer.vocabulary
    if kind not in ("BPE", "Unigram"):
        raise TokscopeError(f"{tokenizer.name}: a model of {kind} cannot be extended")
    apart = {*vocabulary.fallbacks, *(one.id for one in tokenizer.added())}
    forms = _without(vocabulary.pieces, apart)
    symbols = Symbols(forms, _rule(forms), by_bytes=kind == "BPE")
    ids, library = [one.id for one in added_tokens(tokenizer)], tokenizer.library
    defined = {library.id_to_piece(token): token for token in ids}
    cut = _cut_at_spaces(tokenizer, defined)
    return Base(tokenizer, cut, _with_spaces, symbols, False, added=defined)


def _cut_at_spaces(tokenizer: SentencePieceTokenizer, defined: Mapping[str, int]) -> Cut:
    """Return how normalised text is cut: around the pieces that users defined, the longest first.

    What is between them is cut before each run of ▁, if no piece goes over such a cut.
    """
    library: Any = tokenizer.library
    pieces = (library.id_to_piece(i) for i in range(library.get_piece_size()))
    across = any(SPACE in piece.lstrip(SPACE) for piece in pieces if piece not in defined)
    words = regex.compile(f"{SPACE}*[^{SPACE}]+|{SPACE}+")
    longest = sorted(defined, key=len, reverse=True)
    found = regex.compile(f"({'|'.join(map(regex.escape, longest))})") if defined else None

    def cut(texts: Sequence[str]) -> Iterator[str]:
        for text in map(library.normalize, texts):
            for part in found.split(text) if found else [text]:
                whole = across or part in defined
                yield from [part] if whole and part else words.findall(part)

    return cut
