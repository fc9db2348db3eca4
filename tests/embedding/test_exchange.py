"""Files of vectors come in whole or not at all, and go out as they came in."""

import csv
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.embedding.exchange import EmbeddingExchange, slug
from curate.embedding.matrix import EmbeddingMatrix
from curate.embedding.service import ImageEmbeddingService
from curate.errors import EmbeddingMissing, EncoderNotFound, InvalidEmbeddings, StorageFailed
from curate.models import AttachedEmbeddings
from curate.store import encoders as stored
from curate.store.database import Database
from curate.store.times import utc_now
from tests.embedding.test_matrix import disk_full_after
from tests.similarity.given_vectors import ColourEncoder
from tests.store.catalogue import add_images

IDS = [f"image-{number:06}" for number in range(8)]
PATHS = [f"/pictures/day one/{image_id}.jpg" for image_id in IDS]
D = 5
ROOT = Path(__file__).parents[2]


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Iterator[ImageEmbeddingService]:
    """Eight images in a folder below the imported one, and an active encoder that embedded none of them."""
    add_images(database, IDS, folder="/pictures/day one")
    service = ImageEmbeddingService(database, ColourEncoder(3), tmp_path / "embeddings")
    yield service
    service.close()


@pytest.fixture
def exchange(database: Database, service: ImageEmbeddingService) -> EmbeddingExchange:
    return EmbeddingExchange(database, service)


def values(count: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=3, size=(count, D)).astype(np.float32)


def saved(folder: Path, vectors: np.ndarray, keys: list[str], header: str | None = "path") -> tuple[Path, Path]:
    """Write an .npy file and a list of ids."""
    np.save(folder / "vectors.npy", vectors)
    with (folder / "ids.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[header]] * bool(header) + [[key] for key in keys])
    return folder / "vectors.npy", folder / "ids.csv"


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def held(database: Database, service: ImageEmbeddingService) -> dict[str, Any]:
    """Everything that an attempt might change."""
    tables = ("encoders", "embeddings", "current_runs", "meta")
    rows = {table: database.read().execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in tables}
    return rows | {"files": {path.name: path.read_bytes() for path in service.folder.iterdir()}}


@pytest.mark.parametrize(
    ("keys", "way"),
    [
        (IDS[:6], "image id"),
        (PATHS[:6], "absolute path"),
        ([path.removeprefix("/pictures/") for path in PATHS[:6]], "path relative to an imported folder"),
        ([f"./{path.removeprefix('/pictures/')}" for path in PATHS[:6]], "path relative to an imported folder"),
    ],
)
def test_rows_are_matched_by_id_or_path_and_normalised(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, tmp_path: Path, keys: list[str], way: str
) -> None:
    attached = exchange.attach(*saved(tmp_path, values(), keys), "DINOv2 ViT-L/14")

    assert attached == AttachedEmbeddings("dinov2-vit-l-14", "DINOv2 ViT-L/14", D, 6, way, attached.seconds)
    space = service.space("dinov2-vit-l-14")
    assert space.get_all_embeddings().image_ids == IDS[:6]
    np.testing.assert_allclose(space.get_all_embeddings().vectors(), unit(values()), atol=1e-7)
    assert service.encoder.name == "colour"


def test_attached_vectors_are_there_after_opening_again(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    exchange.attach(*saved(tmp_path, values(), IDS[:6]), "mine")
    service.close()

    again = ImageEmbeddingService(database, ColourEncoder(3), tmp_path / "embeddings")

    np.testing.assert_allclose(again.space("mine").get_embedding(IDS[3]), unit(values())[3], atol=1e-7)


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f8"])
def test_any_float_type_is_read(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, tmp_path: Path, dtype: str
) -> None:
    exchange.attach(*saved(tmp_path, values().astype(dtype), IDS[:6]), "mine")

    vectors = service.space("mine").get_all_embeddings().vectors()
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_tiny_and_huge_vectors_keep_their_direction(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, tmp_path: Path
) -> None:
    extreme = values(2).astype(np.float64) * np.array([[1e-300], [1e300]])

    exchange.attach(*saved(tmp_path, extreme, IDS[:2]), "mine")

    np.testing.assert_allclose(service.space("mine").get_all_embeddings().vectors(), unit(values(2)), atol=1e-6)


def broken(row: int, value: float) -> np.ndarray:
    vectors = values()
    vectors[row, 2] = value
    return vectors


def zeros(row: int) -> np.ndarray:
    vectors = values()
    vectors[row] = 0
    return vectors


@pytest.mark.parametrize(
    ("vectors", "keys", "words"),
    [
        (values()[0], IDS[:6], r"shape \(5,\), not \(images, numbers\)"),
        (values()[:, :1], IDS[:6], "6 vectors of 1 numbers"),
        (values(0), [], "0 vectors"),
        (values().astype(int), IDS[:6], "int64, not float16"),
        (broken(4, np.nan), IDS[:6], r"“image-000004” \(row 5 .*no numbers"),
        (broken(1, np.inf), IDS[:6], r"“image-000001” \(row 2 .*no numbers"),
        (zeros(3), IDS[:6], r"“image-000003” \(row 4 .*all zeros"),
        (values(), IDS[:5], "5 ids for the 6 vectors"),
        (values(), IDS[:7], "7 ids for the 6 vectors"),
        (values(), [*IDS[:5], "nobody"], r"1 of the 6 ids .*“nobody” \(row 6\)"),
        (values(), [*IDS[:5], IDS[2]], "Rows 3 and 6 .*same image"),
        (values(), [*IDS[:5], ""], "1 of the 6 ids"),
        (values(), [*IDS[:5], PATHS[5]], "1 of the 6 ids"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence_and_changes_nothing(
    exchange: EmbeddingExchange,
    service: ImageEmbeddingService,
    database: Database,
    tmp_path: Path,
    vectors: np.ndarray,
    keys: list[str],
    words: str,
) -> None:
    before, version = held(database, service), database.version

    with pytest.raises(InvalidEmbeddings, match=words):
        exchange.attach(*saved(tmp_path, vectors, keys), "mine")

    assert held(database, service) == before
    assert database.version == version


def test_files_that_are_missing_or_no_vectors_are_told_apart(exchange: EmbeddingExchange, tmp_path: Path) -> None:
    vectors, ids = saved(tmp_path, values(), IDS[:6])
    (tmp_path / "cut.npy").write_bytes(vectors.read_bytes()[:-20])
    (tmp_path / "text.npy").write_text("no numbers")
    (tmp_path / "text.parquet").write_text("no table")
    np.save(tmp_path / "objects.npy", np.array([{}, {}]), allow_pickle=True)
    (tmp_path / "unfinished.npy").write_bytes(vectors.read_bytes().replace(b"), }", b"    "))
    np.savez_compressed(tmp_path / "whole.npz", vectors=values(60))
    archive = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(archive[: len(archive) // 2])
    (tmp_path / "changed.npz").write_bytes(archive[:300] + bytes(100) + archive[400:])
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as other:
        other.writestr("notes.txt", "no numbers")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00path")
    (tmp_path / "two.csv").write_text("a,b\n1,2\n")

    for file, names, words in (
        (tmp_path / "nowhere.npy", ids, "There is no file"),
        (tmp_path / "vectors.txt", ids, "neither .npy nor .npz nor .parquet"),
        (tmp_path / "cut.npy", ids, "can't be read"),
        (tmp_path / "text.npy", ids, "can't be read"),
        (tmp_path / "text.parquet", ids, "can't be read"),
        (tmp_path / "objects.npy", ids, "can't be read"),
        (tmp_path / "unfinished.npy", ids, "can't be read"),
        (tmp_path / "cut.npz", ids, "can't be read"),
        (tmp_path / "changed.npz", ids, "can't be read"),
        (tmp_path / "text.npz", ids, "holds 0 matrices"),
        (vectors, None, "--ids FILE.csv"),
        (vectors, tmp_path / "nowhere.csv", "can't be read"),
        (vectors, tmp_path / "binary.csv", "no CSV file in UTF-8"),
        (vectors, tmp_path / "two.csv", "several columns"),
    ):
        with pytest.raises(InvalidEmbeddings, match=words):
            exchange.attach(file, names, "mine")


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b", "descriptor", "CLIP ViT-B/32", "auto", "Colour"])
def test_a_name_must_be_free_and_a_name(exchange: EmbeddingExchange, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidEmbeddings, match="Choose another"):
        exchange.attach(*saved(tmp_path, values(), IDS[:6]), name)


def test_a_name_in_any_script_becomes_a_file_name() -> None:
    assert slug("DINOv2 ViT-L/14 ") == "dinov2-vit-l-14"
    assert slug("猫") != slug("犬")
    assert slug("猫").isascii()


def test_a_taken_name_needs_replace_which_puts_the_new_vectors_and_no_map_in_place_of_the_old(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    exchange.attach(*saved(tmp_path, values(), IDS[:6]), "mine")
    service.activate(service.space("mine").encoder)
    with database.write() as cursor:
        cursor.execute("INSERT INTO current_runs VALUES ('mine', 7)")
    old = service.get_all_embeddings()
    other = np.random.default_rng(1).normal(size=(3, 9))

    with pytest.raises(InvalidEmbeddings, match="--replace"):
        exchange.attach(*saved(tmp_path, other, IDS[5:]), "Mine")
    exchange.attach(*saved(tmp_path, other, IDS[5:]), "Mine", replace=True)

    assert (service.encoder.label, service.dimension) == ("Mine", 9)
    assert service.get_all_embeddings().image_ids == IDS[5:]
    np.testing.assert_allclose(service.get_all_embeddings().vectors(), unit(other), atol=1e-6)
    np.testing.assert_allclose(old.vectors(), unit(values()), atol=1e-6)
    assert database.read().execute("SELECT * FROM current_runs").fetchall() == []
    assert [path.name for path in service.folder.glob("mine*")] == ["mine~2.npy"]
    service.close()
    assert ImageEmbeddingService(database, ColourEncoder(3), tmp_path / "embeddings").space("mine").count() == 3


def test_who_holds_vectors_that_a_file_replaces_goes_on_with_them(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, tmp_path: Path
) -> None:
    exchange.attach(*saved(tmp_path, values(3), IDS[:3]), "mine")
    held = service.space("mine")

    exchange.attach(*saved(tmp_path, values(8, seed=1), IDS[::-1]), "mine", replace=True)

    np.testing.assert_allclose(held.get_embedding(IDS[2]), unit(values(3))[2], atol=1e-6)
    np.testing.assert_allclose(held.get_all_embeddings().vectors(), unit(values(3)), atol=1e-6)
    with pytest.raises(EmbeddingMissing):
        held.get_embedding(IDS[7])
    assert service.space("mine").count() == 8


def test_vectors_whose_replacement_failed_are_kept_up_to_date(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    exchange.attach(*saved(tmp_path, values(3), IDS[:3]), "mine")
    row = stored.read_encoder(database.read(), "mine")
    assert row is not None

    def fail(cursor: duckdb.DuckDBPyConnection) -> None:
        raise StorageFailed("The disk is full.")

    with pytest.raises(StorageFailed):
        service.attach(row, EmbeddingMatrix(tmp_path / "other.npy", D), fail)
    with database.write() as cursor:
        service.forget(cursor, IDS[:1])

    assert service.space("mine").get_all_embeddings().image_ids == IDS[1:3]


def test_a_model_cannot_be_replaced_by_a_file(exchange: EmbeddingExchange, tmp_path: Path) -> None:
    with pytest.raises(InvalidEmbeddings, match="encoder with a model"):
        exchange.attach(*saved(tmp_path, values(), IDS[:6]), "colour", replace=True)


def test_a_disk_that_fills_up_leaves_nothing_behind(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    files, before = saved(tmp_path, values(), IDS[:6]), held(database, service)

    with disk_full_after(150), pytest.raises(StorageFailed, match="Free some space"):
        exchange.attach(*files, "mine")

    assert held(database, service) == before


def test_a_process_killed_while_it_reads_leaves_the_workspace_as_it_was(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    vectors, ids = saved(tmp_path, values(), IDS[:6])
    service.close()
    database.close()
    program = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from curate.embedding.exchange import EmbeddingExchange\n"
        "from curate.embedding.service import ImageEmbeddingService\n"
        "from curate.store.database import Database\n"
        "from tests.similarity.given_vectors import ColourEncoder\n"
        "folder = Path(sys.argv[1])\n"
        "database = Database(folder / 'curate.duckdb')\n"
        "service = ImageEmbeddingService(database, ColourEncoder(3), folder / 'embeddings')\n"
        "def kill(*_):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "EmbeddingExchange(database, service).attach("
        "folder / 'vectors.npy', folder / 'ids.csv', 'mine', progress=kill)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (service.folder / "mine.npy").stat().st_size > 128

    again = Database(tmp_path / "curate.duckdb")
    reopened = ImageEmbeddingService(again, ColourEncoder(3), service.folder)
    assert [row.name for row in stored.read_encoders(again.read())] == ["colour"]
    assert EmbeddingExchange(again, reopened).attach(vectors, ids, "mine").images == 6
    assert reopened.space("mine").get_all_embeddings().vectors().shape == (6, D)
    again.close()


@pytest.mark.parametrize("kind", ["fixed", "list", "large"])
def test_parquet_of_any_list_type_is_read(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, tmp_path: Path, kind: str
) -> None:
    types = {"fixed": pa.list_(pa.float32(), D), "list": pa.list_(pa.float64()), "large": pa.large_list(pa.float32())}
    vectors = pa.array(values().tolist(), types[kind])
    pq.write_table(pa.table({"path": PATHS[:6], "emb": vectors, "size": range(6)}), tmp_path / "v.parquet")

    attached = exchange.attach(tmp_path / "v.parquet", None, "mine")

    assert attached.matched_by == "absolute path"
    np.testing.assert_allclose(service.space("mine").get_all_embeddings().vectors(), unit(values()), atol=1e-6)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"id": IDS[:2], "v": [[1.0, 2.0], [1.0, 2.0, 3.0]]}, "Row 2 .*no vector of 2"),
        ({"id": IDS[:2], "v": [[1.0, 2.0], None]}, "Row 2 .*no vector of 2"),
        ({"id": IDS[:2], "v": [[1.0, None], [1.0, 2.0]]}, "no vector of 2"),
        ({"id": IDS[:2], "v": [[1, 2], [3, 4]]}, "int64, not float16"),
        ({"id": IDS[:2], "v": [1.0, 2.0]}, "0 columns of lists"),
        ({"who": IDS[:2], "v": [[1.0, 2.0], [3.0, 4.0]]}, "no column of ids"),
    ],
)
def test_parquet_with_other_columns_is_refused(
    exchange: EmbeddingExchange, tmp_path: Path, columns: dict[str, Any], words: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "v.parquet")

    with pytest.raises(InvalidEmbeddings, match=words):
        exchange.attach(tmp_path / "v.parquet", None, "mine")


def test_an_archive_with_its_keys_needs_no_list(exchange: EmbeddingExchange, tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", vectors=values(), ids=np.array(IDS[:6]))

    assert exchange.attach(tmp_path / "v.npz", None, "mine").images == 6


@pytest.mark.parametrize("ending", ["npy", "parquet"])
def test_what_is_written_comes_back_bit_for_bit(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, database: Database, tmp_path: Path, ending: str
) -> None:
    exchange.attach(*saved(tmp_path, values(), IDS[1:7]), "mine")
    with database.write() as cursor:
        cursor.execute("UPDATE images SET missing_since = ? WHERE id = ?", [utc_now(), IDS[3]])
    file, ids = tmp_path / f"out.{ending}", tmp_path / "out.csv" if ending == "npy" else None

    assert exchange.export(file, ids, "mine") == 5
    exchange.attach(file, ids, "again")

    mine, again = (service.space(name).get_all_embeddings() for name in ("mine", "again"))
    assert again.image_ids == mine.image_ids == [IDS[1], IDS[2], *IDS[4:7]]
    assert again.vectors().tobytes() == mine.vectors().tobytes()
    assert not list(tmp_path.glob("*.part"))
    if ids:
        assert ids.read_text().splitlines()[:2] == ["id,path", f"{IDS[1]},{PATHS[1]}"]
        np.testing.assert_array_equal(np.load(file), mine.vectors())


def test_an_export_says_what_it_cannot_do(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, tmp_path: Path
) -> None:
    with pytest.raises(InvalidEmbeddings, match="No image is embedded with Mean colour"):
        exchange.export(tmp_path / "out.parquet", None)
    exchange.attach(*saved(tmp_path, values(), IDS[:6]), "mine")
    with pytest.raises(EncoderNotFound, match="nobody"):
        exchange.export(tmp_path / "out.parquet", None, "nobody")
    with pytest.raises(InvalidEmbeddings, match=r"--ids FILE\.csv"):
        exchange.export(tmp_path / "out.npy", None, "mine")
    with pytest.raises(InvalidEmbeddings, match=r"neither \.npy nor \.parquet"):
        exchange.export(tmp_path / "out.txt", None, "mine")
    with pytest.raises(InvalidEmbeddings, match="own vectors"):
        exchange.export(service.folder / "mine.npy", tmp_path / "ids.csv", "mine")
    with pytest.raises(StorageFailed, match="can't be written"):
        exchange.export(tmp_path / "nowhere" / "out.parquet", None, "mine")


def test_a_path_that_an_image_left_and_another_took_means_the_present_one(
    exchange: EmbeddingExchange, service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    with database.write() as cursor:
        cursor.execute("UPDATE images SET missing_since = ?, path = ? WHERE id = ?", [utc_now(), PATHS[1], IDS[0]])

    exchange.attach(*saved(tmp_path, values(1), PATHS[1:2]), "mine")

    assert service.space("mine").get_all_embeddings().image_ids == [IDS[1]]
    assert stored.count_embedded(database.read())["mine"] == 1
