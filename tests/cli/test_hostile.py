"""Files that were made to harm, and machines that fail: one clear line, and nothing left behind."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard

from tests.conftest import Run
from tests.tokenizers.families import FAMILIES
from tokscope import arrays
from tokscope.arrays import read_arrays
from tokscope.errors import TokscopeError

Write = Callable[[str, str | bytes], Path]
SCRIPT = Path(sys.executable).with_name("tokscope")


def limited(*words: object, memory: int = 3 << 30, file: int = -1) -> tuple[int, str, str]:
    """Run the command with less memory, or room for files, than it may want."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))

    call = [str(SCRIPT), *map(str, words)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=60, preexec_fn=limit)
    return done.returncode, done.stdout, done.stderr


def one_line(error: str) -> bool:
    return error.startswith("tokscope: ") and error.count("\n") == 1


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:a|aa)+$|.",
        *(pytest.param(one, marks=pytest.mark.deep) for one in (r"(a+)+$", r"(x+x+)+y|\s+|.")),
    ],
)
def test_a_pattern_that_backtracks_ends_in_a_line_or_a_result(
    run: Run, write: Write, pattern: str
) -> None:
    config = json.loads(FAMILIES["split.json"]())
    config["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {"Regex": pattern}
    path = write("t.json", json.dumps(config))
    text = write("a.txt", "fine\n" + "a" * 5_000 + "!\n" + "x" * 5_000 + "\n")
    done = run("compare", path, "--corpus", text, "--format", "csv")
    if done.returncode:
        assert done.returncode == 2
        assert "a.txt:2: the tokenizer cannot encode it" in done.stderr or "a.txt:3" in done.stderr
        assert one_line(done.stderr)


def test_merges_that_lack_their_mark_do_not_end_the_process(run: Run, write: Write) -> None:
    """The library cuts them in the middle of a character, and aborts."""
    config = json.loads(FAMILIES["gpt.json"]())
    config["model"]["continuing_subword_prefix"] = "x"
    done = run("inspect", write("t.json", json.dumps(config)))
    assert done.returncode == 2
    assert "its merges lack the mark 'x'" in done.stderr


@pytest.mark.deep
def test_a_line_without_end_that_is_packed_to_a_thousandth_is_refused(write: Write) -> None:
    path = write("a.txt.zst", zstandard.ZstdCompressor().compress(bytes(70_000_000)))
    code, _, error = limited("compare", "bytes", "--corpus", path)
    assert code == 2
    assert "a.txt." in error
    assert "a unit of over 64 MB" in error


@pytest.mark.deep
def test_many_lines_that_are_packed_to_a_thousandth_are_read(write: Write) -> None:
    path = write("a.txt.gz", gzip.compress(b"a\n" * 2_000_000))
    code, out, error = limited("compare", "bytes", "--corpus", path, "-m", "tokens", "-f", "csv")
    assert (code, error) == (0, "")
    assert ",tokens,2000000.0," in out


@pytest.mark.deep
@pytest.mark.parametrize("limit", ["-v 300000", "-n 8"])
def test_little_memory_and_few_files_end_in_a_line_or_a_result(limit: str) -> None:
    line = f"ulimit {limit} && '{SCRIPT}' compare sample:bpe -c sample:en --jobs 4"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert done.returncode in (0, 2)
    assert done.stderr.count("\n") == (1 if done.returncode else 0)
    assert "an error of ours" not in done.stderr


def test_arrays_that_fill_the_memory_are_refused_before(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    np.savez_compressed(packed, counts=np.zeros(1_000_000, np.int8))
    assert len(read_arrays(packed, "damaged")["counts"]) == 1_000_000
    monkeypatch.setattr(arrays, "_ALWAYS_ALLOWED", 100_000)
    with pytest.raises(TokscopeError, match="damaged"):
        read_arrays(packed, "damaged")


def test_cyclic_and_duplicate_merges_and_ids_out_of_range(run: Run, write: Write) -> None:
    config = json.loads(FAMILIES["gpt.json"]())
    for change in (
        {"merges": [["a", "b"], ["ab", "a"], ["a", "b"]]},
        {"merges": [["ab", "ab"], ["abab", "ab"]]},
        {"vocab": {**config["model"]["vocab"], "zz": 2**31}},
        {"vocab": {**config["model"]["vocab"], "zz": -1}},
        {"vocab": dict.fromkeys(config["model"]["vocab"], 0)},
    ):
        broken = {**config, "model": {**config["model"], **change}}
        done = run("compare", write("t.json", json.dumps(broken)), "--format", "csv")
        assert done.returncode in (0, 2)
        assert done.returncode == 0 or one_line(done.stderr), done.stderr


def test_links_in_a_circle_and_folders_in_themselves(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.json").symlink_to(tmp_path / "two.json")
    (tmp_path / "two.json").symlink_to(tmp_path / "one.json")
    (tmp_path / "sub").symlink_to(tmp_path)
    (tmp_path / "a.txt").write_text("some words\n")
    (tmp_path / "b.txt").symlink_to(tmp_path / "b.txt")
    done = run("inspect", tmp_path / "one.json")
    assert (done.returncode, one_line(done.stderr)) == (2, True)
    done = run("compare", "bytes", "--corpus", tmp_path / "b.txt")
    assert (done.returncode, one_line(done.stderr)) == (2, True)
    done = run("compare", "bytes", "--corpus", tmp_path, "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "words"),
    {"out.json": ("explain",), "out.npz": ("transfer", "bytes", "sample:bpe")}.items(),
)
@pytest.mark.deep
def test_a_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, name: str, words: tuple[str, ...]
) -> None:
    """As all commands write through one door, two stand for them: text, and packed arrays."""
    target = tmp_path / name
    target.write_text("old")
    code, _, error = limited(*words, "--output", target, file=1_000)
    assert code == 2
    assert error == f"tokscope: {target}: cannot be written (File too large)\n"
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_may_not_be_written_or_read(run: Run, tmp_path: Path) -> None:
    """As far as the user that runs the tests is bound by permissions; the superuser is not."""
    target = Path("/proc/tokscope.json")
    done = run("compare", "bytes", "--output", target)
    assert done.returncode == 2
    assert one_line(done.stderr)
    done = run("compare", "bytes", "--corpus", "/proc/self/mem")
    assert done.returncode == 2
    assert one_line(done.stderr)


def test_names_that_no_table_can_show_are_refused(run: Run, tmp_path: Path) -> None:
    for name in (b"n\xe9.txt", b"two\nlines.txt"):
        path = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
        Path(path).write_text("some words\n")
        done = run("compare", "bytes", "--corpus", path)
        assert done.returncode == 2
        assert one_line(done.stderr)
        assert "its name cannot be shown; write NAME= before it" in done.stderr
        assert run("compare", "bytes", "--corpus", f"a={path}", "--format", "csv").returncode == 0
    folder = run("compare", "bytes", "--corpus", tmp_path)
    assert ".txt': its name cannot be shown" in folder.stderr


def test_a_folder_that_is_gone_and_an_input_that_is_closed(tmp_path: Path) -> None:
    for line, words in {
        f"mkdir {tmp_path}/x && cd {tmp_path}/x && rmdir ../x && '{SCRIPT}' list": "the folder that",
        f"'{SCRIPT}' compare bytes --corpus - <&-": "standard input is closed",
    }.items():
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"tokscope: {words}"), done.stderr
        assert one_line(done.stderr)
