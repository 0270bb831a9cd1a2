"""Gold: words, and where the morphemes in them begin."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from glob import has_magic
from itertools import accumulate, pairwise
from os import PathLike
from pathlib import Path
from typing import TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from tokscope import reading
from tokscope.errors import TokscopeError, choose, exists, path_of, require_shown, split_label
from tokscope.given import entries, several, unlike
from tokscope.morphemes.aligned import align, spells
from tokscope.morphemes.cells import table_of, without
from tokscope.morphemes.formats import FORMATS, HEADERS, Row, format_of
from tokscope.text.packing import packing

Given: TypeAlias = (
    "str | PathLike[str] | Sequence[str | PathLike[str]] | "
    "Mapping[str, str | PathLike[str] | Sequence[tuple[str, Sequence[str]]]]"
)
LONGEST = 1_000  # characters of a word, and of a category
SAMPLE = Path(__file__).parent / "sample"
_OF_SAMPLE = "sample:"
_LONE = re.compile("[\ud800-\udfff]")  # half of a character, which no text holds
_WANTED = "a path, a list of paths, or a mapping of names to paths or to lists of (word, parts)"
# why a word is left out
CANONICAL = "their parts do not spell the word"
UNCLEAR = "their parts fit the word in several ways"
BARE = "they have no parts that are in the word"
BLANK = "they hold a blank"
UNTYPED = "their type is neither positive nor negative"


@dataclass(frozen=True)
class How:
    """How files of gold are read."""

    format: str = ""  # the name of a format; "" for what the columns look like
    align: bool = False  # also take words that their parts do not spell, where the fit is clear
    frequency: str = ""  # the column that says how often a word counts


@dataclass(frozen=True)
class Gold:
    """W words with their inner boundaries, in code points."""

    name: str
    format: str
    digest: str  # of the file
    words: Sequence[str]
    edges: Sequence[tuple[int, ...]]
    categories: Sequence[str]
    compounds: NDArray[np.bool_]  # (W,) each boundary is one between the parts of a compound
    weights: NDArray[np.int64]  # (W,) how often each word counts
    left_out: Mapping[str, int]  # words, by the reason
    rows: Sequence[tuple[str, Sequence[str], int]]  # with those left out: word, parts, weight

    @property
    def partial(self) -> bool:
        """Whether only one of the boundaries of a word is known."""
        return self.format in FORMATS and FORMATS[self.format].partial

    def parts(self, word: int) -> list[str]:
        """Return the morphemes of a word."""
        text, edges = self.words[word], self.edges[word]
        ends = (*edges, len(text))
        return [text[start:end] for start, end in zip((0, *edges), ends, strict=True)]

    @cached_property
    def named(self) -> list[str]:
        """A name for each boundary: `-s` before the morpheme s, `un-` behind un.

        It is the morpheme behind, unless that before begins the word and is more frequent.
        """
        pairs = [
            (f"{left.lower()}-" if not place else "", f"-{right.lower()}")
            for word in range(len(self.words))
            for place, (left, right) in enumerate(pairwise(self.parts(word)))
        ]
        counts = Counter(name for pair in pairs for name in pair if name)
        return [left if counts[left] > counts[right] else right for left, right in pairs]


def read(given: Given | None, how: How) -> list[Gold]:
    """Return gold from files, from pairs of a word and its parts, or the sample.

    Raises:
        TokscopeError: a file cannot be read or fits no format, it has no word that can be used, or
            two have the same name; or `how` is about files, and there are none.
    """
    if how.format:
        choose(FORMATS, how.format, "format of gold")
    golds: dict[str, Gold] = {}
    entered = entries(sample() if given is None else given, _is_place, "gold", _WANTED)
    if how != How() and all(_is_place(one) and _is_sample(one) for _, one in entered):
        what = "--gold-format, --align and --frequency are about gold of yours"
        raise TokscopeError(f"{what}; name it with --gold")
    for label, one in entered:
        gold = _of_file(label, one, how) if _is_place(one) else _of_pairs(label, one, how)
        if gold.name in golds:
            raise TokscopeError(f"two files of gold are named '{gold.name}'; write NAME=PATH")
        golds[gold.name] = gold
    return list(golds.values())


def sample() -> list[str]:
    """Return the words that name the parts of the sample."""
    return [f"{_OF_SAMPLE}{path.stem}" for path in sorted(SAMPLE.glob("*.tsv"))]


def file_of(word: str) -> tuple[str, Path]:
    """Return the name and the path of `[NAME=]PATH` or `[NAME=]sample:LANG`.

    Raises:
        TokscopeError: there is no such part of the sample, or the path is invalid.
    """
    label, place = split_label(word)
    if place == "-" or (has_magic(place) and not exists(place)):
        raise TokscopeError(f"--gold {place}: name files, each by its own --gold")
    if place.startswith(_OF_SAMPLE):
        parts = {name.removeprefix(_OF_SAMPLE): name for name in sample()}
        name = place.removeprefix(_OF_SAMPLE)
        choose(parts, name, "part of the sample of gold")
        return label or name, SAMPLE / f"{name}.tsv"
    path = path_of(place)
    return label or path.stem, path


def _is_place(given: object) -> bool:
    return isinstance(given, str | PathLike)


def _is_sample(place: str | PathLike[str]) -> bool:
    return split_label(str(place))[1].startswith(_OF_SAMPLE)


def _of_file(label: str, place: str | PathLike[str], how: How) -> Gold:
    name, path = file_of(str(place))
    require_shown(label or name, str(place))
    how = How() if _is_sample(place) else how
    data = reading.content(path)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        told = f"{path}:{line}: not valid UTF-8; save the file as UTF-8"
        told = f"{path}: gold is not read packed; unpack it first" if packing(str(path)) else told
        raise TokscopeError(told) from error
    named = how.frequency != "" and not how.frequency.isdecimal()
    table = table_of(str(path), text, HEADERS, named=named)
    weights = [1] * len(table.rows)
    if how.frequency:
        table, weights = without(table, how.frequency)
    found = format_of(table, how.format)
    lines = zip(table.lines, FORMATS[found].read(table), weights, strict=True)
    rows = ((f"{path}:{line}", row, weight) for line, own, weight in lines for row in own)
    digest = hashlib.sha256(data).hexdigest()
    return _gold((label or name, found, digest), rows, str(path), how.align)


def _of_pairs(label: str, given: object, how: How) -> Gold:
    """Return gold of pairs in memory."""
    where = f"gold[{label!r}]"
    if not label:
        raise unlike(given, "gold", _WANTED)
    require_shown(label, where)
    if how.format or how.frequency:
        raise TokscopeError(f"{where}: pairs have no columns; drop the format and the frequency")
    rows = []
    for i, pair in enumerate(several(given, where, "a list of (word, parts)")):
        if not _is_pair(pair):
            raise unlike(pair, f"{where}[{i}]", "a word and a list of its parts, all strings")
        rows.append((f"{where}[{i}]", Row(pair[0], tuple(pair[1])), 1))
    digest = hashlib.sha256(repr([row for _, row, _ in rows]).encode()).hexdigest()
    return _gold((label, "pairs", digest), rows, where, how.align)


def _is_pair(given: object) -> TypeGuard[tuple[str, Sequence[str]]]:
    if not (
        isinstance(given, list | tuple) and len(given) == 2 and isinstance(given[1], list | tuple)
    ):
        return False
    strings = (given[0], *given[1])
    return all(isinstance(one, str) and not _LONE.search(one) for one in strings)


def _gold(
    named: tuple[str, str, str], rows: Iterable[tuple[str, Row, int]], where: str, aligning: bool
) -> Gold:
    """Return the gold of rows, each with its place for messages and its weight."""
    left_out: Counter[str] = Counter()
    kept: list[tuple[Row, tuple[int, ...], int]] = []
    every: list[tuple[str, Sequence[str], int]] = []
    for place, row, weight in rows:
        for what, text in (("word", row.word), ("category", row.category)):
            if len(text) > LONGEST:
                raise TokscopeError(f"{place}: a {what} of over {LONGEST:,} characters")
        edges = _edges(row, aligning)
        if edges not in (BARE, UNTYPED):
            every.append((row.word, row.parts, weight))
        if isinstance(edges, str):
            left_out[edges] += 1
        else:
            kept.append((row, edges, weight))
    if not kept:
        told = "; ".join(f"{count:,}, {why}" for why, count in left_out.items())
        hint = "; --align fits parts to words" if left_out[CANONICAL] and not aligning else ""
        raise TokscopeError(f"{where}: no word that can be used ({told}){hint}")
    return Gold(
        *named,
        [row.word for row, _, _ in kept],
        [edges for _, edges, _ in kept],
        [row.category for row, _, _ in kept],
        np.array([row.compound for row, _, _ in kept]),
        np.array([weight for _, _, weight in kept]),
        left_out,
        every,
    )


def _edges(row: Row, aligning: bool) -> tuple[int, ...] | str:
    """Return the inner boundaries of a word, or why it is left out."""
    if row.untyped:
        return UNTYPED
    if not (row.word and all(row.parts) and row.parts):
        return BARE
    if any(map(str.isspace, row.word)):
        return BLANK
    if spells(row.word, row.parts):
        return tuple(accumulate(map(len, row.parts[:-1])))
    if not aligning:
        return CANONICAL
    aligned = align(row.word, row.parts)
    return UNCLEAR if aligned is None else aligned
