"""Downloads, from a server on this machine: what comes, what is kept, and what is said when nothing does."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO, ClassVar

import huggingface_hub
import pytest
from huggingface_hub import constants

from tests.conftest import Run
from tests.laws import done_here, refusal_here
from tests.tokenizers.families import byte_level, file_of, model_file, rank_file
from tokscope.errors import TokscopeError
from tokscope.tokenizers import download, hub, load
from tokscope.tokenizers.download import DownloadError, git_hash

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


def test_a_name_that_is_not_cached_fails_at_once_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The proxy is a closed port: a machine that reaches nothing. Nobody waits to try again."""
    monkeypatch.setattr(time, "sleep", pytest.fail)
    away = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    away |= {"TIKTOKEN_CACHE_DIR": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    for name, value in away.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    for word, hint in (
        ("gpt-4o", f"save it as {tmp_path}"),
        ("hf:org/name", "load the file with file:PATH"),
    ):
        monkeypatch.setattr(sys, "argv", ["tokscope", "compare", word])
        line = refusal_here(capsys)
        assert "it cannot be reached, or closes the connection" in line
        assert hint in line


@pytest.fixture
def machine(tmp_path: Path, server: Server) -> dict[str, str]:
    """The environment of a machine whose hub is our server and whose cache is empty."""
    return {
        "HF_ENDPOINT": server.address,
        "HF_HOME": str(tmp_path / "hub"),
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1",
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


@pytest.mark.deep
def test_a_repository_is_downloaded_once_and_then_comes_from_the_cache(
    run: Run,
    server: Server,
    machine: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The second time in this process, which starts sooner."""
    publish(server, {"README.md": b"it", "tokenizer.json": byte_level().to_str().encode()})
    done = run("show", "a", "org/name", "-f", "json", **machine)
    assert done.returncode == 0, done.stderr
    assert {row["tokenizer"] for row in json.loads(done.stdout)["rows"]} == {"name"}
    assert any(path.endswith("tokenizer.json") and TOKEN in sent for _, path, sent in server.asked)
    asked = len(server.asked)
    for name, value in machine.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(constants, "ENDPOINT", server.address)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(Path(machine["HF_HOME"], "hub")))
    monkeypatch.setattr(sys, "argv", ["tokscope", "show", "a", "org/name", "-f", "json"])
    assert done_here(capsys).stdout == done.stdout
    assert len(server.asked) == asked
    assert TOKEN not in done.stdout + done.stderr
    assert done.stderr == ""


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
    assert "is cached without a tokenizer of a known kind (config.json)" in done.stderr


# A hub that means harm: each kind at an address of its own, in this process, with small limits.

FILE = f"/org/name/resolve/{COMMIT}/tokenizer.json"


@pytest.fixture
def hostile(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Our server as the hub of this process, with a token, an empty cache and small limits."""
    for name, value in {"HF_HUB_OFFLINE": "0", "HF_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(constants, "ENDPOINT", server.address)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hub, "MOST", 100_000)
    monkeypatch.setattr(hub, "_LISTING", 50_000)
    monkeypatch.setattr(hub, "_MOST_FILES", 20)
    publish(server, {"tokenizer.json": file_of("gpt.json")})
    return server


def test_a_configuration_that_leads_elsewhere_is_refused_with_downloads_allowed(
    hostile: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "tokscope.toml"
    config.write_text('tokenizer = "org/name@../../../x"\n[identity]\ncomponents = "fail"\n')
    words = ["tokscope", "lock", "--allow-download", "--config", str(config)]
    monkeypatch.setattr(sys, "argv", words)
    assert "is not the name of a file in the folder" in refusal_here(capsys)
    assert not hostile.asked


def refused(word: str = "hf:org/name") -> str:
    with pytest.raises(TokscopeError) as error:
        load(word)
    told = str(error.value)
    assert TOKEN not in told
    return told


def kept(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def said(text: str, body: bytes = b"") -> Callable[[BinaryIO], object]:
    """Answer with these lines, and this body, whatever they are."""
    return lambda file: file.write(text.replace("\n", "\r\n").encode("latin-1") + b"\r\n" + body)


def for_ever(head: bytes, piece: bytes, pause: float) -> Callable[[BinaryIO], object]:
    """Answer without an end; a server's thread of ours has one."""

    def answer(file: BinaryIO) -> None:
        file.write(head)
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            file.write(piece)
            file.flush()
            time.sleep(pause)

    return answer


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "RevisionNotFound", "the repository has no such revision"),
        (401, "RepoNotFound", "no such repository, or a private one; check the name, or set HF_"),
        (401, "", "no such repository, or a private one; check the name, or set HF_TOKEN"),
        (403, "GatedRepo", "is gated: ask for access on its page, then set HF_TOKEN"),
        (400, "", "cannot be downloaded from http://127.0.0.1:"),
    ],
)
@pytest.mark.parametrize("path", [listing("main"), FILE], ids=["list", "file"])
def test_what_the_hub_refuses_is_one_line(
    path: str, hostile: Server, status: int, code: str, message: str
) -> None:
    hostile.problems[path] = (status, code)
    assert message in refused()


def test_a_repository_without_a_tokenizer_says_so(hostile: Server) -> None:
    publish(hostile, {"README.md": b"it", "model.safetensors": b"weights"})
    assert "the repository holds no tokenizer of a known kind" in refused()


def test_the_cache_is_one_that_the_hubs_library_reads(hostile: Server, tmp_path: Path) -> None:
    publish(
        hostile,
        {"tokenizer.json": file_of("gpt.json"), "config.json": b"{}", LARGE: b"large"},
        "v/2",
    )
    hostile.files[listing("v%2F2")] = hostile.files.pop(listing("v/2"))
    load("hf:org/name@v/2")
    home = tmp_path / "hub" / "models--org--name"
    blobs = {f"blobs/{git_hash(content)}" for content in (file_of("gpt.json"), b"{}")}
    names = {f"snapshots/{COMMIT}/{name}" for name in ("tokenizer.json", "config.json")}
    assert set(kept(home)) == {*blobs, *names, "refs/v/2"}
    place = huggingface_hub.hf_hub_download(
        "org/name", "tokenizer.json", revision="v/2", local_files_only=True
    )
    assert Path(place).read_bytes() == file_of("gpt.json")
    assert place == huggingface_hub.try_to_load_from_cache(
        "org/name", "tokenizer.json", revision=COMMIT
    )
    scanned = huggingface_hub.scan_cache_dir(tmp_path / "hub")
    assert not scanned.warnings
    (found,) = scanned.repos
    (revision,) = found.revisions
    assert (found.repo_id, revision.commit_hash, revision.refs) == ("org/name", COMMIT, {"v/2"})
    asked = len(hostile.asked)
    load(f"hf:org/name@{COMMIT}")
    assert len(hostile.asked) == asked


def test_a_large_file_has_the_other_hash(hostile: Server, tmp_path: Path) -> None:
    publish(hostile, {LARGE: model_file("bpe")})
    assert load("x=hf:org/name").name == "x"
    digest = hashlib.sha256(model_file("bpe")).hexdigest()
    assert f"hub/models--org--name/blobs/{digest}" in kept(tmp_path)


def test_a_name_is_a_copy_where_a_system_has_no_links(
    hostile: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def symlink_to(*_: object) -> None:
        raise OSError("a privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", symlink_to)
    load("hf:org/name")
    place = tmp_path / "hub" / "models--org--name" / "snapshots" / COMMIT / "tokenizer.json"
    assert not place.is_symlink()
    assert place.read_bytes() == file_of("gpt.json")


def test_nothing_is_asked_offline_and_no_password_is_shown(
    hostile: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "ENDPOINT", hostile.address.replace("//", "//me:secret@"))
    line = refused()
    assert f"cannot be downloaded from {hostile.address} (HF_HUB_OFFLINE is set)" in line
    assert not hostile.asked


def test_a_link_in_the_cache_is_replaced_and_not_written_through(
    hostile: Server, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    home = tmp_path / "hub" / "models--org--name"
    for place in (f"blobs/{git_hash(file_of('gpt.json'))}", f"snapshots/{COMMIT}/tokenizer.json"):
        (home / place).parent.mkdir(parents=True)
        (home / place).symlink_to(victim)
    load("hf:org/name")
    assert victim.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "revision", ["../../../x", "..", "a/../../b", "/etc/passwd", "a//b", "a\\..\\b", "a b", "a\nb"]
)
def test_a_revision_that_leads_elsewhere_is_refused_before_anything_is_asked(
    revision: str, hostile: Server, tmp_path: Path
) -> None:
    assert (
        "not a revision" in (told := refused(f"hf:org/name@{revision}")) or "not the name" in told
    )
    assert not hostile.asked
    assert not kept(tmp_path)


@pytest.mark.parametrize("name", ["../name", "org/..", "a/b/c", "org/na--me", "org/name\n", "/x"])
def test_a_repository_whose_name_leads_elsewhere_is_refused(name: str, hostile: Server) -> None:
    assert "is not the name of a hub repository" in refused(f"hf:{name}")
    assert not hostile.asked


@pytest.mark.parametrize("commit", ["../../../../victim", "..", "/etc", "", "abc\n", "A" * 40])
def test_a_commit_of_the_cache_that_leads_elsewhere_is_none(
    commit: str, hostile: Server, tmp_path: Path
) -> None:
    """Written there by a library that was led on by another server."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "tokenizer.json").write_bytes(b"{}")
    reference = tmp_path / "hub/models--org--name/refs/main"
    reference.parent.mkdir(parents=True)
    reference.write_text(commit)
    assert load("hf:org/name").name == "name"
    assert reference.read_text() == COMMIT


NO_LIST = "the answer is not a list of a repository's files"
OTHER = "tokenizer.json is not the file that the hub lists"


def told(**changes: object) -> bytes:
    sibling = {"rfilename": "tokenizer.json", "blobId": git_hash(file_of("gpt.json"))}
    return json.dumps({"sha": COMMIT, "siblings": [sibling]} | changes).encode()


def sibling(**changes: object) -> bytes:
    return told(siblings=[{"rfilename": "tokenizer.json"} | changes])


LISTS: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"<html>", NO_LIST),
    "bytes": (b"\xff\xfe\x00", NO_LIST),
    "nested": (b"[" * 49_000, NO_LIST),
    "an array": (b"[]", NO_LIST),
    "a number": (b"1", NO_LIST),
    "digits": (b"1" * 9_000, NO_LIST),
    "no commit": (b"{}", NO_LIST),
    "commit up": (told(sha="../../../../x"), NO_LIST),
    "commit in capitals": (told(sha="A" * 40), NO_LIST),
    "commit with a line": (told(sha=COMMIT + "\n"), NO_LIST),
    "commit as a number": (told(sha=1), NO_LIST),
    "files as a number": (told(siblings=1), NO_LIST),
    "files as null": (told(siblings=None), NO_LIST),
    "files as strings": (told(siblings=["tokenizer.json"]), NO_LIST),
    "a name as a list": (told(siblings=[{"rfilename": ["tokenizer.json"]}]), NO_LIST),
    "no name": (told(siblings=[{"blobId": "x"}]), NO_LIST),
    "no files": (told(siblings=[]), "holds no tokenizer of a known kind"),
    "a hash up": (sibling(blobId="../../../x"), OTHER),
    "a hash as a list": (sibling(blobId=[1]), OTHER),
    "another hash": (sibling(blobId="0" * 40), OTHER),
    "another large hash": (sibling(lfs={"sha256": "0" * 64}), OTHER),
    "a large hash up": (sibling(lfs={"sha256": "../" * 21 + "x"}), OTHER),
    "lfs as a list": (sibling(lfs=[1]), NO_LIST),
    "a name up": (told(siblings=[{"rfilename": "../x.tiktoken"}]), "holds no tokenizer"),
    "a name down and up": (
        told(siblings=[{"rfilename": "tokenizer.json"}, {"rfilename": "..\\x.tiktoken"}]),
        "name",
    ),
    "a drive": (told(siblings=[{"rfilename": "C:x.tiktoken"}]), "not the name of a file in the"),
    "a backslash": (
        told(siblings=[{"rfilename": "..\\x.tiktoken"}]),
        "not the name of a file in the",
    ),
    "a zero": (told(siblings=[{"rfilename": "x\0.tiktoken"}]), "holds no tokenizer"),
    "half a character": (told(siblings=[{"rfilename": "\ud800.tiktoken"}]), "holds no tokenizer"),
    "many": (told(siblings=[{"rfilename": f"{i}.tiktoken"} for i in range(21)]), "21 files; at"),
    "endless": (told(more="x" * 50_000), "larger than 0 MB"),
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_files_is_checked_before_paths_are_made(
    kind: str, hostile: Server, tmp_path: Path
) -> None:
    content, message = LISTS[kind]
    hostile.files[listing("main")] = content
    if kind == "a name down and up":  # what leads elsewhere is none of the files that are needed
        assert load("hf:org/name").name == "name"
        assert all(path.startswith("hub/models--org--name/") for path in kept(tmp_path))
        return
    assert message in refused()
    assert not kept(tmp_path)


def test_a_commit_that_was_asked_for_is_the_one_that_comes(hostile: Server) -> None:
    hostile.files[listing("f" * 40)] = told()
    assert "the answer is about another commit" in refused(f"hf:org/name@{'f' * 40}")


HEADERS = ("ETag", "X-Linked-Etag", "X-Repo-Commit", "X-Linked-Size", "X-Xet-Hash", "Content-Type")


def test_no_header_decides_where_anything_goes(hostile: Server, tmp_path: Path) -> None:
    lines = "\n".join(f'{name}: "../../../../../evil"' for name in HEADERS)
    for path in (FILE, listing("main")):
        content = hostile.files[path]
        head = f"HTTP/1.1 200 OK\n{lines}\nContent-Length: {len(content)}\n"
        hostile.raw[path] = said(head, content)
    load("hf:org/name")
    assert all(path.startswith("hub/models--org--name/") for path in kept(tmp_path))
    assert not [path for path in kept(tmp_path) if "evil" in path]


OK = "HTTP/1.1 200 OK\n"
ANSWERS: dict[str, tuple[Callable[[BinaryIO], object], str]] = {
    "nothing": (lambda _: None, "cannot be reached, or closes"),
    "no HTTP": (said("SSH-2.0-x\n"), "cannot be reached, or closes"),
    "junk": (lambda file: file.write(bytes(range(256)) * 9), "cannot be reached, or closes"),
    "a short body": (said(f"{OK}Content-Length: 99999\n", b"x"), ""),
    "a long length": (said(f"{OK}Content-Length: {10**18}\n", b"x"), "larger than 0 MB"),
    "a length of 999 digits": (said(f"{OK}Content-Length: {'9' * 999}\n", b"x"), ""),
    "a length below zero": (said(f"{OK}Content-Length: -5\n", b"x"), ""),
    "two lengths": (said(f"{OK}Content-Length: 5\nContent-Length: 7\n", b"x"), ""),
    "a length in words": (said(f"{OK}Content-Length: five\n", b"x"), ""),
    "no chunks": (said(f"{OK}Transfer-Encoding: chunked\n", b"zzz\r\n"), ""),
    "packed": (said(f"{OK}Content-Encoding: gzip\n", b"x"), "compressed, which was not asked for"),
    "a long line": (said(f"{OK}X: {'x' * 99_999}\n"), "cannot be reached, or closes"),
    "many lines": (said(OK + "X: x\n" * 999), "cannot be reached, or closes"),
    "a status of none": (said("HTTP/1.1 999 x\n"), "status 999"),
    "moved nowhere": (said("HTTP/1.1 302 x\n"), "status 302"),
    "in part": (said("HTTP/1.1 206 x\nContent-Length: 1\n", b"x"), "status 206"),
    "busy": (said("HTTP/1.1 429 x\nRetry-After: 3600\n"), "status 429, asked to wait 3600 s"),
    "busy in words": (said("HTTP/1.1 503 x\nRetry-After: \x1b[2J\n"), "status 503)"),
    "gone": (said("HTTP/1.1 404 x\nX-Error-Code: EntryNotFound\n"), "status 404"),
    "endless": (for_ever(f"{OK}\n".encode(), b"x" * 10_000, 0), "larger than 0 MB"),
    "a byte at a time": (
        for_ever(f"{OK}\n".encode(), b"x", 0.05),
        "the download took more than 0.1 s",
    ),
    "a byte of a header at a time": (
        for_ever(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05),
        "the download took more than 0.1 s",
    ),
    "lines of a header": (
        for_ever(OK.encode(), b"X: x\r\n", 0.05),
        "the download took more than 0.1 s",
    ),
    "go on": (
        for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        "the download took more than 0.1 s",
    ),
    "silence": (for_ever(b"", b"", 1), "the download took more than 0.1 s"),
    "a file": (said("HTTP/1.1 302 x\nLocation: file:///etc/passwd\n"), "redirected to another"),
    "another scheme": (said("HTTP/1.1 302 x\nLocation: ftp://127.0.0.1/x\n"), "redirected to an"),
    "junk as an address": (said("HTTP/1.1 302 x\nLocation: http://[::1\n"), ""),
    "no port": (said("HTTP/1.1 302 x\nLocation: http://127.0.0.1:99999/\n"), ""),
    "itself": (said(f"HTTP/1.1 302 x\nLocation: {FILE}\n"), ""),
}


def patience(message: str) -> float:
    """Return a limit that a busy machine does not reach, unless the limit is what is tested."""
    return 0.1 if message.endswith("0.1 s") else 60


@pytest.mark.parametrize("path", [listing("main"), FILE], ids=["list", "file"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_that_means_harm_is_one_line_and_keeps_nothing(
    kind: str, path: str, hostile: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile.raw[path], message = ANSWERS[kind]
    monkeypatch.setattr(hub, "SECONDS", patience(message))
    line = refused()
    assert "hf:org/name is not cached and cannot be downloaded from http" in line
    assert "or load the file with file:PATH" in line
    assert message in line
    assert not kept(tmp_path)
    assert len(hostile.asked) <= 7  # nothing is tried again; six are redirects


@pytest.fixture
def other() -> Iterator[Server]:
    other = Server()
    yield other
    other.server.shutdown()
    other.server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("path", [listing("main"), FILE], ids=["list", "file"])
def test_a_token_stays_with_the_host_that_was_asked(
    host: str, path: str, hostile: Server, other: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does another host get a password of a .netrc that the user keeps for it."""
    netrc = Path(constants.HF_HUB_CACHE).with_name("netrc")
    netrc.write_text("default login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    other.files["/there"] = hostile.files[path]
    place = f"http://{host}:{other.server.server_port}/there"
    hostile.raw[path] = said(f"HTTP/1.1 302 x\nSet-Cookie: a=b\nLocation: {place}\n")
    load("hf:org/name")
    assert [sent for _, _, sent in other.asked] == [""]
    assert {sent for _, _, sent in hostile.asked} == {f"Bearer {TOKEN}"}


def test_a_move_on_the_same_host_keeps_the_token(hostile: Server) -> None:
    hostile.files["/moved"] = hostile.files[FILE]
    hostile.raw[FILE] = said("HTTP/1.1 307 x\nLocation: /moved\n")
    load("hf:org/name")
    assert hostile.asked[-1] == ("GET", "/moved", f"Bearer {TOKEN}")


def test_a_cache_that_cannot_be_written_is_one_line(
    hostile: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file"))
    assert "cannot be kept in" in refused()


def test_https_is_not_left_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server with a certificate says is said here, for there is none on this machine."""

    class Moved:
        is_redirect = True
        headers: ClassVar = {"Location": "http://example.org/"}

        def __enter__(self) -> Moved:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("requests.get", lambda *_, **__: Moved())
    with pytest.raises(DownloadError, match="redirected to another scheme than https"):
        download.ask("https://example.org/x", most=1)


# The same for rank files, whose hash is known: what is left are time, size and the cache.


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_rank_file_from_a_server_that_means_harm_is_one_line(
    kind: str, rank_cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(download, "MOST", 100_000)
    server.raw["/mine.tiktoken"], message = ANSWERS[kind]
    monkeypatch.setattr(download, "SECONDS", patience(message))
    with (
        pytest.raises(TokscopeError, match=r"tiktoken:mine is not cached and cannot be") as error,
        download.tiktoken_cached("mine"),
    ):
        pass
    assert message in str(error.value)
    assert not rank_cache.exists()


@pytest.mark.parametrize("kind", ["another file", "a pipe", "a link", "a large file"])
def test_a_cached_rank_file_that_is_another_is_fetched_by_us(
    kind: str, rank_cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its library would remove it and ask again, offline or not, without a limit."""
    monkeypatch.setattr(download, "MOST", 100_000)
    url = f"{server.address}/mine.tiktoken"
    place = rank_cache / hashlib.sha1(url.encode()).hexdigest()
    rank_cache.mkdir()
    victim = rank_cache.with_name("victim")
    victim.write_bytes(b"mine")
    if kind == "a pipe":
        os.mkfifo(place)
    elif kind == "a link":
        place.symlink_to(victim)
    else:
        place.write_bytes(b"x" * (100_001 if kind == "a large file" else 1))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with (
        pytest.raises(TokscopeError, match=r"\(HF_HUB_OFFLINE is set\)"),
        download.tiktoken_cached("mine"),
    ):
        pass
    assert not server.asked
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    server.files["/mine.tiktoken"] = rank_file()
    with download.tiktoken_cached("mine"):
        pass
    assert place.read_bytes() == rank_file()
    assert victim.read_bytes() == b"mine"


def test_an_empty_name_of_the_cache_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library keeps nothing then, and downloads at every use."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    with pytest.raises(TokscopeError, match=r"TIKTOKEN_CACHE_DIR is empty; let it name a folder"):
        load("tiktoken:cl100k_base")
