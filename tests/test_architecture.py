"""The rules that keep the folders apart, read off the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("curate/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"])


def imported(path: Path) -> Iterator[str]:
    """Yield the module names that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def files_importing(package: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(name == package or name.startswith(f"{package}.") for name in imported(path))
    }


def test_the_sources_are_found() -> None:
    assert len(SOURCES) > 50


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("transformers", {"curate/embedding/clip.py"}),
        ("faiss", {"curate/similarity/faiss_index.py", "curate/clustering/knn_graph.py"}),
        ("umap", {"curate/clustering/reduce.py"}),
        ("hdbscan", {"curate/clustering/assign.py"}),
        ("pillow_heif", {"curate/ingest/pillow_setup.py"}),
        ("fsspec", {"curate/ingest/remote.py"}),
        ("watchdog", {"curate/ingest/watch.py"}),
        ("redis", {"curate/jobs/embedding_queue/rq_jobs.py"}),
        ("rq", {f"curate/jobs/{name}.py" for name in ("embedding_queue/rq_jobs", "embedding_queue/broker", "worker")}),
    ],
)
def test_a_heavy_library_is_behind_one_file(library: str, allowed: set[str]) -> None:
    assert files_importing(library) <= allowed


def test_the_library_never_imports_streamlit_or_the_pages() -> None:
    assert not {path for path in files_importing("streamlit") | files_importing("pages") if path.startswith("curate/")}


def test_pages_know_no_sql_and_no_web_api() -> None:
    assert not {path for path in files_importing("duckdb") if path.startswith("pages/")}
    assert not {path for path in files_importing("curate.api") if path.startswith("pages/")}


@pytest.mark.parametrize("module", ["errors", "models", "settings"])
def test_the_ground_floor_imports_nothing_of_ours(module: str) -> None:
    assert not [name for name in imported(ROOT / f"curate/{module}.py") if name.startswith(("curate", "pages"))]


def test_services_do_not_know_the_workspace() -> None:
    outer = {"app.py"}
    assert {
        path
        for path in files_importing("curate.workspace")
        if not path.startswith(("pages/", "curate/api/", "curate/cli/")) and path not in outer
    } == set()
