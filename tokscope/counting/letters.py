"""The letters at the beginning of a text, which tell the script that it is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tokscope.counting.tokens import Tokens
from tokscope.text.scripts import COMMON, INHERITED, NAMES, UNKNOWN, own_scripts

_ENOUGH = 4_000  # characters of a file, or of a part of one
_KANA = ("Hiragana", "Katakana")
_JAPANESE = 0.1  # of the letters are kana: then it is Japanese, however many of them are Han


@dataclass
class Letters:
    """How often each character comes up at the beginning of each part of a text."""

    counts: Counter[str] = field(default_factory=Counter)

    def observe(self, tokens: Sequence[Tokens]) -> None:
        """Add characters until there are enough."""
        left = _ENOUGH - self.counts.total()
        if left > 0:
            self.counts.update(tokens[0].text.joined[:left])

    def join(self, other: Letters) -> None:
        """Add what was observed in the text that follows."""
        self.counts.update(other.counts)

    def script(self) -> str:
        """Return the name of the script of most letters; "" if there are no letters.

        >>> Letters(Counter("Привет, world!!!")).script()
        'Cyrillic'
        """
        codes = np.array([ord(char) for char in self.counts], np.uint32)
        weights = np.array(list(self.counts.values()), np.int64)
        sums = np.bincount(own_scripts(codes), weights, minlength=len(NAMES))
        sums[[UNKNOWN, COMMON, INHERITED]] = 0
        if not sums.any():
            return ""
        kana = sums[[NAMES.index(name) for name in _KANA]].sum()
        return "Japanese" if kana > _JAPANESE * sums.sum() else NAMES[sums.argmax()]
