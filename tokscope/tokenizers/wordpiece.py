"""`vocab.txt`: WordPiece, one token a line; BERT's normalisation is assumed, and said to be."""

from __future__ import annotations

from tokscope.errors import path_of
from tokscope.tokenizers import Spec
from tokscope.tokenizers.huggingface import (
    HuggingFaceTokenizer,
    read_text,
    wordpiece,
    wordpiece_lines,
)


def load_file(spec: Spec) -> HuggingFaceTokenizer:
    """Load a `vocab.txt`.

    Raises:
        TokscopeError: the file cannot be read or holds no vocabulary.
    """
    path = path_of(spec.place)
    generic = path.name == "vocab.txt"
    name = spec.label or (path.resolve().parent.name if generic else path.stem)
    return wordpiece(wordpiece_lines(read_text(path)), name, str(path))
