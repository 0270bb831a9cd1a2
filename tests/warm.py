"""The installed command without its start: a process that has imported everything, and forks.

A fork gets the words, the folder, the environment and the three streams of a call, then calls the
same `main` as the entry point does, and ends as that does. What libraries read from the environment
when they are imported cannot be told to it: a call that changes such a variable is started anew.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("tokscope")
READ_LATE = {  # variables that are read when a command runs, or by no library of ours
    "COLUMNS", "GITHUB_STEP_SUMMARY", "HF_HOME", "HF_HUB_OFFLINE",
    "KMP_INIT_AT_FORK", "MPLCONFIGDIR", "NO_COLOR",
    "PYTEST_CURRENT_TEST", "TIKTOKEN_CACHE_DIR",
}  # fmt: skip


def cold(
    words: list[str], stdin: bytes, environment: dict[str, str], patience: float
) -> subprocess.CompletedProcess[bytes]:
    """Start the installed entry point."""
    return subprocess.run(
        [SCRIPT, *words], input=stdin, capture_output=True, env=environment, timeout=patience
    )


class Warm:
    """The process that forks, from the side of the tests."""

    def __init__(self, **variables: str) -> None:
        self.door, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.environment = os.environ | variables
        with far:
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(far.fileno())],
                stdin=subprocess.PIPE,  # pipes, as the streams of a call are
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[far.fileno()],
                env=self.environment,
                start_new_session=True,
            )

    def call(
        self, words: list[str], stdin: bytes, environment: dict[str, str], patience: float
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command, as `cold` does."""
        changed = {name for name, _ in environment.items() ^ self.environment.items()}
        if changed - READ_LATE:
            return cold(words, stdin, environment, patience)
        streams = [os.pipe() for _ in range(4)]  # stdin, stdout, stderr, and what became of it
        theirs = [streams[0][0], *(there for _, there in streams[1:])]
        told = json.dumps({"words": words, "folder": str(Path.cwd()), "environment": environment})
        socket.send_fds(self.door, [told.encode()], theirs)
        for stream in theirs:
            os.close(stream)
        with ThreadPoolExecutor(3) as pool, os.fdopen(streams[3][0]) as ended:
            pool.submit(_give, streams[0][1], stdin)
            out, error = (pool.submit(_all, stream) for stream, _ in streams[1:3])
            number = int(ended.readline())
            try:
                shown = out.result(patience), error.result(patience)
            except TimeoutError:
                os.kill(number, signal.SIGKILL)
                raise
            return subprocess.CompletedProcess([SCRIPT, *words], int(ended.readline()), *shown)

    def close(self) -> None:
        """End the process."""
        self.door.close()
        self.process.communicate(timeout=60)


def _give(stream: int, content: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(stream, "wb") as pipe:
        pipe.write(content)


def _all(stream: int) -> bytes:
    with os.fdopen(stream, "rb") as pipe:
        return pipe.read()


# What follows runs in the process that forks.


LATE = (  # what libraries import only when a command runs
    "email.parser", "multiprocessing.context", "multiprocessing.reduction", "pandas",
    "pyarrow.pandas_compat", "pydantic.json_schema", "pydantic.type_adapter", "rich._emoji_codes",
    "rich.markdown", "rich.table", "scipy.special",
)  # fmt: skip


def import_all() -> None:
    """Import the package and what is imported late, if that reads no environment; fill caches.

    Most commands need the tables of words and scripts, which take as long to make as they run.
    """
    import tokscope

    for module in pkgutil.walk_packages(tokscope.__path__, "tokscope."):
        if module.name != "tokscope.__main__":
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    tokscope.vocab(["bytes"], tokscope.read_corpora(["sample:en"]))
    load_once("sample:bpe", "sample:unigram", "sample:wordpiece")


def load_once(*words: str) -> None:
    """Let forks begin with these tokenizers, which none of them changes."""
    from tokscope import tokenizers

    anew, kept = tokenizers._load, {word: tokenizers.load(word) for word in words}
    for one in kept.values():
        one.encode(["a"])  # which finds out how it may encode

    def load(word: str, label: str) -> tokenizers.Tokenizer:
        return copy(kept[word]) if word in kept and not label else anew(word, label)

    tokenizers._load = load


def fork(door: socket.socket) -> list[str]:
    """Fork at each call until the door is closed; return its words in the fork alone."""
    before = dict(os.environ)
    import_all()
    added = {name: text for name, text in os.environ.items() if name not in before}
    gc.collect()
    gc.freeze()
    while True:
        message, streams, *_ = socket.recv_fds(door, 1 << 20, 4)
        if not message:
            sys.exit()
        told = json.loads(message)
        child = os.fork()
        if not child:
            door.close()
            for number, stream in enumerate(streams):
                if number < 3:
                    os.dup2(stream, number)
                os.close(stream)
            os.chdir(told["folder"])
            os.environ.clear()
            os.environ.update(added | told["environment"])
            return list(told["words"])
        for stream in streams[:3]:
            os.close(stream)
        with os.fdopen(streams[3], "w") as answer:
            print(child, file=answer, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answer)


if __name__ == "__main__":
    sys.path[0] = str(SCRIPT.parent)
    sys.argv = [str(SCRIPT), *fork(socket.socket(fileno=int(sys.argv[1])))]
    __file__ = str(SCRIPT)  # which processes of a pool import
    from tokscope import __main__ as entry

    entry.watch = lambda: None  # a second fork takes as long as a small command

    entry.main()
