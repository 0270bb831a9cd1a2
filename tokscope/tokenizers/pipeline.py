"""What happens to text before and while it is merged, for tokenizers that learned merges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tokscope.errors import TokscopeError
from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.merges import Merges
from tokscope.tokenizers.vocabulary import SPACE

Cut = Callable[[Sequence[str]], Iterator[str]]


@dataclass(frozen=True)
class Pipeline:
    """How texts are cut into pretokens, how those are spelled, and what is merged in them."""

    cut: Cut  # texts -> their pretokens, normalised
    merges: Merges
    spell: Callable[[str], bytes] = str.encode  # a pretoken -> its bytes
    line_feeds: bool = True  # a line was trained on with its line feed


@runtime_checkable
class HasMerges(Protocol):
    """A tokenizer that may have learned merges."""

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged.

        Raises:
            TokscopeError: this one has no merges; says why.
        """
        ...


def pipeline_of(tokenizer: Tokenizer) -> Pipeline:
    """Return how a tokenizer cuts and merges text.

    Raises:
        TokscopeError: it has no order of merges; says why.
    """
    if isinstance(tokenizer, HasMerges):
        return tokenizer.pipeline()
    raise TokscopeError(
        f"{tokenizer.name}: its kind of tokenizer, {tokenizer.family}, has no merges"
    )


def cut_at_spaces(merges: Merges) -> Callable[[str], list[str]] | None:
    """Return how normalised text of a SentencePiece-style vocabulary is cut at ▁.

    Before each run of ▁ if no token has one behind another character, after each run if none has
    one before another; None if tokens cross ▁ in both directions, so that a line stays whole.
    """
    tokens = [text for text in map(bytes.decode, merges.tokens) if SPACE in text]
    words = [token for token in tokens if token.strip(SPACE)]
    if not any(SPACE in token.lstrip(SPACE) for token in words):
        return re.compile(f"{SPACE}*[^{SPACE}]+|{SPACE}+").findall
    if not any(SPACE in token.rstrip(SPACE) for token in words):
        return re.compile(f"[^{SPACE}]+{SPACE}*|{SPACE}+").findall
    return None
