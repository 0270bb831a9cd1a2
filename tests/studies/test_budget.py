"""How much an audit tries is bounded, whatever a vocabulary holds, and it says what was left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tokscope.errors import TokscopeError
from tokscope.reach import causes, findings, search
from tokscope.studies import audit
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.anatomy import anatomy_of

Write = Callable[[str, str | bytes], Path]
# Tokens that continue words, of characters that begin none: no text reaches them.
STRANGE = "[UNK]\n" + "".join(f"##q{number}\n" for number in range(200))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each context, or pair of neighbours, was tried with."""
    counts: list[int] = []
    stands = search.stands

    def counted(
        tokenizer: Tokenizer, texts: Sequence[str], *others: search.Ids
    ) -> NDArray[np.bool_]:
        counts.append(len(texts))
        return stands(tokenizer, texts, *others)

    monkeypatch.setattr(search, "stands", counted)
    return counts


def test_contexts_of_very_many_lost_tokens_are_as_many_as_there_is_room_for(
    write: Write, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    word = str(write("vocab.txt", STRANGE))
    monkeypatch.setattr(search, "_ALL_CONTEXTS", 500)
    monkeypatch.setattr(causes, "_SEARCHED", 10)
    report = audit.audit([word])
    assert asked[:2] == [200, 200]
    assert max(asked[2:]) <= 10
    (told,) = [note for note in report.notes if "very many tokens" in note]
    assert "2 of 120 contexts were tried, and 10 of 200 lost tokens" in told
    assert told in audit.tokens([word]).notes


def test_an_audit_that_tries_everything_says_nothing_of_it(write: Write, asked: list[int]) -> None:
    report = audit.audit([str(write("vocab.txt", STRANGE))])
    assert asked[:120] == [200] * 120
    assert not [note for note in report.notes if "very many tokens" in note]


def test_words_before_lost_tokens_have_one_bound_together(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many words goes on into each of many tokens."""
    words = ["".join(own) for n in range(1, 7) for own in itertools.product("ab", repeat=n)]
    tokens = [f"##{word}q" for word in words]
    tokenizer = load(str(write("vocab.txt", "\n".join(["[UNK]", *words, *tokens]) + "\n")))
    steps, ends = [0], causes._ends

    def counted(word: str, text: str, among: object) -> bool:
        steps[0] += 1
        return ends(word, text, among)  # type: ignore[arg-type]

    monkeypatch.setattr(causes, "_ends", counted)
    monkeypatch.setattr(causes, "_BEHIND", 50)
    found = causes.causes(tokenizer, anatomy_of(tokenizer))
    assert 0 < steps[0] <= 50
    assert found.flags["merges"].sum() == 0  # what was not tried is not claimed


def test_a_list_of_tokens_has_the_limit_of_an_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "_MOST", 300)
    with pytest.raises(TokscopeError, match="an audit looks at no more than 300"):
        audit.tokens(["sample:bpe"])
