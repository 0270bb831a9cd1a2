"""How many characters an expression tells apart, one behind the other, before it cuts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tokscope.counting.alike import parts_of
from tokscope.counting.local import CONTRACTIONS

_NUMBERS = frozenset((r"\p{N}", r"\p{Nd}", r"\d", "[0-9]"))
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")
ENDLESS = 1_000


@dataclass
class _Way:
    """A way through an expression or a group of it."""

    length: int = 0
    last: int = 0  # atoms that a count behind it would repeat
    looks: bool = False  # ahead only
    numbers: bool = True  # it takes digits alone


def memory(expression: str) -> int:
    r"""Return the most atoms that an expression takes one behind the other, with what it counts.

    A group of several that is repeated has no end, which counts as 1,000. What digits look ahead
    to is left out: no text falls apart between them.

    >>> [memory(e) for e in (r"\d{1,3}(?=(?:\d{3})*$)| ?\p{L}+", r"[A-Z]{3}\d", r"\d+(?:,\d\d)+")]
    [3, 4, 1000]
    """
    open_groups = [[_Way()]]
    for part, is_atom in parts_of(CONTRACTIONS.sub("", expression)):
        way = open_groups[-1][-1]
        if is_atom or part == ".":
            way.length, way.last = way.length + 1, 1
            way.numbers &= part in _NUMBERS
        elif part.startswith("("):
            open_groups.append([_Way(looks=part in ("(?=", "(?!"))])
        elif part == "|":
            open_groups[-1].append(_Way())
        elif part == ")" and len(open_groups) > 1:
            _close(open_groups)
        else:
            way.length += _repeated(part, way.last)
    return min(max(way.length for way in open_groups[0]), ENDLESS)


def _close(open_groups: list[list[_Way]]) -> None:
    """Take the last group for one part of the way before it."""
    group, way = open_groups.pop(), open_groups[-1][-1]
    longest = max(inner.length for inner in group)
    if not group[0].looks:
        way.numbers &= all(inner.numbers for inner in group)
    elif way.length and way.numbers:
        longest = 0
    way.length, way.last = way.length + longest, longest


def _repeated(part: str, last: int) -> int:
    """Return how many atoms more are taken because the last ones are repeated."""
    if counted := _COUNT.fullmatch(part):
        least, comma, most = counted.groups()
        times = int(most or (least or 0)) + (1 if comma and not most else 0)
        return last * max(times - 1, 0)
    return ENDLESS if part in ("*", "+") and last > 1 else 0
