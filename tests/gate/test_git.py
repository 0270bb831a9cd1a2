"""Baselines from git, out of repositories that no git would write: names, links, programs, limits."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tokenizers.families import file_of
from tokscope.errors import TokscopeError
from tokscope.gate import git
from tokscope.gate.git import checked_out
from tokscope.tokenizers import load

FILE, RUN, LINK, FOLDER, MODULE = "100644", "100755", "120000", "40000", "160000"


class Repository:
    """A repository whose objects are written here, byte for byte, as git itself would not."""

    def __init__(self, place: Path) -> None:
        self.place = place / ".git"
        self.objects = self.place / "objects"
        (self.place / "refs" / "heads").mkdir(parents=True)
        self.objects.mkdir()
        (self.place / "HEAD").write_text("ref: refs/heads/main\n")
        self.configure("")

    def configure(self, text: str, version: int = 0) -> None:
        head = f"[core]\nrepositoryformatversion = {version}\nbare = false\n"
        (self.place / "config").write_text(head + text)

    def put(self, kind: str, content: bytes, size: int | None = None) -> str:
        whole = f"{kind} {len(content) if size is None else size}\0".encode() + content
        name = hashlib.sha1(whole).hexdigest()
        path = self.objects / name[:2] / name[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(whole, 1))
        return name

    def blob(self, content: bytes) -> str:
        return self.put("blob", content)

    def tree(self, *entries: tuple[str, str | bytes, str]) -> str:
        parts = [
            mode.encode()
            + b" "
            + (name.encode() if isinstance(name, str) else name)
            + b"\0"
            + bytes.fromhex(to)
            for mode, name, to in entries
        ]
        return self.put("tree", b"".join(parts))

    def commit(self, tree: str) -> None:
        who = "A <a@example.org> 0 +0000"
        text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nfirst\n"
        (self.place / "refs/heads/main").write_text(self.put("commit", text.encode()) + "\n")

    def lose(self, name: str) -> None:
        (self.objects / name[:2] / name[2:]).unlink()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty repository, which is the current folder; temporary files go beside it."""
    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    place, temporary = tmp_path / "work", tmp_path / "temporary"
    place.mkdir()
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.chdir(place)
    return Repository(place)


def files(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir()}


def test_only_what_a_folders_tokenizer_needs_is_written(repository: Repository) -> None:
    tokenizer, other = repository.blob(file_of("gpt.json")), repository.blob(b"{}")
    more = repository.tree((FILE, "rag.jinja", other), (FILE, "notes.txt", other))
    inner = repository.tree(
        (LINK, "README", repository.blob(b"/etc/passwd")),
        (FOLDER, "additional_chat_templates", more),
        (FILE, "model.safetensors", other),
        (MODULE, "module", tokenizer),
        (RUN, "tokenizer.json", tokenizer),
    )
    repository.commit(repository.tree((FOLDER, "mine", inner)))
    for path in ("mine", "mine/", "./mine", "other/../mine"):
        with checked_out(f"git:main:{path}") as place:
            assert files(Path(place)) == {"tokenizer.json", "additional_chat_templates/rag.jinja"}
            assert load(f"file:{place}").name == "mine"
        assert not Path(place).exists()
    repository.commit(inner)
    with checked_out("git:HEAD:.") as place:
        assert "tokenizer.json" in files(Path(place))
    with checked_out("tokenizer.json") as place:
        assert place == "tokenizer.json"


Plant = Callable[[Repository, str], str]


def named(name: str | bytes, mode: str = FILE) -> Plant:
    """A tree with one more entry."""
    return lambda made, blob: made.tree((mode, name, blob), (FILE, "tokenizer.json", blob))


def below(*names: str) -> Plant:
    """A file in folders of such names."""

    def plant(made: Repository, blob: str) -> str:
        inner = made.tree((FILE, "evil.tiktoken", blob))
        for name in reversed(names):
            inner = made.tree((FOLDER, name, inner), (FILE, "tokenizer.json", blob))
        return inner

    return plant


NO_NAME = "is not the name of a file in the folder"
TREES: dict[str, tuple[Plant, str]] = {
    "parent": (below(".."), NO_NAME),
    "grandparent": (below("..", ".."), NO_NAME),
    "parent in a folder": (below("additional_chat_templates", ".."), NO_NAME),
    "itself": (below("."), NO_NAME),
    "no name": (below(""), "git ls-tree: empty filename in tree entry"),
    "git": (below(".GIT"), NO_NAME),
    "parent as a file": (named(".."), NO_NAME),
    "slash": (named("../evil.tiktoken"), NO_NAME),
    "slash further down": (named("a/../../evil.tiktoken"), NO_NAME),
    "absolute": (named("/tmp/evil.tiktoken"), NO_NAME),
    "backslash": (named("..\\evil.tiktoken"), NO_NAME),
    "drive": (named("C:evil.tiktoken"), NO_NAME),
    "bytes": (named(b"../\xff.tiktoken"), NO_NAME),
    "twice": (named("tokenizer.json"), "two files are called tokenizer.json"),
    "capitals": (named("Tokenizer.JSON"), "two files are called tokenizer.json"),
    "capitals, as a link": (named("Tokenizer.json", LINK), "two files are called tokenizer.json"),
    "link": (named("config.json", LINK), "config.json at main is a symbolic link"),
    "module": (named("config.json", MODULE), "config.json at main is another repository"),
    "folder": (
        lambda made, blob: made.tree((FOLDER, "a", made.tree((FILE, "config.json", blob)))),
        "this folder holds none of tokenizer.json",
    ),
    "link alone": (
        lambda made, blob: made.tree((LINK, "tokenizer.json", made.blob(b"/etc/passwd"))),
        "tokenizer.json at main is a symbolic link; name the file that it stands for",
    ),
    "kept by git-lfs": (
        lambda made, _: made.tree(
            (FILE, "tokenizer.json", made.blob(b"version https://git-lfs.github.com/spec/v1\n"))
        ),
        "is kept by git-lfs",
    ),
    "a folder that is a file": (named("special_tokens_map.json", FOLDER), "git ls-tree"),
}


@pytest.mark.parametrize("kind", TREES)
def test_a_tree_that_leads_elsewhere_is_refused(
    kind: str, repository: Repository, tmp_path: Path
) -> None:
    plant, message = TREES[kind]
    tree = plant(repository, repository.blob(file_of("gpt.json")))
    repository.commit(repository.tree((FOLDER, "mine", tree)))
    before = files(tmp_path)
    with pytest.raises(TokscopeError, match=r".*") as refused, checked_out("git:main:mine"):
        pass
    assert message in str(refused.value)
    assert files(tmp_path) == before


def test_names_that_no_disk_of_ours_confuses_are_no_matter(repository: Repository) -> None:
    """What differs only in capitals counts where a file of the tokenizer is meant."""
    blob = repository.blob(file_of("gpt.json"))
    names = [(FILE, name, blob) for name in ("A", "a", "é", "e\u0301", "fig:1", b"\xff")]
    repository.commit(repository.tree(*names, (FILE, "tokenizer.json", blob)))
    with checked_out("git:main:.") as place:
        assert files(Path(place)) == {"tokenizer.json"}


@pytest.mark.parametrize(
    ("word", "message"),
    {
        "git:main:../tokenizer.json": NO_NAME,
        "git:main:/etc/passwd": NO_NAME,
        "git:main:.git/config": NO_NAME,
        "git:main:a/../../b": NO_NAME,
        "git:main:*.json": "git has no *.json at main",
        "git:main::(glob)**": "git has no :(glob)** at main",
        "git:main:-r": "git has no -r at main",
        "git:--upload-pack=x:tokenizer.json": "there is no revision '--upload-pack=x' here",
        "git:-:tokenizer.json": "there is no revision '-' here",
        "git:^main:tokenizer.json": "git:^main: not a revision",
        "git:main..main:tokenizer.json": "no revision",
        "git:main\nmain:tokenizer.json": "no revision",
        "git:ma\0in:tokenizer.json": "git cannot be run (embedded null byte)",
        "git:main:x\0": "git cannot be run (embedded null byte)",
        "git:main:" + "a/" * 100_000 + "b": "git cannot be run (Argument list too long)",
    }.items(),
)
def test_no_revision_or_path_is_taken_for_anything_else(
    word: str, message: str, repository: Repository
) -> None:
    blob = repository.blob(file_of("gpt.json"))
    repository.commit(repository.tree((FILE, "tokenizer.json", blob)))
    with pytest.raises(TokscopeError) as refused, checked_out(word):
        pass
    assert message in str(refused.value)


# Every place of a configuration that names a program which git runs for one thing or another.
PROGRAMS = """\
[core]
    fsmonitor = {run}
    hooksPath = {hooks}
    sshCommand = {run}
    gitProxy = {run}
    pager = {run}
    editor = {run}
    askPass = {run}
    alternateRefsCommand = {run}
    attributesFile = {attributes}
[pager]
    cat-file = {run}
    ls-tree = {run}
    rev-parse = {run}
[alias]
    cat-file = !{run}
    ls-tree = !{run}
    rev-parse = !{run}
    remote-evil = !{run}
[filter "evil"]
    smudge = {run}
    clean = {run}
    process = {run}
    required = true
[diff]
    external = {run}
[diff "evil"]
    textconv = {run}
    command = {run}
[credential]
    helper = !{run}
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[protocol "file"]
    allow = always
[extensions]
    partialClone = evil
[remote "evil"]
    url = {url}
    promisor = true
    uploadpack = {run}
    partialclonefilter = blob:none
[uploadpack]
    packObjectsHook = {run}
[gpg]
    program = {run}
[log]
    showSignature = true
[include]
    path = more
[includeIf "gitdir:**"]
    path = more
"""
ADDRESSES = ("ext::{run}", "ssh://example.org/x", "git://example.org/x", "{place}", "evil::x")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("lacks", [False, True])
def test_no_program_of_a_repository_is_run(
    address: str, lacks: bool, repository: Repository, tmp_path: Path
) -> None:
    """Neither for what is there nor for a blob that a promisor remote would have to send."""
    ran, script = tmp_path / "ran", tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho \"$0\" >>'{ran}'\ncat\n")
    script.chmod(0o755)
    hooks = repository.place / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        (hooks / hook).symlink_to(script)
    attributes = repository.place / "attributes"
    attributes.write_text("* filter=evil diff=evil\n")
    url = address.format(run=script, place=repository.place)
    settings = PROGRAMS.format(run=script, hooks=hooks, attributes=attributes, url=url)
    (repository.place / "more").write_text(settings.partition("[include]")[0])
    repository.configure(settings, version=1)
    blob = repository.blob(file_of("gpt.json"))
    repository.commit(repository.tree((FILE, "tokenizer.json", blob)))
    if lacks:
        repository.lose(blob)
        with (
            pytest.raises(TokscopeError, match=r"git lacks its content|transport .* not allowed"),
            checked_out("git:main:tokenizer.json"),
        ):
            pass
    else:
        with checked_out("git:main:tokenizer.json") as place:
            assert Path(place).read_bytes() == file_of("gpt.json")
    assert not ran.exists()


def test_a_hook_of_another_repository_does_not_choose_ours(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(
        repository.tree((FILE, "tokenizer.json", repository.blob(file_of("gpt.json"))))
    )
    other = Repository(tmp_path / "other")
    other.commit(other.tree((FILE, "tokenizer.json", other.blob(b"another"))))
    for variable, place in {
        "GIT_DIR": other.place,
        "GIT_OBJECT_DIRECTORY": other.objects,
        "GIT_WORK_TREE": tmp_path / "other",
        "GIT_INDEX_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(variable, str(place))
    with checked_out("git:main:tokenizer.json") as place:
        assert Path(place).read_bytes() == file_of("gpt.json")


def test_a_replaced_object_is_read_as_it_was(repository: Repository) -> None:
    blob = repository.blob(file_of("gpt.json"))
    repository.commit(repository.tree((FILE, "tokenizer.json", blob)))
    replaced = repository.place / "refs" / "replace" / blob
    replaced.parent.mkdir()
    replaced.write_text(repository.blob(b"another") + "\n")
    with checked_out("git:main:tokenizer.json") as place:
        assert Path(place).read_bytes() == file_of("gpt.json")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches."""
    monkeypatch.setattr(git, "MOST", 100_000)
    monkeypatch.setattr(git, "_MOST_FILES", 20)
    monkeypatch.setattr(git, "_LISTING", 10_000)
    monkeypatch.setitem(git._VARIABLES, "GIT_ALLOC_LIMIT", "1m")


def large(made: Repository) -> str:
    return made.tree((FILE, "tokenizer.json", made.blob(b" " * 100_001)))


def many(made: Repository) -> str:
    blob = made.blob(file_of("gpt.json"))
    return made.tree(*((FILE, f"{i:02}.tiktoken", blob) for i in range(21)))


def doubling(made: Repository) -> str:
    """Folders of folders that are all the same one: ten objects, ten billion names."""
    inner = made.tree((FILE, "tokenizer.json", made.blob(file_of("gpt.json"))))
    for _ in range(10):
        inner = made.tree(*((FOLDER, f"{i}", inner) for i in range(10)))
    return inner


def lying(made: Repository) -> str:
    return made.tree((FILE, "tokenizer.json", made.put("blob", b"short", 90_000)))


def packed_zeros(made: Repository) -> str:
    return made.put("tree", b"\0" * 5_000_000)


def wrong(made: Repository) -> str:
    blob, other = made.blob(file_of("gpt.json")), made.blob(b"another")
    (made.objects / blob[:2] / blob[2:]).write_bytes(
        (made.objects / other[:2] / other[2:]).read_bytes()
    )
    return made.tree((FILE, "tokenizer.json", blob))


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (large, "has 1 files with 0 MB; at most 20 with 0 MB are read from git"),
        (many, "has 21 files"),
        (doubling, "git ls-tree answers more than 0 MB; name one file"),
        (packed_zeros, "git ls-tree: attempting to allocate"),
        (lying, "tokenizer.json: git gives other content than its hash; try git fsck"),
        (wrong, "tokenizer.json: git gives other content than its hash; try git fsck"),
    ],
)
@pytest.mark.usefixtures("small")
def test_what_has_no_end_ends_at_a_limit(
    plant: Callable[[Repository], str], message: str, repository: Repository
) -> None:
    tree = plant(repository)
    repository.commit(repository.tree((FOLDER, "mine", tree)))
    with pytest.raises(TokscopeError) as refused, checked_out("git:main:mine"):
        pass
    assert message in str(refused.value)


def test_a_configuration_that_waits_for_a_pipe_is_not_waited_for(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(repository.place / "pipe")
    repository.configure("[include]\npath = pipe\n")
    monkeypatch.setattr(git, "SECONDS", 0.3)
    with (
        pytest.raises(TokscopeError, match=r"git rev-parse did not end within 0.3 s"),
        checked_out("git:main:x"),
    ):
        pass


def test_what_is_no_repository_or_has_no_git_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with (
        pytest.raises(TokscopeError, match=r"git rev-parse: not a git repository"),
        checked_out("git:main:x"),
    ):
        pass
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(TokscopeError, match=r"git cannot be run \(No such file or directory\)"),
        checked_out("git:main:x"),
    ):
        pass
