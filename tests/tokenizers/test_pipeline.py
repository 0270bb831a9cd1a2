"""What is cut and merged is what the tokenizer itself does."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
import sentencepiece
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import at_most
from tests.tokenizers.families import FAMILIES, TEXT, byte_level, tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.bpe import from_alphabet
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer
from tokscope.tokenizers.merges import Merges, learned
from tokscope.tokenizers.pipeline import Pipeline, cut_at_spaces, pipeline_of

# families that find added tokens before anything is merged, or look pretokens up whole
UNMERGED = {"added.json", "nfkc.json", "strip.json", "whole.json"}
SPACE = "▁".encode()
REFUSED = {
    "bert.json": "bert: WordPiece keeps no merges, and its ids are not in the order of training",
    "bert.gguf": "bert: WordPiece keeps no merges, and its ids are not in the order of training",
    "vocab.txt": "WordPiece keeps no merges, and its ids are not in the order of training",
    "unigram.json": "unigram: Unigram keeps the pieces that explain its text best",
    "unigram.model": "unigram: a SentencePiece Unigram model merges nothing",
    "nfkc.model": "nfkc: a SentencePiece Unigram model merges nothing",
    "words.json": "words: a vocabulary of whole words, without merges",
}
MERGING = [name for name in FAMILIES if name not in REFUSED]


def merged(pretoken: bytes, merges: Merges) -> list[bytes]:
    """Do one merge after the other, all over the pretoken: slow, and obviously right."""
    marks = merges.marks
    parts = [pretoken[i : i + 1] for i in range(len(pretoken))]
    if not merges.bytewise:
        parts = [char.encode() for char in pretoken.decode()]
    parts[1:] = [marks.prefix + part for part in parts[1:]]
    parts[-1:] = [part + marks.suffix for part in parts[-1:]]
    for pair in merges.pairs:
        at = 0
        while pair and at < len(parts) - 1:
            if (parts[at], parts[at + 1]) == pair:
                parts[at : at + 2] = [pair[0] + pair[1][len(marks.prefix) :]]
            at += 1
    return parts


def tokens(tokenizer: Tokenizer, text: str) -> list[bytes]:
    vocabulary = tokenizer.vocabulary
    return [vocabulary[i] for i in tokenizer.encode([text]).ids.tolist()]


def remade(tokenizer: Tokenizer, text: str) -> list[bytes]:
    """Return the tokens of a text by its pretokens and merges alone."""
    pipeline = pipeline_of(tokenizer)
    pretokens = [pipeline.spell(word) for word in pipeline.cut([text])]
    found = [part for word in pretokens for part in merged(word, pipeline.merges)]
    if pipeline.merges.bytewise:
        return found
    known = {tokenizer.vocabulary[i] for i in range(len(tokenizer.vocabulary))}
    spaced = [part.replace(SPACE, b" ") for part in found]
    bytewise = [[part] if part in known else [bytes([byte]) for byte in part] for part in spaced]
    return list(chain.from_iterable(bytewise))


@pytest.mark.parametrize("name", [name for name in MERGING if name not in UNMERGED])
def test_merging_the_pretokens_gives_the_tokens(name: str) -> None:
    tokenizer = tokenizer_of(name)
    for text in TEXT:
        assert remade(tokenizer, text) == tokens(tokenizer, text)


@pytest.mark.parametrize("name", sorted(UNMERGED))
def test_so_it_does_where_no_added_token_is_in_the_text(name: str) -> None:
    text = " ".join(TEXT[1].replace("hel", "yel").split())
    assert remade(tokenizer_of(name), text) == tokens(tokenizer_of(name), text)


def marked(*, bytewise: bool, prefix: str = "", suffix: str = "") -> tokenizers.Tokenizer:
    """BPE that marks the beginnings or ends of words, in characters or bytes."""
    told = {"continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
    told = {name: mark for name, mark in told.items() if mark}
    model = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>", **told))
    steps: list[tokenizers.pre_tokenizers.PreTokenizer]
    steps = [tokenizers.pre_tokenizers.WhitespaceSplit()]
    if bytewise:
        steps.append(tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(steps)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400 if bytewise else 200,
        special_tokens=["<unk>"],
        show_progress=False,
        **told,
    )
    model.train_from_iterator(TEXT * 3, trainer)
    return model


MARKED: dict[str, Callable[[], tokenizers.Tokenizer]] = {
    "gpt-1": lambda: marked(bytewise=False, suffix="</w>"),
    "clip": lambda: marked(bytewise=True, suffix="</w>"),
    "prefix": lambda: marked(bytewise=False, prefix="##"),
    "prefix, bytes": lambda: marked(bytewise=True, prefix="##"),
    "both": lambda: marked(bytewise=False, prefix="##", suffix="</w>"),
}


@pytest.mark.parametrize("name", MARKED)
def test_so_it_does_where_words_have_marks(name: str, tmp_path: Path) -> None:
    MARKED[name]().save(str(tmp_path / "t.json"))
    tokenizer = load(str(tmp_path / "t.json"))
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    pipeline = pipeline_of(tokenizer)
    assert len(pipeline.merges) > 50
    assert pipeline.merges.tokens != pipeline.merges.plain
    for text in TEXT:
        pretokens = list(map(pipeline.spell, pipeline.cut([text])))
        found = [part for word in pretokens for part in merged(word, pipeline.merges)]
        pieces = tokenizer.library.encode(text).tokens
        bytewise = pipeline.merges.bytewise
        assert found == [from_alphabet(p) if bytewise else p.encode() for p in pieces]


@at_most(12)
@given(st.text("helo wrd\n12é日", max_size=20))
@pytest.mark.parametrize(
    "name", ["gpt.json", "gaps.json", "llama.json", "bpe.model", "tekken.json"]
)
def test_so_it_gives_them_for_any_text(name: str, text: str) -> None:
    assert remade(tokenizer_of(name), text) == tokens(tokenizer_of(name), text)


def test_the_sample_has_its_merges() -> None:
    tokenizer = load("sample:bpe")
    pipeline = pipeline_of(tokenizer)
    assert isinstance(pipeline, Pipeline)
    assert len(pipeline.merges) == 3743
    assert remade(tokenizer, TEXT[0]) == tokens(tokenizer, TEXT[0])


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_merges_says_why(name: str) -> None:
    with pytest.raises(TokscopeError, match=REFUSED[name]) as caught:
        pipeline_of(tokenizer_of(name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("bytes", "bytes: its kind of tokenizer, bytes, has no merges"),
        ("characters", "characters: its kind of tokenizer, characters, has no merges"),
        ("sample:unigram", "a SentencePiece Unigram model merges nothing"),
    ],
)
def test_so_do_baselines_and_samples(spec: str, message: str) -> None:
    with pytest.raises(TokscopeError, match=message):
        pipeline_of(load(spec))


def test_text_of_characters_is_cut_where_no_token_crosses() -> None:
    def cut(*made: str) -> list[str] | None:
        at = cut_at_spaces(learned([token.encode() for token in made], bytewise=False))
        return at("▁ab▁▁c▁") if at else None

    assert cut("▁a", "ab") == ["▁ab", "▁▁c", "▁"]  # as SentencePiece learns them
    assert cut("b▁", "ab") == ["▁", "ab▁▁", "c▁"]  # with the space behind
    assert cut("▁a", "b▁") is None
    assert cut("a▁b", "ab") is None
    assert cut("▁▁", "ab") == ["▁ab", "▁▁c", "▁"]


def test_a_pipeline_says_whether_lines_were_learned_with_their_ends() -> None:
    assert pipeline_of(tokenizer_of("gpt.json")).line_feeds
    assert not pipeline_of(tokenizer_of("llama.json")).line_feeds
    assert pipeline_of(tokenizer_of("tekken.json")).line_feeds
    assert not pipeline_of(tokenizer_of("bpe.model")).line_feeds


def changed(tmp_path: Path, **model: object) -> Tokenizer:
    """Load gpt.json with something else in its model."""
    data = json.loads(byte_level().to_str())
    data["model"] |= model
    (tmp_path / "t.json").write_text(json.dumps(data))
    return load(str(tmp_path / "t.json"))


def test_a_vocabulary_without_merges_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TokscopeError, match=r": its vocabulary holds no merges$"):
        pipeline_of(changed(tmp_path, merges=[]))


def test_a_vocabulary_in_the_order_of_training_tells_its_merges(tmp_path: Path) -> None:
    """The same from tokenizer.json and vocab.txt: what the trainer merged, by its own list."""
    model = marked(bytewise=False, prefix="##")
    data = json.loads(model.to_str())["model"]
    vocabulary = model.get_vocab()
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="<unk>"))
    made.add_special_tokens(["<unk>"])
    made.save(str(tmp_path / "t.json"))
    pieces = ["[UNK]", *sorted(vocabulary, key=vocabulary.__getitem__)[1:], "[PAD]"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces) + "\n")
    expected = [(left.encode(), right.encode()) for left, right in data["merges"]]
    for spec in (str(tmp_path / "t.json"), f"wordpiece:{tmp_path / 'vocab.txt'}"):
        merges = pipeline_of(load(spec)).merges
        assert merges.pairs == expected
        characters = [piece for piece in pieces if len(piece.removeprefix("##")) == 1]
        assert sorted(merges.alphabet) == sorted(piece.encode() for piece in characters)


@pytest.mark.parametrize("name", ["llama.json", "scored.gguf", "bpe.model", "sample:wordpiece"])
def test_characters_in_no_merge_are_in_the_alphabet(name: str) -> None:
    tokenizer = load(name) if name.startswith("sample:") else tokenizer_of(name)
    merges = pipeline_of(tokenizer).merges
    vocabulary, prefix = tokenizer.vocabulary, merges.marks.prefix
    pieces = (vocabulary[i] for i in range(len(vocabulary)) if i not in vocabulary.fallbacks)
    characters = {p.replace(b" ", SPACE) for p in pieces if len(p.decode()) == 1}
    merged = set("".join(token.decode() for token in merges.plain))
    assert {symbol.removeprefix(prefix) for symbol in merges.alphabet} == characters
    assert len(characters) > len(merged)


def test_ranks_without_merges_are_refused(tmp_path: Path) -> None:
    lines = (base64.b64encode(bytes([i])) + b" %d\n" % i for i in range(256))
    (tmp_path / "bytes.tiktoken").write_bytes(b"".join(lines))
    with pytest.raises(TokscopeError, match=r"^bytes: its vocabulary holds no merges$"):
        pipeline_of(load(f"{tmp_path / 'bytes.tiktoken'}?pattern=gpt2"))


def test_what_users_defined_was_not_learned(tmp_path: Path) -> None:
    """But runs of white space are merged as far as text can tell, by hand."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["the cat and the hat"] * 9),
        model_writer=model,
        model_type="bpe",
        vocab_size=40,
        hard_vocab_limit=False,
        user_defined_symbols=["<tab>", "▁▁", "at"],
        minloglevel=2,
    )
    (tmp_path / "t.model").write_bytes(model.getvalue())
    merges = pipeline_of(load(str(tmp_path / "t.model"))).merges
    assert merges.tokens[0] == "▁▁".encode()
    assert {"▁t".encode(), b"he"} < set(merges.tokens)
    assert list(map(merges.is_manual, range(len(merges)))) == [True] + [False] * (len(merges) - 1)
    assert not {b"<tab>", b"at", b"<s>"} & set(merges.tokens)
