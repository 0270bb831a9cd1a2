"""Files of a Hugging Face repository: the local cache first, then the hub, if it can be reached."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import requests

from tokscope.errors import TokscopeError
from tokscope.tokenizers.download import CONNECT_SECONDS, offline

# The library's own bars and warnings go to stderr even where nobody looks.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


# Of the names of a repository's files, those that are needed; none where it holds no tokenizer.
Wanted = Callable[[Iterable[str]], Sequence[str]]


def hub_folder(repository: str, revision: str | None, wanted: Wanted, known: str = "") -> Path:
    """Return the folder of the local cache that holds a repository's tokenizer.

    A token in the environment (HF_TOKEN) is used by the library and never shown. What is cached is
    used as it is: nothing is asked of the hub then. `known` names the files that would do.

    Raises:
        TokscopeError: neither cached nor to be had; says what would work.
    """
    import huggingface_hub
    from huggingface_hub import constants, errors

    word = f"hf:{repository}" + (f"@{revision}" if revision else "")
    try:
        cached = _snapshot(repository, revision)
        held = sorted(path.name for path in cached.iterdir()) if cached else []
        if cached and wanted(held):
            return cached
        _require_hub(word, constants.ENDPOINT, held, known)
        listed = huggingface_hub.HfApi().list_repo_files(repository, revision=revision)
        files = wanted(listed)
        if files:
            paths = [
                Path(huggingface_hub.hf_hub_download(repository, name, revision=revision))
                for name in files
            ]
            return paths[0].parent
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
    raise TokscopeError(f"{word}: the repository holds no tokenizer that is known here")


def _snapshot(repository: str, revision: str | None) -> Path | None:
    """Return the folder of a revision in the cache, if it is there."""
    from huggingface_hub import constants
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    validate_repo_id(repository)
    home = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    reference = home / "refs" / (revision or constants.DEFAULT_REVISION)
    if ".." in reference.parts:
        return None
    commit = reference.read_text().strip() if reference.is_file() else revision
    folder = home / "snapshots" / (commit or "")
    return folder if commit and folder.is_dir() else None


def cached_repositories(wanted: Wanted) -> list[str]:
    """Return the repositories of the local cache that hold a tokenizer, sorted."""
    from huggingface_hub import constants

    snapshots = Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*")
    found = {
        snapshot.parents[1].name
        for snapshot in snapshots
        if snapshot.is_dir() and wanted([path.name for path in snapshot.iterdir()])
    }
    return sorted(folder.removeprefix("models--").replace("--", "/") for folder in found)


def _require_hub(word: str, endpoint: str, held: Sequence[str], known: str) -> None:
    """Raise at once if the hub does not answer: the library itself would try for half a minute."""
    how = (
        "on a machine that reaches it, run `hf download` for it and copy the cache, "
        "or load the file with file:PATH"
    )
    state = "is not cached"
    if held:
        more = f" and {len(held) - 9} more" if len(held) > 9 else ""
        state = (
            f"is cached without a tokenizer that is known here ({', '.join(held[:9])}{more}), "
            f"which would be one of {known},"
        )
    if offline():
        raise TokscopeError(f"{word} {state} and HF_HUB_OFFLINE is set; {how}")
    try:
        requests.head(endpoint, timeout=(CONNECT_SECONDS, CONNECT_SECONDS))
    except requests.RequestException as error:
        raise TokscopeError(f"{word} {state} and {endpoint} is out of reach; {how}") from error
