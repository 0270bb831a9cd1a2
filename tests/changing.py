"""Change files while they are read: what comes of it is one of their states, or one clear line.

    python -m tests.changing [NAME...] [--runs N] [--seed S]

Every subject is some files in two states, and what reads them. A run changes them once, just before
the n-th call that looks at a file, or once more to what they were: steps are counted by the calls
that the interpreter makes, so that a run is made of its seed and number alone and waits for no
clock. What is read must be what some state says when nothing changes, never a mixture of two.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import Any

from tests import fuzzing
from tests.tokenizers.families import FAMILIES
from tokscope import compare, reading
from tokscope.errors import TokscopeError
from tokscope.gate import lockfile as lock
from tokscope.gate import settings
from tokscope.mixture.saved import unpacked
from tokscope.mixture.trials import finished
from tokscope.studies.audit import audit
from tokscope.text import corpus, files, parts
from tokscope.tokenizers import load
from tokscope.tokenizers.pipeline import pipeline_of

# the calls that look at files, by the names that Python gives them
LOOKS = frozenset(
    [
        "open",
        "stat",
        "lstat",
        "fstat",
        "access",
        "readlink",
        "scandir",
        "listdir",
        "read",
        "read1",
        "readinto",
        "readline",
        "readall",
        "peek",
        "seek",
        "mmap",
        "close",
    ]
)
BLOCK = 2_000  # bytes, so that small files are read in several steps
Contents = Mapping[str, bytes]


@dataclass(frozen=True)
class Subject:
    """Files in two states, and what is made of the folder that they are in."""

    old: Contents
    new: Contents
    use: Callable[[Path], object]


# Changes: each is given a folder, and both states


def rewrite(folder: Path, _: Contents, new: Contents) -> None:
    """Write other content into the same files."""
    for name, content in new.items():
        (folder / name).write_bytes(content)


def back_in_time(folder: Path, old: Contents, new: Contents) -> None:
    """Write other content of the same size, and set the times back."""
    for name, content in new.items():
        path = folder / name
        before = path.stat()
        size = len(old[name])
        path.write_bytes(content[:size].ljust(size, b"\n"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncate(folder: Path, old: Contents, _: Contents) -> None:
    """Leave half of each file."""
    for name, content in old.items():
        os.truncate(folder / name, len(content) // 2)


def append(folder: Path, _: Contents, new: Contents) -> None:
    """Add other content behind what is there."""
    for name, content in new.items():
        with (folder / name).open("ab") as stream:
            stream.write(content)


def replace(folder: Path, _: Contents, new: Contents) -> None:
    """Put other files in the place of these."""
    for name, content in new.items():
        beside = folder / f".{name}.beside"
        beside.write_bytes(content)
        beside.replace(folder / name)


def link(folder: Path, _: Contents, new: Contents) -> None:
    """Let their names be links to others."""
    for name, content in new.items():
        other = folder / f".{name}.other"
        other.write_bytes(content)
        (folder / name).unlink()
        (folder / name).symlink_to(other)


def remove(folder: Path, old: Contents, _: Contents) -> None:
    """Take the files away."""
    for name in old:
        (folder / name).unlink()


def pipe(folder: Path, old: Contents, _: Contents) -> None:
    """Put pipes in their place, into which nobody writes."""
    for name in old:
        (folder / name).unlink()
        os.mkfifo(folder / name)


def device(folder: Path, old: Contents, _: Contents) -> None:
    """Put a device in their place that has no end."""
    for name in old:
        (folder / name).unlink()
        (folder / name).symlink_to("/dev/zero")


def subfolder(folder: Path, old: Contents, _: Contents) -> None:
    """Put folders in their place."""
    for name in old:
        (folder / name).unlink()
        (folder / name).mkdir()


Change = Callable[[Path, Contents, Contents], None]
STATES: tuple[Change, ...] = (rewrite, back_in_time, truncate, append, remove)  # each its own
CHANGES: tuple[Change, ...] = (*STATES, replace, link, pipe, device, subfolder)


# What reads


def units(name: str, folder: Path) -> object:
    """Read all units of a text in parts, as workers do, and the hash of what was read."""
    told = hashlib.sha256()
    texts: list[str] = []
    for one in corpus.read_corpora([str(folder / name)]):
        for part in parts.in_parts(one).shards:
            for found in corpus.read(part):
                told.update(found.raw)
                texts += found.texts
    return texts, told.hexdigest()


def tokenizer(name: str, folder: Path) -> object:
    """Load a tokenizer and do with it what studies do."""
    word = folder / name if name else folder
    found = load(f"{word}?pattern=gpt2" if name.endswith(".tiktoken") else str(word))
    ids = found.encode(fuzzing.TEXTS, specials=True).ids.tolist()
    parts: object = None
    with suppress(TokscopeError):  # it may have none
        parts = list(pipeline_of(found).cut(fuzzing.TEXTS)) if hasattr(found, "pipeline") else None
    return found.fingerprint, ids, [str(part) for part in parts or ()]


def configuration(folder: Path) -> object:
    """Read a configuration."""
    return settings.read(folder / "tokscope.toml")


def locked(folder: Path) -> object:
    """Read a lock and its counts."""
    return lock.packed(lock.read(folder / "tokscope.lock"))


def counted(folder: Path) -> object:
    """Read saved counts."""
    merges, fingerprint = fuzzing.sample()
    found = unpacked(folder / "text.counts", merges, fingerprint, steps=50, first=0)
    return found.counts.digest


def trials(folder: Path) -> object:
    """Read a file of trials."""
    return finished(folder / "state.jsonl", fuzzing.SETUP)


def compared(folder: Path) -> object:
    """Compare a tokenizer with itself on text: every value, and the signature."""
    word = str(folder / "tokenizer.json")
    found = compare([f"a={word}", f"b={word}"], corpus.read_corpora([str(folder / "a.txt")]))
    return found.frame.to_csv(), found.signature


def audited(folder: Path) -> object:
    """Audit a tokenizer, whose file is read again as it is written."""
    found = audit([str(folder / "tokenizer.json")])
    return found.frame.to_csv(), found.notes


@cache
def subjects() -> dict[str, Subject]:
    """Return all subjects by name."""
    made = {**_texts(), **_tokenizers()}
    gpt, other = _family("gpt.json"), _family("added.json")
    setting = json.dumps({"add_bos_token": True, "bos_token": "<s>", "model_max_length": 9})
    made["folder"] = Subject(
        {"tokenizer.json": gpt, "tokenizer_config.json": b"{}"},
        {"tokenizer.json": other, "tokenizer_config.json": setting.encode()},
        partial(tokenizer, ""),
    )
    text = {"a.txt": b"Hello again\n" * 700}, {"a.txt": b"Hello, other text\n" * 900}
    made["compare"] = Subject(
        {"tokenizer.json": gpt, **text[0]}, {"tokenizer.json": other, **text[1]}, compared
    )
    made["audit"] = Subject({"tokenizer.json": gpt}, {"tokenizer.json": other}, audited)
    toml = fuzzing.TOML.encode()
    made["tokscope.toml"] = Subject(
        {"tokscope.toml": toml}, {"tokscope.toml": toml.replace(b"fail", b"warn")}, configuration
    )
    both = [{"tokscope.lock": one, "tokscope.lock.npz": counts} for one, counts in _locks()]
    made["tokscope.lock"] = Subject(both[0], both[1], locked)
    counts = fuzzing.saved_counts()
    made["text.counts"] = Subject({"text.counts": counts}, {"text.counts": counts[::-1]}, counted)
    state = fuzzing.state()
    made["state.jsonl"] = Subject(
        {"state.jsonl": state},
        {"state.jsonl": state.replace(b'"merges": 4', b'"merges": 5')},
        trials,
    )
    return made


def _texts() -> dict[str, Subject]:
    """Return files of text of every kind."""
    return {
        name: Subject({name: one}, {name: other}, partial(units, name))
        for name, (one, other) in _contents().items()
    }


def _contents() -> dict[str, tuple[bytes, bytes]]:
    lines = b"a line of text\n" * 1_500, "another línè of text, in the same place\n".encode() * 900
    records = tuple(
        b"".join(b'{"text": "%s", "who": 1}\n' % line for line in text.splitlines())
        for text in lines
    )
    rows = tuple(
        b"n,text\n" + b"".join(b'1,"%s"\n' % line for line in text.splitlines()) for text in lines
    )
    found = {
        "a.txt": lines,
        "a.jsonl": records,
        "a.json": tuple(b"[" + b",".join(text.splitlines()) + b"]" for text in records),
        "a.csv": rows,
        "a.tsv": tuple(text.replace(b",", b"\t") for text in rows),
    }
    for kind in ("gz", "bz2", "xz", "zst", "zip"):
        found[f"a.{kind}" if kind == "zip" else f"a.txt.{kind}"] = (
            fuzzing.packed_lines(kind),
            fuzzing.packed_lines(kind, b"other words\n" * 90),
        )
    found["two.zip"] = tuple(
        _zipped({f"{name}.txt": text * len(names) for name in names})
        for names, text in (("ab", b"of two\n"), ("abc", b"of three\n"))
    )
    for kind in ("parquet", "arrow"):
        found[f"a.{kind}"] = fuzzing.columns(kind), fuzzing.columns(kind, "other")
    return found


def _zipped(members: Contents) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _family(name: str) -> bytes:
    return fuzzing._content(name)


def _tokenizers() -> dict[str, Subject]:
    """Return one file of each family; its other state is the next one with that suffix."""
    found = {}
    for name in FAMILIES:
        alike = [other for other in FAMILIES if other.endswith(name[-5:])]
        other = alike[(alike.index(name) + 1) % len(alike)]
        one = {name: _family(name)}
        found[name] = Subject(one, {name: _family(other)}, partial(tokenizer, name))
    return found


@cache
def _locks() -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    one = fuzzing.lock_files()
    read = lock.unpacked(*one, "tokscope.lock")
    return one, lock.packed(lock.Lock(read.snapshot, [{"reason": "other", "fingerprint": "y"}]))


# Runs


def put(folder: Path, contents: Contents) -> None:
    """Let a folder hold these files alone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)


@contextmanager
def before_looks(do: Callable[[int], None]) -> Iterator[None]:
    """Call a function before each call that looks at a file, with how many there were."""
    count = 0

    def called(_: FrameType, event: str, function: Any) -> None:
        nonlocal count
        if event == "c_call" and getattr(function, "__name__", "") in LOOKS:
            do(count)
            count += 1

    sys.setprofile(called)
    try:
        yield
    finally:
        sys.setprofile(None)


@dataclass
class Result:
    """What came of the runs of one subject: how many, by outcome; and what failed."""

    steps: int
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def outcome(use: Callable[[Path], object], folder: Path) -> tuple[str, object]:
    """Return what comes of files that may change: a value, one line, or a failure."""
    try:
        return "read", use(folder)
    except TokscopeError as error:
        return "refused", str(error)
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"


def states(subject: Subject, folder: Path) -> list[object]:
    """Return what every state says while nothing changes, of those that can be read."""
    found = []
    for change in (None, *STATES):
        put(folder, subject.old)
        if change:
            change(folder, subject.old, subject.new)
        kind, value = outcome(subject.use, folder)
        found += [value] if kind == "read" else []
    return found


def run(subject: Subject, folder: Path, change: Change, at: int, back: int) -> tuple[str, object]:
    """Read files that change before a step, and may be what they were again before another."""

    def do(step: int) -> None:
        if step == at:
            change(folder, subject.old, subject.new)
        elif step == back:
            put_back(folder, subject.old)

    put(folder, subject.old)
    with before_looks(do):
        return outcome(subject.use, folder)


def put_back(folder: Path, old: Contents) -> None:
    """Let names be what they were, whatever they are."""
    for name, content in old.items():
        path = folder / name
        if path.is_dir():
            path.rmdir()
        elif path.is_symlink() or path.is_fifo():
            path.unlink()
        path.write_bytes(content)


def changing(name: str, runs: int, seed: int = 0) -> Result:
    """Change the files of one subject in some runs."""
    subject = subjects()[name]
    with tempfile.TemporaryDirectory(dir=fuzzing._fast_folder()) as place, small():
        folder = Path(place) / "files"
        allowed = states(subject, folder)
        steps: list[int] = []
        put(folder, subject.old)
        with before_looks(steps.append):
            subject.use(folder)
        result = Result(len(steps))
        for number in range(runs):
            draw = random.Random(f"{seed}:{number}")
            change = CHANGES[number % len(CHANGES)]
            at = draw.randrange(len(steps))
            back = draw.randrange(at + 1, len(steps) + 1) if draw.random() < 0.3 else -1
            kind, value = run(subject, folder, change, at, back)
            if kind == "read" and value not in allowed:
                kind, value = "mixed", f"{value!r:.200}"
            if kind == "refused" and ("\n" in str(value) or len(str(value)) > 2_000):
                kind = "failed"
            result.outcomes[kind] += 1
            if kind in ("mixed", "failed"):
                result.failures.append(f"{number}: {change.__name__} at {at}, {back}: {value}")
        return result


@contextmanager
def small() -> Iterator[None]:
    """Read in small steps, and wait shortly for whoever writes into a pipe."""
    before = files.BLOCK, corpus.PART, files.PATIENCE, reading.BLOCK
    files.BLOCK, corpus.PART, files.PATIENCE, reading.BLOCK = BLOCK, 3 * BLOCK, 0.01, BLOCK
    try:
        yield
    finally:
        files.BLOCK, corpus.PART, files.PATIENCE, reading.BLOCK = before


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    print("| files | steps | runs | read | refused | mixed | failed | seconds |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in told.names or subjects():
        start = time.monotonic()
        found = changing(name, told.runs, told.seed)
        counts = (f"{found.outcomes[kind]:,}" for kind in ("read", "refused", "mixed", "failed"))
        seconds = time.monotonic() - start
        print(
            f"| {name} | {found.steps} | {told.runs:,} | {' | '.join(counts)} | {seconds:.1f} |",
            flush=True,
        )
        for failure in found.failures[:20]:
            print(f"  {failure}", flush=True)


if __name__ == "__main__":
    main()
