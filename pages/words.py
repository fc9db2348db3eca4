"""How counts, times and people's own words stand in a sentence on the screen."""

import re

from curate.models import Job

_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """Return a name, tag, path or message so that Streamlit's Markdown shows it as it is, and fetches nothing."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def counted(count: int, noun: str) -> str:
    """Return "1 image", "1,451 images"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time to wait, in its largest sensible unit."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def ago(seconds: float) -> str:
    """Return how long ago something was, in words."""
    for length, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            return f"{counted(int(seconds // length), unit)} ago"
    return "just now"


def job_words(job: Job) -> str:
    """Return a running job in a few words: how far, how fast, how long yet."""
    if not job.total:
        return job.message or "Starting"
    counts_images = job.kind in ("import", "embed")
    parts = [f"{job.done:,} of {job.total:,}"] if counts_images else [f"{100 * job.done // job.total} %"]
    if counts_images and job.rate:
        parts.append(f"{job.rate:,.0f} a second")
    if job.seconds_left is not None and job.done < job.total:
        parts.append(f"{duration(job.seconds_left)} left")
    return " · ".join(parts)
