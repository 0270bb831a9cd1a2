"""Tokenizers that split text into words by rules of their own, and then merge the parts of each.

Merging may make pieces that the vocabulary lacks: those are unknown, whatever they spell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from tokscope.errors import TokscopeError, UnitError, blaming, require_of_library, shortened
from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.applied import recorded, told, unused_of
from tokscope.tokenizers.beside import Folder
from tokscope.tokenizers.components import canonical, fingerprint
from tokscope.tokenizers.frame import NO_FRAME, Frame
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import Encoding, LibraryTokenizer, encode_words, models
from tokscope.tokenizers.pipeline import Pipeline
from tokscope.tokenizers.vocabulary import END, Vocabulary

Split = Callable[[str], list[str]]


@dataclass(frozen=True)
class WordTokenizer:
    """Words by a function, their pieces by the library; no special token is read in text."""

    name: str
    vocabulary: Vocabulary
    inner: HuggingFaceTokenizer  # over every piece that merging makes
    ids: NDArray[np.int32]  # the library's number -> id, -1 for what is not a token
    split: Split
    how: str  # what the function does
    mark: str = END  # behind the last piece of a word
    beside: str = ""  # what was set by files beside it, as a component
    told: str = ""  # and in words
    around: Mapping[str, str] = field(default_factory=dict)  # what files beside it say more
    frame: Frame = NO_FRAME
    spec: Spec = NOWHERE

    @property
    def family(self) -> str:
        """The kind of model."""
        return "BPE with ends of words"

    @property
    def path(self) -> str:
        """What encodes, and how text is split."""
        way = f"the library, word by word; assumed: {self.how}"
        return f"{way}; {self.told}" if self.told else way

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all components."""
        return fingerprint(self.components())

    def components(self) -> Mapping[str, str]:
        """Return the parts in canonical JSON."""
        special = canonical(dict(self.vocabulary.specials))
        numbers = canonical({"ids": self.ids.tolist()})
        words = {"pre_tokenizer": canonical(self.how), "special_tokens": special, "ids": numbers}
        beside = {"beside": self.beside} if self.beside else {}
        return {**self.inner.components(), **words, **beside}

    def processing(self) -> Mapping[str, str]:
        """Return what files beside it say of what is done around text."""
        return self.around

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged."""

        def cut(texts: Sequence[str]) -> Iterator[str]:
            return chain.from_iterable(map(self.split, texts))

        return replace(self.inner.pipeline(), cut=cut)

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return the ids of what the library makes of bytes."""
        marked = [one + self.mark.encode() for one in data] if self.mark != END else data
        found = self.inner.pieces(marked, starts)
        return [[i for i in self.ids[list(own)].tolist() if i >= 0] for own in found]

    def _pieces(self, texts: Sequence[str]) -> list[Encoding]:
        words = [self.split(text) for text in texts]
        try:
            return encode_words(self.inner.library, words)
        except BaseException as error:  # the library raises nothing narrower
            require_of_library(error)
            raise UnitError(f"the tokenizer cannot encode it ({error})", 0) from error

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        units = []
        for one in self._pieces(texts):
            ids = self.ids[np.array(one.ids, np.int64)]
            units.append(ids[ids >= 0].tolist())
        return Encoded.of(units)

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with the special tokens that go around it."""
        return self.frame.around(self.encode(texts))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the pieces; a space follows those that end a word."""
        return "".join(self._texts.get(i, "") for i in ids).rstrip(" ")

    @cached_property
    def _texts(self) -> Mapping[int, str]:
        names = self.inner.library.get_vocab()
        shown = {i: text for text, i in self.vocabulary.specials.items()}
        known = ((int(self.ids[number]), piece) for piece, number in names.items())
        return {i: piece.replace(self.mark, " ") for i, piece in known if i >= 0} | shown

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end; all tokens of a word that the rules changed end with it."""
        words = self.split(text)
        if self.mark != END:
            words = [word.removesuffix(self.mark) for word in words]
        spans = placed(words, text)
        home = np.cumsum([0, *(len(char.encode()) for char in text)])
        (one,) = self._pieces([text])
        kept = [
            (word, end)
            for number, word, (_, end) in zip(one.ids, one.word_ids, one.offsets, strict=True)
            if self.ids[number] >= 0 and word is not None
        ]
        cuts = []
        for (word, end), following in zip_longest(kept, [word for word, _ in kept[1:]]):
            start, stop = spans[word]
            if following != word:  # what is dropped behind a word belongs to it
                stop = len(text) if following is None else spans[following][0]
                cuts.append(home[max(stop, start)])
            else:
                whole = stop - start == len(words[word])
                cuts.append(home[min(start + end, stop) if whole else stop])
        return np.maximum.accumulate(np.array(cuts, np.int64))


def placed(words: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Return where words stand in the text that they were taken from.

    A word that the rules have changed is placed before the next one that is found.

    >>> placed(["it", "&apos;s", "so"], "it's so")
    [(0, 2), (2, 4), (5, 7)]
    """
    spans: list[tuple[int, int]] = []
    at = 0
    for i, word in enumerate(words):
        begin = text.find(word, at)
        if begin >= 0 and not text[at:begin].strip():
            spans.append((begin, begin + len(word)))
        else:
            following = text.find(words[i + 1], at) if i + 1 < len(words) else -1
            stop = following if following >= 0 else min(at + len(word), len(text))
            body = text[at:stop]
            start = at + len(body) - len(body.lstrip())
            spans.append((start, max(start, at + len(body.rstrip()))))
        at = spans[-1][1]
    return spans


def word_tokenizer(
    known: Mapping[str, int],
    pairs: Sequence[tuple[str, str]],
    split: Split,
    folder: Folder,
    *,
    place: str,
    how: str,
    specials: Sequence[str] = (),
    unknown: str = "<unk>",
    mark: str = END,
) -> WordTokenizer:
    """Build a tokenizer from its vocabulary: pieces, with `</w>` behind the ends of words, and ids.

    Args:
        known: the vocabulary.
        pairs: the merges, in order.
        split: text -> words.
        folder: whose name it has, and what is set for it.
        place: what errors name.
        how: what `split` does, in words.
        specials: those of the vocabulary that are special.
        unknown: what stands for the rest.
        mark: of the ends of words; another than `</w>` is a symbol behind every word, and no token.

    Raises:
        TokscopeError: there is no unknown token, or the library refuses the merges.
    """
    if unknown not in known:
        raise TokscopeError(f"{place}: it has no {unknown}, the unknown token")
    parts = chain.from_iterable((*pair, "".join(pair)) for pair in pairs)
    pieces = dict.fromkeys([*known, *parts])
    numbers = {piece: i for i, piece in enumerate(pieces)}
    with blaming(f"{place}: its merges do not fit"):
        suffix = END if mark == END else ""
        model = models.BPE(
            numbers, list(pairs), unk_token=unknown, end_of_word_suffix=suffix, fuse_unk=False
        )
        inner = assemble(LibraryTokenizer(model), folder.name, place)
    ids = np.array([known.get(piece, known[unknown]) for piece in pieces], np.int32)
    if mark != END:
        ids[numbers[mark]] = -1
    beside = folder.beside
    marks = {text: known[text] for text in [*specials, unknown] if text in known}
    marks |= specials_beside(folder, known)
    vocabulary = _vocabulary(known, marks, known[unknown], mark)
    unused = unused_of(beside, *(("do_lower_case",) if beside.kind == "FSMT" else ()))
    set_ = recorded(beside), told(beside, unused)
    return WordTokenizer(folder.name, vocabulary, inner, ids, split, how, mark, *set_)


def specials_beside(folder: Folder, ids: Mapping[str, int]) -> dict[str, int]:
    """Return the special tokens that a folder's files add to a vocabulary.

    Raises:
        TokscopeError: they add another token, which would have to be looked for in text.
    """
    added, top = folder.beside.added, max(ids.values()) + 1
    for i, one in added.items():
        if not one.special and ids.get(one.content) != i:
            raise TokscopeError(
                f"{folder.path}: '{shortened(one.content)}', an added token, would have to be "
                "found in text before its words, which is not supported"
            )
    return {one.content: i for i, one in added.items() if one.special and i >= top}


def _vocabulary(
    known: Mapping[str, int], specials: Mapping[str, int], unknown: int, mark: str
) -> Vocabulary:
    tokens: list[bytes | None] = [None] * (max([*known.values(), *specials.values()]) + 1)
    for piece, i in known.items():
        tokens[i] = piece.removesuffix(mark).encode(errors="replace")
    for i in specials.values():
        tokens[i] = b""
    ending = frozenset(i for piece, i in known.items() if piece.endswith(mark))
    return Vocabulary.of(tokens, specials=specials, unknown=unknown, ending=ending)
