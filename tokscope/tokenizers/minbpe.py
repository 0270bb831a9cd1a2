"""minbpe's `.model`: an expression that cuts text, special tokens, and merges as pairs of ids."""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.errors import TokscopeError, blaming, path_of
from tokscope.tokenizers import Spec
from tokscope.tokenizers.bpe import byte_alphabet
from tokscope.tokenizers.bytelevel import split_at
from tokscope.tokenizers.cutting import compiled
from tokscope.tokenizers.files import read_text
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import LibraryTokenizer, decoders, models, pre_tokenizers
from tokscope.tokenizers.limits import require_sizes


def load_file(spec: Spec) -> HuggingFaceTokenizer:
    """Load a `.model` that minbpe has written: 256 bytes, then what each pair of ids makes.

    Raises:
        TokscopeError: the file cannot be read, or is something else.
    """
    path = path_of(spec.place)
    lines = read_text(path).split("\n")
    with blaming(f"{path}: not a model of minbpe"):
        library = _read(lines)
    return assemble(library, spec.label or path.stem, str(path))


def _read(lines: Sequence[str]) -> LibraryTokenizer:
    """Read the lines: a version, the expression or nothing, how many special tokens, then pairs."""
    if lines[0] != "minbpe v1":
        raise ValueError(f"its version is '{lines[0][:20]}', not 'minbpe v1'")
    first = 3 + int(lines[2])
    if not 3 <= first <= len(lines):
        raise ValueError(f"it does not list {lines[2][:20]} special tokens")
    specials = dict(line.rsplit(" ", 1) for line in lines[3:first])
    spelled = {byte: chr(char) for char, byte in byte_alphabet().items()}
    merges = []
    for token, line in enumerate(filter(None, lines[first:]), 256):
        left, right = map(int, line.split())
        merges.append((spelled[left], spelled[right]))
        spelled[token] = spelled[left] + spelled[right]
        require_sizes([spelled[token]], f"line {token - 255 + first}")
    # special tokens follow the merges by habit, but the file says where
    spelled |= {int(token): text for text, token in specials.items()}
    vocabulary = {piece: token for token, piece in spelled.items()}
    if len(vocabulary) < 256 + len(merges) + len(specials):
        raise ValueError("two of its tokens have the same bytes or the same id")
    library = LibraryTokenizer(models.BPE(vocabulary, merges))
    library.pre_tokenizer = _found(lines[1])
    library.decoder = decoders.ByteLevel()
    library.add_special_tokens(list(specials))
    return library


def _found(pattern: str) -> pre_tokenizers.PreTokenizer:
    """Keep what the expression finds, as `findall` does, and drop the text between."""
    parts = pre_tokenizers
    last = parts.ByteLevel(add_prefix_space=False, use_regex=False)
    if not pattern:
        return last
    try:
        groups = compiled(pattern).groups
    except TokscopeError as error:
        raise ValueError(str(error)) from error
    if groups:
        raise ValueError("its expression has groups, and minbpe keeps only their text")
    return parts.Sequence([split_at(pattern, gaps=False), last])
