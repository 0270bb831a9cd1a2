"""Reading the files of a tokenizer, with one line that says why one cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

from tokscope.errors import TokscopeError, shortened
from tokscope.reading import content


def is_there(path: Path) -> bool:
    """Tell whether a folder has a file; a link to nothing counts, as its file was lost."""
    return path.is_file() or path.is_symlink()


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        TokscopeError: it cannot be read, or is not UTF-8.
    """
    try:
        return content(path).decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise TokscopeError(f"{path}: not a tokenizer file (it is not UTF-8 text)") from error


def read_ids(path: Path) -> dict[str, int]:
    """Read a `vocab.json`: an object of tokens and their ids.

    Raises:
        TokscopeError: it cannot be read, or is something else.
    """
    try:
        ids = json.loads(read_text(path))
        if not isinstance(ids, dict):
            raise TypeError(f"it is a {type(ids).__name__}")
        wrong = next((token for token, i in ids.items() if type(i) is not int), None)
        if wrong is not None:
            raise TypeError(f"'{shortened(wrong)}' has {shortened(json.dumps(ids[wrong]))}")
    except (ValueError, TypeError, RecursionError) as error:
        raise TokscopeError(f"{path}: not an object of tokens and their ids ({error})") from error
    top = max(ids.values(), default=-1)
    if min(ids.values(), default=-1) < 0 or top > 16 * len(ids) + 1_000_000:
        raise TokscopeError(f"{path}: {len(ids)} tokens, but ids up to {top}, or below 0")
    return ids
