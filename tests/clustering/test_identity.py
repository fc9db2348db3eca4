import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.clustering.identity import aligned, cluster_changes, match_clusters
from curate.models import NOISE


def test_clusters_keep_their_ids_whatever_their_new_numbers() -> None:
    before = np.repeat([7, 3, 12, NOISE], [50, 40, 30, 20])
    after = np.repeat([2, 0, 1, NOISE], [50, 40, 30, 20])

    assert match_clusters(before, after, fresh_id=20).tolist() == [3, 12, 7]


def test_a_cluster_that_was_not_there_before_gets_an_id_that_nobody_had() -> None:
    before = np.repeat([0, NOISE], [50, 50])
    after = np.repeat([0, 1], [50, 50])

    assert match_clusters(before, after, fresh_id=9).tolist() == [0, 9]


def test_the_larger_half_of_a_split_cluster_keeps_the_id() -> None:
    before = np.repeat([4], [100])
    after = np.repeat([0, 1], [40, 60])

    assert match_clusters(before, after, fresh_id=5).tolist() == [5, 4]


def test_a_cluster_that_shares_only_a_few_images_is_another_one() -> None:
    before = np.repeat([1, NOISE], [100, 100])
    after = np.repeat([NOISE, 0], [80, 120])

    assert match_clusters(before, after, fresh_id=2).tolist() == [2]


def test_no_clusters_on_either_side_match_nothing() -> None:
    noise = np.full(5, NOISE)

    assert match_clusters(noise, np.zeros(5, int), fresh_id=0).tolist() == [0]
    assert match_clusters(np.zeros(5, int), noise, fresh_id=1).tolist() == []
    assert match_clusters(noise[:0], noise[:0], fresh_id=0).tolist() == []


labels = st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 6)), max_size=60)


@given(labels)
def test_no_two_clusters_ever_get_one_id(pairs: list[tuple[int, int]]) -> None:
    before = np.array([old for old, _ in pairs], int)
    after = np.array([new for _, new in pairs], int)

    ids = match_clusters(before, after, fresh_id=100)

    assert len(set(ids.tolist())) == len(ids)
    assert set(ids.tolist()) <= set(before[before != NOISE].tolist()) | set(range(100, 108))


def test_what_changed_is_told() -> None:
    #                       stays  splits   two that merge  goes  noise
    before = np.repeat([0, 1, 1, 2, 3, 4, NOISE], [50, 30, 20, 40, 20, 10, 15])
    after = np.repeat([0, 1, 8, 2, 2, NOISE, 9], [50, 30, 20, 40, 20, 10, 15])

    changes = cluster_changes(before, after)

    assert changes.born == (8, 9)
    assert changes.gone == (3, 4)
    assert changes.split == {1: (1, 8)}
    assert changes.merged == {2: (2, 3)}
    assert changes.resized == {1: (50, 30), 2: (40, 60)}
    assert changes.moved == 20 + 20 + 10 + 15


@given(labels)
def test_a_run_like_the_last_one_changed_nothing(pairs: list[tuple[int, int]]) -> None:
    ids = np.array([old for old, _ in pairs], int)

    changes = cluster_changes(ids, ids)

    assert (changes.born, changes.gone, changes.split, changes.merged, changes.resized, changes.moved) == (
        (),
        (),
        {},
        {},
        {},
        0,
    )


def test_a_map_that_was_turned_mirrored_and_scaled_lies_as_before() -> None:
    random = np.random.default_rng(0)
    before = random.normal(size=(200, 2))
    angle = 2.1
    turned = before @ np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]]) * 3.7 + (5, -2)
    known = np.arange(0, 200, 2)

    again = aligned(turned, known, before[known])

    np.testing.assert_allclose(again, before, atol=1e-5)


def test_a_map_with_nothing_in_common_stays_as_it_is() -> None:
    positions = np.arange(8, dtype=np.float32).reshape(4, 2)

    assert (aligned(positions, np.empty(0, int), np.empty((0, 2))) == positions).all()
