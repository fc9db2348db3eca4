"""`tag`: tags on and off."""

from typing import Annotated

import typer

from curate.cli.app import JsonOption, WorkspaceOption, app, image_id, images_in_words, opened, print_result

BIGGEST_ID = 2**31 - 1


@app.command()
def tag(
    tag: Annotated[str, typer.Argument(help="The tag: one line of up to 100 characters.")],
    more: Annotated[list[str] | None, typer.Argument(help="Further images, after --image.", metavar="")] = None,
    image: Annotated[list[str] | None, typer.Option("--image", help="An image's id or path.")] = None,
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

    with opened(workspace) as held:
        named = None if image is None else [image_id(held, given) for given in [*image, *(more or ())]]
        targets = target_images(
            held.images, held.clustering, image_ids=named, expression=expression, cluster_id=cluster
        )
        operation = (held.tagging.remove if remove else held.tagging.apply)(targets, tag)
    what = f"Took “{operation.tag}” off" if remove else f"Put “{operation.tag}” on"
    result = {"tagged": operation.count, "operation_id": operation.id}
    print_result(result, as_json, [f"{what} {images_in_words(operation.count)} (change {operation.id})."])
