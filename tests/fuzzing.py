"""Break files at random: each ends in a clear line or a result, in bounded time and memory.

    python -m tests.fuzzing [NAME...] [--mutations N] [--seed S] [--real FOLDER] [--patience S]

Every subject is a tiny file and what reads it; with --real, those of a folder of real tokenizers. A
child process does the work under limits, and says which mutation it is at; where it dies or stops,
that mutation has failed, and another child goes on behind it. A mutation is made of its seed and
number alone, so that any of them can be made again.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import json
import lzma
import os
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from tests.gate.planted import taken
from tests.tokenizers.families import FAMILIES
from tokscope import changes
from tokscope.counting.tokens import TOKEN_COLUMNS
from tokscope.errors import TokscopeError
from tokscope.gate import lockfile as lock
from tokscope.gate import settings
from tokscope.gate.wanted import Wanted
from tokscope.mixture import saved
from tokscope.mixture.count import count
from tokscope.mixture.evidence import evidence
from tokscope.mixture.saved import packed, unpacked
from tokscope.mixture.trials import Setup, finished
from tokscope.text.corpus import Shard, read, read_corpora
from tokscope.text.parts import in_parts
from tokscope.tokenizers import load
from tokscope.tokenizers.merges import Merges
from tokscope.tokenizers.pipeline import pipeline_of

MEMORY = 6 << 30  # bytes of address space
PATIENCE = 20  # seconds for one mutation,
START = 60  # more for the first, before which a child imports everything
TEXTS = ["Hello, wörld! 日本語 12345 <s>", "", "  \t\n x"]
INTERESTING = (
    b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80" * 10,
    b"{", b"}", b"[", b"]", b'"', b"\\", b"\\ud800", b"null", b"true", b"1e999", b"-1", b"NaN",
    b"9" * 30, b"\n", b"\r", b"=", b"(?:a+)+$", b"(", b"\xe2\x96\x81", b"\xed\xa0\x80", b"[" * 500,
    b"\x1b[2J", b"\xe2\x80\xae", b"::error::", b"((a?){1000}){1000}", b"x" * 20_000,
)  # fmt: skip
VALUES = (
    None, True, -1, 0, 2**31, 2**63, 1e300, "", "x", "(a+)+$", "\ud800", [], {}, [[]], ["a", "b"],
    {"type": "x"}, {"a": 1}, "\x1b]0;x\x07\u202e\n::error::|`<b>", "x" * 20_000, "(a|a)*" * 99,
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A file, by its name, and what reads it."""

    name: str
    content: Callable[[], bytes]
    use: Callable[[Path], object]

    @property
    def file(self) -> str:
        """The name that its loader knows it by."""
        return "vocab.txt" if self.name.endswith(".vocab.txt") else self.name


def tokenizer(path: Path) -> None:
    """Load a tokenizer and do with it what studies do."""
    word = f"{path}?pattern=gpt2" if path.suffix == ".tiktoken" else str(path)
    found = load(word)
    encoded = found.encode(TEXTS)
    found.decode(encoded.ids.tolist())
    found.boundaries(TEXTS[0])
    _ = found.fingerprint, found.vocabulary.incomplete
    if hasattr(found, "pipeline"):
        with suppress(TokscopeError):  # it may have none
            list(pipeline_of(found).cut(TEXTS))


def text(path: Path) -> None:
    """Read all units."""
    cluster = "who" if path.name == "who.jsonl" else ""
    field = "turns[].say" if path.name == "nested.arrow" else "text"
    for units in read(Shard(str(path), cluster=cluster, field=field)):
        assert len(units.texts) == len(units.lines) == len(units.offsets)


def named(path: Path) -> None:
    """Read all units of what is named, in parts."""
    for corpus in read_corpora([str(path)]):
        for part in in_parts(corpus).shards:
            for units in read(part):
                assert len(units.texts) == len(units.lines) == len(units.offsets)


def configuration(path: Path) -> None:
    """Read a configuration and the text that it names."""
    settings.read(path).text.read()


def locked(path: Path) -> None:
    """Read a lock; its counts or itself are broken."""
    other = lock_files()[path.suffix != ".npz"]
    contents = (other, path.read_bytes()) if path.suffix == ".npz" else (path.read_bytes(), other)
    lock.unpacked(*contents, "tokscope.lock")


def counted(path: Path) -> None:
    """Read saved counts."""
    merges, fingerprint = sample()
    unpacked(path, merges, fingerprint, steps=50, first=0)


def trials(path: Path) -> None:
    """Read a file of trials."""
    finished(path, SETUP)


def state() -> bytes:
    """Return a file of trials."""
    lines = ({"setup": asdict(SETUP)}, TRIAL, {**TRIAL, "trial": 1})
    return "\n".join(map(json.dumps, lines)).encode()


@cache
def sample() -> tuple[Merges, str]:
    """Return the merges of the embedded tokenizer, and its fingerprint."""
    found = load("sample:bpe")
    return pipeline_of(found).merges, found.fingerprint


@cache
def lock_files() -> tuple[bytes, bytes]:
    """Return a lock and its counts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokscope.toml"
        path.write_text('tokenizer = "sample:bpe"\n[text]\ncorpora = ["sample:en"]\n')
        wanted = Wanted(frozenset(("units", "bytes", *TOKEN_COLUMNS)), ("tokens",), numbers=True)
        strings = [f"b {i}" for i in range(200)]  # as many as a lock has at least
        found = taken("sample:bpe", settings.read(path), strings, wanted)
    return lock.packed(lock.Lock(found, [{"reason": "first", "fingerprint": "x"}]))


def saved_counts() -> bytes:
    """Return a file of counts."""
    found = load("sample:bpe")
    pipeline = pipeline_of(found)
    corpora = read_corpora(["sample:python", "sample:c"])
    counts = evidence(count(corpora, pipeline), pipeline.merges, 50)
    return packed(counts, found.fingerprint)


def as_json(archive: bytes) -> bytes:
    """Return the arrays of an archive as JSON, so that shapes and values are broken one by one."""
    arrays = np.load(io.BytesIO(archive))
    listed = {name: [str(arrays[name].dtype), arrays[name].tolist()] for name in arrays}
    return json.dumps(listed).encode()


def _as_arrays(path: Path) -> dict[str, Any]:
    """Return what `as_json` wrote and something broke, if it still is arrays."""
    try:
        listed = json.loads(path.read_bytes())
        return {name: np.array(values, kind) for name, (kind, values) in listed.items()}
    except Exception as error:
        raise TokscopeError("no arrays any more") from error


def _archive(arrays: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.save(one, array)
            archive.writestr(f"{name}.npy", one.getvalue())
    return out.getvalue()


def mended_lock(path: Path) -> None:
    """Read a lock with broken counts, of which it has the right hash."""
    arrays = _as_arrays(path)
    try:
        told = lock.digest(arrays)
    except Exception as error:
        raise TokscopeError("no numbers any more") from error
    record = json.loads(lock_files()[0]) | {"counts": told}
    lock.unpacked(json.dumps(record).encode(), _archive(arrays), "tokscope.lock")


def mended_counts(path: Path) -> None:
    """Read broken saved counts that have the right hash."""
    arrays = _as_arrays(path)
    try:
        header = json.loads(arrays.pop("header").tobytes())
        header["sha256"] = saved._digest(header, arrays)
    except Exception as error:
        raise TokscopeError("no header any more") from error
    line = np.frombuffer(json.dumps(header).encode(), np.uint8)
    target = path.with_suffix(".counts")
    target.write_bytes(_archive({"header": line, **arrays}))
    merges, fingerprint = sample()
    unpacked(target, merges, fingerprint, steps=50, first=0)


def columns(kind: str, line: str = "a line") -> bytes:
    """Return a Parquet or an Arrow file."""
    import pyarrow
    import pyarrow.parquet

    texts = pyarrow.array([line, "wörd of more than twelve", ""] * 20)
    if kind == "categories":
        texts = texts.dictionary_encode()
    if kind == "views":
        texts = texts.cast(pyarrow.string_view())
    turns = [[{"say": "a line"}, {"say": "wörd"}]] * 60
    table = pyarrow.table({"turns": turns} if kind == "nested" else {"text": texts, "n": range(60)})
    sink = io.BytesIO()
    if kind == "parquet":
        pyarrow.parquet.write_table(table, sink)
    else:
        with pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def packed_lines(kind: str, lines: bytes = b"some words\nand more\n" * 50) -> bytes:
    """Return packed lines."""
    if kind == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("a.txt"), lines)
            archive.writestr(zipfile.ZipInfo("b.jsonl"), RECORDS, zipfile.ZIP_DEFLATED)
        return packed.getvalue()
    packers = {"gz": partial(gzip.compress, mtime=0), "bz2": bz2.compress, "xz": lzma.compress}
    if kind in packers:
        return packers[kind](lines)
    import zstandard

    return zstandard.ZstdCompressor().compress(lines)


TOML = """\
tokenizer = "sample:bpe"
[text]
corpora = ["sample:en"]
parallel = true
[identity]
golden = "fail"
documents = "1%"
[limits.tokens]
worse = "0.5%"
en.worse = 0.1
[limits.gini]
max = 0.3
[numbers]
scheme = "warn"
[[waivers]]
rule = "TS101"
owner = "me"
reason = "known"
expires = 2030-01-01
"""
RECORDS = b'{"text": "a b", "who": 1}\n{"text": "\\u00e9", "who": null}\n\n' * 20
ARRAY = b'{"text": "a \\"b\\" \\u00e9", "who": [1, {"n": null}]}'
SETUP = Setup("", 2, 300, 1, None, 0.0, 0, 0)
TRIAL = {"trial": 0, "truth": [0.5, 0.5], "merges": 4, "scores": {"uniform": -2.0}}


def _content(name: str) -> bytes:
    content = FAMILIES[name]()
    return content.encode() if isinstance(content, str) else content


SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for subject in (
        *(Subject(name, partial(_content, name), tokenizer) for name in FAMILIES),
        Subject("lines.txt", lambda: "a\nwörd\r\n\nc\n".encode() * 30, text),
        Subject("who.jsonl", lambda: RECORDS, text),
        Subject("rows.csv", lambda: b'n,text\n1,"a ""b""\nc"\n2,d\n' * 20, text),
        Subject("rows.tsv", lambda: b'n\ttext\n1\t"a ""b"""\n2\td\n' * 20, text),
        Subject("array.json", lambda: b"[" + b",\n".join([ARRAY] * 20) + b"]\n", text),
        Subject("lines.txt.gz", partial(packed_lines, "gz"), text),
        Subject("lines.txt.bz2", partial(packed_lines, "bz2"), text),
        Subject("lines.txt.xz", partial(packed_lines, "xz"), text),
        Subject("lines.zip", partial(packed_lines, "zip"), named),
        Subject("lines.txt.zst", partial(packed_lines, "zst"), text),
        Subject("rows.parquet", partial(columns, "parquet"), text),
        Subject("rows.arrow", partial(columns, "arrow"), text),
        Subject("categories.arrow", partial(columns, "categories"), text),
        Subject("views.arrow", partial(columns, "views"), text),
        Subject("nested.arrow", partial(columns, "nested"), text),
        Subject("tokscope.toml", TOML.encode, configuration),
        Subject("tokscope.lock", lambda: lock_files()[0], locked),
        Subject("tokscope.lock.npz", lambda: lock_files()[1], locked),
        Subject("text.counts", saved_counts, counted),
        Subject("lock.json", lambda: as_json(lock_files()[1]), mended_lock),
        Subject("counts.json", lambda: as_json(saved_counts()), mended_counts),
        Subject("state.jsonl", state, trials),
    )
}


def broken(path: Path) -> None:
    """Be what the fuzzer is to find; unbroken, the file is fine."""
    if path.read_bytes() == b"fine":
        return
    what = os.environ["TOKSCOPE_FUZZ"]
    if what == "no end":
        time.sleep(60)
    elif what == "death":
        os.abort()
    raise KeyError(what)


def real(folder: Path) -> dict[str, Subject]:
    """Return the real tokenizers of a folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in _SUFFIXES]
    return {path.name: Subject(path.name, path.read_bytes, tokenizer) for path in paths}


_SUFFIXES = (".json", ".model", ".tiktoken", ".gguf", ".txt")


# Mutations


def mutated(content: bytes, seed: int, number: int) -> bytes:
    """Return a broken file: bytes changed, cut, doubled, moved; of JSON also values."""
    draw = random.Random(f"{seed}:{number}")
    if content[:1] == b"{" and draw.random() < 0.6:
        return _other_value(content, draw)
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        _break(data, draw)
    return bytes(data)


def _break(data: bytearray, draw: random.Random) -> None:
    at, other = (draw.randrange(len(data) + 1) for _ in range(2))
    size = draw.choice((1, 2, 4, 8, 50))
    kind = draw.randrange(8)
    if kind == 0:
        data[at : at + 1] = bytes([draw.randrange(256)])
    elif kind == 1:
        del data[at : at + size]
    elif kind == 2:
        data[at:at] = draw.choice(INTERESTING)
    elif kind == 3:
        some = draw.choice(INTERESTING)
        data[at : at + len(some)] = some
    elif kind == 4:
        del data[at:]
    elif kind == 5:
        data[at:at] = data[at : at + size] * draw.choice((1, 100))
    elif kind == 6:
        data[at : at + size] = data[other : other + size]
    else:  # a number, as binary formats hold sizes
        width = draw.choice((2, 4, 8))
        value = draw.choice((0, 1, 255, 2**15, 2 ** (8 * width - 1), 2 ** (8 * width) - 1))
        data[at : at + width] = value.to_bytes(width, "little")


def _other_value(content: bytes, draw: random.Random) -> bytes:
    first, *rest = content.split(b"\n") if content.count(b"\n{") else [content]
    data = json.loads(first)
    for _ in range(draw.randint(1, 3)):
        node, key = _place(data, draw)
        kind = draw.randrange(7)
        if node is None:
            continue
        if kind == 0:
            del node[key]
        elif kind == 1:
            values = list(node.values()) if isinstance(node, dict) else node
            node[key] = deepcopy(draw.choice(values))
        elif kind == 2 and isinstance(node, list):
            node += node[: draw.choice((1, 100))]
        elif kind == 3 and isinstance(node, dict):
            node[draw.choice((*node, "x", ""))] = deepcopy(draw.choice(VALUES))
        elif kind == 5 and isinstance(node, dict):  # the same, in another order
            entries = draw.sample(list(node.items()), len(node))
            node.clear()
            node.update(entries)
        elif kind == 6 and isinstance(node[key], list):
            node[key] += _many(node[key], draw)
        else:
            node[key] = deepcopy(draw.choice(VALUES))
    return b"\n".join((json.dumps(data).encode(), *rest))


def _many(entries: list[Any], draw: random.Random) -> list[Any]:
    """Return many entries like the first, such as added tokens, each with a text of its own."""
    first = entries[0] if entries else "x"
    count = draw.choice((10, 3_000))
    if isinstance(first, dict) and "content" in first:
        return [{**first, "id": 9_000 + i, "content": f"<{i}>"} for i in range(count)]
    return [f"{first}{i}" if isinstance(first, str) else deepcopy(first) for i in range(count)]


def _place(data: Any, draw: random.Random) -> tuple[Any, Any]:
    """Return a random node and one of its keys."""
    while isinstance(data, dict | list) and data:
        key = draw.choice(list(data)) if isinstance(data, dict) else draw.randrange(len(data))
        if not isinstance(data[key], dict | list) or not data[key] or draw.random() < 0.3:
            return data, key
        data = data[key]
    return None, None


# Children


def child(subject: Subject, seed: int, first: int, last: int, at: int) -> None:
    """Try some mutations; the number of each is in an open file before it begins."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    changes._COARSEST = 0  # nobody changes these files, so no mutation waits 20 ms for the clock
    content = subject.content()
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        path = Path(folder) / subject.file
        path.write_bytes(content)
        subject.use(path)  # unbroken, it can be read
        outcomes: Counter[str] = Counter()
        for number in range(first, last):
            os.pwrite(at, (number + 1).to_bytes(8, "little"), 0)
            path.write_bytes(mutated(content, seed, number))
            link = path.with_name(f"\x1b[2J::error::{number}.{subject.file}")
            link.symlink_to(path)
            outcomes[_outcome(subject, link if number % 8 == 0 else path, number)] += 1
            link.unlink()
    print(json.dumps({"outcomes": outcomes}))


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _outcome(subject: Subject, path: Path, number: int) -> str:
    try:
        subject.use(path)
    except TokscopeError as error:
        line = str(error)
        if "\x1b" in line or "\n" in line:
            print(json.dumps({"number": number, "failure": f"not one line: {line!r:.99}"}))
        if len(line) > 2_000:
            print(json.dumps({"number": number, "failure": f"a line of {len(line)}: {line[:99]}"}))
        return "refused"
    except BaseException as error:
        told = f"{type(error).__name__}: {error}"[:300]
        place = error.__traceback__
        while place and place.tb_next:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
        print(json.dumps({"number": number, "failure": told, "where": where}), flush=True)
        return "failed"
    return "read"


@dataclass
class Result:
    """What came of the mutations of one subject."""

    outcomes: Counter[str]
    failures: list[dict[str, Any]]
    seconds: float = 0.0


def fuzz(
    name: str, mutations: int, seed: int, folder: str = "", patience: float = PATIENCE
) -> Result:
    """Try mutations of one subject, in as many children as it takes."""
    result, first, start = Result(Counter(), []), 0, time.monotonic()
    while first < mutations:
        with tempfile.NamedTemporaryFile() as at, tempfile.NamedTemporaryFile("r") as out:
            task = (name, seed, first, mutations, folder)
            ended = _run(task, at.name, out.name, patience)
            told = [json.loads(line) for line in out if line.startswith("{")]
            reached = int.from_bytes(os.pread(at.fileno(), 8, 0), "little")
        result.failures += [one for one in told if "number" in one]
        for one in told:
            result.outcomes.update(one.get("outcomes", {}))
        if ended and not reached:
            raise RuntimeError(f"{name} cannot be read even unbroken")
        if ended:
            result.failures.append({"number": reached - 1, "failure": ended})
            result.outcomes["failed"] += 1
        first = reached if ended else mutations
    result.seconds = time.monotonic() - start
    return result


_CHILDREN = get_context("forkserver")  # they begin with this module imported, and with little else
_CHILDREN.set_forkserver_preload(["__main__", __name__, "pyarrow.parquet"])
Task = tuple[str, int, int, int, str]  # a subject, the seed, the first mutation, the last, a folder


def _run(task: Task, at: str, out: str, patience: float) -> str:
    """Run a child; return how it ended, if not well."""
    environment = os.environ | {"RUST_BACKTRACE": "0", "TOKENIZERS_PARALLELISM": "false"}
    process = _CHILDREN.Process(target=_begin, args=(task, at, out, environment))
    process.start()
    last, since = b"", time.monotonic() + START
    while process.is_alive():
        process.join(0.02)
        now = Path(at).read_bytes()
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > patience:
            process.kill()
            process.join()
            return f"no end after {patience:g} s"
    return f"ended with {process.exitcode}" if process.exitcode else ""


def _begin(task: Task, at: str, out: str, environment: dict[str, str]) -> None:
    """Be a child: its output goes to a file, and what libraries say nowhere."""
    os.environ.update(environment)
    os.dup2(os.open(out, os.O_WRONLY), sys.stdout.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    name, seed, first, last, folder = task
    child(_subjects(folder)[name], seed, first, last, os.open(at, os.O_RDWR))


def _subjects(folder: str) -> Mapping[str, Subject]:
    own = Subject("broken", lambda: b"fine", broken)  # of the fuzzer's own tests
    return real(Path(folder)) if folder else {**SUBJECTS, "broken": own}


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*")
    parser.add_argument("--mutations", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", default="")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="more on a busy machine")
    told = parser.parse_args()
    print(f"seed {told.seed}\n\n| file | mutations | read | refused | failed | seconds |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in told.names or (real(Path(told.real)) if told.real else SUBJECTS):
        found = fuzz(name, told.mutations, told.seed, told.real, told.patience)
        counts = found.outcomes
        read_, refused = counts["read"], counts["refused"]
        print(
            f"| {name} | {told.mutations:,} | {read_:,} | {refused:,} | {counts['failed']:,} "
            f"| {found.seconds:.0f} |",
            flush=True,
        )
        for failure in found.failures[:20]:
            print(f"  {failure}", flush=True)


if __name__ == "__main__":
    main()
