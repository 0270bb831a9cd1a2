"""Limits on where text can be cut: a measure of which a lock holds values, and no counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gate.planted import cut, taken
from tokscope.errors import TokscopeError
from tokscope.gate import lockfile, settings
from tokscope.gate.judge import judged
from tokscope.gate.lockfile import Lock
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.verdict import Case
from tokscope.gate.wanted import Wanted, everything

LIMITS = 'tokenizer = "tokenizer.json"\n[text]\ncorpora = ["en.txt"]\n[limits.cut_safe]\n'
REASON = {"reason": "first", "fingerprint": "1"}


def config_of(folder: Path, limits: str) -> settings.Config:
    (folder / "tokscope.toml").write_text(LIMITS + limits, encoding="utf-8")
    return settings.read(folder / "tokscope.toml")


def measures(config: settings.Config) -> Wanted:
    """Return what a lock holds but numbers and findings, which take long."""
    return replace(everything(config), numbers=False, findings=False)


def locked(snapshot: Snapshot) -> Snapshot:
    return lockfile.unpacked(*lockfile.packed(Lock(snapshot, [REASON])), "here").snapshot


@pytest.mark.deep
def test_more_merges_leave_fewer_places_where_text_can_be_cut(folder: Path) -> None:
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / "few.json").write_text(json.dumps(cut(data, 20)), encoding="utf-8")
    config = config_of(folder, 'min = 0.1\nworse = "5%"\n')
    head, base = (
        taken(word, config, wanted=measures(config)) for word in ("tokenizer.json", "few.json")
    )
    old = locked(base)
    assert not {"cut_safe", "cut_places"} & set(old.measured.samples["en"].columns)
    assert old.measured.values["cut_safe"] == base.measured.values["cut_safe"]
    limits = [one for one in judged(Case(config, head, old)) if one.key[0] == "limits"]
    assert [(one.gate.code, one.verdict) for one in limits] == [
        ("TS102", "pass"),
        ("TS101", "fail"),
    ]
    limits = [one for one in judged(Case(config, head, locked(head))) if one.key[0] == "limits"]
    assert [one.verdict for one in limits] == ["pass", "pass"]


def test_a_baseline_without_the_value_says_what_to_run(folder: Path) -> None:
    config = config_of(folder, "min = 0.1\n")
    base = taken("tokenizer.json", config, wanted=measures(config_of(folder, "")))
    later = config_of(folder, "worse = 0\n")
    head = taken("tokenizer.json", later)
    with pytest.raises(TokscopeError, match="the lock holds no cut_safe, which was limited later"):
        judged(Case(later, head, locked(base)))
