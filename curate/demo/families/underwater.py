"""A reef below the surface: shafts of light, corals, a school of fish."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import Pen, below, placed, smooth
from curate.demo.scene import Picture, Scene

WATERS = (
    ("turquoise", "bfeee0 5fc6c4 2590a6 125f86 0b3a62"),
    ("deep blue", "9fd8ea 3f98c9 1f66a6 143f7c 0b2350"),
    ("emerald", "d6f2cf 7fcfae 3a9a8a 1c6468 0f3c4a"),
    ("twilight blue", "9aa8dc 5a6cb8 39479a 262c70 161a48"),
)
CORALS = palette("e8836f d9607a f0a868 b36aa8 e5c07a 8fb58a f2c0b0 c85a5a")
FISHES = (
    ("orange", "f09a4a"),
    ("yellow", "f2d060"),
    ("silver", "d3e3ea"),
    ("violet", "9a7fc9"),
    ("coral pink", "f0908a"),
)
FISH = np.array(
    [
        (-1.0, 0.0),
        (-0.55, -0.34),
        (0.05, -0.42),
        (0.55, -0.14),
        (0.72, -0.06),
        (1.05, -0.4),
        (0.95, 0.0),
        (1.05, 0.4),
        (0.72, 0.06),
        (0.55, 0.14),
        (0.05, 0.42),
        (-0.55, 0.34),
    ]
)


def draw(scene: Scene) -> Picture:
    water_name, codes = scene.pick(WATERS)
    water = palette(codes)
    image = light.gradient(scene.size, water, tilt=scene.between(-0.25, 0.25))
    image = _shafts(scene, image, water[0])
    pen = Pen(image)
    for nearness in (0.35, 0.7, 1.0):
        _reef(scene, pen, nearness, water)
    jellies = scene.chance(0.3)
    fish_name, fish_code = scene.pick(FISHES)
    if jellies:
        _jellyfish(scene, pen, water)
    else:
        _school(scene, pen, palette(fish_code)[0], water)
    _bubbles(scene, pen)
    image = light.grain(light.vignette(pen.done(), 0.25), scene.rng, 5)
    who = "pale jellyfish drift" if jellies else f"a school of {fish_name} fish swims"
    caption = (
        f"An underwater scene in {water_name} light: {who} above colourful corals while sunbeams fall "
        "through the water; serene."
    )
    return Picture(image, caption, {"style": "paper-cut illustration", "mood": "serene"})


def _shafts(scene: Scene, image: Image.Image, colour: Colour) -> Image.Image:
    mask = Pen.mask(scene.size)
    origin = scene.width * scene.between(0.1, 0.9)
    for _ in range(scene.whole(5, 9)):
        top = origin + scene.between(-0.35, 0.35) * scene.width
        wide = scene.width * scene.between(0.02, 0.07)
        foot = top + (top - origin) * scene.between(0.6, 1.4) + scene.between(-0.1, 0.1) * scene.width
        reach = scene.height * scene.between(0.6, 1.0)
        mask.polygon(
            np.array(
                [[top - wide / 2, -5], [top + wide / 2, -5], [foot + wide * 1.6, reach], [foot - wide * 1.6, reach]]
            ),
            scene.whole(50, 110),
        )
    fade = np.linspace(1, 0, scene.height)[:, None] ** 1.4
    beams = np.asarray(light.soft(mask.done(), scene.short * 0.018), dtype=np.float64) / 255
    return light.screened(image, colour, light.as_mask(beams * fade))


def _reef(scene: Scene, pen: Pen, nearness: float, water: tuple[Colour, ...]) -> None:
    crest = scene.height * (0.7 + 0.2 * nearness) - scene.height * 0.08 * noise.line(
        scene.rng, scene.width, scene.short * 0.45, 4
    )
    rock = mix(water[3], darker(water[4], 0.35), nearness)
    for _ in range(scene.whole(6, 9)):
        x = scene.between(0, scene.width)
        y = float(crest[min(int(x), scene.width - 1)]) + scene.short * 0.02
        colour = mix(water[2], varied(scene.rng, scene.pick(CORALS)), 0.25 + 0.7 * nearness)
        size = scene.short * (0.06 + 0.12 * nearness) * scene.between(0.7, 1.2)
        kind = scene.whole(0, 3)
        if kind == 0:
            _branching(scene, pen, x, y, size, -np.pi / 2, 4, colour)
        elif kind == 1:
            _brain(scene, pen, x, y, size * 0.55, colour)
        elif kind == 2:
            _weed(scene, pen, x, y, size * 1.7, mix(colour, (70, 130, 95), 0.75))
        else:
            _fan(pen, x, y, size, colour)
    pen.polygon(below(crest, scene.height), rock)


def _branching(
    scene: Scene, pen: Pen, x: float, y: float, size: float, turn: float, depth: int, colour: Colour
) -> None:
    length = size * 0.36
    end = (x + np.cos(turn) * length, y + np.sin(turn) * length)
    pen.stroke(np.array([[x, y], end]), size * 0.035 * (depth + 0.6), lighter(colour, 0.06 * (4 - depth)))
    if depth > 1:
        for lean in (-0.5, 0.45):
            _branching(scene, pen, *end, size * 0.86, turn + lean * scene.between(0.6, 1.3), depth - 1, colour)


def _brain(scene: Scene, pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    pen.slice(x, y, size, 180, 360, colour)
    for ring in np.linspace(0.85, 0.2, 5).tolist():
        pen.arc(x, y, size * ring, size * ring, 185, 355, size * 0.05, lighter(colour, 0.3))


def _weed(scene: Scene, pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    for blade in range(scene.whole(3, 6)):
        bx = x + (blade - 2) * size * 0.07
        tall = size * scene.between(0.6, 1.0)
        sway = scene.between(0.04, 0.1) * size
        knots = [(bx, y), (bx + sway, y - tall * 0.35), (bx - sway, y - tall * 0.7), (bx + sway * 0.6, y - tall)]
        pen.taper(smooth(knots), size * 0.06, size * 0.008, varied(scene.rng, colour))


def _fan(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    for turn in np.linspace(-2.5, -0.64, 11).tolist():
        end = np.array([x + np.cos(turn) * size, y + np.sin(turn) * size])
        pen.stroke(np.array([[x, y], end]), size * 0.035, colour)
        pen.disc(end[0], end[1], size * 0.06, lighter(colour, 0.35))
    for ring in (0.45, 0.7):
        pen.arc(x, y, size * ring, size * ring, 217, 323, size * 0.025, lighter(colour, 0.15))


def _school(scene: Scene, pen: Pen, colour: Colour, water: tuple[Colour, ...]) -> None:
    shape = smooth(FISH, closed=True, steps=4)
    facing = scene.pick((-1.0, 1.0))
    middle = scene.width * scene.between(0.3, 0.7), scene.height * scene.between(0.3, 0.5)
    big = scene.between(0.022, 0.06)
    for _ in range(round(scene.between(0.5, 1.1) / big)):
        away = scene.rng.normal(0, 1, 2)
        x = middle[0] + away[0] * scene.width * 0.2
        y = min(middle[1] + away[1] * scene.height * 0.12 - away[0] * facing * scene.short * 0.02, scene.height * 0.74)
        size = scene.short * big * scene.between(0.6, 1.1)
        tone = mix(varied(scene.rng, colour), water[2], scene.between(0.0, 0.35))
        body = shape * [facing, 1.0]
        turn = scene.between(-0.15, 0.15)
        pen.polygon(placed(body, x, y, size, turn), tone)
        pen.polygon(placed(body * [0.75, 0.45] + [0.0, 0.14], x, y, size, turn), lighter(tone, 0.3))
        pen.disc(x - facing * size * 0.62, y - size * 0.08, size * 0.09, (24, 26, 40))


def _jellyfish(scene: Scene, pen: Pen, water: tuple[Colour, ...]) -> None:
    colour = varied(scene.rng, scene.pick(palette("f2d6e4 e8e0f5 fbe3d0")))
    for _ in range(scene.whole(2, 5)):
        x, y = scene.between(0.1, 0.9) * scene.width, scene.between(0.12, 0.5) * scene.height
        size = scene.short * scene.between(0.06, 0.14)
        for ring in (1.9, 1.6, 1.3):
            pen.disc(x, y - size * 0.3, size * ring, (*mix(colour, water[0], 0.5), 14))
        for arm in np.linspace(-0.75, 0.75, 8).tolist():
            sway = scene.between(-0.3, 0.3) * size
            knots = [
                (x + arm * size, y),
                (x + arm * size * 0.8 + sway, y + size),
                (x + arm * size * 0.7 - sway, y + size * 1.9),
                (x + arm * size * 0.6 + sway, y + size * scene.between(2.2, 3.2)),
            ]
            pen.taper(smooth(knots), size * 0.07, size * 0.015, (*colour, 120))
        pen.polygon(
            np.array(
                [
                    [x + np.cos(t) * size, y + np.sin(t) * size * (0.95 if t > np.pi else 0.22)]
                    for t in np.linspace(0, 2 * np.pi, 48).tolist()
                ]
            ),
            (*colour, 205),
        )
        pen.oval(x - size * 0.3, y - size * 0.5, size * 0.3, size * 0.2, (*lighter(colour, 0.8), 120))


def _bubbles(scene: Scene, pen: Pen) -> None:
    for _ in range(scene.whole(2, 4)):
        x, y = scene.between(0, scene.width), scene.between(0.3, 0.8) * scene.height
        for step in range(scene.whole(4, 8)):
            size = scene.short * scene.between(0.003, 0.011)
            bx, by = x + scene.between(-1, 1) * scene.short * 0.02, y - step * scene.short * 0.04
            pen.disc(bx, by, size, (230, 250, 250, 70))
            pen.disc(bx - size * 0.3, by - size * 0.3, size * 0.35, (255, 255, 255, 190))
