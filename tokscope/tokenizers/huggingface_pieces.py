"""What the model of a `tokenizer.json` makes of bytes, without the steps before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tokscope.tokenizers.arrivals import model_ids
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.forms import in_characters, in_words
from tokscope.tokenizers.huggingface_table import Json, bytewise, spaced
from tokscope.tokenizers.library import LibraryTokenizer, models
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

Encode = Callable[[Sequence[str]], list[list[int]]]
_HIDDEN = "\U0010ffff"  # a noncharacter before the name of a piece that no text may give


def pieces_of(
    library: LibraryTokenizer,
    config: Json,
    vocabulary: Vocabulary,
    data: Sequence[bytes],
    starts: Sequence[bool],
) -> list[list[int]]:
    """Return the ids that the model alone gives for each of several bytes.

    BPE that marks the inside of words has no way for what does not begin one.
    """
    model = config["model"]
    if model["type"] == "WordPiece":
        return in_words(vocabulary, data, starts)
    encode = _encoder(library, model, vocabulary)
    if bytewise(config):
        letters = {byte: letter for letter, byte in byte_alphabet().items()}
        found = encode([one.decode("latin-1").translate(letters) for one in data])
    elif spaced(config):
        found = in_characters(
            vocabulary, data, lambda texts: encode([text.replace(" ", SPACE) for text in texts])
        )
    else:
        found = in_characters(vocabulary, data, encode)
    if vocabulary.continuing is None:
        return found
    return [ids if start else [] for ids, start in zip(found, starts, strict=True)]


def _encoder(library: LibraryTokenizer, model: Json, vocabulary: Vocabulary) -> Encode:
    """Return what gives the ids of texts, none of them special.

    A special piece is an ordinary one to the library's models, which find it in text.
    """
    hidden = vocabulary.lengths == 0
    if model["type"] == "Unigram":
        entries = [
            (f"{_HIDDEN}{i}" if hidden[i] else piece, score)
            for i, (piece, score) in enumerate(model["vocab"])
        ]
        fallback = bool(model.get("byte_fallback"))
        unigram = models.Unigram(entries, model.get("unk_id"), fallback)
        return lambda texts: model_ids(unigram, texts)
    if not model.get("ignore_merges"):
        return lambda texts: model_ids(library.model, texts)

    def encode(texts: Sequence[str]) -> list[list[int]]:
        """Look each up whole first, as the library does, but not among special tokens."""
        library.model.ignore_merges = False  # the library's own model: set back whatever happens
        try:
            merged = model_ids(library.model, texts)
        finally:
            library.model.ignore_merges = True
        whole = [model["vocab"].get(text) for text in texts]
        return [
            ids if token is None or hidden[token] else [token]
            for token, ids in zip(whole, merged, strict=True)
        ]

    return encode
