"""Counting beside the bare libraries, on the same text, one core on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import sentencepiece
import tiktoken
import tokenizers
from tiktoken.load import load_tiktoken_bpe

from benchmarks.measuring import QUICK, TOKENIZERS, prose, ratios, spread, table
from tokscope.counting.catalog import DEFAULT, MEASURES
from tokscope.counting.counted import count
from tokscope.counting.tally import Counting
from tokscope.text.corpus import read_corpora
from tokscope.tokenizers import load
from tokscope.tokenizers.tiktoken import PATTERNS

MEGABYTES = 2 if QUICK else 10
COLUMNS = {
    "tokens": MEASURES["tokens"].columns | {"units", "bytes"},
    "the default measures": frozenset.union(*(MEASURES[name].columns for name in DEFAULT)),
}
Encode = Callable[[list[str]], object]


def libraries(place: Path) -> dict[str, Encode]:
    """Return the library's own ways to encode lines, the usual and the fastest one."""
    if place.suffix == ".json":
        library = tokenizers.Tokenizer.from_file(str(place))
        library.no_padding()
        library.no_truncation()
        return {
            "encode_batch": lambda lines: library.encode_batch(lines, add_special_tokens=False),
            "encode_batch_fast": lambda lines: library.encode_batch_fast(
                lines, add_special_tokens=False
            ),
        }
    if place.suffix == ".model":
        model = sentencepiece.SentencePieceProcessor(model_file=str(place))
        return {"encode": lambda lines: model.encode(lines, num_threads=1)}
    ranks = load_tiktoken_bpe(str(place))
    core = tiktoken.Encoding(
        "bare", pat_str=PATTERNS[place.stem], mergeable_ranks=ranks, special_tokens={}
    )
    return {"encode_ordinary": lambda lines: [core.encode_ordinary(line) for line in lines]}


def rows(text: Path) -> Iterator[tuple[str, str, str, str]]:
    lines = text.read_text(encoding="utf-8").split("\n")
    (corpus,) = read_corpora([str(text)])
    for file in ("gpt-2.json", "llama.json", "cl100k_base.tiktoken", "mistral-v3.spm.model"):
        place = TOKENIZERS / file
        tokenizer = load(str(place))
        for against, encode in libraries(place).items():
            for counted, columns in COLUMNS.items():
                counting = Counting(columns)
                count([tokenizer], [corpus], counting)  # tables that are made once
                found = ratios(
                    lambda: encode(lines),  # noqa: B023
                    lambda: count([tokenizer], [corpus], counting),  # noqa: B023
                )
                yield file, against, counted, spread(found, "x")


def run() -> None:
    """Print how many times faster text is read, encoded and counted than the library encodes."""
    title = f"Reading, encoding and counting {MEGABYTES} MB beside encoding alone, one core"
    with prose(MEGABYTES) as text:
        table(title, ("tokenizer", "library", "what is counted", "faster"), rows(text))
