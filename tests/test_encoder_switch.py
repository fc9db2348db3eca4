"""A workspace with several encoders: which one it starts with, and what follows a switch."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from curate.errors import EmbeddingMissing, EmbeddingNotSupported, EncoderNotFound, NotReady, TextNotSupported
from curate.models import JobState
from curate.settings import Settings
from curate.workspace import Workspace
from tests.builders import save_picture
from tests.embedding.tiny_clip import save_tiny_clip

QUICK_RUN = {"algorithm": "kmeans", "reducer": "pca", "n_clusters": 2, "seed": 1}
COUNT = 6

Reopen = Callable[..., Workspace]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    """Open the workspace, once more where it is open: `reopen(encoder="auto")`. The model hub can't be reached."""
    with ExitStack() as stack:

        def reopened(encoder: str) -> Workspace:
            stack.close()
            settings = Settings(workspace=tmp_path / "workspace", encoder=encoder, hub_timeout=0.2, device="cpu")
            return stack.enter_context(Workspace(settings.workspace, settings))

        yield reopened


@pytest.fixture
def workspace(reopen: Reopen, tmp_path: Path) -> Workspace:
    """Six pictures embedded with the descriptor, with a map, and vectors from a file of the first four."""
    for number in range(COUNT):
        save_picture(tmp_path / "pictures" / f"{number}.jpg", number)
    workspace = reopen("descriptor")
    workspace.importing.run(tmp_path / "pictures")
    workspace.clustering.run(QUICK_RUN)
    vectors = np.random.default_rng(0).normal(size=(4, 8))
    np.save(tmp_path / "vectors.npy", vectors)
    (tmp_path / "ids.txt").write_text("".join(f"{number}.jpg\n" for number in range(4)))
    workspace.exchange.attach(tmp_path / "vectors.npy", tmp_path / "ids.txt", "From afar")
    return workspace


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_clip(tmp_path_factory.mktemp("models") / "tiny")


def test_after_a_switch_the_map_clusters_and_searches_are_the_other_encoders(workspace: Workspace) -> None:
    first = workspace.clustering.current_run()
    ids = workspace.images.find(sort="name")
    assert first is not None

    workspace.activate_encoder("from-afar")

    assert workspace.clustering.current_run() is None
    assert workspace.clustering.clusters() == []
    assert workspace.images.facet("cluster") == []
    assert workspace.images.get(ids[0]).cluster_id is None
    assert sorted(workspace.similarity.find_similar(ids[0])) == sorted(ids[1:4])

    second = workspace.clustering.run(QUICK_RUN | {"n_clusters": 3})
    assert (second.encoder, second.images) == ("from-afar", 4)
    assert len(workspace.clustering.clusters()) == 3

    workspace.activate_encoder("descriptor")
    assert workspace.clustering.current_run() == first
    assert len(workspace.clustering.clusters()) == 2
    assert len(workspace.similarity.find_similar(ids[0])) == COUNT - 1


def test_vectors_from_a_file_cannot_embed_or_read_text_and_say_so(workspace: Workspace) -> None:
    ids = workspace.images.find(sort="name")
    workspace.activate_encoder("from-afar")

    with pytest.raises(TextNotSupported, match="From afar"):
        workspace.similarity.search(text="red")
    with pytest.raises(EmbeddingMissing, match="has no vector in “From afar”"):
        workspace.similarity.find_similar(ids[5])
    with pytest.raises(EmbeddingNotSupported, match="From afar"):
        workspace.start_embedding()
    with pytest.raises(EncoderNotFound, match="nobody"):
        workspace.activate_encoder("nobody")


def test_images_can_be_imported_while_vectors_from_a_file_are_active(workspace: Workspace, tmp_path: Path) -> None:
    workspace.activate_encoder("from-afar")
    save_picture(tmp_path / "pictures" / "new.jpg", 99)

    added = workspace.importing.run(tmp_path / "pictures")
    again = workspace.importing.run(tmp_path / "pictures")

    assert (added.added, added.unchanged, added.skipped) == (1, COUNT, ())
    assert (again.added, again.unchanged) == (0, COUNT + 1)
    assert (workspace.images.count(), workspace.embeddings.count()) == (COUNT + 1, 4)

    workspace.activate_encoder("descriptor")
    job = workspace.jobs.wait(workspace.start_embedding().id, 60)
    assert (job.state, job.result) == (
        JobState.DONE,
        {"encoder": "descriptor", "embedded": 1, "unreadable": ""},
    )
    assert workspace.embeddings.count() == COUNT + 1
    assert len(workspace.clustering.map_points()) == COUNT + 1


def test_a_map_in_the_making_stays_its_encoders(workspace: Workspace) -> None:
    switched = False

    def progress(done: int, total: int, message: str) -> None:
        nonlocal switched
        if not switched:
            switched = True
            workspace.activate_encoder("from-afar")

    run = workspace.clustering.run(QUICK_RUN, progress)

    assert (run.encoder, run.images) == ("descriptor", COUNT)
    assert workspace.clustering.current_run() is None
    workspace.activate_encoder("descriptor")
    assert workspace.clustering.current_run() == run


def test_a_map_of_vectors_that_a_file_replaced_meanwhile_is_not_kept(workspace: Workspace, tmp_path: Path) -> None:
    def progress(done: int, total: int, message: str) -> None:
        if message == "Saving the map":
            workspace.exchange.attach(tmp_path / "vectors.npy", tmp_path / "ids.txt", "From afar", replace=True)

    with pytest.raises(NotReady, match="replaced “From afar”"):
        workspace.clustering.run(QUICK_RUN, progress, encoder="from-afar")

    assert workspace.clustering.current_run("from-afar") is None


def test_a_queued_map_is_made_with_the_encoder_it_was_asked_for_with(workspace: Workspace) -> None:
    job = workspace.start_clustering(QUICK_RUN)
    workspace.activate_encoder("from-afar")

    assert workspace.jobs.wait(job.id, 60).state is JobState.DONE
    assert workspace.clustering.current_run() is None
    newest = workspace.clustering.runs()[0]
    assert (newest.encoder, newest.images) == ("descriptor", COUNT)


def test_auto_comes_back_to_the_encoder_that_was_active_last(workspace: Workspace, reopen: Reopen) -> None:
    workspace.activate_encoder("from-afar")

    again = reopen("auto")

    assert (again.encoder.name, again.embeddings.count(), again.encoder_notice) == ("from-afar", 4, None)


def test_an_encoder_that_is_named_goes_first(workspace: Workspace, reopen: Reopen) -> None:
    workspace.activate_encoder("from-afar")

    assert reopen("descriptor").encoder.name == "descriptor"
    assert reopen("auto").encoder.name == "descriptor"


def test_a_checkpoint_is_loaded_again_and_what_it_lacks_is_embedded_and_mapped(
    workspace: Workspace, reopen: Reopen, checkpoint: Path
) -> None:
    named = reopen(str(checkpoint))
    name = named.encoder.name
    assert named.embeddings.count() == 0
    with pytest.raises(NotReady):
        named.start_clustering()
    (named.folder / "clustering.yaml").write_text("clustering:\n  algorithm: kmeans\n  reducer: pca\n  n_clusters: 2\n")

    named.jobs.wait(named.start_embedding().id, 120)
    named.jobs.wait(named.jobs.recent(1)[0].id, 120)

    run = named.clustering.current_run()
    assert run is not None
    assert (run.encoder, run.images) == (name, COUNT)
    again = reopen("auto")
    assert (again.encoder.name, again.embeddings.count()) == (name, COUNT)
    assert again.similarity.search(text="red").image_ids
    again.activate_encoder("descriptor")
    assert [state.name for state in again.encoders.states() if state.active] == ["descriptor"]
    assert again.encoders.named(again.embeddings.space(name).encoder.label) == name


def test_auto_does_without_a_checkpoint_that_is_gone_and_says_so(
    workspace: Workspace, reopen: Reopen, checkpoint: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint, copy)
    label = reopen(str(copy)).encoder.label
    shutil.rmtree(copy)

    again = reopen("auto")

    assert again.encoder.name == "descriptor"
    assert again.encoder_notice is not None
    assert label in again.encoder_notice


def test_the_descriptor_that_never_embedded_anything_gives_way_to_clip(reopen: Reopen) -> None:
    empty = reopen("descriptor")
    assert empty.encoder.name == "descriptor"

    notice = reopen("auto").encoder_notice

    assert notice is not None
    assert "openai/clip-vit-base-patch32" in notice
