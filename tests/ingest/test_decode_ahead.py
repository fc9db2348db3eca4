"""Reading ahead: in order, in parallel, and never more than was asked for."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from curate.ingest.reading import in_parallel


def counted(taken: list[int], count: int) -> Iterator[int]:
    for number in range(count):
        taken.append(number)
        yield number


def test_results_come_in_order_however_long_each_takes() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number * number

    assert list(in_parallel(work, range(30), workers=4)) == [(number, number * number) for number in range(30)]


@pytest.mark.parametrize(("ahead", "expected"), [(0, 16), (40, 40), (1, 2)])
def test_only_so_many_items_are_begun_before_the_first_result_is_taken(ahead: int, expected: int) -> None:
    taken: list[int] = []
    with closing(in_parallel(abs, counted(taken, 100), workers=2, ahead=ahead)) as results:
        next(results)

        assert len(taken) == expected + 1


def test_closing_early_leaves_no_thread_and_begins_nothing_more() -> None:
    begun: list[int] = []
    results = in_parallel(begun.append, range(1000), workers=2, ahead=100)
    next(results)
    results.close()
    at_closing = len(begun)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("curate-decode")]
    assert len(begun) == at_closing <= 101


def test_an_error_in_the_work_is_raised_where_its_result_is_taken() -> None:
    results = in_parallel(lambda number: 1 // number, [1, 0, 1], workers=1)

    assert next(results) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        next(results)
