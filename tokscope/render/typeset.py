"""Text in figures: fonts that have its characters, and how much room it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from matplotlib.font_manager import FontEntry, FontProperties, findfont, fontManager, get_font
from matplotlib.textpath import text_to_path

from tokscope.visible import visible

_FAMILY = "DejaVu Sans"  # comes with matplotlib
SQUARE = "\u25a1"  # stands for a character that no font has
_LONGEST = 200  # characters of a name that are looked at
# fonts of a sign for each script, of colours that matplotlib does not draw, and of formulas
_UNFIT = re.compile("Last ?Resort|Color|^cm[a-z]+10$|^STIX(Non|Size)")
_PICTURES = range(0x2400, 0x2422)  # of control characters


class Type(NamedTuple):
    """The fonts of a figure, and the characters that none of them has."""

    families: tuple[str, ...]
    missing: frozenset[str]

    def shown(self, text: str) -> str:
        """Return text in which nothing is hidden, and that these fonts can draw."""
        text = visible(text)
        if self.missing.isdisjoint(text):
            return text
        return "".join(_replaced(char) if char in self.missing else char for char in text)

    def note(self) -> str:
        """Say what a square stands for, if there is one."""
        squares = any(_replaced(char) == SQUARE for char in self.missing)
        return f"{SQUARE} is a character that no font of this machine has" if squares else ""

    def width(self, shown: str, size: float) -> float:
        """Return how wide a shown text is, in the unit of its size."""
        return size * sum(_advance(self.families, char) for char in shown)

    def cropped(self, text: str, size: float, room: float) -> str:
        """Return as much of a text as there is room for, shown."""
        shown = self.shown(text[:_LONGEST])
        if len(text) <= _LONGEST and self.width(shown, size) <= room:
            return shown
        ends = accumulate(_advance(self.families, char) * size for char in f"…{shown}")
        return f"{shown[: sum(end <= room for end in ends) - 1]}…"

    def wrapped(self, text: str, size: float, room: float) -> list[str]:
        """Break a text into lines that there is room for."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(self.shown(longer), size) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return [self.cropped(line, size, room) for line in lines]


@lru_cache(maxsize=1 << 16)
def _advance(families: tuple[str, ...], char: str) -> float:
    """Return how wide a character is by itself in a font of size 1, where pixels round it up."""
    font = FontProperties(family=list(families), size=100)
    return 1.05 * float(text_to_path.get_text_width_height_descent(char, font, False)[0]) / 100


def type_for(texts: Iterable[str]) -> Type:
    """Return fonts that have as many characters of texts as the fonts of this machine have."""
    wanted = {char for text in texts for char in visible(text)}
    families, missing = [_FAMILY], wanted - _drawn(findfont(_FAMILY), wanted)
    for entry in _others() if missing else ():
        if _drawn(entry.fname, missing) and (found := _drawn(findfont(entry.name), missing)):
            families.append(entry.name)
            missing -= found
    return Type(tuple(families), frozenset(missing))


def _others() -> Iterator[FontEntry]:
    """Return the upright fonts of this machine, those that go well with ours first."""
    known = [one for one in fontManager.ttflist if (one.style, one.weight) == ("normal", 400)]
    for entry in sorted(known, key=lambda one: (not one.name.startswith("Noto Sans"), one.name)):
        if not _UNFIT.search(entry.name):
            yield entry


def _drawn(path: str, wanted: set[str]) -> set[str]:
    """Return the characters that a font has; none if it cannot be read or is no outline font."""
    try:
        font = get_font(path)
    except (OSError, RuntimeError):  # the cache of fonts knows files that are gone
        return set()
    return {char for char in wanted if font.scalable and font.get_char_index(ord(char))}


def _replaced(char: str) -> str:
    r"""Return what is drawn instead of a character; pictures of control characters become `\n`."""
    return repr(chr(_code(char)))[1:-1] if ord(char) in _PICTURES else SQUARE


def _code(picture: str) -> int:
    code = ord(picture) - 0x2400
    return 0x7F if code == 0x21 else code
