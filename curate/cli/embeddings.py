"""`embeddings`: bring vectors that were made elsewhere, write them out, and choose between encoders."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.cli.app import JsonOption, WorkspaceOption, app, images_in_words, opened, print_result

embeddings = typer.Typer(help="Bring your own embeddings, write them out, and choose an encoder.", no_args_is_help=True)
app.add_typer(embeddings, name="embeddings")

IdsOption = Annotated[
    Path | None,
    typer.Option("--ids", help="Whose vectors they are: a .csv with a column id or path, or one a line."),
]


@embeddings.command("import")
def import_embeddings(
    file: Annotated[Path, typer.Argument(help="The vectors: .npy, .npz or .parquet, one row an image.")],
    name: Annotated[str, typer.Option("--name", help="What the screen calls them.")],
    ids: IdsOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of those of the same name.")] = False,
    activate: Annotated[bool, typer.Option("--activate", help="Use them from now on.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Attach vectors that were made elsewhere to the images of the workspace: all of them, or nothing changes."""
    from curate.cli.progress_bar import progress_bar

    with opened(workspace) as held:
        with progress_bar("Reading vectors") as show:
            attached = held.exchange.attach(file, ids, name, replace=replace, progress=show)
        if activate:
            held.activate_encoder(attached.name)
        result = {
            **asdict(attached),
            "workspace_images": held.images.count(),
            "active": held.encoder.name == attached.name,
        }
    print_result(result, as_json, _attached_lines(result))


@embeddings.command("export")
def export_embeddings(
    file: Annotated[Path, typer.Argument(help="Where to write the vectors: .npy or .parquet.")],
    ids: IdsOption = None,
    name: Annotated[str | None, typer.Option("--name", help="The encoder; the active one, if not given.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the vectors of an encoder, and whose they are, as `import` reads them."""
    with opened(workspace) as held:
        encoder = held.encoders.named(name) if name else held.encoder.name
        written = held.exchange.export(file, ids, encoder)
    result = {"file": str(file), "ids": ids and str(ids), "encoder": encoder, "images": written}
    print_result(result, as_json, [f"Wrote the vectors of {images_in_words(written)} to {file}."])


@embeddings.command("list")
def list_embeddings(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List the encoders of the workspace: name, label, dimension, images, and which one is active."""
    with opened(workspace) as held:
        images = held.images.count()
        states = held.encoders.states()
    lines = [
        f"{'*' if state.active else ' '} {state.name:24}  {state.images:,} of {images_in_words(images)}, "
        f"{state.dimension:,} numbers each  {state.label}"
        for state in states
    ]
    print_result({"images": images, "encoders": [asdict(state) for state in states]}, as_json, lines)


@embeddings.command("activate")
def activate_encoder(
    name: Annotated[str, typer.Argument(help="The encoder's name, or its label.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Use another encoder from now on: for the map, similar images and search."""
    with opened(workspace) as held:
        held.activate_encoder(held.encoders.named(name))
        named, images = held.settings.encoder, held.embeddings.count()
        result = {"active": held.encoder.name, "images": images}
    lines = [f"{result['active']} is active: it has embedded {images_in_words(images)}."]
    if named != "auto":
        lines.append(f"CURATE_ENCODER names {named}, which goes first wherever it is set.")
    print_result(result, as_json, lines)


def _attached_lines(result: Mapping[str, Any]) -> list[str]:
    lines = [
        f"Attached “{result['label']}”: {result['images']:,} of {images_in_words(result['workspace_images'])} have a "
        f"vector of {result['dimension']:,} numbers (matched by {result['matched_by']}, {result['seconds']:.1f} s).",
    ]
    if not result["active"]:
        lines.append(f"Use it: python -m curate embeddings activate {result['name']}")
    return lines
