"""The merges of a `tokenizer.json`, and how text is cut before they are applied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from tokscope.errors import TokscopeError
from tokscope.tokenizers.bpe import from_alphabet
from tokscope.tokenizers.cutting import Cutter
from tokscope.tokenizers.huggingface_table import Json
from tokscope.tokenizers.library import LibraryTokenizer, normalize, pretokenize
from tokscope.tokenizers.merges import (
    Marks,
    Merges,
    learned,
    listed,
    require_some,
    require_training_order,
)

_NO_MERGES = {
    "Unigram": "Unigram keeps the pieces that explain its text best, and merges none; "
    "its scores are log frequencies, from which no published method infers a mixture",
    "WordLevel": "a vocabulary of whole words, without merges",
}


def merges_in(model: Json, name: str, bytewise: bool, specials: Collection[str]) -> Merges:
    """Return the merges that a model lists, or that its ids tell by their order.

    Raises:
        TokscopeError: it has no order of merges.
    """
    kind, entries = model["type"], model["vocab"]
    if kind not in ("BPE", "WordPiece"):
        raise TokscopeError(f"{name}: {_NO_MERGES.get(kind, 'it has no merges')}")
    ends = (model.get("continuing_subword_prefix"), model.get("end_of_word_suffix"))
    marks = Marks(*((mark or "").encode() for mark in ends))
    spell = partial(_bytes, marks=marks, bytewise=bytewise)
    others = {*specials, model.get("unk_token")}
    pieces = [spell(piece) for piece in sorted(entries, key=entries.get) if piece not in others]
    if kind == "WordPiece":
        merges = require_training_order(learned(pieces, bytewise=bytewise, marks=marks), name)
    else:
        pairs = [(spell(left), spell(right)) for left, right in model["merges"]]
        merges = listed(pairs, bytewise=bytewise, pieces=pieces, marks=marks)
    return require_some(merges, name)


def _bytes(piece: str, marks: Marks, bytewise: bool) -> bytes:
    """Return the bytes of a piece between its marks, if it has some."""
    written = piece.encode(errors="replace")
    if not bytewise:
        return written
    before, body, behind = marks.read(written)
    return before + from_alphabet(body.decode()) + behind


@dataclass(frozen=True)
class Cutting:
    """How the library normalises and cuts texts: by one expression, or by its own steps."""

    library: LibraryTokenizer
    cutter: Cutter | None = None
    at: Callable[[str], list[str]] | None = None  # cuts what the library leaves whole

    def __call__(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the pretokens of texts."""
        texts = [normalize(self.library, text) for text in texts]
        if self.cutter:
            return self.cutter(texts)
        pieces = (piece for text in texts for piece, _ in pretokenize(self.library, text))
        return chain.from_iterable(map(self.at, pieces)) if self.at else pieces
