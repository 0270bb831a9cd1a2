"""`vocab.txt` of one residue a line: ESM, nucleotides, other characters and k-mers.

As transformers' EsmTokenizer reads it: text is cut into the longest tokens from the left, white
space separates, and what lies between them is one unknown token.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tokscope.errors import TokscopeError, blaming
from tokscope.tokenizers.huggingface import HuggingFaceTokenizer, assemble
from tokscope.tokenizers.library import LibraryTokenizer, Regex, models, pre_tokenizers

_UNKNOWN = "<unk>"
_LONGEST = 8  # characters of a k-mer
_SPECIALS = ("<cls>", "<pad>", "<eos>", "<unk>", "<mask>")  # <null_1> is a residue as any other


def holds_residues(pieces: Sequence[str]) -> bool:
    """Tell whether a vocabulary is of this kind: `<unk>` in it, and neither words nor parts."""
    pieces = [piece.strip() for piece in pieces]
    plain = (piece for piece in pieces if not piece.startswith("<"))
    return (
        _UNKNOWN in pieces
        and "[UNK]" not in pieces
        and not any(piece.startswith("##") or len(piece) > _LONGEST for piece in plain)
    )


def residues(content: str, name: str, place: str) -> HuggingFaceTokenizer:
    """Build from the lines of a vocabulary.

    Raises:
        TokscopeError: two lines are the same, or one is empty.
    """
    pieces = [line.strip() for line in content.removeprefix("\ufeff").splitlines()]
    while pieces and not pieces[-1]:
        pieces.pop()
    if len(set(pieces)) < len(pieces) or "" in pieces:
        raise TokscopeError(f"{place}: a line is empty or listed twice")
    specials = [piece for piece in pieces if piece in _SPECIALS]
    library = LibraryTokenizer(
        models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token=_UNKNOWN)
    )
    with blaming(f"{place}: cannot be made one expression"):
        library.pre_tokenizer = _cuts(pieces, specials)
    library.add_special_tokens(specials)
    built = assemble(library, name, place)
    return replace(built, assumed="text is cut as by transformers' EsmTokenizer")


def _cuts(pieces: Sequence[str], specials: Sequence[str]) -> pre_tokenizers.PreTokenizer:
    """Return what isolates tokens, the longest first; text that looks like a special one is text.

    Such text is cut behind its <, so that no part of it is found in the vocabulary.
    """
    # of the same length, in the order of the file: that of a set is another in every process
    plain = sorted((one for one in pieces if one not in specials), key=len, reverse=True)
    marks = "|".join(re.escape(special[1:]) for special in specials)
    choices = [*map(re.escape, plain), f"<(?={marks})"]
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex("|".join(choices)), "isolated"),
            pre_tokenizers.Split(Regex(r"[\s\x1c-\x1f]+"), "removed"),
        ]
    )
