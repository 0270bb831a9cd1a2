"""Other tools that install from the package index: same text, same measure, both answers."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import tokenizers

import tokscope
from benchmarks.measuring import GPT2, QUICK, faster, here, in_turn, prose, table, there
from tokscope.text.corpus import read_corpora

MEGABYTES = 1 if QUICK else 5
Row = tuple[str, ...]


def measured(text: Path, name: str) -> float:
    """Return a value of ours, tokenizer loaded and text read for it."""
    frame = tokscope.compare([str(GPT2)], read_corpora([str(text)]), measures=[name]).frame
    return float(frame["value"].iloc[0])


def silent(action: Callable[[], float]) -> float:
    """Keep progress bars and remarks away."""
    with contextlib.redirect_stderr(io.StringIO()):
        return action()


def scorer(text: Path) -> float:
    """Return the Rényi efficiency, for which the scorer reads tokens with spaces between them."""
    import tokenization_scorer

    library = tokenizers.Tokenizer.from_file(str(GPT2))
    lines = [line for line in text.read_text(encoding="utf-8").split("\n") if line]
    found = library.encode_batch_fast(lines, add_special_tokens=False)
    tokens = [" ".join(map(str, one.ids)) for one in found]
    size = library.get_vocab_size()
    score = tokenization_scorer.score
    return silent(lambda: float(score(tokens, metric="renyi", power=2.5, vocab=size)))


def toksight(text: Path) -> float:
    """Return bytes per token."""
    from toksight.compression import compute_compression
    from toksight.loader import wrap_custom

    library = tokenizers.Tokenizer.from_file(str(GPT2))
    wrapped = wrap_custom(
        "gpt-2",
        lambda line: library.encode(line, add_special_tokens=False).ids,
        library.decode,
        library.get_vocab(),
    )
    lines = text.read_text(encoding="utf-8").split("\n")
    return float(compute_compression(wrapped, lines).bytes_per_token)


def qtok(_: Path) -> float:
    """Return how many tokens are Cyrillic letters alone, with or without a space before them."""
    from qtok.qtoklib.classification import get_classification
    from qtok.qtoklib.tokenizer import load_vocab

    def counted() -> float:
        known, _ = get_classification(load_vocab(str(GPT2)))
        return float(sum(script == "CYRILLIC" for _, script in known.values()))

    return silent(counted)


def cyrillic(_: Path) -> float:
    """Return how many tokens are of the Cyrillic script."""
    frame = tokscope.vocab([str(GPT2)], by="script").frame
    found = frame[(frame["name"] == "Cyrillic") & (frame["measure"] == "tokens")]
    return float(found["value"].iloc[0])


def rows(text: Path) -> Iterator[Row]:
    pairs: dict[tuple[str, str], tuple[Callable[[Path], float], Callable[[Path], float]]] = {
        ("tokenization-scorer", "Rényi efficiency, a = 2.5, by log2 V"): (
            scorer,
            lambda path: measured(path, "renyi_efficiency"),
        ),
        ("toksight", "bytes per token"): (
            toksight,
            lambda path: measured(path, "bytes_per_token"),
        ),
        ("qtok", "Cyrillic tokens"): (qtok, cyrillic),
    }
    for (peer, measure), (theirs, ours) in pairs.items():
        if not there(peer):
            continue
        answers = f"{theirs(text):.10g}", f"{ours(text):.10g}"
        sides = {
            name: partial(here, partial(side, text)) for name, side in (("", ours), (peer, theirs))
        }
        found = in_turn(sides)
        yield peer, measure, *answers, *faster(found[peer], found[""])


def run() -> None:
    """Print both answers, and how many times faster ours is."""
    with prose(MEGABYTES) as text:
        header = ("peer", "measure", "its answer", "ours", "faster, CPU", "faster, clock")
        table(f"Other tools, gpt-2.json, {MEGABYTES} MB", header, rows(text))
