"""`python -m bench`: measure ours and its peers in the same run, and print both."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.conditions import conditions, load
from bench.entries import ENTRIES
from bench.measurement import DEFAULT_ROUNDS, Measurement, Options, ResultsDiffer
from bench.report import as_json, print_table

FILE_WIDTH = 140
"""Characters a line where the table goes into a file."""


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME …]", help="Entries; all if none.")] = None,
    as_list: Annotated[bool, typer.Option("--list", help="Say what there is to measure.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes: whether it works, not how fast it is.")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each side is measured.")] = DEFAULT_ROUNDS,
    images: Annotated[int | None, typer.Option(min=2, help="Images to import, instead of 128.")] = None,
) -> None:
    """Measure Curate beside its peers, turn and turn about, and check that both do the same work."""
    if as_list:
        for entry in ENTRIES.values():
            typer.echo(f"{entry.name:10} {entry.summary}")
        return
    chosen = _chosen(names)
    given = conditions(quick)
    measurements = _measured(chosen, quick, 1 if quick else rounds, images)
    given["load after"] = load()
    if json:
        typer.echo(as_json(measurements, given))
    else:
        print_table(measurements, given, Console(width=None if sys.stdout.isatty() else FILE_WIDTH))


def _chosen(names: Sequence[str] | None) -> list[str]:
    for name in names or ():
        if name not in ENTRIES:
            raise typer.BadParameter(f"There is no entry “{name}”. There are: {', '.join(ENTRIES)}.")
    return list(names or ENTRIES)


def _measured(names: Sequence[str], quick: bool, rounds: int, images: int | None) -> list[Measurement]:
    found: list[Measurement] = []
    console = Console(stderr=True)
    for name in names:
        with console.status(f"Measuring {name}"), tempfile.TemporaryDirectory(prefix="curate-bench-") as scratch:
            try:
                found += ENTRIES[name].measure(Options(Path(scratch), quick, rounds, images))
            except ResultsDiffer as error:
                console.print(f"Error: {name}: {error}")
                raise typer.Exit(1) from error
    return found


if __name__ == "__main__":
    typer.run(main)
