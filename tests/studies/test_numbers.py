"""Numbers under tokenizers with known rules, and under files with traps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

import tokscope
from tests.tokenizers.families import by_pattern, byte_level, old_file, write
from tokscope.errors import TokscopeError
from tokscope.measures.schemes import Scheme, scheme
from tokscope.numerals.cuts import cut, is_number, places
from tokscope.numerals.drawn import LENGTHS, kinds_of_numbers, numbers_of
from tokscope.studies.numbers import number, numbers, tables
from tokscope.studies.numbers_headline import ruled
from tokscope.studies.numbers_rows import PARTS, digit_tokens
from tokscope.tokenizers import load

Saved = Callable[[Tokenizer | str], str]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    def save(tokenizer: Tokenizer | str) -> str:
        path = tmp_path / "made.json"
        path.write_text(tokenizer if isinstance(tokenizer, str) else tokenizer.to_str())
        return str(path)

    return save


def up_to(digits: int) -> list[str]:
    return [f"{n:0{size}d}" for size in range(1, digits + 1) for n in range(10**size)]


def drawn() -> Iterable[str]:
    return (number for digits in LENGTHS for number in numbers_of(digits, 0))


def value(
    frame: pd.DataFrame, by: str, name: str, measure: str, digits: int | None = None
) -> float:
    rows = frame[(frame["by"] == by) & (frame["name"] == name) & (frame["measure"] == measure)]
    rows = rows[[found == digits for found in rows["digits"]]]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


THREES = r"\d{1,3}"
RULES = {
    "single digits": (r"\d", up_to(1)),
    "left-to-right groups of 2": (r"\d{1,2}", up_to(2)),
    "left-to-right groups of 3": (THREES, up_to(3)),
    "right-to-left groups of 3": (r"\d{1,3}(?=(?:\d{3})*(?!\d))", up_to(3)),
    "whole": (r"\d+", drawn()),
    # a number that ends in 5 to 9 is cut into single digits, another into threes
    "mixed: single digits and left-to-right groups of 3": (
        r"\d(?=\d*[5-9](?!\d))|\d{1,3}",
        up_to(3),
    ),
    "unknown": (r"\d+", up_to(0)),
}


@pytest.mark.parametrize("rule", RULES)
def test_known_rules_are_told(saved: Saved, rule: str) -> None:
    frame = numbers([saved(by_pattern(*RULES[rule]))], by="scheme").frame
    row = frame[frame["by"] == "rule"].iloc[0]
    assert row["name"] == rule
    assert row["value"] == pytest.approx(1)
    shares = frame[(frame["by"] == "scheme") & (frame["measure"] == "share")]["value"]
    assert shares.sum() == pytest.approx(1)


def test_the_mixture_is_a_half_of_each(saved: Saved) -> None:
    word = saved(by_pattern(*RULES["mixed: single digits and left-to-right groups of 3"]))
    frame = numbers([word], by="scheme").frame
    assert value(frame, "scheme", "single digits", "fit", 3) == 0.5
    assert value(frame, "partition", "bare", "match_probability", 3) == 0.5
    assert value(frame, "partition", "bare", "entropy", 3) == pytest.approx(1)
    assert value(frame, "partition", "bare", "3", 3) == 0.5
    assert value(frame, "partition", "bare", "tokens", 3) == 2.0


def test_groups_from_the_left_are_a_risk_and_commas_are_the_remedy(saved: Saved) -> None:
    frame = numbers([saved(by_pattern(THREES, up_to(3)))], by="alignment").frame
    assert value(frame, "alignment", "none", "addition_match") == 1
    assert value(frame, "alignment", "none", "addition_mismatch") < 0.1
    assert value(frame, "alignment", "behind the point", "thousands_precision") == 1
    assert value(frame, "alignment", "before the point", "thousands_precision") < 0.5
    for name in ("comma", "underscore", "point", "apostrophe"):
        assert value(frame, "alignment", name, "addition_mismatch_fully") == 1
        assert value(frame, "alignment", name, "thousands_precision") == 1
        assert value(frame, "alignment", name, "thousands_recall") == 1
    assert value(frame, "alignment", "none", "carries_over_cuts") > 0.2
    rate = value(frame, "alignment", "operands of equal length", "mismatch_rate")
    assert rate == pytest.approx(0.6049, abs=1e-4)


def test_groups_from_the_right_are_harmed_behind_the_point(saved: Saved) -> None:
    frame = numbers([saved(by_pattern(*RULES["right-to-left groups of 3"]))], by="alignment").frame
    assert value(frame, "alignment", "none", "addition_mismatch") == 1
    assert value(frame, "alignment", "none", "thousands_precision") == 1
    assert value(frame, "alignment", "before the point", "thousands_recall") == 1
    assert value(frame, "alignment", "behind the point", "thousands_recall") < 0.5


def test_a_separator_costs_a_token_a_group(saved: Saved) -> None:
    """Nine single digits and two commas are 11 tokens for 9, over lengths 4 to 12 of 200 each."""
    frame = numbers([saved(by_pattern(r"\d", up_to(1)))], by="separator").frame
    digits = list(range(4, 13))
    western = sum(n + (n - 1) // 3 for n in digits) / sum(digits)
    indian = sum(n + (n - 2) // 2 for n in digits) / sum(digits)
    assert value(frame, "separator", "comma, thousands", "cost") == pytest.approx(western)
    assert value(frame, "separator", "comma, lakhs", "cost") == pytest.approx(indian)


def test_contexts_leave_a_rule_alone(saved: Saved) -> None:
    frame = numbers([saved(by_pattern(THREES, up_to(3)))], by="context").frame
    assert set(frame["value"]) == {1.0}
    assert len(frame) == 17


def test_a_hexadecimal_context_is_seen(saved: Saved) -> None:
    """After 0x this one takes single digits: all numbers of two digits and more change."""
    made = by_pattern(r"0x(?=\d)|(?<=0x)\d(?=\d{4})|\d{1,3}", [*up_to(3), "0x"])
    frame = numbers([saved(made)], by="context").frame
    assert value(frame, "context", "hexadecimal", "unchanged") < 1
    assert value(frame, "context", "date", "unchanged") == 1


def test_scripts_that_are_normalised_cannot_be_told_apart(saved: Saved) -> None:
    made = by_pattern(r"\d", up_to(1))
    made.normalizer = normalizers.NFKC()
    frame = numbers([saved(made)], by="script").frame
    assert value(frame, "script", "full width", "same_as_western") == 1
    assert value(frame, "script", "full width", "tokens_per_digit") == 1
    assert value(frame, "script", "full width", "collisions") == 0
    assert value(frame, "script", "Thai", "unknown") == 1
    assert value(frame, "script", "Thai", "collisions") > 0.9
    assert pd.isna(frame[(frame["name"] == "Thai")]["value"].iloc[0])


def test_kinds_by_hand(saved: Saved) -> None:
    """Years have four digits, and two tokens in threes; a percentage is two numbers and two signs."""
    frame = numbers([saved(by_pattern(THREES, up_to(3)))], by="kind").frame
    assert value(frame, "kind", "years", "tokens_per_digit") == 0.5
    percentages = kinds_of_numbers(0)["percentages"]
    digits = sum(len(written) - 2 for written in percentages)
    expected = 4 * len(percentages) / digits
    assert value(frame, "kind", "percentages", "tokens_per_digit") == pytest.approx(expected)


# Traps


def pieces_with_prefix() -> Tokenizer:
    """Llama 2's way of writing: ▁ for spaces and before the text, bytes where pieces are missing."""
    names = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"0123456789", "a", "="]
    merges = [("1", "2"), ("▁", "7"), ("▁", "12")]
    names += [a + b for a, b in merges] + ["99", "▁99"]
    tokenizer = Tokenizer(
        models.BPE({n: i for i, n in enumerate(names)}, merges, unk_token="<unk>",
                   byte_fallback=True)
    )  # fmt: skip
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return tokenizer


def test_a_dummy_prefix_does_not_hide_whole_numbers(saved: Saved) -> None:
    """Bare text would be "▁1": two tokens; and 12 is a token in text that does not begin with it."""
    frame = numbers([saved(pieces_with_prefix())], by="coverage").frame
    assert value(frame, "coverage", "bare", "one_token", 1) == 10
    assert value(frame, "coverage", "bare", "one_token", 2) == 1
    assert value(frame, "coverage", "bare", "covered", 2) == 0.01
    assert value(frame, "coverage", "after a space", "one_token", 1) == 1
    assert value(frame, "coverage", "after a space", "one_token", 2) == 1
    # 99 and ▁99 have no merge
    assert value(frame, "coverage", "bare", "in_vocabulary", 2) == 2
    assert value(frame, "coverage", "bare", "unreachable", 2) == 1
    assert value(frame, "coverage", "after a space", "unreachable", 2) == 1


def test_byte_fallbacks_are_no_digits_but_can_stand_for_one(tmp_path: Path) -> None:
    """This file has no digits: each is one byte, and no token is named by it."""
    llama = write(tmp_path, "llama.json")
    frame = numbers([llama], by="coverage").frame
    assert value(frame, "coverage", "all", "tokens_with_digits") == 0
    assert value(frame, "coverage", "bare", "in_vocabulary", 1) == 0
    assert value(frame, "coverage", "bare", "one_token", 1) == 10
    frame = numbers([llama], by="scheme").frame
    assert value(frame, "partition", "bare", "tokens", 3) == 3
    assert frame[frame["by"] == "rule"]["name"].tolist() == ["single digits"]


def test_bytes_inside_a_digit_are_no_cuts_of_a_number(tmp_path: Path) -> None:
    """A Thai digit is three byte tokens: three digits have nine tokens and two cuts."""
    runs = cut(load(write(tmp_path, "llama.json")), ["๑๒๓"], "=")
    assert (runs.tokens.tolist(), runs.digits.tolist(), runs.cuts.tolist()) == ([9], [3], [0b110])


def test_control_tokens_named_with_digits_are_no_numbers(saved: Saved) -> None:
    made = by_pattern(r"\d", up_to(1))
    made.add_special_tokens(["777", "<extra_id_12>"])
    word = saved(made)
    assert digit_tokens(load(word)) == {"bare": list("0123456789"), "after a space": []}
    frame = numbers([word], by="coverage").frame
    assert value(frame, "coverage", "all", "tokens_with_digits") == 10
    frame = numbers([word], by="scheme").frame
    assert value(frame, "partition", "bare", "1-1-1", 3) == 1


@pytest.mark.deep
def test_padding_in_a_file_changes_nothing(saved: Saved) -> None:
    padded, plain = numbers([saved(old_file())]).frame, numbers([saved(byte_level())]).frame
    pd.testing.assert_frame_equal(padded, plain)


def test_tokens_that_continue_a_word_are_no_numbers(saved: Saved) -> None:
    names = ["[UNK]", "1", "12", "##1", "##2", "=", "a"]
    made = Tokenizer(models.WordPiece({n: i for i, n in enumerate(names)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    frame = numbers([saved(made)], by="coverage").frame
    assert value(frame, "coverage", "bare", "in_vocabulary", 1) == 1
    assert value(frame, "coverage", "bare", "one_token", 1) == 1
    # the space is no part of any token here: after it a number is one token all the same
    assert value(frame, "coverage", "after a space", "one_token", 2) == 1


@pytest.mark.deep
def test_the_same_seed_gives_the_same_report() -> None:
    first, again, other = (
        numbers(["sample:bpe"], by="alignment", seed=seed).frame for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.fixture(scope="module")
def whole() -> tokscope.Report:
    return numbers(["sample:bpe", "bytes"])


@pytest.mark.deep
def test_a_part_is_that_part_of_the_whole_and_has_a_table(whole: tokscope.Report) -> None:
    parts = {part: numbers("bytes", by=part) for part in PARTS}
    assert all(len(view.frame) for part, made in parts.items() for view in tables(made, part))
    joined = pd.concat([made.frame for made in parts.values()])
    own = whole.frame[whole.frame["tokenizer"] == "bytes"]
    pd.testing.assert_frame_equal(own.reset_index(drop=True), joined.reset_index(drop=True))


@pytest.mark.deep
def test_people_see_one_table_unless_they_ask_for_more(whole: tokscope.Report) -> None:
    (view,) = tables(whole)
    assert list(view.frame.columns) == ["tokenizer", "share", "cut into", "7 digits"]
    assert view.frame.iloc[1].tolist() == ["bytes", 1.0, "single digits", "1-1-1-1-1-1-1"]
    assert view.headline == whole.headline
    parts, everything = tables(whole, "all"), tables(whole, "all", details=True)
    assert len(parts) == len(everything) == 10
    assert sum(len(one.frame) for one in parts) < sum(len(one.frame) for one in everything)
    assert tables(whole, details=True)[-1].notes == everything[-1].notes


# The sentence


def cut_as(**cuts: Iterable[int]) -> Scheme:
    """Numbers with cuts as bits, by length: a2=[2] is one number of two digits cut in the middle."""
    return scheme({int(key[1:]): np.array(list(own)) for key, own in cuts.items()})


THREES_OF_FOUR = 0b0010  # 3-1, and 1-3 from the right
ONES_OF_FOUR = 0b1110


def test_tokenizers_of_one_rule_share_a_clause_and_the_unknown_comes_last() -> None:
    assert ruled(
        {
            "d": cut_as(a4=[-1] * 3),
            "a": cut_as(a4=[THREES_OF_FOUR] * 3),
            "b": cut_as(a4=[ONES_OF_FOUR] * 3),
            "c": cut_as(a4=[THREES_OF_FOUR] * 3),
        }
    ) == (
        "a and c cut numbers into left-to-right groups of 3 (true of all numbers tried); b cuts numbers "
        "into single digits (true of all numbers tried); cannot tell for d: no tokens for numbers."
    )


def test_a_rule_with_exceptions_says_how_many_and_where() -> None:
    """Of four digits all are cut in threes, of five digits 8 of 10."""
    cutting = cut_as(a4=[THREES_OF_FOUR] * 10, a5=[0b00100] * 8 + [0b11110] * 2)
    assert ruled({"a": cutting}) == (
        "a cuts numbers into left-to-right groups of 3 (true of 90 % of the numbers tried, but of "
        "80 % with 5 digits)."
    )


@pytest.mark.parametrize(
    ("cutting", "sentence"),
    [
        (
            cut_as(a4=[THREES_OF_FOUR, ONES_OF_FOUR]),
            "a: some numbers are cut into single digits, others cut into left-to-right groups of 3.",
        ),
        (
            cut_as(a8=[0, -1]),
            "a: some numbers are kept whole, others not encoded.",
        ),
        (cut_as(a8=[0, 0]), "a keeps numbers whole (true of all numbers tried)."),
        (
            cut_as(a8=[0b10011000]),
            "a cuts numbers by a rule with no name here (true of all numbers tried).",
        ),
        (
            cut_as(a4=[THREES_OF_FOUR, 0b0110, 0b1100, 0b1010]),
            "a learned its cuts from text: no rule holds (the nearest, left-to-right groups of 3, "
            "is true of 25 % of numbers).",
        ),
        (
            cut_as(a8=[0b00010010 << 1, 0b00011010 << 1, 0b00110010 << 1, 0b00010110 << 1]),
            "a learned its cuts from text, within left-to-right groups of 3: no rule holds (the "
            "nearest, left-to-right groups of 3, is true of 25 % of numbers).",
        ),
    ],
)
def test_the_sentence_claims_what_was_found(cutting: Scheme, sentence: str) -> None:
    assert ruled({"a": cutting}) == sentence


@pytest.mark.deep
def test_a_part_has_a_sentence_of_its_own(saved: Saved) -> None:
    threes = saved(by_pattern(THREES, up_to(3)))
    asked = ("coverage", "context", "kind", "script", "separator")
    told = {part: numbers([threes], by=part).headline for part in asked}
    assert told["coverage"] == "made: every number of up to 3 digits is one token."
    assert told["context"] == "made: cuts numbers alike in all 17 contexts."
    assert told["kind"].startswith("made: measurements cost most (")
    assert told["script"].startswith("made: no tokens for some digits (Arabic-Indic, Persian and ")
    assert told["separator"] == (
        "made: with commas between thousands, numbers take 1.67 times the tokens."
    )
    nothing = saved(by_pattern(r"\d+", up_to(0)))
    for part in ("alignment", "separator", "kind"):
        told[part] = numbers([nothing], by=part).headline
        assert told[part] == "made: cannot tell, it has no tokens for numbers."
    assert numbers([nothing], by="coverage").headline == "made: not every digit is one token."
    assert number("1234567", ["bytes"]).headline == "1234567 is 7 tokens under bytes."


def test_parts_that_do_not_exist_are_refused_with_the_nearest() -> None:
    with pytest.raises(TokscopeError, match="alignment"):
        numbers(["bytes"], by="alignmant")
    with pytest.raises(TokscopeError, match="seed"):
        numbers(["bytes"], seed=-1)


# One number


def test_places_are_named_from_the_point() -> None:
    assert places("5") == {}
    assert list(places("12,34,567").values()) == [
        "millions", "hundred thousands", "ten thousands", "thousands", "hundreds", "tens", "ones",
    ]  # fmt: skip
    assert list(places("x 1.25").values()) == ["ones", "tenths", "hundredths"]
    assert places("1.2.34") == {4: "tens", 5: "ones"}
    assert places("a\u2009१२") == {4: "tens", 7: "ones"}


@pytest.mark.parametrize("written", ["7", "-12", "1,234.5", "12_000", "٣٤", "1'000'000"])
def test_numbers_are_numbers(written: str) -> None:
    assert is_number(written)


@pytest.mark.parametrize("written", ["", "-", "abc", "1a", "1.2.3", "1,2", "1 2", ".5."])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(TokscopeError, match="is not a number"):
        number(written, ["bytes"])


def test_a_number_side_by_side(saved: Saved) -> None:
    frame = number("1234567", [saved(by_pattern(THREES, up_to(3)))]).frame
    assert frame["token"].tolist() == ["123", "456", "7"]
    assert frame["place"].tolist() == ["ten thousands", "tens", "ones"]
    assert json.loads(frame.to_json(orient="records"))[0]["tokenizer"] == "made"


def grouped(pairs: Iterable[str]) -> Tokenizer:
    """BPE that cuts text into groups of three digits from the right, and then merges pairs."""
    signs = [chr(code) for code in range(32, 127)]
    merges = [(a, b) for a, b in pairs]
    pieces = {piece: i for i, piece in enumerate([*signs, *map("".join, merges)])}
    tokenizer = Tokenizer(models.BPE(pieces, merges))
    pattern = r"\d{1,3}(?=(?:\d{3})*(?!\d))"
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    return tokenizer


def test_a_grouping_is_named_though_few_groups_are_tokens(saved: Saved) -> None:
    """Half of the pairs and no triple are tokens: cut at thousands, and learned within them."""
    pairs = [f"{n:02d}" for n in range(100) if n % 10 < 5]
    frame = numbers([saved(grouped(pairs))], by="scheme").frame
    rule = frame.loc[frame["by"] == "rule", "name"].iloc[0]
    assert rule.startswith("learned within right-to-left groups of 3; nearest is ")
    assert value(frame, "scheme", "right-to-left groups of 3", "within", 8) == 1


def test_names_with_digits_are_no_tokens_with_digits(saved: Saved) -> None:
    """Ten digits, and of four added tokens the one that is a number."""
    made = by_pattern(r"\d", up_to(1))
    made.add_tokens(["[control_7]", "<extra_id_12>", "<|place▁holder▁no▁3|>", "2024"])
    frame = numbers([saved(made)], by="coverage").frame
    assert value(frame, "coverage", "all", "tokens_with_digits") == 11


def test_names_that_a_sentencepiece_model_defines_are_no_tokens_with_digits(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("year 1984 or 2001, 33 of 456 and 7\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(tmp_path / "m"), vocab_size=40, model_type="bpe",
        user_defined_symbols=["[control_7]", "[control_8]"], minloglevel=2,
    )  # fmt: skip
    word = str(tmp_path / "m.model")
    pieces = sentencepiece.SentencePieceProcessor(model_file=word)
    digits = sum(
        any(map(str.isdigit, pieces.id_to_piece(i))) for i in range(pieces.get_piece_size())
    )
    frame = numbers([word], by="coverage").frame
    assert value(frame, "coverage", "all", "tokens_with_digits") == digits - 2
    total = tokscope.vocab([word]).frame
    assert total.loc[total["measure"] == "added", "value"].iloc[0] == 2
