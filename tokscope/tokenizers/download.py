"""What is fetched once and kept in the caches of the libraries, and what to say when it cannot be.

Nothing here waits long: an address that does not answer within a second counts as out of reach.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests
from tqdm import tqdm

from tokscope.errors import TokscopeError

CONNECT_SECONDS = 1.0
READ_SECONDS = 30.0
_BLOB = "https://openaipublic.blob.core.windows.net"
_GPT2 = f"{_BLOB}/gpt-2/encodings/main"
# encoding -> the files that tiktoken reads for it, with their SHA-256 (tiktoken's openai_public)
RANK_FILES: Mapping[str, Mapping[str, str]] = {
    "gpt2": {
        f"{_GPT2}/vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        f"{_GPT2}/encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    },
    **{
        encoding: {f"{_BLOB}/encodings/{file}.tiktoken": digest}
        for file, digest, encodings in (
            (
                "r50k_base",
                "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
                ["r50k_base"],
            ),
            (
                "p50k_base",
                "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
                ["p50k_base", "p50k_edit"],
            ),
            (
                "cl100k_base",
                "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
                ["cl100k_base"],
            ),
            (
                "o200k_base",
                "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
                ["o200k_base", "o200k_harmony"],
            ),
        )
        for encoding in encodings
    },
}


def _tiktoken_cache() -> Path:
    """Return the folder in which tiktoken looks first."""
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if os.environ.get(variable):
            return Path(os.environ[variable])
    return Path(tempfile.gettempdir()) / "data-gym-cache"


def _cached_as(cache: Path, url: str) -> Path:
    """Return where tiktoken keeps what it has fetched from an address."""
    return cache / hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def offline() -> bool:
    """Tell whether nothing may be downloaded, by the variable of the hub's library."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def fetch(url: str, target: Path, digest: str) -> None:
    """Download a file of a known SHA-256, with a progress bar on a terminal.

    Raises:
        OSError: it cannot be reached (requests' errors are OSErrors), may not be, or is another
            file.
    """
    if offline():
        raise ConnectionError("HF_HUB_OFFLINE is set")
    response = requests.get(url, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS))
    response.raise_for_status()
    size = int(response.headers.get("content-length", 0))
    content = bytearray()
    with tqdm(total=size, unit="B", unit_scale=True, desc=target.name[:12], disable=None) as bar:
        for piece in response.iter_content(1 << 16):
            content += piece
            bar.update(len(piece))
    if hashlib.sha256(content).hexdigest() != digest:
        raise OSError("what came is another file than the published one")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as partial:
        partial.write(content)
    Path(partial.name).replace(target)


@contextmanager
def tiktoken_cached(encoding: str) -> Iterator[None]:
    """See to it that tiktoken finds its files, and say in one line when it cannot.

    Raises:
        TokscopeError: not cached and out of reach.
    """
    cache = _tiktoken_cache()
    url, target = "", cache
    try:
        for url, digest in RANK_FILES.get(encoding, {}).items():
            target = _cached_as(cache, url)
            if not target.exists():
                fetch(url, target, digest)
        yield
    except (OSError, ValueError) as error:
        raise TokscopeError(
            f"tiktoken:{encoding} is not cached and cannot be downloaded "
            f"({type(error).__name__}); fetch {url} elsewhere and save it as {target}, "
            "or load a rank file with tiktoken-file:PATH"
        ) from error


def cached_encodings() -> dict[str, bool]:
    """Tell for every known encoding whether its files are in tiktoken's cache."""
    cache = _tiktoken_cache()
    return {
        encoding: all(_cached_as(cache, url).exists() for url in files)
        for encoding, files in RANK_FILES.items()
    }
