"""Run a command in a child process, so that a crash ends in one clear line.

A process cannot catch a stack overflow, an abort in Rust or C++, or a lack of memory. So the
command continues in a child, which costs about a millisecond, and the parent says how it ended.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from typing import NoReturn

if sys.platform == "linux":
    import fcntl

_GRACE = 2  # seconds to end after a signal: a library may hold the interpreter much longer
_answering = mmap.mmap(-1, 1)  # one byte of memory that both processes share

_ABOUT = {
    "SIGKILL": "its process was killed (SIGKILL), as it is when memory runs out",
    "SIGXCPU": "its process has used all the time that it may use (SIGXCPU)",
}


def watch() -> None:
    """Continue in a child; this process waits for it and exits as the child does. Linux only.

    Other systems have no safe fork, or do not tell who sent a signal.
    """
    if sys.platform != "linux":
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if ignored, it would hide how the child ends
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_asked(), signal.SIGCHLD})
    try:
        reads, writes = os.pipe()
        parent, child = os.getpid(), os.fork()
    except OSError:  # out of processes or files: run without a parent
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return
    if child:
        _leave_as(_status(child))
    os.close(writes)
    _end_with(parent, reads)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def answer_first() -> None:
    """Ask the parent to let this process finish its answer; a second signal ends it anyway."""
    _answering[0] = 1


def _asked() -> set[signal.Signals]:
    """Return the signals that people and programs send to a process."""
    names = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGALRM", "SIGUSR1", "SIGUSR2")
    return {signal.Signals[name] for name in names}


def _end_with(parent: int, reads: int) -> None:
    """End this process when its parent is killed: the parent holds the other end of the pipe."""
    end_with_pipe(reads)
    if os.getppid() != parent:  # the parent has been killed already
        os.kill(os.getpid(), signal.SIGKILL)


def end_with_pipe(reads: int) -> None:
    """Let the kernel kill this process when nobody holds the other end of a pipe; Linux only.

    A waiting thread would not be enough, because a library may hold the interpreter.
    """
    if sys.platform == "linux":
        fcntl.fcntl(reads, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(reads, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(reads, fcntl.F_SETFL, fcntl.fcntl(reads, fcntl.F_GETFL) | os.O_ASYNC)


def _status(child: int) -> int:
    """Wait for a child, and pass on the signals that arrive here.

    A key on the terminal reaches the child directly, because both are in one group. A signal to end
    also starts a timer, because the child cannot react while a library works.
    """
    if sys.platform == "linux":
        asked = 0
        while True:
            received = signal.sigwaitinfo({*_asked(), signal.SIGCHLD})
            number = received.si_signo
            sent = received.si_code <= 0  # by a process, not by the kernel
            if number == signal.SIGCHLD:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    return os.waitstatus_to_exitcode(status)
            elif number == signal.SIGALRM and asked and not sent:
                if not _answering[0]:
                    return _killed(child, asked)
                asked = _answering[0] = 0
            elif sent or number == signal.SIGALRM:
                os.kill(child, number)
            if not asked and _ends(number):
                asked = number
                signal.alarm(_GRACE)
    return 0


def _ends(number: int) -> bool:
    """Tell whether a signal ends a child, once its interpreter sees it."""
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    return number == signal.SIGTERM or (number == signal.SIGINT and not ignored)


def _killed(child: int, asked: int) -> int:
    """Kill a child that did not end when asked, and return the exit code for that."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 128 + asked


def _leave_as(status: int) -> NoReturn:
    """Exit with the exit code of a child, or say which signal ended it."""
    if status >= 0:
        os._exit(status)
    number = signal.Signals(-status)
    if number in _asked():
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    cause = f"a library ended the process ({number.name}), as a broken file makes it, or no memory"
    line = f"tokscope: {_ABOUT.get(number.name, cause)}\n"
    try:
        os.write(2, line.encode())
    finally:
        os._exit(2)
