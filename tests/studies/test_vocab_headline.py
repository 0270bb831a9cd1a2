"""The sentences over what vocabularies hold."""

import pandas as pd
import pytest

import tokscope
from tokscope.studies.vocab import tables
from tokscope.studies.vocab_headline import headline, own_tokens, typical
from tokscope.studies.vocab_tokens import grep
from tokscope.vocabularies.composition import Row

Rows = list[tuple[str, Row]]
LETTERS, BYTE = "letters, one script", "byte"


def holding(name: str, ids: int, *, kind: dict[str, float], script: dict[str, float]) -> Rows:
    rows = [Row("total", "all", "ids", ids, "tokens")]
    rows += [Row("kind", entry, "share", share, "share") for entry, share in kind.items()]
    rows += [Row("script", entry, "share", share, "share") for entry, share in script.items()]
    return [(name, row) for row in rows]


A = holding("a", 100, kind={LETTERS: 0.7, "number": 0.2, BYTE: 0.1}, script={"Latin": 0.5, "Common": 0.3, "Greek": 0.2})  # fmt: skip
B = holding("b", 100, kind={LETTERS: 0.7, "number": 0.1, BYTE: 0.2}, script={"Latin": 0.2, "Common": 0.3, "Greek": 0.5})  # fmt: skip
C = holding("c", 1200, kind={LETTERS: 0.705, "number": 0.2, BYTE: 0.095}, script={"Latin": 0.5, "Greek": 0.2})  # fmt: skip
BYTES = holding("bytes", 256, kind={BYTE: 1.0}, script={"none": 0.5, "Latin": 0.2, "Common": 0.3})
EMPTY = holding("e", 0, kind={BYTE: float("nan")}, script={})


def overlap(one: str, other: str, common: float, jaccard: float) -> Rows:
    return [
        (one, Row("overlap", other, "common", common, "tokens")),
        (one, Row("overlap", other, "jaccard", jaccard, "share")),
    ]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (A, "a has 100 tokens. Most of them are letters of one script (70 %), then numbers (20 %). "
            "Latin is the largest script (50 %), then Greek (20 %)."),
        (A + BYTES, "a has 100 tokens. Most of them are letters of one script (70 %), then numbers "
                    "(20 %). Latin is the largest script (50 %), then Greek (20 %)."),
        (BYTES, "bytes has 256 tokens. All of them are single bytes."),
        (EMPTY, "e has 0 tokens. No token has letters of a script."),
        (A + B + overlap("a", "b", 50, 1 / 3),
         "a and b have 100 tokens each; they share 50, 33 % of all tokens that either has. "
         "The largest difference is in Latin: 50 % of the tokens of a, 20 % of b."),
        (A + C + overlap("a", "c", 0, 0.0),
         "a has 100 tokens and c 1,200; none is shared. "
         "No kind or script differs by 1 % of the tokens or more."),
        (A + B + C + overlap("a", "b", 50, 1 / 3) + overlap("b", "c", 2, 0.01),
         "The 3 vocabularies have from 100 tokens (a) to 1,200 (c); a and b share the most: 50, 33 "
         "% of all tokens that either has. The largest difference is in Latin: 50 % of the tokens of c, 20 % of b."),
        (A + [("a2", row) for _, row in A] + overlap("a", "a2", 100, 1.0),
         "a and a2 have 100 tokens each; all of them are the same, whatever their ids. "
         "No kind or script differs by 1 % of the tokens or more."),
    ],
)  # fmt: skip
def test_what_vocabularies_hold(rows: Rows, sentence: str) -> None:
    assert headline(rows, "", ["bytes"]) == sentence


def test_a_part_is_told_alone() -> None:
    assert headline(A, "script") == (
        "a has 100 tokens. Latin is the largest script (50 %), then Greek (20 %)."
    )
    assert headline(A + B, "kind") == (
        "a and b have 100 tokens each. The largest difference is in numbers: 20 % of the tokens of "
        "a, 10 % of b."
    )
    level = holding("a", 2, kind={"number": 0.5, LETTERS: 0.5}, script={"Thai": 0.5, "Lao": 0.5})
    assert headline(level, "kind") == (
        "a has 2 tokens. The largest part of them are numbers (50 %), then letters of one script "
        "(50 %)."
    )
    assert headline(level, "script") == (
        "a has 2 tokens. Thai and Lao are the largest scripts (50 % each)."
    )


def test_lengths() -> None:
    def long(name: str, middle: float, longest: float) -> Rows:
        return [
            (name, Row("total", "all", "median_bytes", middle, "bytes")),
            (name, Row("total", "all", "longest_bytes", longest, "bytes")),
        ]

    assert headline(long("a", 3.5, 17) + long("b", float("nan"), 0), "length") == (
        "Half of the tokens have at most 3.5 bytes in a (the longest 17). No token of b has bytes."
    )
    assert headline(long("a", 6, 17) + long("b", 1, 1) + long("c", 6, 1200), "length") == (
        "Half of the tokens have at most 6 bytes in a (the longest 17) and c (the longest 1,200); "
        "at most 1 byte in b (the longest 1)."
    )


def seen(name: str, shares: dict[str, float], never: float, whole: dict[str, float]) -> Rows:
    rows = [Row("language", text, "share", share, "share") for text, share in shares.items()]
    rows += [Row("language", text, "tokens", 10 * share, "") for text, share in shares.items()]
    rows.append(Row("language", "(never seen)", "tokens", never, "tokens"))
    rows += [Row("completeness", text, "alphabet_used", s, "share") for text, s in whole.items()]
    return [(name, row) for row in rows]


NAN = float("nan")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (seen("a", {"en": 0.6, "ja": 0.4}, 5, {"en": 1.0, "ja": 0.25}),
         "Of the tokens of a that are in the text, the largest share belongs to en (60 %). "
         "Letters are most often cut into several tokens in ja (75 %)."),
        (seen("a", {"en": 0.5, "ja": 0.5}, 90, {"en": 1.0, "ja": 1.0}),
         "All languages have equal shares of the tokens of a; the text shows only 10 % of a. "
         "Every letter of the text is inside one token."),
        (seen("a", {"en": 1.0}, 5, {"en": NAN}),
         "Cannot tell for which languages: there is only one text."),
        (seen("a", {"en": NAN, "ja": NAN}, 5, {}),
         "Cannot tell for which languages: no token was seen in the text."),
        (seen("a", {"en": 0.4, "fr": 0.4, "ja": 0.2}, 0, {"en": 0.5, "ja": 0.0, "fr": 0.0}),
         "Of the tokens of a that are in the text, the largest share belongs to en and fr (40 % "
         "each). Letters are most often cut into several tokens in ja and fr (100 % each)."),
        (seen("a", {"en": 0.6, "ja": 0.4}, 0, {"ja": 0.5})
         + seen("b", {"en": 0.9, "ja": 0.1}, 0, {"ja": 0.2}),
         "Of the tokens that are in the text, the largest share belongs to en: 60 % with a and "
         "90 % with b. Letters are most often cut into several tokens in ja: 50 % with a and 80 % "
         "with b."),
        (seen("a", {"en": 0.6, "ja": 0.4}, 0, {"ja": 0.5})
         + seen("b", {"en": 0.1, "ja": 0.9}, 0, {"ja": 1.0}),
         "Of the tokens that are in the text, the largest share belongs to en (60 %) with a and ja "
         "(90 %) with b. Letters are most often cut into several tokens in ja (50 %) with a."),
    ],
)  # fmt: skip
def test_whose_the_tokens_are(rows: Rows, sentence: str) -> None:
    assert headline(rows, "language") == sentence


def test_words_of_lists() -> None:
    def of(entry: str, share: float) -> Rows:
        words = ("a", Row("retention", entry, "words", 4.0, "words"))
        return [words, ("a", Row("retention", entry, "after_a_space", share, "share"))]

    assert (
        headline(of("en", 0.75), "language")
        == "Of 4 terms of en, 75 % with a are one token after a space."
    )
    assert headline(A + of("en", 0.75), "").startswith("Of 4 terms of en, 75 %")
    assert headline(of("en", 0.75) + of("ja", 0.0), "language") == (
        "Terms of lists that are one token after a space: from 0 % of ja with a to 75 % of en "
        "with a."
    )


def test_lists_of_tokens() -> None:
    none = pd.DataFrame({"kind": [], "script": [], "probability": []})
    some = pd.DataFrame({"kind": [LETTERS] * 2, "script": ["Thai"] * 2, "probability": [1, 0.5]})
    assert own_tokens(some, "a", 4, ["b"]) == (
        "2 of 4 tokens of a are not in b. Largest kind: letters of one script (100 %); largest "
        "script: Thai (100 %)."
    )
    assert own_tokens(none, "a", 4, ["b", "c"]) == "a has no token that is not in any of b and c."
    assert typical({"a": some}, "th", 2) == (
        "The text of th has 2 different tokens of a (1 in no other text)."
    )
    assert typical({"a": some}, "th", 1) == (
        "The text of th has 2 different tokens of a. Cannot tell which are typical: there is no other text."
    )
    assert typical({"a": none}, "th", 2) == "No token was seen in the text of th."
    assert grep(["bytes"], "^the").headline == ("No token of bytes matches.")


def test_details_show_what_names_mean_and_every_part() -> None:
    report = tokscope.vocab(["sample:bpe"])
    brief, full = tables(report), tables(report, details=True)
    assert [view.title.split(":")[0] for view in brief] == [
        "Vocabularies", "Kinds of tokens", "Scripts, the largest",
    ]  # fmt: skip
    assert len(full) == len(brief) + 1
    assert set(report.details) <= set(full[-1].notes)
    assert brief[0].headline == full[0].headline == report.headline
