"""The command line: `python -m curate VERB`.

What needs the workspace is imported inside the verbs, so that `--help` answers at once.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from curate.errors import CurateError, ImageNotFound, NotFound

if TYPE_CHECKING:
    from curate.workspace import Workspace

SHOWN_SKIPPED = 20
BIGGEST_ID = 2**31 - 1


class _Verbs(TyperGroup):
    """Turns errors that carry a sentence into that sentence on stderr, and exit status 1."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except CurateError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    name="curate",
    help="Turn a folder of images into a clean, tagged training data set.",
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="The workspace's folder; CURATE_WORKSPACE, or ./workspace, if not given."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
ImageOption = Annotated[list[str] | None, typer.Option("--image", help="An image's id or path.")]


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(help="The folder with the images.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import the images of a folder and everything below it; once more, and only what changed is read."""
    from curate.progress_bar import finished

    with _opened(workspace) as opened:
        report = dict(finished(opened, opened.start_import(folder, then_map=False)))
        if report.pop("skipped_in_all") > len(report["skipped"]):
            report["skipped"] = [asdict(file) for file in opened.images.skipped(folder.expanduser().resolve())]
    _print(report, as_json, _import_lines(report))


@app.command()
def cluster(
    algorithm: Annotated[str | None, typer.Option(help="hdbscan or kmeans.")] = None,
    reducer: Annotated[str | None, typer.Option(help="umap or pca.")] = None,
    min_cluster_size: Annotated[int | None, typer.Option(help="hdbscan: images that make a cluster.")] = None,
    min_samples: Annotated[int | None, typer.Option(help="hdbscan: how cautious it is.")] = None,
    n_clusters: Annotated[int | None, typer.Option(help="kmeans: how many clusters.")] = None,
    n_neighbors: Annotated[int | None, typer.Option(help="umap: neighbours that shape the map.")] = None,
    min_dist: Annotated[float | None, typer.Option(help="umap: how close points may lie.")] = None,
    seed: Annotated[int | None, typer.Option(help="Makes the run repeatable.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Group the images, and make the map that shows the groups."""
    from curate.progress_bar import finished

    parameters = {
        "algorithm": algorithm,
        "reducer": reducer,
        "min_cluster_size": min_cluster_size,
        "min_samples": min_samples,
        "n_clusters": n_clusters,
        "n_neighbors": n_neighbors,
        "min_dist": min_dist,
        "seed": seed,
    }
    with _opened(workspace) as opened:
        run = finished(opened, opened.start_clustering(parameters))
    _print(run, as_json, [_run_line(run)])


@app.command()
def similar(
    image: Annotated[str | None, typer.Option("--image", help="An image's id or path.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Words, with an encoder that reads text.")] = None,
    top_k: Annotated[int, typer.Option("--top-k", help="How many results, 1 to 1000.")] = 50,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the images that look most like one, or that fit a text."""
    if image is None and text is None:
        raise typer.BadParameter("Say what to look for: --image ID_OR_PATH, --text WORDS, or both.")
    with _opened(workspace) as opened:
        wanted = None if image is None else _image_id(opened, image)
        hits = opened.similarity.search(wanted, text=text, top_k=top_k).hits
    results = [asdict(hit) for hit in hits]
    _print(
        {"results": results}, as_json, [f"{hit.rank:4}  {hit.score:.3f}  {hit.image_id}  {hit.path}" for hit in hits]
    )


@app.command()
def tag(
    tag: Annotated[str, typer.Argument(help="The tag: one line of up to 100 characters.")],
    more: Annotated[list[str] | None, typer.Argument(help="Further images, after --image.", metavar="")] = None,
    image: ImageOption = None,
    cluster: Annotated[
        int | None, typer.Option("--cluster", min=-1, max=BIGGEST_ID, help="A cluster of the map; -1 is noise.")
    ] = None,
    expression: Annotated[str | None, typer.Option("--filter", help="A filter, such as 'tag:red -tag:blurry'.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag off instead.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a tag on images, a cluster, or what a filter keeps; undoable."""
    if sum(given is not None for given in (image, cluster, expression)) != 1 or (more and not image):
        raise typer.BadParameter(
            "Say which images: --image ID …, --cluster N or --filter EXPRESSION, one of the three."
        )
    from curate.tagging.targets import target_images

    with _opened(workspace) as opened:
        named = None if image is None else [_image_id(opened, given) for given in [*image, *(more or ())]]
        targets = target_images(
            opened.images, opened.clustering, image_ids=named, expression=expression, cluster_id=cluster
        )
        operation = (opened.tagging.remove if remove else opened.tagging.apply)(targets, tag)
    what = f"Took “{operation.tag}” off" if remove else f"Put “{operation.tag}” on"
    result = {"tagged": operation.count, "operation_id": operation.id}
    _print(result, as_json, [f"{what} {_images(operation.count)} (change {operation.id})."])


@app.command()
def status(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Say what the workspace holds."""
    from curate.store.database import SCHEMA_VERSION

    with _opened(workspace) as opened:
        run = opened.clustering.current_run()
        folder = opened.folder
        found = {
            "images": opened.images.count(),
            "embedded": opened.embeddings.count(),
            "skipped": len(opened.images.skipped()),
            "clusters": run.clusters if run else 0,
            "noise": run.noise if run else 0,
            "tags": opened.tagging.counts(),
            "encoder": opened.encoder.name,
            "schema_version": SCHEMA_VERSION,
        }
    _print(found, as_json, _status_lines(folder, found))


@app.command()
def demo(
    count: Annotated[int, typer.Option(help="How many images.")] = 600,
    seed: Annotated[int, typer.Option(help="Another seed draws other images.")] = 7,
    side: Annotated[int, typer.Option(help="Pixels of the longer side.")] = 640,
    folder: Annotated[
        Path | None, typer.Option(help="Where to draw them; <workspace>/demo-images, if not given.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a demo set, import it and make its map."""
    from curate.demo import generate_demo
    from curate.progress_bar import finished, progress_bar

    with _opened(workspace) as opened:
        goal = (folder or opened.folder / "demo-images").expanduser().resolve()
        with progress_bar("Drawing images") as show:
            drawn = generate_demo(goal, count, seed, side, lambda done, total: show(done, total, ""))
        report = finished(opened, opened.start_import(goal, then_map=False))
        if opened.clustering.current_run() is None:
            finished(opened, opened.start_clustering())
        run = opened.clustering.current_run()
        assert run is not None, "a run was just made, or there was one"
        place = opened.folder
    result = {
        "folder": str(goal),
        "drawn": drawn.images,
        "added": report["added"],
        "run_id": run.id,
        "clusters": run.clusters,
        "noise": run.noise,
        "images": run.images,
    }
    show_it = f"Look at it: python -m curate serve --workspace {place}"
    _print(result, as_json, [f"Drew {drawn.images:,} images in {goal}.", *_import_lines(report), show_it])


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
    _print({"url": url, "workspace": str(home)}, as_json, [f"Curate opens {home} at {url}"])
    sys.stdout.flush()
    os.environ["CURATE_WORKSPACE"] = str(home)
    script = Path(__file__).resolve().parents[1] / "app.py"
    options = ["--server.port", str(port), "--server.address", address]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(script), *options])


def own_workspace(folder: Path) -> Path:
    """Return the workspace that belongs to a folder of images: the same one each time, beside the others."""
    mark = hashlib.blake2b(str(folder).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    return Path("workspaces") / f"{folder.name or 'root'}-{mark}"


def main() -> None:
    """Run the command line; file names of any encoding can be printed."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="python -m curate")


@contextmanager
def _opened(folder: Path | None) -> Iterator["Workspace"]:
    """Open the workspace for one verb; a line on stderr tells of an unexpected encoder."""
    from curate.environment import settings_from_environment
    from curate.workspace import Workspace

    settings = settings_from_environment(folder)
    with Workspace(settings.workspace, settings) as workspace:
        if workspace.encoder_notice:
            typer.echo(workspace.encoder_notice, err=True)
        yield workspace


def _image_id(workspace: "Workspace", id_or_path: str) -> str:
    """Return the id of the image that a person means; the file itself may be gone by now."""
    try:
        id_or_path.encode()
        path = str(Path(id_or_path).expanduser().resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise ImageNotFound(id_or_path) from error
    if workspace.images.get_many([id_or_path]):
        return id_or_path
    try:
        return workspace.images.id_for_path(path)
    except ImageNotFound as error:
        if os.path.exists(path):
            raise NotFound(f"No image was imported from {path}. Import its folder first.") from error
        raise ImageNotFound(id_or_path) from error


def _print(result: Mapping[str, Any], as_json: bool, lines: list[str]) -> None:
    """Print the result, for programs or for people."""
    typer.echo(json.dumps(result) if as_json else "\n".join(lines))


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"


def _import_lines(report: Mapping[str, Any]) -> list[str]:
    counts = ", ".join(f"{report[kind]:,} {kind}" for kind in ("added", "changed", "unchanged", "moved", "missing"))
    lines = [f"Imported in {report['seconds']:.1f} s with {report['encoder']}: {counts}."]
    skipped = report["skipped"]
    if skipped:
        lines.append(f"{len(skipped):,} files were skipped:")
        lines += [f"  {file['path']}: {file['reason']}" for file in skipped[:SHOWN_SKIPPED]]
    if len(skipped) > SHOWN_SKIPPED:
        lines.append(f"  and {len(skipped) - SHOWN_SKIPPED:,} more (--json lists them)")
    return lines


def _run_line(run: Mapping[str, Any]) -> str:
    return (
        f"{run['clusters']:,} clusters of {run['images']:,} images in {run['seconds']:.1f} s; "
        f"{run['noise']:,} images belong to none (run {run['run_id']})."
    )


def _status_lines(folder: Path, found: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{folder}: {found['images']:,} images, {found['embedded']:,} embedded with {found['encoder']}, "
        f"{found['skipped']:,} files skipped",
        f"{found['clusters']:,} clusters, {found['noise']:,} images in none",
    ]
    return lines + [f"{count:8,}  {tag}" for tag, count in found["tags"].items()]
