"""Where text can be cut, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tokscope.wording import many, percent, some

ANYWHERE = "all"
NAMES = {
    "before_space": "before a space",
    "after_space": "after a space",
    "between_spaces": "between spaces",
    "before_line_feed": "before a line feed",
    "after_line_feed": "after a line feed",
    "inside_word": "inside a word",
    "inside_unspaced": "inside unspaced text",
    "inside_number": "inside a number",
    "at_punctuation": "at punctuation",
    "between_punctuation": "between punctuation",
    ANYWHERE: "anywhere",
}
_MOST = 4  # kinds in a sentence
_FEW = 20  # places of a kind; fewer say little


class At(NamedTuple):
    """How many places of a kind there are, and at how many of them tokens stay."""

    kind: str
    places: int
    stable: int
    safe: int


class Told(NamedTuple):
    """What a headline needs to know of a tokenizer."""

    name: str
    kinds: tuple[At, ...]  # of which there are places
    most: float  # tokens given up at one place
    adds: bool  # whether it puts a space before a text

    @property
    def places(self) -> int:
        """How many places there are."""
        return sum(one.places for one in self.kinds)

    @property
    def safe(self) -> tuple[str, ...]:
        """The kinds of places where every cut is safe, or `all` of them."""
        if self.places and all(one.safe == one.places for one in self.kinds):
            return (ANYWHERE,)
        return tuple(one.kind for one in self.often if one.safe == one.places)

    @property
    def often(self) -> tuple[At, ...]:
        """The kinds of which there are enough places to say something."""
        return tuple(one for one in self.kinds if one.places >= _FEW)


def headline(found: Sequence[Told], *, whole: bool = True) -> str:
    """Say where every cut is safe, by tokenizers, and how much a prefix may lose.

    `whole` tells that all places of the text were looked at.
    """
    text = "this text" if whole else "the text that was looked at"
    if not any(one.places for one in found):
        return f"Cannot tell: {text} has no place between two characters."
    return " ".join([*_safe(found, text), *_never(found), *_lost(found)])


def _safe(found: Sequence[Told], text: str) -> Iterator[str]:
    """Say where every cut is safe: with all that have such places, and then with some of them."""
    anywhere = [one.name for one in found if one.safe == (ANYWHERE,)]
    if anywhere:
        yield f"Every cut of {text} is safe with {some(anywhere)}."
    others = [one for one in found if one.safe and one.name not in anywhere]
    common = [kind for kind in NAMES if others and all(kind in one.safe for one in others)]
    if common:
        names = some([one.name for one in others])
        yield f"In {text} every cut {_places(common)} is safe with {names}."
    more: dict[str, list[str]] = {}
    for one in others:
        own = [kind for kind in one.safe if kind not in common]
        if own:
            more.setdefault(_places(own), []).append(one.name)
    for places, own_names in more.items():
        also = "also " if common else ""
        yield f"With {some(own_names)} it is {also}safe {places}."


def _places(kinds: Sequence[str]) -> str:
    """Join the names of kinds; of many, count the rest.

    >>> _places(list(NAMES)[:2])
    'before a space and after a space'
    >>> _places(list(NAMES)[:5])
    'before a space, after a space, between spaces, before a line feed and 1 other kind of place'
    """
    names = [NAMES[kind] for kind in kinds]
    if len(names) <= _MOST:
        return some(names, most=_MOST)
    shown, rest = names[:_MOST], len(names) - _MOST
    return f"{', '.join(shown)} and {many(rest, 'other kind')} of place"


def _never(found: Sequence[Told]) -> Iterator[str]:
    """Say of tokenizers without a kind of safe places why that is, or which kind is the safest."""
    never = [one for one in found if not any(at.safe for at in one.kinds)]
    spaced, others = ([one.name for one in never if one.adds is adds] for adds in (True, False))
    if spaced:
        put = "puts" if len(spaced) == 1 else "put"
        why = f"which {put} a space before every text: encode pieces without it"
        yield f"No cut is safe with {some(spaced)}, {why}."
    if others:
        yield f"No cut is safe with {some(others)}."
    rest = [one for one in found if not one.safe and one not in never]
    few = [one.name for one in rest if not one.often]
    if few:
        names, least = some(few), f"no kind has {_FEW} places or more"
        yield f"Cannot tell where every cut is safe with {names}: {least}."
    for one in (one for one in rest if one.often):
        best = max(one.often, key=lambda at: at.safe / at.places)
        safest = f"{NAMES[best.kind]} ({percent(best.safe / best.places)})"
        yield (
            f"No kind with {_FEW} places or more is always safe with {one.name}; the safest is "
            f"{safest}."
        )


def _lost(found: Sequence[Told]) -> Iterator[str]:
    """Say how many tokens at the end of a prefix may change."""
    most = max(found, key=lambda one: one.most)
    if most.most > 0:
        named = f" ({most.name})" if len(found) > 1 else ""
        tokens = many(int(most.most), "token")
        where = " elsewhere" if most.safe else ""
        yield f"Where text is cut{where}, up to {tokens} before the cut change{named}."
