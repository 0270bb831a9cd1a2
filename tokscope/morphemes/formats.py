"""Files of gold in the formats that people publish, told apart by their columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tokscope.errors import TokscopeError, choose
from tokscope.morphemes.aligned import spells
from tokscope.morphemes.cells import Table
from tokscope.wording import many

COMPOUND = "compound"
_PROCESSES = ("inflection", "derivation", COMPOUND)  # a digit each in a category such as 101
_CATEGORY = re.compile("[01]{3}")
_JOINERS = "|+ -"  # what may stand between parts


class Row(NamedTuple):
    """A word and its parts."""

    word: str
    parts: Sequence[str]  # as the file has them; none if it names none that are in the word
    category: str = ""
    compound: bool = False  # each boundary is one between the parts of a compound
    untyped: bool = False  # its type is not one that tells whether it has parts


class Format(NamedTuple):
    """How the rows of a table are read."""

    columns: str  # for people
    read: Callable[[Table], Iterator[Sequence[Row]]]  # yields the words of each row
    widths: tuple[int, ...] = ()  # how many columns there may be, if they have no names
    names: frozenset[str] = frozenset()  # of columns
    # whether a table with such columns is of this format
    looks: Callable[[Table], bool] = lambda _: True
    partial: bool = False  # only one of the boundaries of a word is known


def format_of(table: Table, name: str = "") -> str:
    """Return the name of the given format, or of the first that a table looks like.

    Raises:
        TokscopeError: the columns of the table are others, or fit no format.
    """
    width = many(len(table.rows[0]), "column")
    if not name:
        for known, one in FORMATS.items():
            if _fits(table, one) and one.looks(table):
                return known
        raise TokscopeError(
            f"{table.path}: no format of gold has {width} like these; write a word, a tab and its "
            f"parts, or say --gold-format, one of {', '.join(FORMATS)}"
        )
    chosen = choose(FORMATS, name, "format of gold")
    if not _fits(table, chosen):
        raise TokscopeError(f"{table.path}: {width}, but {name} has {chosen.columns}")
    return name


def _fits(table: Table, one: Format) -> bool:
    if one.names:
        return one.names <= set(table.header)
    return len(table.rows[0]) in one.widths


# SIGMORPHON 2022: words, and sentences


def _sigmorphon(table: Table) -> Iterator[Sequence[Row]]:
    """Read `word TAB seg @@seg TAB 110`, or sentences without a category.

    In a sentence, a segment without @@ begins a word; in a word, it is one like the others.
    """
    for text, segments, *rest in table.rows:
        category = _category(rest[0]) if rest else ""
        words, groups = [text], [segments.replace(" @@", " ").split(" ")]
        if " " in text and not rest:
            words, groups = text.split(" "), _groups(segments)
        if len(words) != len(groups):
            words, groups = [text], [[]]
        pairs = zip(words, groups, strict=True)
        yield [Row(word, parts, category, category == COMPOUND) for word, parts in pairs]


def _groups(segments: str) -> list[list[str]]:
    groups: list[list[str]] = []
    for segment in segments.split(" "):
        if segment.startswith("@@") and groups:
            groups[-1].append(segment[2:])
        else:
            groups.append([segment])
    return groups


def _category(digits: str) -> str:
    """Name the processes that made a word.

    >>> _category("101"), _category("000")
    ('inflection + compound', 'root')
    """
    if not _CATEGORY.fullmatch(digits):
        return digits
    made = [name for name, digit in zip(_PROCESSES, digits, strict=True) if digit == "1"]
    return " + ".join(made) or "root"


def _looks_sigmorphon(table: Table) -> bool:
    if len(table.rows[0]) == 3:
        return all(_CATEGORY.fullmatch(row[2]) for row in table.rows)
    return any(" @@" in row[1] for row in table.rows)


# MorphyNet and UniMorph


def _unimorph(table: Table) -> Iterator[Sequence[Row]]:
    """Read `lemma TAB form TAB features TAB a|b|c`; - stands for no parts."""
    for _, form, features, parts in table.rows:
        own = [] if parts == "-" else parts.split("|")
        yield [Row(form, own, re.split("[;|]", features)[0])]


def _derivations(table: Table) -> Iterator[Sequence[Row]]:
    """Read `source TAB word TAB pos TAB pos TAB affix TAB prefix|suffix`."""
    for _, word, _, _, affix, side in table.rows:
        parts: Sequence[str] = ()
        if side == "suffix" and word.endswith(affix):
            parts = (word.removesuffix(affix), affix)
        elif side == "prefix" and word.startswith(affix):
            parts = (affix, word.removeprefix(affix))
        yield [Row(word, parts, side)]


# MorphScore, CompoundPiece, GermaNet


def _morphscore(table: Table) -> Iterator[Sequence[Row]]:
    """Read `,full_word,pt1,rest`."""
    word, first, rest = map(table.header.index, ("full_word", "pt1", "rest"))
    for row in table.rows:
        yield [Row(row[word], (row[first], row[rest]) if row[first] and row[rest] else ())]


def _compoundpiece(table: Table) -> Iterator[Sequence[Row]]:
    """Read the columns word (`Haus-tür`) and type, perhaps lang."""
    word, kind = map(table.header.index, ("word", "type"))
    lang = table.header.index("lang") if "lang" in table.header else None
    for row in table.rows:
        parts = row[word].split("-")
        positive = row[kind] == "positive"
        name = COMPOUND if positive else "other"
        name = name if lang is None else f"{row[lang]} {name}"
        known = positive or row[kind] == "negative"
        yield [Row("".join(parts), parts, name, positive, untyped=not known)]


def _germanet(table: Table) -> Iterator[Sequence[Row]]:
    """Read `compound TAB modifier TAB head`; the head begins where it stands last in the word."""
    for word, _, head in table.rows:
        start = max(0, word.lower().rfind(head.lower()))
        yield [Row(word, (word[:start], word[start:]) if start else (), COMPOUND, compound=True)]


def _looks_germanet(table: Table) -> bool:
    return any(word.lower().endswith(head.lower()) for word, _, head in table.rows)


# Plain lists


def _plain(table: Table) -> Iterator[Sequence[Row]]:
    """Read `word TAB parts`, perhaps with a category; one sign joins the parts of all words."""
    spelled = {
        joiner: sum(spells(row[0], row[1].split(joiner)) for row in table.rows)
        for joiner in _JOINERS
    }
    joiner = max(spelled, key=lambda one: spelled[one])
    for word, parts, *rest in table.rows:
        category = rest[0] if rest else ""
        yield [Row(word, parts.split(joiner), category, category == COMPOUND)]


def _looks_plain(table: Table) -> bool:
    rows = table.rows
    return len(rows[0]) == 2 or any(
        spells(row[0], row[1].split(j)) for row in rows for j in _JOINERS
    )


FORMATS: Mapping[str, Format] = {
    "morphscore": Format(
        "the columns full_word, pt1 and rest",
        _morphscore,
        names=frozenset(("full_word", "pt1", "rest")),
        partial=True,
    ),
    "compoundpiece": Format(
        "the columns word and type", _compoundpiece, names=frozenset(("word", "type"))
    ),
    "sigmorphon": Format(
        "words, their segments, perhaps a category", _sigmorphon, (2, 3), looks=_looks_sigmorphon
    ),
    "unimorph": Format("a lemma, a form, its features and its parts", _unimorph, (4,)),
    "derivations": Format(
        "a source, a word, two parts of speech, an affix, and prefix or suffix",
        _derivations,
        (6,),
        partial=True,
    ),
    "plain": Format("a word, its parts, perhaps a category", _plain, (2, 3), looks=_looks_plain),
    "germanet": Format(
        "a compound, its modifier and its head",
        _germanet,
        (3,),
        looks=_looks_germanet,
        partial=True,
    ),
}
HEADERS = tuple(one.names for one in FORMATS.values() if one.names)
