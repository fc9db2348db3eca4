"""Similar images: one click from any image, ranked, with scores."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.screen import bar, expect_selected, grid, tag_list, tile, tile_ids, toast, viewer
from tests.browser.serving import RunningApp


def scores(page: Page) -> list[float]:
    """The scores on the drawn tiles, in order; the query has none."""
    results = grid(page, "search_grid")
    tile(results, 1).locator(".score").wait_for()
    read = """tiles => tiles.sort((a, b) => a.dataset.index - b.dataset.index)
        .map(tile => tile.querySelector(".score")).filter(score => !score.hidden)
        .map(score => Number(score.textContent))"""
    return [float(score) for score in results.locator(".tile:not([hidden])").evaluate_all(read)]


@pytest.fixture
def page(app: RunningApp, visit: Visit) -> Page:
    page = visit(app, "gallery")
    grid(page)
    return page


def test_one_click_on_a_tile_ranks_what_looks_like_it_after_the_query_with_scores(page: Page, app: RunningApp) -> None:
    gallery = grid(page)
    query = tile_ids(gallery)[6]
    tile(gallery, 6).hover()

    tile(gallery, 6).get_by_role("button", name="Find similar").click()

    expect(tile(grid(page, "search_grid"), 0).get_by_text("Query")).to_be_visible()
    found = scores(page)
    expected = app.post("/similarity/find", {"image_id": query, "top_k": 50})["results"]
    shown = tile_ids(grid(page, "search_grid"))
    assert shown == [query, *(row["image_id"] for row in expected)][: len(shown)]
    assert found == sorted(found, reverse=True)
    assert found == pytest.approx([row["score"] for row in expected][: len(found)], abs=0.006)


def test_the_number_of_results_changes_and_tag_all_tags_each_of_them(page: Page, app: RunningApp) -> None:
    tile(grid(page), 0).hover()
    tile(grid(page), 0).get_by_role("button", name="Find similar").click()
    scores(page)
    number = page.locator(".st-key-top_k input")
    number.fill("12")
    number.press("Enter")
    expect(page.locator(".st-key-search_results")).to_contain_text("12")
    expect(grid(page, "search_grid").locator(".tile:not([hidden])")).to_have_count(13)
    found = tile_ids(grid(page, "search_grid"))[1:]

    page.get_by_role("button", name="Tag all").click()
    expect_selected(page, 12)
    tag_list(page).get_by_role("combobox").fill("alike")
    page.keyboard.press("Enter")

    expect(toast(page)).to_contain_text("Tagged 12 images “alike”")
    assert set(app.image_ids("tag:alike")) == set(found)
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Undone")
    assert app.tags() == {}


def test_similar_images_are_a_key_away_in_the_grid_and_in_the_viewer_and_by_several_examples(page: Page) -> None:
    tile(grid(page), 2).click()
    page.keyboard.press("s")
    assert len(scores(page)) > 10
    tile(grid(page, "search_grid"), 3).dblclick()
    opened = tile_ids(grid(page, "search_grid"))[3]
    viewer(page).wait_for()
    page.keyboard.press("s")
    expect(viewer(page)).to_be_hidden()
    expect(grid(page, "search_grid").locator(f'.tile.pinned img[src*="{opened}"]')).to_be_visible()

    results = grid(page, "search_grid")
    tile(results, 1).click()
    tile(results, 2).click(modifiers=["Control"])
    bar(page).get_by_role("button", name="Find similar").click()

    expect(page.get_by_text("Similar to 2 images")).to_be_visible()
    expect(results.locator(".tile.pinned:not([hidden])")).to_have_count(2)
