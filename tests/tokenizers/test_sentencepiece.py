"""Where tokens of a SentencePiece model end, if some are unknown or text is normalised."""

import io
from functools import cache
from itertools import chain

import numpy as np
import pytest
import sentencepiece
from hypothesis import example, given
from hypothesis import strategies as st

from tests.laws import at_most
from tokscope.tokenizers.normalized import Joined, projected
from tokscope.tokenizers.sentencepiece import SentencePieceTokenizer, of_model

SPACED = {"remove_extra_whitespaces": False}
MODELS: dict[str, dict[str, object]] = {
    "unigram": {},
    "spaced unigram": SPACED | {"add_dummy_prefix": False},
    "suffixed unigram": SPACED | {"treat_whitespace_as_suffix": True},
    "bpe": SPACED | {"normalization_rule_name": "identity"},
    "defined bpe": SPACED | {"user_defined_symbols": ["da ", "½b"]},
    "word": {},
    "spaced word": SPACED,
    "char": SPACED,
}


@cache
def trained(name: str) -> SentencePieceTokenizer:
    """A model of little text, without byte fallback."""
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a bad cab", "a dab  bad", "ab ba da ad"] * 20),
        model_writer=out,
        model_type=name.split()[-1],
        vocab_size=20,
        hard_vocab_limit=False,
        minloglevel=2,
        **MODELS[name],
    )
    return of_model(out.getvalue(), name)


def ends(tokenizer: SentencePieceTokenizer, text: str) -> list[int]:
    """What the pieces of the library and the places that its normaliser tells make of one text."""
    pieces = tokenizer.library.encode(text, out_type=str)
    normal, origins = tokenizer.library.normalize(text, with_offsets=True)
    sizes = np.cumsum([len(piece.encode()) for piece in pieces], dtype=np.int64)
    counts = np.array([len(pieces)])
    return projected(sizes, counts, Joined([normal]), origins, Joined([text])).tolist()


@pytest.mark.parametrize("name", MODELS)
@at_most(10)
@given(batch=st.lists(st.text(st.sampled_from("abcd  ▁½ﬁ€中\u0301\u200b"), max_size=9), max_size=4))
@example(batch=["ab€€a中b", " €a", "½€ ½b½", "€ ", "da b€a c", "", "  €a  b€", "ﬁ€€a€"])
def test_tokens_end_where_the_library_says(name: str, batch: list[str]) -> None:
    tokenizer = trained(name)
    encoded = tokenizer.encode(batch)
    assert encoded.reported
    expected = chain.from_iterable(ends(tokenizer, text) for text in batch)
    assert encoded.reported(np.arange(len(batch))).tolist() == list(expected)
