"""Rectangles between black bars."""

from PIL import Image

from curate.demo.colour import Colour, palette, varied
from curate.demo.pen import Pen
from curate.demo.scene import Picture, Scene

Box = tuple[float, float, float, float]

# names of the accents, ground, accents, bars
SCHOOLS = (
    (("brick red", "ultramarine", "straw yellow"), "f3efe4", "c23b2e 24458c e9c046", "1a1a1c"),
    (("rust", "navy", "ochre"), "efe8d8", "a8452c 1f3350 d39a3a", "20201f"),
    (("coral", "petrol", "sand"), "f5efe6", "e07a5f 2f6272 e6c88f", "23262b"),
    (("vermilion", "sky blue", "lemon"), "f6f3ea", "d4492f 5f92bd f0d35e", "18181a"),
)


def draw(scene: Scene) -> Picture:
    names, ground_code, accent_codes, bar_code = scene.pick(SCHOOLS)
    ground, bar = palette(ground_code)[0], palette(bar_code)[0]
    accents = [varied(scene.rng, colour, 0.008, 0.03) for colour in palette(accent_codes)]
    boxes = _split(scene, (0.0, 0.0, float(scene.width), float(scene.height)), scene.whole(4, 6))
    pen = Pen(Image.new("RGB", scene.size, ground))
    share = scene.between(0.25, 0.5)
    thick = scene.short * scene.between(0.014, 0.03)
    used: list[str] = []
    for box in boxes:
        which = scene.whole(0, len(accents) - 1) if scene.chance(share) else None
        pen.box(*box, varied(scene.rng, ground, 0.005, 0.015) if which is None else accents[which])
        _frame(pen, box, thick, bar)
        if which is not None:
            used.append(names[which])
    colours = f"{len(used)} of them in {_listed(sorted(set(used)))}" if used else "all of them white"
    caption = (
        f"An abstract De Stijl composition of {len(boxes)} rectangles between black bars, {colours}; balanced, bold."
    )
    return Picture(pen.done(), caption, {"style": "De Stijl"})


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _frame(pen: Pen, box: Box, thick: float, ink: Colour) -> None:
    left, top, right, bottom = box
    half = thick / 2
    for line in ((left - half, top, left + half, bottom), (right - half, top, right + half, bottom)):
        pen.box(*line, ink)
    for line in (
        (left - half, top - half, right + half, top + half),
        (left - half, bottom - half, right + half, bottom + half),
    ):
        pen.box(*line, ink)


def _split(scene: Scene, box: Box, depth: int) -> list[Box]:
    left, top, right, bottom = box
    wide, tall = right - left, bottom - top
    if depth == 0 or min(wide, tall) < scene.short * 0.12 or (depth < 3 and scene.chance(0.3)):
        return [box]
    cut = scene.pick((0.25, 1 / 3, 0.4, 0.6, 2 / 3, 0.75))
    if wide * scene.between(0.7, 1.3) > tall:
        x = left + wide * cut
        return _split(scene, (left, top, x, bottom), depth - 1) + _split(scene, (x, top, right, bottom), depth - 1)
    y = top + tall * cut
    return _split(scene, (left, top, right, y), depth - 1) + _split(scene, (left, y, right, bottom), depth - 1)
