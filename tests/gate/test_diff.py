"""A difference tells planted changes apart, in the files and in what they do."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.gate.planted import CHANGES
from tokscope.gate.config import Text
from tokscope.studies.diff import compared
from tokscope.tokenizers.sample import FOLDER as TRAINED

EN = Text(("en.txt",))
THREE = Text(("en.txt", "de.txt", "ru.txt"), parallel=True)


def planted(folder: Path, change: str, text: Text = EN) -> pd.DataFrame:
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / "new.json").write_text(json.dumps(CHANGES[change](data)))
    return compared("tokenizer.json", "new.json", text, top=1).frame


def told(frame: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float, str]]:
    """Return what is not as before: part, name and measure with the new number and the text."""
    frame = frame[(frame["measure"] != "same") & (frame["new"] != 0)]
    frame = frame[~(frame["old"] == frame["new"])]
    return {
        (row.part, row.name, row.measure): (row.new, row.text)
        for row in frame.drop(columns="name").assign(what=frame["name"]).rename(
            columns={"what": "name"}
        ).itertuples(index=False, name="Row")
    }  # fmt: skip


def test_dropped_merges_are_listed_and_found_on_text(folder: Path) -> None:
    found = told(planted(folder, "last 1 % of merges dropped"))
    assert ("component", "merges", "changed") in found
    assert found["merges", "", "gone"][0] == 7
    assert ("vocabulary", "", "gone") not in found  # the tokens stay
    assert found["text", "en", "units with other ids"][0] > 0
    assert ("text", "en", "round_trip") not in found


def test_split_digits_are_found_in_the_pretokenizer_and_the_numbers(folder: Path) -> None:
    found = told(planted(folder, "digits split"))
    assert [key for key in found if key[0] == "component"] == [
        ("component", "pre_tokenizer", "changed")
    ]
    cost, scheme = found["numbers", "", "tokens per digit"]
    assert (cost, scheme.endswith("-> single digits")) == (1.0, True)
    assert not [key for key in found if key[0] in ("merges", "vocabulary", "special tokens")]


@pytest.mark.deep
def test_lowercasing_is_found_by_what_does_not_come_back(folder: Path) -> None:
    frame = planted(folder, "lowercase normalizer", THREE)
    found = told(frame)
    assert ("component", "normalizer", "changed") in found
    assert ("text", "en", "unknown_rate") not in found
    back = frame[(frame["measure"] == "round_trip") & (frame["name"] == "en")]
    assert (back["old"].item(), back["new"].item(), back["low"].item()) == (1.0, 0.0, 1.0)
    alike = found["text", "ru", "of which as many tokens"][0]
    assert 0 < alike <= found["text", "ru", "units with other ids"][0] == 1.0
    assert found["golden strings", "", "of which as many tokens"][0] > 10


def test_swapped_merges_change_a_component_and_nothing_else(folder: Path) -> None:
    found = told(planted(folder, "200 merge swaps"))
    assert set(found) == {
        ("component", "merges", "changed"),
        ("merges", "", "places where the order falls"),
    }
    assert found["merges", "", "places where the order falls"][0] == 200


def test_families_can_be_compared(folder: Path) -> None:
    frame = compared("tokenizer.json", "sample:unigram", THREE, top=2).frame
    assert not (frame["part"] == "merges").any()  # one has none
    tokens = frame[(frame["measure"] == "tokens") & (frame["part"] == "text")]
    assert list(tokens["name"]) == ["en", "de", "ru", "all"]
    lines = frame[frame["part"] == "line"]
    assert len(lines) == 2
    assert ((lines["new"] - lines["old"]).abs().diff().dropna() <= 0).all()
    ids = frame[(frame["part"] == "vocabulary") & (frame["measure"] == "gone")]
    assert ids["new"].item() > 200


@pytest.mark.deep
def test_merges_of_marked_pieces_are_compared(folder: Path) -> None:
    """In a WordPiece whose ids tell its merges: two change places, and the last is away."""
    data = json.loads((TRAINED / "wordpiece.json").read_text(encoding="utf-8"))
    vocabulary = data["model"]["vocab"]
    vocabulary["##er"], vocabulary["##en"] = vocabulary["##en"], vocabulary["##er"]
    del vocabulary["##гу"]
    (folder / "new.json").write_text(json.dumps(data))
    frame = compared("sample:wordpiece", "new.json", EN).frame
    found = frame[frame["part"] == "merges"].set_index("measure")
    assert found["new"].to_dict() == {"gone": 1, "new": 0, "places where the order falls": 1}
    assert found["text"]["gone"] == "##г + ##у"


def test_moved_tokens_are_found_by_their_bytes_and_added_ones_with_their_flags(
    folder: Path,
) -> None:
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = data["model"]["vocab"]
    one, other = list(vocabulary)[-2:]
    flags = {"single_word": False, "rstrip": False, "normalized": False, "special": False}
    for name, strip, more in (("old", False, "<a>"), ("new", True, "<b>")):
        added = [
            {"id": 4000, "content": "<tool>", "lstrip": strip, **flags},
            {"id": 4001, "content": more, "lstrip": False, **flags},
        ]
        told = data | {"added_tokens": data["added_tokens"] + added}
        (folder / f"{name}.json").write_text(json.dumps(told))
        vocabulary[one], vocabulary[other] = vocabulary[other], vocabulary[one]
    frame = compared("old.json", "new.json", EN).frame
    moved = frame[(frame["part"] == "vocabulary") & (frame["measure"] == "with another id")]
    assert moved["new"].item() == 2
    assert f"{vocabulary[one]} -> {vocabulary[other]}" in moved["text"].item()
    found = frame[frame["part"] == "added tokens"].set_index("measure")["text"].to_dict()
    assert found == {"gone": "<a>", "new": "<b>", "with other flags": "<tool>: as it is -> lstrip"}
