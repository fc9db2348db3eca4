"""Labyrinths coloured by how far one has walked, and circuit boards."""

from collections import deque

import numpy as np
from PIL import Image

from curate.demo.colour import Colour, darker, lighter, palette, ramp
from curate.demo.pen import Pen
from curate.demo.scene import Picture, Scene

INKS = (
    ("teal to coral", "101a26", "2fa7a0 8fd0a8 f2d48a ee8a6a c8506a"),
    ("violet to gold", "17122a", "4a3fa0 8f5fc0 d97fa8 f2a978 f6dc8a"),
    ("mint on dark green", "0d201c", "1f6a5a 3fa07f 8fd6a8 d6f2c8"),
    ("amber on brown", "20140e", "7a3f1f b5652a e5a04a f6d890"),
    ("ink blue on paper", "f2ecdc", "1f3a6a 3f6a9c 7f9fb8 b5a488"),
    ("rust on paper", "f4ecdf", "5a1f2a 9c3f36 cf7a4f dfb184"),
)
Cell = tuple[int, int]


def draw(scene: Scene) -> Picture:
    name, ground_code, codes = scene.pick(INKS)
    ground, colours = palette(ground_code)[0], palette(codes)
    pen = Pen(Image.new("RGB", scene.size, ground))
    if scene.chance(0.62):
        cells = _maze(scene, pen, colours)
        caption = f"A maze of {cells} cells with one winding path shading from {name}; intricate and hypnotic."
        return Picture(pen.done(), caption)
    chips = _circuit(scene, pen, ground, colours)
    caption = (
        f"A circuit board pattern, {chips} chips joined by parallel traces with round pads, in {name}; "
        "technical and precise."
    )
    return Picture(pen.done(), caption)


def _maze(scene: Scene, pen: Pen, colours: tuple[Colour, ...]) -> int:
    size = scene.short / scene.whole(11, 22)
    columns, rows = int(scene.width / size), int(scene.height / size)
    left, top = (scene.width - columns * size) / 2, (scene.height - rows * size) / 2
    links = _grown(scene, columns, rows)
    walked = _distances(links, (scene.whole(0, columns - 1), scene.whole(0, rows - 1)))
    tones = ramp(colours, max(walked.values()) + 1).round().astype(int).tolist()
    thick = size * scene.between(0.5, 0.72)
    for cell, others in links.items():
        for other in others:
            a, b = sorted((cell, other), key=lambda spot: walked[spot])
            ends = np.array([[left + (spot[0] + 0.5) * size, top + (spot[1] + 0.5) * size] for spot in (a, b)])
            r, g, blue = tones[walked[b]]
            pen.stroke(ends, thick, (r, g, blue))
    return columns * rows


def _grown(scene: Scene, columns: int, rows: int) -> dict[Cell, list[Cell]]:
    """Carve a perfect maze by depth-first search: each cell to the cells entered from it."""
    links: dict[Cell, list[Cell]] = {(0, 0): []}
    path: list[Cell] = [(0, 0)]
    turns = iter(scene.rng.random(columns * rows * 2 + 8).tolist())
    while path:
        x, y = path[-1]
        around = ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1))
        free = [cell for cell in around if 0 <= cell[0] < columns and 0 <= cell[1] < rows and cell not in links]
        if not free:
            path.pop()
            continue
        step = free[int(next(turns) * len(free))]
        links[(x, y)].append(step)
        links[step] = []
        path.append(step)
    return links


def _distances(links: dict[Cell, list[Cell]], start: Cell) -> dict[Cell, int]:
    joined: dict[Cell, list[Cell]] = {cell: list(others) for cell, others in links.items()}
    for cell, others in links.items():
        for other in others:
            joined[other].append(cell)
    walked = {start: 0}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for other in joined[cell]:
            if other not in walked:
                walked[other] = walked[cell] + 1
                queue.append(other)
    return walked


def _circuit(scene: Scene, pen: Pen, ground: Colour, colours: tuple[Colour, ...]) -> int:
    unit = scene.short * scene.between(0.018, 0.028)
    columns, rows = int(scene.width / unit), int(scene.height / unit)
    taken = np.zeros((rows, columns), dtype=bool)
    chips = _chips(scene, pen, taken, unit, ground, colours)
    for _ in range(columns * rows // 9):
        _trace(scene, pen, taken, unit, ground, scene.pick(colours))
    return chips


def _chips(scene: Scene, pen: Pen, taken: np.ndarray, unit: float, ground: Colour, colours: tuple[Colour, ...]) -> int:
    rows, columns = taken.shape
    wanted, placed_chips = scene.whole(2, 5), 0
    for _ in range(40):
        wide, tall = scene.whole(4, 9), scene.whole(4, 7)
        column, row = scene.whole(1, max(columns - wide - 2, 1)), scene.whole(1, max(rows - tall - 2, 1))
        if placed_chips == wanted or taken[row - 1 : row + tall + 1, column - 1 : column + wide + 1].any():
            continue
        placed_chips += 1
        taken[row : row + tall, column : column + wide] = True
        box = (column * unit, row * unit, (column + wide) * unit, (row + tall) * unit)
        tone = colours[1]
        for pin in range(wide):
            x = (column + pin + 0.5) * unit
            pen.box(x - unit * 0.16, box[1] - unit * 0.4, x + unit * 0.16, box[3] + unit * 0.4, lighter(tone, 0.4))
        pen.box(*box, tone, unit * 0.4)
        pen.box(
            box[0] + unit * 0.5,
            box[1] + unit * 0.5,
            box[2] - unit * 0.5,
            box[3] - unit * 0.5,
            darker(tone, 0.35),
            unit * 0.25,
        )
        pen.disc(box[0] + unit, box[1] + unit, unit * 0.22, lighter(tone, 0.5))
    return placed_chips


def _trace(scene: Scene, pen: Pen, taken: np.ndarray, unit: float, ground: Colour, colour: Colour) -> None:
    """Run one trace over free cells, straight with few diagonal bends, and end it in a pad."""
    rows, columns = taken.shape
    column, row = scene.whole(0, columns - 1), scene.whole(0, rows - 1)
    headings = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
    heading = scene.whole(0, 3) * 2
    cells: list[Cell] = []
    for _ in range(scene.whole(5, 22)):
        if not (0 <= column < columns and 0 <= row < rows) or taken[row, column]:
            break
        cells.append((column, row))
        taken[row, column] = True
        if scene.chance(0.18):
            heading = (heading + scene.pick((-1, 1))) % 8
        column, row = column + headings[heading][0], row + headings[heading][1]
    if len(cells) < 2:
        return
    points = (np.asarray(cells, dtype=np.float64) + 0.5) * unit
    pen.stroke(points, unit * 0.26, colour)
    for x, y in (points[0], points[-1]):
        pen.disc(x, y, unit * 0.36, colour)
        pen.disc(x, y, unit * 0.15, ground)
