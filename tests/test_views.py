import numpy as np
import pytest

from curate.errors import ViewNotFound
from curate.store.database import Database
from curate.store.images import ImageStore
from curate.views import KEPT_VIEWS, MAGIC, ViewRegistry
from tests.store.catalogue import add_images

IDS = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"]


@pytest.fixture
def views(database: Database, images: ImageStore) -> ViewRegistry:
    add_images(database, IDS)
    return ViewRegistry(database, images)


def test_a_views_bytes_hold_the_ids_sizes_versions_and_scores(views: ViewRegistry) -> None:
    body = views.make(IDS[:2], np.array([0.5, 0.25], np.float32)).body

    assert np.frombuffer(body, "<u4", 4).tolist() == [MAGIC, 2, 1, 0]
    assert np.frombuffer(body, "S12", 2, 16).tolist() == [b"aaaaaaaaaaaa", b"bbbbbbbbbbbb"]
    assert np.frombuffer(body, "<u2", 4, 40).tolist() == [100, 100, 50, 50]
    assert np.frombuffer(body, "<u4", 2, 48).tolist() == [0, 0]
    assert np.frombuffer(body, "<f4", 2, 56).tolist() == [0.5, 0.25]
    assert len(body) == 64


def test_unknown_images_are_left_out_with_their_scores(views: ViewRegistry) -> None:
    view = views.make(["aaaaaaaaaaaa", "unknown", "cccccccccccc"], np.array([3, 2, 1], np.float32))

    assert view.image_ids == ["aaaaaaaaaaaa", "cccccccccccc"]
    assert np.frombuffer(view.body, "<f4", 2, len(view.body) - 8).tolist() == [3, 1]


def test_the_same_list_has_the_same_token_and_another_order_another(views: ViewRegistry) -> None:
    assert views.make(IDS).token == views.make(list(IDS)).token
    assert views.make(IDS).token != views.make(IDS[::-1]).token


def test_a_view_is_made_anew_when_an_image_changes(database: Database, views: ViewRegistry) -> None:
    before = views.make(IDS)
    with database.write() as cursor:
        cursor.execute("UPDATE images SET content_hash = 'ffffffff' || content_hash[9:] WHERE id = 'aaaaaaaaaaaa'")

    assert views.make(IDS).token != before.token


def test_a_view_is_found_by_its_token_until_many_others_were_made(views: ViewRegistry) -> None:
    token = views.make(IDS).token
    assert views.get(token).image_ids == IDS

    for number in range(KEPT_VIEWS):
        views.make(IDS, np.full(3, number, np.float32))

    with pytest.raises(ViewNotFound, match="Reload the page"):
        views.get(token)
