"""Scripts against `regex`, one character at a time, and runs of them against sets."""

import sys
from functools import cache

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tokscope.text.scripts import NAMES, SCRIPTS, UNKNOWN, own_scripts, run_scripts
from tokscope.text.words import codes

# letters of several scripts, and signs and marks that are used with some of them or with all
CHARS = "aéяΩשعक世のカーー々।。、.1 १১\u0301\u093e\u1cd1\u0640\u3099\ue000𑄃ㄅ가"
BY_REGEX = {name: (regex.compile(rf"\p{{sc={name}}}"), regex.compile(rf"\p{{scx={name}}}")) for name in SCRIPTS}  # fmt: skip


def script(*texts: str) -> list[str]:
    starts = np.cumsum([0, *map(len, texts)])[:-1]
    return [NAMES[i] for i in run_scripts(codes("".join(texts)), starts)]


def by_sets(text: str) -> str:
    """The rule written out with sets."""
    own = {c: next(n for n in SCRIPTS if BY_REGEX[n][0].match(c)) for c in text}
    used = {c: {n for n in SCRIPTS if BY_REGEX[n][1].match(c)} or {"Unknown"} for c in text}
    explicit = [c for c in text if own[c] not in ("Common", "Inherited")]
    if len({own[c] for c in explicit}) == 1:
        return own[explicit[0]].replace("_", " ")
    shared = set.intersection(*(used[c] for c in explicit or text))
    if len(shared) == 1:
        (name,) = shared
        return "Common" if name == "Inherited" else name.replace("_", " ")
    return "Mixed" if explicit else "Common"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the", "Latin"), (" привет!", "Cyrillic"), ("日本", "Han"), ("日本の", "Mixed"),
        ("カー", "Katakana"), ("はー", "Hiragana"), ("ー", "Common"), ("।", "Common"), ("क।", "Devanagari"),
        ("e\u0301", "Latin"), ("Ա\u0301", "Armenian"), ("\u0301", "Common"), ("12", "Common"),
        ("১", "Bengali"), ("𑄃১", "Chakma"), ("\u1cd1", "Devanagari"), ("aя", "Mixed"), ("\ue000", "Unknown"),
    ],
)  # fmt: skip
def test_the_script_of_a_run(text: str, expected: str) -> None:
    """Chakma is written with Bengali digits; the danda belongs to a dozen scripts."""
    assert script(text) == [expected]


@given(st.lists(st.text(CHARS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_runs_are_independent_and_follow_the_rule(texts: list[str]) -> None:
    assert script(*texts) == [by_sets(text) for text in texts]


@given(st.text(CHARS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(text: str, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = "".join(random.sample(text, len(text)))
    assert script(text) == script(shuffled) == script(text + shuffled)


def test_every_assigned_code_point_has_a_script() -> None:
    """A script that a newer `regex` brings, and that is not listed, would show here."""
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))
    own = own_scripts(codes(text))
    unknown = np.zeros(len(text), bool)
    for match in regex.finditer(r"\p{Script=Unknown}+", text):
        unknown[match.start() : match.end()] = True
    assert np.array_equal(own == UNKNOWN, unknown)


@given(st.characters(exclude_categories=["Cs"]))
def test_the_script_of_a_character_is_that_of_regex(char: str) -> None:
    (number,) = own_scripts(codes(char))
    assert regex.match(rf"\p{{Script={SCRIPTS[number]}}}", char)


@cache
def all_characters() -> tuple[str, NDArray[np.integer]]:
    """Return every character, and the script of each."""
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))
    return text, own_scripts(codes(text))


@pytest.mark.parametrize("name", ["Common", "Inherited", "Latin", "Han", "Yi"])
def test_one_pass_finds_what_an_expression_for_one_script_finds(name: str) -> None:
    text, own = all_characters()
    is_own = own == SCRIPTS.index(name)
    found = [match.span() for match in regex.finditer(rf"\p{{Script={name}}}+", text)]
    at = np.flatnonzero(np.diff(is_own, prepend=False, append=False)).tolist()
    assert found == [*zip(at[::2], at[1::2], strict=True)]
