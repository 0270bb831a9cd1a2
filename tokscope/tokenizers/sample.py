"""Small tokenizers trained on the embedded sample (see `examples/train_sample.py`)."""

from __future__ import annotations

from pathlib import Path

from tokscope.errors import choose
from tokscope.tokenizers import Spec, Tokenizer, folder

FOLDER = Path(__file__).parent / "trained"
TRAINED = {"bpe": "bpe.json", "unigram": "unigram.model", "wordpiece": "wordpiece.json"}


def load_sample(spec: Spec) -> Tokenizer:
    """Load `sample:bpe`, `sample:unigram` or `sample:wordpiece`."""
    path = FOLDER / choose(TRAINED, spec.place, "sample tokenizer")
    file = Spec(spec.label or f"sample-{spec.place}", spec.kind, str(path))
    return folder.load_file(file)
