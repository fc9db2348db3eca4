import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.clustering.geometry import EDGE, LIMIT, fitted_into_square, inside_box, inside_polygon

coordinates = st.integers(-8, 8).map(lambda eighths: eighths / 8)
corners = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12)
off_grid = st.integers(-40, 40).map(lambda number: number / 37)  # never on a corner's own height but at 0 and ±1
spots = st.lists(st.tuples(off_grid, off_grid), min_size=1, max_size=40)


def slowly_inside(x: float, y: float, outline: list[tuple[float, float]]) -> bool:
    """The even-odd rule as it stands in textbooks: count the edges to the right of the point."""
    inside = False
    for (ax, ay), (bx, by) in zip(outline, outline[1:] + outline[:1], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) * ((bx - ax) / (by - ay)):
            inside = not inside
    return inside


@given(corners, spots)
def test_the_points_inside_any_outline_are_those_that_the_plain_rule_finds(
    outline: list[tuple[float, float]], points: list[tuple[float, float]]
) -> None:
    x, y = np.array(points, dtype=np.float32).T
    expected = [i for i in range(len(x)) if slowly_inside(float(x[i]), float(y[i]), outline)]
    assert inside_polygon(x, y, np.array(outline)).tolist() == expected


def test_a_lasso_of_hundreds_of_corners_over_a_million_points_is_quick() -> None:
    x, y = np.random.default_rng(1).uniform(-1, 1, (2, 1_000_000)).astype(np.float32)
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    outline = np.column_stack([np.cos(angles), np.sin(angles)]) * 0.9
    started = time.perf_counter()
    found = inside_polygon(x, y, outline)
    assert time.perf_counter() - started < 3  # about a tenth of that on two idle cores
    assert abs(len(found) / 1_000_000 - np.pi * 0.81 / 4) < 0.002


def test_a_box_may_be_drawn_from_any_corner_and_holds_its_edges() -> None:
    x, y = np.array([[0, 0], [1, 1], [2, 2], [1, 5]], dtype=np.float32).T
    assert inside_box(x, y, 1, 2, 0, 0).tolist() == [0, 1]


def test_a_map_fills_the_square_and_a_stray_point_does_not_shrink_it() -> None:
    positions = np.random.default_rng(1).normal(size=(1000, 2))
    positions[0] = (500, 400)
    fitted = fitted_into_square(positions)
    assert fitted.dtype == np.float32
    assert np.abs(fitted).max() <= LIMIT
    assert np.quantile(np.abs(fitted), 0.9) > EDGE / 3


def test_both_axes_keep_the_same_scale() -> None:
    positions = np.random.default_rng(1).uniform(size=(2000, 2)) * (10, 1)
    width, height = np.ptp(fitted_into_square(positions), axis=0)
    assert 8 < width / height < 12


def test_maps_without_extent_are_in_the_middle() -> None:
    assert fitted_into_square(np.empty((0, 2))).shape == (0, 2)
    assert fitted_into_square(np.full((5, 2), 7.0)).tolist() == [[0, 0]] * 5
