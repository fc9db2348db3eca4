"""How long a person waits, on ten thousand images: each a row of the design's table."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Measured, Visit
from tests.browser.map_on_screen import MapOnScreen
from tests.browser.screen import chip, expect_shown, facet, go_to, grid, tile, viewer
from tests.browser.serving import RunningApp
from tests.browser.workspaces import MANY

ENOUGH_PICTURES = 18
TIMES = 5

DECODED = """(key) => {
    const host = document.querySelector(`.st-key-${key}`);
    const root = host && [...host.querySelectorAll("*")].find((node) => node.shadowRoot)?.shadowRoot;
    if (!root) return 0;
    const port = root.querySelector(".port")?.getBoundingClientRect();
    return port === undefined ? 0 : [...root.querySelectorAll(".tile:not([hidden]) img.ready")].filter((image) => {
        const box = image.getBoundingClientRect();
        return image.naturalWidth > 0 && box.top < port.bottom && box.bottom > port.top;
    }).length;
}"""


WORDS = """([key, words]) => {
    const host = document.querySelector(`.st-key-${key}`);
    if (!host) return false;
    const shadows = [...host.querySelectorAll("*")].filter((node) => node.shadowRoot);
    const texts = [host.textContent, ...shadows.map((node) => node.shadowRoot.textContent)];
    return texts.some((text) => text.includes(words));
}"""


@pytest.fixture
def page(large_app: RunningApp, visit: Visit) -> Page:
    return visit(large_app, "gallery")


def timed(act: Callable[[], object]) -> float:
    """Seconds that something takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def until_pictures(page: Page, key: str = "gallery") -> None:
    """Wait for a screen full of pictures."""
    page.wait_for_function(f"() => ({DECODED})({key!r}) >= {ENOUGH_PICTURES}", polling=10)


def until_words(page: Page, key: str, words: str) -> None:
    """Wait for words in a part of the page; unlike `expect` this looks again without a pause that would be measured."""
    page.wait_for_function(WORDS, arg=[key, words], polling=10)


def middle(locator: Locator) -> tuple[float, float]:
    """Where to click, found before the clock starts."""
    locator.wait_for()
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_grid_is_there_within_0_7_s_warm_and_1_5_s_cold(
    page: Page, large_app: RunningApp, visit: Visit, measured: Measured
) -> None:
    until_pictures(page)
    warm = []
    for _ in range(3):
        go_to(page, "Jobs")
        page.get_by_role("button", name="Make a new map").wait_for()
        page.wait_for_timeout(300)
        warm.append(timed(lambda: (go_to(page, "Gallery"), until_pictures(page))))
    measured("warm grid", warm, 0.7)

    cold = []
    for _ in range(3):
        fresh = visit(large_app, "jobs", color_scheme="light")  # in a context, and so a cache, of its own
        fresh.get_by_role("button", name="Make a new map").wait_for()
        fresh.wait_for_timeout(500)
        cold.append(timed(lambda fresh=fresh: (go_to(fresh, "Gallery"), until_pictures(fresh))))
    measured("cold grid, the page itself being up", cold, 1.5)


def test_an_image_opens_and_changes_within_0_25_s(page: Page, measured: Measured) -> None:
    gallery = grid(page)

    def opened(position: int) -> None:
        page.keyboard.press("Enter")
        expect_image(page, position)

    def stepped(key: str, position: int) -> None:
        page.keyboard.press(key)
        expect_image(page, position)

    opening, changing = [], []
    for position in range(4, 4 + TIMES):
        tile(gallery, position).click()
        opening.append(timed(lambda position=position: opened(position)))
        changing.append(timed(lambda position=position: stepped("ArrowRight", position + 1)))
        changing.append(timed(lambda position=position: stepped("ArrowLeft", position)))
        page.keyboard.press("Escape")
        expect(viewer(page)).to_be_hidden()
        expect(tile(gallery, position)).to_be_focused()
    measured("image to detail", opening, 0.25)
    measured("next and previous image", changing, 0.25)


def expect_image(page: Page, position: int) -> None:
    """The viewer shows an image of the list, its file loaded and its place named."""
    expect(viewer(page)).to_contain_text(f"{position + 1} of {MANY:,}")
    viewer(page).locator(f'.picture.full img[src*="{position:012x}"]').wait_for()


def test_a_facet_changes_grid_and_counts_within_0_4_s(page: Page, large_app: RunningApp, measured: Measured) -> None:
    until_pictures(page)
    expect_shown(page, MANY, MANY)
    clusters = large_app.get("/clusters")["clusters"][:TIMES]

    def chosen(place: tuple[float, float], size: int) -> None:
        page.mouse.click(*place)
        until_words(page, "status_line", f"Showing {size:,} of {MANY:,}")
        until_pictures(page)

    times = []
    for cluster in clusters:
        place = middle(facet(page, "Clusters", cluster["name"]))
        times.append(timed(lambda place=place, size=cluster["size"]: chosen(place, size)))
        chip(page, cluster["name"]).click()
        expect_shown(page, MANY, MANY)
        page.wait_for_timeout(200)
    measured("facet to grid and counts at 10,000 images", times, 0.4)


def test_a_lasso_a_box_and_a_cluster_change_grid_and_counts_within_0_4_s(
    large_app: RunningApp, visit: Visit, measured: Measured
) -> None:
    page = visit(large_app)
    drawn = MapOnScreen(page, large_app)
    until_pictures(page, "map_grid")
    left, top, right, bottom = drawn.box()
    for key, goal in (("l", "lasso"), ("b", "box")):
        times = []
        for share in (0.45, 0.6, 0.75, 0.9):
            page.keyboard.press(key)
            corner = (left + share * (right - left), bottom - 70)
            start = (left + 20, top + 70)
            path = [start, corner] if key == "b" else [start, (corner[0], start[1]), corner, (start[0], corner[1])]
            before = page.locator(".st-key-map_results").text_content() or ""
            page.mouse.move(*path[0])
            page.mouse.down()
            for place in path[1:]:
                page.mouse.move(*place, steps=5)
            times.append(timed(lambda before=before: (page.mouse.up(), until_changed(page, before))))
            page.wait_for_timeout(300)
        measured(f"{goal} to grid and counts at 10,000 images", times, 0.4)

    def picked(place: tuple[float, float], size: int) -> None:
        page.mouse.click(*place)
        until_words(page, "selection_bar", f"{size:,} selected")

    page.keyboard.press("h")
    times = []
    for cluster in large_app.get("/clusters")["clusters"][1:4]:
        place = middle(drawn.root.locator(".label.shown", has_text=cluster["name"]).first)
        times.append(timed(lambda place=place, size=cluster["size"]: picked(place, size)))
        page.wait_for_timeout(300)
    measured("cluster on the map to counts at 10,000 images", times, 0.4)


def until_changed(page: Page, before: str) -> None:
    """Wait until the header beside the map says something else and the pictures below it are there."""
    changed = "(before) => document.querySelector('.st-key-map_results').textContent !== before"
    page.wait_for_function(changed, arg=before, polling=10)
    until_pictures(page, "map_grid")


def test_hover_shows_the_picture_within_0_15_s(large_app: RunningApp, visit: Visit, measured: Measured) -> None:
    page = visit(large_app)
    drawn = MapOnScreen(page, large_app)
    places = drawn.places()
    positions = [one for one in range(0, MANY, 37) if drawn.is_bare(places[one])][: 3 * TIMES]
    page.mouse.move(*places[positions[0]])
    drawn.root.locator(".card img.loaded").wait_for()
    shown = """() => {
        const host = document.querySelector(".st-key-map");
        const root = [...host.querySelectorAll("*")].find((node) => node.shadowRoot).shadowRoot;
        return !root.querySelector(".card").hidden && root.querySelector(".card img.loaded") !== null;
    }"""
    times = []
    for position in positions[1:]:
        page.mouse.move(drawn.box()[0] + 5, drawn.box()[3] - 5)
        page.wait_for_timeout(50)
        place = places[position]
        times.append(timed(lambda place=place: (page.mouse.move(*place), page.wait_for_function(shown, polling="raf"))))
    measured("hover to picture and name", times, 0.15)


def test_similar_images_are_there_within_a_second(page: Page, measured: Measured) -> None:
    times = []
    for position in range(3):
        gallery = grid(page)
        tile(gallery, position).hover()
        place = middle(tile(gallery, position).get_by_role("button", name="Find similar"))
        times.append(timed(lambda place=place: (page.mouse.click(*place), until_pictures(page, "search_grid"))))
        go_to(page, "Gallery")
        until_pictures(page)
    measured("find similar to a screen of results at 10,000 images", times, 1.0)
