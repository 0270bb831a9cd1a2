"""Which tokens may stand beside each other in text that nothing cuts, by the merges alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokscope.tokenizers import Tokenizer
from tokscope.tokenizers.anatomy import HasNormal, added_tokens
from tokscope.tokenizers.pairs import Pairs, pairs
from tokscope.tokenizers.remembered import Remembered
from tokscope.tokenizers.uncut import HasUncut
from tokscope.tokenizers.vocabulary import SPACE, Vocabulary

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Joints:
    """The merges of a tokenizer, and what happens to text before it is merged."""

    pairs: Pairs
    first: int  # the token of the space that is put before a text; or -1
    names: Sequence[str]  # added tokens, which are found in text before it is merged

    def decide(self, text: str) -> bool:
        """Tell whether merges decide alone on the end of a text, whatever follows."""
        read = f" {text}" if self.first >= 0 else text
        return not any(
            name in read or any(read.endswith(name[:size]) for size in range(1, len(name)))
            for name in (SPACE, *self.names)
        )


@Remembered
def joints(tokenizer: Tokenizer) -> Joints | None:
    """Return the merges of a tokenizer, if they decide alone."""
    rows = tokenizer.uncut() if isinstance(tokenizer, HasUncut) else None
    if rows is None or not len(rows) or not isinstance(tokenizer, HasNormal):
        return None
    vocabulary, spaced = tokenizer.vocabulary, tokenizer.normal("a") == " a"
    spaces = [i for i in np.flatnonzero(vocabulary.lengths == 1).tolist() if vocabulary[i] == b" "]
    spaces = [i for i in spaces if i not in vocabulary.fallbacks]
    if spaced and len(spaces) != 1:
        return None
    names = [one.text for one in added_tokens(tokenizer)]
    pieces = b"\xff".join(vocabulary.pieces)  # a byte that no name has
    if any(pieces.count(name.encode()) > 1 for name in names):
        return None  # a token may hold an added one
    characters = _characters(vocabulary)
    single = characters == 1
    single[list(vocabulary.fallbacks)] = False
    made = pairs(rows, characters, single)
    return None if made is None else Joints(made, spaces[0] if spaced else -1, names)


def _characters(vocabulary: Vocabulary) -> Ids:
    """Return the number of characters of each token."""
    begins = np.append(0, np.cumsum((vocabulary.blob & 0xC0) != 0x80))
    return begins[vocabulary.ends] - begins[vocabulary.ends - vocabulary.lengths]
