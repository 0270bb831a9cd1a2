"""What is cut and merged is what the tokenizer itself does."""

from __future__ import annotations

import base64
import io
import json
from itertools import chain
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenizers.families import FAMILIES, TEXT, byte_level, tokenizer_of
from tokscope.errors import TokscopeError
from tokscope.tokenizers import Tokenizer, load
from tokscope.tokenizers.merges import SPACE, Merges, learned
from tokscope.tokenizers.pipeline import Pipeline, cut_at_spaces, pipeline_of

# families that find added tokens before anything is merged, or look pretokens up whole
UNMERGED = {"added.json", "nfkc.json", "strip.json", "whole.json"}
REFUSED = {
    "bert.json": "bert: WordPiece keeps no merges",
    "bert.gguf": "bert: WordPiece keeps no merges",
    "vocab.txt": "WordPiece keeps no merges",
    "unigram.json": "unigram: Unigram keeps the pieces that explain its text best",
    "unigram.model": "unigram: a SentencePiece Unigram model merges nothing",
    "nfkc.model": "nfkc: a SentencePiece Unigram model merges nothing",
    "words.json": "words: a vocabulary of whole words, without merges",
}
MERGING = [name for name in FAMILIES if name not in REFUSED]


def merged(pretoken: bytes, merges: Merges) -> list[bytes]:
    """Do one merge after the other, all over the pretoken: slow, and obviously right."""
    parts = [pretoken[i : i + 1] for i in range(len(pretoken))]
    if not merges.bytewise:
        parts = [char.encode() for char in pretoken.decode()]
    for pair in merges.pairs:
        at = 0
        while pair and at < len(parts) - 1:
            if (parts[at], parts[at + 1]) == pair:
                parts[at : at + 2] = [b"".join(pair)]
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


@given(st.text("helo wrd\n12é日", max_size=20))
@pytest.mark.parametrize(
    "name", ["gpt.json", "gaps.json", "llama.json", "bpe.model", "tekken.json"]
)
def test_so_it_gives_them_for_any_text(name: str, text: str) -> None:
    assert remade(tokenizer_of(name), text) == tokens(tokenizer_of(name), text)


def test_the_sample_has_its_merges() -> None:
    pipeline = pipeline_of(load("sample:bpe"))
    assert isinstance(pipeline, Pipeline)
    assert len(pipeline.merges) == 3743
    assert remade(load("sample:bpe"), TEXT[0]) == tokens(load("sample:bpe"), TEXT[0])


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_merges_says_why(name: str) -> None:
    with pytest.raises(TokscopeError, match=REFUSED[name]) as caught:
        pipeline_of(tokenizer_of(name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("bytes", "bytes: a baseline that has learned nothing"),
        ("characters", "characters: a baseline that has learned nothing"),
        ("sample:unigram", "a SentencePiece Unigram model merges nothing"),
        ("sample:wordpiece", "WordPiece keeps no merges"),
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
    with pytest.raises(TokscopeError, match=r": its vocabulary holds no merge$"):
        pipeline_of(changed(tmp_path, merges=[]))


def test_marks_of_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TokscopeError, match=r": its merges hold marks of where words end"):
        pipeline_of(changed(tmp_path, end_of_word_suffix="</w>"))


def test_ranks_without_merges_are_refused(tmp_path: Path) -> None:
    lines = (base64.b64encode(bytes([i])) + b" %d\n" % i for i in range(256))
    (tmp_path / "bytes.tiktoken").write_bytes(b"".join(lines))
    with pytest.raises(TokscopeError, match=r"^bytes: its vocabulary holds no merge$"):
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
