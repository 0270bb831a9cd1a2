"""What all SVG plots are made of: text, lines, points, legends and axes.

Horizontal places are in percent, so that a picture in a page takes the width that there is while
its text stays the same size.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from tokscope.plots import Mark
from tokscope.render.scale import Scale, named_ticks, short
from tokscope.visible import visible

WIDTH = 720  # of a picture by itself
NARROW = 320  # what fits on a phone; in a page, legends and running text do not grow past it
LETTER = 6.6  # the width of a letter, about
RIGHT = 96.0  # percent; where plots end
# Okabe and Ito 2008: colours that people with any colour vision tell apart; shapes help in print
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#767676")
_SHAPES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
    "M-4-4h8v8h-8z",
    "M0-5.5L5 4H-5z",
    "M0-5.5L5.5 0L0 5.5L-5.5 0z",
    "M0 5.5L5-4H-5z",
    "M-1.8-5h3.6v3.2h3.2v3.6h-3.2v3.2h-3.6v-3.2h-3.2v-3.6h3.2z",
)
_DASHES = ("none", "6 3", "2 3", "8 3 2 3", "10 4", "1 2")
STYLE = (
    ".ts{--ink:#1c1e21;--soft:#5c6370;--line:#e3e5e8;--paper:#fff;--heat:#08519c;--tint:.16;"
    "font:12px system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "font-variant-numeric:tabular-nums}"
    "@media screen and (prefers-color-scheme:dark){.ts{--ink:#e4e6e9;--soft:#a0a6b0;"
    "--line:#33383f;--paper:#16181c;--heat:#6baed6;--tint:.34}}"
    ".ts text{fill:var(--ink)}.ts .soft{fill:var(--soft)}.ts .name{font-weight:600;font-size:14px}"
    ".ts .grid{stroke:var(--line)}.ts .origin{stroke:var(--soft)}.ts .paper{fill:var(--paper)}"
    ".ts .heat{fill:var(--heat);stroke:var(--paper);stroke-width:2}"
    ".ts .mid{text-anchor:middle}.ts .end{text-anchor:end}.ts .mark{stroke:var(--paper)}"
    ".ts .mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".ts .piece{fill-opacity:var(--tint)}"
    ".ts .curve{fill:none;stroke-width:2;vector-effect:non-scaling-stroke}"
)

_COLUMN = 112  # the least width of a column of texts in pieces
Places: TypeAlias = dict[str, float]


class Drawn(NamedTuple):
    """The inside of a picture, and its height in pixels."""

    parts: list[str]
    height: float


def safe(text: str) -> str:
    """Return text in which nothing is hidden and nothing is markup."""
    return html.escape(visible(text))


def text(words: str, x: str, y: float, kind: str = "", more: str = "") -> str:
    """Write words; `kind` is the class of `STYLE`, `more` further attributes."""
    kinds = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y:g}"{kinds}{more}>{safe(words)}</text>'


def line(start: tuple[str, float], end: tuple[str, float], look: str) -> str:
    """Draw a line between two places."""
    places = f'x1="{start[0]}" y1="{start[1]:g}" x2="{end[0]}" y2="{end[1]:g}"'
    return f"<line {places} {look}/>"


def titled(title: str, *parts: str) -> str:
    """Give a mark the title that a reader sees who points at it, and that is read aloud."""
    return f"<g><title>{safe(title)}</title>{''.join(parts)}</g>"


def color(series: int) -> str:
    """Return the colour of a series."""
    return COLORS[series % len(COLORS)]


def dashes(series: int) -> str:
    """Return how the line of a series is broken."""
    return _DASHES[series % len(_DASHES)]


def point(x: str, y: float, series: int) -> str:
    """Draw a point in the colour and the shape of its series."""
    path = f'<path d="{_SHAPES[series % len(_SHAPES)]}" fill="{color(series)}" class="mark"/>'
    return f'<svg x="{x}" y="{y:g}" overflow="visible">{path}</svg>'


def told(mark: Mark, unit: str) -> str:
    """Return what a reader sees who points at a mark."""
    value = short(mark.value, unit) + ("" if unit in ("share", "ratio") else f" {unit}")
    if not math.isnan(mark.low):
        value += f" [{short(mark.low, unit)}, {short(mark.high, unit)}]"
    return f"{', '.join(filter(None, (mark.label, mark.row, mark.series)))}: {value}"


def letters(shown: str) -> int:
    """Return about how many letters wide a text is; those of East Asia are twice as wide."""
    return sum(2 if ord(char) >= 0x1100 else 1 for char in shown)


def wrapped(words: str, most: int) -> list[str]:
    """Break a text into lines of at most so many letters."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + len(word) < most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def cropped(words: str, most: int) -> str:
    """Return at most so many letters of a text: both ends, as names often end in a version.

    >>> cropped("org/model-7b-instruct-v2", 12), cropped("unicode", 4), cropped("世界地図", 5)
    ('org/mo…ct-v2', 'uni…', '世界…')
    """
    shown = visible(words)
    if letters(shown) <= most:
        return shown
    tail = (most - 1) // 2 if most >= 12 else 0
    return f"{_first(shown, max(most, 2) - 1 - tail)}…{_first(shown[::-1], tail)[::-1]}"


def _first(shown: str, most: int) -> str:
    ends = accumulate(map(letters, shown))
    return shown[: sum(end <= most for end in ends)]


def broken(name: str, most: int, high: int = 3) -> list[str]:
    """Break a name after signs, so that it fits above a column; the end of a long one is cut."""
    lines = [""]
    for part in re.split(r"(?<=[-_./: ])", visible(name)):
        if lines[-1] and letters(lines[-1] + part) > most:
            lines.append("")
        lines[-1] += part
    lines = [*lines[: high - 1], f"{lines[high - 1]}…"] if len(lines) > high else lines
    return [cropped(line, max(most, 4)) for line in lines]


def gutter(names: Sequence[str]) -> float:
    """Return the part of the width, in percent, that the names of rows take."""
    return min(30.0, 5 + 1.9 * max((letters(visible(name)) for name in names), default=0))


def room(percent: float) -> int:
    """Return how many letters fit into a part of the width, on a phone."""
    return int(percent * NARROW / 100 / LETTER)


def columns(series: Sequence[str], left: float, width: float) -> tuple[float, list[Places]]:
    """Return how wide the columns of series are, and where they begin, in bands that fit.

    >>> columns(["a", "b", "c"], 100, 340)
    (120.0, [{'a': 100.0, 'b': 220.0}, {'c': 100.0}])
    """
    most = max(1, min(len(series), int((width - left) / _COLUMN)))
    size = (width - left) / most
    bands = [series[first : first + most] for first in range(0, len(series), most)]
    return size, [{name: left + size * i for i, name in enumerate(band)} for band in bands]


def row_name(name: str, left: float, y: float) -> str:
    """Write the name of a row to the left of a plot; a long one is cut, and has a title."""
    most = room(left)
    shown = text(cropped(name, most), f"{left:g}%", y + 4, "end", ' dx="-10"')
    return titled(name, shown) if letters(visible(name)) > most else shown


def legend(series: Sequence[str]) -> Drawn:
    """Name the series, as many in a line as fit on a phone; one alone needs no name here."""
    parts: list[str] = []
    x, y = 22.0, 12.0
    for k, name in enumerate(series if len(series) > 1 else ()):
        shown = cropped(name, 40)
        width = 30 + LETTER * letters(shown)
        if x > 22 and x + width > NARROW:
            x, y = 22.0, y + 19
        parts += [point(f"{x:g}", y - 4, k), text(shown, f"{x + 9:g}", y)]
        x += width
    return Drawn(parts, y + 14 if parts else 4)


class Axis(NamedTuple):
    """A horizontal axis between two places of the width, in percent."""

    scale: Scale
    left: float
    unit: str
    right: float = RIGHT

    def at(self, value: float) -> str:
        """Return the place of a value.

        >>> Axis(Scale(1, 3), 20, "ratio", 100).at(2)
        '60.00%'
        """
        return f"{self.left + (self.right - self.left) * self.scale(value):.2f}%"

    def drawn(self, top: float, bottom: float, *, twice: bool = False) -> Iterator[str]:
        """Draw a line for every tick, and its value below, or above and below."""
        for tick, name in named_ticks(self.scale, self.unit).items():
            yield line((self.at(tick), top), (self.at(tick), bottom), 'class="grid"')
            for y in (bottom + 15, *([top - 6] if twice else [])):
                yield text(name, self.at(tick), y, "soft mid")
