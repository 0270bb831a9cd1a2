"""All that this package uses of the `tokenizers` library; no other file imports it.

Parts of tokenizers are made by the names that they have in a `tokenizer.json`. How a tokenizer is
read, written, run and trained, the functions say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import tokenizers

from tokscope.errors import TokscopeError

Json = dict[str, Any]


def require_known(version: str) -> None:
    """Raise TokscopeError for a version with another interface: 1.x builds and trains nothing."""
    if not version.startswith("0."):
        raise TokscopeError(
            f"tokenizers {version} is not supported yet; install an older one: "
            "pip install 'tokenizers>=0.21,<1'"
        )


require_known(tokenizers.__version__)  # before names that only a known version has

LibraryAddedToken = tokenizers.AddedToken
Encoding = tokenizers.Encoding
LibraryTokenizer = tokenizers.Tokenizer
Regex = tokenizers.Regex
decoders = tokenizers.decoders
models = tokenizers.models
normalizers = tokenizers.normalizers
pre_tokenizers = tokenizers.pre_tokenizers


def read(text: str) -> LibraryTokenizer:
    """Return the tokenizer of a `tokenizer.json`; raises what the library raises."""
    return LibraryTokenizer.from_str(text)


def written(library: LibraryTokenizer) -> str:
    """Return the `tokenizer.json` of a tokenizer; raises what the library raises."""
    return library.to_str()


def config_of(library: LibraryTokenizer) -> Json:
    """Return what the `tokenizer.json` of a tokenizer holds."""
    config: Json = json.loads(written(library))
    return config


def settings_of(step: normalizers.Normalizer | pre_tokenizers.PreTokenizer | None) -> Json:
    """Return a step as a `tokenizer.json` would have it; empty if there is none."""
    settings: Json = json.loads(step.__getstate__()) if step is not None else {}
    return settings


def add(library: LibraryTokenizer, specials: Sequence[str], added: Sequence[str]) -> None:
    """Add tokens to a tokenizer of the library: special ones, and literal texts."""
    library.add_special_tokens(list(specials))
    library.add_tokens([LibraryAddedToken(text, normalized=False) for text in added])


def encode(
    library: LibraryTokenizer, texts: Sequence[str], *, specials: bool = False, around: bool = False
) -> list[Encoding]:
    """Return the tokens of every text; `around` adds what the post-processor puts around it."""
    library.encode_special_tokens = not specials
    return library.encode_batch(list(texts), add_special_tokens=around)


def encode_words(library: LibraryTokenizer, texts: Sequence[Sequence[str]]) -> list[Encoding]:
    """Return the tokens of texts that are given as their words, each encoded for itself."""
    library.encode_special_tokens = True
    return library.encode_batch(list(texts), is_pretokenized=True, add_special_tokens=False)


def encode_alone(model: models.Model, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids that a model gives texts which no other step changes or cuts."""
    tokenize = model.tokenize
    return [[token.id for token in tokenize(text)] if text else [] for text in texts]


def normalize(library: LibraryTokenizer, text: str) -> str:
    """Return a text as the normalizer leaves it."""
    step = library.normalizer
    return text if step is None else step.normalize_str(text)


def pretokenize(library: LibraryTokenizer, text: str) -> list[tuple[str, tuple[int, int]]]:
    """Return the pieces in which a normalised text reaches the model, and where they are in it."""
    step = library.pre_tokenizer
    return [(text, (0, len(text)))] if step is None else step.pre_tokenize_str(text)


def train_merges(
    texts: Iterable[str], cut: pre_tokenizers.PreTokenizer, size: int, alphabet: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the merges that BPE of a vocabulary of some size learns from texts, in order."""
    library = LibraryTokenizer(models.BPE())
    library.pre_tokenizer = cut
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=list(alphabet), show_progress=False
    )
    library.train_from_iterator(texts, trainer)
    return [(left, right) for left, right in config_of(library)["model"]["merges"]]
