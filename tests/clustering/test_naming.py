import numpy as np

from curate.clustering.naming import cluster_names


def names(*clusters: list[list[str]]) -> list[str]:
    """Name clusters whose images have these texts."""
    texts = [texts for cluster in clusters for texts in cluster]
    return cluster_names(texts, np.repeat(np.arange(len(clusters)), [len(cluster) for cluster in clusters]))


def test_a_cluster_is_named_by_the_phrase_that_sets_it_apart() -> None:
    misty = [["Misty mountains at dawn"], ["a photo of misty mountains"], ["misty mountains, with a lake"]]
    sunny = [["A photo of a sunny beach"], ["sunny beach with a boat"], ["people on a sunny beach"]]
    assert names(misty, sunny) == ["Misty mountains", "Sunny beach"]


def test_people_keep_their_capitals() -> None:
    assert names([["Ada Lindqvist"]] * 3, [["Bo Ek"]] * 3) == ["Ada Lindqvist", "Bo Ek"]


def test_words_that_all_clusters_share_name_none() -> None:
    assert names([["holiday"], ["holiday"]], [["holiday"], ["holiday"]]) == ["Group 1", "Group 2"]


def test_images_without_words_make_numbered_groups() -> None:
    assert names([[], []], [[], []], [["cat"], ["cat"]]) == ["Group 1", "Group 2", "Cat"]


def test_singular_and_plural_count_together() -> None:
    puppies = [["puppy"], ["puppies"], ["puppies"], ["grass"], ["garden"]]
    assert names(puppies, [["car"]] * 5)[0] == "Puppies"


def test_two_clusters_of_the_same_thing_get_different_names() -> None:
    red, blue, car = [["dress", "red"]] * 4, [["dress", "blue"]] * 3, [["car"]] * 9
    first, second, _ = names(red, blue, car)
    assert len({first, second}) == 2
    assert names([["dress"]] * 4, [["dress"]] * 3, car) == ["Dress", "Dress 2", "Car"]


def test_folder_names_are_read_as_words_and_file_numbers_are_not() -> None:
    assert names([["red_dress-01"], ["red_dress-02"]], [["IMG_2231"], ["IMG_2232"]]) == ["Red dress", "Group 2"]


def test_addresses_and_hashes_are_no_names() -> None:
    assert names([["https://example.org/cat"], ["3fa9c0de"]] * 3, [["dog"]] * 6) == ["Group 1", "Dog"]


def test_noise_gets_no_name_but_what_is_common_there_is_no_distinction() -> None:
    texts = [["indoor", "cat"]] * 4 + [["indoor"]] * 20
    assert cluster_names(texts, np.array([0] * 4 + [-1] * 20)) == ["Cat"]


def test_the_only_cluster_is_named_by_what_it_shows() -> None:
    assert names([["cat"], ["cat"], ["cat"]]) == ["Cat"]


def test_no_clusters_need_no_names() -> None:
    assert cluster_names([], np.empty(0, int)) == []
    assert cluster_names([["cat"]], np.array([-1])) == []
