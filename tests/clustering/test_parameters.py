from pathlib import Path

import pytest

from curate.clustering.parameters import ClusteringParameters, load_parameters
from curate.errors import InvalidParameter


def test_the_shipped_file_holds_every_parameter_at_its_default(tmp_path: Path) -> None:
    assert load_parameters(tmp_path) == ClusteringParameters()


def test_the_workspace_overrides_single_values_and_the_caller_overrides_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "clustering.yaml").write_text("clustering:\n  n_neighbors: 30\n  seed: 7\n")
    chosen = load_parameters(tmp_path).overridden({"seed": 8})
    assert (chosen.n_neighbors, chosen.seed, chosen.min_dist) == (30, 8, 0.1)


@pytest.mark.parametrize("text", ["clustering: [", "clustering: 5", "clustering:\n  min_samples: many", "\x00"])
def test_a_workspace_file_with_nonsense_is_named_in_the_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "clustering.yaml").write_text(text)
    with pytest.raises(InvalidParameter, match=r"clustering\.yaml"):
        load_parameters(tmp_path)


@pytest.mark.parametrize("text", ["", "clustering:\n", "# nothing yet\n", "schedule:\n  at: '03:00'\n"])
def test_a_workspace_file_that_says_nothing_of_clustering_changes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "clustering.yaml").write_text(text)
    assert load_parameters(tmp_path) == ClusteringParameters()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("algorithm", "dbscan", "hdbscan or kmeans"),
        ("min_cluster_size", 1, "at least 2"),
        ("n_clusters", -3, "from 1 to 1000"),
        ("min_dist", "wide", "from 0 to 1"),
        ("seed", 1.5, "a whole number"),
        ("n_neighbors", None, "from 2 to 200"),
        ("colour", "red", "There is no clustering parameter “colour”"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(name: str, value: object, says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        ClusteringParameters().overridden({name: value})


@pytest.mark.parametrize("name", ["min_cluster_size", "n_clusters"])
def test_more_clusters_or_larger_ones_than_there_are_images_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="only 10 images"):
        ClusteringParameters().overridden({name: 11}).resolved(10)


@pytest.mark.parametrize(("images", "size"), [(1, 3), (60, 6), (150, 15), (20_000, 15), (100_000, 50)])
def test_the_least_size_of_a_cluster_grows_with_the_images(images: int, size: int) -> None:
    assert ClusteringParameters().resolved(images).min_cluster_size == size
