"""The way into CI: the page is followed line by line, the action's and the hooks' commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.conftest import ROOT, Run
from tests.gate.folder import ALL_ON
from tests.gate.planted import lowercase, swap
from tests.tokenizers.families import file_of

GATES = ROOT / "examples" / "gates"
ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


@pytest.fixture
def quick(locked: Path) -> Path:
    """The folder without the gates that take most of the time: numbers and audit."""
    (locked / "tokscope.toml").write_text(ALL_ON.partition("\n[numbers]")[0] + "\n")
    return locked


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | ENVIRONMENT | variables,
        capture_output=True,
        text=True,
    )


def ran(line: str, folder: Path, run: Run) -> subprocess.CompletedProcess[str]:
    """Run a line of shell; a command of ours without its start."""
    program, *words = shlex.split(line)
    return run(*words) if program == "tokscope" else shell(line, folder)


def plant(folder: Path, change: Any) -> None:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))))


@pytest.mark.deep
def test_every_line_of_the_page_runs_in_a_fresh_repository(folder: Path, run: Run) -> None:
    (folder / "tokscope.toml").unlink()
    (folder / "tokenizer.json").write_bytes(file_of("gpt.json"))  # a small one, which is fast
    (folder / "text").mkdir()
    for name in ("en", "de", "ru"):
        shutil.move(folder / f"{name}.txt", folder / "text")
    assert shell("git init -q && git add . && git commit -qm first", folder).returncode == 0
    page = (GATES / "README.md").read_text(encoding="utf-8")
    lines = [
        line for b in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in b.splitlines()
    ]
    assert len(lines) == 10
    for line in lines:
        done = ran(line, folder, run)
        assert (done.returncode, done.stderr) == (0, ""), line
    assert ElementTree.parse(folder / "report.xml").getroot().get("failures") == "0"
    for linked in re.findall(r"\]\(([\w.-]+)\)", page):
        assert (GATES / linked).is_file()


def test_the_page_is_reached_from_the_page_about_gates() -> None:
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    assert "(../examples/gates/README.md)" in page


@pytest.mark.deep
def test_the_example_configuration_gates_the_embedded_tokenizer(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(GATES / "tokscope.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run("lock").returncode == 0
    done = run("check", "--format", "concise")
    assert done.returncode == 0
    assert done.stdout.startswith("PASS: the same tokenizer as in tokscope.lock, by 8 checks")
    assert done.stdout.endswith("\nsample-bpe: pass (32 pass)\n")
    assert run("check", "sample:unigram", "--identity").returncode == 1


# The action


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return found


def acted(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the step that checks, as the runner does, and return what it puts out."""
    told = action()
    install, step = told["runs"]["steps"]
    assert (
        shell(
            install["run"].replace("python3 -m pip install", "echo"),
            folder,
            INSTALL="",
            ACTION="here",
        ).stdout
        == "--quiet here\n"
    )
    defaults = {name: one["default"] for name, one in told["inputs"].items()}
    values = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: (defaults | inputs)[m[1]], text)
        for name, text in step["env"].items()
    }
    outputs = folder / "outputs"
    outputs.write_text("")
    summary = str(folder / "summary.md")
    done = shell(
        step["run"], folder, GITHUB_OUTPUT=str(outputs), GITHUB_STEP_SUMMARY=summary, **values
    )
    pairs = [line.partition("=") for line in outputs.read_text().splitlines()]
    found = {name: value for name, _, value in pairs}
    promised = {
        re.fullmatch(r"\$\{\{ steps\.check\.outputs\.([\w-]+) \}\}", one["value"])[1]
        for one in told["outputs"].values()
    }  # type: ignore[index]
    assert found.keys() <= promised
    return done, found


@pytest.mark.deep
def test_the_action_passes_what_is_the_same(quick: Path) -> None:
    done, outputs = acted(quick)
    assert (done.returncode, done.stderr) == (0, "")
    assert outputs == {
        "verdict": "pass", "exit-code": "0", "junit": "tokscope-junit.xml", "markdown": "tokscope.md",
    }  # fmt: skip
    assert ElementTree.parse(quick / "tokscope-junit.xml").getroot().get("failures") == "0"


@pytest.mark.deep
def test_the_action_annotates_what_failed(quick: Path) -> None:
    """Against a tokenizer that an input names, as one names what is checked."""
    plant(quick, lowercase)
    (quick / "tokscope.lock").unlink()
    words = {"against": "sample:bpe", "tokenizer": "tokenizer.json", "fail-inconclusive": "true"}
    done, outputs = acted(quick, junit="x.xml", **words)
    assert done.returncode == 1
    assert (outputs["verdict"], outputs["exit-code"]) == ("fail", "1")
    annotations = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert len(annotations) == 10
    assert all(re.fullmatch(r"::(error|warning) [^:]*::[^\n]*", line) for line in annotations)
    suite = ElementTree.parse(quick / "x.xml").getroot()[0]
    assert all(case.get("classname") and case.get("name") for case in suite)
    assert (quick / "summary.md").stat().st_size < 1024 * 1024
    told = (quick / "tokscope.md").read_text()
    assert told.startswith("**FAIL because normalizer (Lowercase) was added")


@pytest.mark.deep
def test_the_action_tells_what_could_not_be_judged(quick: Path) -> None:
    (quick / "tokscope.lock").unlink()
    done, outputs = acted(quick)
    assert done.returncode == 2
    assert outputs == {"verdict": "error", "exit-code": "2"}
    assert "TS905" in done.stderr


def test_the_workflow_uses_what_the_action_puts_out() -> None:
    workflow = (GATES / "workflow.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(workflow)["jobs"]["check"]["steps"][2]["id"] == "gates"
    used = set(re.findall(r"steps\.gates\.outputs\.([\w-]+)", workflow))
    assert used <= set(action()["outputs"])


# Hooks


def hooks() -> dict[str, dict[str, Any]]:
    listed = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return {hook["id"]: hook for hook in listed}


@pytest.mark.deep
def test_hooks_pass_and_fail_as_they_should(quick: Path, run: Run) -> None:
    for hook in hooks().values():
        assert ran(hook["entry"], quick, run).returncode == 0
    plant(quick, swap)
    done = ran(hooks()["tokscope-identity"]["entry"], quick, run)
    assert done.returncode == 1
    assert done.stdout.startswith("tokscope.toml:11: TS005 fail components: changed: merges\n")


@pytest.mark.deep
def test_identity_reads_no_text(quick: Path, run: Run) -> None:
    for name in ("en", "de", "ru"):
        (quick / f"{name}.txt").unlink()
    done = run("check", "--identity", "--format", "concise")
    told = "PASS: the same tokenizer as in tokscope.lock, by 8 checks of identity.\n"
    assert (done.returncode, done.stdout) == (0, f"{told}mine: pass (8 pass)\n")


def test_the_example_names_hooks_that_there_are() -> None:
    config = yaml.safe_load((GATES / "pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in config["repos"][0]["hooks"]] == list(hooks())
    files = hooks()["tokscope-identity"]["files"]
    for name in (
        "tokenizer.json",
        "a/tokenizer.model",
        "vocab.txt",
        "x.tiktoken",
        "tokscope.lock.npz",
    ):
        assert re.search(files, name)
    assert not re.search(files, "main.py")
