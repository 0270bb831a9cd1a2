"""The law of growing: an extended tokenizer only joins tokens of its base, and old ids stay.

Each break of it that people make is planted here, and found.
"""

import json

import numpy as np
import pytest
import tokenizers
from tokenizers import AddedToken, Tokenizer

from tests.tokenizers.families import byte_level
from tokscope.equivalence.made import texts_of
from tokscope.equivalence.nested import Spelled, not_nested, shortest_break
from tokscope.equivalence.two import NESTED, Two
from tokscope.errors import TokscopeError
from tokscope.studies.equiv import equiv
from tokscope.tokenizers import Encoded
from tokscope.tokenizers.given import load_one
from tokscope.tokenizers.vocabulary import Vocabulary

TEXT = ["low lower lowest", "newer newest widest", "Slow wonder."]


@pytest.fixture(scope="module")
def base() -> Tokenizer:
    return byte_level()


def changed(base: Tokenizer, change) -> Tokenizer:
    data = json.loads(base.to_str())
    change(data["model"]["vocab"], data["model"]["merges"])
    return Tokenizer.from_str(json.dumps(data))


def last(merges):
    return "".join(merges[-1])


def appended(vocab, merges) -> None:
    """Join the last token with a letter, behind all merges."""
    merges.append([last(merges), "x"])
    vocab[last(merges)] = len(vocab) + 1


def early(vocab, merges) -> None:
    """Rank a new merge before the old ones that its letters are in."""
    _, right = next((a, b) for a, b in merges if len(a) == len(b) == 1)
    other = next(char for char in "ertn" if right + char not in vocab and char != right)
    vocab[right + other] = max(vocab.values()) + 2
    merges.insert(0, [right, other])


def moved(vocab, merges) -> None:
    """Give the last token another id."""
    vocab[last(merges)] = max(vocab.values()) + 2


def broken(base: Tokenizer, other: Tokenizer) -> list[str]:
    """Which of the texts made to break the law do; code points alone are left out, being many."""
    one, other = load_one({"base": base}), load_one({"grown": other})
    made = dict(texts_of((one, other), 100, 0))
    del made["code points"]
    texts = [text for some in made.values() for text in some]
    return [texts[i] for i in np.flatnonzero(Two((one, other), NESTED).differ(texts)).tolist()]


def run(base, other, texts=TEXT, **options):
    return equiv({"base": base}, {"grown": other}, {"x": texts}, by="nested", **options)


def test_merges_behind_all_others_are_nested(base) -> None:
    other = changed(base, appended)
    assert not broken(base, other)
    report = run(base, other, fuzz=0)
    assert report.passed
    assert report.headline.startswith("Nested as far as tried: grown only joins tokens of base")


@pytest.mark.parametrize("change", [early, moved])
def test_planted_breaks_are_found(base, change) -> None:
    other = changed(base, change)
    texts = broken(base, other)
    assert texts
    report = run(base, other, texts[:5], fuzz=0)
    assert not report.passed
    assert report.headline.startswith("Not nested: grown does more than join tokens of base")


def test_added_tokens_are_found(base) -> None:
    """They are cut out of text before anything else, also inside words."""
    other = Tokenizer.from_str(base.to_str())
    other.add_tokens([AddedToken("west", normalized=False)])
    assert broken(base, other)


def test_the_shortest_break_is_shown() -> None:
    """Of ab|cd|e|fg and abc|d|ef|g, cut alike nowhere but behind d, the second part is shorter."""
    pieces = [b"ab", b"cd", b"e", b"fg", b"abc", b"d", b"ef", b"g"]
    old, new = Vocabulary.of(pieces[:4]), Vocabulary.of(pieces)
    base = Spelled(old, Encoded.of([[0, 1, 2, 3], [0]]))
    grown = Spelled(new, Encoded.of([[4, 5, 6, 7], [0]]))
    assert not_nested(base, grown).tolist() == [True, False]
    first, second = shortest_break(base.unit(0), grown.unit(0))
    assert (first.encoded.ids.tolist(), second.encoded.ids.tolist()) == ([2, 3], [6, 7])


def test_the_way_to_compare_is_one_of_three(base) -> None:
    with pytest.raises(TokscopeError, match="nested"):
        equiv(base, base, by="nest")


def test_wordpiece_is_not_nested_when_a_piece_is_added() -> None:
    """The longest piece comes first, whatever follows: unable is una + ##ble no more."""
    pieces = ["[UNK]", "un", "##able", "una", "##ble"]

    def made(some):
        model = tokenizers.models.WordPiece({p: i for i, p in enumerate(some)}, unk_token="[UNK]")
        made = Tokenizer(model)
        made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        return made

    report = equiv(
        {"base": made(pieces[:3])}, {"grown": made(pieces)}, {"x": ["unable"]}, by="nested", fuzz=0
    )
    assert not report.passed
