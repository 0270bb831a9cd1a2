"""Learned merges and what they save on real text, against an independent prototype.

The values are those of golden/extend_curves.json, golden/extend_dynamic.json and
golden/extend_ways.json, which has the numbers of added tokens.
"""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer

from tests.published import base_from, load, pipeline_from
from tokscope.growth.curve import tokens_after
from tokscope.growth.kept import kept
from tokscope.growth.learning import Symbols, anything, learn, spellings
from tokscope.growth.proof import proof_of, reloaded, require_ids
from tokscope.growth.written import written
from tokscope.mixture.replay import Rules, Words, saved
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.tokenizer_json import of_library


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


def flores(data: Path, language: str) -> list[str]:
    return lines_of(data / "parallel" / "flores-dev" / f"{language}.txt")


def with_old_ids(old, new, lines: list[str]) -> int:
    encoded = (tokenizer.encode(lines) for tokenizer in (old, new))
    return sum(map(np.array_equal, *(np.split(one.ids, one.starts[1:-1]) for one in encoded)))


@cache
def german(data: Path) -> tuple[Base, list[str], Rules]:
    """Return gpt-2, German lines, and what it learns from the first 44,691 of them."""
    base = Base(data / "tokenizers" / "gpt-2.json")
    text = lines_of(data / "text" / "de.txt")
    return base, text, learn(*base.counted(text[:44_691]), Symbols(base.forms), 10_000)[0]


def learned(base: Base, rules: Rules) -> list[str]:
    return [form.decode(errors="replace") for form in spellings(rules, base.forms)][
        len(base.forms) :
    ]


def test_german_under_gpt2_is_that_of_the_prototype(data: Path) -> None:
    base, text, rules = german(data)
    new = learned(base, rules)
    first = (
        " ist| das| nicht| zu| sie| ein| auf| ich| sich| soll| aus| eine| wer| nach| ihr| für| Jeh"
        "| Jehova| ih| wird"
    )
    assert (new[:20], new[-1]) == (first.split("|"), " anstellen")
    for held, told in (
        (text[44_691:], [293688, 259491, 236353, 213169, 195212, 181049]),
        (flores(data, "de"), [55057, 49578, 46764, 42951, 38528, 33691]),
        (flores(data, "en"), [25740, 25740, 25740, 25738, 25735, 25709]),
    ):
        found = curve(*base.counted(held), rules)
        assert found[[0, 100, 300, 1000, 3000, 10000]].tolist() == told
    english = read_corpora({"en": flores(data, "en")[:997]})
    (same,) = kept(base_from(data / "tokenizers" / "gpt-2.json"), english, rules)
    assert (same.after(1000), same.after(10_000)) == (996, 969)


def test_merges_change_one_line_of_english_and_added_tokens_412(data: Path) -> None:
    _, _, rules = german(data)
    rules = rules.head(1000)
    path = data / "tokenizers" / "gpt-2.json"
    base = base_from(path)
    merged = reloaded(base, written(base, rules))
    made = Tokenizer.from_file(str(path))
    strings = [form.decode() for form in spellings(rules, base.symbols.forms)[rules.alphabet :]]
    made.add_tokens([AddedToken(text, normalized=False) for text in strings])
    added = of_library(made, "added")
    english, german_lines = flores(data, "en")[:997], flores(data, "de")[:997]
    for tokenizer, tokens, lines in ((merged, 25738, 996), (added, 26757, 585)):
        assert len(tokenizer.encode(english).ids) == tokens
        assert with_old_ids(base.tokenizer, tokenizer, english) == lines
    assert len(merged.encode(german_lines).ids) == 42951
    assert len(added.encode(german_lines).ids) == 43450
    assert proof_of(base, merged, [*english, *german_lines]).broken == 0
    assert proof_of(base, added, german_lines).broken >= 997 - 69


def test_unigram_pieces_save_what_the_prototype_says(data: Path) -> None:
    """If any two neighbours may become a piece: the prototype has no rules of a trainer."""
    base = base_from(data / "tokenizers" / "german-unigram-30k.json")
    counts = Counter(base.cut(lines_of(data / "text" / "de.txt")[:44_691]))
    free = replace(base.symbols, may=anything)
    rules, _ = learn(base.words(list(counts)), np.array([*counts.values()]), free, 1000)
    grown = reloaded(base, written(base, rules))
    for language, tokens, same in (("de", 29_932, 383), ("fr", 70_388, 13)):
        lines = flores(data, language)[:997]
        assert len(grown.encode(lines).ids) == tokens
        assert with_old_ids(base.tokenizer, grown, lines) == same
        assert proof_of(base, grown, lines).broken == 0


def test_korean_under_claude_is_that_of_the_prototype(data: Path) -> None:
    """As far as 3,000 merges."""
    base = Base(data / "tokenizers" / "claude.json")
    text = lines_of(data / "text" / "ko.txt")
    rules, _ = learn(*base.counted(text[:22_208]), Symbols(base.forms), 3000)
    first = " �| 여|에게|하여| 자| 내| 것|호와|�니다| �| 너|르|체| �| 일|``\\| 여호와|�| 모�| �"
    assert learned(base, rules)[:20] == first.split("|")
    for held, told in (
        (text[22_208:], [162469, 135835, 117808, 95288, 75154]),
        (flores(data, "ko"), [66740, 61811, 56078, 47350, 40146]),
    ):
        found = curve(*base.counted(held), rules)
        assert found[[0, 100, 300, 1000, 3000]].tolist() == told


def test_russian_under_gpt2_is_that_of_the_prototype(data: Path) -> None:
    """As far as 100 merges."""
    base = Base(data / "tokenizers" / "gpt-2.json")
    text = lines_of(data / "text" / "ru.txt")
    words, counts = base.counted(text[: int(0.9 * len(text))])
    rules, _ = learn(words, counts, Symbols(base.forms), 100)
    found = curve(*base.counted(flores(data, "ru")), rules)
    assert found[[0, 100]].tolist() == [148_224, 95_374]


BATCHES = {
    "de": {0: 1627, 10: 1563, 50: 1449, 100: 1349, 200: 1235, 500: 935, 651: 784},
    "hi": {0: 5965, 10: 4628, 50: 3320, 100: 2976, 200: 2735, 358: 2577},
}


@pytest.mark.parametrize("language", BATCHES)
def test_merging_until_nothing_is_left_is_dynamic_tokenization(data: Path, language: str) -> None:
    base = Base(data / "tokenizers" / "gpt-2.json")
    text = flores(data, language)[:32]
    words, counts = base.counted(text)
    # a pair that stands once counts there: each word comes twice here
    rules, _ = learn(words, 2 * counts, Symbols(base.forms), 10_000)
    found, told = curve(words, counts, rules), BATCHES[language]
    assert {k: found[k] for k in told} == told
    assert len(rules) == max(told)


@pytest.mark.parametrize(
    ("name", "language", "better"),
    [
        ("llama.json", "de", 0),
        ("mistral-v3.spm.model", "de", 0),
        ("german-unigram.spm.model", "zh-Hans", 0),
        ("german-unigram-30k.json", "de", 1),  # the best way of all to join
        ("cl100k_base.tiktoken", "zh-Hans", 0),
    ],
)
def test_written_files_save_what_was_told_and_only_join_tokens(
    data: Path, name: str, language: str, better: int
) -> None:
    base = base_from(data / "tokenizers" / name)
    lines = flores(data, language)
    counts = Counter(base.cut(lines[:400]))
    rules, _ = learn(base.words([*counts]), np.array([*counts.values()]), base.symbols, 300)
    extended = reloaded(base, written(base, rules))
    require_ids(base, extended, rules)
    held = lines[400:600]
    held += [line for other in ("en", "fr", "hi", "ru") for line in flores(data, other)[:50]]
    assert proof_of(base, extended, [*lines[:400], *held]).broken == 0
    others = Counter(base.cut(held))
    own, often = base.words([*others]), np.array([*others.values()])
    told = tokens_after(own, often, base.saved([*others], own, rules) @ often)
    assert told[0] == len(base.tokenizer.encode(held).ids)
    assert 0 <= told[-1] - len(extended.encode(held).ids) <= better
    assert told[-1] < told[0]
