"""Turn and turn about: what else the machine does then falls on all sides alike."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Run(Generic[Result]):
    """One piece of work: how long it took and what came of it."""

    seconds: float
    result: Result


def timed(work: Callable[[], Result]) -> Run[Result]:
    started = time.perf_counter()
    result = work()
    return Run(time.perf_counter() - started, result)


def alternate(rounds: int, *sides: Callable[[], Result]) -> list[list[Result]]:
    """Call every side once a round, each round beginning with another one; return each side's results."""
    results: list[list[Result]] = [[] for _ in sides]
    for first in range(rounds):
        for turn in range(len(sides)):
            side = (first + turn) % len(sides)
            gc.collect()
            results[side].append(sides[side]())
    return results
