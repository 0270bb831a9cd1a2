"""Covers of prompts: by hand, and equal to brute force in every family."""

from __future__ import annotations

import json
import random
from itertools import cycle, starmap
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from tests import published
from tests.boundaries.oracle import HARD, brute, by_ranks, in_order
from tests.tokenizers.families import FAMILIES, byte_level, tokenizer_of, unigram
from tokscope.boundaries import covers as module
from tokscope.boundaries import prompts, spaced
from tokscope.boundaries.covers import Covers, candidates, covers
from tokscope.boundaries.prompts import as_read
from tokscope.errors import TokscopeError
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.cutting import compiled
from tokscope.tokenizers.forms import all_pieces
from tokscope.tokenizers.given import load_one
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.vocabulary import Vocabulary


def toy(*merges: tuple[str, str]) -> Tokenizer:
    """BPE over A, B and C."""
    pieces = [*"ABC", *map("".join, merges)]
    return load_one(
        tokenizers.Tokenizer(
            tokenizers.models.BPE({piece: i for i, piece in enumerate(pieces)}, list(merges))
        )
    )


def all_of(found: Covers) -> set[tuple[tuple[int, ...], str]]:
    return {(tuple(found.ids(i)), found.text + found.behind(i)) for i in range(len(found))}


def test_the_toy_of_the_paper() -> None:
    """With A, B and AA, "A" is covered by A and AA: behind the token A comes never another A."""
    found = covers(toy(("A", "A")), "A")
    assert all_of(found) == {((0,), "A"), ((3,), "AA")}
    assert (found.given_up.tolist(), found.final, found.candidates) == ([0, 1], 0, 2)


def test_a_token_that_a_merge_breaks_up_is_no_cover() -> None:
    """AB comes before BC, so that ABC is AB C: BC never stands behind A."""
    found = covers(toy(("A", "B"), ("B", "C")), "AB")
    assert all_of(found) == {((3,), "AB")}
    assert (found.final, found.candidates) == (1, 3)  # AB, B and BC begin with an end of it
    found = covers(toy(("B", "C"), ("A", "B")), "AB")
    assert all_of(found) == {((4,), "AB"), ((0, 3), "ABC")}
    assert (found.given_up.tolist(), found.final) == ([0, 1], 0)


def test_candidates_are_counted_by_bytes() -> None:
    """é is C3 A9: a token of C3 alone ends inside a character."""
    vocabulary = Vocabulary.of([b"a", b"a\xc3", b"a\xc3\xa9", None, b"", b"ba", b"b"])
    found = candidates(vocabulary, b"ba")
    assert sorted(zip(found.ids, found.held, strict=True)) == [(0, 1), (2, 1), (5, 2)]
    assert [found.rests[i] for i in found.rest] == ["", "é", ""]
    assert found.incomplete == 1
    odd = candidates(Vocabulary.of([b"a", b" \xff", b" b", b" \xc3"]), b"a ")
    assert (odd.ids.tolist(), odd.rests, odd.incomplete) == ([2], ["b"], 2)
    assert candidates(vocabulary, "é".encode()).ids.tolist() == []


def test_what_no_token_holds_leaves_the_canonical_tokens() -> None:
    bert = tokenizer_of("bert.json")
    found = covers(bert, "the ")
    assert found.lost
    assert all_of(found) == {(tuple(bert.encode(["the"]).ids.tolist()), "the ")}
    assert (found.final, found.given_up.tolist()) == (len(found.canonical), [0])
    empty = covers(bert, "\x00")
    assert (len(empty), empty.final, len(empty.canonical)) == (0, 0, 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_covers_are_those_of_brute_force(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the whole prompt, or behind the fewest words; samples tell of what spaces begin.

    Each prompt is tried in the one way in half of the families, and in the other way in the others.
    """
    monkeypatch.setattr(spaced, "_LEAST", 1)
    monkeypatch.setattr(spaced.spaced, "kept", {})
    tokenizer = tokenizer_of(family)
    tokens = in_order(tokenizer)
    ways = cycle((prompts._CHEAP, 0) if list(FAMILIES).index(family) % 2 else (0, prompts._CHEAP))
    for prompt in HARD:
        monkeypatch.setattr(prompts, "_CHEAP", next(ways))
        require_same(tokenizer, prompt, tokens)


def require_same(tokenizer: Tokenizer, prompt: str, tokens: list[tuple[bytes, int]]) -> None:
    text, _ = as_read(tokenizer, prompt)
    found = covers(tokenizer, prompt)
    wanted = brute(tokenizer, text, tokens)
    canonical = tuple(tokenizer.encode([text]).ids.tolist())
    assert found.text == text
    assert tuple(found.canonical) == canonical
    assert len(all_of(found)) == len(found)
    assert all_of(found) == wanted or (found.lost and not wanted), (prompt, text)
    for cover, kept in enumerate(found.kept.tolist()):
        ids = tuple(found.ids(cover))
        assert ids[:kept] == canonical[:kept]
        assert ids[kept : kept + 1] != canonical[kept : kept + 1] or kept == len(canonical)


@pytest.mark.parametrize("family", ["gpt.json", "llama.json", "unigram.json", "bert.json"])
def test_of_a_long_prompt_the_end_is_enough(family: str) -> None:
    tokenizer = tokenizer_of(family)
    text = " ".join(["hello yellow 1234 naïve mellow"] * 90)
    for prompt in (text, f"{text} ", "a" * 2500, "1" * 2500, f"{text}\n\n"):
        found = covers(tokenizer, prompt)
        near = covers(tokenizer, prompt[-200:])
        assert len(found) == len(near) or prompt[0] in "a1"
        assert found.canonical.tolist() == tokenizer.encode([found.text]).ids.tolist()
        assert found.ids(0) == tokenizer.encode([found.text + found.behind(0)]).ids.tolist()


@pytest.mark.parametrize("family", ["gpt.json", "unigram.json"])
def test_a_few_characters_are_enough_where_there_is_no_word(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "_CHEAP", 0)
    tokenizer = tokenizer_of(family)
    for prompt in ("hello" * 12 + " ", "hello" + " " * 60, "a" * 70, "yel" * 30 + "\n" * 9):
        require_same(tokenizer, prompt, in_order(tokenizer))
    canonical = as_read(tokenizer, "hello" * 12)[1]
    first = next(prompts.tails(tokenizer, "hello" * 12, canonical, 1))
    assert len(first.text) == prompts._FEW


def test_where_a_continuation_changes_more_than_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digits in groups from the right: one digit more moves all groups before it."""
    pattern = r"\d{1,3}(?=(?:\d{3})*(?!\d))|[^\d]+"
    tokenizer = load_one(byte_level(pattern=pattern, size=700))
    tokens = in_order(tokenizer)
    monkeypatch.setattr(prompts, "WINDOWS", (24, 40))
    for size in range(49, 90):
        require_same(tokenizer, ("1234567890" * 9)[:size], tokens)
    monkeypatch.setattr(module, "_MOST", 80)
    with pytest.raises(TokscopeError, match="give only the end of the prompt"):
        covers(tokenizer, ("1234567890" * 9)[:83])


def test_all_of_a_prompt_counts_where_digits_are_counted_from_the_first_one() -> None:
    tokenizer = load_one(byte_level(pattern=r"\p{N}{1,3}|\P{N}+"))
    require_same(tokenizer, "1" * 300, in_order(tokenizer))


@pytest.mark.parametrize(
    ("name", "prompt", "count"),
    [("german-unigram.spm.model", "l" * 257, 311), ("german-unigram-30k.json", "." * 300, 124)],
)
def test_all_of_a_prompt_counts_where_rounding_decides(
    data: Path, name: str, prompt: str, count: int
) -> None:
    """The numbers are those of brute force."""
    assert len(all_of(covers(published.load(data / "tokenizers" / name), prompt))) == count


def test_the_end_of_a_word_that_is_too_long_is_enough() -> None:
    """WordPiece takes words of over 100 characters for unknown, whatever stands before them."""
    tokenizer = tokenizer_of("bert.json")
    tokens = in_order(tokenizer)
    for prompt in (
        "he" * 60,
        "hello " + "l" * 101,
        "l" * 99,
        "l" * 100,
        "he!" + "l" * 120,
        "中" * 120,
    ):
        require_same(tokenizer, prompt, tokens)
    (only,) = prompts.tails(tokenizer, "x " + "hello" * 60, np.arange(3), 1)
    assert (len(only.text), only.settled) == (101, 2)


def test_a_few_tokens_of_a_long_word_are_enough() -> None:
    """In WordPiece, as long as no token makes a word of over 40 characters of it."""
    pieces = ("[UNK]", "a", "b", "##a", "##b", "##ab", "##bba")
    model = tokenizers.models.WordPiece(
        {piece: i for i, piece in enumerate(pieces)},
        unk_token="[UNK]",
        max_input_chars_per_word=40,
    )
    tokenizer = load_one(tokenizers.Tokenizer(model))
    tokens, longest = in_order(tokenizer), int(tokenizer.vocabulary.lengths.max())
    for size in range(24, 43):
        word = ("abbab" * 9)[:size]
        require_same(tokenizer, word, tokens)
        first = next(prompts.tails(tokenizer, word, as_read(tokenizer, word)[1], 1))
        assert (len(first.text) < size) == (size + longest <= 40 or size > 41)


def test_every_byte_is_its_own_cover() -> None:
    assert all_of(covers(load("bytes"), "a ")) == {((97, 32), "a ")}


# Published tokenizers

NAMES = {
    "cl100k": "cl100k_base.tiktoken",
    "gpt-2": "gpt-2.json",
    "o200k": "o200k_base.tiktoken",
    "llama3": "llama3.tiktoken",
    "llama": "llama.json",
}


@pytest.mark.parametrize("name", NAMES)
def test_covers_of_published_tokenizers(data: Path, name: str) -> None:
    tokenizer = published.load(data / "tokenizers" / NAMES[name])
    golden = data.parent / "golden" / "capabilities" / "boundary_covers.json"
    for known in json.loads(golden.read_text(encoding="utf-8"))["prompts"]:
        if known["tokenizer"] != name:
            continue
        found = covers(tokenizer, known["prompt"])
        given_up = np.unique(found.given_up, return_counts=True)
        told = {
            "canonical": found.canonical.tolist(),
            "candidates": found.candidates,
            "candidates_not_whole_characters": found.incomplete,
            "covers": len(found),
            "covers_by_tokens_given_up": dict(
                zip(map(str, given_up[0].tolist()), given_up[1].tolist(), strict=True)
            ),
        }
        told |= {"list": sorted(map(found.ids, range(len(found))))} if "list" in known else {}
        assert told == {key: known[key] for key in told}


def merges_of(tokenizer: Tokenizer) -> list[tuple[int, int, int]]:
    """The merges of a `tokenizer.json`, by ids."""
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    model = tokenizer.config["model"]
    ids = model["vocab"]
    return [(ids[left], ids[right], ids[left + right]) for left, right in model["merges"]]


def are_valid(tokenizer: Tokenizer, pairs: list[tuple[int, int]]) -> list[bool]:
    """Whether the model alone gives two tokens for their bytes."""
    vocabulary = tokenizer.vocabulary
    found = all_pieces(tokenizer, [vocabulary[one] + vocabulary[two] for one, two in pairs])
    return [ids == list(pair) for ids, pair in zip(found, pairs, strict=True)]


def test_pairs_that_are_valid_in_gpt2(data: Path) -> None:
    tokenizer = published.load(data / "tokenizers" / "gpt-2.json")
    golden = data.parent / "golden" / "capabilities" / "boundary_valid_pairs.json"
    known = json.loads(golden.read_text(encoding="utf-8"))["pairs"]
    pairs, wanted = [(one, two) for one, two, _ in known], [valid for _, _, valid in known]
    assert are_valid(tokenizer, pairs) == wanted
    assert list(starmap(by_ranks(merges_of(tokenizer)), pairs)) == wanted


@pytest.mark.parametrize("name", ["gpt-2", "german-bpe-50k"])
def test_ranks_and_the_model_agree_on_pairs(data: Path, name: str) -> None:
    """Neighbours decide, which is why an end of a prompt is enough."""
    tokenizer = published.load(data / "tokenizers" / f"{name}.json")
    merges, draw = merges_of(tokenizer), random.Random(name)
    tokens = [whole for _, _, whole in merges]
    pairs = [(draw.choice(tokens), draw.choice(tokens)) for _ in range(4_000)]
    assert are_valid(tokenizer, pairs) == list(starmap(by_ranks(merges), pairs))


@pytest.mark.parametrize("name", ["cl100k", "o200k", "gpt-2"])
def test_how_deep_prompts_are_open(data: Path, name: str) -> None:
    """One token of healing is too little for a quarter of the English prompts."""
    tokenizer = published.load(data / "tokenizers" / NAMES[name])
    golden = data.parent / "golden" / "capabilities" / "boundary_depth.json"
    for known in json.loads(golden.read_text(encoding="utf-8"))["rows"]:
        if known["tokenizer"] != name:
            continue
        path = data / "parallel" / "flores-dev" / f"{known['language']}.txt"
        lines = path.read_text(encoding="utf-8").split("\n")
        draw = random.Random(5)
        told: dict[str, int] = {}
        sizes = []
        for _ in range(60):
            line = lines[draw.randrange(997)]
            end = draw.randrange(8, len(line))
            prompt = line[max(0, end - 30) : end]
            if prompt.endswith(" "):
                told["ends in a space"] = told.get("ends in a space", 0) + 1
                continue
            found = covers(tokenizer, prompt)
            depth = str(len(found.canonical) - found.final)
            told[depth] = told.get(depth, 0) + 1
            sizes.append(len(found))
        assert told == known["tail_tokens_not_final"]
        assert max(sizes) == known["covers_max"]


@given(
    st.sampled_from(sorted(PATTERNS)),
    st.text("aB1'.\u0301中カ \t\n\r\u3000", max_size=80),
    st.sampled_from("aB1'.\u0301中カ\u309b👩"),
    st.lists(st.text("aBs1'. \u0301中カ\n👩", max_size=5), min_size=2, max_size=2),
)
def test_the_character_behind_a_space_decides_how_text_is_cut_before(
    name: str, prompt: str, first: str, rests: list[str]
) -> None:
    """In every published expression: whether there is a cut before the space, and those before."""
    cut = compiled(PATTERNS[name])
    place = len(prompt)
    starts = [
        [one.start() for one in cut.finditer(f"{prompt} {first}{rest}") if one.start() <= place]
        for rest in rests
    ]
    assert starts[0] == starts[1]
    near = f"{prompt} "[-spaced._NEAR :]
    made = [one.start() for one in cut.finditer(f"{near}{first}{rests[0]}")]
    assert (len(near) - 1 in made) == (place in starts[0])


@given(
    st.sampled_from(sorted(PATTERNS)),
    st.lists(st.text("abzAZ19'sſéß中カΩ\u0301.-_\n \0", max_size=6), min_size=2, max_size=9),
)
def test_texts_that_are_cut_alike_are_kept_alike(name: str, rests: list[str]) -> None:
    tokenizer = load_one(byte_level(pattern=PATTERNS[name], size=300))
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    prepare = tokenizer.preparing()
    wanted = [list(prepare(f" {rest}").pieces) == [f" {rest}"] for rest in rests]
    asked = np.arange(len(rests)) % 4 > 0
    kept = spaced._kept(tokenizer, prepare, rests, asked)
    told = asked & (wanted if "\0" not in "".join(rests) else kept & wanted)  # else left to trials
    assert kept.tolist() == told.tolist()


BLANK = (
    "",
    "x =",
    "12",
    "it's",
    "中",
    "👩\u200d",
    "a\t",
    "a\n",
    "a\r\n ",
    "a\u3000",
    "a" + " " * 70,
)


@pytest.mark.parametrize(
    "pattern",
    [
        *(PATTERNS[name] for name in ("gpt2", "cl100k_base", "o200k_base", "deepseek-v3")),
        r"\w+ |\s+|\S",
    ],
)
def test_a_last_space_by_samples(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By published expressions and by others, of which samples tell nothing."""
    monkeypatch.setattr(spaced, "_LEAST", 1)
    monkeypatch.setattr(spaced.spaced, "kept", {})
    tokenizer = load_one(byte_level(pattern=pattern, size=700))
    for before in BLANK:
        require_same(tokenizer, f"{before} ", in_order(tokenizer))


def test_a_last_space_that_is_dropped_and_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words get the mark of a space, whichever white space or none stands before them."""
    monkeypatch.setattr(spaced, "_LEAST", 1)
    monkeypatch.setattr(spaced.spaced, "kept", {})
    made = unigram()
    steps = [tokenizers.pre_tokenizers.WhitespaceSplit(), made.pre_tokenizer]
    made.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(steps)
    tokenizer = load_one(made)
    assert spaced.spaced(tokenizer).cut("hello ").all()
    assert not spaced.spaced(tokenizer).cut("hello").any()
    for before in (*BLANK, "hello", " "):
        require_same(tokenizer, f"{before} ", in_order(tokenizer))


@pytest.mark.parametrize(
    ("normalizer", "wrong"),
    [
        (tokenizers.normalizers.StripAccents(), " e\u0301"),  # which is " e" then
        (tokenizers.normalizers.Strip(left=True, right=False), " 're"),  # alone, it has the space
    ],
)
def test_a_last_space_before_tokens_of_what_a_normalizer_changes(
    normalizer: tokenizers.normalizers.Normalizer, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spaced, "_LEAST", 1)
    monkeypatch.setattr(spaced.spaced, "kept", {})
    parts = tokenizers.pre_tokenizers
    spell = parts.ByteLevel(add_prefix_space=True, use_regex=False)
    config = json.loads(byte_level(normalizer=normalizer).to_str())
    vocabulary = config["model"]["vocab"]
    for text in (" e", " '", wrong):
        vocabulary.setdefault(spell.pre_tokenize_str(text)[0][0], len(vocabulary))
    config["model"]["ignore_merges"] = True
    made = tokenizers.Tokenizer.from_str(json.dumps(config))
    cut = parts.Split(tokenizers.Regex(PATTERNS["gpt2"]), "isolated")
    made.pre_tokenizer = parts.Sequence([cut, spell])
    tokenizer = load_one(made)
    for prompt in ("hello ", "12  "):
        require_same(tokenizer, prompt, in_order(tokenizer))


def test_more_than_the_next_character_may_decide_on_a_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut before a space that one letter follows, and not before one that two follow."""
    monkeypatch.setattr(spaced, "_LEAST", 1)
    monkeypatch.setattr(spaced.spaced, "kept", {})
    merges = [("A", "\u0120"), ("\u0120", "B"), ("\u0120B", "C")]
    pieces = [*"ABC\u0120", *map("".join, merges)]
    made = tokenizers.Tokenizer(
        tokenizers.models.BPE({piece: i for i, piece in enumerate(pieces)}, merges)
    )
    cut = tokenizers.pre_tokenizers.Split(
        tokenizers.Regex(r"\w+ \w\w| ?\w+|\s+"), behavior="isolated"
    )
    steps = [cut, tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    made.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(steps)
    made.decoder = tokenizers.decoders.ByteLevel()
    tokenizer = load_one(made)
    require_same(tokenizer, "A ", in_order(tokenizer))
    assert ((0, 5), "A B") in all_of(covers(tokenizer, "A "))
    assert not [text for _, text in all_of(covers(tokenizer, "A ")) if text == "A BC"]


FILES = [
    "llama3.tiktoken", "llama.json", "german-unigram-30k.json", "bert-base-uncased.json",
    "mistral-v3.spm.model",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_covers_of_random_prompts_are_those_of_brute_force(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One from every other text, in turn by file, and half of them by the fewest words that decide."""
    tokenizer = published.load(data / "tokenizers" / name)
    draw, tokens = random.Random(name), in_order(tokenizer)
    paths = sorted((data / "text").glob("*.txt")) + sorted((data / "code").glob("*.txt"))
    cheap = cycle((prompts._CHEAP, 0))
    for path in paths[FILES.index(name) % 2 :: 2]:
        with path.open(encoding="utf-8") as stream:
            text = stream.read(100_000)
        start = draw.randrange(len(text) - 30)
        prompt = text[start : start + draw.choice((3, 8, 13, 21, 30))].rstrip(" ")
        monkeypatch.setattr(prompts, "_CHEAP", next(cheap))
        require_same(tokenizer, prompt, tokens)
