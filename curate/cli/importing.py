"""`import` and `demo`: images into the workspace."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.cli.app import JsonOption, WorkspaceOption, app, opened, print_result

SHOWN_SKIPPED = 20


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(help="The folder with the images.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import the images of a folder and everything below it; once more, and only what changed is read."""
    from curate.cli.progress_bar import finished

    with opened(workspace) as held:
        report = dict(finished(held, held.start_import(folder, then_map=False)))
        if report.pop("skipped_in_all") > len(report["skipped"]):
            report["skipped"] = [asdict(file) for file in held.images.skipped(folder.expanduser().resolve())]
    print_result(report, as_json, import_lines(report))


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
        report = finished(held, held.start_import(goal, then_map=False))
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
