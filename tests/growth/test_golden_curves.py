"""Learned merges and what they save on real text, against an independent prototype.

The values are those of golden/extend_curves.json and golden/extend_dynamic.json.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.published import base_from, load, pipeline_from
from tokscope.growth.curve import tokens_after
from tokscope.growth.kept import kept
from tokscope.growth.learning import Symbols, learn, spellings
from tokscope.growth.proof import reloaded
from tokscope.growth.written import written
from tokscope.mixture.replay import Words, saved
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers.bpe import byte_alphabet


class Base:
    """A byte-level tokenizer and its pre-tokens as ids, straight from the library."""

    def __init__(self, path: Path) -> None:
        self.tokenizer, self.pipeline = load(path), pipeline_from(path)
        self.forms = [self.tokenizer.vocabulary[i] for i in range(self.tokenizer.vocabulary.size)]
        self.letters = {byte: chr(letter) for letter, byte in byte_alphabet().items()}

    def counted(self, lines: list[str]) -> tuple[Words, np.ndarray]:
        counts = Counter(self.pipeline.cut(lines))
        tokenize = self.tokenizer.library.model.tokenize
        spelled = ("".join(self.letters[byte] for byte in word.encode()) for word in counts)
        ids = [[token.id for token in tokenize(word)] for word in spelled]
        flat = np.array([token for word in ids for token in word], np.int32)
        ends = np.cumsum([len(word) for word in ids], dtype=np.int64)
        return Words(flat, ends), np.array([*counts.values()])


def curve(words: Words, counts: np.ndarray, rules) -> np.ndarray:
    first = int((np.diff(words.ends, prepend=0) * counts).sum())
    return first - np.append(0, np.cumsum(saved(words, rules) @ counts))


def lines_of(path: Path) -> list[str]:
    return path.read_bytes().decode().split("\n")


STEPS = (0, 100, 300, 1000, 3000, 10000)
# base, text, lines to learn from, first merges, last merge, tokens after STEPS by text, and lines of
# English that have their old ids after 1,000 and 10,000 merges
RUNS = [
    (
        "gpt-2",
        "de",
        44_691,
        " ist| das| nicht| zu| sie| ein| auf| ich| sich| soll| aus| eine| wer| nach| ihr| für| Jeh"
        "| Jehova| ih| wird",
        " anstellen",
        {
            "": (293688, 259491, 236353, 213169, 195212, 181049),
            "de": (55057, 49578, 46764, 42951, 38528, 33691),
            "en": (25740, 25740, 25740, 25738, 25735, 25709),
        },
        (996, 969),
    ),
    (
        "claude",
        "ko",
        22_208,
        " �| 여|에게|하여| 자| 내| 것|호와|�니다| �| 너|르|체| �| 일|``\\| 여호와|�| 모�| �",
        " 대속",
        {
            "": (162469, 135835, 117808, 95288, 75154, 59150),
            "ko": (66740, 61811, 56078, 47350, 40146, 34763),
            "en": (26175, 26175, 26175, 26175, 26175, 26175),
        },
        (997, 997),
    ),
]


@pytest.mark.parametrize(("name", "file", "lines", "first", "last", "curves", "same"), RUNS)
def test_curves_are_those_of_the_prototype(
    data: Path, name: str, file: str, lines: int, first: str, last: str, curves, same
) -> None:
    path = data / "tokenizers" / f"{name}.json"
    base = Base(path)
    text = lines_of(data / "text" / f"{file}.txt")
    words, counts = base.counted(text[:lines])
    rules, _ = learn(words, counts, Symbols(base.forms), 10_000)
    new = [form.decode(errors="replace") for form in spellings(rules, base.forms)]
    new = new[len(base.forms) :]
    assert (new[:20], new[-1]) == (first.split("|"), last)
    for other, told in curves.items():
        held = (
            lines_of(data / "parallel" / "flores-dev" / f"{other}.txt") if other else text[lines:]
        )
        assert curve(*base.counted(held), rules)[[*STEPS]].tolist() == [*told]
    english = lines_of(data / "parallel" / "flores-dev" / "en.txt")[:997]
    (found,) = kept(base_from(path), read_corpora({"en": english}), rules)
    assert (found.after(1000), found.after(10_000)) == same


def test_russian_under_gpt2_is_that_of_the_prototype(data: Path) -> None:
    base = Base(data / "tokenizers" / "gpt-2.json")
    text = lines_of(data / "text" / "ru.txt")
    words, counts = base.counted(text[: int(0.9 * len(text))])
    rules, _ = learn(words, counts, Symbols(base.forms), 10_000)
    held, times = base.counted(lines_of(data / "parallel" / "flores-dev" / "ru.txt"))
    found = curve(held, times, rules)
    assert found[[0, 100, 10_000]].tolist() == [148_224, 95_374, 44_384]
    assert round(1 - int(times.sum()) / int(found[0]), 4) == 0.8451


BATCHES = {
    "de": {0: 1627, 10: 1563, 50: 1449, 100: 1349, 200: 1235, 500: 935, 651: 784},
    "hi": {0: 5965, 10: 4628, 50: 3320, 100: 2976, 200: 2735, 358: 2577},
}


@pytest.mark.parametrize("language", BATCHES)
def test_merging_until_nothing_is_left_is_dynamic_tokenization(data: Path, language: str) -> None:
    base = Base(data / "tokenizers" / "gpt-2.json")
    text = lines_of(data / "parallel" / "flores-dev" / f"{language}.txt")[:32]
    words, counts = base.counted(text)
    # a pair that stands once counts there: each word comes twice here
    rules, _ = learn(words, 2 * counts, Symbols(base.forms), 10_000)
    found, told = curve(words, counts, rules), BATCHES[language]
    assert {k: found[k] for k in told} == told
    assert len(rules) == max(told)


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("llama.json", 0),
        ("mistral-v3.spm.model", 0),
        ("german-unigram.spm.model", 0),
        ("german-unigram-30k.json", 1),  # the best way of all to join
    ],
)
def test_curves_are_those_of_the_written_files(data: Path, name: str, better: int) -> None:
    base = base_from(data / "tokenizers" / name)
    text = lines_of(data / "text" / "de.txt")[:600]
    held = lines_of(data / "parallel" / "flores-dev" / "de.txt")
    counts, others = Counter(base.cut(text)), Counter(base.cut(held))
    words, times = base.words([*counts]), np.array([*counts.values()])
    rules, _ = learn(words, times, base.symbols, 200)
    own, often = base.words([*others]), np.array([*others.values()])
    told = tokens_after(own, often, base.saved([*others], own, rules) @ often)
    assert told[0] == len(base.tokenizer.encode(held).ids)
    found = len(reloaded(base, written(base, rules)).encode(held).ids)
    assert 0 <= told[-1] - found <= better
    assert told[-1] < told[0]
