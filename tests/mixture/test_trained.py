"""What a tokenizer was trained on explains its merges, whatever marks they have, to the last count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from tests.mixture.small import language
from tokscope.mixture.count import count
from tokscope.mixture.evidence import Evidence, evidence
from tokscope.mixture.solve import solve
from tokscope.studies.infer_mixture import infer_mixture
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.merges import Merges
from tokscope.tokenizers.pipeline import Pipeline, pipeline_of

CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
SIZE = 200  # of the vocabulary, or that many merges more than there are bytes


def bpe(lines: Sequence[str], prefix: str = "", suffix: str = "", size: int = SIZE) -> Tokenizer:
    """BPE of the words between spaces."""
    marks = {"continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
    made = Tokenizer(models.BPE(unk_token="<unk>", **{k: v for k, v in marks.items() if v}))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<unk>"],
        show_progress=False,
        **{k: v for k, v in marks.items() if v},
    )
    made.train_from_iterator(lines, trainer)
    return made


def clip(lines: Sequence[str]) -> Tokenizer:
    """BPE of bytes that marks the last byte of a word, as CLIP's."""
    made = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=256 + SIZE,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        end_of_word_suffix="</w>",
        special_tokens=["<|end|>"],
        show_progress=False,
    )
    made.train_from_iterator(lines, trainer)
    return made


def wordpiece(lines: Sequence[str]) -> Tokenizer:
    """WordPiece as the library trains it, by counts."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=SIZE, special_tokens=["[UNK]", "[PAD]"], show_progress=False
    )
    made.train_from_iterator(lines, trainer)
    return made


TRAINED: Mapping[str, Callable[[Sequence[str]], Tokenizer]] = {
    "plain": bpe,
    "suffix": lambda lines: bpe(lines, suffix="</w>"),
    "prefix": lambda lines: bpe(lines, prefix="##"),
    "both": lambda lines: bpe(lines, prefix="##", suffix="</w>"),
    "clip": clip,
    "wordpiece": wordpiece,
}
TEXTS = {name: language(name, 1, 1_000) for name in "abx"}
TIMES = {"a": 3, "b": 1, "x": 2}  # how often each is trained on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three texts, and the tokenizers trained on them."""
    path = tmp_path_factory.mktemp("trained")
    lines = [line for name, text in TEXTS.items() for line in text.splitlines() * TIMES[name]]
    for name, text in TEXTS.items():
        (path / f"{name}.txt").write_text(text)
    for name, train in TRAINED.items():
        train(lines).save(str(path / f"{name}.json"))
    return path


@cache
def all_of(folder: Path, name: str) -> tuple[Pipeline, Evidence]:
    """Return all merges of a tokenizer, and what they do to the three texts."""
    pipeline = pipeline_of(load(str(folder / f"{name}.json")))
    counts = count(read_corpora([str(folder / f"{text}.txt") for text in TEXTS]), pipeline)
    return pipeline, evidence(counts, pipeline.merges, len(pipeline.merges))


def slowly(words: Mapping[str, int], merges: Merges) -> Iterator[Counter[tuple[bytes, bytes]]]:
    """Yield how often every pair of symbols stands in words, before each merge."""
    prefix, suffix = merges.marks.prefix, merges.marks.suffix
    now: list[tuple[list[bytes], int]] = []
    for word, uses in words.items():
        units = [bytes([b]) for b in word.encode()] if merges.bytewise else [*map(str.encode, word)]
        units[1:] = [prefix + unit for unit in units[1:]]
        units[-1] += suffix
        now.append((units, uses))
    for pair in merges.pairs:
        found: Counter[tuple[bytes, bytes]] = Counter()
        for units, uses in now:
            for window in pairwise(units):
                found[window] += uses
        yield found
        now = [(units, uses) for units, uses in now if len(units) > 1]
        for units, _ in now:
            for at in range(len(units) - 1):
                if tuple(units[at : at + 2]) == pair:
                    units[at : at + 2] = [units[at] + units[at + 1][len(prefix) :]]


@pytest.mark.parametrize("name", TRAINED)
def test_each_merge_is_of_the_most_frequent_pair_in_the_text_trained_on(
    folder: Path, name: str
) -> None:
    """The counts of the replay are those of merging strings, one word after the other."""
    pipeline, found = all_of(folder, name)
    times = np.array(list(TIMES.values()))
    ours = found.linear_program().own * found.pairs() @ times
    words = Counter[str]()
    for text, uses in zip(TEXTS.values(), TIMES.values(), strict=True):
        words.update({word: n * uses for word, n in Counter(text.split()).items()})
    steps = zip(slowly(words, pipeline.merges), pipeline.merges.pairs, strict=True)
    theirs = [(counts[pair], max(counts.values())) for counts, pair in steps if pair]
    assert len(theirs) == len(pipeline.merges) > 100
    assert ours.tolist() == pytest.approx([own for own, _ in theirs])
    assert [own for own, _ in theirs] == [most for _, most in theirs]


@pytest.mark.parametrize("name", TRAINED)
def test_the_text_trained_on_leaves_nothing_to_excuse(folder: Path, name: str) -> None:
    solution = solve(all_of(folder, name)[1].linear_program())
    assert solution.objective == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", TRAINED)
def test_its_shares_come_back(folder: Path, name: str) -> None:
    sizes = {text: len(TEXTS[text].encode()) * TIMES[text] for text in TEXTS}
    total = sum(sizes.values())
    corpora = read_corpora([str(folder / f"{text}.txt") for text in TEXTS])
    report = infer_mixture(str(folder / f"{name}.json"), corpora)
    frame = report.frame[report.frame.measure == "bytes"]
    shares = dict(zip(frame.corpus, frame.value, strict=True))
    assert shares == pytest.approx({text: size / total for text, size in sizes.items()}, abs=0.01)


@pytest.mark.parametrize("name", ["clip", "wordpiece"])
def test_they_come_back_from_what_is_trained_again(folder: Path, name: str) -> None:
    corpora = read_corpora([str(folder / f"{text}.txt") for text in TEXTS])
    report = infer_mixture(str(folder / f"{name}.json"), corpora, refit=2, merges=100)
    (fit,) = [note for note in report.details if note.startswith("fit:")]
    assert float(fit.rsplit(" ", 1)[1]) > 0.8


@pytest.mark.parametrize("name", ["suffix", "prefix", "clip", "wordpiece"])
def test_text_left_out_is_told_by_its_script_and_not_by_that_of_marks(
    folder: Path, name: str
) -> None:
    corpora = read_corpora([str(folder / f"{text}.txt") for text in "ab"])
    report = infer_mixture(str(folder / f"{name}.json"), corpora)
    (note,) = [note for note in report.notes if "are in no corpus" in note]
    assert "(Greek " in note
    assert "Latin" not in note


def test_what_a_pair_would_make_is_told_with_the_marks_of_its_ends(folder: Path) -> None:
    for name in ("suffix", "prefix", "both", "clip", "wordpiece"):
        pipeline, found = all_of(folder, name)
        keys = found.replay.rules.keys
        made = [found.product(int(np.searchsorted(found.replay.keys, key))) for key in keys]
        assert made == list(pipeline.merges.tokens)
