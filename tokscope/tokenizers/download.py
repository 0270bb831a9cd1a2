"""Files that are downloaded once into the caches of the libraries, and errors if they cannot be.

Nothing here waits long: an address that does not answer within a second counts as out of reach, a
download ends after SECONDS and at MOST bytes, and nothing is asked a second time. What an address
says is never trusted: neither lengths nor names, nor where it sends on.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from tokscope.errors import TokscopeError
from tokscope.late import Late

if TYPE_CHECKING:
    import requests
    import tqdm
    import urllib3
else:
    requests, tqdm, urllib3 = map(Late, ("requests", "tqdm", "urllib3"))

T = TypeVar("T")
CONNECT_SECONDS = 1.0
READ_SECONDS = 10.0
SECONDS = 300.0  # a whole download, all its files together
MOST = 256_000_000  # bytes, all its files together
_REDIRECTS = 5
_PIECE = 1 << 16
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
    """Return the folder of tiktoken's cache.

    Raises:
        TokscopeError: a variable is empty, by which tiktoken would download at every use.
    """
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if os.environ.get(variable) == "":
            raise TokscopeError(f"{variable} is empty; let it name a folder, or unset it")
        if variable in os.environ:
            return Path(os.environ[variable])
    return Path(tempfile.gettempdir()) / "data-gym-cache"


def _cached_as(cache: Path, url: str) -> Path:
    """Return where tiktoken keeps what it has fetched from an address."""
    return cache / hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def offline() -> bool:
    """Tell whether nothing may be downloaded, by the variable of the hub's library."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


class DownloadError(OSError):
    """Why a download failed, in words that may be shown: they never quote a library."""


@dataclass(frozen=True)
class Answer:
    """What an address answers: content if the status is 200, else `code`, the hub's reason."""

    status: int
    content: bytes
    code: str = ""
    wait: str = ""

    def require_content(self) -> bytes:
        """Return the content.

        Raises:
            DownloadError: there is none.
        """
        if self.status != 200:
            wait = f", asked to wait {self.wait} s" if self.wait.isdecimal() else ""
            raise DownloadError(f"status {self.status}{wait[:40]}")
        return self.content


def within(seconds: float, do: Callable[[], T]) -> T:
    """Return what a function returns, or stop waiting for it.

    No timeout of a connection does that: each byte begins it anew. The thread is left to its end.

    Raises:
        DownloadError: it takes longer.
    """
    done: SimpleQueue[tuple[T, None] | tuple[None, Exception]] = SimpleQueue()

    def work() -> None:
        try:
            done.put((do(), None))
        except Exception as error:  # noqa: BLE001 - who waits gets it
            done.put((None, error))

    Thread(target=work, daemon=True).start()
    try:
        made, error = done.get(timeout=seconds)
    except Empty:
        raise DownloadError(f"the download took more than {seconds:g} s") from None
    if error is not None:
        raise error
    return made  # type: ignore[return-value]


def ask(url: str, *, most: int, token: str = "", name: str = "") -> Answer:
    """Ask an address for its content, and follow where it sends, never from https to http.

    A token goes to the address that was asked, its scheme, host and port alone. A `name` is shown
    with a progress bar, on a terminal.

    Raises:
        DownloadError: nothing whole came.
    """
    asked, ends = url, monotonic() + SECONDS
    try:
        for _ in range(_REDIRECTS + 1):
            with requests.get(
                url,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                headers={"Accept-Encoding": "identity"},
                auth=_signed(token if _origin(url) == _origin(asked) else ""),
            ) as response:
                if not response.is_redirect:
                    content = _content(response, most, ends, name)
                    told = response.headers
                    code, wait = told.get("X-Error-Code", ""), told.get("Retry-After", "")
                    return Answer(response.status_code, content, code, wait)
                url = urljoin(url, response.headers["Location"])
            if _origin(url)[0] not in ("https", _origin(asked)[0]):
                raise DownloadError("redirected to another scheme than https")
        raise DownloadError(f"redirected more than {_REDIRECTS} times")
    except DownloadError:
        raise
    except requests.exceptions.SSLError as error:
        raise DownloadError("its certificate is not valid") from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise DownloadError("it cannot be reached, or closes the connection") from error
    except requests.Timeout as error:
        raise DownloadError(f"nothing came for {READ_SECONDS:g} s") from error
    except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
        raise DownloadError(type(error).__name__) from error


def _signed(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Return what signs a request with a token, or with nothing, and not from a .netrc either."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _content(response: requests.Response, most: int, ends: float, name: str) -> bytes:
    """Read the content, up to a size and a time."""
    if response.status_code != 200:
        return b""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise DownloadError("the answer is compressed, which was not asked for")
    told = response.headers.get("Content-Length", "")
    size = int(told) if told.isdecimal() and len(told) < 20 else 0
    if size > most:
        raise DownloadError(f"larger than {most / 1e6:,.0f} MB")
    content = bytearray()
    hidden = None if name else True
    with tqdm.tqdm(total=size, unit="B", unit_scale=True, desc=name[:12], disable=hidden) as bar:
        for piece in response.iter_content(_PIECE):
            content += piece
            bar.update(len(piece))
            if len(content) > most:
                raise DownloadError(f"larger than {most / 1e6:,.0f} MB")
            if monotonic() > ends:
                raise DownloadError("late")
    return bytes(content)


def keep(content: bytes, target: Path) -> None:
    """Write a file beside its place, then move it there; a link there is replaced, not followed.

    Raises:
        OSError: it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid4().hex}.partial")
    try:
        with partial.open("xb") as file:
            file.write(content)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def git_hash(content: bytes, kind: str = "sha1") -> str:
    """Return the hash that git gives the content of a file.

    >>> git_hash(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.new(
        kind, b"blob %d\0%b" % (len(content), content), usedforsecurity=False
    ).hexdigest()


def fetch(url: str, target: Path, digest: str) -> None:
    """Download a file of a known SHA-256, with a progress bar on a terminal.

    Raises:
        OSError: it cannot be reached, may not be, is another file, or cannot be kept.
    """
    if offline():
        raise DownloadError("HF_HUB_OFFLINE is set")
    content = within(SECONDS, lambda: ask(url, most=MOST, name=target.name)).require_content()
    if hashlib.sha256(content).hexdigest() != digest:
        raise DownloadError("the downloaded file is not the published one")
    keep(content, target)


def _is_kept(path: Path, digest: str) -> bool:
    """Tell whether a cache holds this very file; the library would download it again otherwise."""
    if not path.is_file() or path.stat().st_size > MOST:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == digest


@contextmanager
def tiktoken_cached(encoding: str) -> Iterator[None]:
    """Make sure that tiktoken finds its files in the cache.

    Raises:
        TokscopeError: not cached and out of reach.
    """
    cache = _tiktoken_cache()
    url, target = "", cache
    try:
        for url, digest in RANK_FILES.get(encoding, {}).items():
            target = _cached_as(cache, url)
            if not _is_kept(target, digest):
                fetch(url, target, digest)
        yield
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, DownloadError) else type(error).__name__
        raise TokscopeError(
            f"tiktoken:{encoding} is not cached and cannot be downloaded ({reason}); "
            f"fetch {url} elsewhere and save it as {target}, "
            "or load a rank file with tiktoken-file:PATH"
        ) from error


def cached_encodings() -> dict[str, bool]:
    """Tell for every known encoding whether its files are in tiktoken's cache."""
    cache = _tiktoken_cache()
    return {
        encoding: all(_cached_as(cache, url).exists() for url in files)
        for encoding, files in RANK_FILES.items()
    }
