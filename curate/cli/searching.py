"""`similar`: what looks like what."""

from dataclasses import asdict
from typing import Annotated

import typer

from curate.cli.app import JsonOption, WorkspaceOption, app, image_id, opened, print_result


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
    with opened(workspace) as held:
        wanted = None if image is None else image_id(held, image)
        hits = held.similarity.search(wanted, text=text, top_k=top_k).hits
    results = [asdict(hit) for hit in hits]
    print_result(
        {"results": results}, as_json, [f"{hit.rank:4}  {hit.score:.3f}  {hit.image_id}  {hit.path}" for hit in hits]
    )
