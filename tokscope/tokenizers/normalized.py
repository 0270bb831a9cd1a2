"""From places in normalised texts to places in the texts, for many texts at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Joined:
    """Texts one after the other: where each begins, and the bytes where characters begin."""

    texts: Sequence[str]

    @cached_property
    def begin(self) -> Places:
        """The character where each text begins, and the end; (D + 1,)."""
        return np.cumsum([0, *map(len, self.texts)])

    @cached_property
    def bytes(self) -> Places:
        """The byte where each character begins, and the end; (C + 1,)."""
        data = np.frombuffer("".join(self.texts).encode(), np.uint8)
        return np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))

    @cached_property
    def sizes(self) -> Places:
        """The number of bytes of each text; (D,)."""
        return np.diff(self.bytes[self.begin])


def projected(
    ends: Places, counts: Places, normal: Joined, origins: Sequence[int], texts: Joined
) -> Places:
    """Map byte offsets in normalised texts to byte offsets in the texts, ascending in each.

    A place between two characters that come from one is inside that one.

    Args:
        ends: (T,) bytes of `normal`, ascending: the tokens of all texts.
        counts: (D,) the number of tokens of each text.
        normal: the normalised texts.
        origins: for each text, the characters of it that those of the normalised one come from,
            and one more for the end; in one list.
        texts: the texts.
    """
    of = np.repeat(np.arange(len(counts)), counts)  # the text of each token
    size = np.diff(normal.begin)[of]
    found = np.searchsorted(normal.bytes, ends, side="right") - 1
    place = np.minimum(found - normal.begin[of], size)  # the character at the end of the token
    come = np.asarray(origins, np.int64)
    at = normal.begin[of] + of + place  # its place in the list of origins
    inside = normal.bytes[found] < ends
    dummy = _dummies(normal.texts, texts.texts)[of]
    between = ~inside & (place > dummy) & (place < size) & (come[at] == come[at - 1])
    whole = np.diff(texts.begin)[of]
    source = np.minimum(come[at], whole)
    home = texts.bytes[texts.begin[of] + source]
    after = texts.bytes[texts.begin[of] + np.minimum(source + 1, whole)]
    result = np.sort(np.where(inside | between, np.minimum(home + 1, after), home))
    return result - texts.bytes[texts.begin[of]]


def _dummies(normal: Sequence[str], texts: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which normalised texts begin with a space that comes from no character."""
    pairs = zip(normal, texts, strict=True)
    return np.array([one[:1] == "▁" and text[:1] not in (" ", "▁") for one, text in pairs], bool)
