"""The parts of a tokenizer of Hugging Face's library, as its configuration tells them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from operator import add

import numpy as np

from tokscope.tokenizers.anatomy import Added, Anatomy, Flags, Ids, Prepared, sorted_ids
from tokscope.tokenizers.arrivals import arrivals
from tokscope.tokenizers.bpe import byte_alphabet, from_alphabet
from tokscope.tokenizers.huggingface_table import Json, bytewise, spaced, types
from tokscope.tokenizers.library import LibraryTokenizer, models, normalize, pretokenize
from tokscope.tokenizers.merges import Marks
from tokscope.tokenizers.pairs import pairs
from tokscope.tokenizers.uncut import in_order
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

_SYMBOLS = 0xF0000  # the first of very many characters that stand for nothing
_HOW = ("single_word", "lstrip", "rstrip", "normalized")


def added_of(config: Json) -> list[Added]:
    """Return the added tokens of a configuration."""
    return [
        Added(
            str(token["content"]),
            token["id"],
            token["special"],
            ", ".join(flag for flag in _HOW if token.get(flag)) or "as it is",
        )
        for token in config["added_tokens"]
    ]


def pieces_of(model: Json) -> list[tuple[str, int]]:
    """Return the pieces of a model with their ids."""
    entries = model["vocab"]
    if isinstance(entries, dict):
        return list(entries.items())
    return [(piece, token) for token, (piece, _) in enumerate(entries)]


def merged_ids(model: Json) -> Ids:
    """Return the merges of a model in order: left, right, product; shape (M, 3).

    -1 stands for a piece without an id: if two have the same, the library keeps one.
    """
    entries, prefix = model["vocab"], model.get("continuing_subword_prefix") or ""
    ids = entries if isinstance(entries, dict) else dict(pieces_of(model))
    merges = model.get("merges", ())
    left, right = ([pair[side] for pair in merges] for side in (0, 1))
    behind = [piece.removeprefix(prefix) for piece in right] if prefix else right
    columns = (left, right, map(add, left, behind))
    found = [np.fromiter(map(ids.get, column, repeat(-1)), np.int64) for column in columns]
    return np.stack(found, axis=1)


@dataclass(frozen=True)
class Parts:
    """A tokenizer of the library, taken apart."""

    library: LibraryTokenizer
    config: Json
    vocabulary: Vocabulary

    def anatomy(self) -> Anatomy:
        """Return what decides which tokens can come up."""
        known = {token for _, token in self.pieces} | {one.id for one in self.added}
        return Anatomy(
            self.prepare,
            self.normal,
            self.added,
            self.arrives(),
            bool(self.model.get("ignore_merges")),
            self.merges,
            self.orphans(),
            sorted_ids(set(range(self.vocabulary.size)) - known),
        )

    @property
    def model(self) -> Json:
        """The configuration of the model."""
        model: Json = self.config["model"]
        return model

    @cached_property
    def pieces(self) -> list[tuple[str, int]]:
        """The pieces of the model with their ids."""
        return pieces_of(self.model)

    @cached_property
    def added(self) -> list[Added]:
        """The added and special tokens."""
        return added_of(self.config)

    @cached_property
    def merges(self) -> Ids:
        """The merges in order: left, right, product; (M, 3)."""
        merges = merged_ids(self.model)
        return merges[(merges >= 0).all(axis=1)]

    @cached_property
    def marks(self) -> Marks:
        """What marks a piece that continues a word, and one that ends it."""
        names = ("continuing_subword_prefix", "end_of_word_suffix")
        return Marks(*(str(self.model.get(name) or "").encode() for name in names))

    def arrives(self) -> Flags | None:
        """Tell which pieces the model produces from their own text; None for other models."""
        if self.model["type"] not in ("BPE", "Unigram"):
            return None
        model, size = self.library.model, self.vocabulary.size
        if self.marks:
            return self.marked_arrivals(size)
        if not self.model.get("ignore_merges"):
            return arrivals(model, self.pieces, size)
        model.ignore_merges = False  # the library's own model: set back whatever happens
        try:
            return arrivals(model, self.pieces, size)
        finally:
            model.ignore_merges = True

    def makes(self, ids: Ids) -> Flags | None:
        """Tell which tokens are made of a pretoken that is their own text, if merges of bytes tell.

        An added token is left to whoever asks.
        """
        model = self.model
        unlike = self.marks or model.get("byte_fallback") or model.get("ignore_merges")
        if model["type"] != "BPE" or unlike or not self.bytewise:
            return None
        own = (model["vocab"].get(chr(char)) for char in byte_alphabet())
        single = np.zeros(self.vocabulary.size, bool)
        single[[token for token in own if token is not None]] = True
        made = pairs(in_order(self.merges), self.vocabulary.lengths, single)
        return None if made is None else made.whole[ids]

    def marked_arrivals(self, size: int) -> Flags | None:
        """Do the same for pieces with marks; None if it is not clear.

        A symbol and its marks are one character here, since the model would put marks on a piece
        where it has none. Merges then are those of a model without marks.
        """
        table: dict[bytes, str] = {}

        def spelled(piece: str) -> str:
            symbols = self.marks.symbols(piece.encode(errors="replace"), bytewise=False)
            return "".join(table.setdefault(s, chr(_SYMBOLS + len(table))) for s in symbols)

        written = {token: spelled(piece) for piece, token in self.pieces}
        rows = [[written[token] for token in row] for row in self.merges.tolist()]
        together = all(left + right == product for left, right, product in rows)
        if not together or len(set(written.values())) < len(written):
            return None
        merges = [(left, right) for left, right, _ in rows]
        model = models.BPE({text: token for token, text in written.items()}, merges)
        return arrivals(model, [(text, token) for token, text in written.items()], size)

    def orphans(self) -> Ids:
        """Return the pieces of several symbols that no merge makes."""
        if "merges" not in self.model:
            return sorted_ids([])
        prefix, suffix = (mark.decode() for mark in (self.marks.prefix, self.marks.suffix))
        long = {
            token
            for piece, token in self.pieces
            if len(piece.removeprefix(prefix).removesuffix(suffix)) > 1
        }
        made = {*self.merges[:, 2].tolist(), *(one.id for one in self.added)}
        return sorted_ids(long - made - self.vocabulary.fallbacks)

    @cached_property
    def spaced(self) -> bool:
        """Whether ▁ stands for a space."""
        return spaced(self.config)

    @cached_property
    def bytewise(self) -> bool:
        """Whether the vocabulary is written in the byte alphabet."""
        return bytewise(self.config)

    @cached_property
    def spelled(self) -> bool:
        """Whether the normalizer writes text in the byte alphabet."""
        return "ByteLevel" in types(self.config["normalizer"])

    def prepare(self, text: str) -> Prepared:
        """Return a text on its way to the model."""
        text = normalize(self.library, text)
        cut = pretokenize(self.library, text)
        pieces = [self.plain(piece) for piece, _ in cut]
        if self.spelled:
            # spelled in the byte alphabet already: a span of bytes has no place in characters
            plain = self.plain(text)
            return Prepared(plain, [(0, len(plain))], pieces)
        return Prepared(self.plain(text, spelled=False), [span for _, span in cut], pieces)

    def normal(self, text: str) -> str:
        """Return a normalised text, in the characters of text."""
        return self.plain(normalize(self.library, text), spelled=self.spelled)

    def plain(self, piece: str, *, spelled: bool = True) -> str:
        """Return a piece in the characters of text instead of those of the vocabulary."""
        if spelled and self.bytewise:
            return from_alphabet(piece).decode(errors="replace")
        return piece.replace(SPACE, " ") if self.spaced else piece
