"""What people read first of a gate: the cause and its effects, never more than is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic import changed, limited, sides
from tests.conftest import Run
from tests.gate.folder import ALL_ON
from tests.gate.planted import split_digits
from tokscope.gate.effects import cause, effects
from tokscope.gate.identity import ids_apart
from tokscope.gate.judge import judged
from tokscope.gate.lockfile import Lock
from tokscope.gate.settings import read
from tokscope.gate.snapshot import Identity, Numbers, Snapshot, hash_of, hash_of_ids
from tokscope.gate.verdict import VERDICTS, Case
from tokscope.gate.vocabularies import changed_ids
from tokscope.studies.check_headline import headline
from tokscope.studies.check_hints import difference, hints
from tokscope.studies.diff import diff
from tokscope.studies.explain import explain
from tokscope.studies.lock import summary
from tokscope.studies.lock_changes import changes
from tokscope.studies.lock_changes import headline as accepted
from tokscope.tokenizers.vocabulary import Vocabulary

EN, DE = np.full(40, 100), np.full(40, 120)
TEXT = {"en": EN, "de": DE}
NULL = hash_of("null")
FIRST = {"reason": "first", "fingerprint": ""}


def identity(tokens: Sequence[bytes], *, locked: bool = False, **specials: int) -> Identity:
    """Return the identity of a vocabulary; of a lock, which holds its hash alone."""
    found = Vocabulary.of(tokens, specials=specials)
    kept = None if locked else found
    hashed = hash_of_ids(found.blob, found.ends)
    return Identity("", len(found), "", hashed, {}, specials, {}, {}, {}, {}, tokens=kept)


AB, AB_X = [b"a", b"b"], [b"a", b"b", b""]


@pytest.mark.parametrize("locked", [True, False])
def test_an_id_that_is_added_at_the_end_changes_no_other(locked: bool) -> None:
    head = identity(AB_X, x=2)
    assert changed_ids(head, identity(AB, locked=locked)) == "1 id added: 2 x, no other id changed"
    assert changed_ids(identity(AB), identity(AB_X, locked=locked, x=2)) == (
        "1 id removed: 2 x, no other id changed"
    )
    assert changed_ids(head, identity(AB_X, locked=locked, x=2)) == ""


def test_moved_ids_are_named_if_the_baseline_is_a_tokenizer() -> None:
    head = identity([b"b", b"a", b"c"])
    assert changed_ids(head, identity(AB)) == "1 id added: 2 c; 2 ids moved: a 0 -> 1, b 1 -> 0"
    told = changed_ids(head, identity(AB, locked=True))
    assert told == (
        "ids stand for other bytes (2 -> 3 ids; the lock has only their hash, not which changed)"
    )
    assert changed_ids(identity([b"b", b"a"]), identity(AB, locked=True)) == (
        "ids stand for other bytes (still 2 ids; the lock has only their hash, not which changed)"
    )
    assert changed_ids(identity([b"c", b"b"]), identity(AB)) == (
        "1 id added: 0 c; 1 id removed: 0 a, no other id changed"
    )


def test_an_added_id_is_not_said_to_leave_others_alone_if_a_special_token_moved() -> None:
    base = identity([b"", b"", b"a"], locked=True, x=0, y=1)
    head = identity([b"", b"", b"a", b"b"], x=1, y=0)
    assert changed_ids(head, base) == "1 id added: 3 b"


def test_ids_are_shown_where_they_first_differ() -> None:
    old = list(range(20))
    assert ids_apart(old, [*old[:15], 99]) == "[…, 14, 15, 16, 17, 18, 19] -> […, 14, 99]"


def test_the_cause_names_parts_and_what_happened_to_them() -> None:
    base, head = (sides(TEXT, TEXT)[0].identity for _ in range(2))
    assert cause(head, base) == ""
    old = changed(sides(TEXT, TEXT)[0], components={"normalizer": NULL, "merges": "1"})
    parts = {"normalizer": '{"type":"Lowercase"}'}
    new = changed(old, components={"normalizer": "2", "merges": "3"}, parts=parts)
    assert (
        cause(new.identity, old.identity) == "normalizer (Lowercase) was added and merges changed"
    )
    assert cause(old.identity, new.identity) == "normalizer was removed and merges changed"
    same = changed(old, components={"model": "4"}, parts={"model": '{"type":"BPE"}'})
    kind = changed(same, components={"model": "5"}, parts={"model": '{"type":"Unigram"}'})
    more = changed(same, components={"model": "6"})
    assert cause(kind.identity, same.identity) == "model (now Unigram) changed"
    assert cause(more.identity, same.identity) == "model (BPE) changed"
    random = changed(old, processing={"dropout": "0.1"})
    assert cause(random.identity, old.identity) == "dropout (null -> 0.1) was added"
    assert effects(random, old) == [
        "no effect can be seen, as dropout is switched off while tokens are counted"
    ]


def test_effects_are_counted_and_nothing_is_said_of_other_text() -> None:
    head, base = sides({"en": EN * 1.5, "de": DE}, TEXT)
    assert effects(head, base) == ["tokens 0 % (de) to +50.0 % (en)"]
    assert effects(base, base) == ["no effect is seen on 80 units of text"]
    other = changed(base, settings="other")
    assert effects(head, other) == ["what it does was not tried"]
    golden = {"12": (1,), "a": (2,)}
    old = changed(other, golden=golden, numbers=Numbers("learned; nearest is whole", 1.0, 0.5))
    new = changed(old, golden=golden | {"12": (3, 4)}, numbers=Numbers("single digits", 1.0, 1.0))
    assert effects(new, old) == [
        "digits are split",
        "1 of 2 golden strings have other ids, all with digits",
    ]


def test_ids_of_two_kinds_of_tokenizers_are_not_compared_in_the_sentence() -> None:
    golden = {"12": (1,), "a": (2,)}
    head, base = sides({"en": EN * 1.5}, {"en": EN})
    other = changed(head, family="another", golden={"12": (3,), "a": (4,)})
    base = changed(base, golden=golden)
    assert effects(other, base) == ["tokens +50.0 %"]
    same = changed(base, family="another", golden={"12": (3,), "a": (4,)})
    assert effects(same, base) == ["2 of 2 golden strings have other ids"]


def test_text_that_becomes_unknown_is_not_said_to_be_cheap() -> None:
    head, base = sides({"en": EN / 2}, {"en": EN})
    for one, count in ((head, 25), (base, 10)):
        one.measured.samples["en"].columns["unknown"] = np.full(40, count)  # type: ignore[index]
    assert effects(head, base) == ["unknown tokens 10 % -> 50 % (en)", "tokens -50.0 %"]


def test_units_that_are_no_longer_given_back_are_counted() -> None:
    """Of 40 units, 3 came back before and do not now; a fourth never did."""
    head, base = sides({"en": EN}, {"en": EN})
    before, now = np.ones(40), np.ones(40)
    before[9] = now[9] = now[:3] = 0
    base.measured.samples["en"].columns["round_trip"] = before  # type: ignore[index]
    head.measured.samples["en"].columns["round_trip"] = now  # type: ignore[index]
    assert effects(head, base) == ["decoding no longer gives back 3 of 40 units of text"]
    assert effects(base, head) == ["no effect is seen on 40 units of text"]


def test_other_ids_with_as_many_tokens_are_told() -> None:
    """One unit has a token more and one a token less, so the sum of 40 units is as before."""
    moved = EN.copy()
    moved[[4, 5]] += [1, -1]
    head, base = sides({"en": moved, "de": DE}, TEXT)
    assert effects(head, base) == [
        "2 of 80 units of text have other ids, but every corpus has as many tokens as before"
    ]


# The sentence of a check


def told(folder: Path, gates: str, head: Snapshot, base: Snapshot | None) -> str:
    path = folder / "tokscope.toml"
    path.write_text(f"{gates}\n[evidence]\nresamples = 200\n", encoding="utf-8")
    found = judged(Case(read(path), head, base))
    found.sort(key=lambda one: VERDICTS.index(one.verdict))
    return headline(found, head, base, "tokscope.lock", 20)


def merged(found: Snapshot) -> Snapshot:
    """Change a part of the file."""
    return changed(found, components={"merges": "other"}, fingerprint="other")


def test_a_failure_begins_with_its_cause(tmp_path: Path) -> None:
    head, base = sides({"en": EN * 2, "de": DE}, TEXT)
    base = changed(base, components={"merges": "old"})
    text = told(tmp_path, '[identity]\ncomponents = "fail"', merged(head), base)
    assert text == "FAIL because merges changed: tokens 0 % (de) to +100.0 % (en)."


def test_no_change_is_blamed_for_a_limit_that_was_not_held_before(tmp_path: Path) -> None:
    head, base = sides({"en": EN * 2, "de": DE}, TEXT)
    limit = "[limits.tokens]\nen.max = 5000"
    alone = "FAIL because tokens in en is 8,000, above its max 5,000."
    assert told(tmp_path, limit, head, None) == alone
    without = changed(base, values={})  # the lock holds no such value
    assert told(tmp_path, limit, merged(head), without) == alone
    because = told(tmp_path, limit, merged(head), base)
    assert because == "FAIL because merges was added: tokens 0 % (de) to +100.0 % (en)."


def test_a_check_without_a_baseline_still_says_what_to_type(tmp_path: Path) -> None:
    head, _ = sides(TEXT, TEXT)
    path = tmp_path / "tokscope.toml"
    path.write_text("[limits.tokens]\nen.max = 100\n")
    case = Case(read(path), head, None)
    lines = list(hints(case, "", "", judged(case)))
    assert lines[0] == "why and what helps: tokscope explain TS102"


def test_too_little_text_cannot_tell(tmp_path: Path) -> None:
    head, base = sides({"en": np.tile([100, 110], 20)}, {"en": EN})
    text = told(tmp_path, '[limits.tokens]\nworse = "4.5%"', head, base)
    assert text.startswith(
        "CANNOT TELL whether tokens in en got worse by more than 4.5 % (+5 %, 95"
    )
    assert text.endswith(" documents like these would decide.")
    some = told(tmp_path, '[limits.tokens]\nworse = "4.5%"\nmax = 99999', head, base)
    assert some.startswith("PASS so far, but cannot tell whether tokens in en ")


def test_a_pass_says_what_was_held_against_what(tmp_path: Path) -> None:
    head, base = sides(TEXT, TEXT)
    gates = '[identity]\nvocabulary = "fail"\n[limits.tokens]\nworse = "1%"\n'
    held = "1 check of identity and tokens on 2 corpora (80 units)"
    assert told(tmp_path, gates, head, base) == (
        f"PASS: the same tokenizer as in tokscope.lock, by {held}."
    )
    assert told(tmp_path, gates, merged(head), base) == (
        f"PASS although merges was added: {held} held against tokscope.lock."
    )
    names = ("tokens", "fertility", "tokens_per_unit")
    many = changed(head, values={key: {"en": 1.0, "de": 1.0, "all": 1.0} for key in names})
    three = "".join(f"[limits.{name}]\nmax = 2\n" for name in names)
    assert told(tmp_path, three, many, None) == (
        "PASS: 3 checks on 2 corpora (80 units), by limits alone."
    )
    alone = told(tmp_path, "[limits.tokens]\nmax = 99999", head, None)
    assert alone == "PASS: tokens on 2 corpora (80 units), by limits alone."


def test_what_is_waived_warned_of_or_was_over_before_is_told(tmp_path: Path) -> None:
    head, base = sides(TEXT, TEXT)
    waiver = '[[waivers]]\nrule = "TS005"\nreason = "new"\nowner = "Ada"\nexpires = 2030-12-31\n'
    gates = '[identity]\ncomponents = "fail"\nvocabulary = "fail"\n'
    text = told(tmp_path, gates + waiver, merged(head), base)
    assert text.endswith("held against tokscope.lock; 1 failure waived (TS005).")
    assert text.startswith("PASS: ")
    text = told(tmp_path, "[limits.tokens]\nen.max = 3000\nmin = 1\n", head, base)
    assert text.endswith("; as at the baseline, tokens in en is 4,000, above its max 3,000.")
    older = changed(base, backends={"regex": "1"})
    newer = changed(head, backends={"regex": "2"})
    gates = '[identity]\nbackends = "warn"\nvocabulary = "fail"'
    assert told(tmp_path, gates, newer, older).endswith("; 1 warning: backends: regex 1 -> 2.")
    text = told(tmp_path, gates.replace("warn", "fail"), newer, older)
    assert text.startswith("FAIL because other versions of libraries are installed (regex 1 -> 2):")


# As it is printed


@pytest.mark.deep
def test_the_first_five_lines_say_why_and_what_to_type(locked: Path, run: Run) -> None:
    data = json.loads((locked / "tokenizer.json").read_text(encoding="utf-8"))
    (locked / "new.json").write_text(json.dumps(split_digits(data)), encoding="utf-8")
    (locked / "tokscope.toml").write_text(ALL_ON.partition("[audit]")[0], encoding="utf-8")
    done = run("check", "new.json", "--config", "tokscope.toml")
    first = " ".join(done.stdout.splitlines()[:6])
    assert first.startswith(
        "FAIL because pre_tokenizer (now Digits, ByteLevel) changed: digits are "
    )
    assert "tokscope diff mine=tokenizer.json new.json --corpus en.txt" in first
    rows = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("TS")]
    assert rows == list(dict.fromkeys(rows))  # one line a rule
    assert f"tokscope explain {' '.join(rows)}" in " ".join(done.stdout.split())
    every = run("check", "new.json", "--details").stdout
    assert every.count("\nTS101") > 1
    refused = run("check", "new.json", "--details", "--format", "junit")
    assert "--details has no effect on junit" in refused.stderr


def test_points_of_a_share_are_called_so_and_a_minimum_has_no_difference(
    locked: Path, run: Run
) -> None:
    text = (locked / "tokscope.toml").read_text().partition("[identity]")[0]
    limits = "[limits.round_trip]\nworse = 0\nmin = 1\n[limits.tokens]\nmax = 1000\n"
    (locked / "tokscope.toml").write_text(text + limits)
    data = json.loads((locked / "tokenizer.json").read_text(encoding="utf-8"))
    (locked / "new.json").write_text(json.dumps(data | {"normalizer": {"type": "Lowercase"}}))
    shown = " ".join(run("check", "new.json", COLUMNS="160").stdout.split())
    assert "round_trip worse +100 percentage points in en; also de, ru, all 0" in shown
    assert "round_trip 0 % in en; also de, ru, all min 100 %" in shown
    assert "e+" not in shown


def test_the_old_tokenizer_is_named_as_far_as_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = limited(Path(), '"1%"')
    assert difference(config, "new.json", "", "old.json") == "tokscope diff old.json new.json"
    assert difference(config, "a b.json", "git:x:y", "") == "tokscope diff git:x:y 'a b.json'"
    assert difference(config, "t.json", "", "mine=t.json") == "tokscope diff OLD t.json"


# Locks, differences, rules


def test_a_lock_that_holds_the_same_accepts_nothing() -> None:
    head, base = sides({"en": EN * 2, "de": DE}, TEXT)
    assert (changes(base, base), accepted(base, base)) == ([], "")
    assert changes(base, head) == [
        ("tokens", "4,000 -> 8,000 (+100.0 %) in en; 1 more changed, 1 as before")
    ]
    new = changed(merged(head), findings={"TS401": 2})
    assert accepted(base, new) == "merges was added: tokens 0 % (de) to +100.0 % (en)"
    assert changes(base, new)[-1] == ("TS401", "tokens that the normalizer changes: 0 -> 2")


def test_a_lock_begins_with_what_it_holds_or_accepts() -> None:
    head, base = sides({"en": EN * 2, "de": DE}, TEXT)
    assert summary(Lock(base, [FIRST])).headline == (
        "Locked b: 0 golden strings, 1 measure on 80 units of text."
    )
    one = changed(base, golden={"12": (1,)}, samples={})
    assert summary(Lock(one, [FIRST])).headline == "Locked b: 1 golden string."
    again = Lock(merged(head), [FIRST, FIRST])
    assert summary(again, base, update=True).headline == (
        "Accepted: merges was added: tokens 0 % (de) to +100.0 % (en)."
    )
    assert summary(Lock(base, [FIRST]), base, update=True).headline == (
        "Nothing changed: the old lock held the same."
    )
    assert summary(again, None, update=True).headline == (
        "Locked again; what changed is not known, as the old lock could not be read."
    )


@pytest.mark.deep
def test_a_difference_says_what_was_tried_and_shows_ids_where_only_they_differ(
    folder: Path,
) -> None:
    texts = {"en": ["one thing", "and the other"]}
    none = diff("old=tokenizer.json", "new=tokenizer.json", texts)
    assert none.headline.startswith("From old to new, no difference is seen: no part of the file ")
    assert none.headline.endswith("golden strings and 2 units of text.")
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = data["model"]["vocab"]
    vocabulary["Ġthe"], vocabulary["Ġof"] = vocabulary["Ġof"], vocabulary["Ġthe"]
    (folder / "new.json").write_text(json.dumps(data), encoding="utf-8")
    found = diff("tokenizer.json", "new.json", texts)
    assert "vocabulary changed: 2 ids moved: " in found.headline
    (line,) = found.frame[found.frame["part"] == "line"].to_dict("records")
    assert f"␣the [{vocabulary['Ġof']}]" in line["text"]
    assert f"␣the [{vocabulary['Ġthe']}]" in line["new_text"]


def test_a_rule_is_explained_in_the_first_line() -> None:
    assert explain("TS405").headline == (
        "TS405 (warning): tokens with the bytes of another. Keep one of the two; what a model "
        "learned of the other is lost."
    )
    assert explain(["TS402", "TS303"]).headline == (
        "TS303: text does not come back; TS402: tokens that the pre-tokenizer splits."
    )
    assert explain(["TS401", "TS402", "TS303", "TS421"]).headline == (
        "4 rules, from TS303 to TS421: 1 error, 3 warnings."
    )
    assert explain("TS90").headline.startswith("6 rules about evidence, from TS901 to TS906: ")
    assert explain("TS44").headline == (
        "5 rules about vocabulary (for review), from TS441 to TS445: 5 notes."
    )
    assert " rules, from TS001 to TS906: " in explain().headline
