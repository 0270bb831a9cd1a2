"""What it costs to extend a tokenizer, to map one to another, and to write a model anew.

A model is written beside copying its file, which is the least that it can take.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measuring import (
    GPT2,
    QUICK,
    REAL,
    TOKENIZERS,
    faster,
    here,
    in_turn,
    prose,
    table,
    timed,
)
from tokscope.mapping.checkpoint import checkpoint, write
from tokscope.mapping.kinds import MEAN, map_of, weights_of
from tokscope.mapping.tensors import header_of
from tokscope.tokenizers import load

MEGABYTES = (1, 2) if QUICK else (10, 40)
MERGES = (300, 1_000) if QUICK else (1_000, 10_000)
WIDTH = 512 if QUICK else 1024  # of the vectors
BODY = 300_000_000 if QUICK else 500_000_000  # bytes of the rest of the model
ONE = ("--jobs", 1)
BASE = str(GPT2) if REAL else "sample:bpe"
PUBLISHED = (
    ("llama.json", "german-bpe-50k.json"),
    ("cl100k_base.tiktoken", "o200k_base.tiktoken"),
)
PAIRS = [(str(TOKENIZERS / old), str(TOKENIZERS / new)) for old, new in PUBLISHED if REAL]
PAIRS = PAIRS or [("sample:bpe", "sample:unigram")]
Row = tuple[str, ...]


def extended() -> Iterator[Row]:
    """Yield the seconds of whole commands, by text and merges."""
    for size in MEGABYTES:
        with prose(size, "de") as text:
            for merges in MERGES:
                cost = timed("extend", BASE, "--corpus", text, "--merges", merges, *ONE)
                yield f"{size} MB", f"{merges:,}", *cost


def mapped() -> Iterator[Row]:
    """Yield the seconds of whole commands over the embedded sample, by tokenizers."""
    for old, new in PAIRS:
        yield Path(old).name, Path(new).name, *timed("transfer", old, new, *ONE)


def written() -> Iterator[Row]:
    """Yield how many times as long copying takes as writing a model with new vectors."""
    old, new = (load(word) for word in PAIRS[0])
    made = map_of(old, new)
    weights = weights_of(made, MEAN)
    with tempfile.TemporaryDirectory() as folder:
        for dtype, size in (("F32", 4), ("F16", 2), ("BF16", 2)):
            path, copy, target = (Path(folder) / name for name in ("model", "copy", "new"))
            _model(path, dtype, size * made.width * WIDTH)
            found = checkpoint(path, made, made.width)
            actions = {
                "copy": partial(here, partial(shutil.copyfile, path, copy)),
                "write": partial(here, partial(write, found, target, made, weights)),
            }
            costs = in_turn(actions)
            megabytes = f"{path.stat().st_size / 1e6:.0f} MB"
            yield dtype, megabytes, *faster(costs["copy"], costs["write"])


def _model(path: Path, dtype: str, size: int) -> None:
    """Write a file with a matrix of vectors, of that many bytes, and the rest of a model."""
    width = WIDTH
    rows = size // (width * (4 if dtype == "F32" else 2))
    entries = {"wte.weight": (dtype, (rows, width), size), "body": ("U8", (BODY,), BODY)}
    draw = np.random.default_rng(0)
    with path.open("wb") as stream:
        stream.write(header_of(entries, {}))
        stream.write(draw.integers(0, 120, size, np.uint8).tobytes())
        stream.write(bytes(BODY))
        stream.flush()
        os.fsync(stream.fileno())


def run() -> None:
    """Print the tables."""
    table("Extend", ("text", "merges", "seconds of CPU", "seconds"), extended())
    table("Transfer", ("old", "new", "seconds of CPU", "seconds"), mapped())
    header = ("numbers", "model", "copying / writing, CPU", "clock")
    table("A model written anew, beside copying it", header, written())
