"""The tokenizers that are measured, a family each, and which bare libraries encode as they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import REAL, TOKENIZERS
from tokscope.tokenizers.patterns import PATTERNS
from tokscope.tokenizers.sample import FOLDER


class Family(NamedTuple):
    """A tokenizer, and the file that each library reads for it."""

    name: str
    path: Path
    peers: Mapping[str, Path]
    engine: str = ""  # what TOKSCOPE_ENGINE is
    pattern: str = PATTERNS["gpt2"]


def ranked(path: Path, pattern: str) -> Iterator[Family]:
    """Yield byte-level BPE by tiktoken's core alone, and with the engine of the extra `fast`."""
    peers = {"tiktoken": path} | ({"tokenizers": path} if path.suffix == ".json" else {})
    yield Family(f"{path.name}, core", path, peers, "tiktoken", PATTERNS[pattern])
    yield Family(f"{path.name}, fast", path, peers | {"fastokens": path}, "", PATTERNS[pattern])


def families() -> Iterator[Family]:
    """Yield the families, of published files or of the sample."""
    if not REAL:
        yield from ranked(FOLDER / "bpe.json", "gpt2")
        yield plain(FOLDER / "unigram.model", "sentencepiece")
        yield plain(FOLDER / "wordpiece.json", "tokenizers")
        return
    gguf, gpt2, llama = TOKENIZERS / "gguf", TOKENIZERS / "gpt-2.json", TOKENIZERS / "llama.json"
    bert = TOKENIZERS / "bert-base-uncased.json"
    yield from ranked(gpt2, "gpt2")
    yield from ranked(TOKENIZERS / "cl100k_base.tiktoken", "cl100k_base")
    yield from ranked(TOKENIZERS / "o200k_base.tiktoken", "o200k_base")
    yield plain(llama, "tokenizers", "fastokens")
    yield plain(TOKENIZERS / "mistral-v3.spm.model", "sentencepiece")
    yield plain(TOKENIZERS / "german-unigram.spm.model", "sentencepiece")
    yield plain(TOKENIZERS / "german-unigram-30k.json", "tokenizers")
    yield plain(bert, "tokenizers")
    # No library reads GGUF alone; these read the same vocabulary from another file.
    yield Family("gpt-2.gguf", gguf / "ggml-vocab-gpt-2.gguf", {"fastokens": gpt2})
    yield Family("llama-spm.gguf", gguf / "ggml-vocab-llama-spm.gguf", {"tokenizers": llama})
    yield Family("bert-bge.gguf", gguf / "ggml-vocab-bert-bge.gguf", {"tokenizers": bert})


def plain(path: Path, *libraries: str) -> Family:
    """Return a family that its library encodes."""
    return Family(path.name, path, dict.fromkeys(libraries, path))
