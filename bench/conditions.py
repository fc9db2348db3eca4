"""Where and with what the figures were measured."""

import os
import platform
import re
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    "numpy",
    "faiss-gpu",
    "faiss-cpu",
    "scikit-learn",
    "duckdb",
    "pyarrow",
    "pillow",
    "torch",
    "transformers",
    "umap-learn",
    "hdbscan",
)


def conditions(quick: bool, environ: Mapping[str, str] = os.environ) -> dict[str, str | int]:
    """Return everything that holds for all figures of a run."""
    return {
        "sizes": "small (--quick): a smoke test, not figures to quote" if quick else "full",
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "threads": _thread_limits(environ),
        "load before": load(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **_versions(),
    }


def load() -> str:
    """Return how busy the machine was in the last minute; well below its cores is quiet."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def _cpu_name() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    """Return the version of each library that is installed; of FAISS there is one of two."""
    found = {}
    for library in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def _thread_limits(environ: Mapping[str, str]) -> str:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    return ", ".join(f"{name}={environ[name]}" for name in names if name in environ) or "each library's default"
