"""What it costs to find all ways to go on with a prompt, and all places where text can be cut.

The first prompts may build what later ones use, such as the fast path of a `tokenizer.json`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.measuring import REAL, ROUNDS, TOKENIZERS, prose, spread, table
from tokscope.boundaries.covers import covers
from tokscope.counting.seams import Seams
from tokscope.counting.stable import Places
from tokscope.tokenizers import Tokenizer, load

FILES = (
    *("gpt-2.json", "cl100k_base.tiktoken", "o200k_base.tiktoken", "llama.json"),
    *("mistral-v3.spm.model", "german-unigram-30k.json", "bert-base-uncased.json"),
)
WORDS = [str(TOKENIZERS / name) for name in FILES] if REAL else ["sample:bpe", "sample:unigram"]
_SPACE, _WORD = "This is a test ", "The capital of Fran"


def timed(tokenizer: Tokenizer, prompt: str) -> float:
    """Return the seconds of CPU that all covers of a prompt take."""
    start = time.process_time()
    covers(tokenizer, prompt)
    return time.process_time() - start


def run() -> None:
    """Print the table."""
    header = ("tokenizer", "covers behind a space", "first", "later", "in a word", "behind 1 MB")
    table("The covers of a prompt, seconds of CPU", header, _rows())
    header = ("tokenizer", "trying the tokenizer", "first MB", "5 MB", "a MB of 5 MB")
    table("All places of English, seconds of CPU", header, _places())


def _rows() -> Iterator[tuple[str, ...]]:
    with prose(1) as path:
        text = path.read_text(encoding="utf-8").rstrip()[:-2]
    for word in WORDS:
        tokenizer = load(word)
        first = timed(tokenizer, _SPACE)
        for _ in range(2):
            timed(tokenizer, _SPACE)
        later, short, long = (
            spread([timed(tokenizer, prompt) for _ in range(ROUNDS)])
            for prompt in (_SPACE, _WORD, text)
        )
        number = f"{len(covers(tokenizer, _SPACE)):,}"
        yield tokenizer.name, number, f"{first:.2f}", later, short, long


def _places() -> Iterator[tuple[str, ...]]:
    with prose(5) as path:
        lines = list(filter(None, path.read_text(encoding="utf-8").splitlines()))
    fifth = len(lines) // 5
    for word in WORDS:
        seams = Seams(load(word))
        start = time.process_time()
        seams.inside("a b")
        times = [time.process_time()]
        places = Places(seams)
        for i in range(0, len(lines), fifth):
            places.of(lines[i : i + fifth])
            times.append(time.process_time())
        tried, first, whole = times[0] - start, times[1] - times[0], times[-1] - times[0]
        row = (f"{tried:.2f}", f"{first:.2f}", f"{whole:.2f}", f"{whole / 5:.2f}")
        yield (seams.tokenizer.name, *row)
