"""Shares that are known come back; what is missing, alike or too little is said."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tokenizers

from tests.mixture.small import ALPHABETS, language
from tests.tokenizers.families import FAMILIES
from tokscope.errors import TokscopeError
from tokscope.mixture.diagnostics import log_error
from tokscope.plots import Values
from tokscope.report import Report
from tokscope.studies.infer_mixture import infer_mixture, tables
from tokscope.text.corpus import Corpus, read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.sample import FOLDER


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer trained on known shares of a, b and x, and other text of all languages."""
    path = tmp_path_factory.mktemp("mixture")
    for name in ALPHABETS:
        (path / f"{name}.txt").write_text(language(name, 1, 20_000))
    (path / "again.txt").write_text(language("a", 3, 20_000))
    lines = [language("a", 2, 30_000), language("b", 2, 15_000), language("x", 2, 5_000)]
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=606, initial_alphabet=alphabet, show_progress=False
    )
    model.train_from_iterator((line for text in lines for line in text.splitlines(True)), trainer)
    model.save(str(path / "mixed.json"))
    sizes = np.array([len(text.encode()) for text in lines])
    (path / "truth.json").write_text(
        json.dumps(dict(zip("abx", (sizes / sizes.sum()).tolist(), strict=True)))
    )
    return path


def corpora(folder: Path, names: Sequence[str]) -> list[Corpus]:
    return read_corpora([str(folder / f"{name}.txt") for name in names])


def inferred(folder: Path, names: Sequence[str], **options: object) -> Report:
    return infer_mixture(str(folder / "mixed.json"), corpora(folder, names), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain(folder: Path) -> Report:
    """What the text that the tokenizer was trained on gives without further wishes."""
    return inferred(folder, "abx")


def measured(report: Report, measure: str) -> dict[str, float]:
    frame = report.frame[(report.frame.measure == measure) & (report.frame.corpus != "all")]
    return dict(zip(frame.corpus, frame.value, strict=True))


def truth(folder: Path) -> Mapping[str, float]:
    found: dict[str, float] = json.loads((folder / "truth.json").read_text())
    return found


def test_shares_that_are_known_come_back(folder: Path) -> None:
    known = {**truth(folder), "c": 0.0}
    report = inferred(folder, "abcx", truth=known, merges=200)
    shares = measured(report, "bytes")
    assert shares == pytest.approx(known, abs=0.01)
    assert sum(shares.values()) == pytest.approx(1)
    assert measured(report, "uniform") == dict.fromkeys("abcx", 0.25)
    scores = report.frame[report.frame.corpus == "all"].set_index("measure").value
    assert scores["bytes"] < scores["token classification"] - 1
    assert scores["bytes"] < scores["uniform"] - 2
    assert scores["uniform"] == pytest.approx(
        log_error(np.full(4, 0.25), np.array([known[name] for name in "abcx"]))
    )
    assert not any("left out" in note or "in no corpus" in note for note in report.notes)


def test_shares_of_bytes_are_not_those_of_pairs(plain: Report) -> None:
    # letters of x are two bytes with a pair between them: more pairs in as many bytes
    assert measured(plain, "pairs")["x"] > 1.02 * measured(plain, "bytes")["x"]


def test_a_corpus_left_out_with_a_script_of_its_own_shows_as_missing_merges(folder: Path) -> None:
    report = inferred(folder, "ab", merges=200)
    (note,) = [note for note in report.notes if "are in no corpus" in note]
    assert "Greek" in note
    assert "some of its training text is of a kind that is not here" in note
    assert report.headline.startswith("Of these corpora, mixed was trained mostly on a (about ")
    assert re.search(r"\d+ of \d+ merges are in none of these corpora", report.headline)
    # what is there keeps its proportions
    known = truth(folder)
    shares = measured(report, "bytes")
    assert shares["a"] == pytest.approx(known["a"] / (known["a"] + known["b"]), abs=0.01)


@pytest.mark.deep
def test_a_corpus_left_out_that_shares_its_script_shows_in_the_objective(
    folder: Path, plain: Report
) -> None:
    part = inferred(folder, "acx", merges=150)
    assert not any("explain the merges badly" in note for note in plain.notes)
    assert "Read the order" not in plain.headline
    (note,) = [note for note in part.notes if "explain the merges badly" in note]
    assert "that is not here, whose share is then with what is like it, most of all a" in note
    assert "read the order, not the per cent" in part.headline.lower()
    assert any(note.startswith("merged earlier than the text explains: “") for note in part.details)
    assert any(note.startswith("more in the text than merges show: “") for note in part.details)
    (note,) = [
        note for note in part.notes if note.startswith("the first 150 merges alone leave open: a ")
    ]
    assert "what is open may be less, never more" in note
    (note,) = [note for note in part.details if note.startswith("the first 150 merges need these")]
    assert re.search(r"rises by at least: .*a \d", note)


def test_corpora_of_one_kind_cannot_be_told_apart(folder: Path) -> None:
    report = inferred(folder, ["a", "again", "b", "x"], ranges=True, merges=120)
    (note,) = [note for note in report.notes if "read the sum of their shares" in note]
    assert "a and again" in note
    assert "a and b" not in note
    assert re.search(r"The order of .*a.* is not known\.", report.headline)
    shares, known = measured(report, "bytes"), truth(folder)
    assert shares["a"] + shares["again"] == pytest.approx(known["a"], abs=0.01)
    least, most = measured(report, "least"), measured(report, "most")
    for name in shares:
        assert least[name] - 1e-9 <= shares[name] <= most[name] + 1e-9
    assert most["a"] - least["a"] > 4 * (most["x"] - least["x"])


@pytest.mark.deep
def test_intervals_are_about_the_estimate_hold_the_truth_and_are_seeded(folder: Path) -> None:
    report = inferred(folder, "abcx", bootstrap=40, merges=100)
    frame = report.frame[report.frame.measure == "bytes"].set_index("corpus")
    known = {**truth(folder), "c": 0.0}
    for name, row in frame.iterrows():
        assert row.low <= row.value <= row.high
        assert row.low <= known[str(name)] <= row.high
    assert ((frame.high - frame.low).between(1e-5, 0.1)).all()
    assert any(note.startswith("95 % intervals of 40 draws") for note in report.notes)
    few, again, other = (
        inferred(folder, "ab", bootstrap=2, merges=40, seed=seed).frame for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(again, few)
    assert (other.low.dropna().to_numpy() != few.low.dropna().to_numpy()).any()


def test_few_draws_are_no_interval_and_a_refit_tells_bias_and_fit(folder: Path) -> None:
    report = inferred(folder, "abx", bootstrap=2, refit=2, merges=60)
    assert not any(note.startswith("95 %") for note in report.notes)
    (note,) = [note for note in report.notes if note.startswith("no 95 % intervals, for which it")]
    assert "takes 40, but the range of 2 draws of noise in the counts and 2 tokenizers" in note
    frame = report.frame[report.frame.measure == "bytes"]
    assert ((frame.low <= frame.value) & (frame.value <= frame.high)).all()
    known = np.array([truth(folder)[name] for name in "abx"])
    assert ((frame.low - 0.01 < known) & (known < frame.high + 0.01)).all()
    assert (frame.low < frame.high).all()
    (bias,) = [note for note in report.details if note.startswith("bias:")]
    assert "%" in bias
    (fit,) = [note for note in report.details if note.startswith("fit:")]
    correlation = float(fit.rsplit(" ", 1)[1])
    assert 0.8 < correlation <= 1


def test_counts_answer_again_without_the_text(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "counts"
    whole = inferred(folder, "abx", merges=20, save=path.write_bytes)
    spec = str(folder / "mixed.json")
    again = infer_mixture(spec, counts=path, merges=20)
    pd.testing.assert_frame_equal(again.frame, whole.frame)
    assert again.signature == whole.signature
    some = infer_mixture(spec, counts=path, merges=10, only=["x", "a"])
    pd.testing.assert_frame_equal(some.frame, inferred(folder, "xa", merges=10).frame)
    more = infer_mixture(spec, counts=path, merges=30)
    pd.testing.assert_frame_equal(more.frame, inferred(folder, "abx", merges=30).frame)


def test_an_extension_is_explained_without_what_it_extends(folder: Path) -> None:
    report = inferred(folder, "abx", from_merge=100, merges=250)
    assert measured(report, "bytes") == pytest.approx(truth(folder), abs=0.03)
    assert "merges:100-" in report.signature
    assert report.notes[-1].startswith("from merges 101 to 250 of 350 (as asked)")


def test_merges_that_the_text_does_not_hold_are_no_error(folder: Path) -> None:
    # some late merges alone, most of which are of text that is left out
    report = inferred(folder, "cx", merges=350, from_merge=330)
    (note,) = [note for note in report.notes if "are in no corpus" in note]
    assert "some of its training text is of a kind that is not here" in note
    assert report.headline.startswith("Cannot tell what mixed was trained on: ")
    assert sum(measured(report, "bytes").values()) == pytest.approx(1)


def test_an_early_stop_says_how_far_it_may_be(folder: Path, plain: Report) -> None:
    near = inferred(folder, "abx", gap=0.5)
    assert any("proven to be at most " in note for note in near.details)
    assert not any("no time" in note for note in near.notes)  # it is what was asked for
    assert any("(exact; " in note for note in plain.details)


def test_whoever_wants_the_answer_now_gets_that_of_the_last_stage(folder: Path) -> None:
    """As when time is up, or the user interrupts."""
    rounds: list[int] = []

    @contextmanager
    def watch() -> Iterator[Callable[[], bool]]:
        yield lambda: bool(rounds)

    asked = {"bootstrap": 40, "ranges": True, "baselines": True}
    report = inferred(
        folder, "abx", watch=watch, tell=lambda stage, _: rounds.append(stage.steps), **asked
    )
    (note,) = [note for note in report.notes if "no time" in note]
    assert note.startswith("from 300 of 350 merges (there was no time to explain 350; --exact")
    assert report.headline.endswith(" Read the order, not the per cent.")
    assert "interrupted: what was not finished is left out" in report.notes
    assert report.frame.low.isna().all()
    assert set(report.frame.measure) == {"bytes", "pairs", "uniform", "token classification"}
    assert "stopped early" in report.signature
    early = inferred(folder, "abx", merges=300)
    assert measured(report, "bytes") == pytest.approx(measured(early, "bytes"), abs=1e-6)
    assert 300 in rounds


@pytest.mark.deep
def test_whoever_wants_the_answer_now_is_told_that_it_is_doubtful_but_not_how_much(
    folder: Path,
) -> None:
    """What the first merges leave open takes as long as to solve them again."""

    @contextmanager
    def watch() -> Iterator[Callable[[], bool]]:
        yield lambda: True

    report = inferred(folder, "acx", merges=150, watch=watch)
    assert any("explain the merges badly" in note for note in report.notes)
    assert not any("merges alone leave open" in note for note in report.notes)
    assert not any("merges need these corpora" in note for note in report.details)


def test_the_answer_comes_first_and_the_largest_share_on_top(folder: Path) -> None:
    report = inferred(folder, "xbca", truth={**truth(folder), "c": 0.0}, merges=100)
    assert re.match(r"mixed was trained (mostly )?on a \(about 5\d %\), then b \(", report.headline)
    (view,) = tables(report)
    assert list(dict.fromkeys(view.frame.corpus)) == list("abxc")
    assert list(dict.fromkeys(view.frame.measure)) == ["share", "truth"]
    bars = view.frame[view.frame.measure == "share"].set_index("corpus")[""]
    assert bars["a"] == "█" * 20
    assert bars["c"] == ""
    (whole,) = tables(report, details=True)
    assert {"pairs", "uniform"} <= set(whole.frame.measure)
    assert report.details[0] in whole.notes
    assert report.details[0] not in view.notes
    assert view.notes[-1].startswith("off from the truth by at most 0.")
    (score,) = [note for note in whole.notes if note.startswith("log10 MSE of shares: -")]
    assert score.endswith("lower is nearer")


@pytest.mark.deep
def test_many_corpora_of_like_shares_have_a_headline(folder: Path, tmp_path: Path) -> None:
    lines = language("a", 0, 110 * 400).splitlines(keepends=True)
    for number in range(110):
        (tmp_path / f"a{number}.txt").write_text("".join(lines[40 * number :][:40]))
    report = infer_mixture(str(folder / "mixed.json"), read_corpora([str(tmp_path)]), merges=40)
    assert re.search(r"a\d+ \(about \d+ %\)", report.headline)


def test_what_is_missing_and_what_is_badly_explained_are_both_in_the_headline(folder: Path) -> None:
    headline = inferred(folder, "bc", merges=100).headline
    assert "merges are in none of these corpora; read the order" in headline


def test_merges_of_which_none_is_in_the_text_are_refused(folder: Path, tmp_path: Path) -> None:
    """Also where more were counted, and saved, than are asked for: the first merge is "qx"."""
    merges = [("q", "x"), ("a", "b")]
    tokens = {token: i for i, token in enumerate(["q", "x", "a", "b", "qx", "ab"])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(tokens, merges))
    tokenizer.save(str(tmp_path / "two.json"))
    for name, words in {"one": "ab ab", "other": "ba ab"}.items():
        (tmp_path / f"{name}.txt").write_text(words)
    text = read_corpora([str(tmp_path / "one.txt"), str(tmp_path / "other.txt")])
    counts = tmp_path / "counts"
    infer_mixture(str(tmp_path / "two.json"), text, save=counts.write_bytes)
    with pytest.raises(TokscopeError, match="no merge can be found in these corpora"):
        infer_mixture(str(tmp_path / "two.json"), counts=counts, merges=1)


def test_baselines_train_tokenizers_for_a_guess(folder: Path) -> None:
    report = inferred(folder, "abx", baselines=True, merges=20, seed=3)
    guess = measured(report, "token efficiency")
    assert sum(guess.values()) == pytest.approx(1)
    assert max(guess, key=lambda name: guess[name]) == "a"
    assert report.signature.endswith("|seed:3")


def test_more_merges_than_the_text_supports_are_said_to_be(folder: Path, tmp_path: Path) -> None:
    for name in "abx":
        (tmp_path / f"{name}.txt").write_text(language(name, 5, 300))
    spec, small = str(folder / "mixed.json"), read_corpora([str(tmp_path)])
    note = infer_mixture(spec, small).notes[-1]
    assert "as many as the text supports" in note
    assert int(note.split(" ")[1]) < 200
    assert "later ones add noise" in infer_mixture(spec, small, merges=150).notes[-1]


@pytest.mark.parametrize("spec", ["sample:bpe", "sample:wordpiece"])
def test_the_embedded_shares_come_back(spec: str) -> None:
    known = json.loads((FOLDER / "shares.json").read_text())
    report = infer_mixture(spec, truth=known, merges=300)
    shares = measured(report, "bytes")
    assert measured(report, "truth") == pytest.approx(known, abs=1e-4)
    assert len(shares) == 42
    assert shares == pytest.approx(known, abs=0.001)


REFUSED: list[tuple[str, Sequence[str], dict[str, object], str]] = [
    ("sample:bpe", "a", {}, "a mixture needs two corpora or more"),
    ("sample:bpe", "ab", {"only": ["a"]}, "a mixture needs two corpora or more"),
    ("sample:bpe", "ab", {"only": ["z", "a"]}, "unknown corpus 'z'"),
    ("sample:bpe", "ab", {"merges": 5000}, "--merges 5000: the tokenizer has 3,743"),
    ("sample:bpe", "ab", {"merges": 0}, "--merges 0: the tokenizer has 3,743"),
    ("sample:bpe", "ab", {"from_merge": 5000}, "--from-merge 5000: merges before it, of 3743"),
    ("sample:bpe", "ab", {"gap": 2.0}, "--gap 2: a part of the objective, from 0 to 1"),
    ("sample:bpe", "ab", {"seconds": 0.0}, "--seconds 0: give a time above 0, or --exact"),
    ("sample:bpe", "ab", {"seconds": math.nan}, "--seconds nan: give a time above 0"),
    ("sample:bpe", "ab", {"truth": {"a": 1.0}}, "--truth gives no share for b"),
    ("sample:bpe", "ab", {"truth": {"a": 1.0, "bb": 0.0}}, "unknown corpus 'bb'"),
    ("sample:bpe", "ab", {"truth": {"a": 0.2, "b": 0.2}}, "add up to 1, not 0.4"),
    ("sample:bpe", "ab", {"seed": -1}, "--seed -1: a seed is a number from 0 up"),
    ("sample:unigram", "ab", {}, "a SentencePiece Unigram model merges nothing"),
    ("bytes", "ab", {}, "has no merges"),
]


@pytest.mark.parametrize(("spec", "names", "options", "message"), REFUSED)
def test_what_cannot_be_inferred_is_refused_in_one_line(
    folder: Path, spec: str, names: Sequence[str], options: dict[str, object], message: str
) -> None:
    with pytest.raises(TokscopeError) as caught:
        infer_mixture(spec, corpora(folder, names), **options)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_vocabulary_that_is_not_in_the_order_of_training_is_refused(
    folder: Path, write: Callable[[str, str], Path]
) -> None:
    pieces = sorted(load("sample:wordpiece").library.get_vocab())  # type: ignore[attr-defined]
    path = write("vocab.txt", "\n".join(pieces))
    with pytest.raises(TokscopeError, match="its ids are not in the order of training") as caught:
        infer_mixture(f"wordpiece:{path}", corpora(folder, "ab"))
    assert str(caught.value).endswith("(only 96.1 % of its tokens are made of two earlier ones)")


def test_text_of_characters_that_were_never_merged_is_read(
    write: Callable[[str, str | bytes], Path],
) -> None:
    """The vocabulary knows 中 and é, and no merge is of them."""
    path = write("llama.json", FAMILIES["llama.json"]())
    names = (write("one.txt", "the hell\n" * 9), write("other.txt", "中é中\n" * 9))
    report = infer_mixture(str(path), read_corpora(list(map(str, names))))
    assert measured(report, "pairs").keys() == {"one", "other"}


def test_text_without_pairs_is_refused(write: Callable[[str, str], Path]) -> None:
    one, other = write("one.txt", "qx\n"), write("other.txt", "zq\n")
    with pytest.raises(TokscopeError, match="no merge can be found in these corpora"):
        infer_mixture("sample:bpe", read_corpora([str(one), str(other)]), merges=3)
    empty = write("empty.txt", "\n\n")
    with pytest.raises(TokscopeError, match="corpus 'empty' holds no two characters"):
        infer_mixture("sample:bpe", read_corpora(["sample:en", str(empty)]))


def test_the_shares_of_some_corpora_of_the_sample_are_not_known_and_those_found_are_drawn() -> None:
    """The embedded shares are those of all of its text, so that none are scored."""
    made = infer_mixture("sample:bpe", only=("en", "de"), merges=60, bootstrap=2)
    assert set(made.frame["corpus"]) == {"en", "de"}
    assert "truth" not in set(made.frame["measure"])
    assert made.plots
    (plot,) = made.plots(made)
    assert isinstance(plot, Values)
    assert sorted(mark.row for mark in plot.marks) == ["de", "en"]
    assert all(mark.low <= mark.value <= mark.high for mark in plot.marks)
    assert "but the range of 2 draws" in plot.note
    assert plot.note.startswith("Cannot tell") == made.headline.startswith("Cannot tell")
