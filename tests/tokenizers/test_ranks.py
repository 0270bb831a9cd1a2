"""Rank files by what they hold, how their text is cut, and their special tokens."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import tiktoken
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tiktoken.load import load_tiktoken_bpe
from tiktoken_ext import openai_public

from tests.tokenizers.families import TEXT, model_file, rank_file, ranks
from tokscope.errors import TokscopeError
from tokscope.tokenizers import Spec, load, parse
from tokscope.tokenizers.bytelevel import split_at
from tokscope.tokenizers.llamacpp import CUTS
from tokscope.tokenizers.patterns import PATTERNS, PROBES
from tokscope.tokenizers.tiktoken import SPECIALS, parse_ranks

Write = Callable[[str, str | bytes], Path]
HARD = [
    *" \t\n\r'.!$^|aAzZsSéÉßſяЯ中国々カひ한ก้का1９٣½\u0301\u00a0\u3000\u2028\u0085\u200b\x00\x03\ue000"
]
HARD += [
    "'s",
    "'RE",
    "  ",
    "   ",
    "\r\n",
    "\U00020000",
    "\U00050000",
    "12345",
    "ー",
    "・",
    "\u3040",
    "😀",
]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["tokenizer.model", "my.spm", "ranks.tiktoken"])
def test_a_rank_file_is_known_by_its_content(write: Write, name: str) -> None:
    path = write(f"m/{name}", rank_file())
    assert parse(str(path)).kind == "tiktoken-file"
    tokenizer = load(f"{path}?pattern=gpt2")
    assert tokenizer.decode(tokenizer.encode(["hello w"]).ids.tolist()) == "hello w"
    assert tokenizer.name == ("m" if name == "tokenizer.model" else path.stem)


def test_a_sentencepiece_model_is_known_by_its_content(write: Write) -> None:
    content = model_file("bpe")
    assert parse(str(write("tokenizer.model", content))).kind == "sp"
    assert load(str(write("my.spm", content))).components() == load("tokenizer.model").components()


def test_a_folder_s_ranks_are_no_sentencepiece_model(write: Write, tmp_path: Path) -> None:
    write("original/tokenizer.model", rank_file())
    for word in ("./original", "file:original/tokenizer.model"):
        with pytest.raises(TokscopeError, match=r"a rank file does not say how text is cut"):
            load(word)
    with pytest.raises(TokscopeError, match=r"it is a rank file: write tiktoken-file: before it"):
        load("sp:original/tokenizer.model")


def test_the_ranks_of_llama_3_are_known_under_their_own_name(data: Path, write: Write) -> None:
    content = (data / "tokenizers" / "llama3.tiktoken").read_bytes()
    write("original/tokenizer.model", content)
    assert parse("original/tokenizer.model").kind == "tiktoken-file"
    for word in ("./original", "file:original/tokenizer.model"):
        tokenizer = load(word)
        assert tokenizer.name == "original"
        assert tokenizer.encode(["Hello world"]).ids.tolist() == [9906, 1917]
        assert tokenizer.vocabulary.specials["<|eot_id|>"] == 128009


def test_the_empty_token_has_a_rank_as_tiktoken_reads_it(write: Write) -> None:
    own = ranks()
    others = {token: rank + (rank >= 256) for token, rank in own.items()}
    lines = [base64.b64encode(token) + b" %d" % rank for token, rank in others.items()]
    lines.insert(256, b"= 256")
    path = write("t.tiktoken", b"\n".join(lines) + b"\n")
    tokenizer = load(f"{path}?pattern=gpt2")
    reads = load_tiktoken_bpe(str(path))
    assert reads[b""] == 256
    theirs = tiktoken.Encoding(
        "t", pat_str=PATTERNS["gpt2"], mergeable_ranks=reads, special_tokens={}
    )
    assert len(tokenizer.vocabulary) == len(own) + 1
    for text in (*TEXT, *PROBES):
        assert tokenizer.encode([text]).ids.tolist() == theirs.encode_ordinary(text)


def test_special_tokens_of_a_rank_file(write: Write) -> None:
    path = write("t.tiktoken", rank_file())
    write("s.json", json.dumps({"<|end|>": 300, "<|im|>": 264}))
    write(
        "tokenizer_config.json",
        json.dumps({"added_tokens_decoder": {"300": {"content": "<|end|>"}}}),
    )
    tokenizer = load(f"{path}?pattern=gpt2&specials=s.json")
    assert tokenizer.vocabulary.specials == {"<|end|>": 300, "<|im|>": 264}
    assert tokenizer.encode(["he<|end|>"], specials=True).ids.tolist() == [256, 300]
    assert 300 not in tokenizer.encode(["he<|end|>"]).ids
    assert tokenizer.vocabulary.size == 301
    read = load(f"{path}?specials=tokenizer_config.json&pattern=gpt2")
    assert read.vocabulary.specials == {"<|end|>": 300}
    assert "not read" not in read.path
    named = load(f"{path}?pattern=gpt2&specials=llama3")
    assert named.vocabulary.specials["<|begin_of_text|>"] == 128000
    assert named.fingerprint != read.fingerprint


def test_special_tokens_by_name_are_those_of_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda *_, **__: {})
    for name in ("cl100k_base", "o200k_base", "o200k_harmony"):
        if hasattr(openai_public, name):
            assert SPECIALS[name] == getattr(openai_public, name)()["special_tokens"]
    assert SPECIALS["qwen"]["<|im_end|>"] == 151645
    assert max(SPECIALS["qwen"].values()) == 151850


OPTIONS = {
    "t.tiktoken?patern=gpt2": "unknown option of a tokenizer 'patern'; did you mean 'pattern'?",
    "t.tiktoken?pattern=gpt2&pattern=gpt2": "pattern= is given twice",
    "t.tiktoken?pattern=": "?pattern= needs a value",
    "t.tiktoken?pattern=gpt2&": "unknown option of a tokenizer ''",
    "t.tiktoken?pattern=gpt2&pattern-file=e.txt": "give a pattern= or a pattern-file=, not both",
    "t.tiktoken?pattern=gpt2&specials=nowhere": "nowhere: neither a file nor a name of special",
    "t.tiktoken?pattern=gpt2&specials=list.json": "list.json: not a JSON object of tokens and",
    "t.tiktoken?pattern=gpt2&specials=text.json": "text.json: not a JSON object of tokens and",
    "t.tiktoken?pattern=gpt2&specials=low.json": "a special token has the id of another token",
    "t.tiktoken?pattern=gpt2&specials=far.json": "ids up to 4,000,000,000 for 264 tokens",
    "t.tiktoken?pattern=gpt2&specials=bare.json": "an added token has no text",
    "t.tiktoken?pattern=gpt2&specials=nul.json": "an id is not a whole number from 0 up",
    "t.tiktoken?pattern-file=nowhere": "nowhere: cannot be read (No such file or directory)",
    "t.tiktoken?pattern-file=empty": "empty: not an expression (the file is empty",
    "t.tiktoken?pattern-file=open": "open: not an expression that can be used (Parsing error",
    "t.tiktoken?pattern-file=star": "cuts text matches empty text",
    "merges:m.txt?pattern-file=open": "open: not an expression that can be used (Oniguruma",
    "bytes?pattern=gpt2": "only tiktoken-file, gguf, merges take a ?pattern=",
    "merges:m.txt?specials=llama3": "only tiktoken-file take a ?specials=",
    "sp:t.model?pattern-file=e.txt": "only tiktoken-file, gguf, merges take a ?pattern-file=",
}


@pytest.mark.parametrize("word", OPTIONS)
def test_options_that_mean_nothing_are_refused(write: Write, word: str) -> None:
    write("t.tiktoken", rank_file())
    write("m.txt", "h e\n")
    write("e.txt", r"\w+|\W+")
    write("list.json", "[1]")
    write("text.json", '{"a": "b"}')
    write("low.json", '{"a": 5}')
    write("far.json", '{"a": 4000000000}')
    write("bare.json", '{"added_tokens_decoder": {"300": {"content": null}}}')
    write("nul.json", '{"a": null}')
    write("empty", "\n")
    write("open", "(")
    write("star", "a*")
    with pytest.raises(TokscopeError) as error:
        load(word)
    assert OPTIONS[word] in str(error.value)


def test_several_options_are_joined(write: Write) -> None:
    word = "x=tiktoken-file:a?pattern-file=p&specials=s"
    assert parse(word) == Spec("x", "tiktoken-file", "a", "", "p", "s", word)
    path = write("odd?pattern=gpt2", rank_file())  # a name that is there is no option
    assert parse(f"tiktoken-file:{path}").place.endswith("odd")
    assert parse(f"{write('a?b.tiktoken', rank_file())}?pattern=gpt2").pattern == "gpt2"


def test_any_expression_cuts_from_a_file(write: Write) -> None:
    write("e.txt", r"\p{L}|\P{L}+" + "\n")
    path = write("t.tiktoken", rank_file())
    tokenizer = load(f"{path}?pattern-file=e.txt")
    assert [tokenizer.vocabulary[i] for i in tokenizer.encode(["he12"]).ids.tolist()] == [
        b"h",
        b"e",
        b"12",
    ]


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (151643, "it has as many ranks as Qwen, for which ?pattern=qwen2 is right; end it with"),
        (163584, "as Kimi, for which ?pattern=kimi-k2 is right"),
        (
            300,
            "this one is not known; end it with ?pattern=NAME, where NAME is one of gpt2, cl100k_base",
        ),
    ],
)
def test_a_pattern_is_recommended(write: Write, size: int, said: str) -> None:
    tokens = [*(bytes([byte]) for byte in range(256)), *(b"%08d" % i for i in range(size - 256))]
    lines = (base64.b64encode(token) + b" %d" % rank for rank, token in enumerate(tokens))
    with pytest.raises(TokscopeError) as error:
        load(str(write("t.tiktoken", b"\n".join(lines))))
    assert said in str(error.value)
    assert "or with ?pattern-file=PATH" in str(error.value)


def test_the_first_merges_recommend_a_pattern(data: Path, write: Write) -> None:
    lines = (data / "tokenizers" / "o200k_base.tiktoken").read_bytes().splitlines()[:5000]
    with pytest.raises(TokscopeError, match=r"first merges are those of o200k_base: try \?pattern"):
        load(str(write("t.tiktoken", b"\n".join(lines))))


# Expressions that were put together or written anew, against those of the tokenizers themselves

_MARKED = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
_OTHERS = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
_SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PUBLISHED = {
    "kimi-k2": (
        rf"[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?{_MARKED}*{_OTHERS}+{_SHORT}"
        rf"|[^\r\n\p{{L}}\p{{N}}]?{_MARKED}+{_OTHERS}*{_SHORT}|\p{{N}}{{1,3}}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    "deepseek-v3": CUTS["deepseek-v3"].expressions,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_one_expression_cuts_as_the_published_ones(name: str) -> None:
    steps = tokenizers.pre_tokenizers.Sequence(list(map(split_at, PUBLISHED[name])))
    ours = split_at(PATTERNS[name])
    chance = random.Random(5)
    texts = ["".join(chance.choices(HARD, k=chance.randint(1, 12))) for _ in range(4000)]
    for text in (*TEXT, *PROBES, *texts):
        theirs = [piece for piece, _ in steps.pre_tokenize_str(text)]
        assert [piece for piece, _ in ours.pre_tokenize_str(text)] == theirs, text


def test_the_deepseek_expression_leaves_nothing_out(write: Write) -> None:
    """What it does not find, tiktoken would drop."""
    tokenizer = load(f"{write('t.tiktoken', rank_file())}?pattern=deepseek-v3")
    chance = random.Random(6)
    texts = ["".join(chance.choices(HARD, k=chance.randint(1, 12))) for _ in range(2000)]
    for text in (*TEXT, *PROBES, *texts):
        assert tokenizer.decode(tokenizer.encode([text]).ids.tolist()) == text


WORDS = [
    "",
    "aGk=",
    "aGk",
    "aGk==",
    "aGVsbG9vbw==",
    "aG+/",
    "=",
    "===",
    "1000",
    "1001",
    "-1",
    "1_0",
    "٣",
]
LINES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), max_size=3)


@given(LINES, st.sampled_from([" ", "\t", "  "]))
def test_rank_files_are_read_alike_however_their_lines_end(
    lines: list[list[str]], blank: str
) -> None:
    """Files of usual lines are read all at once; a carriage return makes lines unusual."""

    def outcome(end: str) -> object:
        own = end.join(map(blank.join, lines)).encode()
        try:
            return parse_ranks(rank_file().replace(b"\n", end.encode()) + own, "ranks")
        except TokscopeError as error:
            return str(error)

    assert outcome("\n") == outcome("\r\n")
