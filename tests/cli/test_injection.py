"""What files call their things, printed by commands: text in every format and every message."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from tests.conftest import Run
from tests.gate.folder import ALL_ON
from tests.laws import HOSTILE, SURROGATE, refusal, refusal_here, require_safe, require_seen
from tests.tokenizers.families import FAMILIES, STRING, file_of, gguf_file
from tokscope.render import GATES, PAGE, RENDERERS

# As much of it as a file may be called, without what a name is refused for.
NAME = "::stop-commands::\u202e![i](x) `b` <s> ##[error]a, @all $x$ %0A::error::b"
FORMATS = (*RENDERERS, PAGE)


def hostile() -> str:
    """A tokenizer whose added tokens, and what is not asked for ids, are hostile."""
    config: dict[str, Any] = json.loads(file_of("gpt.json"))
    for i, content in enumerate(
        (HOSTILE, "\n::error::x", "![i](http://e.vil)", "::", "##[error]x")
    ):
        config["added_tokens"].append(
            {
                "id": len(config["model"]["vocab"]) + 50 + i, "content": content, "special": i % 2 == 0,
                "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            }
        )  # fmt: skip
    return json.dumps(config)


@pytest.fixture
def named(folder: Path) -> Path:
    """Everything in the folder with hostile names, and a tokenizer with hostile tokens."""
    (folder / f"{NAME}.json").write_text(hostile(), encoding="utf-8")
    line = HOSTILE.replace("\n", " ").replace("\r", " ")
    text = f"{line}\n::error::one\n\x1b[2Jtwo\n"
    for name in (NAME, f"b{NAME}"):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


COMMANDS = {
    "compare": ["-c", f"{NAME}.txt"],
    "compare --lines": ["3", "--parallel", "-c", f"{NAME}.txt", "-c", f"b{NAME}.txt"],
    "inspect": [],
    "inspect --components": [],
    "vocab": [],
    "vocab --by language": ["-c", f"{NAME}.txt"],
    "vocab --grep": ["::"],
    "audit": [],
    "audit --tokens": [],
    "show": [f"{HOSTILE}\n::error::x"],
}

SLOW = ("audit", "audit --tokens", "show")


@pytest.mark.parametrize(
    "command",
    [pytest.param(c, marks=[pytest.mark.deep] * (c in SLOW)) for c in COMMANDS],
)
def test_what_commands_print_is_text_in_every_format(named: Path, run: Run, command: str) -> None:
    words = command.split()
    spec = f"{NAME}.json"
    first = (
        [*COMMANDS[command], spec] if words[0] == "show" else [spec, *words[1:], *COMMANDS[command]]
    )
    formats = (*FORMATS, "svg") if command == "show" else FORMATS
    outputs = [word for name in formats for word in ("-o", f"{name}=out.{name}")]
    done = run(words[0], *first, *outputs)
    assert (done.returncode, done.stderr) == (0, "")
    require_safe("table", done.stdout)
    for format_ in formats:
        require_safe(format_, Path(f"out.{format_}").read_text(encoding="utf-8"))


@pytest.mark.deep
def test_what_gates_say_is_text_in_every_format(locked: Path, run: Run) -> None:
    (locked / f"{NAME}.json").write_text(hostile(), encoding="utf-8")
    quoted = json.dumps(HOSTILE).replace("\\ud", "d")
    day = date.today() + timedelta(days=30)
    waiver = (
        f'\n[[waivers]]\nrule = "TS005"\nreason = {quoted}\nowner = {quoted}\nexpires = {day}\n'
    )
    (locked / f"{NAME}.toml").write_text(ALL_ON + waiver, encoding="utf-8")
    formats = (*FORMATS, *GATES)
    outputs = [word for name in formats for word in ("-o", f"{name}=out.{name}")]
    done = run(
        "check", f"{NAME}.json", "--config", f"{NAME}.toml", "-f", "github", *outputs,
        GITHUB_STEP_SUMMARY=str(locked / "summary.md"),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    require_safe("github", done.stdout)
    require_safe("markdown", (locked / "summary.md").read_text(encoding="utf-8"))
    for format_ in formats:
        require_safe(format_, Path(f"out.{format_}").read_text(encoding="utf-8"))
    (locked / "small.json").write_bytes(file_of("gpt.json"))
    for words in (
        ["diff", "small.json", f"{NAME}.json"],
        ["equiv", "small.json", f"{NAME}.json", "--fuzz", 0],
    ):
        outputs = [word for name in FORMATS for word in ("-o", f"{name}=out.{name}")]
        done = run(*words, "-c", "en.txt", *outputs)
        assert done.returncode in (0, 1), done.stderr
        for format_ in FORMATS:
            require_safe(format_, Path(f"out.{format_}").read_text(encoding="utf-8"))


def test_a_configuration_that_is_written_hides_nothing(named: Path, run: Run) -> None:
    (named / "tokscope.toml").unlink()
    done = run("init", f"{NAME}.json", "-c", f"{NAME}.txt")
    assert done.returncode == 0, done.stderr
    require_seen((named / "tokscope.toml").read_text(encoding="utf-8").replace("##[", ""))
    assert "TS90" in run("check", "--identity").stderr  # it is read: what lacks is a lock


def _json(**parts: Any) -> Callable[[], str]:
    return lambda: json.dumps({**json.loads(FAMILIES["gpt.json"]()), **parts})


def _lock(**parts: Any) -> str:
    return json.dumps({"schema": 1, **parts})


FILES: dict[str, tuple[str, str | bytes | Callable[[], str | bytes], list[str]]] = {
    "a type of a model": ("t.json", _json(model={"type": HOSTILE}), ["inspect"]),
    "a surrogate": ("t.json", _json(model={"type": SURROGATE}), ["inspect"]),
    "a key": ("t.json", json.dumps({HOSTILE: 1}), ["inspect"]),
    "a name in GGUF": (
        "t.gguf", lambda: gguf_file({"tokenizer.ggml.model": (STRING, HOSTILE)}), ["inspect"]
    ),
    "a list of merges": ("merges.txt", f"#version\n{HOSTILE}\n", ["inspect"]),
    "a vocabulary": ("vocab.txt", f"{HOSTILE}\n{HOSTILE}\n", ["inspect"]),
    "ranks": ("t.tiktoken", f"{HOSTILE} 0\n", ["inspect"]),
    "text that is no tokenizer": ("t.model", HOSTILE, ["inspect"]),
    "a header": ("t.csv", f'"{HOSTILE.replace(chr(34), "")}",b\n1,2\n', ["compare", "bytes", "-c"]),
    "records": ("t.jsonl", json.dumps({HOSTILE: {HOSTILE: 1}}), ["compare", "bytes", "-c"]),
    "invalid records": ("t.jsonl", HOSTILE, ["compare", "bytes", "-c"]),
    "a key of a configuration": ("t.toml", f"{json.dumps(HOSTILE)[:200]}\" = 1\n", ["check", "--config"]),
    "a broken configuration": ("t.toml", HOSTILE, ["check", "--config"]),
    "a lock": ("t.lock", lambda: _lock(**{HOSTILE: HOSTILE}), ["check", "sample:bpe", "--against"]),
    "a lock's version": ("t.lock", json.dumps({"schema": HOSTILE}), ["check", "sample:bpe", "--against"]),
    "a file of counts": ("t.counts", HOSTILE, ["infer-mixture", "sample:bpe", "--counts"]),
}  # fmt: skip


Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Refused:
    """Run a command in this process, and see that it is refused."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def call(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["tokscope", *words])
        return refusal_here(capfd)

    return call


@pytest.mark.parametrize("what", FILES)
def test_what_files_hold_is_text_in_messages(folder: Path, refused: Refused, what: str) -> None:
    name, content, words = FILES[what]
    content = content() if callable(content) else content
    data = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
    (folder / name).write_bytes(data)
    refused(*words, name)


def test_columns_of_tables_are_text_in_messages(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pyarrow.table({HOSTILE: ["a"]}), path)
    done = run("compare", "bytes", "-c", path)
    assert done.returncode == 2
    require_seen(done.stderr)
    assert "stop-commands" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", NAME], ["inspect", HOSTILE], ["inspect", f"hf:{HOSTILE}"], ["inspect", f"{HOSTILE}=x"],
        ["inspect", f"sp:{HOSTILE}"], [HOSTILE], ["inspect", f"--{HOSTILE}"], ["inspect", "-f", HOSTILE, "bytes"],
        ["inspect", "bytes", "-o", HOSTILE], ["compare", "bytes", "-c", HOSTILE], ["explain", HOSTILE],
        ["compare", "bytes", "-c", f"{HOSTILE}/*.txt"], ["compare", "bytes", "-m", HOSTILE], ["show", "a", HOSTILE],
        ["compare", "bytes", "-j", HOSTILE], ["check", "--config", HOSTILE], ["check", "--against", f"git:{HOSTILE}:x"],
        ["vocab", "bytes", "--grep", f"({HOSTILE}"], ["numbers", "bytes", "--number", HOSTILE],
        ["compare", "bytes", "--words", HOSTILE],
        ["infer-mixture", "sample:bpe", "--truth", HOSTILE], ["audit", "bytes", "--fail-on", HOSTILE],
        ["compare", "bytes", "-c", "sample:en", "--field", HOSTILE], ["compare", f"bytes?pattern={HOSTILE}"],
    ],
)  # fmt: skip
def test_words_of_a_command_are_text_in_messages(
    folder: Path, refused: Refused, words: list[str]
) -> None:
    refused(*words)


def test_a_scheduler_is_text_in_messages(run: Run) -> None:
    """In a process of its own, as the library leaves variables behind."""
    refusal(run("compare", "bytes", "--scheduler", f"tcp://{HOSTILE}"))
