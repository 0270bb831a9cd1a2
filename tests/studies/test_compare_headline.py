"""The sentence over a comparison: what it says, and where the honest answer is that nothing can be said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tokscope
from tokscope.counting.alignment import Doubt
from tokscope.counting.catalog import MEASURES
from tokscope.studies.compare_headline import headline
from tokscope.studies.compare_rows import Row
from tokscope.studies.compare_standings import Standings

Write = Callable[[str, str | bytes], Path]


def made(
    tokens: Sequence[Sequence[int]],
    *,
    baseline: Sequence[int] = (),
    unread: Sequence[tuple[int, int]] = (),
    spread: float = 0,
    sizes: Sequence[int] = (),
) -> Standings:
    """Corpora en, hi, ru, ...; tokenizers a, b, c, ...; `spread` draws totals up and down."""
    table = np.array(tokens)
    count, width = table.shape
    names = ["en", "hi", "ru", "de", "th"][:count]
    if count > 1:
        table = np.vstack((table, table.sum(axis=0)))
        names += ["all"]
    lost = np.zeros(table.shape, bool)
    for place in unread:
        lost[place] = lost[-1, place[1]] = True
    factors = np.linspace(1 - spread, 1 + spread, 41) if spread else np.zeros(0)
    # the tokenizers after the first are drawn the other way round, so that ratios vary
    drawn = np.stack(
        [table[:, k, None] * (factors if k == 0 else factors[::-1]) for k in range(width)], axis=1
    )
    return Standings(
        list("abcdefgh"[:width]), names, table, drawn, table[:, 0] * 4,
        np.where(lost, 0.3, 0.0), lost, [k in baseline for k in range(width)],
        list(sizes or [100] * width), 0,
    )  # fmt: skip


def said(standing: Standings, *measures: str, **prices: float) -> str:
    return headline(standing, measures or ("tokens",), [], prices)


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ([[100, 50]], "b needs the fewest tokens: 50 % fewer than a."),
        ([[100, 50], [100, 40]], "b needs the fewest tokens: 55 % fewer than a (most of it in hi)."),
        ([[90, 60], [90, 60]], "b needs the fewest tokens in every corpus: 33 % fewer than a."),
        ([[90, 60, 120]], "b needs the fewest tokens: 33 % fewer than a and 50 % fewer than c."),
        (
            [[100, 101], [100, 40]],
            "b needs the fewest tokens: 30 % fewer than a (most of it in hi), "
            "though a needs fewer in en.",
        ),
        (
            [[90, 60, 100, 110, 120]],
            "b needs the fewest tokens: 33 % fewer than a and 50 % fewer than e.",
        ),
        ([[60, 60]], "No difference in tokens: a and b need 60 each."),
        ([[60, 60, 80]], "a and b need the fewest tokens, 60 each; c needs 33 % more."),
        ([[50, 60], [60, 50]], "a and b need 110 tokens each, but differ by corpus."),
        ([[1_000_000, 999_999]], "b needs the fewest tokens: less than 0.01 % fewer than a."),
        ([[60]], "a needs 60 tokens for 240 bytes, 4.00 bytes per token."),
    ],
)  # fmt: skip
def test_who_needs_the_fewest_tokens(tokens: list[list[int]], sentence: str) -> None:
    assert said(made(tokens)) == sentence


def test_intervals_that_hold_no_difference_say_so() -> None:
    """Ratios from 0.9 / 1.1 to 1.1 / 0.9 hold 1, so 2 % may be chance; 50 % is not."""
    assert said(made([[100, 98]], spread=0.1)) == "No difference in tokens is seen between b and a."
    assert said(made([[100, 50]], spread=0.1)) == "b needs the fewest tokens: 50 % fewer than a."
    three = said(made([[100, 98, 200]], spread=0.1))
    assert three.startswith("No difference in tokens is seen between b and a; c needs ")
    by_corpus = said(made([[100, 98], [100, 40]], spread=0.1))
    assert "in every corpus" not in by_corpus  # in en it may be chance


def test_baselines_never_win() -> None:
    assert said(made([[100, 60, 40]], baseline=[2])) == (
        "b needs the fewest tokens: 40 % fewer than a."
    )
    assert said(made([[100, 40]], baseline=[1])).startswith("a needs 100 tokens for 400 bytes")
    assert said(made([[100, 40]], baseline=[0, 1])) == (
        "a needs 100 tokens and b needs 40 tokens: only baselines, so there is nothing to rank."
    )


def test_a_tokenizer_that_cannot_read_the_text_is_not_cheap() -> None:
    assert said(made([[100, 60], [100, 5]], unread=[(1, 1)])) == (
        "Cannot tell which needs the fewest tokens: only a reads all of the text; "
        "b cannot read all of hi (30 % of its tokens are unknown)."
    )
    assert said(made([[100, 60, 5]], unread=[(0, 2)])) == (
        "b needs the fewest tokens: 40 % fewer than a. Not compared: c cannot read all of the text "
        "(30 % of its tokens are unknown)."
    )
    assert said(made([[100], [60]], unread=[(1, 0)])) == (
        "Cannot tell what the text costs: a cannot read all of hi (30 % of its tokens are unknown)."
    )
    none = said(made([[10, 5]], unread=[(0, 0), (0, 1)]))
    assert none.startswith("Cannot tell which needs the fewest tokens: a cannot read")


def test_text_that_is_dropped_in_silence_is_found(write: Write) -> None:
    """Without an unknown token, a byte-level vocabulary that lacks bytes loses them."""
    import tokenizers

    mute = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={"a": 0, "b": 1}, merges=[]))
    mine = write("mute.json", mute.to_str())
    text = write("x.txt", "ab\nцццц ab\n")
    for measures in ((), ("tokens",)):
        report = tokscope.compare([str(mine), "sample:bpe"], str(text), measures=measures)
        assert ("mute cannot read all of the text and drops text" in report.headline) == (
            not measures
        )
    report = tokscope.compare([str(mine), "sample:bpe"], str(write("y.txt", "цц\n")))
    assert "only sample-bpe reads all of the text" in report.headline


# Money


def test_the_cheapest_in_money_need_not_have_the_fewest_tokens() -> None:
    assert said(made([[100, 50]]), a=1.0, b=4.0) == (
        "a is the cheapest, 0.00010 in all: 50 % less than b. "
        "b needs the fewest tokens: 50 % fewer than a."
    )
    assert said(made([[100, 50]]), a=1.0, b=2.0).startswith("a and b cost the same, 0.00010.")
    assert said(made([[100, 50]]), b=2.0).startswith("b costs 0.00010 for this text.")
    chance = said(made([[100, 98]], spread=0.1), a=1.0, b=1.0)
    assert chance.startswith("No difference in cost is seen between b and a")


def test_where_another_costs_less() -> None:
    """At 1 and 2 per million: 200 and 160 in hi, 100 and 240 in en; a has 300, b 400 millionths."""
    assert said(made([[100, 120], [200, 80]]), a=1.0, b=2.0).startswith(
        "a is the cheapest, 0.00030 in all: 25 % less than b (most of it in en), though b costs "
        "less in hi. "
    )
    in_every = said(made([[90, 60], [90, 60]]), a=1.0, b=1.0)
    assert in_every.startswith("b is the cheapest in every corpus, 0.00012 in all: 33 % less than")
    same = said(made([[60, 60, 80]]), a=1.0, b=1.0, c=1.0)
    assert same.startswith("a and b cost the same, 0.000060; c costs 33 % more.")


def test_a_baseline_is_never_praised_for_its_price() -> None:
    three = said(made([[100, 50, 10]], baseline=[2]), a=1.0, b=1.0, c=0.01)
    assert three.startswith("b is the cheapest, 0.000050 in all: 50 % less than a.")
    two = said(made([[100, 10]], baseline=[1]), a=1.0, b=0.01)
    assert two.startswith("a costs 0.00010 for this text. a needs 100 tokens")
    alone = said(made([[100, 10]], baseline=[1]), b=1.0)
    assert alone.startswith("b costs 0.000010 for this text. a needs 100 tokens")


def test_a_price_of_nothing_is_the_cheapest() -> None:
    free = said(made([[100, 50]]), a=0.0, b=2.0)
    assert free.startswith("a is the cheapest, 0.00 in all: 100 % less than b.")
    assert said(made([[100, 50]]), a=0.0, b=0.0).startswith("a and b cost the same, 0.00.")


# Fairness


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ([100, 100, 140], "a is fair: the other corpora need 1.0 to 1.4 times the tokens of en."),
        ([100, 140], "a is fair: hi needs 1.4 times the tokens of en."),
        ([100, 140, 140], "a is fair: the other corpora need 1.4 times the tokens of en."),
        ([100, 270, 120, 110, 110], "a is fair but for hi (2.7 times the tokens of en)."),
        (
            [100, 270, 160, 110, 110],
            "a is fair but for hi (2.7 times the tokens of en) and ru (1.6).",
        ),
        ([100, 270, 160], "a is not fair to hi (2.7 times the tokens of en) and ru (1.6)."),
        ([100, 50, 110, 100], "a is fair but for hi (0.5 times the tokens of en)."),
        (
            [100, 270, 160, 300, 310],
            "a is not fair: all 4 other corpora need more than 1.5 times the tokens of en, most of all "
            "th (3.1), de (3.0) and hi (2.7).",
        ),
        (
            [100, 40, 160, 300, 310],
            "a is not fair: all 4 other corpora need more than 1.5 or less than 1/1.5 times the "
            "tokens of en, most of all th (3.1), de (3.0) and hi (0.4).",
        ),
        (
            [100, 40, 50, 60, 30],
            "a is not fair: all 4 other corpora need less than 1/1.5 times the tokens of en, most of all "
            "th (0.3), hi (0.4) and ru (0.5).",
        ),
        ([0, 0, 0], ""),
    ],
)
def test_what_one_tokenizer_does_to_languages(column: list[int], sentence: str) -> None:
    assert said(made([[n] for n in column]), "premium") == sentence


def test_a_premium_whose_interval_holds_the_limit_is_not_judged() -> None:
    spread = made([[100], [150], [100], [100], [100]], spread=0.1)
    drawn = spread.drawn.copy()
    drawn[0] = 100  # else the two would vary together
    spread = Standings(**{**vars(spread), "drawn": drawn})
    assert said(spread, "premium").endswith("for hi the text is too short to tell.")


def test_the_worst_language_of_each_tokenizer() -> None:
    assert said(made([[100, 100], [270, 160], [160, 140]]), "premium") == (
        "The worst corpus (hi) needs 1.6 times the tokens of en with b and 2.7 with a."
    )
    assert said(made([[100, 100], [270, 160], [160, 170]]), "premium") == (
        "The worst corpus needs 1.7 times the tokens of en with b (ru) and 2.7 with a (hi)."
    )
    assert said(made([[100, 100], [270, 160]]), "premium") == (
        "hi needs 1.6 times the tokens of en with b and 2.7 with a."
    )
    assert said(made([[100, 100], [120, 110]]), "premium") == (
        "No corpus needs more than 1.2 times the tokens of en."
    )
    assert said(made([[100, 100], [120, 50]]), "premium") == (
        "No corpus needs more than 1.2 times the tokens of en, but en needs 2.0 times the tokens "
        "of hi with b."
    )
    assert said(made([[100, 50], [270, 135]]), "premium") == (
        "hi needs 2.7 times the tokens of en with both."
    )
    assert said(made([[100, 50, 10], [270, 135, 27]]), "premium") == (
        "hi needs 2.7 times the tokens of en with all 3."
    )
    many = said(made([[100] * 4, [200, 300, 400, 500]]), "premium")
    assert many == "hi needs from 2.0 times the tokens of en with a to 5.0 with d."


def test_lines_that_do_not_look_like_translations_are_not_judged() -> None:
    """hi is left out of what is said; the others are judged as before."""
    hi = Doubt("hi", 0.02, 0.817)
    doubt = (
        "Cannot tell how fair this is to hi: its lines do not look like translations of those of "
        "en, as their lengths have a correlation of 0.02, where translations have about 0.82."
    )

    def unlike(tokens: Sequence[Sequence[int]], *doubts: Doubt) -> str:
        return said(replace(made(tokens), unlike=doubts), "premium")

    assert unlike([[100], [100]], hi) == doubt
    assert unlike([[100, 90], [100, 400]], hi) == doubt
    assert said(replace(made([[100, 90], [100, 400]]), unlike=[hi]), "gini") == doubt
    assert said(replace(made([[100], [100]]), unlike=[hi]), "fertility") == ""
    assert unlike([[100], [900], [120]], hi) == (
        f"{doubt} a is fair: ru needs 1.2 times the tokens of en."
    )
    assert unlike([[100, 100], [900, 50], [300, 200]], hi) == (
        f"{doubt} ru needs 2.0 times the tokens of en with b and 3.0 with a."
    )
    assert unlike([[100, 100], [900, 50], [300, 200], [200, 210]], hi) == (
        f"{doubt} The worst of the others needs 2.1 times the tokens of en with b (de) and 3.0 "
        "with a (ru)."
    )
    assert unlike([[100, 100], [900, 50], [120, 110], [120, 110]], hi) == (
        f"{doubt} No other corpus needs more than 1.2 times the tokens of en."
    )
    assert unlike([[100], [200], [300]], hi, Doubt("ru", 0.04, 0.817)) == (
        "Cannot tell how fair this is to hi and ru: their lines do not look like translations of "
        "those of en, as their lengths have a correlation of at most 0.04, where translations have "
        "about 0.82."
    )


def test_shuffled_lines_are_noticed_and_sums_stay(write: Write) -> None:
    """Lines of 1 to 100 words, in order, and in an order that has nothing to do with it."""
    lines = ["one " * n for n in range(1, 101)]
    order = np.random.default_rng(0).permutation(100)
    paths = [
        str(write("en.txt", "\n".join(lines))),
        str(write("hi.txt", "\n".join(lines).upper())),
        str(write("ru.txt", "\n".join(lines[k] for k in order).upper())),
    ]
    report = tokscope.compare("sample:bpe", paths, parallel=True)
    values = {r["corpus"]: r["value"] for r in report.rows if r["measure"] == "premium"}
    assert values["hi"] == values["ru"]  # sums do not see the order
    assert "fair this is to ru: its lines do not look like" in report.headline
    assert any(note.startswith("premiums and gini with ru: right if") for note in report.notes)
    lines_of = tokscope.worst_lines("sample:bpe", paths, parallel=True).headline
    assert lines_of.startswith("Cannot tell which lines cost most in ru: its lines do not look")
    fine = tokscope.compare("sample:bpe", paths[:2], parallel=True)
    assert "translations" not in fine.headline
    assert not any("another order" in note for note in fine.notes)
    apart = tokscope.compare("sample:bpe", paths)  # nobody says that it is parallel
    assert "translations" not in apart.headline


def test_text_that_is_not_parallel_is_never_called_fair(write: Write) -> None:
    paths = [str(write("en.txt", "one two\n")), str(write("de.txt", "eins zwei\n"))]
    report = tokscope.compare(["sample:bpe", "sample:unigram"], tokscope.read_corpora(paths))
    assert "fewest" in report.headline or "No difference" in report.headline
    assert "fair" not in report.headline
    assert "times the tokens" not in report.headline
    alone = tokscope.compare(["sample:bpe"], tokscope.read_corpora(paths)).headline
    assert alone.startswith("sample-bpe needs ")
    assert "fair" not in alone


# Other measures


def row(tokenizer: str, value: float, measure: str, **more: object) -> Row:
    known = MEASURES[measure]
    plain = (tokenizer, "en", measure, value, math.nan, math.nan, known.unit, known.better)
    return Row(*plain)._replace(**more)


def measured(measure: str, *values: float, sizes: Sequence[int] = (100, 200, 300)) -> str:
    standing = made([[10] * len(values)], sizes=sizes[: len(values)])
    rows = [row("abc"[i], value, measure) for i, value in enumerate(values)]
    return headline(standing, (measure,), rows, {})


def test_a_measure_that_is_asked_for_has_its_own_sentence() -> None:
    assert measured("fertility", 2, 1.5) == (
        "b has the lowest fertility (lower is better): 1.5 tokens/word, against 2 tokens/word with a."
    )
    assert measured("round_trip", 0.5, 1) == (
        "b has the highest round_trip (higher is better): 100.0 %, against 50.0 % with a."
    )
    assert measured("fertility", 2, 2) == "No difference in fertility: 2 tokens/word with a and b."
    assert measured("fertility", 2) == "fertility: 2 tokens/word with a."
    assert measured("fertility", math.nan, math.nan) == ""
    assert measured("entropy", 2, 3) == ""


def test_vocabularies_of_different_sizes_are_not_ranked_by_their_use() -> None:
    assert (
        measured("vocabulary_use", 0.5, 0.2) == "vocabulary_use: 50.0 % with a and 20.0 % with b."
    )
    same = measured("vocabulary_use", 0.5, 0.2, sizes=(100, 100))
    assert same.startswith("a has the highest vocabulary_use")


def test_a_verdict_decides_and_else_the_intervals() -> None:
    standing = made([[10, 10, 10]])
    rows = [
        row("a", 2.0, "fertility", low=1.5, high=2.5),
        row("b", 1.9, "fertility", low=1.4, high=2.4, verdict="better"),
        row("c", 3.0, "fertility", low=2.8, high=3.2, verdict="worse"),
    ]
    assert headline(standing, ("fertility",), rows, {}).startswith("b has the lowest fertility")
    rows[1] = rows[1]._replace(verdict="no difference seen")
    assert headline(standing, ("fertility",), rows, {}) == (
        "No difference in fertility is seen between b and a."
    )


def test_the_headline_is_in_the_json_and_on_the_first_table() -> None:
    texts = {"en": ["One."], "de": ["Eins."]}
    report = tokscope.compare(["sample:bpe", "sample:unigram"], texts, parallel=True)
    assert report.view is not None
    views = report.view(report)
    assert report.headline
    assert [view.headline for view in views] == [report.headline, *[""] * (len(views) - 1)]
