"""The special tokens that a model gets before and behind every text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar, cast

from tokscope.tokenizers import Encoded
from tokscope.tokenizers.components import AROUND, canonical

T = TypeVar("T")


@dataclass(frozen=True)
class Frame:
    """Ids before and behind every text, and where they come from, in words."""

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    told: str = ""

    def around(self, encoded: Encoded) -> Encoded:
        """Return texts with these ids around each."""
        units = (encoded.ids[start:end].tolist() for start, end in pairwise(encoded.starts))
        return Encoded.of([[*self.before, *unit, *self.after] for unit in units])


NO_FRAME = Frame()


def framed(tokenizer: T, frame: Frame) -> T:
    """Return a tokenizer with a frame, which is told among what is done around text."""
    made = cast(Any, tokenizer)  # a dataclass with these two fields
    around: Mapping[str, str] = made.around
    told = {AROUND: canonical(asdict(frame))}
    return cast(T, replace(made, frame=frame, around={**around, **told}))
