"""Stylised portraits of a small cast: the same people in other clothes, light and rooms."""

import numpy as np
from PIL import Image

from curate.demo import light
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.families.characters import CHARACTERS, Character
from curate.demo.families.hair import behind, in_front
from curate.demo.pen import Pen, smooth
from curate.demo.scene import Picture, Scene

ROOMS = (
    ("a peach wall", "f2c3a0 e8a583"),
    ("a sage green wall", "b9c7a8 93a886"),
    ("a powder blue wall", "b9d0dc 8fb0c6"),
    ("a mustard wall", "e5bd62 cf9a3f"),
    ("a lilac wall", "c9bcd9 a493c0"),
    ("a deep teal wall", "2f6a6c 1a474f"),
    ("a warm grey wall", "d6cec2 b3a798"),
    ("a brick-coloured wall", "c4745a 9c4f40"),
)
TREATMENTS = (
    ("flat portrait", None),
    ("evening portrait", (58, 40, 110)),
    ("sunlit portrait", (255, 190, 110)),
    ("risograph portrait", None),
)


class Face:
    """Turns face coordinates (the head is 2 wide, its middle at 0, 0) into pixels."""

    def __init__(self, scene: Scene) -> None:
        self.unit = scene.short * scene.between(0.17, 0.235)
        self.x = scene.width * (0.5 + scene.between(-0.06, 0.06))
        self.y = scene.height * scene.between(0.42, 0.47)
        self.gaze = scene.between(-0.13, 0.13)
        self.mirror = scene.pick((-1.0, 1.0))

    def at(self, *points: tuple[float, float]) -> np.ndarray:
        shape = np.asarray(points, dtype=np.float64)
        return np.stack([self.x + shape[:, 0] * self.unit * self.mirror, self.y + shape[:, 1] * self.unit], axis=1)

    def curve(self, *points: tuple[float, float], closed: bool = True) -> np.ndarray:
        return smooth(self.at(*points), closed=closed, steps=8)


def draw(scene: Scene) -> Picture:
    person = scene.pick(CHARACTERS)
    room, room_codes = scene.pick(ROOMS)
    style, tint = scene.pick(TREATMENTS)
    wall = palette(room_codes)
    image = light.gradient(scene.size, wall, tilt=scene.between(-0.4, 0.4))
    face = Face(scene)
    image = _backdrop(scene, image, face, wall)
    skin, hair = palette(person.skin)[0], palette(person.hair)[0]
    top = varied(scene.rng, scene.pick(palette(person.clothes)), 0.01, 0.04)
    pen = Pen(image)
    behind(pen, face, person, hair)
    _shoulders(scene, pen, face, top, skin)
    _head(pen, face, person, skin)
    smiling = _features(scene, pen, face, person, skin, hair)
    in_front(pen, face, person, hair, top)
    if person.glasses:
        _glasses(pen, face)
    image = _treated(scene, pen.done(), style, tint, face)
    mood = "smiling gently" if smiling else "looking calm and thoughtful"
    caption = f"A {style} of {person.name}, {person.looks}, {mood} in front of {room}."
    return Picture(image, caption, {"actor": person.name, "style": style, "mood": "warm" if smiling else "thoughtful"})


def _backdrop(scene: Scene, image: Image.Image, face: Face, wall: tuple[Colour, ...]) -> Image.Image:
    pen = Pen(image)
    kind = scene.whole(0, 3)
    soft = lighter(wall[0], 0.28)
    if kind == 0:
        pen.disc(face.x, face.y - face.unit * 0.1, face.unit * scene.between(1.8, 2.2), soft)
    elif kind == 1:
        left, right = face.x - face.unit * 1.9, face.x + face.unit * 1.9
        pen.box(left, face.y - face.unit * 1.0, right, scene.height * 1.1, soft)
        pen.slice(face.x, face.y - face.unit * 1.0, face.unit * 1.9, 180, 360, soft)
    elif kind == 2:
        for stripe in np.arange(-0.5, 1.5, 0.16).tolist():
            x = scene.width * stripe
            pen.polygon(
                np.array(
                    [
                        [x, 0],
                        [x + scene.width * 0.07, 0],
                        [x + scene.width * 0.07 + scene.height * 0.3, scene.height],
                        [x + scene.height * 0.3, scene.height],
                    ]
                ),
                (*soft, 90),
            )
    return pen.done()


def _shoulders(scene: Scene, pen: Pen, face: Face, top: Colour, skin: Colour) -> None:
    floor = 6.0
    pen.polygon(
        face.curve((-0.42, 0.7), (0.42, 0.7), (0.46, 1.6), (0.9, 2.0), (0.0, 2.5), (-0.9, 2.0), (-0.46, 1.6)),
        darker(skin, 0.14),
    )
    pen.polygon(face.at((-0.42, 1.0), (0.42, 1.0), (0.44, 1.45), (-0.1, 1.62)), darker(skin, 0.28))
    body = face.curve(
        (-0.52, 1.66),
        (-1.1, 1.88),
        (-1.75, 2.2),
        (-2.1, 3.1),
        (-2.2, floor),
        (2.2, floor),
        (2.1, 3.1),
        (1.75, 2.2),
        (1.1, 1.88),
        (0.52, 1.66),
        (0.0, 2.12),
    )
    pen.polygon(body, top)
    pen.polygon(
        face.curve(
            (0.52, 1.66), (1.1, 1.88), (1.75, 2.2), (2.1, 3.1), (2.2, floor), (1.0, floor), (1.25, 3.0), (0.95, 2.2)
        ),
        (*darker(top, 0.5), 60),
    )
    kind = scene.whole(0, 3)
    trim = lighter(top, 0.45) if sum(top) < 380 else darker(top, 0.35)
    if kind == 0:
        pen.polygon(
            face.curve((-0.56, 1.5), (0.0, 1.75), (0.56, 1.5), (0.66, 1.85), (0.0, 2.2), (-0.66, 1.85)),
            mix(top, trim, 0.35),
        )
    elif kind == 1:
        for side in (-1, 1):
            pen.polygon(face.at((side * 0.5, 1.6), (side * 0.12, 2.12), (side * 0.55, 2.5), (side * 0.95, 1.92)), trim)
    elif kind == 2:
        for row in np.arange(2.45, 6, 0.42).tolist():
            pen.stroke(
                face.curve((-2.1, row + 0.2), (0.0, row), (2.1, row + 0.2), closed=False),
                face.unit * 0.1,
                (*trim, 170),
                round_ends=False,
            )


def _head(pen: Pen, face: Face, person: Character, skin: Colour) -> None:
    w = person.width
    for side in (-1, 1):
        pen.polygon(
            face.curve(
                (side * 0.92 * w, -0.12), (side * 1.12 * w, -0.12), (side * 1.08 * w, 0.22), (side * 0.9 * w, 0.34)
            ),
            darker(skin, 0.12),
        )
    head = face.curve(
        (0, -1.3),
        (0.62 * w, -1.12),
        (0.97 * w, -0.45),
        (0.93 * w, 0.25),
        (0.66 * w, 0.9),
        (0.24 * w, 1.24),
        (-0.24 * w, 1.24),
        (-0.66 * w, 0.9),
        (-0.93 * w, 0.25),
        (-0.97 * w, -0.45),
        (-0.62 * w, -1.12),
    )
    pen.polygon(head, skin)
    pen.polygon(
        face.curve(
            (0.2, -1.25),
            (0.62 * w, -1.12),
            (0.97 * w, -0.45),
            (0.93 * w, 0.25),
            (0.66 * w, 0.9),
            (0.24 * w, 1.24),
            (0.5 * w, 0.75),
            (0.62 * w, 0.1),
            (0.56 * w, -0.6),
        ),
        (*darker(skin, 0.45), 60),
    )
    if person.earrings:
        for side in (-1, 1):
            x, y = face.at((side * 1.03 * w, 0.52))[0]
            pen.ring(x, y, face.unit * 0.15, face.unit * 0.045, (226, 178, 84))


def _features(scene: Scene, pen: Pen, face: Face, person: Character, skin: Colour, hair: Colour) -> bool:
    unit, g = face.unit, face.gaze
    smiling = scene.chance(0.55)
    blush = mix(skin, (214, 84, 74), 0.35)
    for side in (-1, 1):
        x, y = face.at((side * 0.52 + g, 0.36))[0]
        pen.oval(x, y, unit * 0.2, unit * 0.13, (*blush, 110))
        _eye(pen, face, side * 0.4 + g, palette(person.eyes)[0], skin)
        brow = face.curve((side * 0.2 + g, -0.36), (side * 0.4 + g, -0.47), (side * 0.64 + g, -0.36), closed=False)
        pen.stroke(brow, unit * 0.075, mix(darker(hair, 0.2), skin, 0.12))
    if person.freckles:
        for fx, fy in (
            (-0.6, 0.24),
            (-0.45, 0.3),
            (-0.32, 0.22),
            (-0.5, 0.42),
            (0.6, 0.24),
            (0.45, 0.3),
            (0.32, 0.22),
            (0.5, 0.42),
            (0.0, 0.2),
        ):
            x, y = face.at((fx + g, fy))[0]
            pen.disc(x, y, unit * 0.022, (*mix(skin, (140, 70, 40), 0.6), 190))
    pen.stroke(
        face.curve((g * 1.5 + 0.05, -0.12), (g * 1.7 + 0.15, 0.3), (g * 1.5 - 0.06, 0.38), closed=False),
        unit * 0.045,
        darker(skin, 0.3),
    )
    if person.beard:
        _beard(pen, face, person, hair)
    _mouth(pen, face, smiling, mix(skin, (170, 52, 60), 0.55))
    return smiling


def _eye(pen: Pen, face: Face, x: float, iris: Colour, skin: Colour) -> None:
    unit = face.unit
    pen.polygon(face.curve((x - 0.19, 0.0), (x, -0.11), (x + 0.19, 0.0), (x, 0.09)), (250, 246, 240))
    cx, cy = face.at((x + face.gaze * 0.4, -0.01))[0]
    pen.disc(cx, cy, unit * 0.092, iris)
    pen.disc(cx, cy, unit * 0.047, (20, 16, 20))
    pen.disc(cx - unit * 0.03, cy - unit * 0.035, unit * 0.024, (255, 255, 255))
    pen.stroke(face.curve((x - 0.21, 0.0), (x, -0.12), (x + 0.21, 0.0), closed=False), unit * 0.045, darker(skin, 0.75))


def _mouth(pen: Pen, face: Face, smiling: bool, lips: Colour) -> None:
    g, lift = face.gaze * 1.2, 0.1 if smiling else 0.0
    pen.polygon(
        face.curve(
            (g - 0.28, 0.68 - lift), (g - 0.08, 0.64), (g, 0.67), (g + 0.08, 0.64), (g + 0.28, 0.68 - lift), (g, 0.84)
        ),
        lips,
    )
    pen.stroke(
        face.curve((g - 0.28, 0.68 - lift), (g, 0.73), (g + 0.28, 0.68 - lift), closed=False),
        face.unit * 0.03,
        darker(lips, 0.45),
    )


def _beard(pen: Pen, face: Face, person: Character, hair: Colour) -> None:
    w = person.width
    outline = (
        (0.97 * w, -0.05),
        (0.9 * w, 0.5),
        (0.72 * w, 1.05),
        (0.3 * w, 1.48),
        (-0.3 * w, 1.48),
        (-0.72 * w, 1.05),
        (-0.9 * w, 0.5),
        (-0.97 * w, -0.05),
        (-0.76 * w, 0.4),
        (-0.36, 0.52),
        (0.0, 0.47),
        (0.36, 0.52),
        (0.76 * w, 0.4),
    )
    pen.polygon(face.curve(*outline), hair)
    pen.polygon(
        face.curve((0.9 * w, 0.5), (0.72 * w, 1.05), (0.3 * w, 1.48), (0.45 * w, 0.9)), (*darker(hair, 0.6), 70)
    )


def _glasses(pen: Pen, face: Face) -> None:
    ink, g = (44, 36, 40), face.gaze
    for side in (-1, 1):
        x, y = face.at((side * 0.41 + g, 0.0))[0]
        pen.disc(x, y, face.unit * 0.3, (255, 255, 255, 40))
        pen.ring(x, y, face.unit * 0.32, face.unit * 0.045, ink)
    pen.stroke(face.at((-0.1 + g, -0.02), (0.1 + g, -0.02)), face.unit * 0.045, ink)
    for side in (-1, 1):
        pen.stroke(face.at((side * 0.72 + g, -0.05), (side * 0.98, -0.1)), face.unit * 0.04, ink)


def _treated(scene: Scene, image: Image.Image, style: str, tint: Colour | None, face: Face) -> Image.Image:
    """Give the flat drawing its light: evening, sun, or the dots of a cheap print."""
    if style == "risograph portrait":
        rows, columns = np.arange(scene.height)[:, None], np.arange(scene.width)[None, :]
        pitch = scene.short / 95
        dots = np.sin((columns + rows) / pitch * 2.2) * np.sin((columns - rows) / pitch * 2.2)
        return light.grain(light.shaded(image, 1 + 0.07 * np.sign(dots)), scene.rng, 12)
    if tint is not None:
        image = Image.blend(image, Image.new("RGB", image.size, tint), 0.12 if sum(tint) > 400 else 0.15)
        side = face.x - face.unit * 2.2 * face.mirror
        light.glow(image, side, face.y - face.unit, face.unit * 4.2, (255, 214, 150), 0.34)
    return light.grain(light.vignette(image, 0.14), scene.rng, 5)
