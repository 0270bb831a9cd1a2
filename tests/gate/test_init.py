"""The gates that `init` writes can all be judged on its text, and pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tokscope.gate.config import Text
from tokscope.gate.settings import read
from tokscope.gate.wanted import source_of
from tokscope.studies import init
from tokscope.studies import lock as locking
from tokscope.studies.check import checked

TEXTS = {
    "en": "The cat sleeps.\nAll 12 eat.\nSo it is.\n",
    "th": "แมวนอน\nสิบสองตัวกิน\nแมวนอน\n",  # words are undefined without spaces
    "a[1] !": "!!\n??\n...\n",  # no word; a name that would be a pattern
}


@pytest.mark.parametrize(
    ("names", "parallel"),
    [
        pytest.param(["th"], True, marks=pytest.mark.deep),
        (["en", "th", "a[1] !"], True),
        (["en", "th", "a[1] !"], False),
    ],
)
def test_every_gate_of_init_is_judged_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], parallel: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in names:
        Path(f"{name}.txt").write_text(TEXTS[name], encoding="utf-8")
    text = Text(tuple(f"{name.replace('[', '[[]')}.txt" for name in names), parallel=parallel)
    gates = init.initial("bytes", text)
    corpora = "1 corpus" if len(names) == 1 else f"{len(names)} corpora"
    assert gates.told == f"gates for bytes, from its values on {corpora} ({3 * len(names)} units)"
    Path("tokscope.toml").write_text(gates.content, encoding="utf-8")
    config = read(Path("tokscope.toml"))
    locking.write(config, locking.locked(config))
    report = checked(config, source_of(config), today=date(2026, 5, 17))
    assert set(report.frame["verdict"]) == {"pass"}
    assert "undefined" not in report.headline


def test_each_corpus_has_its_own_limit_where_another_has_no_value() -> None:
    """1.05 times the value of now, to three digits."""
    lines = init._limit("fertility", {"en": 1.2, "th": float("nan"), "a.b": 2.0})
    assert lines == [
        "[limits.fertility]",
        "en.max = 1.26  # 1.2 now",
        '"a.b".max = 2.1  # 2 now',
        "# undefined on this text: th",
        "",
    ]
    assert init._limit("fertility", {"th": float("nan")}) == []
    assert init._limit("split_words", {"en": 0.99}) == []  # 1.04: every share is below it
