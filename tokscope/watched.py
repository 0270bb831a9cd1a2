"""A process that a library ends says nothing: another one waits for it, and says it in one line.

A stack that overflows, an abort in Rust or C++, memory that runs out: the process itself can catch
none of them. So the command goes on in a child, which costs about a millisecond.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

if sys.platform == "linux":
    import fcntl

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


def _asked() -> set[signal.Signals]:
    """Return the signals by which somebody asks a process to do something."""
    names = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGALRM", "SIGUSR1", "SIGUSR2")
    return {signal.Signals[name] for name in names}


def _end_with(parent: int, reads: int) -> None:
    """Let the kernel kill this process when its parent is killed: it holds a pipe's other end."""
    if sys.platform == "linux":
        fcntl.fcntl(reads, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(reads, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(reads, fcntl.F_SETFL, fcntl.fcntl(reads, fcntl.F_GETFL) | os.O_ASYNC)
    if os.getppid() != parent:  # it was killed before
        os.kill(os.getpid(), signal.SIGKILL)


def _status(child: int) -> int:
    """Wait for a child, and pass on what others send here.

    A key on the terminal reaches the child by itself, as both are in one group.
    """
    if sys.platform == "linux":
        heard = {*_asked(), signal.SIGCHLD}
        while True:
            found = signal.sigwaitinfo(heard)
            if found.si_signo == signal.SIGCHLD:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    return os.waitstatus_to_exitcode(status)
            elif found.si_code <= 0:  # it was sent by a process
                os.kill(child, found.si_signo)
    return 0


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
