"""A waiver accepts what it names, says why and by whom, and ends on its day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic import sides
from tokscope.errors import TokscopeError
from tokscope.gate.config import Config, says_something
from tokscope.gate.judge import judged
from tokscope.gate.settings import read
from tokscope.gate.verdict import Case
from tokscope.gate.waivers import idle, require_valid
from tokscope.studies.lock import locked as lock_again

TODAY = date(2026, 5, 17)


def waiving(folder: Path, **changed: str) -> Config:
    told = {
        "rule": '"TS101"', "gate": '"tokens[en]"', "reason": '"r"', "owner": '"o"',
        "expires": "2027-01-01",
    } | changed  # fmt: skip
    lines = "\n".join(f"{name} = {value}" for name, value in told.items() if value)
    path = folder / "tokscope.toml"
    path.write_text(f'[limits.tokens]\nworse = "1%"\n[[waivers]]\n{lines}\n', encoding="utf-8")
    return read(path)


def verdicts(config: Config) -> dict[str, str]:
    base = {"en": np.full(40, 100), "de": np.full(40, 100)}
    head = {"en": np.full(40, 110), "de": np.full(40, 110)}
    return {one.gate.name: one.verdict for one in judged(Case(config, *sides(head, base)))}


def test_it_holds_for_what_it_names_alone(tmp_path: Path) -> None:
    assert verdicts(waiving(tmp_path)) == {
        "tokens[en]": "waived", "tokens[de]": "fail", "tokens[all]": "fail",
    }  # fmt: skip
    assert set(verdicts(waiving(tmp_path, gate="")).values()) == {"waived"}


@pytest.mark.parametrize(
    "rule", ["", "T", "TS", "TS1", "TS10", "TS1011", "ts101", "TS999", "TS9", "TS901", "TS121", "*"]
)
def test_a_rule_is_named_in_full_and_can_fail(tmp_path: Path, rule: str) -> None:
    with pytest.raises(TokscopeError, match=r"tokscope.toml:4: unknown rule"):
        waiving(tmp_path, rule=f'"{rule}"')


@pytest.mark.parametrize("gate", ["token", "tokens*", "t", "*", "[en]", " ", "tokens [en]"])
def test_a_gate_exists(tmp_path: Path, gate: str) -> None:
    with pytest.raises(TokscopeError, match=r"tokscope.toml:5: unknown gate"):
        waiving(tmp_path, gate=f'"{gate}"')


@pytest.mark.parametrize("gate", ["tokens", "tokens[]", "tokens[e]", "tokens[en", "golden"])
def test_a_gate_is_one_of_its_rule(tmp_path: Path, gate: str) -> None:
    with pytest.raises(TokscopeError, match=r"TS101 has no gate '.*'; did you mean 'tokens"):
        verdicts(waiving(tmp_path, gate=f'"{gate}"'))


UNSEEN = {
    "nothing": "", "blanks": "  ", "zero width": "\\u200b\\u2060\\ufeff", "fillers": "\\u3164\\uffa0",
    "braille blank": "\\u2800", "controls": "\\u0007\\u009b", "direction": "\\u202e\\u2067",
    "marks alone": "\\u0301\\u034f", "signs": "-.!", "wide blanks": "\\u3000\\u00a0\\u2003",
    "tags": "\\U000e0041\\U000e0042", "private": "\\ue000", "line feed": "\\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", UNSEEN)
@pytest.mark.parametrize("name", ["reason", "owner"])
def test_reason_and_owner_are_words(tmp_path: Path, kind: str, name: str) -> None:
    with pytest.raises(TokscopeError, match="says its reason and its owner in words"):
        waiving(tmp_path, **{name: f'"{UNSEEN[kind]}"'})
    assert says_something(f"{kind} 中")


@pytest.mark.parametrize("kind", UNSEEN)
def test_the_reason_of_a_lock_is_words_too(locked: Path, kind: str) -> None:
    reason = UNSEEN[kind].encode().decode("unicode_escape")
    with pytest.raises(TokscopeError, match="an update needs --reason"):
        lock_again(read(Path("tokscope.toml")), update=True, reason=reason)


def test_it_ends_on_its_day(tmp_path: Path) -> None:
    """The day is the first on which it does not hold, whatever the time."""
    config = waiving(tmp_path, expires=str(TODAY))
    require_valid(config, TODAY - timedelta(days=1))
    for day in (TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=4000)):
        with pytest.raises(TokscopeError, match=r"TS904 .*:3: .*by o expired on 2026-05-17"):
            require_valid(config, day)


@pytest.mark.parametrize("year", [2032, 2126, 9999])
def test_it_does_not_last_for_ever(tmp_path: Path, year: int) -> None:
    require_valid(waiving(tmp_path, expires="2031-12-31"), TODAY)
    with pytest.raises(TokscopeError, match=f"TS904 .*:3: .* ends in {year}; .*at most 5 years"):
        require_valid(waiving(tmp_path, expires=f"{year}-01-01"), TODAY)


def test_one_that_nothing_needs_is_said(tmp_path: Path) -> None:
    """Two on one line are told apart."""
    path = tmp_path / "tokscope.toml"
    told = 'reason = "r", owner = "o", expires = 2027-01-01'
    waivers = ", ".join(f'{{rule = "{rule}", {told}}}' for rule in ("TS101", "TS101", "TS005"))
    path.write_text(f'waivers = [{waivers}]\n[limits.tokens]\nworse = "1%"\n', encoding="utf-8")
    config = read(path)
    found = judged(Case(config, *sides({"en": np.full(9, 110)}, {"en": np.full(9, 100)})))
    assert [note.partition(": ")[2] for note in idle(found, config)] == [
        "the waiver of TS101 is not needed",
        "the waiver of TS005 is of no gate that was judged",
    ]
