"""What extend says first, from numbers made by hand; and what it refuses and leaves out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import load_npz

import tokscope
from tokscope.errors import TokscopeError
from tokscope.growth.base import base_of
from tokscope.growth.curve import Curve
from tokscope.growth.kept import Kept
from tokscope.growth.proof import Proof
from tokscope.mixture.replay import Rules
from tokscope.report import Report
from tokscope.studies.extend_headline import headline
from tokscope.studies.extend_plots import plots
from tokscope.studies.extend_rows import LIMITS, Grown, frame_of, tables
from tokscope.text.corpus import SAMPLE
from tokscope.tokenizers import load

BASE = base_of(load("sample:bpe"))
KEEP = {"x": ["a"]}  # else it is all of the embedded sample, which takes long
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
    text = headline(grown(np.full(2001, 1000), lines=1))
    assert text.startswith("Only a hint, from 1 line: more tokens are not worth it for sample-bpe")
    text = headline(grown(STEEP, lines=1))
    assert text.startswith("Only a hint, from 1 line: all 300 merges are worth it")


def test_one_merge_is_one() -> None:
    text = headline(grown([1000, 900], asked=1))
    assert text.startswith("One merge is worth it for sample-bpe: it saves 10 % of the tokens of")


def test_what_was_dropped_was_not_missing() -> None:
    """Of 310 merges that were asked for, 10 make incomplete characters."""
    text = headline(replace(grown(STEEP, asked=310), dropped=10))
    assert "(de); more may be." in text


def test_text_that_is_not_there_is_refused() -> None:
    for given in ({"corpora": {"x": []}}, {"held_out": {"x": []}}, {"keep": {"x": []}}):
        with pytest.raises(TokscopeError, match="corpus 'x' has nothing to read"):
            tokscope.extend("sample:bpe", **({"corpora": {"hu": HU}} | given))


def test_without_text_or_merges_it_says_so() -> None:
    assert headline(grown(np.zeros(10, np.int64))).startswith(
        "Cannot tell what 9 merges for sample-bpe would save: no text was held out"
    )
    assert headline(grown([1000])).startswith("Nothing to learn for sample-bpe: no two tokens")


def test_lines_that_were_learned_from_are_left_out_and_counted() -> None:
    report = tokscope.extend(
        "sample:bpe", {"hu": HU}, held_out={"x": [*HU[:7], "Új sor."]}, keep=KEEP
    )
    assert "learned from 40 lines, counted on 1 other" in report.notes
    assert "7 lines left out: they are in the text that was learned from" in report.notes


def test_it_says_when_all_lines_to_count_on_were_learned_from() -> None:
    report = tokscope.extend("sample:bpe", {"hu": HU}, held_out={"x": HU[:7]}, keep=KEEP, merges=9)
    assert report.headline == (
        "Cannot tell what 9 merges for sample-bpe would save: all lines of --held-out are in "
        "--corpus; give others."
    )


def test_rows_have_the_curve_the_limits_and_every_token() -> None:
    report = tokscope.extend(
        "sample:bpe", {"hu": HU}, held_out={"x": ["Új nap, új sor."]}, keep=KEEP, merges=9
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
    texts = {"x": ["zzz zzzq zzz"] * 20}
    report = tokscope.extend({"z": made}, texts, held_out={"y": ["zzz"]}, keep=KEEP)
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


def test_the_map_says_which_old_ids_each_id_stands_for(tmp_path: Path) -> None:
    """Its product with the old vectors has them as they were, then the means of the parts."""
    places = [str(tmp_path / "map.npz"), tmp_path / "map.jsonl"]
    texts = {"x": ["a"]}
    tokscope.extend(
        "sample:bpe", {"hu": HU}, keep=texts, merges=3, maps=places, write=str(tmp_path / "x.json")
    )
    vectors = np.random.default_rng(0).standard_normal((4000, 3))
    new = load_npz(places[0]) @ vectors
    assert new.shape == (4003, 3)
    base = tokscope.load("sample:bpe")
    rows = [json.loads(line) for line in places[1].read_text(encoding="utf-8").splitlines()[1:]]
    for row in rows[4000:]:
        assert bytes.fromhex(row["bytes"]) == b"".join(base.vocabulary[i] for i in row["old"])
        assert np.allclose(new[row["id"]], vectors[row["old"]].mean(axis=0), atol=1e-6)
    assert np.allclose(new[:4000], vectors)
    assert tokscope.load(tmp_path / "x.json").vocabulary.size == 4003


def test_a_curve_has_a_hundred_points_and_the_table_the_round_ones() -> None:
    """20,000 merges: a point at each 200, and at 100, 300, 1,000, 3,000."""
    many = grown(np.arange(30_000, 9_999, -1), asked=20_000)
    assert many.points == sorted({0, 100, 300, *range(0, 20_001, 200)})
    frame = frame_of(many, None, 0, 0)
    assert len(frame[frame["part"] == "curve"]) == len(many.points) == 103
    report = Report("extend", "", frame)
    shown = [row["merges"] for row in tables(report)[0].rows if row["measure"] == "tokens"]
    assert shown == ["0", "100", "300", "1,000", "3,000", "10,000", "20,000", *LIMITS]


def test_plots_show_what_is_saved_and_kept() -> None:
    """300 merges save a token each of 1,000; one token a pre-token would be 500."""
    report = Report("extend", "", frame_of(grown(STEEP), None, 0, 0))
    saving, kept = plots(report)
    curve, most = saving.lines
    assert (curve.series, curve.xs, curve.ys[-1]) == ("de", (0, 100, 200, 300), 1 - 0.7)
    assert (most.xs, most.ys) == ((0, 300), (0.5, 0.5))
    assert kept.lines[0].ys == (1.0, 0.8, 0.8)
    assert [
        plot.name
        for plot in plots(Report("extend", "", frame_of(grown(np.zeros(1, int)), None, 0, 0)))
    ] == ["kept"]


def test_many_corpora_are_one_curve() -> None:
    """Of ten corpora one saves 300 of 1,000 tokens, the others nothing of 1,000 each."""
    one = grown(STEEP)
    flat = grown(np.full(301, 1000)).curves["de"]
    many = replace(one, curves=one.curves | {f"c{i}": flat for i in range(9)})
    saving, _ = plots(Report("extend", "", frame_of(many, None, 0, 0)))
    curve, most = saving.lines
    assert (curve.series, round(curve.ys[-1], 9)) == ("10 corpora together", 0.03)
    assert most.ys == (0.5, 0.5)


def test_the_signature_knows_the_text_to_keep() -> None:
    one, other = (
        tokscope.extend("sample:bpe", {"hu": HU}, keep={"x": [text]}, merges=2).provenance
        for text in ("a", "b")
    )
    assert {name for name in one if one[name] != other[name]} == {"keep"}


@pytest.mark.parametrize(
    ("proof", "told"),
    [
        (Proof(9, 2, "x"), "longest piece first, and on 2 of 9 lines it does more than join old tokens."),
        (Proof(9, 0), "longest piece first, although on 9 lines that were tried it only joins old tokens."),
        (None, "longest piece first, so a new one may change what stands behind it."),
    ],
)  # fmt: skip
def test_wordpiece_is_never_called_safe(proof: Proof | None, told: str) -> None:
    of_wordpiece = replace(grown(STEEP), base=base_of(load("sample:wordpiece")), proof=proof)
    assert headline(of_wordpiece).endswith(f" Old ids are not safe: WordPiece takes the {told}")


@pytest.mark.parametrize(
    ("steps", "each", "gains"), [(2000, "1,000", [0.4, 0.2, 0, 0]), (300, "100", [0.2, 0.2])]
)
def test_the_first_table_has_what_more_merges_save(
    steps: int, each: str, gains: list[float]
) -> None:
    """The first 200 merges save 2 tokens of 1,000 each; rows are at 0, 100, 300, 1,000 and all."""
    report = Report("extend", "", frame_of(grown(FALLING[: steps + 1]), None, 0, 0))
    rows = tables(report)[0].rows
    assert [r["value"] for r in rows if r["measure"] == f"{each} more save"] == gains
