"""How does each tokenizer cut this text?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tokscope.errors import TokscopeError
from tokscope.report import Report
from tokscope.studies.counted import load_all, versions
from tokscope.tokenizers import Tokenizer

LONGEST = 10_000


def spelled(piece: bytes) -> str:
    r"""Write the bytes of a token for people: what is no whole character as <hex>.

    >>> spelled(" né".encode()), spelled(b"\xc3"), spelled(b"a\xe4\xb8")
    ('␣né', '<C3>', 'a<E4><B8>')
    """
    text = piece.decode(errors="surrogateescape")
    shown = (f"<{ord(c) - 0xDC00:02X}>" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)
    return "".join(shown).translate({0x20: "␣", 0x0A: "⏎", 0x0D: "␍", 0x09: "⇥", 0x00: "␀"})


def _rows(tokenizer: Tokenizer, text: str, specials: bool) -> pd.DataFrame:
    """Return one row a token: its id, its bytes, and the bytes of the text that it stands for."""
    ids = tokenizer.encode([text], specials=specials).ids.tolist()
    ends = tokenizer.boundaries(text, specials=specials)
    starts = np.append(0, ends)[: len(ids)]
    data = text.encode()
    names = {token: name for name, token in tokenizer.vocabulary.specials.items()}
    pieces = [tokenizer.vocabulary[token] for token in ids]
    return pd.DataFrame(
        {
            "tokenizer": tokenizer.name,
            "position": range(1, len(ids) + 1),
            "id": ids,
            "token": [names.get(i) or spelled(p) for i, p in zip(ids, pieces, strict=True)],
            "bytes": [piece.hex(" ") for piece in pieces],
            "text": [spelled(data[s:e]) for s, e in zip(starts, ends, strict=True)],
            "start": starts,
            "end": ends,
        }
    )


def show(text: str, words: Sequence[str], *, specials: bool = False) -> Report:
    """Return the tokens of a text under every tokenizer, one row a token.

    Columns: tokenizer, position (from 1), id, token (as spelled in the vocabulary, ␣ for a space,
    <C3> for a byte that is no whole character), bytes (hex), text (what it stands for), start and
    end (bytes of the text).

    Raises:
        TokscopeError: the text is empty or long, or a tokenizer cannot be loaded.
    """
    if not text:
        raise TokscopeError("there is no text to show")
    if len(text) > LONGEST:
        raise TokscopeError(
            f"{len(text):,} characters are too many to read; show at most {LONGEST:,}"
        )
    tokenizers = load_all(words)
    frames = [_rows(tokenizer, text, specials) for tokenizer in tokenizers]
    frame = pd.concat(frames, ignore_index=True)
    counts = ", ".join(f"{t.name} {len(f):,}" for t, f in zip(tokenizers, frames, strict=True))
    size = f"{len(text):,} characters, {len(text.encode()):,} bytes"
    notes = (f"{size}; tokens: {counts}", "␣ space, ⏎ line feed, <C3> a byte of a cut character")
    flow = ("token", "id", "bytes")
    return Report("show", "Segmentation", frame, notes, versions(), flow=flow)
