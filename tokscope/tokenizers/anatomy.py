"""The parts of a tokenizer that decide which of its tokens can come up in text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Tokenizer

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Spans = list[tuple[int, int]]
_NONE: Ids = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Added:
    """A token that is cut out of text before the model sees it; a special one only when allowed."""

    text: str
    id: int
    special: bool
    how: str = "as it is"  # how it is found in text, such as "lstrip, normalized"


@dataclass(frozen=True)
class Prepared:
    """A text on its way to the model, with spaces as spaces."""

    text: str  # normalised
    spans: Spans  # of its characters that are tokenized each on its own
    pieces: Sequence[str]  # what the model gets of each; may begin with a space of its own


@dataclass(frozen=True)
class Anatomy:
    """What decides which tokens can come up."""

    prepare: Callable[[str], Prepared]
    normal: Callable[[str], str] = str  # the text of `prepare` alone
    added: Sequence[Added] = ()
    arrives: Flags | None = None  # whether the model makes a token of its own piece; (size,)
    whole: bool = False  # a pretoken that is a token is not merged
    merges: Ids = field(default_factory=lambda: np.zeros((0, 3), np.int64))  # left, right, product
    orphans: Ids = field(default_factory=lambda: _NONE)  # of several symbols, made by no merge
    missing: Ids = field(default_factory=lambda: _NONE)  # below the largest, and no token


def sorted_ids(some: Iterable[int]) -> Ids:
    """Return ids as an array, in order."""
    return np.array(sorted(some), np.int64)


def as_it_is(text: str) -> Prepared:
    """Leave text as it is, in one span."""
    return Prepared(text, [(0, len(text))], [text])


@runtime_checkable
class HasNormal(Protocol):
    """A tokenizer that can say how it normalizes text."""

    def normal(self, text: str) -> str:
        """Return a text as the normalizer leaves it, with spaces as spaces."""
        ...


@runtime_checkable
class HasCuts(Protocol):
    """A tokenizer that can say at once how it cuts text."""

    def preparing(self) -> Callable[[str], Prepared]:
        """Return what brings a text on its way to the model."""
        ...


@runtime_checkable
class HasMakes(Protocol):
    """A tokenizer whose merges may tell, without encoding, what they make."""

    def makes(self, ids: Ids) -> Flags | None:
        """Tell which tokens are made of a pretoken that is their own text; None if unknown."""
        ...


@runtime_checkable
class HasLongestWord(Protocol):
    """A tokenizer whose model may take a word for unknown because it is long."""

    def longest_word(self) -> int:
        """Return the characters of the longest word that the model looks at; 0 for any length."""
        ...


@runtime_checkable
class HasAnatomy(Protocol):
    """A tokenizer that knows what happens to text before its model, and what the model makes."""

    def added(self) -> Sequence[Added]:
        """Return the added tokens, and the special ones that can be found in text."""
        ...

    def anatomy(self) -> Anatomy:
        """Return what decides which tokens can come up."""
        ...


def anatomy_of(tokenizer: Tokenizer) -> Anatomy:
    """Return what a tokenizer tells of itself; if its family tells nothing, text stays as it is."""
    return tokenizer.anatomy() if isinstance(tokenizer, HasAnatomy) else Anatomy(as_it_is)


def added_tokens(tokenizer: Tokenizer) -> list[Added]:
    """Return the tokens that are always found in text before the model sees it.

    Special tokens, which are found only when allowed, are not among them.
    """
    added = tokenizer.added() if isinstance(tokenizer, HasAnatomy) else ()
    return [one for one in added if not one.special]


def added_ids(tokenizer: Tokenizer) -> frozenset[int]:
    """Return the ids of `added_tokens`."""
    return frozenset(one.id for one in added_tokens(tokenizer))


def found_in_text(tokenizer: Tokenizer) -> Mapping[str, str]:
    """Return the texts of `added_tokens`, with how they are found."""
    return {one.text: one.how for one in added_tokens(tokenizer)}
