"""Plots as figures of matplotlib, which `Report.plot` returns, and as PNG and PDF.

Places are in pixels from the top left, as in `svg`; a figure has a hundred of them in an inch.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from tokscope.plots import Cut, Cuts, Lines, Mark, Piece, Plot, Values
from tokscope.render.marks import WIDTH, broken, color, columns, dashes
from tokscope.render.scale import (
    Scale,
    named_ticks,
    ordered,
    points_of,
    scale_of,
    scales_of,
    short,
)
from tokscope.render.sheet import (
    EDGE,
    HEAT,
    INK,
    LINE,
    NAME,
    POINT,
    SOFT,
    TEXT,
    Box,
    Sheet,
    begun,
    pixels,
    point_of,
    write,
)
from tokscope.render.typeset import Type, type_for

_ROW, _BAR, _CELL, _HEIGHT = 22, 15, 24, 260  # heights of rows, bars, cells and curves
_LONGEST, _UNDER = 220, 24  # the name of a row, the values of an axis
_LINES = 6  # of a name above a column
_MOST = 2_000  # tokens of a text that are drawn
_TALLEST = 40_000  # pixels of a PNG, which has two in each of ours if there is room
# What a user or a folder sets does not change a picture, but for where it is shown.
_LOOK: dict[Any, Any] = {
    **{name: rcParamsDefault[name] for name in rcParamsDefault if name != "backend"},
    "text.parse_math": False,  # a $ is a $
    "text.hinting": "none",
    "text.color": INK,
    "font.size": TEXT * POINT,
    "lines.scale_dashes": False,
    "pdf.fonttype": 42,  # text that can be searched, and that journals take
    **{f"axes.spines.{side}": False for side in ("left", "right", "top", "bottom")},
    **{f"{axis}tick.major.size": 0 for axis in "xy"},
    **{f"{axis}tick.labelcolor": SOFT for axis in "xy"},
    "xtick.major.pad": 5,
    "ytick.major.pad": 7,
    "axes.labelcolor": SOFT,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
}


def png(plot: Plot) -> bytes:
    """Draw a plot as PNG: the same bytes for the same plot, as `pdf` does."""
    drawn = figure(plot)
    return _saved(drawn, "png", min(200, _TALLEST / drawn.get_figheight()), {"Software": None})


def pdf(plot: Plot) -> bytes:
    """Draw a plot as PDF, on one page."""
    nothing = dict.fromkeys(("Creator", "Producer", "CreationDate"))
    return _saved(figure(plot), "pdf", 100, nothing)


def _saved(drawn: Figure, format_: str, dpi: float, metadata: dict[str, None]) -> bytes:
    stream = io.BytesIO()
    with rc_context(_LOOK):
        drawn.savefig(stream, format=format_, dpi=dpi, metadata=metadata)
    return stream.getvalue()


def figure(plot: Plot) -> Figure:
    """Draw a plot as a figure, with its title and note."""
    letters = type_for(_strings(plot))
    with rc_context({**_LOOK, "font.family": list(letters.families)}):
        if isinstance(plot, Cuts):
            return _cuts(plot, letters)
        if isinstance(plot, Lines):
            return _lines(plot, letters)
        return _heat(plot, letters) if plot.kind == "heat" else _rows(plot, letters)


def _strings(part: object) -> Iterator[str]:
    """Return every string of a plot that is drawn."""
    if isinstance(part, Mark | Piece):
        part = (part.row, part.series) if isinstance(part, Mark) else part.text
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple | Values | Lines | Cuts):
        for one in part if isinstance(part, tuple) else vars(part).values():
            yield from _strings(one)


# Dots and bars


def _rows(plot: Values, letters: Type) -> Figure:
    rows, series = ordered(m.row for m in plot.marks), ordered(m.series for m in plot.marks)
    is_bars = plot.kind == "bars"
    sheet = begun(plot, letters, series)
    size = _BAR * len(series) + 9 if is_bars else _ROW + 2 * (len(series) > 3)
    scale = scale_of(plot)
    right = WIDTH - EDGE - 10 - is_bars * _widest(plot, letters)
    twice = not is_bars and len(rows) > 20
    axes = _named(sheet, rows, Box(0, right, size * max(len(rows), 1), 16 * twice, _UNDER))
    _across(axes, scale, plot.unit)
    axes.tick_params(labeltop=twice)
    if not math.isnan(plot.origin):
        axes.axvline(plot.origin, color=SOFT, linewidth=0.8, zorder=1)
    places = {row: i for i, row in enumerate(rows)}
    apart = (_BAR if is_bars else min(3, 12 / max(len(series), 1))) / size
    for k, name in enumerate(series):
        own = [m for m in plot.marks if m.series == name and scale.has(m.value)]
        ys = [places[m.row] + apart * (k - (len(series) - 1) / 2) for m in own]
        if is_bars:
            _bars(axes, own, ys, k, (_BAR - 2) / size)
            _written(axes, own, ys, plot.unit)
        else:
            xs = [m.value for m in own]
            axes.plot(xs, ys, label=name, clip_on=False, zorder=3, **point_of(k))
        _intervals(axes, own, ys, scale, INK if is_bars else color(k))
    return sheet.figure


def _widest(plot: Values, letters: Type) -> float:
    """Return the room that a written value takes."""
    wide = (letters.width(short(mark.value, plot.unit), TEXT) for mark in plot.marks)
    return min(_LONGEST, max(wide, default=0))


def _named(sheet: Sheet, rows: Sequence[str], box: Box) -> Axes:
    """Return axes with a row for each name, which stands to the left; a long one is cut."""
    names = [sheet.letters.cropped(name, TEXT, _LONGEST) for name in rows]
    widest = max((sheet.letters.width(name, TEXT) for name in names), default=0)
    axes = sheet.axes(box._replace(left=EDGE + widest + 12))
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), names, color=INK)
    return axes


def _across(axes: Axes, scale: Scale, unit: str) -> None:
    """Draw the horizontal axis, a line for each of its values."""
    axes.set_xscale("log" if scale.log else "linear")
    axes.set_xlim(scale.low, scale.high)
    axes.minorticks_off()
    names = named_ticks(scale, unit)
    axes.set_xticks([*names], [*names.values()])
    axes.grid(axis="x")


def _bars(axes: Axes, own: Sequence[Mark], ys: Sequence[float], k: int, height: float) -> None:
    axes.barh(
        ys, [m.value for m in own], height, color=color(k), label=own[0].series if own else ""
    )


def _written(axes: Axes, own: Sequence[Mark], ys: Sequence[float], unit: str) -> None:
    """Write the values of bars behind them."""
    for mark, y in zip(own, ys, strict=True):
        last = max(mark.value, mark.high)  # the value, if there is no interval
        axes.annotate(
            short(mark.value, unit),
            (last, y),
            (5, 0),
            textcoords="offset points",
            va="center_baseline",
            annotation_clip=False,
        )


def _intervals(
    axes: Axes, own: Sequence[Mark], ys: Sequence[float], scale: Scale, look: str
) -> None:
    known = [(m, y) for m, y in zip(own, ys, strict=True) if not math.isnan(m.low)]
    lows, highs = (np.clip([m[i] for m, _ in known], scale.low, scale.high) for i in (3, 4))
    axes.hlines([y for _, y in known], lows, highs, look, linewidth=2 * POINT, alpha=0.6)


# Heat maps


def _heat(plot: Values, letters: Type) -> Figure:
    rows, series = ordered(m.row for m in plot.marks), ordered(m.series for m in plot.marks)
    scale = scale_of(plot)
    left = EDGE + _LONGEST + 10
    width = max(WIDTH, left + (_widest(plot, letters) + 12) * len(series) + EDGE)
    sheet = begun(plot, letters, [], width)
    column = (width - left - EDGE) / max(len(series), 1)
    heads = [broken(letters.shown(name), int(column / 8), _LINES) for name in series]
    over = 6 + 15 * max(map(len, heads), default=0)
    axes = _named(sheet, rows, Box(0, width - EDGE, _CELL * max(len(rows), 1), over, 12))
    cells = np.full((max(len(rows), 1), max(len(series), 1)), np.nan)
    for mark in plot.marks:
        y, x = rows.index(mark.row), series.index(mark.series)
        cells[y, x] = mark.value if scale.has(mark.value) else np.nan
        axes.text(x, y, short(mark.value, plot.unit), ha="center", va="center_baseline")
    edges = np.arange(len(cells[0]) + 1) - 0.5, np.arange(len(cells) + 1) - 0.5
    norm = (LogNorm if scale.log else Normalize)(scale.low, scale.high)
    axes.pcolormesh(
        *edges,
        cells,
        cmap=_shades(),
        norm=norm,
        edgecolor="white",
        linewidth=1.4,
    )
    axes.set_xticks(range(len(series)), ["\n".join(lines) for lines in heads])
    axes.tick_params(labeltop=True, labelbottom=False)
    return sheet.figure


def _shades() -> LinearSegmentedColormap:
    """Return shades of the colour of heat maps on paper, light enough for text."""
    heat = np.array(to_rgb(HEAT))
    return LinearSegmentedColormap.from_list("", [1 - depth * (1 - heat) for depth in (0.04, 0.54)])


# Curves


def _lines(plot: Lines, letters: Type) -> Figure:
    across, up = scales_of(plot)
    names = named_ticks(up, plot.unit)
    sheet = begun(plot, letters, [line.series for line in plot.lines])
    left = EDGE + max(letters.width(name, TEXT) for name in names.values()) + 16
    axes = sheet.axes(Box(left, WIDTH - 2 * EDGE, _HEIGHT, 8, 2 * _UNDER))
    _across(axes, across, plot.across)
    axes.set_ylim(up.low, up.high)
    axes.set_yticks([*names], [*names.values()])
    axes.grid(axis="y")
    axes.set_xlabel(letters.shown(plot.across))
    for k, line in enumerate(plot.lines):
        look = {**point_of(k), "linestyle": _dashes(k), "linewidth": 2 * POINT}
        points = points_of(line, across, up)
        axes.plot(
            [x for x, _ in points], [y for _, y in points], label=line.series, clip_on=False, **look
        )
    return sheet.figure


def _dashes(k: int) -> Any:
    pattern = dashes(k)
    return "-" if pattern == "none" else (0, tuple(map(float, pattern.split())))


# Texts in pieces


def _cuts(plot: Cuts, letters: Type) -> Figure:
    if plot.beside:
        return _beside(plot, letters)
    sheet = begun(plot, letters, [])
    y, row = sheet.top - 8, None
    for cut in plot.cuts:
        if cut.row and cut.row != row:
            y += 30
            name = letters.cropped(cut.row, NAME, WIDTH - 2 * EDGE)
            write(sheet.figure, name, (EDGE, y), fontsize=13 * POINT)
        row = cut.row
        name = letters.cropped(cut.series, TEXT, 500)
        write(sheet.figure, f"{name}: {len(cut.pieces):,}", (EDGE, y + 22), color=SOFT)
        y = _pieces(sheet, cut, (EDGE, y + 30), WIDTH - 2 * EDGE)
    sheet.end(y + 12)
    return sheet.figure


def _beside(plot: Cuts, letters: Type) -> Figure:
    """Draw a row for each text and a column for each series; what is too wide comes below."""
    rows, series = ordered(cut.row for cut in plot.cuts), ordered(cut.series for cut in plot.cuts)
    names = {row: letters.cropped(row, TEXT, _LONGEST) for row in rows}
    widest = max((letters.width(name, TEXT) for name in names.values()), default=0)
    size, bands = columns(series, 2 * EDGE + widest, WIDTH - 8)
    sheet = begun(plot, letters, [])
    y = sheet.top
    for places in bands:
        heads = {name: broken(letters.shown(name), int(size / 8)) for name in places}
        y += 14 * max(map(len, heads.values()))
        for name, x in places.items():
            for i, line in enumerate(reversed(heads[name])):
                write(sheet.figure, line, (x, y - 5 - 14 * i), color=SOFT)
        for row, name in names.items():
            rule = Line2D([EDGE, WIDTH - EDGE], [y, y], color=LINE, linewidth=0.8)
            rule.set_transform(pixels(sheet.figure))
            sheet.figure.add_artist(rule)
            write(sheet.figure, name, (EDGE, y + 19))
            own = [cut for cut in plot.cuts if cut.row == row and cut.series in places]
            begin = y + 4
            ys = [_pieces(sheet, cut, (places[cut.series], begin), size - 8) for cut in own]
            y = max(ys, default=y + 30)
        y += 16
    sheet.end(y)
    return sheet.figure


def _pieces(sheet: Sheet, cut: Cut, place: tuple[float, float], room: float) -> float:
    """Draw the pieces of a text as running lines of boxes, and return where they end."""
    (left, y), x = place, place[0]
    for i, piece in enumerate(cut.pieces[:_MOST]):
        shown = sheet.letters.cropped(piece.text, TEXT, room - 8)
        wide = sheet.letters.width(shown, TEXT) + 8
        if x > left and x + wide > left + room:
            x, y = left, y + 26
        _box(sheet.figure, (x, y), wide, color(i % 4))
        write(sheet.figure, shown, (x + wide / 2, y + 15), ha="center")
        x += wide + 3
    more = len(cut.pieces) - _MOST
    if more > 0:
        y += 26
        write(sheet.figure, f"and {more:,} more", (left, y + 15), color=SOFT)
    if not cut.pieces:
        write(sheet.figure, "–", (left, y + 15))
    return y + 26


def _box(sheet: Figure, place: tuple[float, float], width: float, look: str) -> None:
    rounded = "round,pad=0,rounding_size=3"
    box = FancyBboxPatch(
        place, width, 22, rounded, facecolor=(look, 0.16), edgecolor=look, linewidth=POINT
    )
    box.set_transform(pixels(sheet))
    sheet.add_artist(box)
