"""The map goes by bytes: laws over all families, and values worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tokenizers

from tests.tokenizers.families import PIECES, tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.mapping.kinds import (
    COMPOSED,
    COPIED,
    KINDS,
    METHODS,
    NONE,
    SPECIAL,
    Map,
    by_role,
    changed_by,
    lost_ids,
    map_of,
    matrix_of,
    weights_of,
)
from tokscope.tokenizers import load
from tokscope.tokenizers.anatomy import anatomy_of
from tokscope.tokenizers.forms import forms
from tokscope.tokenizers.roles import roles_of

NAMES = ["gpt.json", "llama.json", "vocab.txt", "unigram.json", "bpe.model", "ranks.tiktoken",
         "scored.gguf", "whole.json", "tekken.json"]  # fmt: skip
Write = Callable[[str, str | bytes], Path]


@pytest.mark.parametrize("old", NAMES)
@pytest.mark.parametrize("new", NAMES)
def test_old_ids_spell_what_the_new_one_stands_for(old: str, new: str) -> None:
    one, other = tokenizer_of(old), tokenizer_of(new)
    made, before, after = map_of(one, other), forms(one.vocabulary), forms(other.vocabulary)
    assert made.height == other.vocabulary.size
    for token, own in enumerate(after):
        ids = made.old(token)
        kind = KINDS[made.kinds[token]] if made.kinds[token] >= 0 else "gap"
        if kind == COPIED:
            assert [before[i] for i in ids] == [own]
        elif kind == COMPOSED:
            assert own not in before
            spelled = b"".join(one.vocabulary[i] for i in ids)
            assert spelled == (own if one.vocabulary.continuing is None else own.lstrip(b" "))
        elif kind == SPECIAL:
            assert len(ids) == 1
        else:
            assert not ids


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("new", NAMES)
def test_rows_sum_to_one_or_are_empty(new: str, method: str) -> None:
    made = map_of(tokenizer_of("llama.json"), tokenizer_of(new))
    matrix = matrix_of(made, weights_of(made, method))
    assert matrix.shape == (made.height, made.width)
    assert np.allclose(matrix.sum(axis=1), made.counts > 0)
    assert (matrix.data > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_tokenizer_is_mapped_to_itself_by_the_identity(name: str) -> None:
    """But for ids that have the bytes of another one."""
    tokenizer = tokenizer_of(name)
    made = map_of(tokenizer, tokenizer)
    every = forms(tokenizer.vocabulary)
    for token, own in enumerate(every):
        if own:
            assert KINDS[made.kinds[token]] == COPIED
            assert made.old(token) == [token] or every[made.old(token)[0]] == own
        elif token in tokenizer.vocabulary.names:
            assert made.old(token) == [token]
    dense = matrix_of(made, weights_of(made, "mean")).toarray()
    repeated = len(every) - len(set(every)) - sum(not own for own in every) + 1
    assert (np.diag(dense) == 0).sum() <= repeated + sum(made.kinds < 0)
    assert not len(changed_by(tokenizer, tokenizer, made)) or "normalizer" in tokenizer.components()


def ids(pieces: list[list[int]], sizes: list[int], width: int) -> Map:
    """A map by hand."""
    starts = np.cumsum([0, *map(len, pieces)])
    kinds = np.array([KINDS.index(COMPOSED)] * len(pieces), np.int8)
    flat = [one for own in pieces for one in own]
    return Map(kinds, starts, np.array(flat, np.int32), np.array(sizes), width)


@pytest.mark.parametrize(
    ("method", "rows"),
    [
        ("mean", [[1, 0, 0], [0, 0, 0], [0.25, 0.5, 0.25]]),
        ("first", [[1, 0, 0], [0, 0, 0], [0, 1, 0]]),
        ("last", [[1, 0, 0], [0, 0, 0], [0, 0, 1]]),
        ("length", [[1, 0, 0], [0, 0, 0], [0.5, 0.2, 0.3]]),
    ],
)
def test_weights_of_methods(method: str, rows: list[list[float]]) -> None:
    """Piece 1 comes twice in the last token: its weights are added."""
    made = ids([[0], [], [1, 0, 1, 2]], [4, 1, 5, 1, 3], 3)
    weights = weights_of(made, method)
    assert np.allclose(matrix_of(made, weights).toarray(), rows)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(TokscopeError, match="unknown method 'men'; did you mean 'mean'"):
        weights_of(ids([[0]], [1], 1), "men")


def test_the_golden_example_of_apply() -> None:
    """Pieces and means from shared golden values, rounded to 3 digits there."""
    old = np.array(
        [
            [-0.463, -0.097, 1.257, 0.689],
            [-0.327, -0.369, -0.25, 1.524],
            [-0.428, -0.304, 0.353, -0.121],
            [-0.197, -1.114, -0.012, -0.444],
            [1.166, 0.653, -0.024, 0.668],
            [-0.34, 1.052, -0.005, 0.583],
        ]
    )
    made = ids([[0], [1, 3], [2, 4, 5], [5, 5, 1]], [1] * 9, 6)
    mean = [
        [-0.463, -0.097, 1.257, 0.689],
        [-0.262, -0.7415, -0.131, 0.54],
        [0.132667, 0.467, 0.108, 0.376667],
        [-0.335667, 0.578333, -0.086667, 0.896667],
    ]
    assert np.allclose(matrix_of(made, weights_of(made, "mean")) @ old, mean, atol=1e-6)


def test_wordpiece_from_byte_level() -> None:
    """` hello` is copied, `##llo` is `llo`, `!` has no space, and ` world` is spelled."""
    made = map_of(tokenizer_of("gpt.json"), tokenizer_of("vocab.txt"))
    own = tokenizer_of("gpt.json").vocabulary
    told = {
        piece: [own[i] for i in made.old(token)]
        for token, piece in enumerate(PIECES)
        if made.kinds[token] in (KINDS.index(COPIED), KINDS.index(COMPOSED))
    }
    assert told["hello"] == [b" hello"]
    assert told["!"] == [b"!"]
    assert b"".join(told["##ld"]) == b"ld"
    assert b"".join(told["cafe"]) == b" cafe"
    assert "[UNK]" not in told


# Special tokens


def library(*specials: str) -> str:
    """A file with one letter and special tokens."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0}, []))
    made.add_special_tokens(list(specials))
    return made.to_str()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (["<s>", "</s>"], ["[CLS]", "[SEP]"], {"[CLS]": "<s>", "[SEP]": "</s>"}),
        (["[CLS]", "[SEP]"], ["<s>", "</s>"], {"<s>": "[CLS]", "</s>": "[SEP]"}),
        (["<pad>"], ["[MASK]", "[PAD]"], {"[MASK]": "<pad>", "[PAD]": "<pad>"}),
        (["<mask>"], ["[PAD]"], {}),
        (["<|endoftext|>"], ["<s>", "</s>"], {"<s>": "<|endoftext|>", "</s>": "<|endoftext|>"}),
        (["<s>", "</s>", "<pad>"], ["<|endoftext|>"], {"<|endoftext|>": "<s>"}),
        (["</s>", "<pad>"], ["<|endoftext|>"], {"<|endoftext|>": "</s>"}),
        (["<|im_start|>", "<s>"], ["<|im_start|>", "<|im_end|>"], {"<|im_start|>": "<|im_start|>"}),
    ],
)
def test_special_tokens_go_by_text_then_by_role(
    write: Write, old: list[str], new: list[str], told: dict[str, str]
) -> None:
    one = load(str(write("old.json", library(*old))))
    other = load(str(write("new.json", library(*new))))
    found = by_role(one, other)
    texts, after = one.vocabulary.names, other.vocabulary.names
    assert {after[token]: texts[source] for token, source in found.items()} == told


def test_a_token_may_be_special_in_one_and_added_in_the_other(write: Write) -> None:
    added = tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0}, []))
    added.add_tokens(["<tool>"])
    one = load(str(write("special.json", library("<tool>"))))
    other = load(str(write("added.json", added.to_str())))
    assert by_role(one, other) == {1: 1}
    assert by_role(other, one) == {1: 1}
    assert map_of(one, other).old(1) == [1]


def test_roles_that_files_name_come_before_usual_texts(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(library("<s>", "<|x|>"))
    (tmp_path / "tokenizer_config.json").write_text('{"bos_token": "<|x|>", "pad_token": "<s>"}')
    tokenizer = load(str(tmp_path))
    specials = tokenizer.vocabulary.specials
    assert roles_of(tokenizer) == {"bos": specials["<|x|>"], "pad": specials["<s>"]}


def test_roles_of_a_gguf_file_are_its_own() -> None:
    assert roles_of(tokenizer_of("scored.gguf")) == {"bos": 1, "unk": 0}
    assert roles_of(tokenizer_of("bert.gguf"))["unk"] == 2


# What is lost, and what was never seen


def test_lost_are_old_tokens_that_no_new_one_copies() -> None:
    one, other = tokenizer_of("ranks.tiktoken"), tokenizer_of("llama.json")
    lost = {one.vocabulary[i] for i in lost_ids(one, map_of(one, other)).tolist()}
    assert b" w" in lost
    assert b"12" in lost
    assert b"he" not in lost
    assert b"a" not in lost  # a byte fallback of the new one is a copy


@pytest.mark.parametrize("name", ["lower.json", "nfkc.json", "bert.json", "unigram.json"])
def test_text_that_is_normalized_away_is_told(name: str) -> None:
    """Slowly: each text by itself, as the anatomy of the old tokenizer normalizes it."""
    one, other = tokenizer_of(name), tokenizer_of("gpt.json")
    made, prepare = map_of(one, other), anatomy_of(one).prepare
    slow = [
        token
        for token, own in enumerate(forms(other.vocabulary))
        if own
        and not other.vocabulary.incomplete[token]
        and KINDS[made.kinds[token]] in (COPIED, COMPOSED)
        and prepare(own.decode().strip()).text.strip() != own.decode().strip()
    ]
    assert changed_by(one, other, made).tolist() == slow


def test_capital_letters_are_lost_on_a_tokenizer_that_lowers_them() -> None:
    one, other = tokenizer_of("lower.json"), tokenizer_of("gpt.json")
    changed = changed_by(one, other, map_of(one, other)).tolist()
    assert b"A" in {other.vocabulary[i] for i in changed}
    assert b"a" not in {other.vocabulary[i] for i in changed}
    assert not len(changed_by(other, one, map_of(other, one)))


def test_kinds_and_none_cover_all() -> None:
    made = map_of(tokenizer_of("unigram.json"), tokenizer_of("gpt.json"))
    assert sum(made.of(kind).sum() for kind in KINDS) == made.height
    assert made.of(NONE).sum() > 0
