"""The rank of every token: when merging makes it, or how likely it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.bpe import RankTokenizer
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer

NONE = -1
Ranks = NDArray[np.int64]


def ranks(tokenizer: Tokenizer) -> Ranks:
    """Return the rank of every id from 0 up, -1 where it has none; shape (size,).

    Of a rank file, the rank; of a list of merges, the place of the first that makes the token; of
    scored pieces, the place among them by falling score. WordPiece and the baselines have none.
    """
    found = np.full(tokenizer.vocabulary.size, NONE)
    if isinstance(tokenizer, RankTokenizer):
        numbers = tokenizer.encoder.ids
        merged = len(numbers) - len(tokenizer.encoder.core.special_tokens_set)
        found[numbers[:merged]] = np.arange(merged)
    elif isinstance(tokenizer, SentencePieceTokenizer):
        library = tokenizer.library
        scores = [library.get_score(token) for token in range(library.get_piece_size())]
        _by_score(found, scores, tokenizer)
    elif isinstance(tokenizer, HuggingFaceTokenizer):
        model = tokenizer.config["model"]
        if model["type"] == "Unigram":
            _by_score(found, [score for _, score in model["vocab"]], tokenizer)
        prefix = model.get("continuing_subword_prefix") or ""
        for rank, (left, right) in enumerate(model.get("merges", ())):
            product = model["vocab"].get(left + right.removeprefix(prefix), NONE)
            if product >= 0 and found[product] == NONE:
                found[product] = rank
    return found


def _by_score(found: Ranks, scores: list[float], tokenizer: Tokenizer) -> None:
    """Rank pieces with bytes of their own; those of byte fallback have no meaningful score."""
    vocabulary = tokenizer.vocabulary
    pieces = [
        i for i in range(len(scores)) if vocabulary.lengths[i] and i not in vocabulary.fallbacks
    ]
    order = sorted(pieces, key=lambda token: -scores[token])
    found[order] = np.arange(len(order))
