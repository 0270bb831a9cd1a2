"""Where values are on an axis, and which of them are written under it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tokscope.plots import Line, Lines, Values

_ROUND = (1, 1.5, 2, 3, 5, 7)  # what is written on an axis of ratios, times powers of ten
_MOST = 7  # ticks on an axis
# units of whole numbers
COUNTS = (
    "tokens",
    "bytes",
    "characters",
    "words",
    "units",
    "findings",
    "cuts",
    "boundaries",
    "covers",
)


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`."""

    low: float
    high: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value: 0 at the low end of the axis, 1 at the high end.

        The end of an interval may be further out, such as 0 on an axis of ratios.

        >>> Scale(1, 3)(2.5), Scale(1, 100, log=True)(10), Scale(1, 3, log=True)(0)
        (0.75, 0.5, 0.0)
        """
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def has(self, value: float) -> bool:
        """Tell whether a value has a place: it is finite, and above 0 on an axis of ratios."""
        return math.isfinite(value) and (value > 0 or not self.log)

    def ticks(self) -> list[float]:
        """Return round values on the axis.

        >>> Scale(0, 1).ticks(), Scale(1, 4, log=True).ticks()
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [1.0, 1.5, 2.0, 3.0])
        """
        if not self.log:
            return self._even()
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in (_ROUND, (1, 2, 5), (1, 3), (1,)):
            found = [step * 10.0**power for power in powers for step in steps]
            found = [one for one in found if self.low <= one * (1 + 1e-9) and one <= self.high]
            if len(found) <= _MOST:
                break
        return found if len(found) > 2 else self._even()  # too few to read a value by

    def _even(self) -> list[float]:
        width = self.high - self.low
        size = 10.0 ** math.floor(math.log10(width / _MOST))
        step = next(s * size for s in (1, 2, 5, 10) if width / (s * size) <= _MOST)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def covering(values: Iterable[float], *, zero: bool = False, log: bool = False) -> Scale:
    """Return an axis that has room for all values.

    It begins at 0 if it is asked to, unless it is one of ratios, which has no 0.

    >>> covering([2.0, 10.0], zero=True)
    Scale(low=0.0, high=10.0, log=False)
    """
    finite = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    low, high = (min(finite), max(finite)) if finite else (1.0, 2.0)
    low = min(low, 0.0) if zero and not log else low
    if high - low < 1e-9 * max(abs(high), 1e-300):  # one value alone
        high = low * 1.1 if log else low + (abs(low) * 0.1 or 1.0)
    return Scale(low, high, log)


def scale_of(plot: Values) -> Scale:
    """Return the axis of values: with intervals, but for a heat map, which has none."""
    if plot.kind == "heat":
        return covering((mark.value for mark in plot.marks), log=plot.log)
    ends = [end for mark in plot.marks for end in (mark.value, mark.low, mark.high)]
    return covering([*ends, plot.origin], zero=plot.kind == "bars", log=plot.log)


def scales_of(plot: Lines) -> tuple[Scale, Scale]:
    """Return the horizontal and the vertical axis of curves."""
    across = covering((x for line in plot.lines for x in line.xs), log=plot.log)
    return across, covering((y for line in plot.lines for y in line.ys), zero=True)


def points_of(line: Line, across: Scale, up: Scale) -> list[tuple[float, float]]:
    """Return the points of a curve that have a place."""
    points = zip(line.xs, line.ys, strict=True)
    return [(x, y) for x, y in points if across.has(x) and up.has(y)]


def ordered(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order in which they come.

    >>> ordered("abac")
    ['a', 'b', 'c']
    """
    return list(dict.fromkeys(names))


def short(value: float, unit: str) -> str:
    """Write a value in a few characters: a share in percent, others to two decimals at most.

    >>> short(0.1234, "share"), short(1.5, "ratio"), short(1234567.0, "tokens"), short(2.0, "x")
    ('12 %', '1.50', '1,234,567', '2.00')
    """
    if math.isnan(value):
        return "–"
    if unit == "share":
        percent = 100 * value
        return f"{percent:.1f} %" if 0 < abs(percent) < 9.95 else f"{percent:.0f} %"
    if unit in COUNTS or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"


def named_ticks(scale: Scale, unit: str) -> dict[float, str]:
    """Return round values on an axis, and how they are written; those of counts are whole.

    >>> named_ticks(Scale(0, 1), "tokens")
    {0.0: '0', 1.0: '1'}
    """
    ticks = scale.ticks()
    if unit in COUNTS:
        ticks = [tick for tick in ticks if tick.is_integer()] or ticks
    return dict(zip(ticks, on_axis(ticks, unit), strict=True))


def on_axis(values: Sequence[float], unit: str) -> list[str]:
    """Write the values of an axis, all with as many decimals as one of them needs.

    Where they are of different sizes, each has its own.

    >>> on_axis([1.0, 1.5, 2.0], "ratio"), on_axis([0.0, 0.5], "share")
    (['1.0', '1.5', '2.0'], ['0 %', '50 %'])
    >>> on_axis([0.0001, 0.01, 0.1], "share")
    ['0.01 %', '1 %', '10 %']
    """
    times, sign = (100, " %") if unit == "share" else (1, "")
    needed = [len(f"{times * value:.10g}".partition(".")[2]) for value in values]
    if not 0 < 10 * values[0] <= values[-1]:
        needed = [max(needed)] * len(values)
    pairs = zip(values, needed, strict=True)
    return [f"{times * value:,.{decimals}f}{sign}" for value, decimals in pairs]
