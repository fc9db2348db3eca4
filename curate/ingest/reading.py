"""Work on many items at once and take the results in order, never more ahead than memory allows."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD_PER_WORKER = 8


def in_parallel(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int = 0
) -> Generator[tuple[Item, Result], None, None]:
    """Yield each item with `work(item)`, in the items' order, computed in threads (0: one per core).

    Closing the iterator early leaves nothing running.
    """
    workers = workers or os.cpu_count() or 1
    remaining = iter(items)
    ahead: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="curate-decode")
    try:
        ahead.extend((item, pool.submit(work, item)) for item in islice(remaining, workers * _AHEAD_PER_WORKER))
        while ahead:
            item, future = ahead.popleft()
            result = future.result()
            ahead.extend((item, pool.submit(work, item)) for item in islice(remaining, 1))
            yield item, result
    finally:
        pool.shutdown(cancel_futures=True)
