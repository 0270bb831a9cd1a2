"""Files of a Hugging Face repository: the local cache first, then the hub, if it can be reached."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import requests

from tokscope.errors import TokscopeError
from tokscope.tokenizers.download import CONNECT_SECONDS, offline

# The library's own bars and warnings go to stderr even where nobody looks.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def hub_file(repository: str, revision: str | None, names: Sequence[str]) -> Path:
    """Return the local path of the first of some files that a repository has.

    A token in the environment (HF_TOKEN) is used by the library and never shown.

    Raises:
        TokscopeError: neither cached nor to be had; says what would work.
    """
    import huggingface_hub
    from huggingface_hub import constants, errors

    word = f"hf:{repository}" + (f"@{revision}" if revision else "")
    try:
        for name in names:
            found = huggingface_hub.try_to_load_from_cache(repository, name, revision=revision)
            if isinstance(found, str):
                return Path(found)
        _require_hub(word, constants.ENDPOINT)
        for name in names:
            try:
                return Path(huggingface_hub.hf_hub_download(repository, name, revision=revision))
            except errors.EntryNotFoundError as error:
                if isinstance(error, errors.LocalEntryNotFoundError):  # it could not even be asked
                    raise
    except errors.HFValidationError as error:
        raise TokscopeError(f"'{repository}' is no name of a hub repository") from error
    except errors.GatedRepoError as error:
        raise TokscopeError(
            f"{word} is gated: ask for access on its page, then set HF_TOKEN"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise TokscopeError(f"{word}: the repository has no such revision") from error
    except errors.RepositoryNotFoundError as error:
        raise TokscopeError(
            f"{word}: no such repository, or a private one; check the name, or set HF_TOKEN"
        ) from error
    except (errors.HfHubHTTPError, OSError, ValueError) as error:
        raise TokscopeError(f"{word} could not be downloaded ({type(error).__name__})") from error
    raise TokscopeError(f"{word}: the repository has none of {', '.join(names)}")


def cached_repositories() -> list[str]:
    """Return the repositories of the local cache that hold a tokenizer, sorted."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    found = set()
    for name in ("tokenizer.json", "tokenizer.model"):
        found |= {path.parents[2].name for path in cache.glob(f"models--*/snapshots/*/{name}")}
    return sorted(folder.removeprefix("models--").replace("--", "/") for folder in found)


def _require_hub(word: str, endpoint: str) -> None:
    """Raise at once if the hub does not answer: the library itself would try for half a minute."""
    how = (
        "on a machine that reaches it, run `hf download` for it and copy the cache, "
        "or load the file with file:PATH"
    )
    if offline():
        raise TokscopeError(f"{word} is not cached and HF_HUB_OFFLINE is set; {how}")
    try:
        requests.head(endpoint, timeout=(CONNECT_SECONDS, CONNECT_SECONDS))
    except requests.RequestException as error:
        raise TokscopeError(
            f"{word} is not cached and {endpoint} is out of reach; {how}"
        ) from error
