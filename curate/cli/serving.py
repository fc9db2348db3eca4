"""`serve`: the app."""

import hashlib
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import JsonOption, WorkspaceOption, app, print_result


@app.command()
def serve(
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Import this folder when the app opens, into a workspace of its own."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port to listen on; the first free one from 8501.")
    ] = None,
    address: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every machine.")] = "localhost",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start the app: the pages, and the API under /api."""
    from curate.environment import settings_from_environment
    from curate.ingest.folders import checked_folder
    from curate.server import first_free_port
    from curate.store.database import Database

    if folder is not None:
        folder = checked_folder(folder, settings_from_environment(workspace))
        workspace = workspace or own_workspace(folder)
        os.environ["CURATE_IMPORT_ON_START"] = str(folder)
    home = settings_from_environment(workspace).workspace.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    with closing(Database(home / "curate.duckdb")):
        pass  # one that is open elsewhere is better reported here than by the server
    port = port or first_free_port(address)
    url = f"http://{'localhost' if address in ('0.0.0.0', '::') else address}:{port}"
    print_result({"url": url, "workspace": str(home)}, as_json, [f"Curate opens {home} at {url}"])
    sys.stdout.flush()
    os.environ["CURATE_WORKSPACE"] = str(home)
    script = Path(__file__).resolve().parents[2] / "app.py"
    options = ["--server.port", str(port), "--server.address", address]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(script), *options])


def own_workspace(folder: Path) -> Path:
    """Return the workspace that belongs to a folder of images: the same one each time, beside the others."""
    mark = hashlib.blake2b(str(folder).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    return Path("workspaces") / f"{folder.name or 'root'}-{mark}"
