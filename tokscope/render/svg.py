"""Plots as SVG: no script, no request, light and dark, and a title on every mark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tokscope.plots import Cut, Cuts, Lines, Mark, Plot, Values
from tokscope.render import marks
from tokscope.render.marks import NARROW, RIGHT, STYLE, WIDTH, Axis, Drawn
from tokscope.render.scale import named_ticks, ordered, points_of, scale_of, scales_of, short
from tokscope.visible import visible

_ROW, _BAR, _CELL, _HEIGHT = 22, 15, 24, 220  # heights of rows, bars, cells and curves
_LETTER = 7.4  # the width of a letter of a text in pieces
_LONGEST = 14  # letters of a short text beside its pieces


def picture(plot: Plot) -> str:
    """Draw a plot as a whole file, with its title and note."""
    drawn = _drawn(plot, WIDTH)
    notes = marks.wrapped(plot.note, int((WIDTH - 32) / marks.LETTER))
    head = [marks.text(plot.title, "16", 28, "name")]
    head += [marks.text(line, "16", 48 + 16 * i, "soft") for i, line in enumerate(notes)]
    top = 44 + 16 * len(notes)
    height = top + drawn.height + 12
    paper = f'<rect width="100%" height="{height:g}" class="paper"/>'
    inside = (f'<svg y="{top:g}" height="{drawn.height:g}">', *drawn.parts, "</svg>")
    body = (f"<style>{STYLE}</style>", paper, *head, *inside)
    return _root(plot, f'width="{WIDTH}"', height, body)


def inline(plot: Plot) -> str:
    """Draw a plot as a part of a page, which has its title, its note and `STYLE`."""
    drawn = _drawn(plot, NARROW)
    return _root(plot, 'width="100%"', drawn.height, drawn.parts)


def _root(plot: Plot, width: str, height: float, parts: Sequence[str]) -> str:
    label = f'role="img" aria-label="{marks.safe(plot.title)}"'
    opened = f'<svg xmlns="http://www.w3.org/2000/svg" class="ts" {width} height="{height:g}"'
    return "\n".join((f"{opened} {label}>", *parts, "</svg>")) + "\n"


def _drawn(plot: Plot, width: int) -> Drawn:
    if isinstance(plot, Cuts):
        return _cuts(plot, width)
    if isinstance(plot, Lines):
        return _lines(plot)
    return _heat(plot) if plot.kind == "heat" else _rows(plot)


# Dots and bars


def _rows(plot: Values) -> Drawn:
    rows, series = ordered(m.row for m in plot.marks), ordered(m.series for m in plot.marks)
    is_bars = plot.kind == "bars"
    legend, axis = marks.legend(series), _axis(plot, rows)
    size = _BAR * len(series) + 9 if is_bars else _ROW + 2 * (len(series) > 3)
    twice = not is_bars and len(rows) > 20
    top = legend.height + (14 if twice else 0)
    bottom = top + size * len(rows)
    parts = [*legend.parts, *axis.drawn(top, bottom, twice=twice)]
    if not math.isnan(plot.origin):
        origin = axis.at(plot.origin)
        parts.append(marks.line((origin, top), (origin, bottom), 'class="origin"'))
    for i, row in enumerate(rows):
        y = top + size * (i + 0.5)
        parts.append(marks.row_name(row, axis.left, y))
        for mark in plot.marks:
            if mark.row == row and axis.scale.has(mark.value):
                k = series.index(mark.series)
                apart = _BAR if is_bars else min(3, 12 / len(series))
                draw = _bar if is_bars else _dot
                one = draw(mark, axis, y + apart * (k - (len(series) - 1) / 2), k)
                parts.append(marks.titled(marks.told(mark, plot.unit), *one))
    return Drawn(parts, bottom + 22)


def _axis(plot: Values, rows: Sequence[str]) -> Axis:
    right = RIGHT - 10 if plot.kind == "bars" else RIGHT  # room for the value of a bar
    return Axis(scale_of(plot), marks.gutter(rows), plot.unit, right)


def _interval(mark: Mark, axis: Axis, y: float, look: str) -> Iterator[str]:
    if not (math.isnan(mark.low) or math.isnan(mark.high)):
        yield marks.line((axis.at(mark.low), y), (axis.at(mark.high), y), look)


def _dot(mark: Mark, axis: Axis, y: float, k: int) -> Iterator[str]:
    look = f'stroke="{marks.color(k)}" stroke-width="2" stroke-opacity=".6"'
    yield from _interval(mark, axis, y, look)
    yield marks.point(axis.at(mark.value), y, k)


def _bar(mark: Mark, axis: Axis, y: float, k: int) -> Iterator[str]:
    least = 0.2 if mark.value else 0  # so that what is not 0 is seen
    width = max((axis.right - axis.left) * axis.scale(mark.value), least)
    look = f'y="{y - _BAR / 2 + 1:g}" height="{_BAR - 2}" fill="{marks.color(k)}"'
    yield f'<rect x="{axis.left:g}%" width="{width:.2f}%" {look}/>'
    yield from _interval(mark, axis, y, 'style="stroke:var(--ink)" stroke-width="2"')
    last = axis.at(max(mark.value, mark.high))  # the value, if there is no interval
    yield marks.text(short(mark.value, axis.unit), last, y + 4, "", ' dx="6"')


# Heat maps


def _heat(plot: Values) -> Drawn:
    rows, series = ordered(m.row for m in plot.marks), ordered(m.series for m in plot.marks)
    scale, left = scale_of(plot), marks.gutter(rows)
    width = (RIGHT - left) / max(len(series), 1)
    heads = [marks.broken(name, marks.room(width)) for name in series]
    top = 6 + 14 * max(map(len, heads), default=0)
    parts: list[str] = []
    for k, lines in enumerate(heads):
        middle = f"{left + width * (k + 0.5):.2f}%"
        for i, line in enumerate(reversed(lines)):
            head = marks.text(line, middle, top - 7 - 14 * i, "soft mid")
            parts.append(marks.titled(series[k], head))
    for i, row in enumerate(rows):
        parts.append(marks.row_name(row, left, top + _CELL * (i + 0.5)))
    for mark in plot.marks:
        x, y = left + width * series.index(mark.series), top + _CELL * rows.index(mark.row)
        depth = 0.04 + 0.5 * scale(mark.value) if scale.has(mark.value) else 0
        cell = f'<rect x="{x:.2f}%" y="{y:g}" width="{width:.2f}%" height="{_CELL}" class="heat"'
        cell += f' fill-opacity="{depth:.2f}"/>'
        value = marks.text(short(mark.value, plot.unit), f"{x + width / 2:.2f}%", y + 16, "mid")
        parts.append(marks.titled(marks.told(mark, plot.unit), cell, value))
    return Drawn(parts, top + _CELL * len(rows) + 6)


# Curves


def _lines(plot: Lines) -> Drawn:
    legend = marks.legend([line.series for line in plot.lines])
    across, up = scales_of(plot)
    names = named_ticks(up, plot.unit)
    axis, top = Axis(across, marks.gutter([*names.values()]), plot.across), legend.height + 4
    bottom = top + _HEIGHT
    parts = [*legend.parts, *axis.drawn(top, bottom)]

    def height(value: float) -> float:
        return round(bottom - _HEIGHT * up(value), 1)

    for tick, name in names.items():
        y = height(tick)
        parts.append(marks.line((f"{axis.left:g}%", y), (f"{RIGHT}%", y), 'class="grid"'))
        parts.append(marks.text(name, f"{axis.left:g}%", y + 4, "soft end", ' dx="-8"'))
    for k, line in enumerate(plot.lines):
        points = points_of(line, across, up)
        parts.append(_curve([(axis.scale(x), height(y)) for x, y in points], k, axis))
        for x, y in points:
            told = f"{line.series}, {plot.across} {x:,.10g}: {short(y, plot.unit)}"
            parts.append(marks.titled(told, marks.point(axis.at(x), height(y), k)))
    middle = f"{(axis.left + RIGHT) / 2:g}%"
    parts.append(marks.text(plot.across, middle, bottom + 34, "soft mid"))
    return Drawn(parts, bottom + 42)


def _curve(places: Sequence[tuple[float, float]], k: int, axis: Axis) -> str:
    """Draw a curve in a box that is 1,000 wide, and is stretched to the width there is."""
    points = " ".join(f"{1000 * x:.1f},{y:g}" for x, y in places)
    box = f'x="{axis.left:g}%" width="{RIGHT - axis.left:g}%" height="1000"'
    stretched = 'viewBox="0 0 1000 1000" preserveAspectRatio="none" overflow="visible"'
    look = f'stroke="{marks.color(k)}" stroke-dasharray="{marks.dashes(k)}" class="curve"'
    return f'<svg {box} {stretched}><polyline points="{points}" {look}/></svg>'


# Texts in pieces


def _cuts(plot: Cuts, width: int) -> Drawn:
    if plot.beside:
        return _beside(plot, width)
    parts: list[str] = []
    y, row = 0.0, None
    for cut in plot.cuts:
        if cut.row and cut.row != row:
            y += 30
            parts.append(marks.text(cut.row, "16", y, "name mono"))
        row = cut.row
        parts.append(marks.text(f"{cut.series}: {len(cut.pieces):,}", "16", y + 22, "soft"))
        drawn = _pieces(cut, 16, y + 30, width - 32)
        parts += drawn.parts
        y = drawn.height
    return Drawn(parts, y + 8)


def _beside(plot: Cuts, width: int) -> Drawn:
    """Draw a row for each text and a column for each series; what is too wide comes below."""
    rows, series = ordered(cut.row for cut in plot.cuts), ordered(cut.series for cut in plot.cuts)
    names = {row: marks.cropped(row, _LONGEST) for row in rows}
    left = 28 + _LETTER * max(map(marks.letters, names.values()), default=0)
    size, bands = marks.columns(series, left, width - 8)
    parts: list[str] = []
    y = 0.0
    for columns in bands:
        heads = {name: marks.broken(name, int(size / _LETTER)) for name in columns}
        y += 8 + 14 * max(map(len, heads.values()))
        for name, x in columns.items():
            for i, line in enumerate(reversed(heads[name])):
                head = marks.text(line, f"{x:g}", y - 5 - 14 * i, "soft")
                parts.append(marks.titled(name, head))
        for row, name in names.items():
            parts.append(marks.line(("16", y), (f"{width - 16}", y), 'class="grid"'))
            parts.append(marks.titled(row, marks.text(name, "16", y + 19, "mono")))
            own = [cut for cut in plot.cuts if cut.row == row and cut.series in columns]
            cells = [_pieces(cut, columns[cut.series], y + 4, size - 8) for cut in own]
            parts += [part for cell in cells for part in cell.parts]
            y = max((cell.height for cell in cells), default=y + 30)
        y += 8
    return Drawn(parts, y)


def _pieces(cut: Cut, left: float, y: float, width: float) -> Drawn:
    """Draw the pieces of a text as a running line, each in a box that differs from the next."""
    parts: list[str] = []
    x = left
    for i, piece in enumerate(cut.pieces):
        shown = visible(piece.text)
        size = _LETTER * marks.letters(shown) + 8
        if x > left and x + size > left + width:
            x, y = left, y + 26
        look = f'rx="3" fill="{marks.color(i % 4)}" stroke="{marks.color(i % 4)}"'
        box = f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="22" class="piece" {look}/>'
        word = marks.text(shown, f"{x + size / 2:g}", y + 15, "mono mid", ' xml:space="preserve"')
        parts.append(marks.titled(" ".join(filter(None, (shown, piece.detail))), box, word))
        x += size + 3
    return Drawn(parts or [marks.text("–", f"{left:g}", y + 15)], y + 26)
