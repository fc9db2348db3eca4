"""Which image is what: its family, its faults, and whose copy it is. Depends on the seed and the index only."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from curate.demo.families import FAMILIES, Family


class Role(StrEnum):
    ORIGINAL = "original"
    BLURRED = "blurred"
    DARK = "dark"
    EXACT_COPY = "exact copy"
    NEAR_COPY = "near copy"


FLAWS = (Role.EXACT_COPY,) * 2 + (Role.NEAR_COPY,) * 3 + (Role.BLURRED,) * 2 + (Role.DARK,) * 2
"""The flawed images of one block."""


@dataclass(frozen=True)
class Planned:
    """One image of the set before it is drawn."""

    index: int
    family: Family
    role: Role
    source: int | None = None
    """The index of the original that a copy repeats."""

    @property
    def is_copy(self) -> bool:
        return self.source is not None


def planned(seed: int, index: int) -> Planned:
    block, place = divmod(index, BLOCK)
    return _block(seed, block)[place]


@lru_cache(maxsize=256)
def _block(seed: int, block: int) -> tuple[Planned, ...]:
    """Plan `BLOCK` images: every family once, then the rest and the flaws, shuffled."""
    rng = np.random.default_rng([seed, block, 0])
    first = [FAMILIES[int(at)] for at in rng.permutation(len(FAMILIES))]
    more: list[Family | Role] = [family for family in FAMILIES for _ in range(family.extra)]
    more += FLAWS
    plans = [Planned(block * BLOCK + place, family, Role.ORIGINAL) for place, family in enumerate(first)]
    for at in rng.permutation(len(more)):
        plans.append(_next(rng, block * BLOCK + len(plans), more[int(at)], plans))
    return tuple(plans)


def _next(rng: np.random.Generator, index: int, what: Family | Role, before: list[Planned]) -> Planned:
    if isinstance(what, Family):
        return Planned(index, what, Role.ORIGINAL)
    originals = [plan for plan in before if plan.role is Role.ORIGINAL]
    chosen = originals[int(rng.integers(len(originals)))]
    copy = what in (Role.EXACT_COPY, Role.NEAR_COPY)
    return Planned(index, chosen.family, what, chosen.index if copy else None)


BLOCK = len(FAMILIES) + sum(family.extra for family in FAMILIES) + len(FLAWS)
"""Images in a block; each block holds every family and every flaw."""
