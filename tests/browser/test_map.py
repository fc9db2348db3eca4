"""The map: hovering, clicking, zooming, selecting by lasso, box and cluster."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from curate.clustering.geometry import inside_box, inside_polygon
from pages.components.embedding_map.palette import cluster_colour
from tests.browser.conftest import Visit
from tests.browser.map_on_screen import MapOnScreen
from tests.browser.screen import bar, chip, expect_selected, expect_shown, expect_tiles, facet, go_to, grid, tile
from tests.browser.serving import RunningApp

SMALLEST_PICTURE = 180
MARGIN = 15


@pytest.fixture
def page(app: RunningApp, visit: Visit) -> Page:
    return visit(app)


@pytest.fixture
def drawn(page: Page, app: RunningApp) -> MapOnScreen:
    return MapOnScreen(page, app)


def test_the_map_is_one_click_away_whole_in_view_with_a_margin_and_without_numbers(
    app: RunningApp, visit: Visit
) -> None:
    page = visit(app, "gallery")
    go_to(page, "Map")
    drawn = MapOnScreen(page, app)

    left, top, right, bottom = drawn.box()
    x, y = drawn.places().T
    assert min(x.min() - left, right - x.max(), y.min() - top, bottom - y.max()) >= MARGIN
    assert drawn.root.locator(".figure text").all_inner_texts() == []


def test_points_have_the_colours_of_their_clusters_without_a_gpu(drawn: MapOnScreen) -> None:
    seen = np.asarray(Image.open(io.BytesIO(drawn.page.screenshot())).convert("RGB"), int)
    for cluster in (0, 1, 2):
        x, y = drawn.place(drawn.reachable(cluster))
        colour = cluster_colour(cluster).lstrip("#")
        expected = [int(colour[start : start + 2], 16) for start in (0, 2, 4)]
        assert np.abs(seen[round(y), round(x)] - expected).max() <= 40


def test_hover_shows_a_picture_of_180_pixels_and_the_cluster_and_stays_inside_the_map_at_its_corners(
    drawn: MapOnScreen, app: RunningApp
) -> None:
    position = drawn.reachable()
    names = {row["id"]: row["name"] for row in app.get("/clusters")["clusters"]} | {-1: "No cluster"}
    card = drawn.root.locator(".card")
    left, top, right, bottom = drawn.box()
    for corner in ("top left", "top right", "bottom left", "bottom right"):
        goal, start, away = corner_of(drawn, corner), drawn.place(position), empty_place(drawn)
        drawn.drag([away, (away[0] + goal[0] - start[0], away[1] + goal[1] - start[1])])

        drawn.page.mouse.move(*drawn.place(position))

        card.locator("img.loaded").wait_for()
        expect(card).to_have_text(names[int(drawn.clusters[position])])
        picture, whole = card.locator("img").bounding_box(), card.bounding_box()
        assert picture is not None
        assert whole is not None
        assert max(picture["width"], picture["height"]) >= SMALLEST_PICTURE
        assert whole["x"] >= left
        assert whole["y"] >= top
        assert whole["x"] + whole["width"] <= right
        assert whole["y"] + whole["height"] <= bottom


def corner_of(drawn: MapOnScreen, corner: str) -> tuple[float, float]:
    """The place closest to a corner of the map that no tool covers."""
    left, top, right, bottom = drawn.box()
    for inset in range(12, 120, 4):
        x = left + inset if "left" in corner else right - inset
        y = top + inset if "top" in corner else bottom - inset
        if drawn.is_bare((x, y)):
            return x, y
    raise AssertionError("tools cover the whole corner")


def empty_place(drawn: MapOnScreen) -> tuple[float, float]:
    """A place with no point near it, from which the map can be dragged."""
    left, top, right, bottom = drawn.box()
    places = drawn.places()
    for x in np.linspace(left + 40, right - 40, 12):
        for y in np.linspace(top + 80, bottom - 80, 12):
            if np.linalg.norm(places - (x, y), axis=1).min() > 25 and drawn.is_bare((x, y)):
                return float(x), float(y)
    raise AssertionError("points everywhere")


def test_a_click_on_a_point_shows_what_looks_like_it_beside_the_map_and_the_zoom_stays(drawn: MapOnScreen) -> None:
    page = drawn.page
    first = drawn.places()
    page.mouse.move(*drawn.place(drawn.reachable()))
    page.mouse.wheel(0, -400)
    page.wait_for_function(
        "([root, x]) => Math.abs(root.whereIs(0).x - x) > 3", arg=[drawn.root.element_handle(), float(first[0, 0])]
    )
    zoomed = drawn.places()
    position = next(one for one in by_distance(drawn) if drawn.is_bare(zoomed[one]))

    page.mouse.click(*zoomed[position])

    expect(page.get_by_text("Similar images", exact=True)).to_be_visible()
    results = grid(page, "map_grid")
    expect(tile(results, 0).get_by_text("Query")).to_be_visible()
    tile(results, 1).locator(".score").wait_for()
    assert np.ptp(zoomed[:, 0]) > 1.3 * np.ptp(first[:, 0])
    assert drawn.places() == pytest.approx(zoomed, abs=0.5)


def by_distance(drawn: MapOnScreen) -> list[int]:
    """Positions, the closest to the middle of the map first."""
    left, top, right, bottom = drawn.box()
    away = np.linalg.norm(drawn.places() - ((left + right) / 2, (top + bottom) / 2), axis=1)
    return [int(position) for position in np.argsort(away)]


def test_a_lasso_by_key_and_drag_selects_what_lies_inside(drawn: MapOnScreen) -> None:
    outline = drawn.outline()
    expected = inside_polygon(drawn.x, drawn.y, np.array([drawn.on_map(place) for place in outline]))

    drawn.page.keyboard.press("l")
    drawn.drag([*outline, outline[0]])

    assert 10 < len(expected) < len(drawn.x) - 10
    expect_selected(drawn.page, len(expected))
    expect(drawn.page.locator(".st-key-map_results")).to_contain_text(f"{len(expected)}")


def test_a_box_selects_what_lies_inside_and_shift_adds(drawn: MapOnScreen) -> None:
    left, top, right, bottom = drawn.box()
    upper = [(left + 20, top + 60), (right - 20, (top + bottom) / 2)]
    lower = [(left + 20, (top + bottom) / 2 + 1), (right - 20, bottom - 60)]
    counts = [len(inside_box(drawn.x, drawn.y, *drawn.on_map(a), *drawn.on_map(b))) for a, b in (upper, lower)]

    drawn.page.keyboard.press("b")
    drawn.drag(upper)
    expect_selected(drawn.page, counts[0])
    drawn.page.keyboard.down("Shift")
    drawn.drag(lower)
    drawn.page.keyboard.up("Shift")

    assert min(counts) > 5
    expect_selected(drawn.page, sum(counts))


def test_a_click_on_a_cluster_by_label_legend_or_point_selects_exactly_its_members(
    drawn: MapOnScreen, app: RunningApp
) -> None:
    page = drawn.page
    by_label, by_legend, by_point = app.get("/clusters")["clusters"][1:4]

    drawn.root.locator(".label.shown", has_text=by_label["name"]).click()
    expect_members(page, app, by_label)

    page.keyboard.down("Alt")
    page.mouse.click(*drawn.place(drawn.reachable(by_point["id"])))
    page.keyboard.up("Alt")
    expect_members(page, app, by_point)

    drawn.root.get_by_role("button", name="clusters").click()
    drawn.root.locator(".legend").get_by_role("button", name=by_legend["name"]).click()
    expect_members(page, app, by_legend)


def expect_members(page: Page, app: RunningApp, cluster: dict[str, Any]) -> None:
    """Exactly a cluster's images are selected, and shown beside the map."""
    members = app.image_ids(f"cluster:{cluster['id']}")
    assert len(members) == cluster["size"]
    expect_selected(page, cluster["size"])
    expect_tiles(grid(page, "map_grid"), members)


def test_a_clicked_cluster_has_its_name_size_and_colour_in_the_header(drawn: MapOnScreen, app: RunningApp) -> None:
    cluster = app.get("/clusters")["clusters"][1]

    drawn.root.locator(".label.shown", has_text=cluster["name"]).click()

    expect_selected(drawn.page, cluster["size"])
    header = drawn.page.locator(".st-key-map_results")
    expect(header).to_contain_text(f"{cluster['size']}")
    expect(header).to_contain_text(cluster["name"])
    red, green, blue = (int(cluster_colour(cluster["id"])[at : at + 2], 16) for at in (1, 3, 5))
    expect(header.locator(".cluster-dot")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")


def test_a_cluster_in_the_side_panel_narrows_map_and_grid_to_its_members(drawn: MapOnScreen, app: RunningApp) -> None:
    page = drawn.page
    cluster = app.get("/clusters")["clusters"][2]

    facet(page, "Clusters", cluster["name"]).click()

    expect_shown(page, cluster["size"], len(drawn.x))
    expect(chip(page, cluster["name"])).to_be_visible()
    expect(page.locator(".st-key-map_results")).to_contain_text(f"{cluster['size']}")
    expect_tiles(grid(page, "map_grid"), app.image_ids(f"cluster:{cluster['id']}"))


def test_the_map_works_by_keyboard_alone(drawn: MapOnScreen) -> None:
    page = drawn.page
    drawn.root.focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    expect(bar(page)).to_be_visible()
    drawn.root.focus()
    page.keyboard.press("Escape")
    expect(bar(page)).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Similar images", exact=True)).to_be_visible()
