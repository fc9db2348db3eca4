"""The visual families of the demo set: what there is to draw, where it is filed, and how often it comes up."""

from collections.abc import Callable
from dataclasses import dataclass

from curate.demo.families import (
    agate,
    aurora,
    autumn_forest,
    balloons,
    bauhaus,
    beaches,
    botanical,
    butterflies,
    desert_dunes,
    koi_pond,
    marble,
    mazes,
    misty_mountains,
    mondrian,
    night_skyline,
    plaid,
    planets,
    portraits,
    seigaiha,
    snowy_village,
    still_life,
    sunflowers,
    underwater,
)
from curate.demo.scene import Picture, Scene

Aspects = tuple[tuple[int, int], ...]
WIDE: Aspects = ((3, 2), (3, 2), (16, 9), (4, 3), (1, 1), (4, 5))
ANY: Aspects = ((3, 2), (1, 1), (2, 3), (4, 5), (4, 3))
TALL: Aspects = ((4, 5), (2, 3), (1, 1), (4, 5), (3, 2))


@dataclass(frozen=True)
class Family:
    """One kind of picture."""

    name: str
    folder: str
    draw: Callable[[Scene], Picture]
    aspects: Aspects = ANY
    extra: int = 1
    """How many more than one of it each block of the plan holds: families differ in size, as in real folders."""
    flat: bool = False
    """Drawn in flat colours, so that PNG suits it."""


FAMILIES = (
    Family("misty-mountains", "landscapes/misty-mountains", misty_mountains.draw, WIDE, 3),
    Family("desert-dunes", "landscapes/desert-dunes", desert_dunes.draw, WIDE, 2),
    Family("aurora", "landscapes/aurora", aurora.draw, WIDE, 1),
    Family("autumn-forest", "landscapes/autumn-forest", autumn_forest.draw, WIDE, 1),
    Family("snowy-village", "landscapes/snowy-village", snowy_village.draw, WIDE, 1),
    Family("balloons", "travel/balloons", balloons.draw, ANY, 1),
    Family("beach", "travel/beach-from-above", beaches.draw, ANY, 1),
    Family("skyline", "travel/night-skyline", night_skyline.draw, WIDE, 2),
    Family("underwater", "water/underwater", underwater.draw, WIDE, 1),
    Family("koi-pond", "water/koi-pond", koi_pond.draw, ANY, 1),
    Family("botanical", "plants/botanical-plates", botanical.draw, TALL, 2),
    Family("sunflower", "plants/sunflowers", sunflowers.draw, ANY, 1),
    Family("butterfly", "plants/butterflies", butterflies.draw, ANY, 1),
    Family("portrait", "people/portraits", portraits.draw, TALL, 4),
    Family("still-life", "paintings/still-life", still_life.draw, ANY, 1),
    Family("mondrian", "paintings/de-stijl", mondrian.draw, ANY, 1, flat=True),
    Family("bauhaus", "paintings/bauhaus", bauhaus.draw, ANY, 1),
    Family("seigaiha", "patterns/seigaiha", seigaiha.draw, ANY, 1),
    Family("plaid", "patterns/plaid", plaid.draw, ANY, 1),
    Family("maze", "patterns/mazes-and-circuits", mazes.draw, ANY, 1, flat=True),
    Family("agate", "stone/agate", agate.draw, ANY, 0),
    Family("marble", "stone/marble", marble.draw, ANY, 0),
    Family("planet", "space/planets", planets.draw, ANY, 0),
)
