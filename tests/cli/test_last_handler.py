"""What nobody foresaw: one line, an exit code that stands, and nothing that goes on behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.laws import refusal_here
from tests.test_workers import is_running
from tokscope import cli

SCRIPT = Path(sys.executable).with_name("tokscope")
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody watches")
# The command with another body, this line, which is waited for half as long as usual.
BODY = """
import os, signal, sys, time
from tokscope import __main__, cli, watched
watched._GRACE = 1
def body(**_):
    {line}
cli._answered = body
__main__.main()
"""
# A library that goes on for ever and hears nothing, as it holds the interpreter.
HELD = """
libc, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
libc.pthread_mutex_lock(mutex), print(os.getpid(), flush=True), libc.pthread_mutex_lock(mutex)
"""
# The command, interrupted while it imports what takes long.
EARLY = """
import signal, sys
from tokscope import __main__
class Finder:
    def find_spec(name, *_):
        if name == "typer":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Finder)
__main__.main()
"""


class Panic(BaseException):
    """What a library may raise."""


def failing(error: BaseException) -> Callable[..., None]:
    def app(**_: object) -> None:
        raise error

    return app


def left(capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as found:
        cli.run()
    told = capsys.readouterr()
    return found.value.code, told.out, told.err


def ended(child: int) -> bool:
    for _ in range(100):
        if not is_running(child):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("x\n::error::y\x1b[2J"), "an error of ours, KeyError: 'x"),
        (Panic("a panic"), "an error of ours, Panic: a panic"),
        (RecursionError("deep"), "an error of ours, RecursionError"),
        (MemoryError(), "memory ran out"),
        (ImportError("a.so: failed to map segment from shared object"), "memory ran out"),
        (OSError(24, "Too many open files", "a.json"), "a.json: the system refused something"),
        (OSError(28, "No space left on device"), "standard output cannot be written"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_nobody_foresaw_is_one_line_and_2(
    error: BaseException,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "_answered", failing(error))
    code, out, line = left(capsys)
    assert (code, out) == (2, "")
    assert line.startswith(f"tokscope: {told}")
    assert line.count("\n") == 1
    assert line[:-1].isprintable()


def test_the_trace_of_an_error_is_kept_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_answered", failing(KeyError("x")))
    monkeypatch.setenv(cli.TRACE, str(tmp_path / "trace.txt"))
    code, _, line = left(capsys)
    assert code == 2
    assert line.endswith(f"its trace is in {tmp_path / 'trace.txt'}\n")
    assert "in app\n    raise error" in (tmp_path / "trace.txt").read_text()
    monkeypatch.setenv(cli.TRACE, str(tmp_path / "no" / "trace.txt"))
    code, _, line = left(capsys)
    assert (code, line.count("\n")) == (2, 1)
    assert "its trace cannot be kept" in line


STREAMS = ["| true", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"]


@pytest.mark.parametrize(
    ("words", "code", "streams"),
    [
        ("explain TS001", 0, STREAMS[0]),
        *(pytest.param("explain TS001", 0, one, marks=pytest.mark.deep) for one in STREAMS[1:]),
        *(pytest.param("explain X", 2, one, marks=pytest.mark.deep) for one in STREAMS[-2:]),
    ],
)
def test_the_exit_code_stands_whatever_happens_to_the_streams(
    words: str, code: int, streams: str
) -> None:
    line = f"set -o pipefail; '{SCRIPT}' {words} {streams}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert done.returncode == code
    assert done.stderr.count("\n") <= 1
    if streams in ("2>&-", "2>/dev/full"):
        assert bool(done.stdout) == (code == 0)


@pytest.mark.parametrize(
    "words",
    ["--help", *(pytest.param(f"explain {one}", marks=pytest.mark.deep) for one in ("TS001", "X"))],
)
def test_a_result_that_cannot_be_written_is_2(words: str) -> None:
    line = f"'{SCRIPT}' {words} >/dev/full"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    if words != "explain X":  # which has no result
        message = "standard output cannot be written (No space left on device)"
        assert done.stderr == f"tokscope: {message}\n"


@pytest.mark.deep
def test_a_failed_gate_is_1_though_its_reader_has_gone(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "tokscope.toml"
    config.write_text('tokenizer = "bytes"\n[identity]\ngolden = "fail"\n')
    assert run("lock", "--config", config).returncode == 0
    line = f"set -o pipefail; '{SCRIPT}' check characters --config {config} | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")


@linux
@pytest.mark.parametrize("name", ["SIGABRT", "SIGSEGV", "SIGBUS", "SIGKILL"])
def test_a_process_that_dies_is_one_line_and_2(name: str) -> None:
    code = BODY.format(line=f"os.kill(os.getpid(), signal.{name})")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tokscope: ")
    assert done.stderr.count("\n") == 1
    assert name in done.stderr


@linux
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_a_signal_ends_the_whole_command(number: int, code: int) -> None:
    body = BODY.format(line="print(os.getpid(), flush=True), time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", body], stdout=-1, stderr=-1) as process:
        assert process.stdout
        assert process.stderr
        child = int(process.stdout.readline())
        assert child != process.pid
        process.send_signal(number)
        assert process.wait(30) == code
        assert process.stderr.read() == b""
    assert ended(child)


@pytest.mark.deep
@linux
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_library_that_hears_nothing_is_not_waited_for(number: int, code: int) -> None:
    body = "import ctypes\n" + BODY.format(line=HELD.strip().replace("\n", "\n    "))
    with subprocess.Popen([sys.executable, "-c", body], stdout=-1, stderr=-1) as process:
        assert process.stdout
        assert process.stderr
        child = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(10) == code
        assert process.stderr.read() == b""
    assert ended(child)


@linux
@pytest.mark.deep
def test_who_wants_to_answer_first_is_waited_for_until_asked_again() -> None:
    line = "watched.answer_first(), print(os.getpid(), flush=True), time.sleep(60)"
    line = f"signal.signal(signal.SIGTERM, lambda *_: None), {line}"
    body = BODY.format(line=line)
    with subprocess.Popen([sys.executable, "-c", body], stdout=-1) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        process.terminate()
        assert process.wait(10) == 143
    assert ended(child)


@pytest.mark.deep
@linux
def test_the_clock_that_a_caller_has_set_ends_the_command() -> None:
    body = BODY.format(line="time.sleep(60)")
    ready = "import os, signal, sys; signal.alarm(1); os.execv(sys.executable, sys.argv[1:])"
    words = [sys.executable, "-c", ready, sys.executable, "-c", body]
    assert subprocess.run(words, timeout=30).returncode == -signal.SIGALRM


@linux
def test_where_no_process_can_be_started_the_command_goes_on_alone() -> None:
    code = "os.fork = fails\n" + BODY.format(line="print('done')").lstrip()
    code = "import os\ndef fails(): raise OSError(11, 'no')\n" + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_what_is_in_memory_at_the_end_is_not_taken_apart() -> None:
    """But what is to be done at the end is done."""
    kept = "cli.kept = type('Kept', (), {'__del__': lambda _: os.write(1, b'taken apart')})()"
    line = f"{kept}; import atexit; atexit.register(os.write, 1, b'end'); return 3"
    code = BODY.format(line=line)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"end", b"")


def test_the_variable_is_named_where_help_is_looked_for() -> None:
    assert cli.TRACE in (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    assert cli.TRACE not in os.environ


@pytest.mark.parametrize(
    "words",
    [
        ("equiv", "bytes", "bytes", "--fuzz", 10**12),
        ("compare", "bytes", "--bootstrap", 10**30),
        ("compare", "bytes", "--jobs", 10**6),
        ("compare", "bytes", "--max-unit", "inf"),
        ("simulate-mixture", "--vocabulary", 10**12),
        ("infer-mixture", "sample:bpe", "--seconds", "nan"),
        ("vocab", "bytes", "--top", 10**9),
    ],
    ids=lambda words: " ".join(map(str, words[-2:])),
)
def test_numbers_have_a_bound_that_is_said(
    words: tuple[object, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tokscope", *map(str, words)])
    told = refusal_here(capfd)
    assert f"{words[-2]} " in told
    assert ": write a number up to " in told


def test_an_interrupt_while_modules_are_imported_is_an_exit_code() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
