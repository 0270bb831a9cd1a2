"""k-mers of DNA, by hand, letter by letter, and as an independent script counted a plasmid."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokscope
from tests import published
from tests.text.reading import texts
from tokscope.counting.tokens import Text, Tokens
from tokscope.errors import TokscopeError
from tokscope.measures.frequency import renyi_entropy
from tokscope.tokenizers import load

TEXTS = st.lists(st.text(st.sampled_from("ACGTACGTACGTNaé\n"), max_size=24), max_size=4)


def tokens(word: str, text: str) -> list[str]:
    tokenizer = load(word)
    return [tokenizer.vocabulary[i].decode() for i in tokenizer.encode([text]).ids]


def test_by_hand() -> None:
    assert tokens("kmers:4", "ACGTACGTAC") == ["ACGT", "ACGT", "A", "C"]
    assert tokens("kmers:4", "ACGTNACGTaT") == ["ACGT", "N", "ACGT", "a", "T"]
    assert tokens("kmers:4:overlapping", "ACGTAC") == ["ACGT", "CGTA", "GTAC"]
    assert tokens("kmers:4:overlapping", "ACGNACGTA") == ["A", "C", "G", "N", "ACGT", "CGTA"]
    assert load("kmers:3").name == "3-mers"
    assert load("dna=kmers:3:overlapping").name == "dna"
    assert len(load("kmers:3").vocabulary) == 256 + 4**3


@given(TEXTS, st.integers(2, 5), st.booleans())
def test_every_text_is_cut_as_letter_by_letter_and_comes_back(
    lines: list[str], k: int, overlapping: bool
) -> None:
    tokenizer = load(f"kmers:{k}{':overlapping' if overlapping else ''}")
    encoded = tokenizer.encode(lines)
    counted = Tokens(Text(lines, "unicode"), tokenizer, encoded, specials=False)
    for unit, line in enumerate(lines):
        ids = encoded.ids[slice(*encoded.starts[unit : unit + 2])].tolist()
        runs = re.findall(rb"[ACGT]+|[^ACGT]", line.encode())
        if overlapping:
            cut = [
                [run[i : i + k] for i in range(len(run) - k + 1)]
                or [run[i : i + 1] for i in range(len(run))]
                for run in runs
            ]
        else:
            cut = [re.findall(rb"[ACGT]{%d}|[\x00-\xff]" % k, run) for run in runs]
        assert [tokenizer.vocabulary[i] for i in ids] == [one for run in cut for one in run]
        assert tokenizer.decode(ids) == line
        ends = counted.cuts[slice(*encoded.starts[unit : unit + 2])]
        begin = counted.text.unit_bytes[unit]
        assert (ends - begin).tolist() == tokenizer.boundaries(line).tolist()


@pytest.mark.parametrize("place", ["", "1", "11", "6:", "6:over", "six", "-6", "6.0", "²"])
def test_other_words_are_refused(place: str) -> None:
    with pytest.raises(TokscopeError, match=re.escape(f"kmers:{place}: write kmers:6 or")):
        load(f"kmers:{place}")


def test_a_baseline_is_not_ranked() -> None:
    report = tokscope.compare(["kmers:3", "sample:bpe"], {"dna": ["ACGTACGTACGT"]})
    assert report.headline.startswith("sample-bpe needs ")


def robustness(word: str, *lines: str) -> tuple[int, int]:
    """Return the cuts with and without the first letter of lines: those in both and in either."""
    tokenizer = load(word)
    counted = Tokens(Text(lines, "unicode"), tokenizer, tokenizer.encode(lines), specials=False)
    return int(counted.cuts_in_both().sum()), int(counted.cuts_in_either().sum())


def test_kmers_move_with_the_first_letter_by_hand() -> None:
    """ACG TAC G, and CGT ACG without the first letter: only the end stays."""
    assert robustness("kmers:3", "ACGTACG") == (1, 4)
    assert robustness("kmers:3", "", "A", "ACGTACG") == (1, 5)
    assert robustness("kmers:3:overlapping", "ACGTACG") == (4, 5)
    report = tokscope.compare(["kmers:3"], {"dna": ["ACGTACG"]}, measures=["shift_robustness"])
    assert report.frame["value"].tolist() == [0.25]


# tokens, distinct tokens, and the entropy in bits
KMERS = {
    "kmers:3": (3203, 64, 5.9209044758671165),
    "kmers:4": (2403, 256, 7.828472979510034),
    "kmers:5": (1925, 811, 9.408605950889138),
    "kmers:6": (1604, 1277, 10.206629652716645),
    "kmers:3:overlapping": (9607, 64, 5.933095319775104),
    "kmers:6:overlapping": (9604, 3375, 11.426505849729713),
}
TOKENIZERS = {
    "gpt-2.json": (5033, 31),
    "cl100k_base.tiktoken": (4920, 37),
    "o200k_base.tiktoken": (4937, 38),
    "llama.json": (5262, 27),
    "claude.json": (4009, 69),
    "bert-base-uncased.json": (1, 1),  # a word of more than 100 letters is unknown
}


STABLE = ("gpt-2.json", "cl100k_base.tiktoken", "o200k_base.tiktoken")  # without the first letter


def test_a_plasmid_of_yersinia_pestis(data: Path) -> None:
    (letters,) = texts(data / "gold" / "NC_005816.fna")
    assert [letters.count(base) for base in "ACGT"] == [2792, 2250, 2099, 2468]
    for word, (count, types, entropy) in KMERS.items():
        counts = np.bincount(load(word).encode([letters]).ids)
        assert (int(counts.sum()), int((counts > 0).sum())) == (count, types)
        assert renyi_entropy(counts, 1) == pytest.approx(entropy, rel=1e-9)
    assert robustness("kmers:3", letters) == (1, 6406)
    assert robustness("kmers:6", letters) == (3, 3204)
    for name, expected in TOKENIZERS.items():
        ids = published.load(data / "tokenizers" / name).encode([letters]).ids
        assert (len(ids), len(set(ids.tolist()))) == expected
        if name in STABLE:
            assert robustness(str(data / "tokenizers" / name), letters) == (expected[0],) * 2
