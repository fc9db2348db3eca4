"""Pressed-flower plates: one plant on old paper."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import Pen, leaf, oval_points, placed, smooth
from curate.demo.scene import Picture, Scene

PAPERS = palette("f5eedd efe6d0 f8f4ea ece7d9 e9eee4 f3e6dc")
GREENS = palette("5b7f5a 3f6650 7d9468 4b7a70 8a9a5b 5f7a4a 6f8f86")
BLOOMS = (
    ("coral", "d9705a"),
    ("mauve", "9a6f9e"),
    ("saffron", "dfa23f"),
    ("dusty pink", "d398a0"),
    ("blue", "5f7fae"),
    ("white", "f6f0e6"),
)


def draw(scene: Scene) -> Picture:
    paper = varied(scene.rng, scene.pick(PAPERS), 0.01, 0.02)
    green = varied(scene.rng, scene.pick(GREENS), 0.02, 0.05)
    colour, bloom_code = scene.pick(BLOOMS)
    bloom = varied(scene.rng, palette(bloom_code)[0])
    plant, grow = scene.pick(
        (
            ("eucalyptus", _round_leaved),
            ("fern", _fern),
            ("olive branch", _narrow_leaved),
            ("poppy", _poppies),
            ("lavender", _spikes),
        )
    )
    cut_out = scene.chance(0.12)
    ground = Image.new("RGBA", scene.size, (*paper, 0)) if cut_out else _paper(scene, paper)
    pen = Pen(ground)
    wide = scene.width > scene.height
    stems = 1 + 2 * wide if plant == "fern" else scene.whole(1, 3) + 2 * (wide or plant == "lavender")
    for stem in range(stems):
        grow(scene, pen, _stem(scene, stem, stems), green, bloom)
    image = pen.done()
    if not cut_out:
        image = light.grain(light.vignette(image, 0.1), scene.rng, 4)
    where = "cut out on a transparent ground" if cut_out else "on warm aged paper"
    flowers = f" with {colour} flowers" if plant in ("poppy", "lavender") else ""
    caption = (
        f"A botanical illustration of {_article(plant)}{flowers}, fine veins and curved stems {where}; "
        "delicate and calm."
    )
    return Picture(image, caption, {"style": "botanical illustration", "plant": plant})


def _article(plant: str) -> str:
    return plant if plant in ("eucalyptus", "lavender") else f"{'an' if plant[0] in 'aeo' else 'a'} {plant}"


def _paper(scene: Scene, paper: Colour) -> Image.Image:
    fibres = noise.field(scene.rng, *scene.size, scene.short * 0.25, 5)
    return light.coloured(fibres, (darker(paper, 0.06), paper, lighter(paper, 0.3)))


def _stem(scene: Scene, index: int, stems: int) -> np.ndarray:
    """A curved stem from the foot of the sheet to its top, (N, 2)."""
    spread = (index - (stems - 1) / 2) / max(stems - 1, 1)
    foot = scene.width / 2 + spread * (scene.short * 0.06 + max(scene.width - scene.height, 0) * 0.45)
    lean = spread * scene.width * 0.6 + scene.between(-0.08, 0.08) * scene.short
    top = scene.height * (scene.between(0.1, 0.2) + 0.1 * abs(spread))
    bend = scene.between(-0.08, 0.08) * scene.short
    knots = [
        (foot, scene.height * 0.95),
        (foot + lean * 0.15 + bend, scene.height * 0.7),
        (foot + lean * 0.55 - bend, scene.height * 0.42),
        (foot + lean, top),
    ]
    return smooth(knots, steps=12)


def _blade(pen: Pen, shape: np.ndarray, x: float, y: float, turn: float, colour: Colour) -> None:
    """One leaf: a lit half, a shaded half, a midrib."""
    half = len(shape) // 2 + 1
    pen.polygon(placed(shape, x, y, 1, turn), lighter(colour, 0.12))
    pen.polygon(placed(shape[half - 1 :], x, y, 1, turn), darker(colour, 0.1))
    tip = placed(np.array([[0.0, 0.0], [float(shape[:, 0].max()) * 0.94, 0.0]]), x, y, 1, turn)
    pen.stroke(tip, max(float(shape[:, 0].max()) * 0.012, 0.4), lighter(colour, 0.45), round_ends=False)


def _along(stem: np.ndarray, share: float) -> tuple[float, float, float]:
    """Position and heading at a share of the stem's length."""
    at = min(max(int(share * (len(stem) - 1)), 1), len(stem) - 2)
    dx, dy = stem[at + 1] - stem[at - 1]
    return float(stem[at, 0]), float(stem[at, 1]), float(np.arctan2(dy, dx))


def _leafy(
    scene: Scene, pen: Pen, stem: np.ndarray, green: Colour, pairs: int, shape: tuple[float, float, float]
) -> None:
    length, width, open_angle = shape
    pen.taper(stem, scene.short * 0.012, scene.short * 0.003, darker(green, 0.25))
    for pair in range(pairs):
        share = 0.22 + 0.76 * pair / pairs
        size = scene.short * length * (1.1 - 0.55 * share)
        x, y, heading = _along(stem, share)
        for side in (-1, 1):
            outline = leaf(size * scene.between(0.85, 1.1), size * width, 1.2)
            _blade(
                pen,
                outline,
                x,
                y,
                heading + side * open_angle * scene.between(0.8, 1.15),
                varied(scene.rng, green, 0.015, 0.05),
            )
    x, y, heading = _along(stem, 0.99)
    _blade(pen, leaf(scene.short * length * 0.55, scene.short * length * width * 0.5, 1.2), x, y, heading, green)


def _round_leaved(scene: Scene, pen: Pen, stem: np.ndarray, green: Colour, bloom: Colour) -> None:
    _leafy(scene, pen, stem, mix(green, (150, 172, 165), 0.4), scene.whole(7, 10), (0.17, 0.75, 1.1))


def _narrow_leaved(scene: Scene, pen: Pen, stem: np.ndarray, green: Colour, bloom: Colour) -> None:
    _leafy(scene, pen, stem, green, scene.whole(10, 15), (0.2, 0.2, 0.7))
    for _ in range(scene.whole(2, 6)):
        x, y, _ = _along(stem, scene.between(0.3, 0.85))
        size = scene.short * scene.between(0.016, 0.022)
        ox, oy = x + scene.between(-2, 2) * size, y + size * 1.2
        pen.polygon(placed(oval_points(size * 1.25, size), ox, oy, 1, 1.2), darker(green, 0.5))
        pen.disc(ox - size * 0.3, oy - size * 0.4, size * 0.25, lighter(green, 0.4))


def _fern(scene: Scene, pen: Pen, stem: np.ndarray, green: Colour, bloom: Colour) -> None:
    pen.taper(stem, scene.short * 0.012, scene.short * 0.002, darker(green, 0.35))
    fronds = scene.whole(13, 17)
    for frond in range(fronds):
        share = 0.12 + 0.86 * frond / fronds
        x, y, heading = _along(stem, share)
        reach = scene.short * 0.3 * np.sin(np.pi * (0.18 + 0.8 * share)) ** 0.8
        for side in (-1, 1):
            turn = heading + side * 1.05
            tone = varied(scene.rng, green, 0.01, 0.04)
            for leaflet in np.linspace(0.08, 0.97, 12).tolist():
                lx, ly = x + np.cos(turn) * reach * leaflet, y + np.sin(turn) * reach * leaflet
                size = reach * 0.2 * (1.05 - leaflet)
                for lean in (-0.95, 0.95):
                    pen.polygon(
                        placed(leaf(size * 1.15, size * 0.5, 1, 6), lx, ly, 1, turn + lean),
                        lighter(tone, 0.1) if lean < 0 else darker(tone, 0.08),
                    )
            pen.stroke(
                np.array([[x, y], [x + np.cos(turn) * reach, y + np.sin(turn) * reach]]),
                scene.short * 0.002,
                darker(green, 0.3),
            )


def _poppies(scene: Scene, pen: Pen, stem: np.ndarray, green: Colour, bloom: Colour) -> None:
    pen.taper(stem, scene.short * 0.009, scene.short * 0.005, darker(green, 0.15))
    for blade in range(9):
        x, y, heading = _along(stem, 0.05 + 0.055 * blade)
        size = scene.short * scene.between(0.16, 0.24) * (1.1 - 0.07 * blade)
        side = 1 if blade % 2 else -1
        _blade(
            pen,
            leaf(size, size * 0.17, 1.3),
            x,
            y,
            heading + side * scene.between(0.45, 0.85),
            varied(scene.rng, green),
        )
    x, y, heading = _along(stem, 1.0)
    size = scene.short * scene.between(0.12, 0.18)
    for ring, petals in ((1.0, 6), (0.78, 5)):
        offset = scene.between(0, 6)
        for petal in range(petals):
            turn = offset + petal * 2 * np.pi / petals
            tone = varied(scene.rng, mix(bloom, darker(bloom, 0.25), 1 - ring), 0.012, 0.05)
            pen.polygon(placed(leaf(size * ring, size * ring * 1.1, 0.35, 16), x, y, 1, turn), lighter(tone, 0.08))
            for vein in (-0.25, 0.0, 0.25):
                ends = placed(np.array([[size * 0.2, 0.0], [size * ring * 0.85, 0.0]]), x, y, 1, turn + vein)
                pen.stroke(ends, scene.short * 0.0015, (*darker(tone, 0.35), 120))
    pen.disc(x, y, size * 0.22, (52, 44, 52))
    for turn in np.linspace(0, 2 * np.pi, 20, endpoint=False).tolist():
        pen.disc(x + np.cos(turn) * size * 0.32, y + np.sin(turn) * size * 0.32, size * 0.028, (236, 208, 130))


def _spikes(scene: Scene, pen: Pen, stem: np.ndarray, green: Colour, bloom: Colour) -> None:
    pen.taper(stem, scene.short * 0.006, scene.short * 0.003, green)
    for share in (0.1, 0.2, 0.3, 0.4):
        x, y, heading = _along(stem, share)
        for side in (-1, 1):
            _blade(pen, leaf(scene.short * 0.2, scene.short * 0.022, 1.2), x, y, heading + side * 0.45, green)
    for share in np.linspace(0.52, 1.0, 12).tolist():
        x, y, heading = _along(stem, share)
        size = scene.short * 0.036 * (1.25 - 0.6 * share)
        for lean in (-1.3, -0.65, 0.0, 0.65, 1.3):
            pen.polygon(
                placed(leaf(size, size * 0.55, 0.7, 8), x, y, 1, heading + lean), varied(scene.rng, bloom, 0.02, 0.1)
            )
