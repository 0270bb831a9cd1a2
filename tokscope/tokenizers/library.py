"""The `tokenizers` library, of a version that this package knows."""

from __future__ import annotations

import tokenizers

from tokscope.errors import TokscopeError

__all__ = ["require_known", "tokenizers"]


def require_known(version: str) -> None:
    """Raise TokscopeError for a version with another interface: 1.x builds and trains nothing."""
    if not version.startswith("0."):
        raise TokscopeError(
            f"tokenizers {version} is not supported yet; install an older one: "
            "pip install 'tokenizers>=0.21,<1'"
        )


require_known(tokenizers.__version__)
