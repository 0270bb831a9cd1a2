"""Downloads, from a server on this machine: what comes, what is kept, and what is said when nothing does."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.conftest import Run
from tests.tokenizers.families import byte_level, model_file, rank_file
from tokscope.errors import TokscopeError
from tokscope.tokenizers import download, load
from tokscope.tokenizers.download import git_hash

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_secretsecretsecret"


class Server:
    """Serves some paths and remembers what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.problems: dict[str, tuple[int, str]] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.raw: dict[str, Callable[[BinaryIO], object]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
                if self.path in outer.raw:
                    self.close_connection = True
                    with suppress(OSError):  # who asked may have hung up
                        outer.raw[self.path](self.wfile)
                    return
                content = outer.files.get(self.path)
                status, code = outer.problems.get(
                    self.path, (200 if content else 404, "EntryNotFound")
                )
                self.send_response(status)
                if status != 200:
                    self.send_header("X-Error-Code", code)
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("ETag", f'"{hashlib.sha1(content or b"").hexdigest()}"')
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                if content and self.command == "GET":
                    self.wfile.write(content)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.server.shutdown()
    server.server.server_close()


Tiktoken = Callable[[str, bytes], None]


@pytest.fixture
def rank_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Path:
    """An empty cache, and cl100k_base served by our server."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "ranks"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    digest = hashlib.sha256(rank_file()).hexdigest()
    files = {"mine": {f"{server.address}/mine.tiktoken": digest}}
    monkeypatch.setattr(download, "RANK_FILES", files)
    return tmp_path / "ranks"


def test_a_rank_file_is_fetched_once_into_tiktokens_cache(rank_cache: Path, server: Server) -> None:
    server.files["/mine.tiktoken"] = rank_file()
    for _ in range(2):
        with download.tiktoken_cached("mine"):
            pass
    assert [path for _, path, _ in server.asked] == ["/mine.tiktoken"]
    (kept,) = rank_cache.iterdir()
    url = f"{server.address}/mine.tiktoken"
    assert kept.name == hashlib.sha1(url.encode()).hexdigest()
    assert kept.read_bytes() == rank_file()


@pytest.mark.parametrize("content", [b"another file", b""])
def test_another_file_than_the_published_one_is_not_kept(
    rank_cache: Path, server: Server, content: bytes
) -> None:
    server.files["/mine.tiktoken"] = content
    with (
        pytest.raises(TokscopeError, match=r"tiktoken:mine is not cached and cannot be downloaded"),
        download.tiktoken_cached("mine"),
    ):
        pass
    assert not rank_cache.exists()


def test_a_cached_encoding_is_loaded_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ranks of tiktoken's own table, made here: only the hashes in the tables are others."""
    import tiktoken.load
    from tiktoken_ext import openai_public

    (url,) = download.RANK_FILES["cl100k_base"]
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    (tmp_path / hashlib.sha1(url.encode()).hexdigest()).write_bytes(rank_file())
    digest = hashlib.sha256(rank_file()).hexdigest()
    monkeypatch.setattr(download, "RANK_FILES", {"cl100k_base": {url: digest}})
    monkeypatch.setattr(
        openai_public,
        "load_tiktoken_bpe",
        lambda place, expected_hash: tiktoken.load.load_tiktoken_bpe(place),
    )
    tokenizer = load("cl100k_base")
    assert tokenizer.decode(tokenizer.encode(["hello 12"]).ids.tolist()) == "hello 12"
    assert len(tokenizer.vocabulary) == 263 + 5
    assert tokenizer.name == "cl100k_base"
    assert len(tokenizer.encode(["a<|endoftext|>"], specials=True).ids) == 2


def test_a_name_that_is_not_cached_fails_at_once_with_what_to_do(run: Run, tmp_path: Path) -> None:
    """The proxy is a closed port: a machine that reaches nothing."""
    away = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    away |= {"TIKTOKEN_CACHE_DIR": str(tmp_path), "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    for word, hint in (
        ("cl100k_base", f"save it as {tmp_path}"),
        ("gpt-4o", f"save it as {tmp_path}"),
        ("hf:org/name", "load the file with file:PATH"),
    ):
        start = time.monotonic()
        done = run("compare", word, **away)
        assert time.monotonic() - start < 20  # the library alone takes longer; not a benchmark
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        assert hint in done.stderr
    done = run("compare", "org/name", **away | {"HF_HUB_OFFLINE": "1"})
    assert "is not cached and cannot be downloaded" in done.stderr
    assert "(HF_HUB_OFFLINE is set)" in done.stderr


@pytest.fixture
def hub(tmp_path: Path, server: Server) -> dict[str, str]:
    """The environment of a machine whose hub is our server and whose cache is empty."""
    return {
        "HF_ENDPOINT": server.address,
        "HF_HOME": str(tmp_path / "hub"),
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1",
        "HF_HUB_DISABLE_XET": "1",
    }


LARGE = "tokenizer.model"  # the hub keeps such files apart, by another hash


def publish(server: Server, files: dict[str, bytes], revision: str = "main") -> None:
    """Serve a repository: its files, and the list of them with their hashes."""
    siblings: list[dict[str, object]] = []
    for name, content in files.items():
        server.files[f"/org/name/resolve/{COMMIT}/{name}"] = content
        sibling: dict[str, object] = {"rfilename": name, "blobId": git_hash(content)}
        if name == LARGE:
            sibling["lfs"] = {"sha256": hashlib.sha256(content).hexdigest()}
        siblings.append(sibling)
    told = {"id": "org/name", "sha": COMMIT, "siblings": siblings}
    server.files[listing(revision)] = json.dumps(told).encode()


def listing(revision: str) -> str:
    return f"/api/models/org/name/revision/{revision}?blobs=true"


def test_a_repository_is_downloaded_once_and_then_comes_from_the_cache(
    run: Run, server: Server, hub: dict[str, str]
) -> None:
    publish(server, {"README.md": b"it", "tokenizer.json": byte_level().to_str().encode()})
    done = run("compare", "org/name", "-f", "json", **hub)
    assert done.returncode == 0, done.stderr
    assert {row["tokenizer"] for row in json.loads(done.stdout)["rows"]} == {"name"}
    assert any(path.endswith("tokenizer.json") and TOKEN in sent for _, path, sent in server.asked)
    asked = len(server.asked)
    again = run("compare", "org/name", "-f", "json", **hub)
    assert again.stdout == done.stdout
    assert len(server.asked) == asked
    assert TOKEN not in done.stdout + done.stderr
    assert done.stderr == ""


def test_a_revision_and_the_second_kind_of_file(
    run: Run, server: Server, hub: dict[str, str]
) -> None:
    publish(server, {LARGE: model_file("bpe")}, "v2")
    done = run("compare", "x=hf:org/name@v2", "-f", "csv", **hub)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[1].startswith("x,am,tokens,")


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "RevisionNotFound", "the repository has no such revision"),
        (
            401,
            "RepoNotFound",
            "no such repository, or a private one; check the name, or set HF_TOKEN",
        ),
        (403, "GatedRepo", "is gated: ask for access on its page, then set HF_TOKEN"),
        (400, "", "cannot be downloaded from http://127.0.0.1:"),
    ],
)
def test_what_the_hub_refuses_is_one_line(
    run: Run, server: Server, hub: dict[str, str], status: int, code: str, message: str
) -> None:
    server.problems[listing("main")] = (status, code)
    done = run("compare", "org/name", **hub)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert message in done.stderr
    assert TOKEN not in done.stderr
    assert os.environ.get("HF_TOKEN") != TOKEN


def test_a_repository_without_a_tokenizer_says_so(
    run: Run, server: Server, hub: dict[str, str]
) -> None:
    publish(server, {"README.md": b"it", "model.safetensors": b"weights"})
    done = run("compare", "org/name", **hub)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "the repository holds no tokenizer that is known here" in done.stderr


def test_a_cached_repository_without_a_tokenizer_is_not_called_uncached(
    run: Run, tmp_path: Path
) -> None:
    home = tmp_path / "hub" / "models--org--name"
    (home / "snapshots" / COMMIT).mkdir(parents=True)
    (home / "snapshots" / COMMIT / "config.json").write_text("{}")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(COMMIT)
    done = run("compare", "org/name", HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "is cached without a tokenizer that is known here (config.json)" in done.stderr
