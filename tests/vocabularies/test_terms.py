"""Terms of lists: by hand, one by one, and as the codes of a classification are cut."""

import math
from pathlib import Path

import pytest

import tokscope
from tests import published
from tests.text.reading import texts
from tests.tokenizers.families import tokenizer_of
from tokscope.counting.tokens import Text
from tokscope.errors import TokscopeError
from tokscope.report import Report
from tokscope.studies.vocab import tables
from tokscope.tokenizers import Tokenizer, load
from tokscope.vocabularies.terms import Codes, by_affix, by_pattern, costs, listed

TERMS = ["E11.9", "Arthritis", "hepatitis B", "hello", "A00", "Z-9", "É1", "x"]


def values(report: Report, by: str) -> dict[tuple[str, str], float]:
    return {(row["name"], row["measure"]): row["value"] for row in report.rows if row["by"] == by}


def test_costs_by_hand() -> None:
    """Every byte is a token, and so is the space before a term."""
    report = tokscope.vocab("bytes", lists={"x": ["ab", "é c"]}, by="terms")
    found = values(report, "terms")
    assert (found["x", "alone"], found["x", "after_a_space"]) == (3, 4)
    assert (found["x", "title"], found["x", "upper"]) == (4, 4)
    assert (found["x", "most"], found["x", "unknown"]) == (5, 0)
    assert values(report, "term") == {("é c", "tokens"): 5, ("ab", "tokens"): 3}
    assert values(report, "retention")["x", "words"] == 2
    assert report.headline == (
        "Of 2 terms of x, 0 % with bytes are one token after a space. There, a term takes 4.00 "
        "tokens with bytes."
    )


def test_codes_are_told_by_letters_and_digits() -> None:
    found = Codes.of(Text(TERMS, "unicode"))
    assert list(found.patterns) == ["A9", "A9.9", "A-9"]
    assert found.numbers.tolist() == [1, -1, -1, -1, 0, 2, 0, -1]
    borders = list(zip(found.terms.tolist(), found.places.tolist(), strict=True))
    assert [place for term, place in borders if term == 0] == [1, 3, 4]
    assert [place for term, place in borders if term == 6] == [2]


def test_codes_by_hand() -> None:
    report = tokscope.vocab("bytes", lists={"x": ["E11.9", "B20.1", "A00", "word"]}, by="terms")
    found = values(report, "code")
    assert (found["A9.9", "codes"], found["A9", "codes"]) == (2, 1)
    assert (found["A9.9", "tokens"], found["A9", "tokens"]) == (6, 4)
    assert found["A9.9", "borders_cut"] == found["A9.9", "by_chance"] == 1
    assert (found["A9.9", "cuts_at_borders"], found["A9", "cuts_at_borders"]) == (3 / 4, 1 / 2)


def test_affixes_by_hand() -> None:
    lists = {"x": ["arthritis", "Hepatitis B", "itis", "hypertension", "hepatitis b"]}
    report = tokscope.vocab(
        "bytes", lists=lists, by="terms", affixes=["itis", "hyper-", "-osis", "ypertension"]
    )
    found = values(report, "affix")
    assert (found["itis", "words"], found["hyper-", "words"], found["-osis", "words"]) == (3, 1, 0)
    assert found["itis", "cut"] == found["itis", "at_affix"] == found["itis", "by_chance"] == 1
    assert found["ypertension", "words"] == 0  # one letter is no stem
    assert math.isnan(found["-osis", "cut"])
    assert "|affix:itis|affix:hyper-|affix:-osis|" in report.signature


def cuts_of(tokenizer: Tokenizer, term: str) -> set[int]:
    """Return the bytes inside of a term before which a token ends, where it follows a space."""
    context = f"0 {term}"
    ends = set((tokenizer.boundaries(context) - 2).tolist())
    starts = {len(term[:i].encode()) for i in range(1, len(term))}
    return ends & starts


@pytest.mark.parametrize(
    "name", ["gpt.json", "llama.json", "lower.json", "bpe.model", "unigram.json", "bert.json"]
)
def test_what_is_counted_is_what_one_finds_one_by_one(name: str) -> None:
    tokenizer = tokenizer_of(name)
    found = listed([tokenizer], {"x": TERMS})
    counts = [len(tokenizer.encode([f"0 {term}"]).ids) for term in TERMS]
    before = len(tokenizer.encode(["0"]).ids)
    told = {row.measure: row.value for _, row in costs(found)}
    assert told["after_a_space"] == pytest.approx(sum(counts) / len(TERMS) - before)
    assert told["alone"] == pytest.approx(
        sum(len(tokenizer.encode([term]).ids) for term in TERMS) / len(TERMS)
    )
    cuts = [cuts_of(tokenizer, term) for term in TERMS]
    code = {row.measure: row.value for _, row in by_pattern(found) if row.name == "A9.9"}
    assert code["borders_cut"] == len(cuts[0] & {1, 3, 4}) / 3
    assert code["by_chance"] == len(cuts[0]) / 4
    words = ["Arthritis", "hepatitis"]
    affix = {row.measure: row.value for _, row in by_affix(found, ["ITIS"])}
    cut = [own for word in words if (own := cuts_of(tokenizer, word))]
    assert (affix["words"], affix["cut"]) == (2, len(cut) / 2)
    if cut:
        assert affix["at_affix"] == sum(5 in own for own in cut) / len(cut)
        assert affix["by_chance"] == sum(map(len, cut)) / (8 * len(cut))


def test_several_lists_are_told_apart() -> None:
    lists = {"x": ["E11.9"], "y": ["A00", "B01"]}
    report = tokscope.vocab(["bytes", "sample:bpe"], lists=lists, by="terms", affixes="zzz")
    assert {name for name, _ in values(report, "code")} == {"x: A9.9", "y: A9"}
    assert {name for name, _ in values(report, "term")} == {"x: E11.9", "y: A00", "y: B01"}
    assert [view.title for view in tables(report, "terms")] == [
        "Terms of a list that are one token",
        "Tokens of a term",
        "Codes, by pattern",
        "Cuts at affixes",
        "Terms with the most tokens",
    ]


def test_what_has_no_effect_is_refused() -> None:
    for message, how in {
        "--by terms is about the terms of lists": {"by": "terms"},
        "--by terms looks at lists alone": {"by": "terms", "lists": {"x": ["a"]}, "corpora": "a"},
        "--affix is about the words of lists": {"affixes": "itis"},
        "--affix '-': write a suffix": {"affixes": "-", "lists": {"x": ["a"]}},
    }.items():
        with pytest.raises(TokscopeError, match=message):
            tokscope.vocab("bytes", **how)  # type: ignore[arg-type]


def test_codes_of_a_classification(data: Path) -> None:
    """A sample of codes and descriptions costs what encoding each of them says."""
    path = str(data / "gold" / "icd10cm-2026-sample.tsv")
    for field in ("code", "description"):
        (terms,) = [texts(path, field)]
        for name in ("gpt-2.json", "cl100k_base.tiktoken", "llama.json", "bert-base-uncased.json"):
            tokenizer = published.load(data / "tokenizers" / name)
            found = {row.measure: row.value for _, row in costs(listed([tokenizer], {"x": terms}))}
            one = len(tokenizer.encode(["a"]).ids)
            spaced = len(tokenizer.encode([f"a {term}" for term in terms]).ids) - one * len(terms)
            assert found["after_a_space"] == pytest.approx(spaced / len(terms), rel=1e-12)
            alone = len(tokenizer.encode(terms).ids)
            assert found["alone"] == pytest.approx(alone / len(terms), rel=1e-12)


def test_a_term_behind_a_token_for_the_space_is_not_one_token() -> None:
    (one,) = listed([load("sample:unigram")], {"x": ["The", "the"]})
    assert one.spaced.counts.tolist() == [2, 1]
    assert one.spaced.held.tolist() == [False, True]
