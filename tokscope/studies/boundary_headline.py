"""What a prompt excludes, in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tokscope.wording import many, some

_LONGEST = 4  # tokens in a sentence


class Told(NamedTuple):
    """What a headline needs to know of a tokenizer."""

    name: str
    size: int  # tokens of the vocabulary
    tokens: int  # of the prompt
    open: tuple[str, ...]  # those of them in which covers differ
    covers: int
    excluded: int  # covers that begin otherwise than with all tokens of the prompt
    spaced: int  # the tokens in which these end, if each begins with a space; else 0


def headline(prompt: str, found: Sequence[Told]) -> str:
    """Say what a model cannot go on to if it is given the tokens of a prompt."""
    excluding = [one for one in found if one.excluded]
    unread = [one.name for one in found if not one.tokens]
    if len(unread) == len(found):
        return f"Cannot tell: {some(unread)} reads nothing in the prompt."
    if not excluding:
        single = all(one.tokens < 2 for one in found)
        stay = "the token of the prompt stays" if single else "all tokens of the prompt stay"
        names = some([one.name for one in found if one.tokens])
        return f"Nothing is excluded: {stay} the same with {names}."
    rest = [one.name for one in found if not one.excluded]
    others = f"; none with {some(rest)}" if rest else ""
    if prompt.endswith(" ") and all(one.spaced for one in excluding):
        return _spaced(excluding, others)
    counts = [
        f"{one.excluded:,} of {many(one.covers, 'way')} to go on with {one.name}"
        for one in excluding
    ]
    return f"Excluded after the prompt: {some(counts)}{others}. {_given_up(excluding)}"


def _spaced(excluding: Sequence[Told], others: str) -> str:
    """Say how many tokens begin with the space that ends the prompt."""
    if len(excluding) == 1 and not others:
        (one,) = excluding
        begin = "begins with one and is" if one.spaced == 1 else "begin with one and are"
        tokens = f"{one.spaced:,} of {many(one.size, 'token')}"
        return f"The prompt ends in a space: {tokens} of {one.name} {begin} excluded."
    counts = [f"{one.spaced:,} of {one.size:,} with {one.name}" for one in excluding]
    return (
        "The prompt ends in a space. Tokens that begin with one are excluded: "
        f"{some(counts)}{others}."
    )


def _given_up(excluding: Sequence[Told]) -> str:
    """Say how many tokens have to be given up, at most."""
    most = max(excluding, key=lambda one: len(one.open))
    size = len(most.open)
    last = "the last token" if size == 1 else f"the last {size} tokens"
    if len(excluding) == 1:
        shown = "|".join(most.open)
        told = f", “{shown}”," if size <= _LONGEST else ""
        return f"To allow all, give up {last}{told} before going on."
    names = [one.name for one in excluding if len(one.open) == size]
    if len(names) == len(excluding):
        return f"To allow all, give up {last} before going on."
    return f"To allow all, give up {last} of {some(names)}, and fewer of the others."
