"""P(language | token): by hand, and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tokscope.measures.languages import language_of_token

COUNTS = arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.integers(0, 9))  # fmt: skip


def test_by_hand() -> None:
    # 2 of 4 tokens against 1 of 8: 1/2 and 1/8; 2 of 4 against 6 of 8; none against 1 of 8
    found = language_of_token(np.array([[2, 2, 0, 0], [1, 6, 1, 0]]))
    assert found[:, 0] == pytest.approx([4 / 5, 1 / 5])
    assert found[:, 1] == pytest.approx([2 / 5, 3 / 5])
    assert found[:, 2].tolist() == [0, 1]
    assert np.isnan(found[:, 3]).all()


@given(COUNTS)
def test_languages_share_every_token_that_is_seen(counts: np.ndarray) -> None:
    found = language_of_token(counts)
    seen = counts.any(axis=0)
    assert np.allclose(found[:, seen].sum(axis=0), 1)
    assert np.isnan(found[:, ~seen]).all()
    assert ((found[:, seen] > 0) == (counts[:, seen] > 0)).all()


@given(COUNTS, st.integers(2, 5))
def test_more_of_the_same_text_changes_nothing(counts: np.ndarray, times: int) -> None:
    longer = counts.copy()
    longer[0] *= times
    assert np.allclose(language_of_token(longer), language_of_token(counts), equal_nan=True)
