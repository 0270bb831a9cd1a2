"""Tokenizers that are too large: refused in one line that says the limit, before they take long."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tokenizers.families import FAMILIES
from tokscope.errors import TokscopeError
from tokscope.reach import fidelity, findings
from tokscope.reach.probes import characters
from tokscope.studies.audit import audit
from tokscope.studies.inspect import inspect
from tokscope.studies.vocab_tokens import grep
from tokscope.tokenizers import fastpath, limits, load
from tokscope.tokenizers.gguf_header import read_metadata
from tokscope.tokenizers.limits import require_growth, require_pattern, require_sizes

Write = Callable[[str, str | bytes], Path]
LONG = "x" * (limits.LONGEST + 1)


def refusal(path: Path) -> str:
    with pytest.raises(TokscopeError) as error:
        load(str(path))
    return str(error.value)


def parsed(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(FAMILIES[name]())
    return found


def added(count: int, text: str = "", special: bool = False) -> list[dict[str, object]]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return [
        {"id": 2_000 + i, "content": f"<word {i}>{text}", "special": special, **flags}
        for i in range(count)
    ]


def gguf(token: str) -> bytes:
    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text)) + text.encode()

    tokens = ["<unk>", "a", token]
    entries = (
        string("tokenizer.ggml.model") + struct.pack("<I", 8) + string("llama"),
        string("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 3) + b"".join(map(string, tokens)),
        string("tokenizer.ggml.scores") + struct.pack("<IIQ3f", 9, 6, 3, 0, 0, 0),
    )  # fmt: skip
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries)


def ranks(token: str) -> bytes:
    tokens = [*(bytes([byte]) for byte in range(256)), token.encode()]
    return b"".join(base64.b64encode(t) + b" %d\n" % i for i, t in enumerate(tokens))


def doubling() -> str:
    """Return a minbpe model of which each token is two of the one before: 2^40 bytes at last."""
    pairs = ["97 97", *(f"{i} {i}" for i in range(256, 300))]
    return "\n".join(["minbpe v1", "", "0", *pairs]) + "\n"


# name -> what holds a token that is too long
TOO_LONG: dict[str, Callable[[], str | bytes]] = {
    "t.json": lambda: json.dumps({**parsed("gpt.json"), "added_tokens": added(2, LONG)}),
    "vocab.txt": lambda: f"[UNK]\na\n{LONG}\n",
    "t.gguf": lambda: gguf(LONG),
    "known.tiktoken": lambda: ranks(LONG),
    "rwkv_vocab.txt": lambda: f"1 'a' 1\n2 '{LONG}' {len(LONG)}\n",
    "minbpe.model": doubling,
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_token_that_is_too_long_is_refused_with_its_limit(name: str, write: Write) -> None:
    assert "bytes long; at most 10,000 are read" in refusal(write(name, TOO_LONG[name]()))


def test_very_many_added_tokens_are_refused_with_their_limit(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("t.json", json.dumps({**parsed("gpt.json"), "added_tokens": added(60)}))
    assert load(str(path))
    monkeypatch.setattr(limits, "ADDED", 30)
    assert "at most 30 are read" in refusal(path)
    monkeypatch.setattr(limits, "IDS", 30)
    with pytest.raises(TokscopeError, match="31 tokens; at most 30 are read"):
        require_sizes(map(str, range(31)), "t")


def test_many_long_tokens_are_refused_together() -> None:
    require_sizes(["x" * 10_000] * 5, "t")
    require_sizes(["x" * 100] * 100_000, "t")
    with pytest.raises(TokscopeError, match="too many long tokens"):
        require_sizes(["x" * 10_000] * 6, "t")


@pytest.mark.parametrize("special", [True, False])
def test_very_many_added_tokens_are_not_compared_each_with_each(
    write: Write, special: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four thousand plain and as many special ones took minutes. Here are half."""
    tokens = [*added(4_000)]
    for token in tokens[::2]:
        token["special"] = special
    path = write("t.json", json.dumps({**parsed("gpt.json"), "added_tokens": tokens}))
    monkeypatch.delattr(fastpath, "_overlap")
    assert "very many added tokens" in str(inspect([str(path)]).frame["value"].tolist())


BOMBS = ["((a?){1000}){1000}", "(" * 101 + ")" * 101, "x" * 20_001, "(a{99999}){9999999999}"]


@pytest.mark.parametrize("pattern", BOMBS, ids=range(len(BOMBS)))
def test_expressions_that_need_very_much_memory_are_refused(pattern: str, write: Write) -> None:
    with pytest.raises(TokscopeError, match="the expression is too large"):
        require_pattern(pattern)
    with pytest.raises(TokscopeError, match="the expression is too large"):
        grep(["sample:bpe"], pattern)
    tekken = json.loads(FAMILIES["tekken.json"]())
    tekken["config"]["pattern"] = pattern
    assert "the expression is too large" in refusal(write("tekken.json", json.dumps(tekken)))


@pytest.mark.parametrize("pattern", ["(?R)?a", "a(?0)?", "((?1)?b)", "(?<x>(?&x)?b)", "(a)(?-1)"])
def test_expressions_that_call_themselves_are_refused(pattern: str, write: Write) -> None:
    with pytest.raises(TokscopeError, match="must not call itself"):
        grep(["sample:bpe"], pattern)
    tekken = json.loads(FAMILIES["tekken.json"]())
    tekken["config"]["pattern"] = pattern
    assert "must not call itself" in refusal(write("tekken.json", json.dumps(tekken)))


def test_what_only_looks_like_a_call_is_an_expression() -> None:
    require_pattern(r"\(?R|[(?R]|(?-i:a)|(?=x)|(?P<n>y)")


def test_a_search_that_takes_very_long_gives_up(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("vocab.txt", f"[UNK]\n{'a' * 5_000}!\n")
    monkeypatch.setattr("tokscope.studies.vocab_tokens._PATIENCE", 0.1)
    with pytest.raises(TokscopeError, match="--grep: searched for"):
        grep([str(path)], r"(?:(?:a|aa|aaa)+)+$")


@pytest.mark.parametrize("where", ["flat", "nested"])
def test_normalizers_that_multiply_characters_are_refused(where: str, write: Write) -> None:
    step = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 10}
    steps = {"type": "Sequence", "normalizers": [step] * 9}
    nested = {"type": "Sequence", "normalizers": [steps]}
    config = {**parsed("gpt.json"), "normalizer": steps if where == "flat" else nested}
    told = refusal(write("t.json", json.dumps(config)))
    assert "its normalizer writes up to 1,000,000,000 characters for one" in told
    require_growth({"type": "Sequence", "normalizers": [step, step]}, "t")
    require_growth({"type": "Prepend", "prepend": "a" * 999}, "t")
    with pytest.raises(TokscopeError, match="writes up to 1,001 characters"):
        require_growth({"type": "Prepend", "prepend": "a" * 1_000}, "t")
    require_growth(None, "t")


def test_a_map_of_characters_that_is_noise_is_one_line(write: Write) -> None:
    noise = base64.b64encode(struct.pack("<I", 400) + bytes(range(200, 240)) * 10 + b"a\0").decode()
    normalizer = {"type": "Precompiled", "precompiled_charsmap": noise}
    path = write("t.json", json.dumps({**parsed("gpt.json"), "normalizer": normalizer}))
    with pytest.raises(TokscopeError) as error:
        load(str(path)).encode(["hello w\u00f6rld \ufb01"])
    assert "\n" not in str(error.value)


def test_tekken_numbers_that_are_none_are_one_line(write: Write) -> None:
    content = FAMILIES["tekken.json"]()
    text = content if isinstance(content, str) else content.decode()
    for size in ("Infinity", "1e999", "NaN", "9" * 400):
        config = json.loads(text)
        config["config"]["default_num_special_tokens"] = "SIZE"
        path = write("tekken.json", json.dumps(config).replace('"SIZE"', size))
        assert "not a tekken file" in refusal(path)


def test_an_audit_of_unigram_without_an_unknown_token_is_one(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all characters, one of a hundred is tried; those that it does not know are lost."""
    some = characters()[::100]
    monkeypatch.setattr(fidelity, "characters", lambda: some)
    monkeypatch.setattr(findings, "characters", lambda: some)
    monkeypatch.setattr(findings, "PROBES", {})
    config = json.loads(FAMILIES["unigram.json"]())
    config["model"]["unk_id"] = None
    frame = audit([str(write("t.json", json.dumps(config)))]).frame
    lost = frame[frame["code"] == "TS303"].iloc[0]
    assert 1000 < lost["value"] < 2000
    assert "\u2400" in lost["examples"]  # U+0000, which arrays of text hold as nothing


def test_an_audit_looks_at_so_many_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokscope.reach.findings._MOST", 300)
    with pytest.raises(TokscopeError, match="an audit looks at no more than 300"):
        audit(["sample:bpe"])


def test_a_header_of_gguf_has_so_many_keys_and_values() -> None:
    with pytest.raises(ValueError, match="at most 10,000"):
        read_metadata(b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 40) + bytes(100))
