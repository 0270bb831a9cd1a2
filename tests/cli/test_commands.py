"""The installed command: every command in every format, and every refusal as one line and exit 2."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import tokscope
from tests.conftest import Run
from tests.goldens import FOLDER, in_every_format, require_formats, require_same
from tests.laws import done_here, refusal, refusal_here
from tests.tokenizers.families import file_of
from tokscope.cli import app
from tokscope.render import RENDERERS

Write = Callable[[str, str | bytes], Path]
COMMANDS = {
    "compare": ["compare", "bytes", "c=characters", "--price", "bytes=2"],
    "lines": ["compare", "bytes", "c=characters", "--lines", "2"],
    "bootstrap": [
        "compare",
        "bytes",
        "c=characters",
        "-m",
        "tokens",
        "-m",
        "fertility",
        "--bootstrap",
        "99",
    ],
    "mixture": ["infer-mixture", "sample:bpe", "--exact"],
    "mixture-details": [
        *("infer-mixture", "sample:bpe", "--merges", "60", "--exact", "--details"),
        *("--corpus", "sample:en", "--corpus", "sample:ru"),
    ],
    "simulation": [
        "simulate-mixture",
        "--trials",
        "2",
        "--size",
        "2",
        "--vocabulary",
        "320",
        "--merges",
        "60",
        "--bytes",
        ".02",
    ],
    "measures": ["measures"],
    "show": ["show", "naïve 世 <s>\t", "sample:bpe", "sample:unigram", "sample:wordpiece"],
    "count": ["count", "sample:bpe", "sample:en", "sample:ja"],
    "inspect": ["inspect", "bytes", "sample:bpe", "sample:wordpiece"],
    "components": ["inspect", "--components", "sample:unigram"],
    "list": ["list"],
    "boundary": ["boundary", "sample:bpe", "sample:unigram", "sample:wordpiece", "I don"],
    "boundary-places": [
        "boundary",
        "sample:bpe",
        "--corpus",
        "sample:de",
        "--corpus",
        "sample:python",
        "--details",
    ],
    "boundary-space": ["boundary", "sample:bpe", "This is a test ", "--top", "3", "--details"],
    "numbers": ["numbers", "bytes"],
    "numbers-scheme": ["numbers", "bytes", "--by", "scheme", "--seed", "1"],
    "numbers-context": ["numbers", "bytes", "sample:bpe", "--by", "context"],
    "numbers-number": ["numbers", "bytes", "sample:bpe", "--number", "1,234,567.89"],
    "audit": ["audit", "sample:bpe", "sample:unigram"],
    "audit-tokens": ["audit", "bytes", "--tokens"],
    "audit-adversarial": ["audit", "sample:bpe", "--adversarial", "5"],
    "extend": [
        "extend",
        "sample:bpe",
        *("--corpus", "sample:ru", "--held-out", "sample:uk"),
        *("--merges", "40", "--bootstrap", "50", "--dimension", "64"),
    ],
    "explain": ["explain", "TS4"],
    "explain-one": ["explain", "TS405"],
    "vocab": ["vocab", "bytes", "sample:bpe", "sample:wordpiece"],
    "vocab-script": ["vocab", "sample:unigram", "--by", "script"],
    "vocab-length": ["vocab", "sample:bpe", "--by", "length"],
    "vocab-text": ["vocab", "bytes", "sample:bpe", "--word-list", "sample:en"],
    "vocab-language": ["vocab", "sample:bpe", "--by", "language", "--frequent", "3"],
    "vocab-tokens": ["vocab", "bytes", "sample:unigram", "--tokens", "ja", "--top", "5"],
    "vocab-grep": ["vocab", "sample:bpe", "sample:unigram", "sample:wordpiece", "--grep", "^ ?the"],
    "transfer": ["transfer", "sample:bpe", "sample:unigram", "--top", "3"],
    "transfer-details": [
        "transfer",
        "sample:wordpiece",
        "sample:bpe",
        "--top",
        "3",
        "--details",
    ],
    "morph": [
        "morph",
        *("sample:bpe", "sample:unigram", "--gold", "sample:en", "--gold", "t=sample:tr"),
        *("--top", "3", "--strings"),
    ],
    "morph-details": [
        "morph",
        "sample:wordpiece",
        "--gold",
        "sample:de",
        "--context",
        "alone",
        "--details",
    ],
    "vocab-only-in": ["vocab", "sample:bpe", "bytes", "--only-in", "sample-bpe", "--top", "7"],
    "code": [
        "code",
        "sample:bpe",
        "sample:unigram",
        "-c",
        "sample:go",
        "-c",
        "sample:c",
        "--details",
    ],
}

SOLVED = ("mixture", "mixture-details", "simulation")
SLOW = (
    *SOLVED, "audit", "boundary-places", "code", "extend", "numbers", "numbers-context",
    "numbers-scheme", "transfer", "transfer-details",
)  # fmt: skip
WITH_TEXT = ("compare", "lines", "bootstrap")
WITH_LANGUAGES = ("vocab-text", "vocab-language", "vocab-tokens")  # which are not parallel
# what a machine has in its caches, or as extras, is its own
OWN = {"list": {"HF_HOME": "/nowhere", "TIKTOKEN_CACHE_DIR": "/nowhere"}}


@pytest.fixture
def corpora(write: Write) -> list[object]:
    """Two tiny parallel corpora."""
    write("two/en.txt", "The cat sleeps.\nAll 12 | _eat_ 50%.\n")
    folder = write("two/ja.txt", "猫が眠る。\n12匹みな食べる。\n").parent
    return ["--corpus", folder, "--parallel"]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, which is faster where it does little."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: object, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["tokscope", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        return done_here(capfd)

    return call


def steady(text: str) -> str:
    """Leave out what another solver would change: the way to the optimum, and its last digits."""
    found = r"objective \S+ \(exact; [\d,]+ rows\s+in\s+\d+\s+rounds\),\s+\S+\s+times"
    text = re.sub(found, "objective *", text)
    return re.sub(r"\d\.\d{9,}(e-\d+)?", lambda match: f"{float(match[0]):.6g}", text)


@pytest.mark.parametrize(
    "command",
    [pytest.param(name, marks=[pytest.mark.deep] * (name in SLOW)) for name in COMMANDS],
)
def test_output_is_that_of_the_golden_files(
    run: Run, corpora: list[object], tmp_path: Path, command: str
) -> None:
    """Formats are printed by turns."""
    text = corpora if command in WITH_TEXT else []
    text = corpora[:2] if command in WITH_LANGUAGES else text
    call = partial(run, *COMMANDS[command], *text, **OWN.get(command, {}))
    printed = list(RENDERERS)[list(COMMANDS).index(command) % len(RENDERERS)]
    code, shown = in_every_format(call, tmp_path, list(RENDERERS), printed)
    assert code == 0
    if command in SOLVED:
        shown = {format_: steady(text) for format_, text in shown.items()}
    require_formats(command, shown)


def test_programs_get_every_value_at_full_precision(run: Run, corpora: list[object]) -> None:
    record = json.loads(run("compare", "bytes", *corpora, "-f", "json").stdout)
    keys = ["schema", "command", "headline", "title", "signature", "notes", "rows"]
    assert list(record) == keys
    assert (record["schema"], record["command"]) == (1, "compare")
    rows = list(csv.DictReader(io.StringIO(run("compare", "bytes", *corpora, "-f", "csv").stdout)))
    assert len(rows) == len(record["rows"])
    for row, same in zip(rows, record["rows"], strict=True):
        assert row["value"] == ("" if same["value"] is None else repr(float(same["value"])))
    (premium,) = [r for r in record["rows"] if (r["corpus"], r["measure"]) == ("ja", "premium")]
    assert premium["value"] == 38 / 34


def test_files_get_their_format_by_suffix_or_by_name(
    run: Run, corpora: list[object], tmp_path: Path
) -> None:
    outputs = [tmp_path / "a.csv", tmp_path / "a.json", f"markdown={tmp_path / 'a'}"]
    done = run("compare", "bytes", *corpora, *(word for o in outputs for word in ("-o", o)))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.csv").read_text() == run("compare", "bytes", *corpora, "-f", "csv").stdout
    assert json.loads((tmp_path / "a.json").read_text())["command"] == "compare"
    assert (tmp_path / "a").read_text().startswith("**bytes needs 72 tokens: only baselines")
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["a", "a.csv", "a.json"]


# What `test_early.py` does not try.
REFUSED: dict[str, list[str]] = {
    "and standard input cannot be ": ["init", "bytes", "-c", "en=-"],
    "no tokenizer.json, tekken.json, tokenizer.model, tokenizer.model.v*, source.spm": ["init"],
    "no tokscope.toml and no [tool.tokscope] here; write one with: tokscope init": ["check"],
    "--fuzz 0 leaves no text to compare on; name a --corpus": ["equiv", "bytes", "b=bytes", "--fuzz", "0"],
    "would both be called 'bytes' ": ["equiv", "bytes", "bytes"],
    "extend learns from text of yours; name it with --corpus": ["extend", "sample:bpe"],
    "--merges 0: write a number from 1 up": ["extend", "sample:bpe", "-c", "sample:de", "--merges", "0"],
    "--dimension 0: write a number from 1 up": ["extend", "sample:bpe", "-c", "sample:de", "--dimension", "0"],
    "bytes cannot be extended; what can: BPE": ["extend", "bytes", "-c", "sample:de"],
    "name a file that ends in .json": ["extend", "sample:bpe", "-c", "sample:de", "--output", "new.model"],
    "--output nowhere/x.json: the folder nowhere does not exist": ["extend", "sample:bpe", "-c", "sample:de", "--output", "nowhere/x.json"],
    "--seed is for --bootstrap; add --bootstrap 1000": ["extend", "sample:bpe", "-c", "sample:de", "--seed", "3"],
    "--write-merges: this is written to a file, not to standard output": ["extend", "sample:bpe", "-c", "sample:de", "--write-merges", "-"],
    "no format has this suffix; name a file that ends in .npz, .safetensors, .jsonl, or write": ["transfer", "sample:bpe", "bytes", "-o", "x.parquet"],
    "--output npz=x: name a file that ends in .npz, without npz=": ["transfer", "sample:bpe", "bytes", "-o", "npz=x"],
    "--gold -: name files, each by its own --gold": ["morph", "bytes", "--gold", "-"],
    "--gold *.tsv: name files, each by its own --gold": ["morph", "bytes", "--gold", "x=*.tsv"],
    ".: a folder; name a file in it": ["morph", "bytes", "--gold", "."],
    "--whole-characters has no effect on sample-unigram,": ["extend", "sample:unigram", "-c", "sample:de", "--whole-characters"],
    "--seed is for --bootstrap; add --bootstrap 1000 ": ["compare", "bytes", "--seed", "5"],
    "--seed is for --bootstrap; add --bootstrap 1000  ": ["report", "bytes", "-o", "x.html", "--seed", "5"],
    "--seed is for --bootstrap, --refit and --baselines; add one": ["infer-mixture", "sample:bpe", "--seed", "0"],
    "--seed is for --fuzz; drop --fuzz 0": ["equiv", "bytes", "b=bytes", "-c", "sample:en", "--fuzz", "0", "--seed", "1"],
    "unknown compressor in --reference-lines ''": ["compare", "bytes", "--reference-lines", ""],
    "unknown rule 'TS10'; did you mean": ["audit", "bytes", "--select", "TS10"],
    "--select and --ignore leave no rule": ["audit", "bytes", "--select", "TS405", "--ignore", "TS4"],
    "unknown severity of --fail-on 'eror'; did you mean 'error'?": ["audit", "bytes", "--fail-on", "eror"],
    "--tokens and --adversarial do not go together": ["audit", "bytes", "--tokens", "--adversarial", "3"],
    "--word-list is for --adversarial": ["audit", "bytes", "--word-list", "sample:en"],
    "a list has no findings; drop --corpus": ["audit", "bytes", "--tokens", "-c", "sample:en"],
    "nowhere.json: no such file or folder": ["audit", "nowhere.json"],
    "--number shows one number; drop --by": ["numbers", "bytes", "--number", "7", "--by", "kind"],
    "--by all has no effect on csv": ["numbers", "bytes", "--by", "all", "--format", "csv"],
    "--number shows one number; drop --seed": ["numbers", "bytes", "--number", "7", "--seed", "1"],
    "--frequent looks at words of text; add --corpus": ["vocab", "bytes", "--frequent", "7"],
    "write NAME=SHARE,NAME=SHARE, each name once": ["infer-mixture", "sample:bpe", "--truth", "en"],
    "'much' is not a share from 0 to 1": ["infer-mixture", "sample:bpe", "--truth", "en=much"],
    "--truth nowhere.json: cannot be read": ["infer-mixture", "sample:bpe", "--truth", "nowhere.json"],
    "--counts has the corpora in it": ["infer-mixture", "sample:bpe", "--counts", "x", "-c", "sample:en"],
    "x.npz: no such file": ["infer-mixture", "sample:bpe", "--counts", "x.npz"],
    "--exact goes on to the end": ["infer-mixture", "sample:bpe", "--exact", "--seconds", "9"],
    "--details has no effect on json, csv": [
        *("infer-mixture", "bytes", "--details", "--format", "json", "--output", "out.csv"),
    ],
    "--bootstrap -1: two or more make an interval": ["infer-mixture", "sample:bpe", "--bootstrap", "-1"],
    "--seed -1: a seed is a number from 0 up ": ["infer-mixture", "sample:bpe", "--bootstrap", "9", "--seed", "-1"],
    "--state: the folder nowhere does not exist": ["simulate-mixture", "--state", "nowhere/x"],
    "--size 99: mix from 2 to 42 corpora": ["simulate-mixture", "--size", "99"],
    "unknown reference corpus 'xx'": ["compare", "bytes", "--reference", "xx"],
    "standard input can be read only once": ["compare", "bytes", "-c", "-", "-c", "b=-"],
    "-: no text in it": ["compare", "bytes", "-c", "-"],
    "--lines -1: write how many lines": ["compare", "bytes", "--lines", "-1"],
    "--lines lists lines; drop --measure": ["compare", "bytes", "--lines", "2", "-m", "tokens"],
    "--lines reads text a second time": ["compare", "bytes", "--lines", "2", "-c", "-", "-c", "sample:en", "--parallel"],
    "--cluster needs the fields of .jsonl, .json, .csv or .tsv": ["compare", "bytes", "--bootstrap", "9", "--cluster", "id", "-c", "sample:en"],
    "--cluster needs records; name them with --corpus": ["compare", "bytes", "--bootstrap", "9", "--cluster", "id"],
    "unknown way to treat errors 'zz'": ["compare", "bytes", "--errors", "zz"],
    "bytes has two prices; give one": ["compare", "bytes", "--price", "bytes=1", "--price", "bytes=2"],
    "only tiktoken-file, gguf, merges take a ?pattern=": ["compare", "sample:bpe?pattern=gpt2"],
    "~nobodyhere/x.json: Could not determine home directory": ["compare", "~nobodyhere/x.json"],
    "~nobodyhere/x: Could not determine home directory": ["compare", "bytes", "-c", "~nobodyhere/x"],
    "a path is missing": ["compare", "sp:"],
    "a path is missing; write KIND:PATH, or NAME=PATH": ["compare", "bytes", "-c", ""],
    "the text to show is not valid Unicode": ["show", "a\udc80", "bytes"],
    "10,001 characters are too many to read; show at most 10,000": ["show", "x" * 10_001, "bytes"],
    "unknown kind of tokenizer 'filee'; did you mean 'file'?": ["inspect", "filee:x"],
    "x.json: no such file or folder": ["show", "x", "x.json"],
    "--only-in compares vocabularies; name two tokenizers": ["vocab", "bytes", "--only-in", "bytes"],
    "--top 0: write how many tokens": ["vocab", "bytes", "--grep", "a", "--top", "0"],
    "--only-in and --grep do not go together": ["vocab", "bytes", "--grep", "a", "--only-in", "bytes"],
    "the prompt is empty: any text can follow": ["boundary", "bytes", ""],
    "--top 0: write how many covers": ["boundary", "bytes", "The", "--top", "0"],
    "name a tokenizer and a prompt, as in": ["boundary", "bytes"],
    "name a tokenizer: tokscope boundary SPEC": ["boundary", "-c", "sample:en"],
    "no tokenizer The was found; put a prompt of several words in quotes: 'The of'": ["boundary", "bytes", "sample:bpe", "The", "of"],
    "no tokenizer The was found; drop The, since --corpus takes no prompt": ["boundary", "bytes", "The", "-c", "sample:en"],
    "--top is about a prompt; drop --corpus": ["boundary", "bytes", "-c", "sample:en", "--top", "1"],
    "--output a.jsonl is about a prompt": ["boundary", "bytes", "-c", "sample:en", "-o", "a.jsonl"],
    "--used-in is about a prompt": ["boundary", "bytes", "-c", "sample:en", "--used-in", "x.txt"],
    "--jobs is about text; name it with --corpus": ["boundary", "bytes", "The", "--jobs", "2"],
    "--seed is for lines that are drawn": ["boundary", "bytes", "-c", "sample:en", "--seed", "1"],
    "--apply needs --write: a model is read by --apply": ["transfer", "sample:bpe", "bytes", "--apply", "m.safetensors"],
    "--tensor names a tensor of a model; add --apply and --write": ["transfer", "sample:bpe", "bytes", "--tensor", "x"],
    "m.safetensors: cannot be read (No such file": ["transfer", "sample:bpe", "bytes", "--apply", "m.safetensors", "--write", "n.safetensors"],
    "--apply .: a folder; name model.safetensors or": ["transfer", "sample:bpe", "bytes", "--apply", ".", "--write", "n.safetensors"],
    "the folder none does not exist  ": ["transfer", "sample:bpe", "bytes", "--output", "none/map.npz"],
    "writes there too; name another": ["transfer", "sample:bpe", "bytes", "-o", "m.npz", "-o", "./m.npz"],
    "unknown method 'men'; did you mean 'mean'?": ["transfer", "sample:bpe", "bytes", "--method", "men", "-o", "m.npz"],
    "--method length has no effect on the report; write vectors": ["transfer", "sample:bpe", "bytes", "--method", "length"],
    "--details has no effect on csv ": ["transfer", "sample:bpe", "bytes", "--details", "-f", "csv"],
    "unknown context 'aloen'; did you mean 'alone'?": ["morph", "bytes", "--context", "aloen"],
    "unknown part of the sample of gold 'eng'": ["morph", "bytes", "--gold", "sample:eng"],
    "nowhere.tsv: cannot be read (No such file": ["morph", "bytes", "--gold", "nowhere.tsv"],
    "--align and --frequency are about gold of yours; name it with --gold": ["morph", "bytes", "--align", "--gold", "sample:en"],
    "--align and --frequency are about gold of yours; name it with --gold ": ["morph", "bytes", "--gold-format", "plain", "--gold", "x=sample:en"],
    "two files of gold are named 'en'": ["morph", "bytes", "--gold", "sample:en", "--gold", "en=sample:de"],
    "--details has no effect on csv   ": ["morph", "bytes", "--details", "-f", "csv"],
    "--top cuts a list; add --tokens LANG": ["vocab", "bytes", "--top", "3"],
    "--by and --tokens do not go together": ["vocab", "bytes", "--by", "kind", "--tokens", "en"],
    "--grep lists tokens; drop --corpus": ["vocab", "bytes", "--grep", "a", "-c", "sample:en"],
    "--tokens lists tokens; drop --word-list": ["vocab", "bytes", "--tokens", "en", "--word-list", "sample:en"],
    "unknown corpus ''; Known: am": ["vocab", "bytes", "--tokens", ""],
    "unknown corpus 'eng'; did you mean 'en'?": ["vocab", "bytes", "--tokens", "eng"],
    "no such file or folder  ": ["vocab", "bytes", "--word-list", "nowhere.txt"],
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_a_refusal_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    message: str,
) -> None:
    """In this process, where a refusal takes a third of what it takes in another."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(sys, "argv", ["tokscope", *REFUSED[message]])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert message.strip() in refusal_here(capfd)
    assert not list(tmp_path.iterdir())


@pytest.mark.deep
def test_an_audit_fails_on_findings_that_weigh_enough(run: Run, write: Write) -> None:
    """The embedded BPE has notes alone; a token that no merge makes is a warning."""
    assert run("audit", "sample:bpe", "--fail-on", "warning").returncode == 0
    data = json.loads(file_of("gpt.json"))
    data["model"]["vocab"]["zqzq"] = len(data["model"]["vocab"])
    path = write("planted.json", json.dumps(data))
    failed = run("audit", path, "--fail-on", "warning")
    assert (failed.returncode, failed.stderr) == (1, "")
    assert "TS403" in failed.stdout
    assert run("audit", path, "--fail-on", "error").returncode == 0
    assert run("audit", path, "--fail-on", "warning", "--ignore", "TS40").returncode == 0


@pytest.mark.parametrize("words", [["compare"], ["compare", "--mesure", "x", "bytes"], ["comapre"]])
def test_usage_errors_exit_with_2(here: Run, words: list[str]) -> None:
    assert refusal(here(*words)).endswith("--help\n")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(here: Run, write: Write) -> None:
    folder = write("out/x", "").parent
    (folder / "taken.csv").mkdir()
    done = here("compare", "bytes", "-o", folder / "taken.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "taken.csv exists and is not a regular file" in done.stderr
    assert sorted(p.name for p in folder.iterdir()) == ["taken.csv", "x"]


def test_broken_text_names_its_line_and_can_be_replaced(here: Run, write: Write) -> None:
    path = write("a.txt", b"fine\nbro\xffken\n")
    done = here("compare", "bytes", "-c", path)
    assert done.returncode == 2
    assert f"{path}:2: byte 0xFF at offset 8 is not valid UTF-8" in done.stderr
    done = here("compare", "bytes", "-c", path, "--errors", "replace")
    assert "1 invalid UTF-8 sequences were replaced" in done.stdout


def test_standard_input_is_a_corpus(run: Run) -> None:
    done = run(
        "compare", "bytes", "-c", "-", "-m", "tokens", "-f", "csv", stdin="héllo\n\n".encode()
    )
    assert "bytes,stdin,tokens,6.0" in done.stdout
    done = run("compare", "bytes", "-c", "mine=-", "--details", stdin=b"a\n\n\n")
    assert "2 empty units were skipped" in done.stdout


PANELS = ("Arguments", "Tokenizers", "Options", "Text", "Statistics", "Output", "Scale")


def panels(text: str) -> dict[str, str]:
    """Return what a page of help shows under each of its headings."""
    return dict(re.findall(r"^(\w[\w ]+):\n((?:  .*\n)+)", text, re.MULTILINE))


@pytest.mark.parametrize("command", [one.name for one in app.registered_commands])
@pytest.mark.parametrize("columns", [80, 160])
def test_help_is_grouped_and_shows_no_types_of_python(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "argv", ["tokscope", command, "--help"])
    done = done_here(capfd)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.split("\n"))) <= columns
    assert not re.search(r"<\w|\x1b", done.stdout)
    shown = panels(done.stdout)
    assert list(shown) == [panel for panel in PANELS if panel in shown]
    assert "--help" in shown["Options"]
    for panel, options in {
        "Text": ("--corpus", "--field", "--errors", "--max-unit", "--parallel", "--words"),
        "Statistics": ("--bootstrap", "--seed", "--cluster"),
        "Output": ("--format", "--output", "--quiet"),
        "Scale": ("--jobs", "--scheduler"),
    }.items():
        for option in options:
            assert all(f"{option} " not in text for at, text in shown.items() if at != panel)


def test_help_of_a_command_begins_with_what_it_does(run: Run) -> None:
    """The first word is a verb; commands stand in groups by task, each with its first sentence."""
    shown = panels(run("--help", COLUMNS="160").stdout)
    groups = {one.rich_help_panel for one in app.registered_commands}
    assert set(shown) == groups | {"Options"}
    for one in app.registered_commands:
        found = re.search(rf"^  {one.name} +(\w+) ", shown[str(one.rich_help_panel)], re.MULTILINE)
        assert found
        assert found[1] in {
            "Add", "Check", "Compare", "Count", "Explain", "Find", "Infer", "List", "Measure", "Show", "Test",
            "Write",
        }  # fmt: skip


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version(here: Run, option: str) -> None:
    assert here(option).stdout == f"tokscope {tokscope.__version__}\n"


def test_a_shell_completes_commands_and_options(start: Run) -> None:
    """As bash asks the entry point itself."""

    def completed(*words: str) -> list[str]:
        line = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
        done = start(_TOKSCOPE_COMPLETE="complete_bash", **line)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    assert completed("tokscope", "in") == ["inspect", "infer-mixture", "init"]
    assert completed("tokscope", "check", "--ide") == ["--identity"]


@pytest.mark.deep
def test_quiet_shows_nothing_on_a_terminal(run: Run, write: Write) -> None:
    """A bar would be drawn for a corpus of over 4 MB."""
    path = write("a.txt", "four words and more\n" * 250_000)
    words = [Path(sys.executable).with_name("tokscope"), "compare", "bytes", "-m", "units"]
    for quiet in ([], ["--quiet"]):
        leader, follower = pty.openpty()
        environment = os.environ | {"TERM": "xterm"}
        done = subprocess.run(
            [*words, "-j", "1", "-c", path, *quiet],
            stdout=subprocess.PIPE,
            stderr=follower,
            env=environment,
        )
        os.close(follower)
        os.set_blocking(leader, False)
        try:
            drawn = os.read(leader, 65536)
        except OSError:  # nothing was written
            drawn = b""
        os.close(leader)
        assert done.returncode == 0
        assert (b"reading" in drawn) == (not quiet)
    assert run("compare", "nowhere.json", "--quiet").stderr.startswith("tokscope: nowhere.json")


@pytest.mark.deep
def test_a_pipe_gets_plain_text_and_a_terminal_colour() -> None:
    script = Path(sys.executable).with_name("tokscope")

    def on_terminal(*words: str, **variables: str) -> bytes:
        leader, follower = pty.openpty()
        environment = (
            {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | variables
        )
        command = [script, *words]
        with subprocess.Popen(
            command, stdout=follower, stderr=follower, env=environment
        ) as process:
            os.close(follower)
            shown = b""
            while True:
                try:
                    piece = os.read(leader, 65536)
                except OSError:
                    break
                if not piece:
                    break
                shown += piece
            process.wait()
        os.close(leader)
        return shown

    assert b"\x1b[36m" in on_terminal("--help")
    table = ("compare", "sample:bpe", "sample:unigram", "-m", "tokens", "-c", "sample:en")
    assert b"\x1b[1;32m" in on_terminal(*table)
    assert b"\x1b" not in on_terminal(*table, NO_COLOR="1")


@pytest.mark.deep
def test_a_closed_pipe_is_no_error() -> None:
    script = Path(sys.executable).with_name("tokscope")
    done = subprocess.run(
        f"'{script}' vocab sample:bpe --grep . -f json | head -c 10",
        shell=True,
        capture_output=True,
    )
    assert (done.stdout, done.stderr) == (b'{\n "schema', b"")


def test_text_to_show_may_come_from_standard_input(here: Run) -> None:
    given = here("show", "naïve\n世", "bytes", "-f", "csv").stdout
    assert here("show", "-", "bytes", "-f", "csv", stdin="naïve\n世\n".encode()).stdout == given
    done = here("show", "-", "bytes", stdin=b"\xff")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "standard input is not valid UTF-8" in done.stderr


def test_the_name_of_a_file_is_shown_as_text_with_a_hint(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "a.txt", "-":
        Path(name).write_text("content", encoding="utf-8")
    hint = "the text is the name of a file; to show what is in it: tokscope show - SPEC < FILE"
    told = [
        " ".join(here("show", word, "bytes").stdout.split()) for word in ("a.txt", ".", "b.txt")
    ]
    told.append(here("show", "-", "bytes", stdin=b"a.txt").stdout)
    assert [hint in one for one in told] == [True, False, False, False]
    assert hint not in here("show", "a.txt", "bytes", "-f", "json").stdout


def test_a_tokenizer_in_the_place_of_a_prompt_is_refused(here: Run, write: Write) -> None:
    path = write("gpt.json", file_of("gpt.json"))
    told = f"{path} is a tokenizer, and no prompt is given; end with one"
    assert told in refusal(here("boundary", "bytes", path))
    assert refusal(here("boundary", "bytes", path, "-c", write("a.txt", ""))).count("no text")
    done = here("boundary", path, "bytes", write("a.md", "# tokens"))
    assert (done.returncode, "the text is the name of a file" in done.stdout) == (0, True)


def test_another_format_beside_the_base_is_refused_for_its_format(here: Run, write: Write) -> None:
    """Its name could be that of a part of the base, which is not what is wrong."""
    path = write("gpt.json", file_of("gpt.json"))
    done = here("extend", path, "-c", "sample:de", "-o", path.with_name("new.tiktoken"))
    assert "is extended in its own format; name a file that ends in .json" in refusal(done)


def test_a_plot_and_a_page_hold_what_is_shown(
    run: Run, corpora: list[object], tmp_path: Path
) -> None:
    svg, html = tmp_path / "x.svg", tmp_path / "x.html"
    done = run("show", "naïve", "sample:bpe", "bytes", "-o", svg, "-o", html)
    assert (done.returncode, done.stderr) == (0, "")
    assert svg.read_text().startswith("<svg ")
    assert html.read_text().startswith("<!DOCTYPE html>")
    for text in (svg.read_text(), html.read_text()):
        assert "&lt;C3&gt;" in text
        assert "sample-bpe" in text
    assert f"sample:bpe bytes -o {svg} -o {html}</pre>" in html.read_text()
    again = run("show", "naïve", "sample:bpe", "bytes", "-f", "svg").stdout
    assert again == svg.read_text()
    plot = run("compare", "bytes", *corpora, "-f", "svg").stdout
    assert "Premium" in plot
    assert "How long tokens are" in run("vocab", "sample:bpe", "-f", "svg").stdout


def test_numbers_show_the_same_whether_a_file_has_all_of_them_or_not(run: Run) -> None:
    """People see the rules, so only files that have all take the time for the other parts.

    The golden files are of a run that writes such files too.
    """
    require_same("numbers.txt", run("numbers", "bytes").stdout)
    with (FOLDER / "numbers.csv").open(encoding="utf-8") as stream:
        parts = {row["by"] for row in csv.DictReader(stream)}
    assert {"scheme", "coverage", "alignment", "kind"} <= parts
    more = run("numbers", "bytes", "--number", "12", "--details").stdout
    assert "under each token the place value of its last digit" in more


def test_a_command_without_a_plot_says_so_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def told(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["tokscope", *map(str, words)])
        return refusal_here(capfd)

    for words in (
        ["measures"],
        ["inspect", "nowhere.json"],
        ["vocab", "nowhere.json", "--grep", "a"],
        ["compare", "nowhere.json", "--lines", "3"],
    ):
        for option in ("-f", "svg"), ("-o", tmp_path / "x.svg"):
            assert "there is no plot of this; write .html, .csv or .json" in told(*words, *option)
    words = ["compare", "bytes", "-c", str(write_one(tmp_path))]
    assert "there is nothing to draw here" in told(*words, "-o", tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").exists()


def write_one(folder: Path) -> Path:
    (folder / "en.txt").write_text("one line\n")
    return folder / "en.txt"


def test_what_is_missing_and_what_is_cached_is_listed(run: Run, tmp_path: Path) -> None:
    url = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
    ranks = tmp_path / "ranks"
    ranks.mkdir()
    (ranks / hashlib.sha1(url.encode()).hexdigest()).write_bytes(b"")
    snapshot = tmp_path / "hub" / "hub" / "models--org--name" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "tokenizer.json").write_text("{}")
    done = run("list", "-f", "csv", HF_HOME=str(tmp_path / "hub"), TIKTOKEN_CACHE_DIR=str(ranks))
    assert "encoding,cl100k_base,cached," in done.stdout
    assert "encoding,o200k_base,to be downloaded," in done.stdout
    assert "repository,org/name,cached,hf:org/name" in done.stdout


def test_a_measure_across_corpora_has_its_table_even_by_language(run: Run) -> None:
    done = run("compare", "bytes", "-m", "gini", "--by", "language")
    assert done.returncode == 0
    assert "gini" in done.stdout


def test_a_pipe_with_a_name_is_a_corpus(run: Run) -> None:
    """As bash names one for `<(command)`."""
    words = ("compare", "bytes", "-m", "tokens", "-f", "csv", "-c", "mine=/dev/fd/0")
    done = run(*words, stdin=b"abc\n")
    assert "bytes,mine,tokens,3.0" in done.stdout, done.stderr


def test_nothing_that_a_terminal_would_obey_is_shown_raw(
    here: Run, write: Write, tmp_path: Path
) -> None:
    done = here("show", "a\x1b[31m\x01\u202e", "bytes", "-o", tmp_path / "x.svg")
    assert "␛" in done.stdout
    assert not set("\x1b\x01\u202e") & set(done.stdout + (tmp_path / "x.svg").read_text())
    folder = write("two/en.txt", "a\n").parent
    write("two/de.txt", "\x1b[31mb\n")
    assert "\x1b" not in here("compare", "bytes", "--lines", "1", "--parallel", "-c", folder).stdout


COLD = {
    "refusal": ["compare", "nowhere.json"],
    "input": ["compare", "sample:bpe", "--corpus", "-", "--format", "json"],
    "help": ["lock", "--help"],
    "nothing": [],
}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, id=name, marks=[pytest.mark.deep] * (name != "nothing"))
        for name, words in COLD.items()
    ],
)
def test_a_warm_start_is_as_any_other(run: Run, start: Run, words: list[str]) -> None:
    """Most tests run the command in a fork of a process that has imported it."""
    warm, cold = (call(*words, stdin="naïve\n".encode()) for call in (run, start))
    assert (warm.returncode, warm.stdout, warm.stderr) == (
        cold.returncode,
        cold.stdout,
        cold.stderr,
    )
