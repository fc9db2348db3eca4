"""Where the real test images are, if they are here."""

import csv
import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"


def real_data(name: str) -> Path:
    """Return a folder of the test data; skip the test where it is absent."""
    folder = Path(os.environ.get("CURATE_TEST_DATA", _DEFAULT)).resolve() / name
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}; set CURATE_TEST_DATA")
    return folder


def labels(folder: Path) -> list[dict[str, str]]:
    """Return the rows of a test data folder's labels.csv."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
