"""Where the tokens of a SentencePiece model end in a text that they do not spell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from tokscope.tokenizers import tokens_of
from tokscope.tokenizers.normalized import Joined, projected
from tokscope.tokenizers.vocabulary import DEFINED, SPACE, Vocabulary

_RUNS = ("Unigram", "BPE")  # models whose unknown token stands for a run of characters


@dataclass(frozen=True)
class Ends:
    """What is known of a model's pieces, to find where they end."""

    library: sentencepiece.SentencePieceProcessor
    vocabulary: Vocabulary
    kinds: Sequence[int]
    model: str

    def of(
        self, texts: Sequence[str], ids: NDArray[np.int32], counts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return where the tokens of texts end, in bytes of each, by their normalised texts."""
        normal = self.library.normalize(list(texts))
        widths = self._widths(texts, ids, counts, normal)
        starts = np.append(0, np.cumsum(counts))
        plain = self._plain(texts, normal)
        ends = np.cumsum(np.where(ids == self._unknown, widths, self.vocabulary.lengths[ids]))
        pairs = zip(normal, texts, strict=True)
        dummies = np.array([len(one) - len(text) for one, text in pairs], np.int64)
        ends -= np.repeat(np.append(0, ends)[starts[:-1]] + dummies, counts)
        others = np.flatnonzero(~plain)
        tokens = tokens_of(starts, others)
        left = [texts[i] for i in others.tolist()]
        ends[tokens] = self._projected(left, widths[tokens], counts[others])
        return ends

    def _projected(
        self, texts: Sequence[str], widths: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return where tokens end by the place in the text of each normalised character."""
        pairs = self.library.normalize(list(texts), with_offsets=True)
        normal = Joined([one for one, _ in pairs])
        origins = list(chain.from_iterable(own for _, own in pairs))
        return projected(np.cumsum(widths), counts, normal, origins, Joined(texts))

    def _plain(self, texts: Sequence[str], normal: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which texts are normalised to themselves, but for a space before them.

        None, where a token may end inside a character, a space may be unknown, also as a part of an
        unknown word, or the normaliser knows no places inside what a user has defined. A space at
        an end of a text may have been removed and put there again.
        """
        unlike = self.vocabulary.fallbacks or SPACE not in self._characters
        if unlike or DEFINED in self.kinds or self.model not in _RUNS:
            return np.zeros(len(texts), bool)
        spaced = [one.replace(SPACE, " ") for one in normal]
        pairs = zip(spaced, texts, strict=True)
        return np.array(
            [one in (text, f" {text}") and text.strip(" ") == text for one, text in pairs], bool
        )

    def _widths(
        self,
        texts: Sequence[str],
        ids: NDArray[np.int32],
        counts: NDArray[np.int64],
        normal: Sequence[str],
    ) -> NDArray[np.int64]:
        """Return how many bytes of the normalised texts each token stands for.

        Only an unknown token stands for more than its piece. If a text has one of them, it stands
        for what the other tokens leave.
        """
        widths = self._spelled[ids]
        of = np.repeat(np.arange(len(counts)), counts)
        unknown = ids == self._unknown
        widths[unknown] = 0
        many = np.bincount(of[unknown], minlength=len(counts))
        left = Joined(normal).sizes - np.bincount(of, widths, len(counts)).astype(np.int64)
        alone = unknown & (many == 1)[of]
        widths[alone] = left[of[alone]]
        several = unknown & (many > 1)[of]
        has = np.bincount(of, self._has_unknown[ids], len(counts)) > 0
        found = {
            i: [] if has[i] else self._unknown_run.findall(normal[i])
            for i in np.flatnonzero(many > 1).tolist()
        }
        asked = [i for i, runs in found.items() if len(runs) != many[i]]
        pieces = self.library.encode([texts[i] for i in asked], out_type=str)
        for i, own in zip(asked, pieces, strict=True):
            found[i] = list(compress(own, unknown[of == i]))
        widths[several] = [len(run.encode()) for run in chain.from_iterable(found.values())]
        return widths

    @property
    def _unknown(self) -> int:
        """The id of the unknown token, or one that no token has."""
        return -1 if self.vocabulary.unknown is None else self.vocabulary.unknown

    @cached_property
    def _characters(self) -> frozenset[str]:
        """The characters that are pieces, with the mark for a space."""
        ids = np.flatnonzero(self.vocabulary.lengths).tolist()
        names = (self.library.id_to_piece(i) for i in ids if i not in self.vocabulary.fallbacks)
        return frozenset(name for name in names if len(name) == 1)

    @cached_property
    def _unknown_run(self) -> re.Pattern[str]:
        """What an unknown token stands for: a run of characters that are no pieces.

        It is so where no known token has such a character (`_has_unknown`).
        """
        return re.compile(
            f"[^{re.escape(''.join(self._characters))}]+" if self._characters else ".+"
        )

    @cached_property
    def _has_unknown(self) -> NDArray[np.bool_]:
        """Whether each piece has a character that is none; all, if words are what is unknown."""
        if self.model not in _RUNS:
            return np.ones(self.vocabulary.size, bool)
        held = map(
            self._characters.issuperset, map(self.library.id_to_piece, range(len(self._spelled)))
        )
        known = self.vocabulary.lengths > 0
        return ~np.fromiter(held, bool) & known

    @cached_property
    def _spelled(self) -> NDArray[np.int64]:
        """How many bytes of normalised text each id stands for; (size,)."""
        ids = range(self.library.get_piece_size())
        pieces = [len(self.library.id_to_piece(i).encode()) for i in ids]
        pieces = [1 if i in self.vocabulary.fallbacks else size for i, size in enumerate(pieces)]
        return np.array(pieces, np.int64)
