"""Terms, morphemes and lexemes held against tokens, beside encoding alone, one process and core.

The limit is what the best bare library takes to encode the same strings, held in memory: terms in
their four forms, words after a space, a file of code. For code it is that and lexing alone.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from pygments.lexers import get_lexer_by_name

import tokscope
from benchmarks.bare import LIBRARIES
from benchmarks.families import Family, families
from benchmarks.measuring import DATA, QUICK, REAL, SAMPLE, here, in_turn, prose, spread, table
from tokscope.tokenizers import load
from tokscope.tokenizers.engine import VARIABLE

MANY = 50_000  # terms, and words
BYTES = 300_000 if QUICK else 2_000_000  # of code
FOLDER = SAMPLE.parent / "code"
Row = tuple[str, ...]
Lines = list[str]


def words() -> list[str]:
    """Return different words of prose, and more of them put together from halves."""
    with prose(5) as path:
        found = path.read_text(encoding="utf-8").split()
    known = [word for word in dict.fromkeys(found) if word.isalpha() and len(word) > 1]
    draw = random.Random(0)
    halves = (draw.choice(known)[:5] + draw.choice(known)[-5:] for _ in range(4 * MANY))
    return list(dict.fromkeys((*known, *halves)))[:MANY]


def program() -> str:
    """Return Python, repeated as often as the size needs."""
    path = DATA / "code" / "python.txt" if REAL else FOLDER / "python.txt"
    text = path.read_text(encoding="utf-8")
    return (text * (BYTES // len(text) + 1))[:BYTES]


def questions(folder: Path) -> Mapping[str, tuple[Callable[..., object], Lines]]:
    """Return what is asked, by name: a study of a tokenizer, and the strings that it encodes."""
    terms, text = words(), program()
    code = folder / "code.py"
    code.write_text(text, encoding="utf-8")
    spaced = [f"0 {term}" for term in terms]
    forms = [*terms, *spaced, *map(str.title, spaced), *map(str.upper, spaced)]
    gold = folder / "gold.tsv"
    halves = [f"{w}\t{w[: len(w) // 2]}|{w[len(w) // 2 :]}\n" for w in terms]
    gold.write_text("".join(halves), encoding="utf-8")
    return {
        f"vocab --by terms, {MANY:,} terms": (
            partial(tokscope.vocab, by="terms", lists={"terms": terms}),
            forms,
        ),
        f"morph, {MANY:,} words": (
            partial(tokscope.morph, gold=[str(gold)]),
            [f"a {w}" for w in terms],
        ),
        f"code, {BYTES / 1e6:g} MB": (
            partial(tokscope.code, corpora={"python": str(code)}),
            [text],
        ),
    }


def lexing(text: str) -> None:
    """Cut code into lexemes, as Pygments does alone."""
    for _ in get_lexer_by_name("python").get_tokens_unprocessed(text):
        pass


def beside(family: Family, name: str, study: Callable[..., object], lines: Lines) -> Row:
    """Return the seconds of a study, and the share of them that is the limit."""
    os.environ[VARIABLE] = family.engine or "fastokens"
    tokenizer = load(str(family.path))
    actions: dict[str, Callable[[], object]] = {
        library: partial(LIBRARIES[library](str(path), family.pattern).encode, lines)
        for library, path in family.peers.items()
    }
    libraries = list(actions)
    actions["ours"] = partial(study, [tokenizer])
    if name.startswith("code"):
        actions["lexing"] = partial(lexing, lines[0])
    costs = {key: partial(here, action) for key, action in actions.items()}
    in_turn(costs, 1)  # tables that are made once
    found = {key: [cost.cpu for cost in own] for key, own in in_turn(costs).items()}
    best = min(libraries, key=lambda library: statistics.median(found[library]))
    return family.name, name, spread(found["ours"]), best, spread(_shares(found, best))


def _shares(found: Mapping[str, Sequence[float]], best: str) -> list[float]:
    lexed = found.get("lexing", [0.0] * len(found[best]))
    return [
        (one + more) / own for one, more, own in zip(found[best], lexed, found["ours"], strict=True)
    ]


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        asked = questions(Path(folder))
        for family in families():
            if family.path.suffix != ".gguf":
                for name, (study, lines) in asked.items():
                    yield beside(family, name, study, lines)


def run() -> None:
    """Print the table."""
    header = ("tokenizer", "command", "seconds of CPU", "best peer", "of the limit")
    table("Terms, morphemes and lexemes, of a loaded tokenizer, one core", header, rows())
