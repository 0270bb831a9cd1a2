"""Engines give the same numbers, and one that does not is found when it is built or later."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from itertools import chain, product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tiktoken
from hypothesis import example, given
from hypothesis import strategies as st

from tests.laws import at_most
from tests.tokenizers.families import FAST, tokenizer_of, write
from tests.tokenizers.test_families import TEXTS, library_ids
from tokscope.counting.signature import signed
from tokscope.counting.tally import Counting, piece
from tokscope.equivalence.made import texts_of
from tokscope.errors import TokscopeError
from tokscope.reach.probes import characters
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.bpe import LONGEST_SPACE, RankEncoder, RankTokenizer
from tokscope.tokenizers.engine import (
    _EVERY,
    _KNOWN,
    VARIABLE,
    Engine,
    Engines,
    FastokensEngine,
    Numbers,
    TiktokenEngine,
)
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.tiktoken import rank_tokenizer

pytest.importorskip("fastokens")
NAMES = {pattern: name for name, pattern in PATTERNS.items() if pattern in _KNOWN}.values()
OTHERS = ("split.json", "gaps.json")  # which are cut by other expressions


def asked(engine: str, make: Callable[[], Tokenizer]) -> Tokenizer:
    """Make a tokenizer where the environment asks for an engine."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, engine)
        tokenizer = make()
        tokenizer.encode(["a"])  # the fast path of a tokenizer.json is made when it is needed
    return tokenizer


@cache
def family(name: str) -> Tokenizer:
    """One of the families, whose first text is encoded by fastokens."""
    with TemporaryDirectory() as folder:
        word = write(Path(folder), name)
        return asked("fastokens", lambda: load(word))


def engines_of(tokenizer: Tokenizer) -> Engines:
    if isinstance(tokenizer, RankTokenizer):
        return tokenizer.encoder.engines
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer.fast
    return tokenizer.fast.encoder.engines


@cache
def ranks() -> dict[bytes, int]:
    """The ranks of a tokenizer that was trained on the embedded sample."""
    return engines_of(load("sample:bpe")).source.ranks


@cache
def cut_by(name: str, engine: str = "fastokens") -> RankTokenizer:
    """These ranks with a published expression, and with tokens where engines could part."""
    more = ["\n\n", " \n", "\n \n", "  ", "ſ", "ſx", "'ſx", "!\n"]
    more += ["!\n/", "\n ", "\n/"] if name != "cl100k_base" else []
    made = dict(ranks())
    for token in map(str.encode, more):
        made.setdefault(token, len(made))
    return asked(engine, lambda: rank_tokenizer(name, PATTERNS[name], made, {}))  # type: ignore[return-value]


def same(one: Tokenizer, other: Tokenizer, texts: list[str]) -> bool:
    found, expected = one.encode(texts), other.encode(texts)
    return np.array_equal(found.ids, expected.ids) and np.array_equal(found.starts, expected.starts)


@pytest.mark.parametrize("name", [*FAST, "ranks.tiktoken"])
@at_most(10)
@given(batch=st.lists(TEXTS, max_size=5))
@example(batch=[])
@example(batch=["", " ", "", "hello", ""])
def test_ids_are_those_of_the_library(name: str, batch: list[str]) -> None:
    """Whatever encodes: added tokens, marks and separators in text, normalised text."""
    tokenizer = family(name)
    assert bool(engines_of(tokenizer).fast) == (name not in OTHERS), tokenizer.path
    expected = [library_ids(tokenizer, text) for text in batch]
    encoded = tokenizer.encode(batch)
    assert encoded.ids.tolist() == list(chain(*expected))
    assert np.diff(encoded.starts).tolist() == list(map(len, expected))


@pytest.mark.parametrize("name", NAMES)
@at_most(10)
@given(batch=st.lists(TEXTS | st.text("a'sſK \n\r\t/!1\u180e\u3000é中", max_size=12), min_size=1))
@example(batch=["'ſx 'ſx", "a\n ", "a \n \n  ", "\n/x", "!\n/x", "\u180e a"])
def test_both_cut_by_published_expressions_alike(name: str, batch: list[str]) -> None:
    assert engines_of(cut_by(name)).fast, cut_by(name).path
    assert same(cut_by(name), cut_by(name, "tiktoken"), batch)


def test_where_the_engines_differ_the_core_encodes() -> None:
    """A long s is an s where case is ignored, but not to fastokens."""
    tokenizer = cut_by("cl100k_base")
    engines = engines_of(tokenizer)
    assert engines.fast
    assert not engines.fast.encode(["'ſx"]).is_same(engines.core.encode(["'ſx"]))
    for batch in (["'ſx"], ["a'", "ſb"], ["a b", "'ſx", "'ſ", "", "c", "it'ſx"]):
        assert engines.encode(batch).is_same(engines.core.encode(batch))
    assert not engines.why


@at_most(12)
@given(st.lists(st.sampled_from(["", "a", "a b", "it'ſx", "'ſ", "<t>", "a<t>b 'ſ"]), min_size=1))
def test_only_texts_with_an_added_token_are_left_to_the_core(batch: list[str]) -> None:
    encoder = RankEncoder.of(PATTERNS["llama3"], ranks(), range(len(ranks())), added={"<t>": 9_000})
    fast = Recorder(TiktokenEngine(encoder.core))
    encoder.engines.fast = fast
    expected = [encoder.encode([text]).ids.tolist() for text in batch]
    fast.texts.clear()
    encoded = encoder.encode(batch)
    assert encoded.ids.tolist() == list(chain(*expected))
    assert np.diff(encoded.starts).tolist() == list(map(len, expected))
    assert fast.texts == [text for text in batch if "<t>" not in text and "'ſ" not in text]


def test_a_token_that_ends_behind_a_line_feed_keeps_the_core() -> None:
    made = ranks() | {b"\n ": max(ranks().values()) + 1}
    tokenizer = asked("fastokens", lambda: rank_tokenizer("x", PATTERNS["cl100k_base"], made, {}))
    assert "a token ends behind a line feed" in tokenizer.path
    assert tokenizer.encode(["a\n "]).ids.tolist() == [made[b"a"], made[b"\n "]]


def test_a_token_that_no_two_others_make_keeps_the_core() -> None:
    made = ranks() | {b"q\x00q": max(ranks().values()) + 1}
    for name in ("gpt2", "o200k_base"):
        tokenizer = asked(
            "fastokens", lambda name=name: rank_tokenizer("x", PATTERNS[name], made, {})
        )
        assert "not fastokens: it cannot be built" in tokenizer.path


def test_it_is_built_after_some_text_and_the_path_says_so() -> None:
    tokenizer = asked("", lambda: rank_tokenizer("x", PATTERNS["llama3"], ranks(), {}))
    engines = engines_of(tokenizer)
    assert "; fastokens 0." in tokenizer.path
    assert tokenizer.path.endswith(" where text is over 1.0 MB, with the same ids")
    tokenizer.encode(["a" * 80])
    assert not engines.fast
    tokenizer.encode(["b " * 500_000])
    assert isinstance(engines.fast, FastokensEngine)


@pytest.mark.parametrize(("size", "at_once"), [(2_999_999, False), (3_000_000, True)])
def test_it_is_built_at_once_where_the_file_is_large(
    tmp_path: Path, size: int, at_once: bool
) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(b"The cat\n".ljust(size, b"\n"))
    (corpus,) = read_corpora([str(path)])
    part = replace(corpus.shards[0], end=8)
    tokenizer = asked("", lambda: rank_tokenizer("x", PATTERNS["llama3"], ranks(), {}))
    found = piece([tokenizer], Counting(frozenset(["tokens"])), part)
    assert found.rows.sum() == len(tokenizer.encode(["The cat"]).ids)
    assert bool(engines_of(tokenizer).fast) == at_once


def test_special_tokens_are_found_by_the_core() -> None:
    made = asked(
        "fastokens", lambda: rank_tokenizer("x", PATTERNS["llama3"], ranks(), {"<s>": 90_000})
    )
    assert engines_of(made).fast
    assert made.encode(["a<s>b"], specials=True).ids.tolist().count(90_000) == 1
    assert 90_000 not in made.encode(["a<s>b"]).ids


def test_both_refuse_long_white_space() -> None:
    for engine in ("tiktoken", "fastokens"):
        with pytest.raises(TokscopeError, match="a run of over 50,000 white-space characters"):
            cut_by("llama3", engine).encode(["a", " " * (LONGEST_SPACE + 1)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: load("sample:bpe").encode(["a"]),
        lambda: rank_tokenizer("x", PATTERNS["llama3"], ranks(), {}),
    ],
)
def test_the_environment_names_an_engine(
    make: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    off = cut_by("llama3", "tiktoken")
    assert off.path.endswith("not fastokens: TOKSCOPE_ENGINE is tiktoken")
    assert not engines_of(off).fast
    monkeypatch.setenv(VARIABLE, "fastoken")
    with pytest.raises(TokscopeError, match="unknown engine in TOKSCOPE_ENGINE 'fastoken'; did"):
        make()


def test_an_engine_that_is_asked_for_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "fastokens")
    monkeypatch.setitem(sys.modules, "fastokens", None)  # type: ignore[arg-type]
    with pytest.raises(TokscopeError, match=r"TOKSCOPE_ENGINE=fastokens needs fastokens; install"):
        rank_tokenizer("x", PATTERNS["llama3"], ranks(), {})


def test_the_signature_names_the_engine_that_may_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"fastokens {version('fastokens')}"
    assert signed([load("bytes"), load("sample:bpe"), load("sample:unigram")])["engine"] == name
    assert "engine" not in signed([load("bytes"), tokenizer_of("split.json")])
    assert f"; {name} where text is over 1.0 MB" in load("sample:bpe").path
    monkeypatch.setenv(VARIABLE, "tiktoken")
    assert "engine" not in signed([load("sample:bpe")])
    assert load("sample:bpe").path.endswith("; not fastokens: TOKSCOPE_ENGINE is tiktoken")


@dataclass
class Recorder:
    """An engine that keeps what it is given."""

    engine: Engine
    texts: list[str] = field(default_factory=list)
    name: str = "recorder 1.0"

    def encode(self, texts: Sequence[str]) -> Numbers:
        self.texts += texts
        return self.engine.encode(texts)


# One that lies


@dataclass
class Liar:
    """An engine that changes a number from some batch on; or gives up, or leaves a text out."""

    engine: Engine
    honest: int  # batches
    lie: Callable[[Numbers], Numbers]
    name: str = "liar 1.0"

    def encode(self, texts: list[str]) -> Numbers:
        self.honest -= 1
        found = self.engine.encode(texts)
        return found if self.honest >= 0 else self.lie(found)


@dataclass(frozen=True)
class Lying:
    """What a liar is built from."""

    core: tiktoken.Encoding
    honest: int
    lie: Callable[[Numbers], Numbers]

    @property
    def ranks(self) -> dict[bytes, int]:
        return self.core._mergeable_ranks

    def build(self) -> Engine:
        return Liar(TiktokenEngine(self.core), self.honest, self.lie)


def other_number(found: Numbers) -> Numbers:
    """Another token of as many bytes: only a comparison finds it."""
    numbers = found.numbers.copy()
    numbers[0] = ranks()[b"q"] if numbers[0] != ranks()[b"q"] else ranks()[b"z"]
    return found._replace(numbers=numbers)


def fewer_bytes(found: Numbers) -> Numbers:
    return found._replace(numbers=found.numbers[1:], starts=np.maximum(found.starts - 1, 0))


def other_starts(found: Numbers) -> Numbers:
    return found._replace(starts=found.starts[:-1])


def no_such_number(found: Numbers) -> Numbers:
    return found._replace(numbers=found.numbers + 10**6)


def give_up(found: Numbers) -> Numbers:
    raise ValueError("too hard")


LIES = [other_number, fewer_bytes, other_starts, no_such_number]


def lied_to(honest: int, lie: Callable[[Numbers], Numbers]) -> RankTokenizer:
    """A tokenizer whose fast engine lies."""
    tokenizer = cut_by("llama3", "tiktoken")
    engines = Engines(Lying(tokenizer.encoder.core, honest, lie))  # type: ignore[arg-type]
    engines.after = 0
    encoder: RankEncoder = replace(tokenizer.encoder, engines=engines)
    return replace(tokenizer, encoder=encoder)


@pytest.mark.parametrize("lie", [*LIES, give_up])
def test_one_that_lies_is_found_when_it_is_built(lie: Callable[[Numbers], Numbers]) -> None:
    tokenizer = lied_to(0, lie)
    assert same(tokenizer, cut_by("llama3", "tiktoken"), ["The cat", " sat"])
    assert engines_of(tokenizer).fast is None
    gives = "gives up on the probe texts (too hard)" if lie is give_up else "gives other ids"
    assert f"not fastokens: it {gives}" in tokenizer.path


@pytest.mark.parametrize("lie", LIES)
def test_one_that_lies_later_is_switched_off_with_a_warning(
    lie: Callable[[Numbers], Numbers], caplog: pytest.LogCaptureFixture
) -> None:
    """At once where bytes do not add up; else when a batch is compared."""
    tokenizer, plain = lied_to(3, lie), cut_by("llama3", "tiktoken")
    batch = ["x cat sat", "on the mat", ""]
    wrong = 0
    with caplog.at_level(logging.WARNING):
        for _ in range(_EVERY + 1):
            wrong += not same(tokenizer, plain, batch)
    assert wrong == (_EVERY - 2 if lie is other_number else 0)
    assert "not fastokens: it gave other ids for some text" in tokenizer.path
    (record,) = caplog.records
    assert record.getMessage().startswith("liar 1.0 gave other ids than tiktoken 0.")
    assert "TOKSCOPE_ENGINE=tiktoken" in record.getMessage()


def test_one_that_gives_up_on_a_text_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    tokenizer = lied_to(1, give_up)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert same(tokenizer, cut_by("llama3", "tiktoken"), ["x cat"])
    assert not engines_of(tokenizer).why
    (record,) = caplog.records  # once
    assert re.fullmatch(
        r"liar 1\.0 gave up on some text \(too hard\), so tiktoken [\d.]+ encodes it; "
        "no id is in doubt",
        record.getMessage(),
    )


# Many texts


def long_texts() -> list[str]:
    """Texts that threads share: parts of one text are encoded apart, and put together."""
    draw = np.random.default_rng(7)
    pieces = [
        "a",
        "word ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "中文",
        "1234",
        "!",
        "'s",
        "/",
        "é",
        " x" * 9,
        "\n \n",
    ]
    texts = ["".join(draw.choice(pieces, 60_000)) for _ in range(2)]
    runs = ["a", " ", "\n", "!", "1", "é", "中", " \n", "a b", "\u3000"]
    return [
        *texts,
        *(run * (150_000 // len(run.encode()) // 4) + "x" for run in runs if not run.isspace()),
    ]


def have_the_same_numbers(tokenizer: Tokenizer, texts: list[str]) -> bool:
    """Ask both engines, without what leaves a text to the core."""
    engines = engines_of(tokenizer)
    texts = ["", *(text for text in texts if "'ſ" not in text)]
    assert engines.fast
    return engines.fast.encode(texts).is_same(engines.core.encode(texts))


@pytest.mark.deep
@pytest.mark.parametrize("name", NAMES)
def test_every_character_and_the_texts_of_equiv_have_the_same_ids(name: str) -> None:
    """Of expressions that are much like others, one character of ten is tried."""
    fast, step = cut_by(name), 1 if name in ("gpt2", "llama4") else 10
    chars = [f"a{char}b {char}1 '{char}s\n{char}" for char in characters()[::step]]
    assert have_the_same_numbers(fast, ["".join(chars[i : i + 8]) for i in range(0, len(chars), 8)])
    for category, texts in texts_of([fast], 2_000, 1):
        assert have_the_same_numbers(fast, texts[:: 1 + len(texts) // 5_000]), category
    assert have_the_same_numbers(fast, list(map("".join, product("a \n'/1!é", repeat=5))))


@pytest.mark.deep
def test_long_texts_have_the_same_ids_with_threads_and_in_a_fork() -> None:
    """With three threads in a process of its own; here with one, as in all tests."""
    texts = long_texts()
    assert have_the_same_numbers(cut_by("gpt2"), texts)
    code = """
import os
from tests.tokenizers.test_engine import cut_by, have_the_same_numbers, long_texts
texts = long_texts()
assert all(have_the_same_numbers(cut_by(name), texts) for name in ("gpt2", "llama4"))
child = os.fork() if hasattr(os, "fork") else 0
assert have_the_same_numbers(cut_by("gpt2"), texts)
if child:
    assert os.waitpid(child, 0)[1] == 0
"""
    environment = os.environ | {"FASTOKENS_BPE_THREADS": "3", "RAYON_NUM_THREADS": "3"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=100)


@pytest.mark.parametrize("name", ["gpt-2.json", "cl100k_base.tiktoken"])
def test_published_tokenizers_have_the_same_ids(data: Path, name: str) -> None:
    fast = asked("fastokens", lambda: load(str(data / "tokenizers" / name)))
    for category, texts in texts_of([fast], 3_000, 3):
        assert have_the_same_numbers(fast, texts[:: 1 + len(texts) // 5_000]), category
