"""`status`: what the workspace holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curate.cli.app import JsonOption, WorkspaceOption, app, opened, print_result


@app.command()
def status(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Say what the workspace holds."""
    from curate.store.database import SCHEMA_VERSION

    with opened(workspace) as held:
        run = held.clustering.current_run()
        folder = held.folder
        found = {
            "images": held.images.count(),
            "embedded": held.embeddings.count(),
            "skipped": len(held.images.skipped()),
            "clusters": run.clusters if run else 0,
            "noise": run.noise if run else 0,
            "tags": held.tagging.counts(),
            "encoder": held.encoder.name,
            "schema_version": SCHEMA_VERSION,
        }
    print_result(found, as_json, _status_lines(folder, found))


def _status_lines(folder: Path, found: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{folder}: {found['images']:,} images, {found['embedded']:,} embedded with {found['encoder']}, "
        f"{found['skipped']:,} files skipped",
        f"{found['clusters']:,} clusters, {found['noise']:,} images in none",
    ]
    return lines + [f"{count:8,}  {tag}" for tag, count in found["tags"].items()]
