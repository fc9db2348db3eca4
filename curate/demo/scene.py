"""What a family is given to draw with, and what it hands back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from PIL import Image

T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """An empty canvas and the source of every choice made on it."""

    rng: np.random.Generator
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        return (self.width, self.height)

    @property
    def short(self) -> int:
        """Pixels of the shorter side: what sizes are measured against, so that drawings scale."""
        return min(self.width, self.height)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(len(options)))]

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)


@dataclass(frozen=True)
class Picture:
    """A finished drawing (RGB, or RGBA with a see-through ground), its caption and what else is known of it."""

    image: Image.Image
    caption: str
    metadata: Mapping[str, str] = field(default_factory=dict)
