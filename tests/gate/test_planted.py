"""Planted changes are judged as they should be, and saving again changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.gate.folder import ALL_ON, fill
from tests.gate.planted import AGAIN, CHANGES, cut, taken
from tokscope.gate import settings
from tokscope.gate.judge import judged
from tokscope.gate.snapshot import Snapshot
from tokscope.gate.verdict import Case
from tokscope.gate.wanted import everything

Json = dict[str, Any]
# All gates on: what fails.
FAILING = {
    "last 1 % of merges dropped": {"TS001", "TS004", "TS005", "TS403"},
    "last 0.1 % of merges dropped": {"TS001", "TS004", "TS005", "TS403"},
    "an early merge forgotten": {"TS001", "TS004", "TS005", "TS101", "TS403", "TS412"},
    "digits split": {"TS001", "TS004", "TS005", "TS101", "TS111", "TS112", "TS402"},
    "lowercase normalizer": {"TS001", "TS004", "TS005", "TS103", "TS311", "TS401"},
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
    "TS103": '[limits.tokens]\nbetter = "1%"',
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


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, saved: str) -> Snapshot:
    """What a lock of `folder` would hold."""
    made = tmp_path_factory.mktemp("base")
    fill(made, saved)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(made)
        config = settings.read(made / "tokscope.toml")
        return taken(config.tokenizer, config, wanted=everything(config))


def changed(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def failing(config: settings.Config, head: Snapshot, base: Snapshot) -> set[str]:
    return {one.gate.code for one in judged(Case(config, head, base)) if one.verdict == "fail"}


def planted(folder: Path, change: str, base: Snapshot) -> Snapshot:
    """Return what a check with all gates on sees of a changed tokenizer."""
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    word = changed(folder / "changed.json", json.dumps(CHANGES[change](data)))
    return taken(word, settings.read(folder / "tokscope.toml"), list(base.identity.golden))


@pytest.mark.deep
@pytest.mark.parametrize("change", CHANGES)
def test_changes_to_the_embedded_tokenizer_fail_their_rules(
    folder: Path, base: Snapshot, change: str
) -> None:
    """With all gates on, and with each one alone."""
    path = folder / "tokscope.toml"
    head = planted(folder, change, base)
    assert failing(settings.read(path), head, base) == FAILING[change]
    text = path.read_text(encoding="utf-8")
    for code in ALONE:
        one = settings.read(Path(changed(folder / "one.toml", alone(code, text))))
        assert failing(one, head, base) == ({code} & FAILING[change]), code


@pytest.mark.parametrize("tokenizer", ["gpt-2", "llama"])
def test_a_change_to_published_tokenizers_fails_its_rules(
    folder: Path, data: Path, tokenizer: str
) -> None:
    """Of each, the first 2,000 merges, on 100 lines of Arabic, English and Russian; no numbers."""
    content = json.loads((data / "tokenizers" / f"{tokenizer}.json").read_text(encoding="utf-8"))
    changed(folder / "tokenizer.json", json.dumps(cut(content, 2_000)))
    texts = [f"{name}.txt" for name in ("ar", "en", "ru")]
    for name in texts:
        lines = (data / "parallel" / "flores-full5" / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(lines[:100]))
    text = re.sub(r"corpora = .*", f"corpora = {json.dumps(texts)}", ALL_ON)
    text = text.replace('scheme = "fail"\ntokens_per_digit = "1%"', 'scheme = "off"')
    config = settings.read(Path(changed(folder / "tokscope.toml", text)))
    change, base = "an early merge forgotten", taken(config.tokenizer, config)
    assert failing(config, planted(folder, change, base), base) == FAILING[change]


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[pytest.mark.deep] * (i > 0)) for i, way in enumerate(AGAIN)]
)
def test_saving_again_changes_nothing(folder: Path, saved: str, base: Snapshot, way: str) -> None:
    config = settings.read(folder / "tokscope.toml")
    word = changed(folder / "again.json", AGAIN[way](json.loads(saved)))
    found = judged(Case(config, taken(word, config, list(base.identity.golden)), base))
    assert {one.verdict for one in found} == {"pass"}
    assert len(found) == 8 + 3 + 8 + 1 + 4 + 2 + 14  # as the sections of the file stand there
