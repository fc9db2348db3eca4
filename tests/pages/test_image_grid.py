"""The image grid: what the page gives it, and the arithmetic it does in the browser."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from curate.store.images import TileRows
from curate.views import _pack
from pages.components import image_grid
from pages.selection import Selection
from tests.chromium import chromium

EXPOSED = "window.grid = { ImageView, Layout, SelectedSet, Scroller };"


def image_ids(count: int) -> list[str]:
    return [f"{number:012x}" for number in range(count)]


def view_bytes(sizes: Sequence[tuple[int, int]], scores: np.ndarray | None = None) -> bytes:
    """The bytes of a view whose images have these (width, height)."""
    widths, heights = np.array(sizes, np.int32).reshape(-1, 2).T
    return _pack(TileRows(image_ids(len(sizes)), widths, heights, np.full(len(sizes), 0xBEEF, np.uint32)), scores)


def bitmap_of(chosen: Sequence[int], count: int) -> str:
    selection = Selection()
    ids = image_ids(count)
    selection.replace([ids[position] for position in chosen])
    return selection.bitmap(ids)


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """An empty page with the grid's own script in it."""
    with chromium() as browser:
        page = browser.new_page()
        page.add_script_tag(content=image_grid.script() + EXPOSED, type="module")
        page.wait_for_function("() => window.grid !== undefined")
        yield page


def in_browser(page: Page, body: str, view: bytes = b"", **values: Any) -> Any:
    """Run JavaScript with `view` made from bytes and `values` at hand; return what it returns."""
    setup = "const view = bytes.length ? new grid.ImageView('token', new Uint8Array(bytes).buffer) : null;"
    return page.evaluate(f"({{ bytes, values }}) => {{ {setup} {body} }}", {"bytes": list(view), "values": values})


def boxes(page: Page, sizes: Sequence[tuple[int, int]], width: int, mode: str) -> list[dict[str, float]]:
    body = """const layout = new grid.Layout(view, values.width, 150, values.mode);
        return Array.from({ length: view.length }, (_, index) => layout.box(index));"""
    return in_browser(page, body, view_bytes(sizes), width=width, mode=mode)


def sizes_of_many_shapes(count: int) -> list[tuple[int, int]]:
    generator = np.random.default_rng(7)
    return [(int(width), int(height)) for width, height in generator.integers(200, 2000, (count, 2))]


def grid_app() -> None:
    """A page with a grid of ten images, of which the second is selected."""
    from curate.views import View
    from pages.components.image_grid import image_grid
    from pages.selection import current_selection

    ids = [f"{number:012x}" for number in range(10)]
    current_selection().replace([ids[1]])
    image_grid(View("abc", ids, b""), key="grid", version=3, pinned=1, tags=["cat"], empty=("None", "Import some."))


def test_the_page_gives_the_grid_its_token_and_selection_and_not_the_list() -> None:
    app = AppTest.from_function(grid_app).run()

    data = json.loads(app.get("bidi_component")[0].proto.json)

    assert not app.exception
    assert (data["token"], data["count"], data["version"], data["pinned"]) == ("abc", 10, 3, 1)
    assert data["selection"] == bitmap_of([1], 10)
    assert data["empty"] == {"title": "None", "hint": "Import some."}
    assert "00000000000" not in json.dumps(data)


@pytest.mark.browser
def test_a_view_reads_in_the_browser_as_it_was_written(browser_page: Page) -> None:
    body = view_bytes([(640, 480), (30, 900)], np.array([0.5, 0.25], np.float32))

    read = in_browser(
        browser_page,
        "return [view.length, view.id(1), view.indexOf(values.id), view.widths[1], view.heights[1], view.score(1),"
        " view.thumbnail(0), view.indexOf('ffffffffffff')];",
        body,
        id=image_ids(2)[1],
    )

    assert read == [2, "000000000001", 1, 30, 900, 0.25, "/api/images/000000000000/thumbnail?v=beef", -1]


@pytest.mark.browser
@pytest.mark.parametrize("width", [380, 1037, 2200])
def test_justified_rows_fill_the_width_with_pictures_of_true_shape(browser_page: Page, width: int) -> None:
    sizes = sizes_of_many_shapes(300)
    placed = boxes(browser_page, sizes, width, "rows")

    tops = sorted({box["top"] for box in placed})
    for top in tops[:-1]:
        row = [box for box in placed if box["top"] == top]
        assert row[0]["left"] == 0
        assert row[-1]["left"] + row[-1]["width"] == width
        assert 75 < row[0]["height"] < 300
    for box, (image_width, image_height) in zip(placed, sizes, strict=True):
        aspect = min(3, max(1 / 3, image_width / image_height))
        assert abs(box["width"] - aspect * box["height"]) <= 2.5


@pytest.mark.browser
@pytest.mark.parametrize("mode", ["rows", "squares"])
def test_tiles_cover_most_of_the_grid_and_never_each_other(browser_page: Page, mode: str) -> None:
    placed = boxes(browser_page, sizes_of_many_shapes(200), 1037, mode)

    last_top = max(box["top"] for box in placed)
    covered = sum(box["width"] * box["height"] for box in placed if box["top"] < last_top)
    assert covered / (1037 * last_top) > 0.9
    for before, after in pairwise(placed):
        beside = after["top"] == before["top"] and after["left"] >= before["left"] + before["width"] + 2
        below = after["left"] == 0 and after["top"] >= before["top"] + before["height"] + 2
        assert beside or below


@pytest.mark.browser
def test_a_small_image_is_enlarged_at_most_twice(browser_page: Page) -> None:
    body = """const layout = new grid.Layout(view, 1000, 150, values.mode);
        return layout.picture(0, layout.box(0));"""
    for mode in ("rows", "squares"):
        picture = in_browser(browser_page, body, view_bytes([(32, 24)] * 20), mode=mode)
        assert (picture["width"], picture["height"]) == (64, 48)


@pytest.mark.browser
def test_images_without_a_known_size_still_get_a_tile(browser_page: Page) -> None:
    placed = boxes(browser_page, [(0, 0), (100, 0), (0, 100), (60_000, 10)], 500, "rows")

    assert all(box["width"] > 10 and box["height"] > 10 for box in placed)


@pytest.mark.browser
@pytest.mark.parametrize("chosen", [[], [0], [9], [0, 1, 2, 7, 9], list(range(10))])
def test_a_selection_comes_through_bitmap_and_ranges_unchanged(browser_page: Page, chosen: list[int]) -> None:
    ranges = in_browser(
        browser_page,
        "return grid.SelectedSet.fromBitmap(values.bitmap, 10).ranges();",
        bitmap=bitmap_of(chosen, 10),
    )

    selection = Selection()
    selection.set_within(image_ids(10), ranges, keep_outside=False)
    assert list(selection.ids) == [image_ids(10)[position] for position in chosen]


@pytest.mark.browser
def test_an_edited_list_is_told_from_another_list(browser_page: Page) -> None:
    body = """const other = new grid.ImageView('other', new Uint8Array(values.other).buffer);
        return [view.resembles(other), view.resembles(view)];"""
    full = view_bytes([(10, 10)] * 100)

    assert in_browser(browser_page, body, full, other=list(view_bytes([(10, 10)] * 95))) == [True, True]
    assert in_browser(browser_page, body, full, other=list(view_bytes([(10, 10)] * 20))) == [False, True]


@pytest.mark.browser
def test_content_higher_than_an_element_can_be_is_reached_to_its_end(browser_page: Page) -> None:
    body = """const port = document.createElement("div");
        port.style.cssText = "height: 600px; overflow-y: scroll";
        const content = document.createElement("div");
        port.append(content);
        document.body.append(port);
        const scroller = new grid.Scroller(port, content, () => {}, () => {});
        scroller.resize(120_000_000);
        scroller.scrollTo(Infinity);
        const end = scroller.top;
        scroller.scrollTo(60_000_000);
        const shown = 60_000_000 - scroller.shift - port.scrollTop;
        const result = { end, middle: scroller.top, element: content.offsetHeight, shown };
        port.remove();
        return result;"""

    result = in_browser(browser_page, body)

    assert result["end"] == 120_000_000 - 600
    assert result["middle"] == 60_000_000
    assert result["element"] < 17_000_000
    assert abs(result["shown"]) < 1
