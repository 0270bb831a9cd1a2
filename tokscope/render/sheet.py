"""A figure of matplotlib with its title, note and legend, to which a plot is added below.

Places are in pixels from the top left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from tokscope.plots import Plot
from tokscope.render.marks import WIDTH, color
from tokscope.render.typeset import Type

EDGE = 16  # what stays empty on both sides
TEXT, NAME = 12, 15  # sizes of text, and of titles
INK, SOFT, LINE, HEAT = "#1c1e21", "#5c6370", "#e3e5e8", "#08519c"
POINT = 0.72  # the points of a pixel
_SHAPES = "os^DvP"  # those of `marks.point`


class Box(NamedTuple):
    """Where axes are below the head of a figure, and the room above and under them."""

    left: float
    right: float
    height: float
    over: float = 0
    under: float = 0


class Sheet(NamedTuple):
    """A figure, and where its title, its note and its legend end."""

    figure: Figure
    letters: Type
    top: float

    def end(self, height: float) -> None:
        """Set the height of the whole."""
        self.figure.set_figheight(height / 100)

    def axes(self, box: Box) -> Axes:
        """Return axes that end the figure."""
        wide, high = 100 * self.figure.get_figwidth(), self.top + sum(box[2:])
        self.end(high)
        low = box.under / high
        return self.figure.add_axes(
            (box.left / wide, low, (box.right - box.left) / wide, box.height / high)
        )


def begun(plot: Plot, letters: Type, series: Sequence[str], width: float = WIDTH) -> Sheet:
    """Begin a figure with the title and the note of a plot, and the names of its series."""
    sheet = Figure(figsize=(width / 100, 1), dpi=100)
    note = "; ".join(filter(None, (plot.note, letters.note())))
    y = 10.0
    for words, size, look in ((plot.title, NAME, INK), (note, TEXT, SOFT)):
        for line in letters.wrapped(words, size, width - 2 * EDGE):
            y += 1.5 * size
            write(sheet, line, (EDGE, y), fontsize=size * POINT, color=look)
    return Sheet(sheet, letters, y + 12 + _legend(sheet, letters, series, y + 22))


def _legend(sheet: Figure, letters: Type, series: Sequence[str], y: float) -> float:
    """Name the series, as many in a line as fit, and return the height of the lines."""
    first, x = y, float(EDGE)
    room = 100 * sheet.get_figwidth() - 2 * EDGE
    names = [letters.cropped(name, TEXT, room - 32) for name in series if any(series)]
    widths = [32 + letters.width(name, TEXT) for name in names]
    if sum(widths) > room:
        widths = [max(widths)] * len(names)  # in columns
    for k, (name, wide) in enumerate(zip(names, widths, strict=True)):
        if x > EDGE and x + wide > 100 * sheet.get_figwidth():
            x, y = float(EDGE), y + 19
        sheet.add_artist(Line2D([x + 6], [y - 4], transform=pixels(sheet), **point_of(k)))
        write(sheet, name, (x + 16, y))
        x += wide
    return y - first + (20 if x > EDGE else 0)


def pixels(sheet: Figure) -> Transform:
    """Return the way from pixels below the top left corner to places in a figure."""
    corner = ScaledTranslation(0, 1, cast(Any, sheet.transFigure))
    return Affine2D().scale(0.01, -0.01) + sheet.dpi_scale_trans + corner


def write(sheet: Figure, shown: str, place: tuple[float, float], **look: Any) -> None:
    """Write a text at a place in pixels."""
    sheet.text(*place, shown, transform=pixels(sheet), **look)


def point_of(k: int) -> dict[str, Any]:
    """Return how the points of a series look."""
    look = {"markersize": 9 * POINT, "markeredgecolor": "white", "markeredgewidth": 0.6}
    return {**look, "color": color(k), "marker": _SHAPES[k % len(_SHAPES)], "linestyle": "none"}
