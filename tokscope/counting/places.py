"""Places in text by kind, such as before a space, and how many of them keep their tokens."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokscope.counting.stable import Judged, places_of
from tokscope.counting.tally import Reading, digest_of, require_text
from tokscope.errors import TokscopeError, UnitError
from tokscope.text.corpus import Corpus, Shard, Units, read
from tokscope.text.formats import kind_of
from tokscope.text.parts import Task, by_parts
from tokscope.text.words import LETTER, MARK, NUMBER, SPACE, UNSPACED, codes, properties_of
from tokscope.tokenizers import Tokenizer, for_workers, have_words, loaded
from tokscope.workers import HERE, Workers

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
# By the characters on both sides. Space is white space; a line feed is told apart from other space.
KINDS = (
    "before_space",
    "after_space",
    "between_spaces",
    "before_line_feed",
    "after_line_feed",  # also between two of them
    "inside_word",
    "inside_unspaced",  # one of two letters is of a script without spaces, such as Chinese
    "inside_number",
    "at_punctuation",  # or a symbol, and a letter or a number
    "between_punctuation",
)
_BEFORE, _AFTER, _SPACES, _BEFORE_LINE, _AFTER_LINE = range(5)
_WORD, _UNSPACED, _NUMBER, _AT, _BETWEEN = range(5, 10)
_BATCH = 1_000  # lines that were drawn and are judged at once
_COST = 4  # times what encoding takes, to judge whether workers pay off


class Found(NamedTuple):
    """What holds at the places of text under a tokenizer, by kind."""

    counts: Counts  # (3, K): places, those that are stable, those that are safe
    given_up: Counts  # (K, most tokens + 1): places by the tokens given up there
    left_out: int = 0  # places of which nothing is known

    @classmethod
    def of(cls, judged: Judged, kinds: NDArray[np.int8], inner: Flags) -> Found:
        """Count what holds at places; those that are not `inner` do not count."""
        at = judged.known & inner
        width = int(judged.given_up[at].max(initial=0)) + 1
        cells = kinds[at].astype(np.int64) * width + judged.given_up[at]
        given_up = np.bincount(cells, minlength=len(KINDS) * width).reshape(-1, width)
        rows = (at, at & judged.stable, at & judged.safe)
        counts = np.stack([np.bincount(kinds[row], minlength=len(KINDS)) for row in rows])
        return cls(counts, given_up, int((inner & ~judged.known).sum()))

    def joined(self, other: Found) -> Found:
        """Return what holds in two texts together."""
        wide, narrow = sorted((self.given_up, other.given_up), key=np.size, reverse=True)
        given_up = wide.copy()
        given_up[:, : narrow.shape[1]] += narrow
        return Found(self.counts + other.counts, given_up, self.left_out + other.left_out)


_NOTHING = Found(np.zeros((3, len(KINDS)), np.int64), np.zeros((len(KINDS), 1), np.int64))


def kinds_of(text: str) -> NDArray[np.int8]:
    """Return the kind of the place before each character; the first one means nothing."""
    numbers, properties = codes(text), properties_of(text)
    is_space, is_line = (properties & SPACE) != 0, numbers == ord("\n")
    word = ((properties & (LETTER | MARK | NUMBER)) != 0).astype(np.int8)
    forms = word + np.roll(word, 1)
    kinds = np.array([_BETWEEN, _AT, _WORD], np.int8)[forms]
    both = properties & np.roll(properties, 1)
    either = properties | np.roll(properties, 1)
    inside = forms == 2
    kinds[inside & ((either & UNSPACED) != 0)] = _UNSPACED
    kinds[inside & ((both & NUMBER) != 0)] = _NUMBER
    kinds[is_space] = _BEFORE
    kinds[np.roll(is_space, 1)] = _AFTER
    kinds[is_space & np.roll(is_space, 1)] = _SPACES
    kinds[is_line] = _BEFORE_LINE
    kinds[np.roll(is_line, 1)] = _AFTER_LINE
    return kinds


def found_in(
    tokenizer: Tokenizer, texts: Sequence[str], gaps: Sequence[str], own: Flags, *, specials: bool
) -> Found:
    """Return what holds inside those texts that are `own`, and around the gaps between all texts.

    Raises:
        UnitError: the tokenizer cannot encode a part of a text.
    """
    places = places_of(tokenizer, specials=specials)
    joined, sizes = "".join(texts), np.fromiter(map(len, texts), np.int64, len(texts))
    inner = np.repeat(own, sizes)
    inner[(np.cumsum(sizes) - sizes)[sizes > 0]] = False
    inside = Found.of(places.of(texts), kinds_of(joined), inner)
    kinds = [kind for gap in gaps if gap for kind in (_BEFORE_LINE, *[_AFTER_LINE] * len(gap))]
    between = places.between(texts, gaps)
    return inside.joined(Found.of(between, np.array(kinds, np.int8), np.ones(len(kinds), bool)))


@dataclass(frozen=True)
class Asked:
    """How places are looked at."""

    specials: bool = False
    lines: int | None = None  # drawn from each corpus; all if None
    seed: int = 0


class Line(NamedTuple):
    """A line that was drawn, and what stands behind it in the text."""

    key: int  # lines with the smallest keys are drawn
    text: str
    gap: str  # the line feeds behind it; empty if no line is known to follow
    following: str


@dataclass(frozen=True)
class Seen:
    """What was seen in a part of a corpus."""

    found: Sequence[Found]  # by tokenizer
    drawn: Sequence[Line]
    reading: Reading
    size: int  # bytes read


def look(
    tokenizers: Sequence[Tokenizer],
    corpora: Sequence[Corpus],
    asked: Asked,
    workers: Workers = HERE,
) -> Iterator[tuple[Corpus, Sequence[Found], Reading]]:
    """Yield for each corpus what holds at its places, by tokenizer, and what was read.

    Raises:
        TokscopeError: a text cannot be used, or holds nothing.
    """
    task = Task(
        partial(_look, tokenizers, asked),
        _look_there if have_words(tokenizers) else None,
        (for_workers(tokenizers), asked),
        times=1 if asked.lines else _COST * len(tokenizers),
    )
    for corpus, parts in by_parts(corpora, task, workers):
        seen = [part for _, part in parts]
        reading = _reading(corpus, seen)
        found = [_sum([part.found[k] for part in seen]) for k in range(len(tokenizers))]
        if asked.lines:
            drawn = heapq.nsmallest(asked.lines, (line for part in seen for line in part.drawn))
            found = [_found_in_drawn(one, drawn, corpus, asked) for one in tokenizers]
        yield corpus, found, reading


def _reading(corpus: Corpus, seen: Sequence[Seen]) -> Reading:
    """Return what was learned while reading a corpus."""
    whole = Reading(digest_of([one.reading.digest for one in seen]))
    for one in seen:
        whole.units += one.reading.units
        whole.skipped += one.reading.skipped
        whole.replaced += one.reading.replaced
    require_text(corpus, whole)
    return whole


def _sum(found: Sequence[Found]) -> Found:
    return reduce(Found.joined, found, _NOTHING)


def _found_in_drawn(
    tokenizer: Tokenizer, drawn: Sequence[Line], corpus: Corpus, asked: Asked
) -> Found:
    """Return what holds in lines, some of them at once.

    Raises:
        TokscopeError: the tokenizer cannot encode a part of a line.
    """
    found = _NOTHING
    for i in range(0, len(drawn), _BATCH):
        lines = drawn[i : i + _BATCH]
        texts = [text for line in lines for text in (line.text, line.following)]
        gaps = [gap for line in lines for gap in (line.gap, "")]
        own = np.tile([True, False], len(lines))
        try:
            more = found_in(tokenizer, texts, gaps, own, specials=asked.specials)
        except UnitError as error:
            raise TokscopeError(f"a line of corpus '{corpus.name}': {error}") from error
        found = found.joined(more)
    return found


def _look_there(named: Sequence[tuple[str, str]], asked: Asked, part: Shard) -> Seen:
    """Look at a part of a corpus in a worker."""
    return _look([loaded(*one) for one in named], asked, part)


def _look(tokenizers: Sequence[Tokenizer], asked: Asked, part: Shard) -> Seen:
    """Look at a part of a corpus under all tokenizers."""
    found = [_NOTHING for _ in tokenizers]
    drawn: list[Line] = []
    reading, digest, size = Reading(), hashlib.sha256(), 0
    texts: list[str] = []
    lines: list[int] = []
    for units in read(part):
        reading.units += len(units.texts)
        reading.skipped += units.skipped
        reading.replaced += units.replaced
        texts, lines = [*texts[-1:], *units.texts], [*lines[-1:], *units.lines]
        new = len(units.texts)
        if new and asked.lines:
            drawn = heapq.nsmallest(asked.lines, [*drawn, *_drawn(units, part, asked)])
        elif new:
            more = _found(tokenizers, (texts, lines), new, asked, part)
            found = [one.joined(other) for one, other in zip(found, more, strict=True)]
        digest.update(units.raw)
        size += len(units.raw)
    reading.digest = digest.hexdigest()
    return Seen(found, drawn, reading, size)


def _found(
    tokenizers: Sequence[Tokenizer],
    unit: tuple[Sequence[str], Sequence[int]],
    new: int,
    asked: Asked,
    part: Shard,
) -> list[Found]:
    """Return what holds in texts of a part, of which the last ones are new, by tokenizer."""
    texts, lines = unit
    gaps, own = _gaps(lines, part), np.arange(len(texts)) >= len(texts) - new
    try:
        return [found_in(one, texts, gaps, own, specials=asked.specials) for one in tokenizers]
    except UnitError as error:
        raise part.error(lines[error.unit], str(error)) from error


def _gaps(lines: Sequence[int], part: Shard) -> list[str]:
    """Return the line feeds between lines; there are none between other units."""
    if kind_of(part) != "txt":
        return [""] * (len(lines) - 1)
    return ["\n" * (after - before) for before, after in pairwise(lines)]


def _drawn(units: Units, part: Shard, asked: Asked) -> list[Line]:
    """Return those of some units that may be drawn."""
    keys = _keys(units, part, asked.seed)
    gaps = [*_gaps(units.lines, part), ""]
    following = [*units.texts[1:], ""]
    return [
        Line(int(keys[i]), units.texts[i], gaps[i], following[i] if gaps[i] else "")
        for i in np.argsort(keys, kind="stable")[: asked.lines].tolist()
    ]


def _keys(units: Units, part: Shard, seed: int) -> NDArray[np.uint64]:
    """Return a number for each unit that its file, its place and the seed mix, as SplitMix64 does.

    So the lines that are drawn depend on nothing else.
    """
    name = f"{seed} {Path(part.path).name} {part.member}"
    mixed = units.offsets.astype(np.uint64) + np.uint64(part.start)
    mixed = (mixed + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= np.uint64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    for factor, shift in ((0xBF58476D1CE4E5B9, 30), (0x94D049BB133111EB, 27)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
