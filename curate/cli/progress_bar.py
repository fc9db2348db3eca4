"""A bar on stderr for long work: how much is done, how fast, and how long it takes yet."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from curate.errors import CurateError, JobCancelled
from curate.models import Job, JobState
from curate.workspace import Workspace

POLL_SECONDS = 0.1

Show = Callable[[int, int, str], None]
"""Called with done, total (0 while it is unknown) and a message."""


@contextmanager
def progress_bar(title: str) -> Iterator[Show]:
    """Draw a bar while the block runs; nothing at all where stderr is no terminal."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as bars:
        bar = bars.add_task(title, total=None)

        def show(done: int, total: int, message: str) -> None:
            bars.update(bar, completed=done, total=total or None, description=message or title)

        yield show


def finished(workspace: Workspace, job: Job) -> Mapping[str, Any]:
    """Wait for a job under a bar and return its result; Ctrl-C stops it at its next safe point.

    Raises:
        CurateError: the job failed or was stopped; its message says why.
    """
    with progress_bar(job.title) as show:
        try:
            while not job.state.ended:
                job = workspace.jobs.wait(job.id, POLL_SECONDS)
                show(job.done, job.total, job.message)
        except KeyboardInterrupt:
            workspace.jobs.cancel(job.id)
            job = workspace.jobs.wait(job.id)
    if job.state is JobState.CANCELLED:
        raise JobCancelled
    if job.result is None:
        raise CurateError(job.message)
    return job.result


class _RateColumn(ProgressColumn):
    """Units done a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f}/s" if speed else "", style="progress.data.speed")
