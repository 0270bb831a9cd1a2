"""One file of another tool: loaded, or refused as what it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import regex

from tests.tokenizers.families import TEXT, byte_level, merges_file, model_file
from tokscope.errors import TokscopeError
from tokscope.tokenizers import load, parse
from tokscope.tokenizers.library import require_known
from tokscope.tokenizers.patterns import PATTERNS, PROBES

Write = Callable[[str, str | bytes], Path]
WORDS = regex.compile(r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# minbpe, slowly: merges in order, each pair of ids replaced where it stands


def replaced(ids: Sequence[int], pair: tuple[int, int], new: int) -> list[int]:
    out, at = [], 0
    while at < len(ids):
        if tuple(ids[at : at + 2]) == pair:
            out.append(new)
            at += 2
        else:
            out.append(ids[at])
            at += 1
    return out


def trained(pieces: Sequence[str], merges: int) -> list[tuple[int, int]]:
    words, found = [list(piece.encode()) for piece in pieces], []
    for step in range(merges):
        pairs = Counter(pair for word in words for pair in pairwise(word))
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        words = [replaced(word, best, 256 + step) for word in words]
        found.append(best)
    return found


def encoded(pieces: Sequence[str], merges: Sequence[tuple[int, int]]) -> list[int]:
    """In every piece, the pair that was merged first is merged first."""
    out = []
    for piece in pieces:
        ids = list(piece.encode())
        while pairs := {merges.index(p) for p in pairwise(ids) if p in merges}:
            first = min(pairs)
            ids = replaced(ids, merges[first], 256 + first)
        out += ids
    return out


@pytest.mark.parametrize("pattern", ["", WORDS.pattern, r"\p{L}+"])
def test_a_model_of_minbpe_gives_the_ids_of_minbpe(write: Write, pattern: str) -> None:
    """Also where text stands between what the expression finds, which is dropped."""

    def cut(text: str) -> list[str]:
        return regex.findall(pattern, text) if pattern else [text]

    merges = trained([piece for text in TEXT for piece in cut(text)], 60)
    lines = ["minbpe v1", pattern, "1", f"<|end|> {256 + 60}", *(f"{a} {b}" for a, b in merges)]
    path = write("my.model", "\n".join(lines) + "\n")
    assert parse("my.model").kind == "minbpe"
    tokenizer = load("my.model")
    for text in (*TEXT, *PROBES[2:7], "hello<|end|>"):
        assert tokenizer.encode([text]).ids.tolist() == encoded(cut(text), merges), text
    assert tokenizer.vocabulary.specials == {"<|end|>": 316}
    assert load(f"file:{path}").components() == tokenizer.components()


MINBPE = {
    "minbpe v2\n\n0\n": "its version is 'minbpe v2'",
    "minbpe v1\n\nx\n": "not a model of minbpe",
    "minbpe v1\n\n-2\n97 98\n": "it does not list -2 special tokens",
    "minbpe v1\n\n0\n104 999\n": "not a model of minbpe",
    "minbpe v1\n\n0\n97 98\n98 99\n256 99\n97 257\n": "two of its tokens have the same bytes",
    "minbpe v1\n(\n0\n97 98\n": "not a model of minbpe",
    "minbpe v1\n(a)b\n0\n97 98\n": "its expression has groups",
    "minbpe v1\n\n2\n<a> 256\n<b> 257\n97 98\n": "two of its tokens have the same bytes or the same",
}


@pytest.mark.parametrize("content", MINBPE)
def test_models_of_minbpe_that_cannot_be_read(write: Write, content: str) -> None:
    write("my.model", content)
    with pytest.raises(TokscopeError) as error:
        load("my.model")
    assert MINBPE[content] in str(error.value)


# RWKV


def rwkv(tokens: Sequence[bytes]) -> str:
    lines = []
    for i, token in enumerate(tokens, 1):
        try:
            written = repr(token.decode())
        except UnicodeDecodeError:
            written = repr(token)
        lines.append(f"{i} {written} {len(token)}\n")
    return "".join(lines)


MORE = [
    b"he",
    b"hell",
    b"hello w",
    " мир".encode(),
    b"\xd0\xbf",
    "世界".encode(),
    b"  ",
    b"'s",
    b'"',
]
TOKENS = [*(bytes([byte]) for byte in range(256) if byte != 34), *MORE]


def test_an_rwkv_vocabulary_takes_the_longest_token(write: Write) -> None:
    write("rwkv_vocab.txt", rwkv(TOKENS))
    assert parse("rwkv_vocab.txt").kind == "rwkv"
    assert parse(str(write("any.txt", rwkv(TOKENS)))).kind == "rwkv"
    tokenizer = load("rwkv_vocab.txt")
    for text in (*TEXT, *PROBES):
        data, at, slow = text.encode(), 0, []
        while at < len(data):
            token = max((t for t in TOKENS if data.startswith(t, at)), key=len)
            slow.append(TOKENS.index(token) + 1)
            at += len(token)
        assert tokenizer.encode([text, ""]).ids.tolist() == slow
        assert tokenizer.decode(slow) == text
        assert [0, *tokenizer.boundaries(text)][-1] == len(data)
    assert len(tokenizer.vocabulary) == len(TOKENS)
    other = load(str(write("other.txt", rwkv([*TOKENS, b"xyz"]))))
    assert other.fingerprint != tokenizer.fingerprint


RWKV = {
    "1 'a' 1\n2 'b' 2\n": ":2: not an id, a token and its bytes",
    "1 'a' 1\n2 f() 2\n": ":2: not an id, a token and its bytes",
    "1 'a' 1\n1 'b' 1\n": ":2: a token or an id is listed twice, or the id is too large",
    "1 'a' 1\n9999999999 'b' 1\n": ":2: a token or an id is listed twice, or the id is too large",
    "1 'a' 1\n": "242 single bytes have no token",
}


@pytest.mark.parametrize("content", RWKV)
def test_rwkv_vocabularies_that_cannot_be_read(write: Write, content: str) -> None:
    write("rwkv_vocab.txt", content)
    with pytest.raises(TokscopeError) as error:
        load("rwkv_vocab.txt")
    assert RWKV[content] in str(error.value)


# Vocabularies and lists under other names


def test_a_vocabulary_of_wordpiece_may_have_a_name_of_its_own(write: Write) -> None:
    lines = "[PAD]\n[UNK]\nhello\n##s\n"
    for name in ("my_vocab.txt", "bert-vocab.txt", "x.vocab.txt"):
        path = write(name, lines)
        assert parse(name).kind == "wordpiece"
        assert load(str(path)).encode(["hellos"]).ids.tolist() == [2, 3]


@pytest.mark.parametrize("start", ["my-", "my_", "a.b."])
def test_a_pair_of_parts_may_have_a_name_of_its_own(write: Write, start: str) -> None:
    vocabulary = json.loads(byte_level().to_str())["model"]["vocab"]
    write(f"{start}vocab.json", json.dumps(vocabulary))
    with pytest.raises(TokscopeError, match=rf"without {start}merges.txt beside it"):
        load(f"{start}vocab.json")
    write(f"{start}merges.txt", merges_file())
    tokenizer = load(f"{start}vocab.json")
    assert tokenizer.name == start[:-1]
    own = byte_level()
    own.encode_special_tokens = True
    for text in (*TEXT, *PROBES):
        expected = own.encode(text, add_special_tokens=False).ids
        assert tokenizer.encode([text]).ids.tolist() == expected


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("m.vocab", "<unk>\t0\n▁a\t-2.5\n", "SentencePiece's list of pieces and scores"),
        ("m.vocab", "<unk>\t0\n▁a\t-2.5\n", "name the model beside it, m.model, which is not"),
        ("m.vocab", "[\\u0000] 0\n", "minbpe's list of tokens, which is only meant to be read"),
        ("m.vocab", "hello\n", "no kind of tokenizer is known by this name"),
        ("m.model", "100 200\n32 5\n97 4\n", "a YouTokenToMe model, which cannot be loaded"),
    ],
)
def test_files_of_other_tools_are_refused_as_what_they_are(
    write: Write, name: str, content: str, said: str
) -> None:
    write(name, content)
    with pytest.raises(TokscopeError) as error:
        load(name)
    assert said in str(error.value)


def test_a_list_of_pieces_names_the_model_that_is_there(write: Write) -> None:
    write("m.vocab", "<unk>\t0\n▁a\t-2.5\n")
    write("m.model", model_file("bpe"))
    with pytest.raises(TokscopeError, match=r"name the model beside it, m.model$"):
        load("m.vocab")


# A version of the library that can do less


@pytest.mark.parametrize("version", ["0.21.0", "0.22.1", "0.30.0rc1"])
def test_versions_that_are_known(version: str) -> None:
    require_known(version)


@pytest.mark.parametrize("version", ["1.0.0rc3", "1.0.0-rc.3", "1.2", "2.0"])
def test_a_later_version_of_tokenizers_is_named(version: str) -> None:
    with pytest.raises(TokscopeError) as error:
        require_known(version)
    assert str(error.value) == (
        f"tokenizers {version} is not supported yet; install an older one: "
        "pip install 'tokenizers>=0.21,<1'"
    )


def test_patterns_have_no_groups_that_would_be_found_alone() -> None:
    assert not [name for name, pattern in PATTERNS.items() if regex.compile(pattern).groups]
