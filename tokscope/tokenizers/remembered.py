"""What takes long to find out about a tokenizer is found once, and remembered for the last ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, Generic, ParamSpec, TypeVar

from tokscope.tokenizers import Tokenizer

P = ParamSpec("P")
T = TypeVar("T")
_TOKENIZERS = 16


class Remembered(Generic[P, T]):
    """A function of a tokenizer that is called once for each, told by its fingerprint."""

    def __init__(self, make: Callable[Concatenate[Tokenizer, P], T]) -> None:
        self.make = make
        self.kept: dict[object, T] = {}
        update_wrapper(self, make)

    def __call__(self, tokenizer: Tokenizer, *args: P.args, **named: P.kwargs) -> T:
        """Return what the function returns, from memory if that is known."""
        key = tokenizer.fingerprint, args, tuple(named.items())
        if key not in self.kept:
            if len(self.kept) == _TOKENIZERS:
                del self.kept[next(iter(self.kept))]
            self.kept[key] = self.make(tokenizer, *args, **named)
        return self.kept[key]
