"""The text of a tokenizer's file, or one line that says why there is none."""

from __future__ import annotations

from pathlib import Path

from tokscope.errors import TokscopeError


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        TokscopeError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise TokscopeError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise TokscopeError(f"{path}: not a tokenizer file (it is not UTF-8 text)") from error
