import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ImageNotFound, InvalidInput, InvalidTag, NothingToUndo, OperationNotFound
from curate.store.database import Database
from curate.store.images import ImageStore
from curate.tagging.service import TaggingService, clean_tag
from tests.store.catalogue import add_images

CATS = ["cat-1", "cat-2", "cat-3"]


@pytest.fixture(autouse=True)
def _cats(database: Database) -> None:
    add_images(database, CATS)


def test_tagging_an_image_twice_keeps_one_tag(tagging: TaggingService) -> None:
    tagging.tag_images(["cat-1"], "cat")
    second = tagging.apply(["cat-1"], "cat")

    assert tagging.images_with("cat") == ["cat-1"]
    assert second.count == 0


def test_undoing_a_bulk_tag_leaves_the_tags_that_were_there_before(tagging: TaggingService) -> None:
    tagging.tag_images(["cat-1"], "cat")
    operation = tagging.apply(["cat-1", "cat-2"], "cat")

    tagging.undo(operation.id)

    assert tagging.images_with("cat") == ["cat-1"]


def test_undo_without_an_id_takes_back_the_newest_change_then_the_one_before(tagging: TaggingService) -> None:
    tagging.apply(["cat-1"], "one")
    tagging.apply(["cat-1"], "two")

    assert tagging.undo().tag == "two"
    assert tagging.undo().tag == "one"
    with pytest.raises(NothingToUndo):
        tagging.undo()


def test_undoing_a_removal_brings_the_tag_back_where_it_was(tagging: TaggingService) -> None:
    tagging.apply(["cat-1", "cat-3"], "cat")
    removal = tagging.remove(CATS, "cat")
    assert removal.count == 2
    assert tagging.images_with("cat") == []

    tagging.undo(removal.id)

    assert tagging.images_with("cat") == ["cat-1", "cat-3"]


def test_undoing_out_of_order_does_not_touch_what_a_later_change_did(tagging: TaggingService) -> None:
    first = tagging.apply(["cat-1", "cat-2"], "cat")
    tagging.remove(["cat-1"], "cat")
    tagging.apply(["cat-1"], "cat")

    tagging.undo(first.id)

    assert tagging.images_with("cat") == ["cat-1"]


def test_undoing_a_tag_and_then_its_removal_leaves_nothing(tagging: TaggingService) -> None:
    first = tagging.apply(["cat-1"], "cat")
    second = tagging.remove(["cat-1"], "cat")

    assert tagging.undo(first.id).count == 0
    assert tagging.undo(second.id).count == 0
    assert tagging.images_with("cat") == []


def test_a_change_that_touched_nothing_is_not_what_undo_takes_back(tagging: TaggingService) -> None:
    tagging.apply(CATS, "cat")
    tagging.apply(CATS, "cat")

    assert tagging.undo().count == 3
    assert tagging.images_with("cat") == []
    assert [operation.count for operation in tagging.history()] == [3]


def test_an_operation_can_be_undone_once(tagging: TaggingService) -> None:
    operation = tagging.apply(["cat-1"], "cat")
    tagging.undo(operation.id)

    with pytest.raises(NothingToUndo, match="already undone"):
        tagging.undo(operation.id)


def test_undo_works_after_opening_the_workspace_again(database: Database, tagging: TaggingService) -> None:
    operation = tagging.apply(["cat-2"], "cat")
    path = database.path
    database.close()

    again = Database(path)
    reopened = TaggingService(again, ImageStore(again))
    reopened.undo(operation.id)

    assert reopened.images_with("cat") == []


def test_an_unknown_operation_is_named(tagging: TaggingService) -> None:
    with pytest.raises(OperationNotFound, match="“99”"):
        tagging.undo(99)


def test_one_unknown_image_means_that_none_is_tagged(tagging: TaggingService) -> None:
    with pytest.raises(ImageNotFound, match="“dog-1”"):
        tagging.apply(["cat-1", "dog-1"], "cat")

    assert tagging.counts() == {}


def test_tagging_nothing_says_so(tagging: TaggingService) -> None:
    with pytest.raises(InvalidInput, match="No images"):
        tagging.apply([], "cat")


@pytest.mark.parametrize("tag", ["", "   ", "\t", "two\nlines", "nul\0", "line\u2028separator", "x" * 10_000])
def test_an_unusable_tag_is_refused_with_a_sentence(tagging: TaggingService, tag: str) -> None:
    with pytest.raises(InvalidTag, match=r"[a-z]\."):
        tagging.apply(["cat-1"], tag)

    assert tagging.history() == []


def test_a_tag_is_trimmed_and_composed() -> None:
    assert clean_tag("  cafe\N{COMBINING ACUTE ACCENT} ") == "café"


def test_counts_within_a_selection_stand_beside_those_of_all(tagging: TaggingService) -> None:
    tagging.apply(CATS, "cat")
    tagging.apply(["cat-3"], "sleepy")

    within = {count.value: (count.selected, count.total) for count in tagging.counts_within(["cat-1", "cat-2"])}

    assert within == {"cat": (2, 3), "sleepy": (0, 1)}


def test_two_threads_that_tag_at_once_lose_nothing(database: Database, tagging: TaggingService) -> None:
    add_images(database, [f"bulk-{number:05}" for number in range(400)])

    def tag_half(first: int) -> None:
        for number in range(first, 400, 2):
            tagging.apply([f"bulk-{number:05}"], "all")

    threads = [threading.Thread(target=tag_half, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tagging.images_with("all")) == 400


CHANGES = st.lists(
    st.tuples(st.sampled_from(["apply", "remove"]), st.sets(st.sampled_from(CATS), min_size=1)), min_size=1, max_size=8
)


@settings(deadline=None, max_examples=25)
@given(CHANGES, st.randoms(use_true_random=False))
def test_undoing_every_change_in_any_order_restores_the_start(
    changes: list[tuple[str, set[str]]], random: Random
) -> None:
    with opened_tagging() as tagging:
        tagging.apply(["cat-2"], "cat")
        done = [getattr(tagging, name)(sorted(chosen), "cat") for name, chosen in changes]
        random.shuffle(done)

        for operation in done:
            tagging.undo(operation.id)

        assert tagging.images_with("cat") == ["cat-2"]


@settings(deadline=None, max_examples=25)
@given(CHANGES)
def test_undoing_newest_first_walks_back_through_every_state(changes: list[tuple[str, set[str]]]) -> None:
    with opened_tagging() as tagging:
        states: list[set[str]] = [set()]
        for name, chosen in changes:
            operation = getattr(tagging, name)(sorted(chosen), "cat")
            if operation.count:
                states.append(states[-1] | chosen if name == "apply" else states[-1] - chosen)
            assert set(tagging.images_with("cat")) == states[-1]
        while len(states) > 1:
            tagging.undo()
            states.pop()
            assert set(tagging.images_with("cat")) == states[-1]


@contextmanager
def opened_tagging() -> Iterator[TaggingService]:
    """Three cats in a database of their own: a property's examples must not see each other."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "curate.duckdb")
        add_images(database, CATS)
        yield TaggingService(database, ImageStore(database))
        database.close()
