"""A short run of the fuzzer, one subject for each parser; `python -m tests.fuzzing` is the long one."""

import pytest

from tests.fuzzing import SUBJECTS, fuzz, mutated

ONE_EACH = [
    "added.json",
    "old.json",
    "llama.json",
    "unigram.json",
    "bert.json",
    "gpt-merges.txt",
    "scored.gguf",
    "vocab.txt",
    "bpe.model",
    "tekken.json",
    "ranks.tiktoken",
    *(name for name in SUBJECTS if SUBJECTS[name].use.__name__ != "tokenizer"),
]


@pytest.mark.parametrize("name", ONE_EACH)
def test_broken_files_end_in_a_clear_line_or_a_result(name: str) -> None:
    found = fuzz(name, mutations=200, seed=3)
    assert found.failures == []
    assert found.outcomes["read"] + found.outcomes["refused"] == 200
    assert found.outcomes["refused"] > 0


def test_a_mutation_can_be_made_again_and_differs_from_others() -> None:
    content = SUBJECTS["gpt.json"].content()
    assert mutated(content, 1, 5) == mutated(content, 1, 5)
    assert len({mutated(content, 1, number) for number in range(100)}) > 90


@pytest.mark.parametrize("cannot", ["no end", "death", "surprise"])
def test_the_fuzzer_sees_what_it_is_for(monkeypatch: pytest.MonkeyPatch, cannot: str) -> None:
    """Children begin anew, so what is broken is told them by their environment."""
    monkeypatch.setenv("TOKSCOPE_FUZZ", cannot)
    found = fuzz("broken", mutations=3, seed=0, patience=2)
    assert len(found.failures) == 3
    assert found.outcomes["failed"] == 3
