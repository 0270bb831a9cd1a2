"""A process that a library ends says nothing: another one waits for it, and says it in one line.

A stack that overflows, an abort in Rust or C++, memory that runs out: the process itself can catch
none of them. So the command goes on in a child, which costs about a millisecond.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from typing import NoReturn

if sys.platform == "linux":
    import fcntl

_GRACE = 2  # seconds to end in, once asked: a library may hold the interpreter for much longer
_answering = mmap.mmap(-1, 1)  # a byte that both processes see

_ABOUT = {
    "SIGKILL": "its process was killed (SIGKILL), as it is when memory runs out",
    "SIGXCPU": "its process has used all the time that it may use (SIGXCPU)",
}


def watch() -> None:
    """Go on in a child, for which this process waits, to leave as the child does; on Linux alone.

    Elsewhere there is no fork, or it is not safe, or nothing tells who has sent a signal.
    """
    if sys.platform != "linux":
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, it would hide how the child ends
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_asked(), signal.SIGCHLD})
    try:
        reads, writes = os.pipe()
        parent, child = os.getpid(), os.fork()
    except OSError:  # no process or file is left: nobody watches
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return
    if child:
        _leave_as(_status(child))
    os.close(writes)
    _end_with(parent, reads)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def answer_first() -> None:
    """Ask the process that waits to let this one answer before it ends, unless asked once more."""
    _answering[0] = 1


def _asked() -> set[signal.Signals]:
    """Return the signals by which somebody asks a process to do something."""
    names = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGALRM", "SIGUSR1", "SIGUSR2")
    return {signal.Signals[name] for name in names}


def _end_with(parent: int, reads: int) -> None:
    """Let this process end when its parent is killed: it holds a pipe's other end."""
    end_with_pipe(reads)
    if os.getppid() != parent:  # it was killed before
        os.kill(os.getpid(), signal.SIGKILL)


def end_with_pipe(reads: int) -> None:
    """Let the kernel kill this process when no process holds a pipe's other end; on Linux alone.

    A thread that waits for that would not do: a library may hold the interpreter.
    """
    if sys.platform == "linux":
        fcntl.fcntl(reads, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(reads, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(reads, fcntl.F_SETFL, fcntl.fcntl(reads, fcntl.F_GETFL) | os.O_ASYNC)


def _status(child: int) -> int:
    """Wait for a child, and pass on what others send here.

    A key on the terminal reaches the child by itself, as both are in one group. Whatever asks it
    to end also starts a clock, for the child hears nothing while a library works.
    """
    if sys.platform == "linux":
        asked = 0
        while True:
            found = signal.sigwaitinfo({*_asked(), signal.SIGCHLD})
            number, sent = found.si_signo, found.si_code <= 0  # or else it is of the kernel
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
    """Tell whether a child ends at a signal, though not before its interpreter sees it."""
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    return number == signal.SIGTERM or (number == signal.SIGINT and not ignored)


def _killed(child: int, asked: int) -> int:
    """Kill a child that did not end when it was asked to, and return the exit code of that."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 128 + asked


def _leave_as(status: int) -> NoReturn:
    """Leave with the exit code of a child, or say which signal ended it."""
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
