"""The map: its colours, what the page gives it, and the arithmetic it does in the browser."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route
from streamlit.testing.v1 import AppTest

from curate.api.routes.map import pack_points
from curate.clustering.geometry import inside_polygon
from curate.models import NOISE
from curate.store.runs import MapPoints
from pages.components import embedding_map
from pages.components.embedding_map.palette import DARK, LIGHT, cluster_colour, palette
from pages.selection import Selection
from tests.chromium import chromium

EXPOSED = """
window.map = { readPoints, pointsInside, simplifiedOutline, nearestPoint, densestPlaces, fittedCamera, zoomed,
  screenX, screenY, unpackedBits, paintPoints, paintingOrder, colourGroups, newSurface, packedColour, LEVEL, CHOSEN };
"""
HTML = Path(embedding_map.__file__).with_name("embedding_map.html").read_text(encoding="utf-8")
MOUNTED = """async () => {
  const { default: draw } = await import("/map.js");
  const parentElement = document.getElementById("host");
  window.sent = [];
  const setTriggerValue = (name, value) => window.sent.push(...value.list.map(({ action }) => action));
  window.show = (run_id, names) => void draw({ parentElement, setTriggerValue, data: {
    handled: 0, run_id, version: 1, token: "abc", clusters: names.map((name, id) => [id, name, 20]), kept: "",
    selection: "", sequence: 0, highlighted: [], query: null, palette: values.palette, height: "600px",
  } });
}"""
STYLE = """:root { --st-background-color: #ffffff; --st-text-color: #222222; --st-primary-color: #2266cc }
.stage { height: 600px }"""
STAGE = {"width": 800, "height": 600, "density": 1}


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """An empty page with the map's own script in it."""
    with chromium() as browser:
        page = browser.new_page()
        page.add_script_tag(content=embedding_map.script() + EXPOSED, type="module")
        page.wait_for_function("() => window.map !== undefined")
        yield page


def scattered(count: int, clusters: int = 5) -> MapPoints:
    generator = np.random.default_rng(11)
    places = generator.uniform(-0.95, 0.95, (count, 2)).astype(np.float32)
    cluster_ids = generator.integers(-1, clusters, count).astype(np.int32)
    return MapPoints(7, [f"{number:012x}" for number in range(count)], places[:, 0], places[:, 1], cluster_ids)


def in_browser(page: Page, body: str, points: MapPoints, **values: Any) -> Any:
    """Run JavaScript with `points` read from the route's bytes and `values` at hand; return what it returns."""
    setup = "const points = map.readPoints(new Uint8Array(bytes).buffer);"
    return page.evaluate(
        f"({{ bytes, values }}) => {{ {setup} {body} }}", {"bytes": list(pack_points(points)), "values": values}
    )


def oklab(colour: str) -> np.ndarray:
    """(3,) float64: lightness, green-red, blue-yellow (Ottosson 2020)."""
    channels = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return lab @ np.cbrt(cones @ linear)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_no_two_clusters_have_colours_that_look_the_same(colours: tuple[str, ...]) -> None:
    closest = min(np.linalg.norm(oklab(one) - oklab(other)) for one, other in combinations(colours, 2))
    assert closest > 0.05  # About twice what is just noticed between two large patches.


@pytest.mark.parametrize(("dark", "page_colour"), [(False, "#fbfbfa"), (True, "#161617")])
def test_every_cluster_stands_out_from_the_page(dark: bool, page_colour: str) -> None:
    lightness = oklab(page_colour)[0]
    assert min(abs(oklab(colour)[0] - lightness) for colour in palette(dark)) > 0.15


def test_clusters_after_the_twentieth_share_one_grey_and_images_in_none_have_another() -> None:
    assert cluster_colour(20) == cluster_colour(500)
    assert cluster_colour(NOISE) not in (cluster_colour(20), cluster_colour(19))
    assert [cluster_colour(number, dark=True) for number in range(20)] == palette(dark=True)[:20]


def test_a_lasso_holds_the_same_points_in_the_browser_as_in_python(browser_page: Page) -> None:
    points = scattered(3000)
    turns = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    reach = 0.5 + 0.3 * np.sin(5 * turns)
    outline = np.stack([reach * np.cos(turns), reach * np.sin(turns)], axis=1)
    inside = in_browser(
        browser_page, "return Array.from(map.pointsInside(points, values.outline));", points, outline=outline.tolist()
    )
    assert 0 < sum(inside) < len(points)
    assert np.flatnonzero(inside).tolist() == inside_polygon(points.x, points.y, outline).tolist()


def test_an_outline_of_thousands_of_corners_is_sent_as_at_most_five_hundred(browser_page: Page) -> None:
    generator = np.random.default_rng(3)
    outline = np.cumsum(generator.normal(0, 8, (6000, 2)), axis=0).tolist()
    simple = browser_page.evaluate("(outline) => map.simplifiedOutline(outline, 0.7)", outline)
    assert 3 <= len(simple) <= 500
    assert simple[0] == outline[0]
    assert simple[-1] == outline[-1]


def test_a_straight_side_of_an_outline_keeps_only_its_ends(browser_page: Page) -> None:
    side = [[x, 10] for x in range(100)]
    assert browser_page.evaluate("(side) => map.simplifiedOutline(side, 0.7)", side) == [[0, 10], [99, 10]]


def test_the_pointer_finds_the_nearest_point_that_the_filter_keeps(browser_page: Page) -> None:
    points = scattered(2000)
    where = (0.1, -0.2)
    distance = np.hypot(points.x - where[0], points.y - where[1])
    nearest, second = np.argsort(distance)[:2]
    body = """return [map.nearestPoint(points, ...values.where, 0.2, () => true),
        map.nearestPoint(points, ...values.where, 0.2, (i) => i !== values.left),
        map.nearestPoint(points, ...values.where, values.short, () => true)];"""
    found = in_browser(browser_page, body, points, where=where, left=int(nearest), short=float(distance[nearest]) * 0.9)
    assert found == [nearest, second, None]


@pytest.mark.parametrize("legend", [0, 230])
def test_the_first_view_shows_every_point_clear_of_the_legend_and_the_edges(browser_page: Page, legend: int) -> None:
    body = """const camera = map.fittedCamera(points.bounds, values.stage, values.legend);
        return [Array.from(points.x, (x) => map.screenX(camera, values.stage, x)),
            Array.from(points.y, (y) => map.screenY(camera, values.stage, y))];"""
    x, y = np.array(in_browser(browser_page, body, scattered(500), stage=STAGE, legend=legend))
    assert x.min() >= max(legend, 20)
    assert x.max() <= STAGE["width"] - 20
    assert y.min() >= 40
    assert y.max() <= STAGE["height"] - 20


def test_zooming_leaves_what_is_under_the_pointer_where_it_is(browser_page: Page) -> None:
    body = """const home = map.fittedCamera(points.bounds, values.stage, 0);
        const place = (camera) => [
            map.screenX(camera, values.stage, points.x[3]), map.screenY(camera, values.stage, points.y[3])];
        const near = map.zoomed(home, values.stage, ...place(home), 4, home);
        return [place(home), place(near)];"""
    before, after = in_browser(browser_page, body, scattered(10), stage=STAGE)
    assert after == pytest.approx(before)


def test_a_selection_reaches_the_browser_as_it_left_python(browser_page: Page) -> None:
    ids = [f"{number:012x}" for number in range(21)]
    selection = Selection()
    selection.replace([ids[0], ids[9], ids[20]])
    bits = browser_page.evaluate("(text) => Array.from(map.unpackedBits(text, 21))", selection.bitmap(ids))
    assert np.flatnonzero(bits).tolist() == [0, 9, 20]


def test_a_selected_point_is_painted_above_its_neighbours_with_a_ring(browser_page: Page) -> None:
    points = MapPoints(
        1, ["a" * 12, "b" * 12], np.zeros(2, np.float32), np.zeros(2, np.float32), np.array([0, 1], np.int32)
    )
    body = """const style = Uint8Array.of(map.LEVEL.plain | map.CHOSEN, map.LEVEL.plain);
        const group = map.colourGroups(points);
        const surface = map.newSurface(document.createElement("canvas"), values.stage);
        const look = { size: 9, outlined: false, ring: 3, alphas: [30, 66, 256], background: 0,
            accent: map.packedColour("#00ff00"), colours: ["#ff0000", "#0000ff"].map(map.packedColour) };
        const scene = { points, style, group, order: map.paintingOrder(style, group) };
        map.paintPoints(surface, scene, { x: 0, y: 0, scale: 10 }, values.stage, look);
        const pixel = (x, y) => Array.from(surface.image.data.slice((y * 800 + x) * 4, (y * 800 + x) * 4 + 3));
        return [pixel(400, 300), pixel(406, 300), pixel(420, 300)];"""
    middle, ring, outside = in_browser(browser_page, body, points, stage=STAGE)
    assert middle == [255, 0, 0]
    assert ring[1] > 150
    assert outside == [0, 0, 0]


def test_a_name_stands_where_its_cluster_is_densest(browser_page: Page) -> None:
    generator = np.random.default_rng(5)
    core = generator.normal((0.5, 0.5), 0.02, (200, 2))
    stragglers = generator.uniform(-0.9, 0.9, (60, 2))
    places = np.concatenate([core, stragglers]).astype(np.float32)
    ids = [f"{number:012x}" for number in range(260)]
    points = MapPoints(1, ids, places[:, 0], places[:, 1], np.zeros(260, np.int32))
    place = in_browser(browser_page, "return map.densestPlaces(points).get(0);", points)
    assert (place["x"], place["y"]) == pytest.approx((0.5, 0.5), abs=0.02)


@pytest.fixture
def mounted_map(browser_page: Page) -> Iterator[tuple[Page, list[Route]]]:
    """A page that draws run 1 by `show(1, names)`; requests for the points of any other run are kept waiting."""
    browser = browser_page.context.browser
    assert browser is not None
    page, waiting = browser.new_page(), list[Route]()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix("http://map.test")
        if path == "/":
            route.fulfill(content_type="text/html", body=f"<style>{STYLE}</style><div id=host>{HTML}</div>")
        elif path == "/map.js":
            route.fulfill(content_type="text/javascript", body=embedding_map.script())
        elif path.startswith("/api/map/1/"):
            route.fulfill(body=pack_points(scattered(40)))
        elif path.startswith("/api/map/"):
            waiting.append(route)
        else:
            route.abort()

    page.route("http://map.test/**", answer)
    page.goto("http://map.test/")
    colours = {"light": palette(dark=False), "dark": palette(dark=True)}
    page.evaluate(MOUNTED.replace("values.palette", json.dumps(colours)))
    page.evaluate("show(1, ['cats', 'dogs'])")
    page.locator(".entry").first.wait_for()
    yield page, waiting
    page.close()


def test_until_a_new_map_is_there_the_old_one_keeps_its_names_and_speaks_for_itself(
    mounted_map: tuple[Page, list[Route]],
) -> None:
    page, waiting = mounted_map

    page.evaluate("show(2, ['boats', 'birds'])")
    page.evaluate("show(2, ['boats', 'birds'])")
    page.locator(".entry", has_text="dogs").click()
    assert page.evaluate("sent.at(-1)") == {"kind": "cluster", "id": 1, "op": "replace", "run_id": 1}

    waiting[0].fulfill(body=pack_points(replace(scattered(40), run_id=2)))
    page.locator(".entry", has_text="birds").click()
    assert page.evaluate("sent.at(-1)") == {"kind": "cluster", "id": 1, "op": "replace", "run_id": 2}


def test_a_map_that_fails_to_load_does_not_stop_the_newer_one(mounted_map: tuple[Page, list[Route]]) -> None:
    page, waiting = mounted_map

    page.evaluate("show(2, ['boats', 'birds'])")
    page.evaluate("show(3, ['hills', 'lakes'])")
    waiting[0].fulfill(status=500, body="")
    page.wait_for_timeout(100)
    waiting[1].fulfill(body=pack_points(replace(scattered(40), run_id=3)))

    page.locator(".entry", has_text="lakes").wait_for(timeout=5000)
    assert page.locator(".message").inner_text() == ""


def map_app() -> None:
    """A page with a map of fifty thousand images."""
    from curate.models import Cluster
    from curate.views import View
    from pages.components.embedding_map import embedding_map

    ids = [f"{number:012x}" for number in range(50_000)]
    embedding_map(
        key="map",
        run_id=3,
        view=View("abc", ids, b""),
        clusters=[Cluster(0, "cats", 40_000)],
        query=12,
        highlighted=[4, 5],
        on_action=lambda action: None,
    )


def test_a_rerun_carries_names_and_marks_but_no_points() -> None:
    data = json.loads(AppTest.from_function(map_app).run().main[0].proto.json)
    assert (data["run_id"], data["token"], data["query"], data["highlighted"]) == (3, "abc", 12, [4, 5])
    assert data["clusters"] == [[0, "cats", 40_000]]
    assert len(json.dumps(data)) < 2000
