"""The pages run and show what is printed, their tables are those of the program, and the examples work."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tokenizers

import tokscope
from tests import pages, tables
from tests.conftest import ROOT, Run
from tests.gate.planted import split_digits
from tests.mapping.test_checkpoint import model
from tests.tokenizers.families import byte_level
from tokscope.gate.settings import TABLES
from tokscope.text.corpus import SAMPLE
from tokscope.tokenizers import load

README = ROOT / "README.md"
DOCS = {page: page.read_text(encoding="utf-8") for page in pages.PAGES}
ALL = "\n".join(DOCS.values())
CODES = """code\tdescription
E11.9\tType 2 diabetes mellitus
I10\tHypertension
J20.9\tAcute bronchitis
K35.80\tAcute appendicitis
M17.11\tArthritis of the right knee
S72.001A\tFracture of the right femur
"""
TRAINED = ROOT / "tokscope" / "tokenizers" / "trained"


@cache
def contents() -> dict[str, str | bytes]:
    """What the pages speak of: tokenizers, a model, parallel text, code, reviews."""
    saved = load("sample:bpe").library.to_str()  # type: ignore[attr-defined]
    english = byte_level()
    rows = np.zeros((english.get_vocab_size(), 2), "<f4")
    vectors = np.arange(8_000, dtype="<f4").reshape(4_000, 2)
    prose = {f"text/{name}.txt": (SAMPLE / "prose" / f"{name}.txt") for name in ("en", "de")}
    return {name: path.read_text(encoding="utf-8") for name, path in prose.items()} | {
        "candidate.json": json.dumps(split_digits(json.loads(saved))),
        "english.json": english.to_str(),
        "english.safetensors": model({"wte.weight": ("F32", rows)}),
        "words.txt": "the\nhouse\n",
        "codes.tsv": CODES,
        "main.py": "print(1)\n",
        "wide.csv": "english,german\nYes.,Ja.\n",
        "model.safetensors": model({"wte.weight": ("F32", vectors)}),
        "reviews.jsonl": '{"body": "Good."}\n',
        "tokenizer.json": saved,
    }


@pytest.fixture
def folder(write: Callable[[str, str | bytes], Path]) -> Path:
    """A folder of it."""
    paths = [write(f"project/{name}", content) for name, content in contents().items()]
    return paths[-1].parent


def test_the_readme_starts_with_its_two_commands() -> None:
    first, second = pages.blocks(README)[0].content.splitlines()
    assert first.startswith(
        "python3 -m venv .venv && .venv/bin/pip install '.[fast,mistral]' "
        "&& .venv/bin/tokscope compare "
    )
    assert (
        second
        == "python3 -m venv --upgrade-deps .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    )


def test_the_readme_is_short() -> None:
    assert DOCS[README].count("\n") < 150


# Pages with commands that take seconds; they run with -m "".
SLOW = {
    "README", "audit", "boundary", "changes", "code", "compare", "extend", "fairness", "gate", "loading", "look", "mixture",
    "morph", "numbers", "output", "python", "report", "transfer",
}  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=[pytest.mark.deep] * (p.stem in SLOW), id=p.stem) for p in DOCS],
)
def test_the_commands_of_a_page_run_and_print_what_it_shows(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, page: Path
) -> None:
    """Commands run in the order of the page, in one folder."""
    monkeypatch.chdir(folder)
    printed, shown = "", {}
    for block in pages.blocks(page):
        if block.runs:
            printed = pages.output(block, run)
        elif block.language == "text":
            shown[block] = printed
    pages.require_shown(page, shown)
    pages.require_pictures(folder)


def test_every_command_is_in_the_pages() -> None:
    from tokscope.cli import app

    for command in app.registered_commands:
        assert f"tokscope {command.name}" in ALL


def test_every_option_is_in_the_pages() -> None:
    from tokscope.cli import app, whole

    for command in (whole(str(one.name)) for one in app.registered_commands):
        for option in (word for parameter in command.params for word in parameter.opts):
            assert not option.startswith("--") or option in ALL, f"{command.name} {option}"


def test_every_key_of_the_configuration_is_in_the_pages() -> None:
    for table, keys in TABLES.items():
        for key in filter(None, (table, *keys)):
            written = rf"`{key}`|^{key} =|\[{key}[\].]"
            assert re.search(written, ALL, re.MULTILINE), f"[{table}] {key}"


def test_every_kind_of_tokenizer_is_in_the_pages_and_in_the_help() -> None:
    from tokscope.cli.text import _SPEC
    from tokscope.tokenizers import LOADERS

    for kind in LOADERS:
        assert f"`{kind}" in ALL or f"{kind}:" in ALL
        assert kind in _SPEC


def require_table(name: str, table: str) -> None:
    """Compare a generated table of a page; set TOKSCOPE_GOLDEN=write to write it anew."""
    marks = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    (page,) = [page for page, text in DOCS.items() if marks.search(text)]
    text = page.read_text(encoding="utf-8")
    if pages.WRITE:
        page.write_text(marks.sub(lambda _: f"{table}\n", text), encoding="utf-8")
    else:
        assert marks.findall(text) == [f"{table}\n"]


def test_the_table_of_measures_is_that_of_the_program(run: Run) -> None:
    printed = run("measures", "--details", "--format", "markdown").stdout
    require_table("measures", printed.split("\n\n", 2)[2].strip())


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("functions", tables.functions),
        ("identity", tables.left_out),
        ("options", tables.options),
        ("rules", tables.rules),
    ],
)
def test_a_table_of_what_the_program_holds_is_that_of_the_program(
    name: str, table: Callable[[], str]
) -> None:
    require_table(name, table())


def test_the_changelog_knows_this_version_and_the_number_of_measures() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {tokscope.__version__}" in changelog
    assert f"{len(tokscope.MEASURES)} measures" in changelog


@pytest.mark.deep
def test_the_sample_tokenizers_come_out_again(tmp_path: Path) -> None:
    """Byte for byte, but WordPiece, whose trainer breaks ties at random."""
    script = ROOT / "examples" / "train_sample.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    for name in ("unigram.model", "shares.json"):
        assert (tmp_path / name).read_bytes() == (TRAINED / name).read_bytes()
    folders = (TRAINED, tmp_path)
    ours, again = (tokenizers.Tokenizer.from_file(str(f / "bpe.json")) for f in folders)
    assert ours.to_str() == again.to_str()
    pieces, others = (json.loads((f / "wordpiece.json").read_text()) for f in folders)
    vocabularies = [set(data["model"].pop("vocab")) for data in (pieces, others)]
    assert pieces == others
    assert len(vocabularies[0]) == len(vocabularies[1]) == 4000
    assert len(vocabularies[0] & vocabularies[1]) > 3600


def test_the_shares_are_those_of_the_bytes_that_were_trained_on() -> None:
    shares = json.loads((TRAINED / "shares.json").read_text())
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert set(shares) == {c.name for c in tokscope.read_corpora(["sample:prose", "sample:code"])}
    assert max(shares, key=lambda name: shares[name]) == "en"
