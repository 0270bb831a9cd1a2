"""Who does the work: this process, processes of this machine, or those of a cluster.

The seam is `concurrent.futures.Executor`. Work is cut by the sizes of files alone, results come in
the order of the calls, and nothing that is computed knows how many workers there are.
"""

from __future__ import annotations

import concurrent.futures
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
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
WORTH = 16_000_000  # bytes of text that are encoded about as fast as workers start
# One worker is one core: what a library would do in threads, workers do side by side.
_ALONE = {
    "TOKENIZERS_PARALLELISM": "false",
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Workers:
    """An executor and how many calls it can do at once; without one, calls are made here.

    `advance` is told of bytes of text that have been read, as they are done; `require_life` is
    asked now and then while nothing comes.
    """

    executor: Executor | None = None
    count: int = 1
    advance: Callable[[int], None] = lambda _: None
    require_life: Callable[[], None] = lambda: None

    def are_worth(self, size: int) -> bool:
        """Tell whether so many bytes of text, each read so often, are sooner read by workers."""
        return self.executor is not None and size >= WORTH

    def map(self, function: Callable[..., T], calls: Sequence[tuple[object, ...]]) -> Iterator[T]:
        """Yield the results of calls in their order.

        No more calls are under way than keep all workers busy, so that results do not pile up. One
        call alone is made here.

        Raises:
            Exception: what the first call that fails raises.
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

    def _result(self, future: Future[T]) -> T:
        while True:
            try:
                return future.result(_PATIENCE)
            except TimeoutError:
                if future.done():  # it is what the call raised
                    raise
                self.require_life()


HERE = Workers()
_PATIENCE = 10  # seconds for a scheduler to answer


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_core() -> None:
    """Keep libraries from using more than one core in this process; before they are imported."""
    os.environ.update(_ALONE)


@contextmanager
def local(count: int) -> Iterator[Workers]:
    """Yield processes of this machine, which start when there is work for them; one is this one.

    Raises:
        TokscopeError: the count makes no sense, or a process died.
    """
    if count < 1:
        raise TokscopeError(f"--jobs {count}: write how many processes, from 1 up")
    if count == 1:
        yield HERE
        return
    there = set(multiprocessing.active_children())
    pool = _Pool(count)
    try:
        yield Workers(pool, count)
    except BrokenExecutor as error:
        raise TokscopeError(
            f"one of {count} processes died, as they do when memory runs out; try fewer --jobs"
        ) from error
    except BaseException:
        for child in set(multiprocessing.active_children()) - there:
            child.terminate()  # what it is doing is of no use any more
        raise
    finally:
        with suppress(RuntimeError):  # an interrupt came before its own thread was ready
            pool.shutdown(cancel_futures=True)


class _Pool(Executor):
    """Processes of this machine, for which nothing is prepared before there is work for them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.pool: Executor | None = None

    def submit(self, function: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        spawn = multiprocessing.get_context("spawn")
        self.pool = self.pool or concurrent.futures.ProcessPoolExecutor(self.count, spawn, _begin)
        return self.pool.submit(function, *args, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self.pool:
            self.pool.shutdown(wait, cancel_futures=cancel_futures)


def _begin() -> None:
    """Prepare a process: one core, no word at an interrupt, and an end when its parent ends."""
    one_core()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parent := multiprocessing.parent_process():
        end_with_pipe(parent.sentinel)
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(parent: int) -> None:
    """End with a parent also where the kernel does not see to it."""
    multiprocessing.connection.wait([parent])
    os._exit(1)


async def _greet(distributed: ModuleType, address: str) -> None:
    """Ask a scheduler for its first word: without it, a client would go on asking very long."""
    connection = distributed.comm.connect(address, timeout=_PATIENCE)
    (await asyncio.wait_for(connection, _PATIENCE)).abort()


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """Yield the workers of a Dask scheduler, on which the same paths lead to the same files.

    Raises:
        TokscopeError: Dask is not installed, nothing answers, or workers died again and again.
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
                executor.shutdown(wait=False)  # what is under way may never end
    except (
        TimeoutError,
        CancelledError,
        distributed.KilledWorker,
        distributed.comm.CommClosedError,
    ) as error:
        raise TokscopeError(f"--scheduler {address}: its workers are gone ({error})") from error
