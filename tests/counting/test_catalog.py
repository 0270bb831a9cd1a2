"""What holds for every measure of the catalog."""

import math

import numpy as np
import pytest

from tokscope.counting.catalog import DEFAULT, MEASURES, TYPES
from tokscope.counting.tally import Tally
from tokscope.counting.tokens import SLOW_COLUMNS, TEXT_COLUMNS, TOKEN_COLUMNS

COLUMNS = (*TEXT_COLUMNS, *TOKEN_COLUMNS, *SLOW_COLUMNS)
COUNTS = {"tokens", "bytes", "characters", "words", "units"}


def made(rows: list[dict[str, int]], types: list[int]) -> Tally:
    table = np.array([[row.get(name, 0) for name in COLUMNS] for row in rows], np.int64)
    return Tally(COLUMNS, table.reshape(-1, len(COLUMNS)), np.array(types, np.int64), 8)


ROW = {
    "units": 2, "bytes": 24, "characters": 20, "multibyte": 4, "words": 5, "letters": 16, "tokens": 10,
    "split_words": 2, "split_characters": 1, "incomplete": 3, "unknown": 1, "round_trip": 1,
    "cut_places": 18, "cut_safe": 9, "cuts_in_both": 8, "cuts_in_either": 10,
}  # fmt: skip
ONE = made([ROW], [4, 2, 2, 1, 1, 0, 0, 0])
DEAR = made([ROW | {"tokens": 30}], [30, 0, 0, 0, 0, 0, 0, 0])
RENYI = math.log2(0.4**2.5 + 2 * 0.2**2.5 + 2 * 0.1**2.5) / -1.5  # and over log2 8


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "tokens": 10, "bytes": 24, "characters": 20, "words": 5, "units": 2,
        "fertility": 2, "bytes_per_token": 2.4, "characters_per_token": 2, "tokens_per_unit": 5,
        "split_words": 0.4, "split_characters": 0.25, "incomplete_tokens": 0.3, "unknown_rate": 0.1,
        "round_trip": 0.5, "cut_safe": 0.5, "type_token_ratio": 0.5, "vocabulary_use": 0.625,
        "shift_robustness": 0.8,
        # -(.4 log2 .4 + 2 * .2 log2 .2 + 2 * .1 log2 .1)
        "entropy": 2.121928094887362, "bits_per_byte": 2.121928094887362 * 10 / 24,
        # 4 * 5 * ... * 13 over (.5 * 1.5 * 2.5 * 3.5) (.5 * 1.5)^2 .5^2
        "kt_bits_per_byte": math.log2(1037836800 / 0.9228515625) / 24,
        "renyi_entropy": RENYI, "renyi_efficiency": RENYI / 3,
        "percentile_frequency": 0.9, "average_token_rank": (4 + 2 * 2 + 2 * 3 + 4 + 5) / 10,
    }.items(),
)  # fmt: skip
def test_values_of_one_corpus_by_hand(name: str, value: float) -> None:
    assert MEASURES[name].over == "corpus"
    assert MEASURES[name].compute([ONE]) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "premium": 1 / 3, "worst_premium": 3, "premium_spread": 3,
        "gini": 0.25,  # 5 and 15 tokens per line
        "vocabulary_use_cv": math.sqrt(2 * 0.25**2) / 0.375,  # .625 and .125
    }.items(),
)  # fmt: skip
def test_values_across_corpora_by_hand(name: str, value: float) -> None:
    assert MEASURES[name].compute([ONE, DEAR]) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_of_nothing_is_undefined_or_a_count_of_zero(name: str) -> None:
    nothing = made([], [0] * 8)
    value = MEASURES[name].compute([nothing, nothing])
    assert value == 0 if name in COUNTS else math.isnan(value)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_what_it_is(name: str) -> None:
    measure = MEASURES[name]
    assert measure.columns <= {*COLUMNS, TYPES}
    assert all((measure.unit, measure.formula, measure.source))


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_needs_no_column_that_it_does_not_name(name: str) -> None:
    measure = MEASURES[name]
    kept = [column for column in COLUMNS if column in measure.columns]
    rows = ONE.rows[:, [COLUMNS.index(column) for column in kept]]
    types = ONE.types if TYPES in measure.columns else np.zeros(0, np.int64)
    less = Tally(tuple(kept), rows, types, 8)
    full = measure.compute([ONE, ONE])
    assert measure.compute([less, less]) == full


def test_words_of_scripts_without_spaces_are_undefined() -> None:
    thai = made([ROW | {"unspaced": 9}], [1] * 8)
    for name in ("words", "fertility", "split_words"):
        assert math.isnan(MEASURES[name].compute([thai]))


def test_the_default_measures_exist() -> None:
    assert set(DEFAULT) <= set(MEASURES)
