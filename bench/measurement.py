"""What the benchmark measures, as frozen values."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

DEFAULT_ROUNDS = 3


class ResultsDiffer(Exception):
    """The two sides did not come to the same result, so their times must not be compared."""


class Unit(Enum):
    """What a figure counts: its symbol, and whether more of it is better."""

    SECONDS = ("s", False)
    MILLISECONDS = ("ms", False)
    MICROSECONDS_PER_FILE = ("µs a file", False)
    IMAGES_PER_SECOND = ("images/s", True)
    MEGABYTES = ("MB", False)
    AGREEMENT = ("ARI", True)

    def __init__(self, symbol: str, more_is_better: bool) -> None:
        self.symbol = symbol
        self.more_is_better = more_is_better


@dataclass(frozen=True, slots=True)
class Options:
    """How a benchmark is run."""

    scratch: Path
    """An empty folder of the entry's own, deleted after it."""
    quick: bool = False
    """Whether sizes are small: shows that everything works, not how fast it is."""
    rounds: int = DEFAULT_ROUNDS
    images: int | None = None
    """Images to import, instead of the entry's own number."""

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Side:
    """One contender: what it is, and its figure in each round."""

    name: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure of ours beside a peer's."""

    entry: str
    what: str
    unit: Unit
    ours: Side
    peer: Side
    same: str
    """What was checked to be the same on both sides."""
    conditions: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def times_better(self) -> float | None:
        """How many times better ours is, below 1 where the peer is; None for a score, which has no ratio."""
        if self.unit is Unit.AGREEMENT:
            return None
        ours, peer = self.ours.median, self.peer.median
        return ours / peer if self.unit.more_is_better else peer / ours


@dataclass(frozen=True, slots=True)
class Entry:
    """One benchmark, which gives one or more measurements."""

    name: str
    summary: str
    measure: Callable[[Options], Iterable[Measurement]]


def require_same(same: bool, what: str) -> None:
    """Hold both sides to the same result.

    Raises:
        ResultsDiffer: they have not.
    """
    if not same:
        raise ResultsDiffer(f"The two sides differ in {what}. Their times would be of different work.")
