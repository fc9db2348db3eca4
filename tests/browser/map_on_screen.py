"""The map as it is on the screen, beside what the server knows of its points."""

from collections.abc import Sequence

import numpy as np
from playwright.sync_api import Locator, Page

from tests.browser.serving import RunningApp

Place = tuple[float, float]
"""Pixels from the window's left and top edge."""


class MapOnScreen:
    """The drawn map; a point's position is its index in `x`, `y` and `clusters`."""

    def __init__(self, page: Page, app: RunningApp) -> None:
        self.page = page
        self.root: Locator = page.locator(".st-key-map .map[data-drawn]:not([aria-busy])")
        self.root.wait_for()
        body = app.bytes_of(f"/map/{app.get('/clusters')['run']['id']}/points")
        count = int(np.frombuffer(body, "<u4", 4)[1])
        self.x, self.y = np.frombuffer(body, "<f4", 2 * count, offset=16).reshape(2, count)
        self.clusters = np.frombuffer(body, "<i2", count, offset=16 + 8 * count)

    def places(self) -> np.ndarray:
        """Where every point is: (N, 2) pixels from the window's corner."""
        script = """(root, count) => Array.from({ length: count }, (_, position) => {
            const { x, y } = root.whereIs(position);
            return [x, y];
        })"""
        return np.array(self.root.evaluate(script, len(self.x)))

    def place(self, position: int) -> Place:
        x, y = self.places()[position]
        return float(x), float(y)

    def reachable(self, cluster: int | None = None) -> int:
        """A point that lies clear of the others, and of names and tools; of one cluster, if that is given."""
        places = self.places()
        apart = np.linalg.norm(places[:, None] - places[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        for position in np.argsort(-apart.min(axis=1)):
            wanted = cluster is None or self.clusters[position] == cluster
            if wanted and self.is_bare(tuple(places[position])):
                return int(position)
        raise AssertionError("every point is covered by something")

    def is_bare(self, place: Sequence[float]) -> bool:
        """Whether the pointer at that place is over the map itself, not over something that lies on it."""
        script = '(root, [x, y]) => root.getRootNode().elementFromPoint(x, y)?.dataset.part === "surface"'
        return bool(self.root.evaluate(script, [float(one) for one in place]))

    def box(self) -> tuple[float, float, float, float]:
        """The map's left, top, right and bottom edge."""
        box = self.root.bounding_box()
        assert box is not None
        return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]

    def outline(self) -> list[Place]:
        """A quadrilateral around about half of the points, none of which lies close to its sides."""
        left, top, _, bottom = self.box()
        middle = float(np.median(self.places()[:, 0]))
        return [(left + 30, top + 75), (middle - 20, top + 60), (middle + 30, bottom - 60), (left + 40, bottom - 70)]

    def on_map(self, place: Place) -> Place:
        """Map coordinates of a place on the screen."""
        places = self.places()
        slope_x, start_x = np.polyfit(places[:, 0], self.x, 1)
        slope_y, start_y = np.polyfit(places[:, 1], self.y, 1)
        return float(slope_x * place[0] + start_x), float(slope_y * place[1] + start_y)

    def drag(self, places: Sequence[Place]) -> None:
        """Press at the first place, go along the others, let go at the last."""
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()
