"""The benchmark measures both sides of every entry, over the same work."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.entries import ENTRIES
from bench.import_images import alike
from bench.measurement import Measurement, ResultsDiffer, Side, Unit
from bench.rounds import alternate
from bench.search import require_same_ids
from bench.tag import compared, row_by_row
from bench.vectors import mixture, unit

ROOT = Path(__file__).parents[1]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What a quick run of every entry prints."""
    done = bench("--quick", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_entry_measures_both_sides_and_says_what_was_the_same(report: dict[str, Any]) -> None:
    measured = report["measurements"]

    assert {measurement["entry"] for measurement in measured} == set(ENTRIES)
    for measurement in measured:
        assert measurement["ours"]["name"] != measurement["peer"]["name"]
        assert measurement["same"]
        assert measurement["conditions"]


def test_every_time_and_rate_is_above_zero_and_every_score_in_its_range(report: dict[str, Any]) -> None:
    for measurement in report["measurements"]:
        for side in (measurement["ours"], measurement["peer"]):
            assert len(side["rounds"]) == 1
            if measurement["unit"] == Unit.AGREEMENT.symbol:
                assert -1 <= side["median"] <= 1
            else:
                assert side["median"] > 0


def test_a_report_says_on_what_machine_and_that_quick_figures_are_not_to_be_quoted(report: dict[str, Any]) -> None:
    conditions = report["conditions"]

    assert conditions["cores"] >= 1
    assert {"cpu", "threads", "load before", "load after", "numpy", "duckdb", "torch"} <= conditions.keys()
    assert "not figures to quote" in conditions["sizes"]


def test_the_list_names_every_entry() -> None:
    listed = bench("--list").stdout.splitlines()

    assert [line.split()[0] for line in listed] == list(ENTRIES)


def test_an_unknown_entry_is_a_usage_error_that_names_those_there_are() -> None:
    done = bench("serach")

    assert done.returncode == 2
    assert "serach" in done.stderr
    assert "reimport" in done.stderr


def test_sides_take_turns_at_going_first() -> None:
    order: list[str] = []

    alternate(3, lambda: order.append("ours"), lambda: order.append("peer"))

    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]


@pytest.mark.parametrize(("unit_", "better"), [(Unit.MILLISECONDS, 4.0), (Unit.IMAGES_PER_SECOND, 0.25)])
def test_a_ratio_above_one_means_that_ours_is_better(unit_: Unit, better: float) -> None:
    ours, peer = Side("ours", (1.0, 2.0, 90.0)), Side("peer", (8.0, 8.0, 1.0))

    assert Measurement("entry", "what", unit_, ours, peer, "same").times_better == better


def test_searches_that_find_other_ids_are_not_compared() -> None:
    vectors = mixture(100).vectors
    best = np.argsort(-(vectors[:1] @ vectors.T))[:, :3]
    other = best + (best == best[0, 2])

    require_same_ids(vectors, vectors[:1], best, best)
    with pytest.raises(ResultsDiffer, match="ids"):
        require_same_ids(vectors, vectors[:1], best, other)


def test_tables_that_differ_are_not_compared() -> None:
    written: list[tuple[str, str]] = []
    forgetful = row_by_row(["a", "b"], lambda sql, rows: None, lambda: written)()
    whole = row_by_row(["a", "b"], lambda sql, rows: None, lambda: [("a", "tag-0"), ("b", "tag-0")])()

    with pytest.raises(ResultsDiffer, match="tags"):
        compared("tag images", 0, 2, [whole], "peer", [forgetful])


def test_embeddings_of_the_wrong_images_are_told_from_those_of_the_same() -> None:
    embeddings = unit(mixture(20).vectors + 3)
    nearly = unit(embeddings + 1e-4)

    assert alike(embeddings, nearly)
    assert not alike(embeddings, np.roll(nearly, 1, axis=0))
