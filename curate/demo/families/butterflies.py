"""Butterflies, alone or pinned in rows."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, palette, varied
from curate.demo.pen import Pen, oval_points, placed, smooth
from curate.demo.scene import Picture, Scene

# name, wing from root to rim, border, spots
SPECIES = (
    ("blue morpho", "9fd8ef 3f94cf 1f5aa8", "10141f", "f2f5f2"),
    ("monarch", "f6b25a e5812f c85f20", "1c1414", "f6efe2"),
    ("swallowtail", "f6e7a0 edd062 d9ac3a", "20180f", "4f7fb5"),
    ("emerald", "b8e2a0 4fae7a 1f7060", "0f2420", "e8d47a"),
    ("rose-winged", "f8d3cf e5929a b5506a", "3a1626", "fbeeea"),
    ("violet", "d3bfe8 8f6fc0 573a94", "1a1230", "f0dca0"),
    ("cream and brown", "f5ead2 d6b384 9a6a40", "3a2416", "c8553d"),
)
GROUNDS = palette("f4eee0 e8e6dc efe4d6 dfe6e4 f3ebe6 2a3038 e6dcc8")


def draw(scene: Scene) -> Picture:
    pinned = scene.chance(0.4)
    cut_out = not pinned and scene.chance(0.3)
    ground = scene.pick(GROUNDS)
    if cut_out:
        paper = Image.new("RGBA", scene.size, (*ground, 0))
    else:
        fibres = noise.field(scene.rng, *scene.size, scene.short * 0.3, 4)
        paper = light.coloured(fibres, (darker(ground, 0.05), ground, lighter(ground, 0.2)))
    name, spots = "mixed", _grid(scene) if pinned else [_single(scene)]
    if not cut_out:
        paper = _shadows(scene, paper, spots)
    pen = Pen(paper)
    for x, y, size in spots:
        kind, *looks = scene.pick(SPECIES)
        name = kind if len(spots) == 1 else name
        _butterfly(scene, pen, x, y, size, looks)
    image = pen.done()
    if not cut_out:
        image = light.grain(light.vignette(image, 0.12), scene.rng, 4)
    where = (
        "cut out on a transparent ground" if cut_out else "on a dark board" if sum(ground) < 300 else "on pale paper"
    )
    what = (
        f"A collection of {len(spots)} butterflies of different colours pinned in rows"
        if pinned
        else f"A single {name} butterfly with open patterned wings"
    )
    caption = f"{what} {where}, symmetrical and finely veined; delicate."
    return Picture(image, caption, {"style": "natural history plate", "subject": "collection" if pinned else name})


def _single(scene: Scene) -> tuple[float, float, float]:
    return (
        scene.width * scene.between(0.46, 0.54),
        scene.height * scene.between(0.48, 0.54),
        scene.short * scene.between(0.34, 0.44),
    )


def _grid(scene: Scene) -> list[tuple[float, float, float]]:
    across = scene.pick((2, 3, 4))
    cell = scene.width / across
    down = max(round(scene.height / (cell * 0.9)), 1)
    tall = scene.height / down
    size = min(cell, tall) * 0.4
    return [((column + 0.5) * cell, (row + 0.52) * tall, size) for row in range(down) for column in range(across)]


def _shadows(scene: Scene, paper: Image.Image, spots: list[tuple[float, float, float]]) -> Image.Image:
    mask = Pen.mask(scene.size)
    for x, y, size in spots:
        for side in (-1, 1):
            mask.polygon(
                placed(
                    oval_points(size * 0.55, size * 0.42),
                    x + side * size * 0.45 + size * 0.06,
                    y - size * 0.15,
                    1,
                    -0.5 * side,
                ),
                90,
            )
            mask.polygon(
                placed(
                    oval_points(size * 0.4, size * 0.36),
                    x + side * size * 0.4 + size * 0.06,
                    y + size * 0.45,
                    1,
                    0.4 * side,
                ),
                90,
            )
    paper.paste((30, 24, 30), mask=light.soft(mask.done(), scene.short * 0.012))
    return paper


def _butterfly(scene: Scene, pen: Pen, x: float, y: float, size: float, looks: list[str]) -> None:
    wing, border, spot = palette(looks[0]), palette(looks[1])[0], palette(looks[2])[0]
    wing = tuple(varied(scene.rng, colour, 0.012, 0.04) for colour in wing)
    span, droop, tail = scene.between(0.92, 1.08), scene.between(-0.08, 0.1), scene.between(0.0, 0.35)
    hind = np.array(
        [
            (0.04, 0.08),
            (0.4, 0.05),
            (0.78, 0.25),
            (0.8, 0.62),
            (0.52, 0.84 + tail * 0.3),
            (0.4, 0.82 + tail),
            (0.3, 0.78),
            (0.1, 0.5),
        ]
    )
    fore = np.array(
        [
            (0.04, 0.05),
            (0.16, -0.3),
            (0.55, -0.72 - droop),
            (1.0 * span, -0.86 - droop),
            (1.04 * span, -0.6),
            (0.9, -0.2),
            (0.72, 0.06),
            (0.36, 0.14),
        ]
    )
    dots = scene.whole(4, 7)
    for knots in (hind, fore):
        outline = smooth(knots, closed=True, steps=7)
        for side in (-1.0, 1.0):
            _wing(pen, outline * [side, 1.0], x, y, size, wing, border, spot, dots)
    _body(pen, x, y, size, border)


def _wing(
    pen: Pen,
    outline: np.ndarray,
    x: float,
    y: float,
    size: float,
    wing: tuple[Colour, ...],
    border: Colour,
    spot: Colour,
    dots: int,
) -> None:
    """One wing: border, shrinking fields of colour, veins from the root, spots along the rim."""
    root = outline[0]
    pen.polygon(placed(outline, x, y, size), border)
    middle = outline.mean(axis=0)
    for share, ink in ((0.87, wing[2]), (0.76, wing[1]), (0.5, wing[0])):
        centre = middle * 0.6 + root * 0.4 if share < 0.6 else middle * 0.9 + root * 0.1
        pen.polygon(placed(centre + (outline - centre) * share, x, y, size), ink)
    rim = outline[np.linspace(len(outline) * 0.22, len(outline) * 0.82, 7).astype(int)]
    for tip in rim:
        bow = (root + tip) / 2 + (middle - (root + tip) / 2) * 0.12
        pen.stroke(placed(np.array([root, bow, tip]), x, y, size), size * 0.012, (*border, 215), round_ends=False)
    for tip in outline[np.linspace(len(outline) * 0.3, len(outline) * 0.75, dots).astype(int)]:
        sx, sy = placed((middle + (tip - middle) * 0.93)[None, :], x, y, size)[0]
        pen.disc(sx, sy, size * 0.028, spot)


def _body(pen: Pen, x: float, y: float, size: float, ink: Colour) -> None:
    body = lighter(ink, 0.12)
    pen.polygon(placed(oval_points(size * 0.055, size * 0.36), x, y + size * 0.18), body)
    pen.polygon(placed(oval_points(size * 0.075, size * 0.17), x, y - size * 0.08), lighter(ink, 0.2))
    pen.disc(x, y - size * 0.28, size * 0.06, body)
    for side in (-1, 1):
        feeler = smooth(
            [(x, y - size * 0.3), (x + side * size * 0.1, y - size * 0.55), (x + side * size * 0.24, y - size * 0.72)]
        )
        pen.stroke(feeler, size * 0.012, body)
        pen.disc(feeler[-1, 0], feeler[-1, 1], size * 0.022, body)
