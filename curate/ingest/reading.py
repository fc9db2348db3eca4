"""Work on many items at once and take the results in order, never more ahead than memory allows."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD_PER_WORKER = 8


def in_parallel(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int = 0, ahead: int = 0
) -> Generator[tuple[Item, Result], None, None]:
    """Yield each item with `work(item)`, in the items' order, computed in threads (0: one per core).

    At most `ahead` results wait to be taken (0: eight a thread). Closing the iterator early leaves nothing running.
    """
    workers = workers or os.cpu_count() or 1
    ahead = max(ahead, workers) if ahead else workers * AHEAD_PER_WORKER
    remaining = iter(items)
    started: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="curate-decode")
    try:
        started.extend((item, pool.submit(work, item)) for item in islice(remaining, ahead))
        while started:
            item, future = started.popleft()
            result = future.result()
            started.extend((item, pool.submit(work, item)) for item in islice(remaining, 1))
            yield item, result
    finally:
        pool.shutdown(cancel_futures=True)
