"""Compare what every command writes in two checkouts: same bytes, same exit codes.

    python -m benchmarks.same OLD [NEW]

For a change that should not change results. Each command runs in a folder of its own, in both
checkouts; standard output, the exit code and every file that it writes are compared. What differs
is printed, and the exit code is 1.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path

PROGRAMS = ("json", "markdown", "latex")
GATES = ("csv", "json", "markdown", "github", "junit", "concise")
TWO = ("sample:bpe", "sample:unigram")
SETTINGS = """tokenizer = "sample:bpe"
[text]
corpora = ["sample:prose"]
parallel = true
[limits.tokens]
worse = "1%"
[numbers]
scheme = "fail"
[mixture]
merges = 200
"""
COMMANDS = (
    ("compare", *TWO, "bytes", "--measure", "all", "--price", "bytes=2"),
    ("compare", *TWO, "--bootstrap", "50", "--seed", "3"),
    ("compare", *TWO, "--lines", "3"),
    ("compare", "sample:wordpiece", "--words", "whitespace", "--specials"),
    ("vocab", *TWO, "bytes"),
    *(("vocab", *TWO, "--by", by) for by in ("kind", "script", "length", "language")),
    ("vocab", "sample:bpe", "--grep", "^the"),
    ("vocab", *TWO, "--only-in", "sample-bpe"),
    ("vocab", "sample:bpe", "--corpus", "sample:prose", "--tokens", "de", "--top", "9"),
    ("vocab", "sample:bpe", "--corpus", "sample:prose", "--words", "whitespace"),
    ("audit", *TWO, "sample:wordpiece", "bytes"),
    ("audit", "sample:bpe", "--corpus", "sample:prose"),
    ("audit", "sample:unigram", "--tokens"),
    ("audit", "sample:bpe", "--adversarial", "5"),
    ("numbers", *TWO, "--seed", "2"),
    ("numbers", "sample:bpe", "--number", "1,234.5"),
    ("show", "naïve 世 <s>\t42", *TWO),
    ("boundary", *TWO, "naïve tes"),
    ("boundary", *TWO, "The "),
    ("inspect", *TWO, "characters"),
    ("inspect", "sample:bpe", "--components"),
    ("measures",),
    ("list",),
    ("explain",),
    ("explain", "TS405"),
    ("infer-mixture", "sample:bpe", "--merges", "300", "--exact"),
    ("infer-mixture", "sample:bpe", "--merges", "200", "--exact", "--bootstrap", "3", "--details"),
    (
        *("simulate-mixture", "--trials", "1", "--size", "2", "--vocabulary", "300"),
        *("--merges", "30", "--bytes", ".02"),
    ),
    ("diff", *TWO),
    ("equiv", *TWO, "--fuzz", "200"),
    ("equiv", "sample:bpe", "a=sample:bpe", "--fuzz", "200", "--corpus", "sample:prose"),
)
REFUSED = (
    ("compare",),
    ("compare", "nothing"),
    ("compare", "bytes", "--measure", "nothing"),
    ("audit", "bytes", "--select", "TS999"),
    ("show", "", "bytes"),
    ("check",),
)

Written = Mapping[str, bytes]


def written(tree: Path, words: tuple[str, ...], folder: Path) -> Written:
    """Run a command of a checkout; return all that it writes, by where it writes it."""
    for path in folder.glob("out.*"):
        path.unlink()
    own = {"PYTHONPATH": str(tree), "HF_HUB_OFFLINE": "1", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", *words],
        cwd=folder,
        env=os.environ | own,
        capture_output=True,
        check=False,
    )
    if words not in REFUSED and done.returncode == 2:
        sys.exit(f"{' '.join(words)}: {done.stderr.decode()}")
    return {
        "exit code": str(done.returncode).encode(),
        "standard output": done.stdout,
        "standard error": done.stderr if done.returncode else b"",
        **{path.name: path.read_bytes() for path in sorted(folder.iterdir())},
    }


def told(words: tuple[str, ...], old: Written, new: Written) -> bool:
    """Say where two runs differ."""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    for name in names:
        one, other = (found.get(name, b"").decode().splitlines() for found in (old, new))
        print(f"{' '.join(words)}: {name}")
        print("\n".join(list(difflib.unified_diff(one, other, lineterm="", n=0))[:20]))
    return bool(names)


def main() -> None:
    """Run every command in both checkouts."""
    old, new = Path(sys.argv[1]).absolute(), Path(*sys.argv[2:] or ".").absolute()
    outputs = [word for name in PROGRAMS for word in ("--output", f"{name}=out.{name}")]
    calls = [(*words, "--format", "csv", *outputs) for words in COMMANDS]
    candidates = ((), ("sample:unigram",))
    gates = [("check", *word, "--format", name) for word, name in product(candidates, GATES)]
    differ = 0
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        folders = Path(one), Path(other)
        for folder in folders:
            (folder / "tokscope.toml").write_text(SETTINGS)
        for words in [*calls, *REFUSED, ("lock",), *gates, ("lock", "--verify")]:
            found = [written(*run) for run in ((old, words, folders[0]), (new, words, folders[1]))]
            differ += told(words, *found)
    print(f"{differ} of {len(calls) + len(REFUSED) + len(gates) + 2} commands differ")
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
