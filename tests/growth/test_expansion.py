"""Which old ids a new id stands for: those that text had, and those that transfer tells."""

import numpy as np
import pytest

from tests.growth.test_written import GROWS, HARD, LEARNED, OTHER, family, grown
from tokscope.growth.base import base_of
from tokscope.growth.expansion import expansion, vocabulary_of
from tokscope.mapping.kinds import KINDS, map_of, matrix_of, weights_of
from tokscope.tokenizers import load


@pytest.mark.parametrize("name", [*GROWS, "sample:wordpiece"])
def test_new_ids_expand_to_the_old_ids_of_a_text(name: str) -> None:
    one, rules, extended = family(name)
    made = expansion(one, rules)
    some = [*LEARNED, *OTHER, *HARD]
    old, new = one.tokenizer.encode(some).ids, extended.encode(some).ids
    assert len(new) < len(old)
    if not one.greedy:
        assert [part for token in new.tolist() for part in made.old(token)] == old.tolist()
    told = map_of(one.tokenizer, extended)
    assert (made.height, made.width) == (told.height, told.width)
    new = range(rules.alphabet, rules.symbols)
    assert [made.old(token) for token in new] == [told.old(token) for token in new]
    assert made.kinds.tolist() == told.kinds.tolist()
    assert vocabulary_of(one, rules).tokens() == extended.vocabulary.tokens()


def test_old_vectors_stay_where_they_are() -> None:
    """Also those of two ids that spell the same, which transfer takes from the first."""
    one = base_of(load("sample:unigram"))
    rules = grown(one, 9)
    made = expansion(one, rules)
    matrix = matrix_of(made, weights_of(made, "mean")).toarray()
    there = made.kinds[: rules.alphabet] >= 0
    assert (matrix[: rules.alphabet] == np.diag(there)).all()
    assert np.allclose(matrix[rules.alphabet :].sum(axis=1), 1)
    assert set(made.kinds[rules.alphabet :]) == {KINDS.index("composed")}
