"""Poster geometry: quarter circles, arcs and bars on a grid, or one free composition."""

import numpy as np
from PIL import Image

from curate.demo import light
from curate.demo.colour import Colour, mix, palette, varied
from curate.demo.pen import Pen
from curate.demo.scene import Picture, Scene

# name, ground, shapes
INKS = (
    ("terracotta, navy and mustard", "f1e6d2", "c8553d 22395b e2a73b 7fa099 2a2a2c"),
    ("teal, salmon and cream", "f4eddd", "1f6f70 ee9480 f2c879 27364a d9d0bc"),
    ("olive, plum and peach", "efe6d8", "7b8452 5f3a56 f0a97f dcc28a 33302f"),
    ("petrol, pink and ochre", "f3ece3", "17495a e6a3ab c98a2e 8fb3b0 c24f3f"),
    ("charcoal, orange and stone", "e9e3d6", "2e2f33 e2703a a9a294 d6b98a 5f7480"),
)


def draw(scene: Scene) -> Picture:
    names, ground_code, codes = scene.pick(INKS)
    ground = palette(ground_code)[0]
    inks = [varied(scene.rng, colour, 0.008, 0.03) for colour in palette(codes)]
    pen = Pen(Image.new("RGB", scene.size, ground))
    on_grid = scene.chance(0.65)
    if on_grid:
        tiles = _tiles(scene, pen, [*inks, ground])
        what = f"a grid of {tiles} tiles with quarter circles, arcs and stripes"
    else:
        _free(scene, pen, inks, ground)
        what = "large circles, half-discs and slanted bars in free balance"
    image = light.grain(pen.done(), scene.rng, 4)
    caption = f"A Bauhaus poster in {names}: {what} on a paper ground; playful and ordered."
    return Picture(image, caption, {"style": "Bauhaus"})


def _tiles(scene: Scene, pen: Pen, inks: list[Colour]) -> int:
    across = scene.whole(3, 6)
    size = scene.short / across
    columns, rows = round(scene.width / size), round(scene.height / size)
    wide, tall = scene.width / columns, scene.height / rows
    for row in range(rows):
        for column in range(columns):
            order = scene.rng.permutation(len(inks))
            back, front, third = (inks[int(index)] for index in order[:3])
            box = (column * wide, row * tall, (column + 1) * wide, (row + 1) * tall)
            pen.box(*box, back)
            _motif(scene, pen, box, front, third, back)
    return columns * rows


def _motif(
    scene: Scene, pen: Pen, box: tuple[float, float, float, float], front: Colour, third: Colour, back: Colour
) -> None:
    left, top, right, bottom = box
    size = min(right - left, bottom - top)
    x, y = (left + right) / 2, (top + bottom) / 2
    corner = scene.whole(0, 3)
    cx, cy = ((left, top), (right, top), (right, bottom), (left, bottom))[corner]
    start = corner * 90
    kind = scene.whole(0, 6)
    if kind == 0:
        pen.slice(cx, cy, size, start, start + 90, front)
        pen.slice(cx, cy, size * 0.5, start, start + 90, third)
    elif kind == 1:
        for ring, ink in ((1.0, front), (0.75, back), (0.5, third), (0.25, back)):
            pen.slice(cx, cy, size * ring, start, start + 90, ink)
    elif kind == 2:
        pen.disc(x, y, size * 0.4, front)
        pen.slice(x, y, size * 0.4, start, start + 180, third)
    elif kind == 3:
        for stripe in range(4):
            at = top + (bottom - top) * (stripe + 0.25) / 4
            pen.box(left, at, right, at + (bottom - top) / 8, front)
    elif kind == 4:
        pen.polygon(
            np.array(
                [[left, bottom], [right, bottom], [right, top]]
                if corner % 2
                else [[left, top], [left, bottom], [right, bottom]]
            ),
            front,
        )
    elif kind == 5:
        pen.slice(left, y, size / 2, -90, 90, front)
        pen.slice(x, y, size / 2, -90, 90, third)
    else:
        for dot_x in (0.25, 0.5, 0.75):
            for dot_y in (0.25, 0.5, 0.75):
                pen.disc(left + (right - left) * dot_x, top + (bottom - top) * dot_y, size * 0.07, front)


def _free(scene: Scene, pen: Pen, inks: list[Colour], ground: Colour) -> None:
    unit = scene.short
    x, y = scene.width * scene.between(0.35, 0.65), scene.height * scene.between(0.35, 0.65)
    pen.disc(x, y, unit * scene.between(0.28, 0.38), inks[0])
    turn = scene.pick((0, 90, 180, 270)) + 45 * scene.whole(0, 1)
    pen.slice(
        x + unit * scene.between(-0.2, 0.2), y + unit * scene.between(-0.2, 0.2), unit * 0.26, turn, turn + 180, inks[1]
    )
    slant = scene.pick((-0.6, 0.6, 0.9))
    for bar in range(scene.whole(3, 6)):
        start = np.array([scene.width * 0.08 + bar * unit * 0.075, scene.height * 0.92])
        length = unit * scene.between(0.5, 0.95)
        end = start + np.array([np.cos(slant), -np.sin(abs(slant))]) * length
        pen.stroke(np.array([start, end]), unit * scene.between(0.008, 0.03), inks[(bar + 2) % 5], round_ends=False)
    for _ in range(scene.whole(2, 4)):
        cx, cy = scene.width * scene.between(0.1, 0.9), scene.height * scene.between(0.1, 0.9)
        radius = unit * scene.between(0.03, 0.11)
        pen.disc(cx, cy, radius, scene.pick(inks))
        pen.ring(cx, cy, radius * 1.5, unit * 0.006, inks[4])
    for ring in range(scene.whole(3, 6)):
        pen.arc(
            scene.width * 0.86,
            scene.height * 0.16,
            unit * (0.06 + 0.035 * ring),
            unit * (0.06 + 0.035 * ring),
            90,
            270,
            unit * 0.014,
            mix(inks[3], ground, 0.1),
        )
