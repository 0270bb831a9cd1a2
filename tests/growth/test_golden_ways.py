"""Ways to extend published tokenizers, and what they do to text that they were not meant for.

The numbers of added tokens are those of golden/extend_ways.json; the law holds for merges.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer

from tests.published import base_from
from tokscope.growth.learning import learn, spellings
from tokscope.growth.proof import proof_of, reloaded, require_ids
from tokscope.growth.written import written
from tokscope.tokenizers.tokenizer_json import of_library


def lines_of(path: Path) -> list[str]:
    return path.read_bytes().decode().split("\n")


def flores(data: Path, language: str) -> list[str]:
    return lines_of(data / "parallel" / "flores-dev" / f"{language}.txt")[:997]


def grown(base, lines: list[str], steps: int):
    counts = Counter(base.cut(lines))
    words = base.words(list(counts))
    return learn(words, np.array([*counts.values()]), base.symbols, steps)[0]


def kept(old, new, lines: list[str]) -> int:
    pairs = zip(*(np.split(e.ids, e.starts[1:-1]) for e in map_ids(old, new, lines)), strict=True)
    return sum(np.array_equal(one, other) for one, other in pairs)


def map_ids(old, new, lines):
    return old.encode(lines), new.encode(lines)


def test_merges_change_one_line_of_english_and_added_tokens_412(data: Path) -> None:
    base = base_from(data / "tokenizers" / "gpt-2.json")
    rules = grown(base, lines_of(data / "text" / "de.txt")[:44_691], 1000)
    merged = reloaded(base, written(base, rules))
    made = Tokenizer.from_file(str(data / "tokenizers" / "gpt-2.json"))
    strings = [form.decode() for form in spellings(rules, base.symbols.forms)[rules.alphabet :]]
    made.add_tokens([AddedToken(text, normalized=False) for text in strings])
    added = of_library(made, "added")
    english, german = flores(data, "en"), flores(data, "de")
    for tokenizer, tokens, lines in ((merged, 25738, 996), (added, 26757, 585)):
        assert len(tokenizer.encode(english).ids) == tokens
        assert kept(base.tokenizer, tokenizer, english) == lines
    assert len(merged.encode(german).ids) == 42951
    assert len(added.encode(german).ids) == 43450
    assert proof_of(base, merged, [*english, *german]).broken == 0
    assert proof_of(base, added, german).broken >= 997 - 69


@pytest.mark.deep
@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("claude.json", "zh-Hans"),
        ("llama.json", "de"),
        ("german-unigram-30k.json", "de"),
        ("german-unigram.spm.model", "zh-Hans"),
        ("mistral-v3.spm.model", "de"),
        ("o200k_base.tiktoken", "zh-Hans"),
    ],
)
def test_the_law_holds_on_published_tokenizers(data: Path, name: str, language: str) -> None:
    base = base_from(data / "tokenizers" / name)
    lines = flores(data, language)
    rules = grown(base, lines[:900], 1000)
    extended = reloaded(base, written(base, rules))
    require_ids(base, extended, rules)
    others = [line for other in ("en", "fr", "hi", "ru") for line in flores(data, other)[:100]]
    assert proof_of(base, extended, [*lines, *others]).broken == 0
