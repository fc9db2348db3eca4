"""`import` and `demo`: images into the workspace."""

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.cli.app import JsonOption, WorkspaceOption, app, images_in_words, opened, print_result

if TYPE_CHECKING:
    from curate.jobs.embedding_queue.service import EmbeddingQueueService
    from curate.models import Job
    from curate.workspace import Workspace

SHOWN_SKIPPED = 20


@app.command("import")
def import_folder(
    folder: Annotated[str, typer.Argument(help="The folder with the images, or an address such as s3://bucket/name.")],
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until Ctrl-C, and import what changes within seconds.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import the images of a folder and everything below it; once more, and only what changed is read."""
    with opened(workspace) as held:
        job, report = _imported(held, folder)
        source = str(job.parameters["folder"])
        if report.pop("skipped_in_all") > len(report["skipped"]):
            report["skipped"] = [asdict(file) for file in held.images.skipped(source)]
        print_result(report, as_json, import_lines(report))
        if watch:
            _follow(held, source, as_json)


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
    from curate.cli.progress_bar import finished, progress_bar
    from curate.demo import generate_demo

    with opened(workspace) as held:
        goal = (folder or held.folder / "demo-images").expanduser().resolve()
        with progress_bar("Drawing images") as show:
            drawn = generate_demo(goal, count, seed, side, lambda done, total: show(done, total, ""))
        _, report = _imported(held, goal)
        if held.clustering.current_run() is None:
            finished(held, held.start_clustering())
        run = held.clustering.current_run()
        assert run is not None, "a run was just made, or there was one"
        place = held.folder
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
    print_result(result, as_json, [f"Drew {drawn.images:,} images in {goal}.", *import_lines(report), show_it])


def _follow(workspace: "Workspace", source: str, as_json: bool) -> None:
    """Import what changes in a source, and print a line for each time, until Ctrl-C."""
    started: SimpleQueue[Job] = SimpleQueue()
    workspace.watching.on_start = started.put
    workspace.watching.follow(source)
    typer.echo(f"Watching {source}. Press Ctrl-C to end.", err=True)
    with suppress(KeyboardInterrupt):
        while True:
            job = workspace.jobs.wait(started.get().id)
            if job.result is None:
                typer.echo(f"Error: {job.message}", err=True)
            elif any(job.result[kind] for kind in ("added", "changed", "moved", "missing")):
                print_result(job.result, as_json, import_lines(job.result)[:1])
                sys.stdout.flush()


def _imported(held: "Workspace", folder: str | Path) -> "tuple[Job, dict[str, Any]]":
    """Import a folder under a bar, and see its images embedded; return the job and its result."""
    from curate.cli.progress_bar import finished

    queue = held.embedding_queue
    if queue.remote:
        queue.start()
    job = held.start_import(folder, then_map=False)
    report = dict(finished(held, job))
    if queue.remote:
        _await_workers(queue)
    return job, report


def _await_workers(queue: "EmbeddingQueueService") -> None:
    """Show how workers embed what was imported; Ctrl-C leaves the rest to them, and to the next process to fetch."""
    from curate.cli.progress_bar import POLL_SECONDS, progress_bar

    total = queue.status().images
    with suppress(KeyboardInterrupt), progress_bar("Embedding by workers") as show:
        if total and not queue.status().workers:
            typer.echo(f"{images_in_words(total)} wait for workers: python -m curate worker", err=True)
        while (status := queue.status()).images:
            show(total - status.images, total, status.problem or "Embedding by workers")
            time.sleep(POLL_SECONDS)
    if left := queue.status().images:
        typer.echo(f"{images_in_words(left)} are not embedded yet; the app fetches their vectors later.", err=True)


def import_lines(report: Mapping[str, Any]) -> list[str]:
    counts = ", ".join(f"{report[kind]:,} {kind}" for kind in ("added", "changed", "unchanged", "moved", "missing"))
    lines = [f"Imported in {report['seconds']:.1f} s with {report['encoder']}: {counts}."]
    skipped = report["skipped"]
    if skipped:
        lines.append(f"{len(skipped):,} files were skipped:")
        lines += [f"  {file['path']}: {file['reason']}" for file in skipped[:SHOWN_SKIPPED]]
    if len(skipped) > SHOWN_SKIPPED:
        lines.append(f"  and {len(skipped) - SHOWN_SKIPPED:,} more (--json lists them)")
    return lines
