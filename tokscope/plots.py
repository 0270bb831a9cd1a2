"""Plots as data: what is to be seen; how it is drawn, `render` decides."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal, NamedTuple, TypeAlias


class Mark(NamedTuple):
    """One value in a plot, with its interval if it has one."""

    row: str  # what it is about, such as a language
    series: str  # whose it is, such as a tokenizer
    value: float
    low: float = nan
    high: float = nan
    label: str = ""  # what it is called, if the row does not say it


@dataclass(frozen=True)
class Values:
    """Values by row, as dots, bars or cells of a heat map; rows are in the order of the marks."""

    kind: Literal["dots", "bars", "heat"]
    name: str  # a word to choose it by
    title: str
    unit: str
    marks: tuple[Mark, ...]
    note: str = ""
    origin: float = nan  # where a line marks what values are relative to
    log: bool = False  # equal ratios are equally far apart


class Line(NamedTuple):
    """A curve through points."""

    series: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


@dataclass(frozen=True)
class Lines:
    """Curves over an axis that they share."""

    name: str
    title: str
    across: str  # what the horizontal axis is
    unit: str  # of the vertical axis
    lines: tuple[Line, ...]
    note: str = ""
    log: bool = False  # of the horizontal axis


class Piece(NamedTuple):
    """A token of a text, and what a reader may want to know of it."""

    text: str
    detail: str = ""


class Cut(NamedTuple):
    """A text as one tokenizer cuts it."""

    row: str  # the text, or a name for it; "" if there is only one
    series: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Cuts:
    """Texts in pieces, for every tokenizer."""

    name: str
    title: str
    cuts: tuple[Cut, ...]
    note: str = ""
    beside: bool = False  # texts are short: a row for each, and a column for each tokenizer


Plot: TypeAlias = Values | Lines | Cuts
