"""Where morphemes begin in a word that they do not spell, as in happiness: happy, ness."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

_LONGEST = 100


def spells(word: str, parts: Sequence[str]) -> bool:
    """Tell whether parts, none of them empty, spell a word, except for case.

    >>> spells("Undoing", ["un", "do", "ing"]), spells("taken", ["take", "en"])
    (True, False)
    """
    joined = "".join(parts)
    same = len(joined) == len(word) and joined.casefold() == word.casefold()
    return same and all(parts)


def align(word: str, parts: Sequence[str]) -> tuple[int, ...] | None:
    """Return where the pieces of a word begin that are nearest to its morphemes; None if unclear.

    Nearest pieces have the least sum of Levenshtein distances to the parts, without case, and none
    is empty. It is unclear where they begin if several ways are equally near, and in a word or
    parts of more than 100 letters, which take long.

    >>> align("happiness", ["happy", "ness"])
    (5,)
    >>> align("taken", ["take", "en"]) is None  # take|n and tak|en: one letter is lost in both
    True
    """
    if len(word) < len(parts) or max(len(word), sum(map(len, parts))) > _LONGEST:
        return None
    lower = word.lower() if len(word.lower()) == len(word) else word
    own = [part.lower() for part in parts]
    there = _costs(lower, own)
    back = _costs(lower[::-1], [part[::-1] for part in reversed(own)])[::-1]
    begins = []
    for before, behind in zip(there[1:-1], back[1:-1], strict=True):
        costs = [a + b for a, b in zip(before, reversed(behind), strict=True)]
        nearest = [place for place, cost in enumerate(costs) if cost == there[-1][-1]]
        if len(nearest) > 1:
            return None
        begins += nearest
    return tuple(begins)


def _costs(word: str, parts: Sequence[str]) -> list[list[float]]:
    """Return the least cost of pieces for the first k parts, if they end at each place of a word.

    Within a part, `every` has the costs of all ways, and `filled` of those whose piece is not
    empty; a row for each letter of the part, and one before.
    """
    costs: list[list[float]] = [[0.0] + [inf] * len(word)]
    for part in parts:
        every = filled = [inf] * (len(word) + 1)
        for lost, letter in enumerate(("", *part)):
            empty = [cost + lost for cost in costs[-1]]
            own, all_ = [inf], empty[:1]
            for place, found in enumerate(word):
                swapped = every[place] + (found != letter)
                own.append(min(swapped, filled[place + 1] + 1, all_[-1] + 1))
                all_.append(min(own[-1], empty[place + 1]))
            every, filled = all_, own
        costs.append(filled)
    return costs
