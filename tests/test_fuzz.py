"""Short runs of the fuzzers, one subject for each parser.

`python -m tests.fuzzing` and `python -m tests.changing` are the long ones.
"""

import pytest

from tests import changing
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


@pytest.mark.deep
@pytest.mark.parametrize("name", ONE_EACH)
def test_broken_files_end_in_a_clear_line_or_a_result(name: str) -> None:
    found = fuzz(name, mutations=40, seed=3)
    assert found.failures == []
    assert found.outcomes["read"] + found.outcomes["refused"] == 40
    assert found.outcomes["refused"] > 0


def test_a_mutation_can_be_made_again_and_differs_from_others() -> None:
    content = SUBJECTS["gpt.json"].content()
    assert mutated(content, 1, 5) == mutated(content, 1, 5)
    assert len({mutated(content, 1, number) for number in range(100)}) > 90


@pytest.mark.deep
@pytest.mark.parametrize("cannot", ["no end", "death", "surprise"])
def test_the_fuzzer_sees_what_it_is_for(monkeypatch: pytest.MonkeyPatch, cannot: str) -> None:
    """Children are other processes, so what is broken is told them by their environment."""
    monkeypatch.setenv("TOKSCOPE_FUZZ", cannot)
    found = fuzz("broken", mutations=3, seed=0, patience=0.2 if cannot == "no end" else 20)
    assert len(found.failures) == 3
    assert found.outcomes["failed"] == 3


CHANGING = [
    "a.txt",
    "a.jsonl",
    "a.json",
    "a.csv",
    "a.txt.gz",
    "a.zip",
    "two.zip",
    "a.parquet",
    "a.arrow",
    "gpt.json",
    "gpt-merges.txt",
    "gpt.gguf",
    "vocab.txt",
    "bpe.model",
    "tekken.json",
    "ranks.tiktoken",
    "folder",
    "compare",
    "tokscope.toml",
    "tokscope.lock",
    "text.counts",
    "state.jsonl",
]


@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.deep
def test_files_that_change_while_they_are_read_are_one_of_their_states_or_one_line(
    name: str,
) -> None:
    found = changing.changing(name, runs=12, seed=1)
    assert found.failures == []
    assert found.outcomes["read"] + found.outcomes["refused"] == 12
    # few of a lock's steps lie between its two files: 12 runs may all miss them
    assert found.outcomes["refused"] > 0 or name == "tokscope.lock"


@pytest.mark.parametrize("name", ["a.txt", "folder", "compare"])
@pytest.mark.deep
def test_the_fuzzer_of_changes_sees_mixtures(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Where nothing looks whether a file has changed."""
    for module in (changing.reading, changing.files, changing.corpus):
        monkeypatch.setattr(module, "require_same", lambda *_: None)
    assert changing.changing(name, runs=40).outcomes["mixed"] > 0
