"""RWKV's World vocabulary: an id, a token as Python writes it, and its bytes on every line."""

from __future__ import annotations

import ast

from tokscope.errors import TokscopeError, path_of
from tokscope.tokenizers import Spec
from tokscope.tokenizers.files import read_text
from tokscope.tokenizers.greedy import GreedyTokenizer
from tokscope.tokenizers.limits import require_sizes


def load_file(spec: Spec) -> GreedyTokenizer:
    """Load a vocabulary.

    Raises:
        TokscopeError: the file cannot be read, or a line of it is something else.
    """
    path = path_of(spec.place)
    ids: dict[bytes, int] = {}
    used: set[int] = set()
    lines = read_text(path).split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            token_id, token = _entry(line)
        except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
            raise TokscopeError(f"{path}:{number}: not an id, a token and its bytes") from error
        if token in ids or token_id in used or not 0 <= token_id < 1_000_000 + 2 * len(lines):
            raise TokscopeError(
                f"{path}:{number}: a token or an id is listed twice, or the id is too large"
            )
        ids[token] = token_id
        used.add(token_id)
    require_sizes(ids, str(path))
    return GreedyTokenizer.of(spec.label or path.stem, ids, str(path))


def _entry(line: str) -> tuple[int, bytes]:
    start, _, rest = line.strip().partition(" ")
    written, _, size = rest.rpartition(" ")
    token = ast.literal_eval(written.strip())
    token = token.encode() if isinstance(token, str) else token
    if not isinstance(token, bytes) or not token or len(token) != int(size):
        raise ValueError("no token, or of another length")
    return int(start), token
