"""`python -m curate embeddings`: attach, list, activate and write out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from curate.cli import app
from tests.builders import save_picture


def curate(folder: Path, *arguments: object) -> Result:
    """Run a verb on a workspace, within this process."""
    given = [str(argument) for argument in arguments] + ["--workspace", str(folder)]
    return CliRunner().invoke(app, given, env={"CURATE_ENCODER": "descriptor"})


def found(folder: Path, *arguments: object) -> Any:
    """Run a verb that must succeed, and return its JSON."""
    result = curate(folder, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with six pictures, and a file of vectors of four of them beside it."""
    for number in range(6):
        save_picture(tmp_path / "pictures" / "day" / f"{number}.jpg", number)
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(4, 8)))
    (tmp_path / "ids.csv").write_text("path\n" + "".join(f"day/{number}.jpg\n" for number in range(4)))
    assert curate(tmp_path / "workspace", "import", tmp_path / "pictures").exit_code == 0
    return tmp_path / "workspace"


def attach(folder: Path) -> list[object]:
    beside = folder.parent
    return ["embeddings", "import", beside / "vectors.npy", "--ids", beside / "ids.csv", "--name", "DINO v2"]


def test_importing_vectors_says_what_matched_and_for_how_many_images(folder: Path) -> None:
    result = curate(folder, *attach(folder))

    assert result.exit_code == 0, result.stderr
    assert "4 of 6 images have a vector of 8 numbers" in result.stdout
    assert "matched by path relative to an imported folder" in result.stdout


def test_importing_vectors_as_json_and_listing_them(folder: Path) -> None:
    attached = found(folder, *attach(folder))

    assert {name: attached[name] for name in ("name", "dimension", "images", "workspace_images", "active")} == {
        "name": "dino-v2",
        "dimension": 8,
        "images": 4,
        "workspace_images": 6,
        "active": False,
    }
    listed = found(folder, "embeddings", "list")
    assert [(one["name"], one["images"], one["active"]) for one in listed["encoders"]] == [
        ("descriptor", 6, True),
        ("dino-v2", 4, False),
    ]
    lines = curate(folder, "embeddings", "list").stdout.splitlines()
    assert [line[0] for line in lines] == ["*", " "]
    assert "4 of 6 images, 8 numbers each  DINO v2" in lines[1]


def test_a_taken_name_fails_with_one_line_until_replace_is_given(folder: Path) -> None:
    assert curate(folder, *attach(folder)).exit_code == 0

    refused = curate(folder, *attach(folder))

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: There are embeddings called “DINO v2”")
    assert len(refused.stderr.splitlines()) == 1
    assert curate(folder, *attach(folder), "--replace").exit_code == 0


def test_activating_lasts_and_exporting_writes_what_importing_reads(folder: Path, tmp_path: Path) -> None:
    assert found(folder, *attach(folder), "--activate")["active"] is True
    out, ids = tmp_path / "out.npy", tmp_path / "out.csv"

    written = found(folder, "embeddings", "export", out, "--ids", ids, "--name", "DINO v2")
    again = found(folder, "embeddings", "import", out, "--ids", ids, "--name", "again")

    assert (written["images"], again["images"], again["matched_by"]) == (4, 4, "image id")
    assert found(folder, "embeddings", "activate", "again")["images"] == 4
    assert "CURATE_ENCODER names descriptor" in curate(folder, "embeddings", "activate", "dino v2").stdout
