"""A beach from above: water, foam, sand, parasols."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, palette, varied
from curate.demo.pen import Pen, leaf, placed
from curate.demo.scene import Picture, Scene

# name, water from the shore outwards, sand wet and dry
COASTS = (
    ("turquoise", "b8e6d6 6fcdc4 2fa3b0 1f7a9c 155a85", "c9a97c e9d3a8"),
    ("emerald green", "c8e8c8 86cba8 3fa389 22796f 155a5c", "bf9f78 e3cda6"),
    ("clear blue", "cfe8ea 8fcbdc 4fa0c9 2f74ad 1f548f", "cdb48f f0e0c2"),
    ("sunset-lit rose", "f6d8c8 e0b0b4 a98fb5 6f729f 47527f", "cf9f80 efc9a0"),
)
CLOTHS = palette("d9604a f2c24a 3f8a94 f0e8da e58fa0 5f6fa8 f0a060 7fae86")


def draw(scene: Scene) -> Picture:
    name, water_codes, sand_codes = scene.pick(COASTS)
    out = _distance(scene)
    image = _sand(scene, palette(sand_codes), out)
    image = _water(scene, image, palette(water_codes), out)
    parasols = scene.whole(0, 9)
    palms = scene.whole(1, 4) if scene.chance(0.45) else 0
    image = _furnished(scene, image, out, parasols, palms)
    image = light.grain(image, scene.rng, 6)
    things = [f"{parasols} striped parasols" if parasols > 1 else "", "palm trees" if palms else ""]
    extra = " and ".join(thing for thing in things if thing) or "nobody in sight"
    caption = (
        f"A beach seen from above: {name} water, white foam along the shore, pale sand, {extra}; sunny and relaxed."
    )
    return Picture(image, caption, {"season": "summer", "style": "aerial illustration", "mood": "relaxed"})


def _distance(scene: Scene) -> np.ndarray:
    """How far out at sea each pixel is, (H, W) float64 in short sides; negative on land."""
    turn = scene.between(0, 2 * np.pi)
    columns = (np.arange(scene.width)[None, :] - scene.width / 2) / scene.short
    rows = (np.arange(scene.height)[:, None] - scene.height / 2) / scene.short
    coast = columns * np.cos(turn) + rows * np.sin(turn)
    waver = noise.field(scene.rng, *scene.size, scene.short * scene.between(0.5, 0.9), 4) - 0.5
    return coast + waver * 0.3 + scene.between(-0.15, 0.2)


def _sand(scene: Scene, sand: tuple[Colour, ...], out: np.ndarray) -> Image.Image:
    fine = noise.field(scene.rng, *scene.size, scene.short * 0.08, 4)
    dry = np.clip(-out * 7 + 0.1 + (fine - 0.5) * 0.25, 0, 1)
    image = light.coloured(dry * 0.85 + 0.15 * fine, (darker(sand[0], 0.1), *sand, lighter(sand[1], 0.25)))
    return light.grain(image, scene.rng, 14)


def _water(scene: Scene, image: Image.Image, water: tuple[Colour, ...], out: np.ndarray) -> Image.Image:
    swell = noise.field(scene.rng, *scene.size, scene.short * 0.12, 3) - 0.5
    depth = np.clip(out * scene.between(0.9, 1.5) + swell * 0.12, 0, 1)
    sea = light.coloured(depth, water)
    web = noise.field(scene.rng, *scene.size, scene.short * 0.07, 2)
    glints = np.clip(1 - np.abs(web - 0.5) * 8, 0, 1) ** 2 * np.clip(1 - depth, 0, 1)
    sea = light.screened(sea, (220, 250, 240), light.as_mask(glints * 0.3))
    image.paste(sea, mask=light.as_mask(out * 40))
    lace = noise.field(scene.rng, *scene.size, scene.short * 0.035, 3)
    holes = np.clip((lace - 0.3) * 2.6, 0, 1)
    for at, strength in ((0.008, 1.0), (scene.between(0.07, 0.11), 0.75), (scene.between(0.18, 0.26), 0.45)):
        edge = out - at + swell * 0.03
        crest = np.exp(np.where(edge < 0, edge * 220, edge * -34)) * np.where(edge < 0, 1.0, holes)
        image.paste((255, 254, 248), mask=light.as_mask(crest * strength))
    return image


def _furnished(scene: Scene, image: Image.Image, out: np.ndarray, parasols: int, palms: int) -> Image.Image:
    """Put towels and parasols on the sand, each with its shadow, and palms at the back."""
    size = scene.short * scene.between(0.035, 0.055)
    spots = _spots(scene, out, -0.12, parasols, size * 2.6)
    trees = _spots(scene, out, -0.3, palms, size * 4)
    shade = Pen.mask(scene.size)
    for x, y in spots:
        shade.disc(x + size * 0.5, y + size * 0.6, size, 110)
    for x, y in trees:
        shade.disc(x + size, y + size * 1.2, size * 2.0, 120)
    image.paste((70, 50, 50), mask=light.soft(shade.done(), size * 0.16))
    pen = Pen(image)
    for x, y in spots:
        _towel(scene, pen, x + size * 1.3, y + size * 0.5, size)
        _parasol(scene, pen, x, y, size)
    for x, y in trees:
        _palm(scene, pen, x, y, size * scene.between(2.2, 2.9))
    return pen.done()


def _spots(scene: Scene, out: np.ndarray, inland: float, count: int, apart: float) -> list[tuple[float, float]]:
    spots: list[tuple[float, float]] = []
    for _ in range(count * 14):
        x, y = scene.whole(0, scene.width - 1), scene.whole(0, scene.height - 1)
        if len(spots) < count and out[y, x] < inland and all((x - a) ** 2 + (y - b) ** 2 > apart**2 for a, b in spots):
            spots.append((x, y))
    return spots


def _parasol(scene: Scene, pen: Pen, x: float, y: float, size: float) -> None:
    first, second = (
        varied(scene.rng, scene.pick(CLOTHS)),
        scene.pick(((246, 240, 228), (250, 246, 236), scene.pick(CLOTHS))),
    )
    turn = scene.between(0, 45)
    for wedge in range(8):
        tone = first if wedge % 2 else second
        lit = darker(tone, 0.1) if 0 < (wedge * 45 + turn) % 360 < 140 else tone
        pen.slice(x, y, size, turn + wedge * 45, turn + wedge * 45 + 46, lit)
    pen.disc(x, y, size * 0.1, (250, 246, 236))


def _towel(scene: Scene, pen: Pen, x: float, y: float, size: float) -> None:
    tone, turn = varied(scene.rng, scene.pick(CLOTHS)), scene.between(-0.5, 0.5)
    cloth = np.array([[-0.45, -0.9], [0.45, -0.9], [0.45, 0.9], [-0.45, 0.9]])
    pen.polygon(placed(cloth, x, y, size, turn), tone)
    for stripe in (-0.7, 0.55):
        band = np.array([[-0.45, stripe], [0.45, stripe], [0.45, stripe + 0.16], [-0.45, stripe + 0.16]])
        pen.polygon(placed(band, x, y, size, turn), lighter(tone, 0.6))


def _palm(scene: Scene, pen: Pen, x: float, y: float, size: float) -> None:
    offset = scene.between(0, 1)
    for frond in range(11):
        turn = offset + frond * 2 * np.pi / 11 + scene.between(-0.15, 0.15)
        green = varied(scene.rng, (74, 122, 70), 0.02, 0.06)
        length = size * scene.between(0.8, 1.05)
        pen.polygon(placed(leaf(length, length * 0.26, 0.9, 12), x, y, 1, turn), green)
        pen.polygon(placed(leaf(length, length * 0.26, 0.9, 12)[6:], x, y, 1, turn), darker(green, 0.16))
        pen.stroke(placed(np.array([[0, 0], [length * 0.95, 0]]), x, y, 1, turn), size * 0.02, lighter(green, 0.3))
    pen.disc(x, y, size * 0.09, (118, 92, 62))
