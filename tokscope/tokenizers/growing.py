"""WordPiece of words that have most in common with the one before: of beginnings and of ends.

A character behind a word makes its first token longer that can be, and drops those behind that;
or it becomes a token of its own. Where two words end alike, they have the same tokens from the
first place on where both have a border. So little is looked up again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from tokscope.tokenizers.library import LibraryTokenizer, models

_KEPT = 10_000  # ends of words


@dataclass
class Growing:
    """A model that takes the longest token from left to right, and what it made of words."""

    vocabulary: Mapping[str, int]
    inner: str  # before tokens inside words
    unknown: int
    longest: int  # word that is looked at, in characters
    widths: tuple[Mapping[str, int], Mapping[str, int]]  # of tokens, by first and last character
    last: str = ""
    ids_of_last: list[int] = field(default_factory=list)
    word: str = ""  # that grows
    starts: list[int] = field(default_factory=list)  # of its tokens; of what has none too
    ids: list[int] = field(default_factory=list)
    tails: dict[str, list[int] | None] = field(default_factory=dict)  # None if they have no tokens

    @classmethod
    def of(cls, library: LibraryTokenizer) -> Growing | None:
        """Return what a tokenizer of the library has as its model, if that is WordPiece."""
        model = library.model
        if not isinstance(model, models.WordPiece):
            return None
        vocabulary = library.get_vocab(with_added_tokens=False)
        inner, unknown = model.continuing_subword_prefix, vocabulary.get(model.unk_token)
        if unknown is None:
            return None
        widths: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for token in vocabulary:
            for text in filter(None, (token, token.removeprefix(inner))):
                for by_end, end in zip(widths, (text[0], text[-1]), strict=True):
                    by_end[end] = max(by_end.get(end, 0), len(text))
        return cls(vocabulary, inner, unknown, model.max_input_chars_per_word, widths)

    def __call__(self, word: str) -> list[int]:
        """Return the ids of a word."""
        if word != self.last:
            goes_on = self.last and word.startswith(self.last)
            found = self._grown(word) if goes_on else self._found(word)
            known = found is not None and len(word) <= self.longest
            self.last, self.ids_of_last = word, found if known and found else [self.unknown]
        return self.ids_of_last

    def _grown(self, word: str) -> list[int] | None:
        """Return the ids of a word that begins as the last one."""
        if not word.startswith(self.word):
            self.word, self.starts, self.ids = "", [], []
        for end in range(len(self.word) + 1, len(word) + 1):
            self._grow(word, end)
        self.word = word
        return None if len(self.ids) < len(self.starts) else self.ids.copy()

    def _grow(self, word: str, end: int) -> None:
        """Go on with the character before `end`."""
        starts, ids = self.starts, self.ids
        if len(ids) == len(starts):
            starts.append(end - 1)
        width = self.widths[1].get(word[end - 1], 0)
        for k in range(bisect_left(starts, end - width), len(starts)):
            start = starts[k]
            found = self.vocabulary.get(self.inner + word[start:end] if start else word[:end])
            if found is not None:
                del starts[k + 1 :], ids[k:]
                ids.append(found)
                return

    def _found(self, word: str) -> list[int] | None:
        """Return the ids of a word, those of its end from what is known of others."""
        found: list[int] = []
        ends: list[tuple[str, int]] = []  # what was met first here, and the tokens before it
        rest, inner = word, ""
        if len(self.tails) > _KEPT:
            self.tails.clear()
        while rest:
            if inner and rest in self.tails:
                break
            if inner:
                ends.append((rest, len(found)))
            width = self._width(rest, inner)
            if not width:
                break
            found.append(self.vocabulary[inner + rest[:width]])
            rest, inner = rest[width:], self.inner
        tail = [] if not rest else self.tails.get(rest) if inner else None
        whole = None if tail is None else found + tail
        self.tails.update((end, whole and whole[before:]) for end, before in ends)
        return whole

    def _width(self, text: str, inner: str) -> int:
        """Return the characters of the longest token at the beginning of a text, 0 for none."""
        most = min(self.widths[0].get(text[0], 0), len(text))
        own = (width for width in range(most, 0, -1) if inner + text[:width] in self.vocabulary)
        return next(own, 0)
