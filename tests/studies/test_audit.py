"""Audits find what was planted, with the right cause, for every family."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers

import tokscope
from tests.tokenizers import families
from tokscope.errors import TokscopeError
from tokscope.measures.frequency import unseen_under_zipf
from tokscope.reach.causes import never_valid
from tokscope.reach.findings import EXAMPLES, Subject, all_findings
from tokscope.reach.search import AtHand, Search
from tokscope.rulebook import RULES
from tokscope.rules import AUDITED, SEVERITIES, at_least, chosen
from tokscope.studies.audit import fails, tokens
from tokscope.studies.audit_headline import Outcome, headline
from tokscope.studies.audit_tables import part_of, tables
from tokscope.studies.audit_traps import Traps, adversarial
from tokscope.studies.audit_traps import headline as headline_of_traps
from tokscope.studies.numbers_rows import digit_tokens
from tokscope.text.corpus import read_corpora
from tokscope.text.spelled import spelled
from tokscope.tokenizers import load

Write = Callable[[str, str | bytes], Path]
Json = dict[str, Any]


def byte_level(**options: Any) -> Json:
    return json.loads(families.byte_level(**options).to_str())


def sentencepiece_style() -> Json:
    return json.loads(families.sentencepiece_style().to_str())


def unigram() -> Json:
    return json.loads(families.unigram().to_str())


def wordpiece() -> Json:
    return json.loads(families.wordpiece().to_str())


def put(data: Json, *pieces: str) -> Json:
    """Put pieces into a vocabulary, behind the others."""
    vocabulary = data["model"]["vocab"]
    for piece in pieces:
        if isinstance(vocabulary, dict):
            vocabulary[piece] = max(vocabulary.values()) + 1
        else:
            vocabulary.append([piece, -1.0])
    return data


def merging(data: Json, left: str, right: str) -> Json:
    """Put a piece and the merge that makes it."""
    data["model"]["merges"].append([left, right])
    return put(data, left + right)


def add(data: Json, *texts: str) -> Json:
    """Put added tokens into a file, with ids behind the others."""
    vocabulary = data["model"]["vocab"]
    last = max(vocabulary.values()) if isinstance(vocabulary, dict) else len(vocabulary) - 1
    last = max([last, *(one["id"] for one in data["added_tokens"])])
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    for number, text in enumerate(texts, last + 1):
        data["added_tokens"].append({"id": number, "content": text, "special": False, **plain})
    return data


def saved(write: Write, data: Json) -> str:
    return str(write("planted.json", json.dumps(data)))


def cause_of(word: str, token: str) -> str:
    """Return the cause of the last token that is spelled so."""
    frame = tokens([word]).frame
    return str(frame[frame["token"] == token]["cause"].iloc[-1])


def found(word: str, code: str) -> pd.Series:
    frame = tokscope.audit([word]).frame
    rows = frame[(frame["by"] == "finding") & (frame["code"] == code)]
    assert len(rows) == 1, frame[frame["by"] == "finding"].to_string()
    return rows.iloc[0]


def lowered() -> Json:
    return byte_level(normalizer=normalizers.Lowercase())


def lowered_pieces() -> Json:
    data = sentencepiece_style()
    steps = data["normalizer"]["normalizers"]
    data["normalizer"]["normalizers"] = [{"type": "Lowercase"}, *steps]
    return data


def split_pieces() -> Json:
    data = sentencepiece_style()
    data["pre_tokenizer"] = {"type": "Punctuation", "behavior": "Isolated"}
    return data


def worse() -> Json:
    """Two pieces that are chosen before a third one with a bad score."""
    data = put(unigram(), "hel", "hell", "el")
    data["model"]["vocab"][-1][1] = -99.0
    return data


# name -> how the file is made, the token in it, its cause, its finding
PLANTED: dict[str, tuple[Callable[[], Json], str, str, str]] = {
    "byte-level, split": (lambda: put(byte_level(), "aĠb"), "a␣b", "pretokenizer", "TS402"),
    "byte-level, normalised": (lambda: put(lowered(), "Zq"), "Zq", "normalizer", "TS401"),
    "byte-level, no merge": (lambda: put(byte_level(), "zqzq"), "zqzq", "merges", "TS403"),
    "byte-level, shadowed": (lambda: add(merging(byte_level(), "q", "z"), "z"), "qz", "shadowed", "TS404"),
    "byte-level, never valid": (lambda: merging(byte_level(), "ÿ", "ÿ"), "<FF><FF>", "never valid UTF-8", "TS407"),
    "pieces, split": (lambda: merging(put(split_pieces(), "."), "h", "."), "h.", "pretokenizer", "TS402"),
    "pieces, normalised": (lambda: merging(put(lowered_pieces(), "T"), "T", "h"), "Th", "normalizer", "TS401"),
    "pieces, no merge": (lambda: put(sentencepiece_style(), "wor"), "wor", "merges", "TS403"),
    "pieces, duplicate": (lambda: merging(put(sentencepiece_style(), " "), " ", "he"), "␣he", "duplicate", "TS405"),
    "Unigram, split": (lambda: put(unigram(), "h▁e"), "h␣e", "pretokenizer", "TS402"),
    "Unigram, normalised": (lambda: put(unigram(), "Ａ"), "Ａ", "normalizer", "TS401"),
    "Unigram, worse": (worse, "el", "merges", "TS403"),
    "Unigram, duplicate": (lambda: put(unigram(), " hello"), "␣hello", "duplicate", "TS405"),
    "WordPiece, split": (lambda: put(wordpiece(), "he!"), "he!", "pretokenizer", "TS402"),
    "WordPiece, normalised": (lambda: put(wordpiece(), "Hello"), "Hello", "normalizer", "TS401"),
    "WordPiece, shadowed": (lambda: add(put(wordpiece(), "what"), "ha"), "what", "shadowed", "TS404"),
}  # fmt: skip


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_token_has_its_cause_and_finding(write: Write, case: str) -> None:
    """Lists of tokens and audits tell what is known of a tokenizer, which is found out once here."""
    make, token, cause, code = PLANTED[case]
    subject = Subject(load(saved(write, make())))
    vocabulary, causes = subject.tokenizer.vocabulary, subject.causes.primary
    own = [i for i in range(len(causes)) if spelled(vocabulary.spelling(i)) == token]
    assert causes[own[-1]] == cause
    (finding,) = (one for one in all_findings(subject) if one.code == code)
    assert any(example.endswith(f" {token}") for example in finding.examples[:EXAMPLES])


def test_what_was_not_planted_is_not_found(write: Write) -> None:
    """But for 'l: its pretoken is 'll alone, where the next merge takes it up at once."""
    frame = tokscope.audit([saved(write, byte_level())]).frame
    codes = set(frame.loc[frame["by"] == "finding", "code"])
    assert codes == {"TS406", "TS424", "TS443", "TS445"}
    assert list(frame.loc[frame["code"] == "TS406", "examples"]) == ["305 'l"]
    causes = frame[frame["by"] == "cause"].set_index("name")["value"]
    assert causes["special"] == 1
    assert causes["single byte"] == 256
    assert causes.sum() == len(load(saved(write, byte_level())).vocabulary)


@pytest.mark.parametrize("make", [byte_level, sentencepiece_style])
def test_a_merge_without_a_product_is_found_where_the_library_refuses(
    write: Write, make: Callable[[], Json]
) -> None:
    data = make()
    data["model"]["merges"].append(["o", "w"])
    data["model"]["vocab"].pop("ow", None)
    word = saved(write, data)
    assert found(word, "TS411")["examples"] == "o + w"
    assert fails(tokscope.audit([word]), "error")


def test_a_missing_byte_is_found(write: Write) -> None:
    data = byte_level()
    del data["model"]["vocab"]["Ā"]  # the byte 0
    assert found(saved(write, data), "TS301")["examples"] == "0x00"


def test_a_missing_fallback_is_found(write: Write) -> None:
    data = sentencepiece_style()
    del data["model"]["vocab"]["<0x0A>"]
    assert found(saved(write, data), "TS301")["examples"] == "0x0A"


def test_a_missing_fallback_of_unigram_is_found(write: Write) -> None:
    data = put(unigram(), *(f"<0x{byte:02X}>" for byte in range(256) if byte != 0x80))
    data["model"]["byte_fallback"] = True
    assert found(saved(write, data), "TS301")["examples"] == "0x80"


def test_without_bytes_characters_are_lost(write: Write) -> None:
    row = found(saved(write, wordpiece()), "TS302")
    assert row["severity"] == "warning"
    assert row["value"] > 3_500  # of the 4,101 that are tried here


@pytest.mark.parametrize("make", [byte_level, sentencepiece_style, wordpiece])
def test_a_gap_is_found(write: Write, make: Callable[[], Json]) -> None:
    data = make()
    last = max(data["model"]["vocab"].values())
    data["model"]["vocab"]["zzz"] = last + 3
    row = found(saved(write, data), "TS431")
    assert (row["value"], row["examples"]) == (2, f"{last + 1}, {last + 2}")


@pytest.mark.parametrize("make", [byte_level, sentencepiece_style, unigram, wordpiece])
def test_an_added_token_inside_another_is_found(write: Write, make: Callable[[], Json]) -> None:
    assert found(saved(write, add(make(), "<a>", "<a><b>")), "TS422")["examples"] == "<a> in <a><b>"


def test_an_added_token_that_stands_twice_is_found_though_the_library_keeps_one(
    write: Write,
) -> None:
    assert found(saved(write, add(byte_level(), "<a>", "<a>")), "TS421")["examples"] == "<a>"


@pytest.mark.parametrize("content", ["[]", "{", '{"model": 3}', '{"added_tokens": [1]}', ""])
def test_a_broken_file_is_refused_as_by_every_command(write: Write, content: str) -> None:
    with pytest.raises(TokscopeError, match="that can be read"):
        tokscope.audit([str(write("broken.json", content))])


def test_merges_behind_a_missing_merge_never_apply(write: Write) -> None:
    data = merging(merging(put(byte_level(), "qz"), "qz", "q"), "qzq", "z")
    word = saved(write, data)
    assert found(word, "TS412")["value"] == 2
    assert found(word, "TS413")["examples"].endswith("qz")


def test_a_special_token_that_the_model_makes_is_an_injection_risk(write: Write) -> None:
    made = families.byte_level(added=[AddedToken("qz", special=True)])
    data = merging(json.loads(made.to_str()), "q", "z")
    number = next(one["id"] for one in data["added_tokens"] if one["content"] == "qz")
    data["model"]["vocab"]["qz"] = number
    assert found(saved(write, data), "TS423")["examples"] == "qz"


def unspaced() -> Json:
    """Byte-level BPE whose first step cuts white space out of text."""
    data = byte_level()
    split = {"type": "Split", "pattern": {"Regex": r"\s+"}, "behavior": "Removed", "invert": False}
    steps = [split, {**data["pre_tokenizer"], "use_regex": False}]
    data["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
    return data


def test_text_that_gives_no_token_is_lost_and_not_unknown(write: Write) -> None:
    """There is no unknown token; each of the 25 characters of white space gives no token."""
    word = saved(write, unspaced())
    frame = tokscope.audit([word]).frame
    codes = set(frame.loc[frame["by"] == "finding", "code"])
    assert "TS302" not in codes
    assert frame.loc[frame["by"] == "round trip unknown", "value"].sum() == 0
    assert frame.loc[frame["by"] == "round trip lost", "value"].sum() >= 25
    assert "TS303" in codes


def test_a_character_that_has_no_token_of_its_own_is_still_unknown(write: Write) -> None:
    """White space gives nothing under WordPiece, and is lost; ő is unknown."""
    frame = tokscope.audit([saved(write, wordpiece())]).frame
    unknown = frame.loc[frame["code"] == "TS302", "value"].iloc[0]
    counted = frame.loc[frame["by"] == "round trip unknown", "value"].sum()
    assert counted <= unknown <= counted + 22
    assert "␣" not in str(frame.loc[frame["code"] == "TS302", "examples"].iloc[0]).split(", ")


@pytest.mark.parametrize("make", [wordpiece, unigram, sentencepiece_style])
def test_the_unknown_token_is_no_injection(write: Write, make: Callable[[], Json]) -> None:
    """Its text gives it only as any unknown word does."""
    data = make()
    model = data["model"]
    name = model.get("unk_token") or model["vocab"][model["unk_id"]][0]
    data = add(data, name)
    data["added_tokens"][-1]["special"] = True
    data["added_tokens"] = [one for one in data["added_tokens"] if one["content"] == name][-1:]
    vocabulary = model["vocab"]
    data["added_tokens"][0]["id"] = (
        vocabulary[name] if isinstance(vocabulary, dict) else model["unk_id"]
    )
    report = tokscope.audit([saved(write, data)])
    assert "TS423" not in set(report.frame["code"])
    assert not fails(report, "error")


def test_the_size_in_the_config_beside_the_file_is_compared(write: Write) -> None:
    size = load(saved(write, byte_level())).vocabulary.size
    write("config.json", json.dumps({"vocab_size": size - 1}))
    assert found(saved(write, byte_level()), "TS432")["value"] == 1
    write("config.json", json.dumps({"text_config": {"vocab_size": size + 7}}))
    assert found(saved(write, byte_level()), "TS433")["value"] == 7
    write("config.json", "{")
    with pytest.raises(TokscopeError, match="not the settings of a model"):
        tokscope.audit([saved(write, byte_level())])


def test_long_tokens_and_runs_of_white_space_are_listed_longest_first(write: Write) -> None:
    data = put(byte_level(), "x" * 65, "y" * 70, "ĠĠĠ")
    number = max(data["model"]["vocab"].values())
    long = found(saved(write, data), "TS444")
    assert long["value"] == 2
    assert long["examples"].startswith(f"{number - 1} (70 bytes) yyyy")
    blank = found(saved(write, data), "TS445")
    assert f"{number} (3 bytes) ␣␣␣" in blank["examples"]


def test_a_token_is_found_at_its_own_bytes(write: Write) -> None:
    """Every token said to be reachable is what its context gives, where it stands."""
    word = saved(write, byte_level())
    tokenizer = load(word)
    frame = tokens([word]).frame
    marks = str.maketrans("␣⏎", " \n")
    for row in frame[frame["cause"] == "reachable"].itertuples():
        before, behind = row.before.translate(marks), row.behind.translate(marks)
        piece = tokenizer.vocabulary[row.id].decode()
        ids = tokenizer.encode([f"{before}{piece}{behind}"]).ids.tolist()
        ends = tokenizer.boundaries(f"{before}{piece}{behind}").tolist()
        place = ends.index(len(f"{before}{piece}".encode()))
        assert ids[place] == row.id


@given(st.binary(max_size=6))
def test_bytes_are_never_valid_if_no_text_holds_them(piece: bytes) -> None:
    """The oracle tries all that can stand before and behind."""
    before = [b"", b"\xc3", b"\xe4", b"\xe4\xb8", b"\xf0", b"\xf0\x9f", b"\xf0\x9f\x98"]
    before += [b"\xe0", b"\xed", b"\xf4", b"\xe0\xa0", b"\xf0\x90", b"\xf4\x80", b"\xed\x80"]
    behind = [b"", b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\xa0\x80", b"\x90\x80\x80", b"\x90"]
    behind += [b"\xa0"]

    def valid(data: bytes) -> bool:
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
        return True

    assert never_valid(piece) != any(valid(a + piece + b) for a in before for b in behind)


def test_never_produced_is_said_beside_what_zipf_leaves(write: Write) -> None:
    text = write("a.txt", "hello hello\n")
    word = saved(write, unigram())
    frame = tokscope.audit([word], read_corpora([str(text)])).frame
    row = frame[frame["code"] == "TS451"].iloc[0]
    # of 11 that can be produced, ▁hello is; 2 tokens leave more than 9 of 11 types by Zipf's law
    assert row["value"] == 10
    assert row["examples"].startswith("in 2 tokens Zipf's law leaves 9")


def test_zipf_leaves_by_hand() -> None:
    # p = 2/3, 1/3: (1/3)^2 + (2/3)^2
    assert unseen_under_zipf(2, 2) == pytest.approx(5 / 9, abs=1e-15)
    assert unseen_under_zipf(5, 0) == 0


@given(st.integers(0, 500), st.integers(1, 50))
def test_more_text_leaves_fewer_unseen(tokens_: int, types: int) -> None:
    assert types >= unseen_under_zipf(tokens_, types) >= unseen_under_zipf(tokens_ + 1, types) >= 0


def test_traps_are_not_cut_between_their_words() -> None:
    frame = adversarial(["sample:bpe"], top=50).frame
    tokenizer = load("sample:bpe")
    assert len(frame) == 50
    for row in frame.itertuples():
        assert row.text == row.left + row.right
        assert len(row.left.encode()) not in tokenizer.boundaries(row.text)
        assert row.inside >= 1


def test_traps_of_a_word_list_are_of_its_words(write: Write) -> None:
    words = write("words.txt", "thousand\nmother\nforest\nheart\n")
    frame = adversarial(["sample:bpe"], read_corpora([str(words)])).frame
    listed = {"thousand", "mother", "forest", "heart"}
    assert len(frame)
    assert set(frame["left"]) | set(frame["right"]) <= listed


# What people see first


def outcome(name: str = "a", weights: tuple[int, ...] = (0, 0, 0), **causes: int) -> Outcome:
    named = {cause.replace("_", " "): number for cause, number in causes.items()}
    return Outcome(name, dict(zip(SEVERITIES, weights, strict=True)), named)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            [outcome(reachable=3, special=1, single_byte=256)],
            "a: 0 errors, 0 warnings, 0 notes. All 3 tokens that were tried are reachable (the "
            "other 257: special and single bytes).",
        ),
        (
            [outcome(weights=(1, 2, 1), reachable=3, merges=2, not_found=4)],
            "a: 1 error, 2 warnings, 1 note. 3 of 9 tokens that were tried are reachable, 2 are "
            "not, of 4 we cannot tell.",
        ),
        (
            [outcome(single_byte=256)],
            "a: 0 errors, 0 warnings, 0 notes. None of its 256 tokens had to be looked for in text "
            "(single bytes).",
        ),
        (
            [outcome(reachable=3), outcome("b", (0, 1, 0), reachable=1, normalizer=1)],
            "a: 0 errors, 0 warnings, 0 notes, all 3 tokens tried are reachable; b: 0 errors, "
            "1 warning, 0 notes, 1 of 2 tokens tried are reachable, 1 is not.",
        ),
        (
            [outcome(name, (0, 0, 9), reachable=3) for name in "abcd"],
            "No errors and no warnings in 4 tokenizers. All tokens that were tried are reachable.",
        ),
        (
            [
                outcome("c", (0, 8, 0), reachable=3, merges=2),
                outcome("d", (1, 0, 0), reachable=3, not_found=7),
                *(outcome(name, reachable=1) for name in "ab"),
            ],
            "2 of 4 tokenizers have errors or warnings, most of all d (1 error, 0 warnings, 0 "
            "notes). Tokens that no text was found to produce: d (7) and c (2).",
        ),
    ],
)
def test_the_sentence_counts_by_severity_and_by_reach(found: list[Outcome], sentence: str) -> None:
    assert headline(found) == sentence


def test_the_heaviest_findings_are_named() -> None:
    warned = replace(outcome(weights=(0, 2, 1), reachable=3), worst=("text is lost", "it is slow"))
    every = "All 3 tokens that were tried are reachable."
    assert headline([warned]) == (
        f"a: 0 errors, 2 warnings (text is lost; it is slow), 1 note. {every}"
    )
    failed = replace(outcome(weights=(1, 2, 0), reachable=3), worst=("ids are missing",))
    assert headline([failed]).startswith("a: 1 error (ids are missing), 2 warnings, 0 notes. ")
    assert "lost" not in headline([warned, failed])


def test_a_file_that_cannot_be_loaded_was_not_tried(write: Write) -> None:
    data = byte_level()
    data["model"]["merges"].append(["o", "w"])
    data["model"]["vocab"].pop("ow", None)
    report = tokscope.audit([saved(write, data)])
    assert report.headline.endswith(
        "planted.json: 1 error, 0 warnings, 0 notes. It cannot be loaded, so nothing else was tried."
    )


def test_lists_for_review_are_shown_on_demand_and_findings_by_what_makes_them(write: Write) -> None:
    report = tokscope.audit([saved(write, put(lowered(), "Zq", "aĠb", "zqzq"))])
    (view,) = tables(report)
    made_by = list(dict.fromkeys(view.frame["made by"]))
    assert made_by == [
        "normalizer",
        "pre-tokenizer",
        "merges or scores",
        "not known",
        "added tokens",
    ]
    everything = tables(report, details=True)
    assert [one.title for one in everything] == ["Tokens by cause", "Findings: planted"]
    assert set(everything[1].frame["code"]) - set(view.frame["code"]) == {"TS443", "TS445"}
    assert "2 lists of tokens to review: see --details" in view.notes
    assert view.headline == everything[0].headline == report.headline
    chosen_by_name = tokscope.audit([saved(write, byte_level())], select=["TS44"])
    assert tables(chosen_by_name)[0].frame["code"].tolist() == ["TS443", "TS445"]
    assert "0 errors, 0 warnings, 2 notes (only rules TS441, TS442 and 3 others)." in (
        chosen_by_name.headline
    )


def test_nothing_found_says_what_was_tried() -> None:
    report = tokscope.audit(["bytes"])
    (view,) = tables(report)
    assert view.frame["errors"].tolist() == [0]
    assert "in 120 contexts" in view.notes[0]


def spaced() -> Json:
    data = byte_level()
    data["pre_tokenizer"]["add_prefix_space"] = True
    return data


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (unspaced, "the pre-tokenizer drops characters"),
        (
            spaced,
            "a space is put in front",
        ),
    ],
)
def test_why_text_does_not_come_back_is_told(
    write: Write, make: Callable[[], Json], reason: str
) -> None:
    (note,) = (one for one in tokscope.audit([saved(write, make())]).notes if "TS303" in one)
    assert f"looked at: {reason} (" in note


def test_every_rule_of_an_audit_is_made_by_a_part() -> None:
    assert all(map(part_of, AUDITED))


def test_lists_of_tokens_and_traps_have_a_sentence(write: Write) -> None:
    word = saved(write, put(byte_level(), "aĠb"))
    assert tokens([word]).headline.endswith(" are reachable, 1 is not, of 1 we cannot tell.")
    assert adversarial(["bytes"]).headline == ("cannot tell for bytes: there are no words to try.")
    told = adversarial(["sample:bpe"], top=1).headline
    assert told.startswith("sample-bpe has a token over the border of two glued words in ")
    rows = pd.DataFrame([("ab|cd|ef", "abc", "def")], columns=["cut", "left", "right"])
    two, none = Traps(rows, 2, 9), Traps(rows[:0], 0, 8)
    assert headline_of_traps({"a": two, "b": none, "c": none._replace(tried=7)}) == (
        "a has a token over the border of two glued words in 2 of 9 pairs made to trap it, such as "
        "ab|cd|ef for abc and def; no trap was found for b and c in up to 8 pairs tried."
    )


def test_rules_are_chosen_by_their_beginnings() -> None:
    assert chosen() == set(RULES)
    assert chosen(["TS40"], ["TS406", "TS407"]) == {f"TS40{n}" for n in range(1, 6)}
    with pytest.raises(TokscopeError, match="did you mean 'TS4"):
        chosen(["TS4O5"])
    with pytest.raises(TokscopeError, match="leave no rule"):
        chosen(["TS405"], ["TS4"])
    assert all(rule.severity in ("error", "warning", "note") for rule in RULES.values())
    assert at_least("error", "error")
    assert not at_least("warning", "error")


# What no context shows is searched before it is called unreachable


def only_before(behind: str) -> Json:
    """Byte-level BPE that keeps q and z together only where they stand before an expression."""
    data = merging(byte_level(), "q", "z")
    pattern = {"Regex": rf"qz(?={behind})|[\s\S]"}
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    steps = [split, {**data["pre_tokenizer"], "use_regex": False}]
    data["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
    return data


def test_a_token_that_the_text_produces_is_reachable(write: Write) -> None:
    """Two letters in front of three that no context has; without the text the claim stands."""
    word = saved(write, only_before("xyw"))
    text = read_corpora([str(write("a.txt", "some\nqzxywv\n"))])
    assert cause_of(word, "qz") == "pretokenizer"
    frame = tokscope.audit([word], text).frame
    assert "qz" not in str(frame.loc[frame["code"] == "TS402", "examples"].iloc[0]).split(", ")
    assert any("anywhere in the text given" in note for note in tokscope.audit([word], text).notes)
    assert any("anywhere in the embedded sample" in n for n in tokscope.audit([word]).notes)


def test_texts_at_hand_show_a_token_with_what_stands_around_it(write: Write) -> None:
    tokenizer = load(saved(write, only_before("xyw")))
    token = tokenizer.encode(["qzxyw"]).ids.tolist()[0]
    found = Search(tokenizer, AtHand(["aqzxywv"], "a text")).counterexamples([("qz", token)])
    assert found == {token: ("a", "xyw")}
    assert Search(tokenizer).counterexamples([("qz", token)]) == {}


def test_neighbours_in_the_text_are_tried_without_what_is_farther_away(write: Write) -> None:
    """In the text a v behind them keeps the two apart; with three neighbours they are together."""
    tokenizer = load(saved(write, only_before("xyw(?!v)")))
    token = tokenizer.encode(["qzxyw"]).ids.tolist()[0]
    found = Search(tokenizer, AtHand(["aqzxywv"], "a text")).counterexamples([("qz", token)])
    assert found == {token: ("a", "xyw")}


@pytest.mark.parametrize("behind", [r"\d{3}", r"\p{L}{2}", r"\p{P}{3}", r"\p{Lu}\p{Lu}"])
def test_up_to_three_rare_neighbours_are_tried(write: Write, behind: str) -> None:
    word = saved(write, only_before(behind))
    row = tokens([word]).frame.set_index("token").loc["qz"]
    assert row["cause"] == "reachable"
    assert len(row["behind"]) in (2, 3)


def test_a_space_that_only_the_first_word_is_given_is_no_claim(write: Write) -> None:
    """▁ is put before a text, and spaces are left as they are: no text spells it."""
    data = sentencepiece_style()
    data["normalizer"] = {"type": "Prepend", "prepend": "▁"}
    assert cause_of(saved(write, data), "␣the") == "reachable"


def scored() -> Json:
    """Unigram that cuts at white space and then marks each word, as T5, ALBERT and XLNet do."""
    data = put(unigram(), "▁hell", "▁he", "ll")
    data["model"]["vocab"][-3][1] = -99.0
    steps = [{"type": "WhitespaceSplit"}, data["pre_tokenizer"]]
    data["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
    return data


def test_scores_decide_where_the_model_is_given_the_token_whole(write: Write) -> None:
    """The space of ␣hell is cut off and a mark put there: it is kept whole, and never chosen."""
    word = saved(write, scored())
    assert cause_of(word, "␣hell") == "merges"
    assert "␣hell" in found(word, "TS403")["examples"]


@pytest.mark.parametrize(("name", "number"), [("german-unigram-30k.json", 2)])
def test_scores_decide_in_published_files(data: Path, name: str, number: int) -> None:
    frame = tokens([str(data / "tokenizers" / name)]).frame
    assert (frame["cause"] == "merges").sum() == number
    assert not (frame["cause"] == "pretokenizer").any()


# Marks at the end of words


def ending(*, bytewise: bool) -> Json:
    """BPE that marks what ends a word, as CLIP's is (in bytes) and GPT's was (in characters)."""
    tokenizer = Tokenizer(
        models.BPE(unk_token=None if bytewise else "<unk>", end_of_word_suffix="</w>")
    )
    steps: list[Any] = [pre_tokenizers.WhitespaceSplit()]
    alphabet = pre_tokenizers.ByteLevel.alphabet() if bytewise else []
    if bytewise:
        steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    specials = [*([] if bytewise else ["<unk>"]), *(f"{char}</w>" for char in sorted(alphabet))]
    trainer = trainers.BpeTrainer(
        vocab_size=900 if bytewise else 150,
        end_of_word_suffix="</w>",
        initial_alphabet=alphabet,
        special_tokens=specials,
        show_progress=False,
    )
    tokenizer.train_from_iterator(families.TEXT * 3, trainer)
    data: Json = json.loads(tokenizer.to_str())
    data["added_tokens"] = data["added_tokens"][: int(not bytewise)]
    return data


@pytest.mark.parametrize("bytewise", [False, True])
def test_a_token_and_the_one_that_ends_a_word_are_no_duplicates(
    write: Write, bytewise: bool
) -> None:
    word = saved(write, ending(bytewise=bytewise))
    frame = tokscope.audit([word]).frame
    codes = set(frame.loc[frame["by"] == "finding", "code"])
    assert not codes & {"TS301", "TS401", "TS402", "TS403", "TS405", "TS406", "TS412", "TS413"}
    unmarked = load(word).vocabulary.size - len(load(word).vocabulary.ending or ())
    assert 0 < unmarked < load(word).vocabulary.size


@pytest.mark.parametrize("bytewise", [False, True])
def test_what_merges_do_not_make_at_the_end_of_a_word_is_found(
    write: Write, bytewise: bool
) -> None:
    """Merges make `the` inside words, and not at their ends."""
    data = put(ending(bytewise=bytewise), "zqz</w>", "qzq")
    frame = tokens([saved(write, data)]).frame
    assert list(frame.loc[frame["token"].isin(["zqz", "qzq"]), "cause"]) == ["merges", "merges"]


def test_a_text_inside_a_pretoken_is_not_at_its_end(write: Write) -> None:
    """`h.` with its mark would stand at an end, where the pre-tokenizer parts h and the point."""
    data = put(ending(bytewise=False), "h.</w>", ".")
    data["pre_tokenizer"]["pretokenizers"].append({"type": "Punctuation", "behavior": "Isolated"})
    frame = tokens([saved(write, data)]).frame
    assert list(frame.loc[frame["token"] == "h.", "cause"]) == ["pretokenizer"]


def test_a_byte_without_a_token_for_the_end_of_words_is_missing(write: Write) -> None:
    data = ending(bytewise=True)
    del data["model"]["vocab"]["Ā</w>"]  # the byte 0
    assert found(saved(write, data), "TS301")["examples"] == "0x00"


def test_words_places_are_told_by_the_mark_at_their_ends(write: Write) -> None:
    word = saved(write, ending(bytewise=True))
    frame = tokscope.vocab([word]).frame
    places = frame[(frame["by"] == "position") & (frame["measure"] == "tokens")]
    counts = dict(zip(places["name"], places["value"], strict=True))
    assert set(counts) == {"ends a word", "leaves a word open", "neither"}
    vocabulary = load(word).vocabulary
    inked = [i for i in range(vocabulary.size) if not vocabulary.incomplete[i]]
    inked = [i for i in inked if any(map(str.isalnum, vocabulary[i].decode()))]
    ends = [i for i in inked if i in (vocabulary.ending or ())]
    assert (counts["ends a word"], counts["leaves a word open"]) == (
        len(ends),
        len(inked) - len(ends),
    )
    scripts = frame_of_scripts(word)
    assert {"ends", "leaves", "neither"} < scripts
    assert not scripts & {"starts", "continues"}


def frame_of_scripts(word: str) -> set[str]:
    return set(tokscope.vocab([word], by="script").frame["measure"])


def test_a_number_that_leaves_a_word_open_is_no_number(write: Write) -> None:
    data = put(ending(bytewise=False), "77</w>", "88")
    known = digit_tokens(load(saved(write, data)))["bare"]
    assert "77" in known
    assert "88" not in known
