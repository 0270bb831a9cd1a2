"""vocab: counts by hand on tiny vocabularies, and sums that hold for every family."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tokscope
from tests.tokenizers.families import FAMILIES
from tests.tokenizers.families import write as write_family
from tokscope.studies.vocab import tables
from tokscope.tokenizers import load
from tokscope.tokenizers.anatomy import added_ids
from tokscope.tokenizers.vocabulary import Vocabulary
from tokscope.vocabularies.composition import composition, scripts_of
from tokscope.vocabularies.kinds import Spelled

Write = Callable[[str, str | bytes], Path]


def values(frame: pd.DataFrame, **where: str) -> dict[str, float]:
    """The values of the rows with these entries, by name and measure."""
    for column, entry in where.items():
        frame = frame[frame[column] == entry]
    keys = [f"{row.name_}/{row.measure}" for row in frame.rename(columns={"name": "name_"}).itertuples()]  # fmt: skip
    assert len(set(keys)) == len(keys)
    return dict(zip(keys, frame["value"], strict=True))


def rows_of(vocabulary: Vocabulary) -> dict[tuple[str, str, str], float]:
    spelled = Spelled(vocabulary)
    return {row[:3]: row[3] for row in composition(spelled, scripts_of([spelled]), added=0)}


def test_a_composition_by_hand() -> None:
    tokens = [b"", b" the", b"the", "привет".encode(), b"!", b" 12", None, b" the"]
    found = rows_of(Vocabulary.of(tokens, specials={"<s>": 0}))
    assert found["total", "all", "ids"] == 7
    assert found["total", "all", "special"] == 1
    assert found["total", "all", "distinct"] == 5
    # bytes 4, 3, 12, 1, 3, 4; characters 4, 3, 6, 1, 3, 4
    assert found["total", "all", "mean_bytes"] == 27 / 6
    assert found["total", "all", "median_bytes"] == 3.5
    assert found["total", "all", "longest_bytes"] == 12
    assert found["total", "all", "mean_characters"] == 21 / 6
    assert found["kind", "letters, one script", "tokens"] == 4
    assert found["kind", "letters, one script", "share"] == 4 / 7
    assert found["kind", "other", "tokens"] == 0
    assert found["position", "starts a word", "tokens"] == 3
    assert found["position", "neither", "share"] == 2 / 7
    assert found["script", "Latin", "tokens"] == 3
    assert (found["script", "Latin", "starts"], found["script", "Latin", "continues"]) == (2, 1)
    assert found["script", "Cyrillic", "continues"] == 1
    assert found["script", "none", "neither"] == 1
    assert found["length", "4", "bytes"] == 2
    assert found["length", "12", "bytes_share"] == 1 / 6
    assert found["length", "12", "characters"] == 0
    assert found["length", "6", "characters_share"] == 1 / 6


def test_ids_that_do_not_exist_are_not_counted() -> None:
    found = rows_of(Vocabulary.of([None, b"a", None]))
    assert found["total", "all", "ids"] == 1
    assert found["kind", "other", "tokens"] == 0
    assert found["position", "neither", "tokens"] == 0
    assert ("script", "none", "tokens") not in found or found["script", "none", "tokens"] == 0


def test_without_tokens_nothing_has_a_length() -> None:
    found = rows_of(Vocabulary.of([b""], specials={"<s>": 0}))
    assert math.isnan(found["total", "all", "mean_bytes"])
    assert found["total", "all", "longest_bytes"] == 0


@pytest.mark.parametrize("name", [*FAMILIES, "bytes"])
def test_shares_sum_to_1_and_counts_to_the_vocabulary(name: str, tmp_path: Path) -> None:
    word = write_family(tmp_path, name) if name in FAMILIES else name
    frame = tokscope.vocab([word]).frame
    vocabulary = load(word).vocabulary
    for by in ("kind", "position", "script"):
        part = frame[(frame["by"] == by)]
        assert part[part["measure"] == "share"]["value"].sum() == pytest.approx(1, abs=1e-12)
        assert part[part["measure"] == "tokens"]["value"].sum() == len(vocabulary)
        assert (part["value"].fillna(0) >= 0).all()
    places = frame[frame["measure"].isin(["starts", "continues", "neither"])]
    assert places["value"].sum() == len(vocabulary)
    lengths = frame[frame["by"] == "length"]
    for unit in ("bytes", "characters"):
        own = lengths[lengths["measure"] == f"{unit}_share"]
        assert own["value"].sum() == pytest.approx(1, abs=1e-12)
        count = lengths[lengths["measure"] == unit]
        total = (count["value"] * count["name"].astype(int)).sum()
        mean = frame[frame["measure"] == f"mean_{unit}"]["value"].iloc[0]
        assert total / count["value"].sum() == pytest.approx(mean)
    assert values(frame, by="total")["all/added"] == len(added_ids(load(word)))


def test_added_and_marked_tokens_are_known_for_every_family() -> None:
    from tests.tokenizers.families import tokenizer_of

    tokenizer = tokenizer_of("added.json")
    assert {tokenizer.vocabulary[i] for i in added_ids(tokenizer)} == {b"  ", b"    ", b"\n\n", b"hel", "日本".encode()}  # fmt: skip


def test_scripts_that_one_vocabulary_lacks_are_counted_as_none_of_its_tokens() -> None:
    report = tokscope.vocab(["bytes", "sample:bpe"], by="script")
    assert values(report.frame, tokenizer="bytes", by="script")["Cyrillic/tokens"] == 0
    views = tables(report, "script")
    assert [view.title for view in views] == [
        f"Scripts: {measure}" for measure in ("tokens", "share", "starts", "continues", "neither")
    ]


def test_tables_join_long_lengths() -> None:
    report = tokscope.vocab(["sample:bpe"], by="length")
    (view,), whole = tables(report, "length"), report.frame
    for unit in ("bytes", "characters"):
        assert np.isclose(
            view.frame[view.frame["measure"] == unit]["value"].sum(),
            whole[whole["measure"] == unit]["value"].sum(),
        )
    assert list(dict.fromkeys(view.frame["length"]))[7:9] == ["8", "9 to 11"]
