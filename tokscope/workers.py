"""Who does the work: this process, several processes of this machine, or a cluster.

All of them work through `concurrent.futures.Executor`. Only the sizes of files decide how work is
cut, and results come in the order of the calls. So results do not depend on the number of workers.
"""

from __future__ import annotations

import concurrent.futures
import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from tokscope.errors import TokscopeError, extra
from tokscope.late import Late
from tokscope.watched import end_with_pipe

if TYPE_CHECKING:
    import asyncio
    import multiprocessing
    import multiprocessing.connection
else:
    asyncio, multiprocessing = map(Late, ("asyncio", "multiprocessing"))

P = ParamSpec("P")
T = TypeVar("T")
WORTH = 16_000_000  # bytes of text; encoding them takes about as long as starting workers
# A worker uses one core: threads of libraries would compete with the other workers.
_ALONE = {
    "TOKENIZERS_PARALLELISM": "false",
    "RAYON_NUM_THREADS": "1",
    "FASTOKENS_BPE_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Workers:
    """An executor and how many calls it can run at once; without one, this process runs them.

    `advance` is called with the number of bytes that have just been read. `require_life` is called
    from time to time while no result arrives; it raises if no worker is left. `copied` tells
    whether workers would now begin as copies of this process.
    """

    executor: Executor | None = None
    count: int = 1
    advance: Callable[[int], None] = lambda _: None
    require_life: Callable[[], None] = lambda: None
    copied: Callable[[], bool] = lambda: False

    def are_worth(self, size: int) -> bool:
        """Tell whether workers finish `size` bytes sooner than this process."""
        return self.executor is not None and size >= WORTH

    def map(self, function: Callable[..., T], calls: Sequence[tuple[object, ...]]) -> Iterator[T]:
        """Yield the results of calls in their order.

        Submit only enough calls to keep all workers busy, so that results do not pile up. This
        process makes a single call itself.

        Raises:
            Exception: the error of the first call that fails.
        """
        if self.executor is None or len(calls) < 2:
            yield from (function(*call) for call in calls)
            return
        waiting: deque[Future[T]] = deque()
        for call in calls:
            if len(waiting) > 2 * self.count:
                yield self._result(waiting.popleft())
            waiting.append(self.executor.submit(function, *call))
        while waiting:
            yield self._result(waiting.popleft())

    def rehearse(self, function: Callable[..., object], call: tuple[object, ...]) -> None:
        """Make a call here first, if workers then begin with what it loads and builds."""
        if self.copied():
            one_core()  # a thread of a library would be missing in a copy
            function(*call)

    def _result(self, future: Future[T]) -> T:
        while True:
            try:
                return future.result(_PATIENCE)
            except TimeoutError:
                if future.done():  # the call itself raised it
                    raise
                self.require_life()


HERE = Workers()
_PATIENCE = 10  # seconds to wait for an answer of a scheduler


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_core() -> None:
    """Keep libraries to one core in this process; call this before they are imported."""
    os.environ.update(_ALONE)


@contextmanager
def local(count: int, *, copied: bool = False) -> Iterator[Workers]:
    """Yield processes of this machine, which start when there is work; 1 means this process.

    Args:
        count: how many.
        copied: they may be copies of this process, where that is safe: on Linux, while it has one
            thread. Copies are there at once, with all that was loaded, in the same memory.

    Raises:
        TokscopeError: `count` is below 1, or a process died.
    """
    if count < 1:
        raise TokscopeError(f"--jobs {count}: must be at least 1")
    if count == 1:
        yield HERE
        return
    there = set(multiprocessing.active_children())
    pool = _Pool(count, copied)
    try:
        yield Workers(pool, count, copied=pool.copies)
    except BrokenExecutor as error:
        raise TokscopeError(
            f"one of {count} processes died, as they do when memory runs out; try fewer --jobs"
        ) from error
    except BaseException:
        for child in set(multiprocessing.active_children()) - there:
            child.terminate()  # nobody needs its result any more
        raise
    finally:
        with suppress(RuntimeError):  # an interrupt came before the pool's thread was ready
            pool.shutdown(cancel_futures=True)


class _Pool(Executor):
    """Processes of this machine; nothing is started before the first call."""

    def __init__(self, count: int, copied: bool) -> None:
        self.count = count
        self.copied = copied
        self.pool: Executor | None = None

    def copies(self) -> bool:
        """Tell whether processes would be copies of this one, if they were started now."""
        return self.copied and self.pool is None and _is_alone()

    def submit(self, function: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        if self.pool:
            return self.pool.submit(function, *args, **named)
        how = multiprocessing.get_context("fork" if self.copies() else "spawn")
        self.pool = concurrent.futures.ProcessPoolExecutor(self.count, how, _begin)
        with _without_signals():  # until a process has set up what to do then
            return self.pool.submit(function, *args, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self.pool:
            self.pool.shutdown(wait, cancel_futures=cancel_futures)


def _is_alone() -> bool:
    """Tell whether this process has no thread that a copy would miss.

    The one of jemalloc, which comes with Arrow, stops and starts around each fork.
    """
    if sys.platform != "linux":
        return False
    try:
        names = [(one / "comm").read_text() for one in Path("/proc/self/task").iterdir()]
    except OSError:  # the system hides them, or one has just ended
        return False
    return len(names) == 1 + names.count("jemalloc_bg_thd\n")


@contextmanager
def _without_signals() -> Iterator[None]:
    """Let signals to end wait, in this process and in those that it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a process: use one core, ignore interrupts, end when asked and with the parent."""
    one_core()
    gc.freeze()  # what a copy has from its parent stays in memory that they share
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    if parent := multiprocessing.parent_process():
        end_with_pipe(parent.sentinel)
        if not parent.is_alive():  # it ended before the kernel was asked
            os._exit(1)
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(parent: int) -> None:
    """End this process with its parent where the kernel does not do that."""
    multiprocessing.connection.wait([parent])
    os._exit(1)


async def _greet(distributed: ModuleType, address: str) -> None:
    """Check that a scheduler answers: without an answer, a client would retry for very long."""
    connection = distributed.comm.connect(address, timeout=_PATIENCE)
    (await asyncio.wait_for(connection, _PATIENCE)).abort()


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """Yield the workers of a Dask scheduler; all of them must see the same files at the same paths.

    Raises:
        TokscopeError: Dask is not installed, nothing answers, or workers died repeatedly.
    """
    distributed = extra("distributed", "dask", "--scheduler")
    try:
        asyncio.run(_greet(distributed, address))
        client = distributed.Client(address, timeout=_PATIENCE)
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise TokscopeError(
            f"--scheduler {address}: no scheduler answers there; start one with: dask scheduler"
        ) from error
    try:
        with client:
            if not client.nthreads():
                problem = f"it has no workers; start one with: dask worker {address}"
                raise TokscopeError(f"--scheduler {address}: {problem}")
            executor = client.get_executor(pure=False)
            alive = partial(client.wait_for_workers, 1, timeout=_PATIENCE)
            try:
                yield Workers(executor, sum(client.nthreads().values()), require_life=alive)
            finally:
                executor.shutdown(wait=False)  # running calls may never end
    except (
        TimeoutError,
        CancelledError,
        distributed.KilledWorker,
        distributed.comm.CommClosedError,
    ) as error:
        raise TokscopeError(f"--scheduler {address}: its workers are gone ({error})") from error
