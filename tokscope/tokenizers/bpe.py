"""Byte-level BPE by rank: the fast encoder.

Ranks may be those of a rank file, or the order of a list of merges; `ids` maps the numbers of
tiktoken's core back. What encodes is an engine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import accumulate, pairwise

import numpy as np
import regex
import tiktoken
from numpy.typing import NDArray

from tokscope.batch import Batch
from tokscope.errors import TokscopeError, UnitError
from tokscope.tokenizers import NOWHERE, Encoded, Spec
from tokscope.tokenizers.anatomy import Added, Anatomy, Flags, Prepared, sorted_ids
from tokscope.tokenizers.components import canonical, fingerprint
from tokscope.tokenizers.cutting import Cutter, classes_of_core, compiled
from tokscope.tokenizers.engine import (
    SEPARATOR,
    Engines,
    Numbers,
    Source,
    encode_apart,
    fast_engine,
)
from tokscope.tokenizers.frame import NO_FRAME, Frame
from tokscope.tokenizers.limits import require_pattern
from tokscope.tokenizers.merges import learned, require_some
from tokscope.tokenizers.pipeline import Pipeline
from tokscope.tokenizers.ranks import Ranks, unranked
from tokscope.tokenizers.vocabulary import Vocabulary, missing_bytes

MARK = "\U0010ffff"  # a noncharacter, as the separator is
# The core's regular expression engine fails on longer runs of white space.
LONGEST_SPACE = 50_000
_LONG_SPACE = re.compile(rf"\s{{{LONGEST_SPACE + 1}}}")


@cache
def byte_alphabet() -> Mapping[int, int]:
    """Return the byte for each character that byte-level vocabularies are written in.

    Source: GPT-2's `bytes_to_unicode` (Radford et al. 2019).
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: byte for byte in printable} | {0x100 + i: byte for i, byte in enumerate(others)}


@cache
def _letters() -> Mapping[int, int]:
    """Return what `byte_alphabet` does, and a number that is no byte for other characters."""
    return {**dict.fromkeys(range(256), 0x100), **byte_alphabet()}


def from_alphabet(piece: str) -> bytes:
    """Return the bytes of a token: as written in the byte alphabet, or else literally.

    One character that is not in the alphabet is enough, as for the decoder of the library.
    """
    try:
        return piece.translate(_letters()).encode("latin-1")
    except UnicodeEncodeError:
        return piece.encode(errors="replace")


def all_from_alphabet(pieces: Collection[str]) -> list[bytes]:
    """Return what `from_alphabet` gives for each piece: a character is a byte, so all at once."""
    try:
        data = "".join(pieces).translate(_letters()).encode("latin-1")
    except UnicodeEncodeError:
        return list(map(from_alphabet, pieces))
    ends = accumulate(map(len, pieces), initial=0)
    return [data[start:end] for start, end in pairwise(ends)]


@dataclass(frozen=True)
class RankEncoder:
    """A core, what its numbers mean, and added tokens that are cut out of the text first."""

    engines: Engines
    ids: NDArray[np.int32]  # the core's number -> id
    added: Mapping[str, str]  # text -> what stands for it in the core's input
    search: re.Pattern[str] | None  # finds added tokens, the longest first

    @classmethod
    def of(
        cls,
        pattern: str,
        ranks: Mapping[bytes, int],
        ids: Sequence[int] | NDArray[np.int32],
        *,
        added: Mapping[str, int] | None = None,
        specials: Mapping[str, int] | None = None,
        pieces: Sequence[str] | None = None,
        merges: Sequence[Sequence[str]] | None = None,
    ) -> RankEncoder:
        """Build the core. `added` tokens are always found in text, `specials` only when allowed.

        `pieces` are the tokens in the order of `ranks`, in the byte alphabet, and `merges` those
        of the ranks, where they are known.

        Raises:
            ValueError: the core cannot read the pattern, or it matches empty text.
        """
        _require_matches(pattern)
        top = max(ranks.values()) + 1
        marks = {text: f"{MARK}{chr(0xF0000 + i)}" for i, text in enumerate(added or {})}
        tokens = [*(specials or {}), *marks.values(), SEPARATOR]
        numbers = {token: top + i for i, token in enumerate(tokens)}
        core = tiktoken.Encoding(
            "tokscope", pat_str=pattern, mergeable_ranks=dict(ranks), special_tokens=numbers
        )
        table = np.full(top + len(tokens), -1, np.int32)
        table[: len(ids)] = ids
        table[top : top + len(tokens) - 1] = [*(specials or {}).values(), *(added or {}).values()]
        longest_first = sorted(marks, key=len, reverse=True)
        search = re.compile("|".join(map(re.escape, longest_first))) if marks else None
        letters = {byte: letter for letter, byte in byte_alphabet().items()}
        return cls(Engines(Source(core, letters, pieces, merges)), table, marks, search)

    @property
    def core(self) -> tiktoken.Encoding:
        """What merges; a number of it is a rank."""
        return self.engines.core.core

    def hard(self, texts: Sequence[str]) -> list[int]:
        """Return the texts that cannot be part of a batch: they hold a mark that is used here."""
        joined = Batch.of(texts).joined
        if SEPARATOR not in joined and MARK not in joined:
            return []
        return [i for i, text in enumerate(texts) if SEPARATOR in text or MARK in text]

    def encode(self, texts: Sequence[str], allowed: AbstractSet[str] = frozenset()) -> Encoded:
        """Return the ids of texts, none of them `hard`; `allowed` special tokens are found.

        Raises:
            UnitError: a text holds a run of white space that the core cannot cut.
            ValueError: the core's regular expression engine gives up on a text.
        """
        if not texts:
            return Encoded.of([])
        refuse_long_spaces(texts)
        if allowed:
            encoded = self._with_tokens(texts, allowed)
        elif self.search:
            odd = [bool(self.search.search(text)) for text in texts]
            encoded = encode_apart(texts, odd, self._with_tokens, self.engines.encode)
        else:
            encoded = self.engines.encode(texts)
        return Encoded(self._ids_of(encoded), encoded.starts, encoded.spells)

    def _ids_of(self, encoded: Numbers) -> NDArray[np.int32]:
        """Return the ids of numbers; those that spell texts are ranks, which often are the ids."""
        if encoded.spells and self._are_ids:
            return encoded.numbers.view(np.int32)
        return self.ids.take(encoded.numbers)

    @cached_property
    def _are_ids(self) -> bool:
        """Whether every rank is its own id."""
        ranks = np.fromiter(self.engines.source.ranks.values(), np.int64)
        return np.array_equal(self.ids[ranks], ranks)

    def _with_tokens(
        self, texts: Sequence[str], allowed: AbstractSet[str] = frozenset()
    ) -> Numbers:
        """Return the numbers of texts in which the core finds added and allowed tokens."""
        joined = SEPARATOR.join(texts)
        if self.search:
            joined = self.search.sub(lambda match: self.added[match[0]], joined)
        return self.engines.core.encode_joined(joined, {SEPARATOR, *self.added.values(), *allowed})

    def encode_hard(self, text: str) -> NDArray[np.int32]:
        """Return the ids of one text, whatever it holds."""
        refuse_long_spaces([text])
        return self.ids[self.core.encode_ordinary(text)]

    def pieces(self, data: Sequence[bytes]) -> list[list[int]]:
        """Return the ids that bytes are merged to; a token is looked up whole first."""
        merge = self.core._core_bpe.encode_single_piece
        found = [merge(one) if one else [] for one in data]
        if self._are_ids:
            return found
        ids = self.ids.tolist()
        return [[ids[number] for number in numbers] for numbers in found]


def require_readable(pattern: str) -> None:
    """Raise ValueError for a pattern that the core cannot read, or that matches empty text."""
    _require_matches(pattern)
    tiktoken.Encoding("probe", pat_str=pattern, mergeable_ranks={b"a": 0}, special_tokens={})


def _require_matches(pattern: str) -> None:
    """Refuse a pattern that matches empty text, on which the core fails."""
    require_pattern(pattern)
    try:
        empty = regex.match(pattern, "") is not None
    except regex.error:  # the core has its own word on it
        return
    if empty:
        raise ValueError("the regular expression that cuts text matches empty text")


def long_spaces(texts: Sequence[str]) -> list[int]:
    """Return the texts that hold a run of white space which the core cannot cut."""
    if Batch.of(texts).longest <= LONGEST_SPACE:
        return []
    return [i for i, text in enumerate(texts) if _LONG_SPACE.search(text)]


def refuse_long_spaces(texts: Sequence[str]) -> None:
    """Raise UnitError for the first text with a run of white space that the core cannot cut."""
    for unit in long_spaces(texts)[:1]:
        message = f"a run of over {LONGEST_SPACE:,} white-space characters; tiktoken cannot"
        raise UnitError(f"{message} encode it, shorten it", unit)


@dataclass(frozen=True)
class RankTokenizer:
    """A tokenizer that tiktoken itself defines: ranks, a pattern, special tokens."""

    name: str
    vocabulary: Vocabulary
    pattern: str
    encoder: RankEncoder
    family: str = "byte-level BPE by rank"
    told: str = ""  # what stands beside the file
    around: Mapping[str, str] = field(default_factory=dict)  # what else the file says
    frame: Frame = NO_FRAME
    tekken: str = ""  # the path of the tekken file that it was made of, if it was
    spec: Spec = NOWHERE

    @property
    def path(self) -> str:
        """What encodes, and what stands beside the file."""
        return "; ".join(filter(None, ("tiktoken's core", self.encoder.engines.told, self.told)))

    @property
    def engine(self) -> str:
        """What may encode much text in place of the core."""
        return fast_engine(self.pattern)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all components."""
        return fingerprint(self.components())

    def components(self) -> Mapping[str, str]:
        """Return the parts in canonical JSON; the ranks as their hash."""
        vocabulary = self.vocabulary
        tokens = hashlib.sha256(vocabulary.blob.tobytes() + vocabulary.ends.tobytes()).hexdigest()
        parts = {
            "pre_tokenizer": self.pattern,
            "special_tokens": dict(vocabulary.specials),
            "vocabulary": {"size": len(vocabulary), "sha256": tokens},
        }
        return {name: canonical(part) for name, part in parts.items()}

    def processing(self) -> Mapping[str, str]:
        """Return what else the file says."""
        return self.around

    def pipeline(self) -> Pipeline:
        """Return how text is cut and merged; tokens were learned in the order of their ranks."""
        ranks = self.encoder.core._mergeable_ranks
        pieces = sorted(ranks, key=ranks.__getitem__)
        merges = require_some(learned(pieces, bytewise=True), self.name)
        return Pipeline(self.cutter(), merges)

    def cutter(self) -> Cutter:
        """Return what cuts text into pre-tokens."""
        return Cutter(self.pattern, classes_of_core)

    def added(self) -> list[Added]:
        """Return the special tokens; a rank file adds no others."""
        return [Added(text, token, True) for text, token in self.vocabulary.specials.items()]

    def preparing(self) -> Callable[[str], Prepared]:
        """Return what cuts text into pre-tokens, with their places."""
        expression = compiled(self.pattern)

        def prepare(text: str) -> Prepared:
            spans = [match.span() for match in expression.finditer(text)]
            return Prepared(text, spans, [text[start:end] for start, end in spans])

        return prepare

    def anatomy(self) -> Anatomy:
        """Return what decides which tokens can come up."""
        vocabulary = self.vocabulary
        nothing = vocabulary.lengths == 0
        nothing[list(vocabulary.specials.values())] = False
        missing = sorted_ids(np.flatnonzero(nothing) if vocabulary.gaps else [])
        return Anatomy(
            self.preparing(),
            added=self.added(),
            arrives=self._merged(),
            whole=True,
            missing=missing,
        )

    def _merged(self) -> Flags | None:
        """Tell which tokens merging makes, by a byte before each that nothing merges with.

        Behind that byte, no token is looked up whole. None if there is no such byte.
        """
        ranks = self.encoder.core._mergeable_ranks
        long = set(b"".join(token for token in ranks if len(token) > 1))
        singles = [bytes([byte]) for byte in range(256) if byte not in long]
        free = [single for single in singles if single in ranks]
        if not free:
            return None
        merged = np.zeros(self.vocabulary.size, bool)
        encode = self.encoder.core._core_bpe.encode_single_piece
        made = [len(encode(free[0] + token)) == 2 for token in ranks]
        merged[self.encoder.ids[list(ranks.values())]] = made
        return merged

    def pieces(self, data: Sequence[bytes], starts: Sequence[bool]) -> list[list[int]]:
        """Return what the core merges bytes to; a token is looked up whole first."""
        return self.encoder.pieces(data)

    def ranks(self) -> Ranks:
        """Return the ranks of the file."""
        by_id, numbers = unranked(self.vocabulary), self.encoder.ids
        merged = len(numbers) - len(self.encoder.core.special_tokens_set)
        by_id[numbers[:merged]] = np.arange(merged)
        return by_id

    def encode(self, texts: Sequence[str], *, specials: bool = False) -> Encoded:
        """Return the ids of every text."""
        allowed = self.encoder.core.special_tokens_set - {SEPARATOR} if specials else set()
        texts = Batch.of(texts)
        try:
            encoded = None if self.encoder.hard(texts) else self.encoder.encode(texts, allowed)
        except ValueError:
            encoded = None
        known = encoded is not None and (specials or encoded.spells)
        if encoded is None or not (known or self.vocabulary.hold(encoded.ids, texts)):
            refuse_long_spaces(texts)
            return Encoded.of([self._one(text, i, allowed) for i, text in enumerate(texts)])
        return replace(encoded, spells=not specials)

    def _one(self, text: str, unit: int, allowed: AbstractSet[str]) -> list[int]:
        hard = bool(self.encoder.hard([text]))
        try:
            one = (
                self.encoder.encode_hard(text) if hard else self.encoder.encode([text], allowed).ids
            )
        except ValueError as error:
            raise UnitError(f"tiktoken cannot cut it ({error})", unit) from error
        if not allowed and int(self.vocabulary.lengths[one].sum()) != len(text.encode()):
            raise UnitError("the tokenizer's pattern leaves some of it out", unit)
        return one.tolist()

    def model_input(self, texts: Sequence[str]) -> Encoded:
        """Return the ids of every text with the special tokens that go around it."""
        return self.frame.around(self.encode(texts))

    @property
    def joins(self) -> bool:
        """Whether text is the bytes of its tokens and nothing else, as for every rank file."""
        return True

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; invalid UTF-8 becomes U+FFFD, as in tiktoken."""
        vocabulary = self.vocabulary
        plain = vocabulary.names.keys().isdisjoint(ids)
        spelling = vocabulary.pieces.__getitem__ if plain else vocabulary.spelling
        return b"".join(map(spelling, ids)).decode(errors="replace")

    def boundaries(self, text: str, *, specials: bool = False) -> NDArray[np.int64]:
        """Return where tokens end, in bytes."""
        ids = self.encode([text], specials=specials).ids
        lengths = [len(self.vocabulary.spelling(token)) for token in ids.tolist()]
        return np.cumsum(lengths, dtype=np.int64)


def require_all_bytes(ranks: Iterable[bytes], place: str) -> None:
    """Raise TokscopeError if a text could not be encoded with these ranks."""
    missing = missing_bytes(ranks)
    if missing:
        named = ", ".join(f"0x{byte:02X}" for byte in missing[:4])
        raise TokscopeError(f"{place}: {len(missing)} single bytes have no token ({named}, …)")
