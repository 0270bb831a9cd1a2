"""What compression the tokens of a text allow: laws, and values from an independent script."""

import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.published import load
from tokscope.measures.frequency import kt_bits, renyi_entropy

TOKENS = st.lists(st.integers(0, 9), min_size=1, max_size=60)


@given(TOKENS, st.integers(10, 300), st.randoms())
def test_the_bits_of_one_pass_are_those_of_its_steps_in_any_order(
    tokens: list[int], vocabulary: int, order: random.Random
) -> None:
    counts = np.bincount(tokens, minlength=10)
    order.shuffle(tokens)
    seen, bits = [0] * 10, 0.0
    for n, token in enumerate(tokens):
        bits -= math.log2((seen[token] + 0.5) / (n + vocabulary / 2))
        seen[token] += 1
    assert kt_bits(counts, vocabulary) == pytest.approx(bits, rel=1e-12)
    assert kt_bits(counts, vocabulary) >= len(tokens) * renyi_entropy(counts, 1) - 1e-9
    assert kt_bits(counts, vocabulary) < kt_bits(counts, vocabulary + 1)


# bits per byte of whole files, with V the tokens of a rank file
@pytest.mark.parametrize(
    ("language", "name", "vocabulary", "expected"),
    [
        ("en", "gpt-2.json", 50_256, 2.5077961404605253),
        ("en", "cl100k_base.tiktoken", 100_256, 2.610900463967763),
        ("en", "o200k_base.tiktoken", 199_998, 2.755523960344178),
        ("en", "llama3.tiktoken", 128_000, 2.669254570614789),
        ("de", "gpt-2.json", 50_256, 3.9278143550803484),
        ("de", "o200k_base.tiktoken", 199_998, 3.0794747332894215),
    ],
)
def test_bits_of_one_pass_over_published_text(
    data: Path, language: str, name: str, vocabulary: int, expected: float
) -> None:
    text = (data / "parallel" / "flores-dev" / f"{language}.txt").read_text(encoding="utf-8")
    ids = load(data / "tokenizers" / name).encode([text]).ids
    bits = kt_bits(np.bincount(ids), vocabulary)
    assert bits / len(text.encode()) == pytest.approx(expected, rel=1e-9)


def switching(length: int, delta: float) -> str:
    """Return text of a source with two states, which it leaves with a probability of delta."""
    draw, state, states = random.Random(0), 0, []
    for _ in range(length):
        states.append(state)
        state ^= draw.random() < delta
    return "".join(map(chr, states))


def counts_of_merges(text: str, sizes: list[int]) -> list[np.ndarray]:
    """Learn merges by byte pair encoding; return the counts of types for each vocabulary size."""
    found, size = [], 2
    for wanted in sizes:
        while size < wanted:
            codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.int64)
            first, second = divmod(int(np.bincount(codes[:-1] * size + codes[1:]).argmax()), size)
            text = text.replace(chr(first) + chr(second), chr(size))
            size += 1
        found.append(np.bincount(np.frombuffer(text.encode("utf-32-le"), np.uint32)))
    return found


def test_tokens_bring_a_unigram_model_near_the_entropy_of_a_markov_source() -> None:
    """Rajaraman et al. 2024: over characters it stays at 1 bit, however long the text is."""
    length, delta = 200_000, 0.1
    rate = -(delta * math.log2(delta) + (1 - delta) * math.log2(1 - delta))
    found = counts_of_merges(switching(length, delta), [2, 4, 8, 16, 32, 64, 128])
    bits = [renyi_entropy(counts, 1) * int(counts.sum()) / length for counts in found]
    assert bits[0] == pytest.approx(1, abs=1e-3)
    assert bits[1:] == pytest.approx([0.7751, 0.6838, 0.6331, 0.5898, 0.5767, 0.5585], abs=1e-4)
    assert bits == sorted(bits, reverse=True)
    assert bits[-1] > rate == pytest.approx(0.4689955935892812)
