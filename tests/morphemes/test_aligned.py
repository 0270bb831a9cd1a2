"""Where morphemes begin in a word that they do not spell: every way tried."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tokscope.morphemes.aligned import align

LETTERS = st.text("abA", min_size=1, max_size=7)


def distance(one: str, other: str) -> int:
    if not one or not other:
        return len(one) + len(other)
    return min(
        distance(one[1:], other) + 1,
        distance(one, other[1:]) + 1,
        distance(one[1:], other[1:]) + (one[0] != other[0]),
    )


@given(LETTERS, st.lists(st.text("aB", min_size=1, max_size=3), min_size=1, max_size=3))
def test_the_fit_is_the_only_nearest_of_all_ways(word: str, parts: list[str]) -> None:
    costs = {}
    for edges in combinations(range(1, len(word)), len(parts) - 1):
        pieces = [word[a:b].lower() for a, b in pairwise((0, *edges, len(word)))]
        lower = [part.lower() for part in parts]
        costs[edges] = sum(map(distance, pieces, lower))
    nearest = [edges for edges, cost in costs.items() if cost == min(costs.values())]
    assert align(word, parts) == (nearest[0] if len(nearest) == 1 else None)


def test_what_is_lost_between_two_parts_is_unclear() -> None:
    assert align("subsidised", ["subside", "y", "ise", "ed"]) is None
    assert align("happiness", ["happy", "ness"]) == (5,)
    assert align("unhappily", ["un", "happy", "ly"]) == (2, 7)
