"""What a transfer keeps, in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.mapping.kinds import COPIED, NONE, SPECIAL, Ids, Map
from tokscope.wording import many, percent


def headline(names: Sequence[str], made: Map, used: Ids) -> str:
    """Say how much of the new tokenizer is copied, by ids and by use, and what has no way.

    Args:
        names: of the old and the new tokenizer.
        made: the map.
        used: how often a text has each new id; (V_new,).
    """
    text = _told(names, made, used)
    return f"{text[0].upper()}{text[1:]}"  # it may begin with "under 1 %"


def _told(names: Sequence[str], made: Map, by_use: Ids) -> str:
    old, new = names
    there = made.kinds >= 0
    copied, none = made.of(COPIED), made.of(NONE)
    if not there.any():
        return f"Cannot tell: {new} has no tokens."
    if not len(made.pieces):
        return f"Nothing of {old} can be used for {new}: no token has the same bytes or pieces."
    ids = percent(int(copied.sum()) / int(there.sum()))
    if (copied | made.of(SPECIAL))[there].all():
        return f"All of {new} is in {old}: each of its ids is a copy, so nothing has to be learned."
    lacking = f" {many(int(none.sum()), 'id has', 'ids have')} no way." if none.any() else ""
    if not by_use.any():
        return (
            f"{ids} of the ids of {new} are copies of tokens of {old}; by use cannot be told, as "
            f"the text has no tokens.{lacking}"
        )
    shared = percent(int(by_use[copied].sum()) / int(by_use.sum()))
    mapped = made.counts > 0
    each = int((by_use * made.counts).sum()) / max(1, int(by_use[mapped].sum()))
    return (
        f"{shared} of the tokens that {new} makes of the text are copies of tokens of {old} ({ids} "
        f"of its ids); a token stands for {each:.2f} old ones on average.{lacking}"
    )
