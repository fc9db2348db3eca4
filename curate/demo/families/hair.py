"""How hair falls: what lies behind the head, and what lies over the brow."""

from typing import Protocol

import numpy as np

from curate.demo.colour import Colour, darker, lighter
from curate.demo.families.characters import Character
from curate.demo.pen import Pen


class Head(Protocol):
    """Where a face is: unit in pixels, and face coordinates to pixels."""

    unit: float

    def at(self, *points: tuple[float, float]) -> np.ndarray: ...

    def curve(self, *points: tuple[float, float], closed: bool = True) -> np.ndarray: ...


def behind(pen: Pen, head: Head, person: Character, hair: Colour) -> None:
    """Draw the hair that the head and the shoulders cover."""
    back = darker(hair, 0.22)
    if person.cut == "bob":
        pen.polygon(
            head.curve(
                (0, -1.62),
                (0.9, -1.35),
                (1.28, -0.5),
                (1.3, 0.5),
                (1.2, 1.12),
                (0.4, 1.2),
                (-0.4, 1.2),
                (-1.2, 1.12),
                (-1.3, 0.5),
                (-1.28, -0.5),
                (-0.9, -1.35),
            ),
            back,
        )
    elif person.cut == "long":
        pen.polygon(
            head.curve(
                (0, -1.6),
                (0.85, -1.35),
                (1.22, -0.5),
                (1.25, 0.6),
                (1.5, 1.7),
                (1.35, 2.9),
                (0.4, 2.6),
                (-0.4, 2.6),
                (-1.35, 2.9),
                (-1.5, 1.7),
                (-1.25, 0.6),
                (-1.22, -0.5),
                (-0.85, -1.35),
            ),
            back,
        )
    elif person.cut == "curls":
        _curls(pen, head, back, 1.52, 18, 0.42)
        _curls(pen, head, hair, 1.2, 16, 0.4)
    elif person.cut == "bun":
        x, y = head.at((0.0, -1.75))[0]
        pen.disc(x, y, head.unit * 0.52, back)
        pen.disc(x - head.unit * 0.06, y - head.unit * 0.05, head.unit * 0.4, hair)
        pen.polygon(
            head.curve((0, -1.52), (0.8, -1.28), (1.1, -0.5), (1.02, 0.2), (-1.02, 0.2), (-1.1, -0.5), (-0.8, -1.28)),
            back,
        )


def in_front(pen: Pen, head: Head, person: Character, hair: Colour, cap: Colour) -> None:
    """Draw the hair, or the cap, that lies over the brow."""
    shine = (*lighter(hair, 0.35), 120)
    w = person.width
    if person.cut == "bob":
        pen.polygon(
            head.curve(
                (-1.08, 0.75),
                (-1.24, -0.4),
                (-0.9, -1.32),
                (0, -1.62),
                (0.9, -1.32),
                (1.24, -0.4),
                (1.08, 0.75),
                (0.9, 0.2),
                (0.86, -0.42),
                (0.45, -0.62),
                (0.0, -0.66),
                (-0.45, -0.62),
                (-0.86, -0.42),
                (-0.9, 0.2),
            ),
            hair,
        )
        pen.stroke(head.curve((-0.75, -1.05), (-0.2, -1.3), (0.35, -1.28), closed=False), head.unit * 0.07, shine)
    elif person.cut == "long":
        for side in (-1, 1):
            pen.polygon(
                head.curve(
                    (side * 0.05, -1.58),
                    (side * 0.85, -1.32),
                    (side * 1.2, -0.4),
                    (side * 1.24, 0.7),
                    (side * 1.42, 1.8),
                    (side * 1.15, 2.5),
                    (side * 1.0, 1.4),
                    (side * 0.92, 0.3),
                    (side * 0.82, -0.5),
                    (side * 0.35, -1.0),
                ),
                hair,
            )
            pen.stroke(
                head.curve((side * 0.6, -1.1), (side * 1.0, -0.4), (side * 1.08, 0.5), closed=False),
                head.unit * 0.05,
                shine,
            )
    elif person.cut == "curls":
        for x, y, r in (
            (-0.72, -0.98, 0.36),
            (-0.36, -1.16, 0.36),
            (0.0, -1.22, 0.36),
            (0.36, -1.16, 0.36),
            (0.72, -0.98, 0.36),
            (-0.95, -0.62, 0.28),
            (0.95, -0.62, 0.28),
        ):
            cx, cy = head.at((x, y))[0]
            pen.disc(cx, cy, head.unit * r, hair)
            pen.arc(cx, cy, head.unit * r * 0.6, head.unit * r * 0.6, 190, 300, head.unit * 0.035, shine)
    elif person.cut == "short":
        pen.polygon(
            head.curve(
                (-1.0, -0.15),
                (-1.12, -0.7),
                (-0.85, -1.35),
                (-0.1, -1.66),
                (0.7, -1.5),
                (1.1, -0.85),
                (1.0, -0.15),
                (0.88, -0.62),
                (0.5, -0.82),
                (-0.1, -0.74),
                (-0.6, -0.98),
                (-0.86, -0.6),
            ),
            hair,
        )
        pen.stroke(head.curve((-0.6, -1.2), (0.0, -1.4), (0.6, -1.25), closed=False), head.unit * 0.07, shine)
    elif person.cut == "bun":
        pen.polygon(
            head.curve(
                (-1.0, 0.0),
                (-1.06, -0.6),
                (-0.7, -1.25),
                (0, -1.5),
                (0.7, -1.25),
                (1.06, -0.6),
                (1.0, 0.0),
                (0.82, -0.62),
                (0.3, -1.0),
                (-0.3, -1.0),
                (-0.82, -0.62),
            ),
            hair,
        )
        pen.stroke(head.curve((-0.55, -1.12), (0.0, -1.28), (0.5, -1.15), closed=False), head.unit * 0.05, shine)
    elif person.cut == "beanie":
        pen.polygon(
            head.curve(
                (-1.0 * w, -0.6),
                (-0.98 * w, -1.1),
                (-0.7 * w, -1.6),
                (0.0, -1.84),
                (0.7 * w, -1.6),
                (0.98 * w, -1.1),
                (1.0 * w, -0.6),
            ),
            cap,
        )
        for rib in (-0.75, -0.38, 0.0, 0.38, 0.75):
            pen.stroke(
                head.curve((rib * w, -1.0), (rib * 0.8, -1.45), (rib * 0.35, -1.78), closed=False),
                head.unit * 0.03,
                (*darker(cap, 0.45), 110),
            )
        pen.polygon(
            head.at(
                (-1.04 * w, -0.5),
                (-1.07 * w, -0.92),
                (-0.55 * w, -1.04),
                (0, -1.08),
                (0.55 * w, -1.04),
                (1.07 * w, -0.92),
                (1.04 * w, -0.5),
                (0.55 * w, -0.62),
                (0, -0.66),
                (-0.55 * w, -0.62),
            ),
            darker(cap, 0.18),
        )
    elif person.cut == "bald":
        x, y = head.at((-0.35, -0.95))[0]
        pen.oval(x, y, head.unit * 0.26, head.unit * 0.13, (255, 244, 230, 70))


def _curls(pen: Pen, head: Head, ink: Colour, reach: float, count: int, size: float) -> None:
    middle = head.at((0.0, -0.45))[0]
    pen.disc(middle[0], middle[1], head.unit * reach, ink)
    for turn in np.linspace(0, 2 * np.pi, count, endpoint=False).tolist():
        pen.disc(
            middle[0] + np.cos(turn) * head.unit * reach,
            middle[1] + np.sin(turn) * head.unit * reach,
            head.unit * size,
            ink,
        )
