"""Planted changes are judged as they should be, and saving again changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.gate.planted import AGAIN, CHANGES, cut, taken
from tokscope.gate import settings
from tokscope.gate.judge import judged
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.verdict import Case
from tokscope.gate.wanted import everything

Json = dict[str, Any]
# All gates on: what fails.
FAILING = {
    "last 1 % of merges dropped": {"TS001", "TS004", "TS005", "TS101", "TS403"},
    "last 0.1 % of merges dropped": {"TS001", "TS004", "TS005", "TS403"},
    "digits split": {"TS001", "TS004", "TS005", "TS101", "TS111", "TS112", "TS402"},
    "lowercase normalizer": {"TS001", "TS004", "TS005", "TS101", "TS311", "TS401"},
    "200 merge swaps": {"TS005"},
}
# One gate on: its code.
ALONE = {
    "TS001": '[identity]\ngolden = "fail"',
    "TS002": '[identity]\nspecials = "fail"',
    "TS003": '[identity]\nvocabulary = "fail"',
    "TS004": '[identity]\ndocuments = "0%"',
    "TS005": '[identity]\ncomponents = "fail"',
    "TS006": '[identity]\nbackends = "fail"',
    "TS101": '[limits.tokens]\nworse = "0.5%"',
    "TS103": '[limits.tokens]\nbetter = "2%"',  # 1 % is what lowercase gains in Russian
    "TS111": '[numbers]\nscheme = "fail"',
    "TS112": '[numbers]\ntokens_per_digit = "1%"',
    "TS201": '[limits.gini]\nworse = "0.5%"',
    "TS311": "[limits.round_trip]\nworse = 0",
    "TS402": '[audit]\nnew = "fail"\nignore = ["TS401", "TS403", "TS412", "TS30"]',
    "TS401": '[audit]\nnew = "fail"\nignore = ["TS402", "TS403", "TS412", "TS30"]',
    "TS403": '[audit]\nnew = "fail"\nignore = ["TS401", "TS402", "TS412", "TS30"]',
    "TS412": '[audit]\nnew = "fail"\nignore = ["TS401", "TS402", "TS403", "TS30"]',
}


def alone(code: str, text: str) -> str:
    """Return a configuration with one gate on and the same text."""
    head = text.partition("\n[identity]")[0]
    return f"{head}\n{ALONE[code]}\n[evidence]\nresamples = 200\n"


def changed(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def failing(config: settings.Config, head: Snapshot, base: Snapshot) -> set[str]:
    return {one.gate.code for one in judged(Case(config, head, base)) if one.verdict == "fail"}


def judge_each(
    folder: Path, config: Path, expected: dict[str, set[str]], *, alone_too: bool = True
) -> None:
    """Judge every change with all gates on, and with each one alone."""
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    all_on = settings.read(config)
    base = taken(all_on.tokenizer, all_on, wanted=everything(all_on))
    strings = list(base.identity.golden)
    for name in expected:
        word = changed(folder / "changed.json", json.dumps(CHANGES[name](data)))
        head = taken(word, all_on, strings)
        assert failing(all_on, head, base) == expected[name], name
        for code in ALONE if alone_too else ():
            one = settings.read(
                Path(changed(folder / "one.toml", alone(code, config.read_text(encoding="utf-8"))))
            )
            found = failing(one, head, base)
            assert found == ({code} & expected[name]), (name, code)


@pytest.mark.deep
def test_changes_to_the_embedded_tokenizer_fail_their_rules(folder: Path) -> None:
    judge_each(folder, folder / "tokscope.toml", FAILING)


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [
        (
            "gpt-2",
            {
                "last 0.1 % of merges dropped": {"TS004", "TS005", "TS403"},
                "digits split": {"TS001", "TS004", "TS005", "TS101", "TS111", "TS112", "TS402"},
                "lowercase normalizer": {"TS001", "TS004", "TS005", "TS101", "TS311", "TS401"},
            },
        ),
        (
            "llama",
            {"last 0.1 % of merges dropped": {"TS001", "TS005", "TS403", "TS412"}},
        ),
    ],
)
def test_changes_to_published_tokenizers_fail_their_rules(
    folder: Path, data: Path, tokenizer: str, expected: dict[str, set[str]]
) -> None:
    """On 500 of 2,009 lines of Arabic, English and Russian; of gpt-2, its first 8,000 merges."""
    content = (data / "tokenizers" / f"{tokenizer}.json").read_text(encoding="utf-8")
    if tokenizer == "gpt-2":
        content = json.dumps(cut(json.loads(content), 8_000))
    (folder / "tokenizer.json").write_text(content, encoding="utf-8")
    texts = [f"{name}.txt" for name in ("ar", "en", "ru")]
    for name in texts:
        lines = (data / "parallel" / "flores-full5" / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(lines[:500]))
    text = (folder / "tokscope.toml").read_text()
    config = folder / "tokscope.toml"
    text = re.sub(r"corpora = .*", f"corpora = {json.dumps(texts)}", text)
    config.write_text(text.replace('better = "1%"', 'better = "2%"'))
    judge_each(folder, config, expected, alone_too=False)


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[pytest.mark.deep] * (i > 0)) for i, way in enumerate(AGAIN)]
)
def test_saving_again_changes_nothing(folder: Path, saved: str, way: str) -> None:
    config = settings.read(folder / "tokscope.toml")
    base = taken(config.tokenizer, config, wanted=everything(config))
    word = changed(folder / "again.json", AGAIN[way](json.loads(saved)))
    found = judged(Case(config, taken(word, config, list(base.identity.golden)), base))
    assert {one.verdict for one in found} == {"pass"}
    assert len(found) == 8 + 3 + 8 + 1 + 4 + 2 + 14  # as the sections of the file stand there
