"""The page of all studies: every part with a sentence, plots beside tables, in one file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import tokscope
from tests.laws import require_safe
from tokscope.errors import TokscopeError
from tokscope.render import page
from tokscope.render.data import render_json
from tokscope.text import files

TEXTS = {"en": ["the one and <b>the</b> other"] * 9, "de": ["der eine und der andere"] * 9}


@pytest.fixture(scope="module")
def made() -> tokscope.Report:
    return tokscope.full_report(["sample:bpe", "bytes"], TEXTS, parallel=True)


@pytest.mark.deep
def test_a_report_has_a_part_for_every_study(made: tokscope.Report) -> None:
    commands = ["compare", "show", "vocab", "numbers", "boundary", "code", "morph", "audit"]
    assert [part.command for part in made.parts] == commands
    drawn = {part.command: part.plots and part.plots(part) for part in made.parts}
    assert all(drawn[command] for command in ("compare", "vocab", "boundary", "code", "morph"))
    assert list(made.frame["part"]) == [part.command for part in made.parts]
    assert any("no mixture of sample-bpe, bytes" in note for note in made.notes)


def test_the_page_is_one_safe_file_with_all_tables_and_data(made: tokscope.Report) -> None:
    drawn = page.render(made, repeat="tokscope report </script>")
    require_safe("html", drawn)
    assert len(drawn.encode()) < 2_000_000
    assert drawn.count("<figure>") == drawn.count("The values of this plot") >= 3
    assert len(set(re.findall(r' id="([^"]+)"', drawn))) == drawn.count(' id="')
    data = re.findall(r'<script type="application/json" id="data-\d">(.*?)</script>', drawn)
    assert [json.loads(one)["command"] for one in data] == [p.command for p in made.parts]
    for part in made.parts:
        assert f">{part.title}</a>" in drawn


def test_a_page_grows_by_little_for_each_value_that_is_compared() -> None:
    """So a page of 36 languages and 5 tokenizers takes less than 2 MB: 0.4 of them for these."""

    def size(corpora: int) -> int:
        texts = {f"x{i}": [f"{'the one ' * (i % 7)}and {i}"] * 9 for i in range(corpora)}
        used = ["sample:wordpiece", "sample:bpe", "bytes"]
        return len(page.render(tokscope.compare(used, texts, parallel=True, bootstrap=9)).encode())

    assert size(8) - size(4) < 2_500 * 4 * 3


def test_a_lock_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TokscopeError, match=r"none\.lock: there is no such lock"):
        tokscope.full_report("bytes", TEXTS, lock="none.lock")


@pytest.mark.deep
def test_a_part_is_what_its_study_gives_alone(made: tokscope.Report) -> None:
    """Parts that count words are tried by another rule, too."""
    used, corpora = ["sample:bpe", "bytes"], tokscope.read_corpora(TEXTS, parallel=True)
    alone = {
        "code": tokscope.code(used),
        "morph": tokscope.morph(used),
        "compare": tokscope.compare(used, corpora),
        "vocab": tokscope.vocab(used, corpora),
        "audit": tokscope.audit(used, corpora),
    }
    require_same(made, alone)
    how = {"word_rule": "whitespace"}
    spaced = tokscope.full_report("bytes", TEXTS, parallel=True, **how)
    alone = {
        "compare": tokscope.compare("bytes", corpora, **how),
        "vocab": tokscope.vocab("bytes", corpora, **how),
        "audit": tokscope.audit("bytes", corpora),
    }
    require_same(spaced, alone)


def require_same(made: tokscope.Report, alone: dict[str, tokscope.Report]) -> None:
    parts = {part.command: part for part in made.parts}
    for command, one in alone.items():
        assert render_json(parts[command]) == render_json(one)
        assert parts[command].headline == one.headline


def test_text_is_counted_once_for_all_studies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is also opened for lines that are shown or cut, and for texts that an audit searches."""
    paths = {name: tmp_path / f"{name}.txt" for name in TEXTS}
    for name, path in paths.items():
        path.write_text("\n".join(TEXTS[name]))
    opened: list[str] = []
    stream = files._stream

    def seen(path: str) -> object:
        opened.append(Path(path).stem)
        return stream(path)

    monkeypatch.setattr(files, "_stream", seen)
    tokscope.full_report("bytes", paths, parallel=True, seconds=0)
    assert sorted(set(TEXTS).intersection(opened)) == ["de", "en"]
    assert {opened.count(name) for name in TEXTS} == {4}
