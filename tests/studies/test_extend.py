"""What extend says first, from numbers made by hand; and what it refuses and leaves out."""

from pathlib import Path

import numpy as np
import pytest

import tokscope
from tokscope.errors import TokscopeError
from tokscope.growth.base import base_of
from tokscope.growth.curve import Curve
from tokscope.growth.kept import Kept
from tokscope.mixture.replay import Rules
from tokscope.studies.extend_headline import headline
from tokscope.studies.extend_rows import Grown
from tokscope.text.corpus import SAMPLE
from tokscope.tokenizers import load

BASE = base_of(load("sample:bpe"))
HU = (SAMPLE / "prose" / "hu.txt").read_text(encoding="utf-8").splitlines()


def grown(totals, *, pretokens=500, words=500, asked=10_000, lines=100, kept=(8, 10)) -> Grown:
    """A text of these tokens after each number of merges, and 10 lines of other text."""
    steps = len(totals) - 1
    first = np.zeros(steps + 1, np.int64)
    first[0], first[-1] = kept[1] - kept[0], kept[0]
    columns = (np.array(totals)[:, None], np.array([pretokens]), np.array([words]))
    pairs = np.zeros(steps, np.int64)
    return Grown(
        BASE,
        Rules(4000, pairs, pairs),
        {"de": Curve(*columns)},
        np.array(totals),
        {"en": Kept(first)},
        asked,
        lines,
    )


FALLING = 1000 - 2 * np.minimum(np.arange(2001), 200)  # 200 merges save 2 tokens each
STEEP = 1000 - np.arange(301)


def test_it_says_how_many_are_worth_it_and_what_they_buy() -> None:
    assert headline(grown(FALLING)) == (
        "200 of 2,000 merges are worth it for sample-bpe: they save 40 % of the tokens of text "
        "that was held out (de), and 1,000 more would save under 1 %. At most 50 % could be saved, "
        "with one token a pre-token. 80 % of 10 lines of other text keep their ids."
    )


def test_it_says_when_all_are_worth_it_and_more_may_be() -> None:
    text = headline(grown(STEEP, asked=300, kept=(10, 10)))
    assert text.startswith("All 300 merges are worth it for sample-bpe: they save 30 % of")
    assert "(de); more may be." in text
    assert text.endswith("All of 10 lines of other text keep their ids.")
    assert "(de); the text holds no more." in headline(grown(STEEP))


def test_it_says_when_the_pre_tokenizer_is_the_brake() -> None:
    assert (
        "At most 10 % could be saved, with one token a pre-token; the pre-tokenizer is the brake, "
        "as one token a word would save 50 %."
    ) in headline(grown(STEEP, pretokens=900))


def test_a_saving_of_nothing_is_not_worth_it() -> None:
    assert headline(grown(np.full(2001, 1000))) == (
        "More tokens are not worth it for sample-bpe: 2,000 merges save 0 % of the tokens of text "
        "that was held out (de)."
    )


def test_few_lines_are_only_a_hint() -> None:
    text = headline(grown(FALLING, lines=3))
    assert text.startswith("Only a hint, from 3 lines: 200 of 2,000 merges are worth it")
    text = headline(grown(STEEP, lines=1))
    assert text.startswith("Only a hint, from 1 line: all 300 merges are worth it")


def test_without_text_or_merges_it_says_so() -> None:
    assert headline(grown(np.zeros(10, np.int64))).startswith(
        "Cannot tell what 9 merges for sample-bpe buy: no text was held out"
    )
    assert headline(grown([1000])).startswith("Nothing to learn for sample-bpe: no two tokens")


def test_lines_that_were_learned_from_are_left_out_and_counted() -> None:
    report = tokscope.extend("sample:bpe", {"hu": HU}, held_out={"x": [*HU[:7], "Új sor."]})
    assert "learned from 40 lines, counted on 1 others" in report.notes
    assert "7 lines left out: they are in the text that was learned from" in report.notes


def test_rows_have_the_curve_the_limits_and_every_token() -> None:
    report = tokscope.extend(
        "sample:bpe", {"hu": HU}, held_out={"x": ["Új nap, új sor."]}, merges=9
    )
    frame = report.frame
    curve = frame[frame["part"] == "curve"]
    assert curve["merges"].tolist() == [0, 9]
    base = tokscope.load("sample:bpe")
    assert curve["tokens"].tolist()[0] == len(base.encode(["Új nap, új sor."]).ids)
    limits = frame[frame["part"] == "limit"].set_index("name")["tokens"].to_dict()
    assert limits == {"one token a pre-token": 6, "one token a word": 6}
    tokens = frame[frame["part"] == "token"]
    assert tokens["id"].tolist() == list(range(4000, 4009))
    assert (tokens["left"] + tokens["right"]).tolist() == tokens["token"].tolist()


def test_what_is_written_is_what_was_reported(tmp_path: Path) -> None:
    path = tmp_path / "hu.json"
    texts = {"x": ["Az egész világ hallgatott."]}
    report = tokscope.extend("sample:bpe", {"hu": HU}, held_out=texts, keep=texts, write=path)
    frame = report.frame
    last = frame[frame["part"] == "curve"]["tokens"].tolist()[-1]
    assert last == len(tokscope.load(path).encode(texts["x"]).ids)
    assert any(
        note.startswith("the written file was read again: all 4,000") for note in report.notes
    )


def test_added_tokens_are_never_learned_from(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    made = Tokenizer.from_str(load("sample:bpe").library.to_str())
    made.add_tokens(["zzz"])
    report = tokscope.extend({"z": made}, {"x": ["zzz zzzq zzz"] * 20}, held_out={"y": ["zzz"]})
    frame = report.frame
    assert frame[frame["part"] == "curve"]["tokens"].tolist() == [1]


def test_what_makes_no_sense_is_refused() -> None:
    for options, message in (
        ({"merges": 0}, "--merges 0: write a number from 1 up"),
        ({"dimension": -1}, "--dimension -1: write a number from 1 up"),
        ({"bootstrap": 1}, "--bootstrap 1: two or more make an interval"),
        ({"write": Path("x.tiktoken")}, r"name a file that ends in \.json"),
    ):
        with pytest.raises(TokscopeError, match=message):
            tokscope.extend("sample:bpe", {"hu": HU}, **options)
