"""The headline of an inferred mixture claims no more than its numbers, which are made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tokscope.studies.infer_mixture_headline import Answer, headline

NAN = np.full(4, np.nan)
MOST = np.array([0.83, 0.06, 0.05, 0.06])
PLAIN = "t was trained mostly on en (about 83 %), then code (6 %) and fr (6 %); 1 other has 5 %."


def told(shares: Any = MOST, half: float = np.nan, **more: Any) -> str:
    """Return the headline of shares of en, code, de and fr, open by `half` on either side."""
    shares = np.array(shares)
    return headline(
        Answer("t", ("en", "code", "de", "fr"), shares, shares - half, shares + half, **more)
    )


def test_without_doubts_the_shares_are_all() -> None:
    assert told() == PLAIN
    assert told(before=np.array([0.7, 0.12, 0.08, 0.1]), gap=0.0019) == PLAIN
    assert (
        told([0.5, 0.3, 0.2, 0])
        == "t was trained on en (about 50 %), then code (30 %) and de (20 %)."
    )
    assert told([1, 0, 0, 0]) == "t was trained mostly on en (about 100 %)."


def test_where_none_stands_out_none_is_called_most() -> None:
    names = tuple(f"c{i}" for i in range(10))
    open_ = np.full(10, np.nan)
    shares = np.array([0.14, 0.12, 0.11, *[0.09] * 7])
    assert headline(Answer("t", names, shares, open_, open_)) == (
        "t was trained on many corpora: the largest are c0 (about 14 %), c1 (12 %) "
        "and c2 (11 %); 7 others have 63 %."
    )


@pytest.mark.parametrize(
    ("case", "doubt"),
    [
        ({"is_explained": False}, "Read the order, not the per cent."),
        ({"is_settled": False}, "Read the order, not the per cent."),
        ({"gap": 0.5}, "Take this as a guess: another mixture may fit better by up to 50 %."),
        ({"gap": np.inf}, "Take this as a guess: another mixture may fit better."),
        ({"half": 0.004}, "The order of code and fr is not known."),
        ({"half": 0.006}, "The order of code, fr and de is not known."),
        ({"alike": ((2, 3),)}, "The order of fr and de is not known."),
        ({"alike": ((1, 2),)}, "The order of code, fr and de is not known."),
        (
            {"before": np.array([0.84, 0.05, 0.06, 0.05])},
            "The order of code, fr and de is not known.",
        ),
        (
            {"is_explained": False, "half": 0.004},
            "Read the order, not the per cent; the order of code and fr is not known.",
        ),
    ],
)
def test_what_makes_shares_doubtful_is_said(case: dict[str, Any], doubt: str) -> None:
    assert told(**case).startswith(f"{PLAIN} {doubt}")


def test_overlapping_intervals_leave_the_order_and_the_most_open() -> None:
    assert told([0.62, 0.3, 0.08, 0], 0.2) == (
        "t was trained on en (about 62 %), then code (30 %) and de (8 %). "
        "The order of en, code and 2 others is not known."
    )
    assert told([0.4, 0.35, 0.25, 0], 0.1, is_explained=False) == (
        "t was trained on en (about 40 %), then code (35 %) and de (25 %). Take this as a guess, "
        "not even the order is sure; the order of en, code and de is not known."
    )


def test_merges_of_other_text_are_counted() -> None:
    assert told(missing=2, merges=400) == PLAIN
    assert told(missing=3, merges=400) == (
        f"Of these corpora, {PLAIN} 3 of 400 merges are in none of these corpora."
    )
    assert told(missing=201, merges=400) == (
        "Cannot tell what t was trained on: 201 of 400 merges are in none of these corpora."
    )
