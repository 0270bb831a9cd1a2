"""Words that the headlines of several studies are made of."""

from __future__ import annotations

from collections.abc import Sequence


def some(names: Sequence[str], most: int = 3) -> str:
    """Join names as a sentence does; of many, name the first and count the rest.

    >>> some(["a"]), some(["a", "b", "c"]), some(["a", "b", "c", "d", "e"])
    ('a', 'a, b and c', 'a, b and 3 others')
    """
    shown = list(names) if len(names) <= most else [*names[: most - 1]]
    rest = len(names) - len(shown)
    last = f"{rest:,} others" if rest else shown.pop()
    return f"{', '.join(shown)} and {last}" if shown else last


def many(count: int, one: str, more: str = "") -> str:
    """Write a count with what it counts.

    >>> many(1, "note"), many(1200, "note"), many(2, "is", "are")
    ('1 note', '1,200 notes', '2 are')
    """
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def percent(share: float) -> str:
    """Write a share in percent; neither 0 nor 100 unless it is exactly that.

    >>> percent(1.0), percent(0.401), percent(0.0004), percent(0.9999)
    ('100 %', '40 %', 'under 1 %', 'over 99 %')
    """
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def amount(size: float) -> str:
    """Write how many bytes a text has.

    >>> amount(2_345_678), amount(2_345)
    ('2.3 MB', '2.3 kB')
    """
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"
