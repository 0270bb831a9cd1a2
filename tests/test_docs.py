"""The README's examples run, its tables are those of the program, and the examples folder works."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tokenizers
import typer

import tokscope
from tests.conftest import ROOT, Run
from tests.tokenizers.families import byte_level
from tokscope.gate.settings import TABLES
from tokscope.text.corpus import SAMPLE
from tokscope.tokenizers.rest import LEFT_OUT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
TRAINED = ROOT / "tokscope" / "tokenizers" / "trained"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the examples speak of: a tokenizer, parallel text, code, reviews."""
    (tmp_path / "tokenizer.json").write_text(byte_level().to_str())
    (tmp_path / "text").mkdir()
    for name in ("en", "de"):
        shutil.copy(SAMPLE / "prose" / f"{name}.txt", tmp_path / "text")
    (tmp_path / "words.txt").write_text("the\nhouse\n")
    (tmp_path / "main.py").write_text("print(1)\n")
    (tmp_path / "wide.csv").write_text("english,german\nYes.,Ja.\n")
    (tmp_path / "reviews.jsonl").write_text('{"body": "Good."}\n')
    return tmp_path


def test_the_readme_starts_with_its_two_commands() -> None:
    first, second = SHELL[:2]
    assert first.startswith(
        "python3 -m venv .venv && .venv/bin/pip install '.[mistral]' && .venv/bin/tokscope "
    )
    assert (
        second == "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    )


# Commands whose examples take seconds; what they do is tested elsewhere, and all run with -m "".
SLOW = re.compile("-mixture|init|numbers|sample:wordpiece --fail-on")


@pytest.mark.parametrize(
    "line", [pytest.param(s, marks=[pytest.mark.deep] * bool(SLOW.search(s))) for s in SHELL[2:]]
)
def test_examples_of_the_readme_run(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.chdir(folder)
    if "|" in line:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        variables = os.environ | {"PATH": path}
        done = [subprocess.run(line, shell=True, capture_output=True, text=True, env=variables)]
    else:
        commands = [shlex.split(command) for command in line.split("&&")]
        assert all(command[0] == "tokscope" for command in commands)
        done = [run(*command[1:]) for command in commands]
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * len(done)
    assert len("".join(one.stdout for one in done)) > 100


@pytest.mark.parametrize("code", PYTHON)
def test_python_of_the_readme_runs(folder: Path, code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.stderr == ""
    assert re.search(r"bytes +1\.\d", done.stdout)


def test_every_command_is_in_the_readme() -> None:
    from tokscope.cli import app

    for command in app.registered_commands:
        assert f"tokscope {command.name}" in README


def test_every_option_is_in_the_readme() -> None:
    from tokscope.cli import app

    for command in typer.main.get_command(app).commands.values():  # type: ignore[attr-defined]
        for option in (word for parameter in command.params for word in parameter.opts):
            assert not option.startswith("--") or option in README, f"{command.name} {option}"


def test_every_key_of_the_configuration_is_in_the_readme() -> None:
    for table, keys in TABLES.items():
        for key in filter(None, (table, *keys)):
            written = rf"`{key}`|^{key} =|\[{key}[\].]"
            assert re.search(written, README, re.MULTILINE), f"[{table}] {key}"


def test_every_kind_of_tokenizer_is_in_the_readme_and_in_the_help() -> None:
    from tokscope.cli.text import _SPEC
    from tokscope.tokenizers import LOADERS

    for kind in LOADERS:
        assert f"`{kind}" in README or f"{kind}:" in README
        assert kind in _SPEC


def require_table(name: str, table: str) -> None:
    """Compare a table of the README; set TOKSCOPE_GOLDEN=write to write it anew."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found
    if os.environ.get("TOKSCOPE_GOLDEN") == "write":
        start, end = found.span(1)
        (ROOT / "README.md").write_text(f"{text[:start]}{table}\n{text[end:]}", encoding="utf-8")
        return
    assert found[1].strip() == table


def test_the_table_of_measures_is_that_of_the_program(run: Run) -> None:
    require_table(
        "measures", run("measures", "--format", "markdown").stdout.split("\n\n", 1)[1].strip()
    )


def test_the_table_of_what_identity_leaves_out_is_that_of_the_program() -> None:
    rows = ["| of | left out | because |", "|---|---|---|"]
    for file, parts in LEFT_OUT.items():
        for name, why in parts.items():
            what = f"`{name}`" if re.fullmatch(r"[\w.*]+", name) else name
            rows.append(f"| {file} | {what} | {why} |")
    require_table("identity", "\n".join(rows))


def test_the_changelog_knows_this_version_and_the_number_of_measures() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {tokscope.__version__}" in changelog
    assert f"{len(tokscope.MEASURES)} measures" in changelog


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    script = ROOT / "examples" / "train_sample.py"
    subprocess.run([sys.executable, script, folder], check=True)
    return folder


def test_the_sample_tokenizers_come_out_byte_for_byte(trained: Path) -> None:
    for name in ("unigram.model", "shares.json"):
        assert (trained / name).read_bytes() == (TRAINED / name).read_bytes()
    ours, again = (tokenizers.Tokenizer.from_file(str(f / "bpe.json")) for f in (TRAINED, trained))
    assert ours.to_str() == again.to_str()


def test_the_sample_wordpiece_is_of_the_kind_that_is_trained(trained: Path) -> None:
    ours, again = (json.loads((f / "wordpiece.json").read_text()) for f in (TRAINED, trained))
    vocabularies = [set(data["model"].pop("vocab")) for data in (ours, again)]
    assert ours == again
    assert len(vocabularies[0]) == len(vocabularies[1]) == 4000
    assert len(vocabularies[0] & vocabularies[1]) > 3600


def test_the_shares_are_those_of_the_bytes_that_were_trained_on() -> None:
    shares = json.loads((TRAINED / "shares.json").read_text())
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert set(shares) == {c.name for c in tokscope.read_corpora(["sample:prose", "sample:code"])}
    assert max(shares, key=lambda name: shares[name]) == "en"
