"""Every command as a whole process, beside the best bare library and the limit.

The best peer is the library that needs the least CPU as a process of its own: it starts, loads the
tokenizer, reads the text and encodes it. The limit is what it needs to read and encode alone.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.families import Family, families
from benchmarks.measuring import (
    QUICK,
    Cost,
    command,
    faster,
    in_turn,
    process,
    prose,
    seconds,
    spread,
    table,
)
from tokscope.tokenizers.engine import VARIABLE

MEGABYTES = 1 if QUICK else 10
NUMBERS = 130_000  # about what `tokscope numbers` encodes
ONE = ("--jobs", 1)
Action = Callable[[], Cost]
Row = tuple[str, ...]


def ours(family: Family, *words: object, cwd: Path | None = None) -> Action:
    return partial(command, *words, cwd=cwd, **{VARIABLE: family.engine})


def peers(family: Family, step: str, *texts: Path) -> dict[str, Action]:
    """Return what each library does of a step, as a process.

    Where others read a file of tokenizers too, they are always faster.
    """
    bare = partial(process, "benchmarks.bare", f"--pattern={family.pattern}", step)
    return {
        library: partial(bare, library, path, *texts)
        for library, path in family.peers.items()
        if library != "tokenizers" or len(family.peers) == 1
    }


def beside(own: Mapping[str, Action], others: Mapping[str, Action]) -> Iterator[Row]:
    """Yield how our commands compare with the best of the others, and with the limit."""
    found = in_turn({**own, **others})
    best = min(others, key=lambda name: statistics.median(cost.cpu for cost in found[name]))
    alone = [float(cost.told.split()[0]) for cost in found[best]]
    for name in own:
        shares = [limit / cost.cpu for limit, cost in zip(alone, found[name], strict=True)]
        yield name, best, *faster(found[best], found[name]), spread(shares)


def of_text(text: Path) -> Iterator[Row]:
    """Yield what costs most where text is long, for each family."""
    for family in families():
        spec = family.path
        tokens = ("-m", "tokens", "--corpus", text, *ONE)
        counting = {
            "compare -m tokens": ours(family, "compare", spec, *tokens),
            "compare": ours(family, "compare", spec, "--corpus", text, *ONE),
            "count": ours(family, "count", spec, text, *ONE),
        }
        writing = {"encode": ours(family, "encode", spec, text)}
        for own, step in ((counting, "encode"), (writing, "write")):
            for row in beside(own, peers(family, step, text)):
                yield family.name, *row


def of_vocabularies(folder: Path) -> Iterator[Row]:
    """Yield the commands that ask about tokens, beside decoding and encoding every one of them."""
    numbers = folder / "numbers.txt"
    draw = random.Random(0)
    lines = (str(draw.randrange(10 ** draw.randint(1, 16))) for _ in range(NUMBERS))
    numbers.write_text("\n".join(lines))
    for family in families():
        spec = family.path
        if family.name.endswith(("core", "gguf")):
            continue
        own = {name: ours(family, name, spec) for name in ("vocab", "audit")}
        for row in beside(own, peers(family, "vocabulary")):
            yield family.name, *row
        own = {"numbers": ours(family, "numbers", spec)}
        for row in beside(own, peers(family, "encode", numbers)):
            yield family.name, *row


@contextmanager
def locked(family: Family, *words: object) -> Iterator[Path]:
    """Yield a folder with a configuration and a lock."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for call in (("init", family.path, *words), ("lock",)):
            ours(family, *call, cwd=folder)()
        yield folder


def of_two(text: Path, other: Path) -> Iterator[Row]:
    """Yield the commands that compare two things, for the first family with both engines."""
    for family in list(families())[:2]:
        two = family.path, f"again={family.path}"
        corpora = ("--corpus", text, "--corpus", other)
        encoding = peers(family, "encode", text, other)
        with locked(family, *corpora) as folder:
            own = {
                "check": ours(family, "check", cwd=folder),
                "compare, the same text": ours(family, "compare", family.path, *corpora, *ONE),
            }
            yield from ((family.name, *row) for row in beside(own, encoding))
        own = {
            "equiv --fuzz 0": ours(family, "equiv", *two, *corpora, "--fuzz", 0, *ONE),
            "diff": ours(family, "diff", *two, *corpora, *ONE),
        }
        both = peers(family, "encode", text, other, text, other)
        yield from ((family.name, *row) for row in beside(own, both))
    how = ("--merges", 300, "--gap", 1e-3, *ONE)
    own = {"infer-mixture": ours(family, "infer-mixture", family.path, *corpora, *how)}
    words = {"findall": next(iter(peers(family, "words", text, other).values()))}
    yield from ((family.name, *row) for row in beside(own, words))


def start_up() -> Iterator[tuple[str, ...]]:
    """Yield what small commands cost, which is what starting costs."""
    family = next(iter(families()))
    with locked(family) as folder:
        calls = {
            "python -m this": partial(process, "this"),
            "tokscope --help": partial(command, "--help"),
            "tokscope compare sample:bpe": partial(command, "compare", "sample:bpe"),
            f"tokscope check --identity, {family.path.name}": ours(
                family, "check", "--identity", cwd=folder
            ),
        }
        for name, found in in_turn(calls).items():
            yield name, *seconds(found)


def run() -> None:
    """Print the tables."""
    header = ("tokenizer", "command", "best peer", "faster, CPU", "faster, clock", "of the limit")
    with prose(MEGABYTES) as text:
        table(f"Commands over {MEGABYTES} MB, one core", header, of_text(text))
    with tempfile.TemporaryDirectory() as place:
        table("Commands about vocabularies", header, of_vocabularies(Path(place)))
    with prose(MEGABYTES / 2) as text, prose(MEGABYTES / 2, "de") as other:
        title = f"Commands that compare, {MEGABYTES} MB in two languages"
        table(title, header, of_two(text, other))
    table("Start-up", ("command", "seconds of CPU", "seconds"), start_up())
