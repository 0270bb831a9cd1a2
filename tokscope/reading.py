"""Files that are read whole: tokenizers, what stands beside them, configurations, locks.

They are regular files, so that nothing is waited for and nothing is endless, and they have a size
that their kind can have: the limits are far above all that is published.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from tokscope.errors import TokscopeError

MOST = 256_000_000  # bytes of a tokenizer's file; that of 900,000 pieces has 60 MB
MOST_OF_SETTINGS = 1_000_000  # bytes of a configuration
_HOW = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def opened(path: Path) -> BinaryIO:
    """Open a regular file; a pipe is not waited for.

    Raises:
        OSError: it is none, or cannot be opened.
    """
    handle = os.open(path, _HOW)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return os.fdopen(handle, "rb")


def content(path: Path, most: int = MOST) -> bytes:
    """Return the bytes of a file.

    Raises:
        TokscopeError: it cannot be read, is a device or a pipe, or has more bytes than `most`.
    """
    try:
        require_regular(path)
        large = path.stat().st_size > most
        with opened(path) as stream:
            data = b"" if large else stream.read(most + 1)  # it may grow
    except (OSError, ValueError) as error:  # a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise TokscopeError(f"{path}: cannot be read ({reason})") from error
    if large or len(data) > most:
        raise TokscopeError(
            f"{path}: over {most // 1_000_000} MB, more than is read of such a file"
        )
    return data


def text(path: Path, most: int = MOST) -> str:
    """Return the text of a file.

    Raises:
        TokscopeError: it cannot be read, or is not UTF-8.
    """
    try:
        return content(path, most).decode()
    except UnicodeDecodeError as error:
        raise TokscopeError(f"{path}: cannot be read (it is not UTF-8 text)") from error


def require_regular(path: Path) -> None:
    """Refuse what is no regular file: a device has no end, and a pipe is waited for.

    Raises:
        TokscopeError: it is one, or a folder.
        OSError: it cannot be looked at.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return
    what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
    raise TokscopeError(f"{path}: {what}; save what is to be read in a file, and name that")
