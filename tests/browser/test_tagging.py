"""Tagging many images at once, on the screen and in the database; undoing it; and changes that come from elsewhere."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.screen import (
    bar,
    chip,
    expect_selected,
    expect_shown,
    expect_tiles,
    facet,
    go_to,
    grid,
    tag_list,
    tile,
    tile_ids,
    toast,
    viewer,
)
from tests.browser.serving import RunningApp


@pytest.fixture
def page(app: RunningApp, visit: Visit) -> Iterator[Page]:
    assert app.tags() == {}
    page = visit(app, "gallery")
    grid(page)
    yield page
    for tag in app.tags():
        app.post("/tagging/apply", {"filter": f"tag:{tag}", "tag": tag, "remove": True})


def test_three_actions_tag_the_selected_images_and_undo_restores_exactly(page: Page, app: RunningApp) -> None:
    gallery = grid(page)
    ids = tile_ids(gallery)
    had = [ids[1], ids[9]]
    app.post("/tagging/apply", {"image_ids": had, "tag": "dusk"})
    tile(gallery, 0).click()
    tile(gallery, 3).click(modifiers=["Shift"])
    expect_selected(page, 4)

    page.keyboard.press("t")
    tag_list(page).get_by_role("combobox").fill("dusk")
    page.keyboard.press("Enter")

    expect(toast(page)).to_contain_text("Tagged 3 images “dusk”")
    assert app.tags() == {"dusk": 5}
    assert set(app.image_ids("tag:dusk")) == {*ids[:4], ids[9]}
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Undone")
    assert set(app.image_ids("tag:dusk")) == set(had)


def test_an_unknown_tag_is_offered_as_create_and_ctrl_z_takes_it_back(page: Page, app: RunningApp) -> None:
    tile(grid(page), 4).click()
    expect_selected(page, 1)
    bar(page).get_by_role("button", name="Tag").click()
    page.keyboard.type("golden hour")
    expect(tag_list(page).get_by_role("option")).to_contain_text("Create “golden hour”")

    page.keyboard.press("Enter")

    expect(toast(page)).to_contain_text("Tagged 1 image “golden hour”")
    assert app.tags() == {"golden hour": 1}
    page.keyboard.press("Control+z")
    expect(toast(page)).to_contain_text("Undone")
    assert app.tags() == {}


def test_one_list_adds_and_removes_with_tri_state_boxes_and_counts_in_the_selection(
    page: Page, app: RunningApp
) -> None:
    gallery = grid(page)
    ids = tile_ids(gallery)
    app.post("/tagging/apply", {"image_ids": ids[:2], "tag": "sky"})
    tile(gallery, 0).click()
    tile(gallery, 3).click(modifiers=["Shift"])
    expect_selected(page, 4)
    page.keyboard.press("t")
    sky = tag_list(page).get_by_role("option", name="sky")
    expect(sky).to_have_attribute("aria-checked", "mixed")
    expect(sky).to_contain_text("2 of 4")

    sky.click()
    expect(sky).to_have_attribute("aria-checked", "true")
    expect(sky).to_contain_text("4 of 4")
    assert set(app.image_ids("tag:sky")) == set(ids[:4])
    sky.click()

    expect(toast(page)).to_contain_text("Removed “sky” from 4 images")
    assert app.tags() == {}


def test_typing_completes_a_tag_that_is_known(page: Page, app: RunningApp) -> None:
    gallery = grid(page)
    app.post("/tagging/apply", {"image_ids": tile_ids(gallery)[5:6], "tag": "mountain"})
    tile(gallery, 0).click()
    expect_selected(page, 1)
    page.keyboard.press("t")
    page.keyboard.type("moun")
    expect(tag_list(page).get_by_role("option").first).to_contain_text("mountain")

    page.keyboard.press("Enter")

    expect(toast(page)).to_contain_text("Tagged 1 image “mountain”")
    assert app.tags() == {"mountain": 2}


def test_the_list_says_how_many_images_it_will_touch_that_are_not_in_view(page: Page, app: RunningApp) -> None:
    cut_outs = set(app.image_ids("cut-out"))
    page.keyboard.press("Control+a")
    total = len(app.image_ids())
    expect_selected(page, total)
    page.get_by_placeholder("Filter by words").fill("cut-out")
    page.keyboard.press("Enter")
    expect_selected(page, total, outside=total - len(cut_outs))

    bar(page).get_by_role("button", name="Tag").click()

    expect(tag_list(page)).to_contain_text(f"Applies to {total} selected images ({total - len(cut_outs)} not in view)")


def test_a_tag_filters_by_its_line_in_the_side_panel(page: Page, app: RunningApp) -> None:
    tagged = tile_ids(grid(page))[2:5]
    app.post("/tagging/apply", {"image_ids": tagged, "tag": "rest"})
    tile(grid(page), 0).click()

    facet(page, "Tags", "rest").click()

    expect_shown(page, 3, len(app.image_ids()))
    expect(chip(page, "rest")).to_be_visible()
    expect_tiles(grid(page), tagged)


def test_an_image_is_tagged_and_untagged_in_the_viewer(page: Page, app: RunningApp) -> None:
    tile(grid(page), 0).dblclick()
    shown = viewer(page)
    page.keyboard.press("t")
    page.keyboard.type("calm")
    page.keyboard.press("Enter")

    expect(shown.get_by_role("button", name="Remove calm")).to_be_visible()
    for _ in range(50):
        if app.tags() == {"calm": 1}:
            break
        page.wait_for_timeout(100)
    assert app.tags() == {"calm": 1}
    page.keyboard.press("Escape")
    shown.get_by_role("button", name="Remove calm").click()
    page.keyboard.press("Escape")
    expect(toast(page)).to_contain_text("Removed “calm”")
    assert app.tags() == {}


def test_a_change_can_be_undone_later_from_its_history(page: Page, app: RunningApp) -> None:
    app.post("/tagging/apply", {"image_ids": tile_ids(grid(page))[:3], "tag": "older"})
    go_to(page, "Jobs")
    change = page.locator('[data-testid="stHorizontalBlock"]', has_text="“older”").last
    change.get_by_role("button", name="Undo").click()

    expect(change).to_contain_text("Undone")
    assert app.tags() == {}
