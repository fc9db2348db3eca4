"""What every verb shares: the options, the open workspace, and how results and errors are printed."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from curate.errors import CurateError, ImageNotFound, NotFound

if TYPE_CHECKING:
    from curate.workspace import Workspace


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


def main() -> None:
    """Run the command line; file names of any encoding can be printed."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="python -m curate")


@contextmanager
def opened(folder: Path | None) -> Iterator["Workspace"]:
    """Open the workspace for one verb; a line on stderr tells of an unexpected encoder."""
    from curate.environment import settings_from_environment
    from curate.workspace import Workspace

    settings = settings_from_environment(folder)
    with Workspace(settings.workspace, settings) as workspace:
        if workspace.encoder_notice:
            typer.echo(workspace.encoder_notice, err=True)
        yield workspace


def image_id(workspace: "Workspace", id_or_path: str) -> str:
    """Return the id of the image that a person means; the file itself may be gone by now."""
    from curate.ingest.sources import is_address

    try:
        id_or_path.encode()
        path = id_or_path if is_address(id_or_path) else str(Path(id_or_path).expanduser().resolve())
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


def print_result(result: Mapping[str, Any], as_json: bool, lines: list[str]) -> None:
    """Print the result, for programs or for people."""
    typer.echo(json.dumps(result) if as_json else "\n".join(lines))


def images_in_words(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
