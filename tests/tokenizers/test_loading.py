"""What words name, and what is said when they name nothing."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiktoken_ext import openai_public

from tests.tokenizers.families import (
    TEXT,
    byte_level,
    byte_level_gguf,
    gguf_file,
    merges_file,
    rank_file,
    ranks,
    tekken_file,
)
from tokscope.errors import TokscopeError
from tokscope.studies.audit import tokens
from tokscope.studies.show import show
from tokscope.studies.vocab_tokens import grep
from tokscope.tokenizers import Spec, load, parse, switched_off
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.download import RANK_FILES
from tokscope.tokenizers.models import suggestion
from tokscope.tokenizers.patterns import PATTERNS, PROBES
from tokscope.tokenizers.tiktoken import KNOWN_FILES

Write = Callable[[str, str | bytes], Path]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("word", "spec"),
    [
        ("bytes", Spec("", "bytes", "")),
        ("b=characters", Spec("b", "characters", "")),
        ("gpt2", Spec("", "tiktoken", "gpt2")),
        ("gpt-4o", Spec("", "tiktoken", "gpt-4o")),
        ("gpt-4o-mini-2024", Spec("", "tiktoken", "gpt-4o-mini-2024")),
        ("org/name", Spec("", "hf", "org/name")),
        ("org/name.v1-8B@main", Spec("", "hf", "org/name.v1-8B@main")),
        ("x=hf:org/name", Spec("x", "hf", "org/name")),
        ("file:C:\\t.json", Spec("", "file", "C:\\t.json")),
        ("tiktoken-file:a.x?pattern=gpt2", Spec("", "tiktoken-file", "a.x", "gpt2")),
    ],
)
def test_words(word: str, spec: Spec) -> None:
    assert parse(word) == replace(spec, word=word)


def test_words_for_what_is_there(write: Write) -> None:
    write("t.json", byte_level().to_str())
    write("k.json", tekken_file())
    write("gpt2/tokenizer.json", byte_level().to_str())
    write("a=b.model", "x")
    assert parse("t.json").kind == "file"
    assert parse("./k.json").kind == "tekken"
    assert parse("a=b.model") == Spec("", "sp", "a=b.model", word="a=b.model")
    assert parse("gpt2").kind == "tiktoken"  # the name of an encoding means the same everywhere
    assert parse("./gpt2").kind == "file"


REFUSED = {
    "x.json": "x.json: no such file or folder",
    "./x": "./x: no such file or folder",
    "fil:x.json": "unknown kind of tokenizer 'fil'; did you mean 'file'?",
    "bytes:x": "'bytes' takes no place; write bytes alone",
    "what is this": "'what is this' names no tokenizer; write KIND:PLACE",
    "tiktoken:cl100k": "unknown tiktoken encoding or model 'cl100k'; did you mean 'cl100k_base'?",
    "mistral:v99": "unknown Mistral release 'v99'",
    "sample:bpee": "unknown sample tokenizer 'bpee'; did you mean 'bpe'? Known: bpe, unigram, wordpiece",
    "file:nowhere.json": "nowhere.json: cannot be read (No such file or directory)",
    "sp:nowhere.model": "nowhere.model: cannot be read (No such file or directory)",
    "tekken:nowhere.json": "nowhere.json: cannot be read (No such file or directory)",
    "tiktoken-file:nowhere": "nowhere: cannot be read (No such file or directory)",
    "gpt4": "'gpt4' names no tokenizer here; write gpt-4 for the encoding cl100k_base",
    "GPT-4": "write gpt-4 for the encoding cl100k_base",
    "x=openai/gpt-4": "write gpt-4 for the encoding cl100k_base",
    "gpt4o": "write gpt-4o for the encoding o200k_base",
    "GPT-4-Turbo": "write gpt-4-turbo for the encoding cl100k_base",
    "cl100k": "'cl100k' names no tokenizer here; write cl100k_base",
    "gpt3": "write r50k_base",
    "ChatGPT": "write gpt-4o for the encoding o200k_base",
    "llama3": "write hf:meta-llama/Llama-3.1-8B for Llama 3 and set HF_TOKEN",
    "Llama-2-7b": "write hf:meta-llama/Llama-2-7b-hf for Llama 2",
    "claude-3": "the tokenizer of Claude 3 and later is not published; name the file of another one",
    "anthropic/claude-3-opus": "is not published",
    "gemini-1.5-pro": "the tokenizer of Gemini is not published",
    "mistral": "write mistral:v3, mistral:tekken or the name of a repository",
    "hf:a/b/c": "'a/b/c' is not the name of a hub repository",
}


@pytest.mark.parametrize("word", REFUSED)
def test_words_that_name_nothing(word: str) -> None:
    with pytest.raises(TokscopeError) as error:
        load(word)
    assert REFUSED[word] in str(error.value)


BROKEN = {
    "text.txt": ("hello", "it looks like text: name a tokenizer first, then text by --corpus"),
    "what.bin": ("hello", "say what it is, as KIND:what.bin, with KIND one of hf, file"),
    "a.json": ("", "a.json: not a tokenizer.json that can be read"),
    "b.json": ("{", "b.json: not a tokenizer.json that can be read"),
    "c.json": (b"\xff\xfe{", "c.json: not a tokenizer file (it is not UTF-8 text)"),
    "d.json": ('{"config": {"pattern": "x"}}', "d.json: not a tekken file (KeyError"),
    "e.json": ('{"config": {"pattern": "x"}, "a": [', "e.json: not a tekken file (JSONDecodeError"),
    "a.gguf": ("", "a.gguf: not a GGUF file that can be read (it does not begin with GGUF)"),
    "b.gguf": ("hello", "b.gguf: not a GGUF file that can be read (it does not begin with GGUF)"),
    "c.gguf": (byte_level_gguf()[:200], "c.gguf: not a GGUF file that can be read"),
    "d.gguf": (b"GGUF" + b"\x03\0\0\0" + b"\xff" * 40, "d.gguf: not a GGUF file that can be read"),
    "e.gguf": (gguf_file({}), "e.gguf: this GGUF file holds no tokenizer"),
    "f.gguf": (
        gguf_file({"tokens": (8, ["a"]), "model": (8, "plamo2")}),
        "f.gguf: its kind of tokenizer, 'plamo2', is not known (known: gpt2, gemma4, llama",
    ),
    "g.gguf": (
        byte_level_gguf("qwen9"),
        "how it cuts text, 'qwen9', is not known",
    ),
    "h.gguf": (
        gguf_file({"tokens": (8, ["a"]), "model": (8, "gpt2"), "pre": (8, "gpt-2")}),
        "h.gguf: tokenizer.ggml.merges is missing or not a list",
    ),
    "i.gguf": (
        gguf_file({"tokens": (8, "abc"), "model": (8, "bert")}),
        "i.gguf: tokenizer.ggml.tokens is missing or not a list",
    ),
    "j.gguf": (
        gguf_file({"tokens": (8, ["a"]), "scores": (6, [1.0, 2.0]), "model": (8, "llama")}),
        "the numbers of tokens and scores differ",
    ),
    "j.gguf?pattern=gpt2": (
        gguf_file({"tokens": (8, ["a"]), "model": (8, "bert")}),
        "drop ?pattern=",
    ),
    "vocab.txt": ("hello\n", "vocab.txt: not a WordPiece vocabulary (one token a line, [UNK] too)"),
    "merges.txt": ("", "merges.txt: it holds no merges"),
    "b-merges.txt": (
        "#version: 0.2\nh e l\n",
        "b-merges.txt: 'h e l' is not a merge; a line holds two tokens",
    ),
    "c-merges.txt": ("h e\nhe lo\n", "c-merges.txt: 'he lo' merges what no earlier line makes"),
    "d-merges.txt": ("h e\nh e\n", "d-merges.txt: 'h e' is listed twice"),
    "g-merges.txt": ("h 中\n", "g-merges.txt: 'h 中' merges what no earlier line makes"),
    "h-merges.txt": ("h  e\n", "h-merges.txt: 'h  e' is not a merge; a line holds two tokens"),
    "i-merges.txt": (" h\n", "i-merges.txt: ' h' is not a merge; a line holds two tokens"),
    "e-merges.txt": (b"\xff\xfe", "e-merges.txt: not a tokenizer file (it is not UTF-8 text)"),
    "f-merges.txt?pattern=gpt3": ("h e\n", "unknown pattern 'gpt3'; did you mean 'gpt2'?"),
    "a.model": ("", "a.model: not a SentencePiece model (the file is empty)"),
    "b.model": ("hello", "b.model: not a SentencePiece model"),
    "a.tiktoken": ("", "a.tiktoken: an empty rank file"),
    "b.tiktoken": ("aGk= 1\n?? 2\n", "b.tiktoken:2: not a base64 token and its rank"),
    "c.tiktoken": ("aGk= 1\naG8= 1\n", "c.tiktoken: a rank is negative or listed twice"),
    "d.tiktoken": ("aGk= 9999999999\n", "d.tiktoken: rank 9999999999 for 1 tokens"),
    "e.tiktoken": ("aGk= 1\n", "e.tiktoken: 243 single bytes have no token (0x00, 0x01"),
    "f.tiktoken": (
        rank_file(),
        "end it with ?pattern=NAME, where NAME is one of gpt2, cl100k_base",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_files_that_cannot_be_used(write: Write, name: str) -> None:
    content, message = BROKEN[name]
    write(name.partition("?")[0], content)
    with pytest.raises(TokscopeError) as error:
        load(name)
    assert message in str(error.value)


def test_ids_far_beyond_the_tokens_are_refused_before_memory_is(write: Write) -> None:
    data = json.loads(byte_level().to_str())
    data["model"]["vocab"]["zz"] = 4_000_000_000
    write("t.json", json.dumps(data))
    with pytest.raises(TokscopeError, match=r"tokens but ids up to 4000000000"):
        load("t.json")


def test_an_unknown_pattern_is_refused(write: Write) -> None:
    write("a.tiktoken", rank_file())
    with pytest.raises(TokscopeError, match=r"unknown pattern 'gpt3'; did you mean 'gpt2'"):
        load("a.tiktoken?pattern=gpt3")


def test_the_folder_that_a_command_runs_in_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tokenizer.json").write_text(byte_level().to_str())
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load(".").name == tmp_path.name
    monkeypatch.chdir(tmp_path / "deeper")
    assert load("..").name == tmp_path.name


def test_a_folder_without_a_tokenizer_says_what_it_looked_for(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    with pytest.raises(
        TokscopeError, match=r"holds none of tokenizer.json, tekken.json, tokenizer.model"
    ):
        load("./m")


def test_a_folder_with_a_tokenizer_needs_no_separator(write: Write) -> None:
    """The name of an encoding stays that of the encoding."""
    write("dd/tokenizer.json", byte_level().to_str())
    write("gpt4/tokenizer.json", byte_level().to_str())
    assert load("dd").name == load("x=dd", label="dd").name == "dd"
    assert load("gpt4").spec.kind == "file"
    write("empty/readme.txt", "")
    with pytest.raises(TokscopeError, match=r"empty: this folder holds none of .*; write hf:empty"):
        load("empty")
    assert parse("repository").kind == "hf"


def test_a_file_with_the_name_of_an_encoding_is_told(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("gpt2/readme.txt", "")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "nowhere")

    def told(word: str) -> str:
        with pytest.raises(TokscopeError) as error:
            load(word)
        return str(error.value)

    assert "here too" not in told("gpt2")
    write("gpt2/tokenizer.json", byte_level().to_str())
    assert told("gpt2").endswith("; ./gpt2 is here too: write ./gpt2 for it")
    write("cl100k_base.tiktoken", "")
    assert told("x=cl100k_base").endswith("write ./cl100k_base.tiktoken for it")
    assert "here too" not in told("tiktoken:cl100k_base")
    one = replace(load("bytes"), spec=parse("gpt2"))  # type: ignore[type-var]
    assert switched_off([one]) == ["bytes: ./gpt2 is here too: write ./gpt2 for it"]


def test_a_folder_without_a_tokenizer_lists_those_in_it(write: Write) -> None:
    write("m/b/tokenizer.json", "{}")
    write("m/a.json", byte_level().to_str())
    write("m/other.json", "{}")
    write("m/.hidden/tokenizer.json", "{}")
    write("m/one/two/three/tokenizer.json", "{}")  # too deep
    (write("m/x", "").parent / "loop").symlink_to("..")
    with pytest.raises(TokscopeError) as error:
        load("m")
    assert str(error.value) == (
        "m: this folder itself is no tokenizer; name one of those in it: m/a.json, m/b"
    )
    for i in range(9):
        write(f"m/{i}/tokenizer.json", "{}")
    with pytest.raises(TokscopeError, match=r"m/a.json, m/0, m/1, .*, m/6 and more$"):
        load("./m")


@pytest.mark.parametrize(
    "word",
    ["gpt2-medium", "openai/gpt-oss-20b", "openai/clip-vit-base-patch32", "x/claude-3", "gpt4all"],
)
def test_names_that_a_repository_may_have_are_asked_for(word: str) -> None:
    assert suggestion(word) == ""
    assert parse(word).kind == "hf"


def test_the_name_of_a_tokenizer_is_its_label_or_its_file(write: Write) -> None:
    write("my.tiktoken", b"".join(base64.b64encode(t) + b" %d\n" % r for t, r in ranks().items()))
    assert load("my.tiktoken?pattern=gpt2").name == "my"
    assert load("mine=./my.tiktoken?pattern=gpt2").name == "mine"
    assert load("sample:bpe").name == "sample-bpe"


def test_merges_alone_are_a_tokenizer(write: Write) -> None:
    """The bytes in GPT-2's own order, the printable first; then what the merges make."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = [*map(chr, printable), *map(chr, range(256, 256 + 68))]
    data = json.loads(byte_level().to_str())
    made = ["".join(pair) for pair in data["model"]["merges"]]
    data["model"]["vocab"] = {token: i for i, token in enumerate([*alphabet, *made])}
    data["added_tokens"] = []
    write("t.json", json.dumps(data))
    write("my-merges.txt", merges_file())
    alone, whole = load("my-merges.txt"), load("t.json")
    assert alone.name == "my"
    assert "assumed: text is cut as by GPT-2" in alone.path
    for text in (*TEXT, *PROBES):
        assert alone.encode([text]).ids.tolist() == whole.encode([text]).ids.tolist()
    assert alone.components()["merges"] == whole.components()["merges"]


@pytest.mark.parametrize("query", ["", "?pattern=gpt2"])
def test_merges_beside_a_vocabulary_have_its_ids(write: Write, query: str) -> None:
    """Two tokens stand before the bytes, so that the first merge makes 258 and not 256."""
    model = json.loads(byte_level().to_str())["model"]
    made = ["".join(pair) for pair in model["merges"]]
    pieces = ["<pad>", "<s>", *map(chr, byte_alphabet()), *made]
    write("x/vocab.json", json.dumps({piece: i for i, piece in enumerate(pieces)}))
    write("x/merges.txt", merges_file())
    first = made[0].translate(byte_alphabet()).encode("latin-1")
    beside, folder = load(f"x/merges.txt{query}"), load("./x")
    assert [beside.vocabulary[i] for i in (258, 256)] == [first, pieces[256].translate(byte_alphabet()).encode("latin-1")]  # fmt: skip
    for text in (*TEXT, *PROBES):
        assert beside.encode([text]).ids.tolist() == folder.encode([text]).ids.tolist()
    assert "order of the lines" not in beside.path
    write("my-merges.txt", merges_file())
    assert load("my-merges.txt").vocabulary[256] == first


def test_ids_that_are_assumed_are_told_where_they_are_shown(write: Write) -> None:
    write("my-merges.txt", merges_file())
    told = "my: assumed, text is cut as by GPT-2, ids are in the order of the lines"
    assert told in show("hello", ["my-merges.txt"]).notes
    assert told in grep(["my-merges.txt"], "hello").notes
    assert told in tokens(["my-merges.txt"]).notes


def test_the_first_line_of_merges_alone_may_tell_a_version(write: Write) -> None:
    lines = ["e r", "# v", "er s", "#v ers", "i o", "io n", "#vers ion", "#version 1"]
    write("x/merges.txt", "\r\n".join(["#version: 0.2", *lines, ""]))
    tokenizer = load("merges:x/merges.txt")
    assert tokenizer.name == "x"
    assert len(tokenizer.vocabulary) == 256 + len(lines)
    write("plain", "\n".join(lines))
    assert load("merges:plain").components() == tokenizer.components()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_cut_merges_and_ranks_alike(write: Write, pattern: str) -> None:
    """As lists of merges and in GGUF the library cuts, from ranks the core; 1 to 3 digits too."""
    model = json.loads(byte_level().to_str())["model"]
    table = byte_alphabet()
    made = ["".join(pair).translate(table).encode("latin-1") for pair in model["merges"]]
    ordered = [*(bytes([byte]) for byte in range(256)), *made]
    lines = (base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(ordered))
    write("ranks.tiktoken", b"".join(lines))
    write("merges.txt", merges_file())
    write("t.gguf", byte_level_gguf("own"))
    files = [
        load(f"{name}?pattern={pattern}") for name in ("ranks.tiktoken", "merges.txt", "t.gguf")
    ]
    for text in (*TEXT, *PROBES):
        first, *others = (
            [file.vocabulary[i] for i in file.encode([text]).ids.tolist()] for file in files
        )
        assert others == [first, first]


def test_the_mistral_extra_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from tokscope.tokenizers import mistral

    monkeypatch.setattr(mistral, "find_spec", lambda _: None)
    with pytest.raises(TokscopeError, match=r"pip install 'tokscope\[mistral\]'"):
        load("mistral:v3")


@pytest.mark.parametrize(("release", "size"), [("v1", 32000), ("v3", 32768), ("tekken", 131072)])
def test_the_releases_of_mistral(release: str, size: int) -> None:
    pytest.importorskip("mistral_common", reason="needs tokscope[mistral]")
    tokenizer = load(f"mistral:{release}")
    assert len(tokenizer.vocabulary) == size
    assert tokenizer.decode(tokenizer.encode(["Hello, 世界!"]).ids.tolist()) == "Hello, 世界!"


@pytest.mark.parametrize("encoding", ["r50k_base", "p50k_base", "cl100k_base", "o200k_base"])
def test_published_files_are_known_as_in_tiktoken(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pattern, special tokens, address and hash are those of tiktoken's own table."""
    asked: list[tuple[str, str]] = []

    def load_tiktoken_bpe(url: str, expected_hash: str) -> dict[bytes, int]:
        asked.append((url, expected_hash))
        return {}

    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", load_tiktoken_bpe)
    made = getattr(openai_public, encoding)()
    assert dict(asked) == RANK_FILES[encoding]
    pattern, specials = KNOWN_FILES[asked[0][1]]
    assert (PATTERNS[pattern], specials) == (made["pat_str"], made["special_tokens"])
