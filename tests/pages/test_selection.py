import base64

import numpy as np
import pytest

from pages.selection import Selection, pack_positions

VIEW = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]


@pytest.fixture
def selection() -> Selection:
    return Selection()


def unpacked(bitmap: str, count: int) -> list[int]:
    """Return the positions that a bitmap marks, read as the browser reads it."""
    bits = np.unpackbits(np.frombuffer(base64.b64decode(bitmap), np.uint8))
    return np.flatnonzero(bits[:count]).tolist()


def test_ranges_from_a_grid_become_the_selection(selection: Selection) -> None:
    selection.set_within(VIEW, [[0, 1], [4, 4]], keep_outside=False)

    assert list(selection.ids) == ["a", "b", "e"]


def test_a_selection_outside_the_view_survives_when_it_should(selection: Selection) -> None:
    selection.replace(["elsewhere", "a"])

    selection.set_within(VIEW, [[2, 2]], keep_outside=True)
    assert list(selection.ids) == ["elsewhere", "c"]

    selection.set_within(VIEW, [[3, 3]], keep_outside=False)
    assert list(selection.ids) == ["d"]


def test_the_bitmap_marks_the_selected_positions_first_image_in_the_highest_bit(selection: Selection) -> None:
    selection.replace(["a", "i", "elsewhere"])

    assert unpacked(selection.bitmap(VIEW), 9) == [0, 8]
    assert base64.b64decode(selection.bitmap(VIEW))[0] == 0b1000_0000


def test_nothing_selected_in_the_view_is_an_empty_bitmap(selection: Selection) -> None:
    assert selection.bitmap(VIEW) == ""

    selection.replace(["elsewhere"])

    assert selection.bitmap(VIEW) == ""


def test_every_change_raises_the_sequence(selection: Selection) -> None:
    seen = [selection.sequence]
    for change in (
        lambda: selection.replace(["a"]),
        lambda: selection.add(["b"]),
        lambda: selection.remove(["a"]),
        selection.clear,
    ):
        change()
        seen.append(selection.sequence)

    assert seen == sorted(set(seen))


def test_adding_and_removing_keep_the_order_of_choosing(selection: Selection) -> None:
    selection.replace(["c", "a"])
    selection.add(["b", "a"])
    selection.remove(["c"])

    assert list(selection.ids) == ["a", "b"]


def test_positions_are_packed_as_a_selection_is() -> None:
    assert unpacked(pack_positions([1, 7, 8], 9), 9) == [1, 7, 8]
    assert unpacked(pack_positions([], 9), 9) == []
