"""SentencePiece models, BPE and Unigram, through the library itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.tokenizers import Encoded, Spec
from tokscope.tokenizers.vocabulary import Vocabulary

SPACE = "▁"


@dataclass(frozen=True)
class SentencePieceTokenizer:
    """A SentencePiece model; it has no way to read special tokens in text, so none are read."""

    name: str
    vocabulary: Vocabulary
    fingerprint: str
    library: sentencepiece.SentencePieceProcessor

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        units = self.library.encode(list(texts), out_type=int, num_threads=1)
        starts = np.zeros(len(units) + 1, np.int64)
        np.cumsum([len(unit) for unit in units], out=starts[1:])
        return Encoded(np.fromiter(chain.from_iterable(units), np.int32, starts[-1]), starts)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text."""
        return str(self.library.decode(list(ids)))

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, through the normaliser's own alignment.

        The pieces spell the normalised text, and each of its characters knows the character that
        it comes from; a cut between two that come from one is inside that one.
        """
        normal, origins = self.library.normalize(text, with_offsets=True)
        pieces = self.library.encode(text, out_type=str)
        ids = self.library.encode(text, out_type=int)
        widths = [len(piece.encode()) for piece in pieces]
        for i, token in enumerate(ids):
            if token in self.vocabulary.fallbacks:
                widths[i] = 1
        at = np.cumsum([0, *(len(char.encode()) for char in normal)])
        ends = np.cumsum(widths, dtype=np.int64)
        return _projected(ends, at, np.asarray(origins), text)


def _projected(
    ends: NDArray[np.int64], at: NDArray[np.int64], origins: NDArray[np.int64], text: str
) -> NDArray[np.int64]:
    """Map byte offsets in a normalised text to byte offsets in the text.

    `at[k]` is where character k of the normalised text begins, `origins[k]` the character of the
    text that it comes from; both have one entry more, for the end.
    """
    home = np.cumsum([0, *(len(char.encode()) for char in text)])
    k = np.searchsorted(at, ends, side="right") - 1
    inside = at[k] < ends
    between = ~inside & (k > 0) & (k < len(origins) - 1)
    between[between] = origins[k[between]] == origins[k[between] - 1]
    source = np.minimum(origins[k], len(text))
    result = home[source]
    cut = inside | between
    result[cut] = np.minimum(home[source[cut]] + 1, home[np.minimum(source[cut] + 1, len(text))])
    return np.sort(result)


def load_file(spec: Spec) -> SentencePieceTokenizer:
    """Load a `.model` file.

    Raises:
        TokscopeError: the file cannot be read or is no SentencePiece model.
    """
    path = Path(spec.place).expanduser()
    try:
        content = path.read_bytes()
        if not content:
            raise RuntimeError("the file is empty")
        library = sentencepiece.SentencePieceProcessor(model_proto=content)
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror or error})") from error
    except RuntimeError as error:
        raise TokscopeError(f"{path}: not a SentencePiece model ({error})") from error
    name = spec.label or path.stem
    digest = hashlib.sha256(content).hexdigest()
    return SentencePieceTokenizer(name, _vocabulary(library), digest, library)


def _vocabulary(library: sentencepiece.SentencePieceProcessor) -> Vocabulary:
    tokens: list[bytes | None] = []
    specials: dict[str, int] = {}
    fallbacks = set()
    for token in range(library.get_piece_size()):
        piece = library.id_to_piece(token)
        if library.is_control(token) or library.is_unknown(token):
            specials[piece] = token
            tokens.append(b"")
        elif library.is_byte(token):
            fallbacks.add(token)
            tokens.append(bytes([int(piece[1:-1], 16)]))
        else:
            tokens.append(b"" if library.is_unused(token) else piece.replace(SPACE, " ").encode())
    unknown = library.unk_id()
    return Vocabulary.of(
        tokens,
        specials=specials,
        fallbacks=frozenset(fallbacks),
        unknown=unknown if unknown >= 0 else None,
    )
