"""What is looked for in all tokens at once is what a look at each of them finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokscope.reach.causes import duplicates
from tokscope.reach.findings import REVIEW, reviewed
from tokscope.tokenizers.vocabulary import Vocabulary

PIECES = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.text("a.:/w\n漢ーカ", max_size=9).map(str.encode),
        st.sampled_from(
            [b"://", b"http:", b"x.com", b".net.", b"aaaaaaaa", b"\xff" * 8, "漢字カナ".encode()]
        ),
    )
)


@given(PIECES)
def test_tokens_for_review_are_those_that_each_expression_finds(pieces: list[bytes]) -> None:
    texts = [piece.decode(errors="replace") for piece in pieces]
    assert dict(reviewed(Vocabulary.of(pieces))) == {
        code: {i for i, text in enumerate(texts) if search.search(text)}
        for code, (_, search) in REVIEW.items()
    }


@given(PIECES)
def test_duplicates_are_the_ids_that_share_their_bytes(pieces: list[bytes]) -> None:
    places = [[i for i, one in enumerate(pieces) if one == own] for own in dict.fromkeys(pieces)]
    expected = [ids for ids in places if len(ids) > 1 and pieces[ids[0]]]
    assert sorted(duplicates(Vocabulary.of(pieces))) == sorted(expected)
