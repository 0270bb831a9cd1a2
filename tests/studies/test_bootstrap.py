"""compare --bootstrap: intervals around values, paired differences, verdicts in words."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tokscope
from tokscope.counting.catalog import MEASURES, TYPES
from tokscope.counting.counted import count
from tokscope.counting.resampled import Spread, resampled, uncertainty
from tokscope.counting.tally import Counting
from tokscope.errors import TokscopeError
from tokscope.text.corpus import Corpus
from tokscope.tokenizers.given import load_all

Write = Callable[[str, str | bytes], Path]


def some() -> list[Corpus]:
    """Parallel text in languages of several kinds: of some every character is one byte."""
    names = ["sample:en", "sample:de", "sample:hi", "sample:sw", "sample:ja"]
    return tokscope.read_corpora(names, parallel=True)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    used = ["sample:bpe", "sample:unigram", "bytes"]
    return tokscope.compare(used, some(), measures=["all"], bootstrap=100).frame


def one(frame: pd.DataFrame, tokenizer: str, corpus: str, measure: str) -> "pd.Series[float]":
    rows = frame[
        (frame.tokenizer == tokenizer) & (frame.corpus == corpus) & (frame.measure == measure)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_ratio_of_sums_has_an_interval_around_its_value(frame: pd.DataFrame) -> None:
    for row in frame.itertuples():
        if TYPES in MEASURES[row.measure].columns or math.isnan(row.value):
            assert math.isnan(row.low)
            assert row.verdict == ""
        elif row.measure not in ("gini", "worst_premium", "premium_spread"):  # these lean one way
            # some resamples of these hold no character of several bytes
            few = row.measure == "split_characters" and row.corpus in ("en", "sw")
            assert few or row.low <= row.value <= row.high, row


def test_the_first_tokenizer_is_what_others_differ_from(frame: pd.DataFrame) -> None:
    assert (frame[frame.tokenizer == "sample-bpe"].verdict == "").all()
    row = one(frame, "bytes", "de", "tokens")
    assert row.difference == row.value - one(frame, "sample-bpe", "de", "tokens").value
    assert row.difference_low < row.difference < row.difference_high
    assert (row.verdict, one(frame, "bytes", "all", "bytes_per_token").verdict) == (
        "worse",
        "worse",
    )
    assert one(frame, "bytes", "en", "premium").verdict == "no difference seen"
    assert one(frame, "bytes", "de", "bytes").verdict == "no difference seen"


def test_parallel_corpora_are_drawn_together(frame: pd.DataFrame) -> None:
    """A premium over itself is 1 in every resample, and bytes need no bytes more than bytes."""
    row = one(frame, "bytes", "en", "premium")
    assert (row.low, row.high) == (1, 1)
    row = one(frame, "bytes", "de", "bytes_per_token")
    assert (row.low, row.high) == (1, 1)


def test_corpora_that_are_not_parallel_are_drawn_each_on_its_own(write: Write) -> None:
    lines = "\n".join("x" * (1 + i % 9) for i in range(200))
    corpora = tokscope.read_corpora([str(write("a.txt", lines)), str(write("b.txt", lines))])
    found = tokscope.compare(["bytes"], corpora, measures=["tokens"], bootstrap=100).frame
    a, b = one(found, "bytes", "a", "tokens"), one(found, "bytes", "b", "tokens")
    assert (a.value, a.low) != (b.value, b.low)


def test_the_seed_is_all_that_changes_an_interval() -> None:
    how = {"measures": ["fertility"], "bootstrap": 50}
    first, again = (tokscope.compare(["bytes"], some(), seed=1, **how) for _ in range(2))
    other = tokscope.compare(["bytes"], some(), seed=2, **how)
    assert first.frame.equals(again.frame)
    assert not first.frame.equals(other.frame)
    assert first.frame["value"].equals(other.frame["value"])
    assert first.signature.endswith("|bootstrap:50|seed:1")
    assert any("50 resamples of 40 rows" in note and "seed 1" in note for note in first.notes)


@pytest.mark.parametrize(
    ("better", "shift", "verdict"),
    [
        ("lower", -1.0, "better"), ("lower", 1.0, "worse"), ("higher", 1.0, "better"),
        ("higher", -1.0, "worse"), ("nearer 1", -1.0, "better"), ("nearer 1", 1.0, "worse"),
        ("neither", 1.0, "higher"), ("neither", -1.0, "lower"), ("lower", 0.0, "no difference seen"),
    ],
)  # fmt: skip
def test_verdicts(better: str, shift: float, verdict: str) -> None:
    base = np.linspace(2.5, 2.6, 101)
    assert uncertainty(Spread(base + shift), Spread(base), better).verdict == verdict


def test_a_table_of_differences_is_shown_to_people() -> None:
    report = tokscope.compare(
        ["sample:bpe", "bytes"], some(), measures=["tokens", "fertility"], bootstrap=50
    )
    assert report.view is not None
    last = report.view(report)[-1]
    assert last.title == "Difference from sample-bpe, with intervals"
    assert list(last.frame.columns) == [
        "measure",
        "tokenizer",
        "value",
        "low",
        "high",
        "unit",
        "verdict",
    ]
    assert last.signature == report.signature


@pytest.mark.parametrize("count", [-5, 1])
def test_a_number_of_resamples_is_none_or_some(count: int) -> None:
    with pytest.raises(TokscopeError, match=rf"--bootstrap {count}: two or more make an interval"):
        tokscope.compare(["bytes"], bootstrap=count)


# Rare events


def test_what_was_never_seen_has_a_bound(write: Write) -> None:
    """100 lines of ASCII: no resample holds a character that two tokens cover, or an unknown one.

    1 - .025^(1/100) = .03622; bytes have no unknown token, so that there it is 0 for certain.
    """
    text = write("a.txt", "hello é\n" * 100)
    frame = tokscope.compare(
        ["characters", "bytes", "sample:wordpiece"],
        tokscope.read_corpora([str(text)]),
        measures=["round_trip", "split_characters", "unknown_rate"],
        bootstrap=50,
    ).frame
    row = one(frame, "characters", "a", "round_trip")
    assert (row.low, row.high) == (pytest.approx(1 - 0.0362167, abs=1e-6), 1)
    row = one(frame, "characters", "a", "split_characters")
    assert (row.low, row.high) == (0, pytest.approx(0.0362167, abs=1e-6))
    row = one(frame, "characters", "a", "unknown_rate")
    assert (row.low, row.high) == (0, 0)
    row = one(frame, "sample-wordpiece", "a", "unknown_rate")
    assert (row.value, row.low, row.high) == (0, 0, pytest.approx(0.0362167, abs=1e-6))
    row = one(frame, "bytes", "a", "round_trip")
    assert (row.difference, row.verdict) == (0, "no difference seen")
    assert row.difference_low == pytest.approx(-0.0362167, abs=1e-6)
    assert row.difference_high == pytest.approx(0.0362167, abs=1e-6)
    row = one(frame, "bytes", "a", "split_characters")
    assert (row.difference, row.verdict) == (1, "worse")
    assert row.difference_low == pytest.approx(1 - 2 * 0.0362167, abs=1e-6)


@pytest.mark.parametrize("parallel", [False, True])
def test_bounds_of_all_corpora_are_of_their_rows_together(write: Write, parallel: bool) -> None:
    """Two corpora of 50 lines are 100 rows; parallel ones are 50, each of two lines."""
    paths = [str(write(name, "hello\n" * 50)) for name in ("a.txt", "b.txt")]
    frame = tokscope.compare(
        ["characters"],
        tokscope.read_corpora(paths, parallel=parallel),
        measures=["round_trip"],
        bootstrap=50,
    ).frame
    rows = 50 if parallel else 100
    assert one(frame, "characters", "all", "round_trip").low == pytest.approx(0.025 ** (1 / rows))


# Clusters: records that belong together are drawn together


@pytest.fixture
def records(write: Write) -> dict[str, Path]:
    """Six lines of three authors: a writes twos, b ones, and c a long one."""
    rows = [("a", "xx"), ("b", "x"), ("a", "yy"), ("b", "y"), ("c", "z" * 9), ("a", "zz")]
    jsonl = "".join(f'{{"by": "{by}", "text": "{text}"}}\n' for by, text in rows)
    table = "by,text\n" + "".join(f"{by},{text}\n" for by, text in rows)
    return {"jsonl": write("r.jsonl", jsonl), "csv": write("r.csv", table)}


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_whole_clusters_are_drawn(records: dict[str, Path], kind: str, parallel: bool) -> None:
    """Sums of three draws from a (6 tokens in 3 lines), b (2 in 2) and c (9 in 1)."""
    corpora = tokscope.read_corpora([str(records[kind])], cluster="by", parallel=parallel)
    counted = count(load_all(["bytes"]), corpora, Counting(frozenset(("units", "bytes", "tokens"))))
    ((drawn,),) = resampled(counted, 300, 0)
    possible = {
        tuple(sum(column) for column in zip(*three, strict=True))
        for three in itertools.product([(3, 6), (2, 2), (1, 9)], repeat=3)
    }
    found = set(zip(drawn.total("units"), drawn.total("tokens"), strict=True))
    assert found <= possible
    assert len(found) == len(possible)
    assert counted.tallies[0][0].total("tokens") == 17


def test_clusters_are_named_in_the_notes_and_must_exist(
    records: dict[str, Path], write: Write
) -> None:
    corpora = tokscope.read_corpora([str(records["csv"])], cluster="by")
    report = tokscope.compare(["bytes"], corpora, bootstrap=20)
    assert any("20 resamples of 3 clusters" in note for note in report.notes)
    for path, message in (
        ("jsonl", "r.jsonl:1: no field 'who', which --cluster names"),
        ("csv", "unknown column 'who'; Known: by, text; name one with --cluster"),
    ):
        with pytest.raises(TokscopeError) as error:
            tokscope.compare(["bytes"], tokscope.read_corpora([str(records[path])], cluster="who"))
        assert message in str(error.value)


def test_parallel_corpora_need_the_same_clusters(write: Write) -> None:
    one = write("1.csv", "by,text\na,x\na,y\n")
    other = write("2.csv", "by,text\na,x\nb,y\n")
    corpora = tokscope.read_corpora([str(one), str(other)], parallel=True, cluster="by")
    with pytest.raises(TokscopeError, match=r"parallel corpora need the same clusters"):
        tokscope.compare(["bytes"], corpora, bootstrap=9)
