"""Watched sources: what appears, changes, moves or goes in them is imported by itself."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import xor
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from curate.errors import CurateError
from curate.ingest.found import FoundFile, is_below, is_hidden, is_passed_over
from curate.ingest.local import folder_identity
from curate.ingest.mounts import tells_of_changes
from curate.ingest.sources import files_of, is_address
from curate.models import Job, SkippedFile
from curate.store.database import Database
from curate.store.times import utc_now

logger = logging.getLogger(__name__)

QUIET_SECONDS = 1.0
"""How long nothing must have happened before an import starts …"""
LONGEST_WAIT = 10.0
"""… unless something keeps happening for so long."""
LOOK_EVERY = 5.0
LOOK_AT_ADDRESS_EVERY = 30.0
LOOK_IN_ANY_CASE_EVERY = 600.0
"""Seconds between two looks: at folders whose system tells of no changes, at addresses, and at all others (links out
of a folder, and what gets lost when too much happens at once)."""
_NOTHING = -1
"""Stands for what no import has seen, so that the next look that succeeds asks for one."""
_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]


@dataclass
class _Watched:
    """One source: what is going on in it. Times are those of `time.monotonic`."""

    source: str
    watch: ObservedWatch | None = None
    """None: its changes are found by looking."""
    identity: tuple[int, int] | None = None
    """The folder that `watch` is of, whatever it is called now."""
    since: float | None = None
    """When the first change came that no import has seen; None without one."""
    latest: float = 0.0
    job_id: int | None = None
    started: float = 0.0
    not_before: float = 0.0
    next_look: float = 0.0
    seen: int | None = None
    """What stands for all its files at the last look."""

    def changed(self) -> None:
        self.latest = time.monotonic()
        self.since = self.since if self.since is not None else self.latest

    def is_due(self, now: float) -> bool:
        if self.since is None or now < self.not_before:
            return False
        return now - self.latest >= QUIET_SECONDS or now - self.since >= LONGEST_WAIT


class WatchService:
    """Keeps sources imported while the process runs; which ones is in the database.

    Everything slow happens on a thread of its own: watching a folder with many files begins in the background.
    """

    def __init__(
        self,
        database: Database,
        start_import: Callable[[str], Job],
        job: Callable[[int], Job],
        never: Iterable[Path] = (),
    ) -> None:
        """Take what starts an import and what tells of one, and the folders whose changes don't count."""
        self._database = database
        self._start_import = start_import
        self._job = job
        self._never = [str(path.resolve()) for path in never]
        self._watched: dict[str, _Watched] = {}
        self._observer: BaseObserver | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Condition()
        self._closing = False
        self.on_start: Callable[[Job], None] = lambda job: None
        """Told of each import that a change started."""

    def sources(self) -> dict[str, bool]:
        """Return every imported source, oldest first, and whether it is watched."""
        return dict(self._database.read().execute("SELECT path, watched FROM sources ORDER BY added_at").fetchall())

    def watch(self, source: str) -> None:
        """Watch an imported source from now on, also after a restart."""
        self._remember(source, True)
        self.follow(source)

    def unwatch(self, source: str) -> None:
        """Watch a source no longer."""
        self._remember(source, False)
        with self._wake:
            dropped = self._watched.pop(source, None)
            if dropped is not None:
                self._forget_watch(dropped)

    def resume(self) -> None:
        """Go on with what the last process watched, and catch up on what happened since."""
        for source, watched in self.sources().items():
            if watched:
                self.follow(source)

    def follow(self, source: str) -> None:
        """Watch a source until the process ends, and import what happened before."""
        with self._wake:
            if source not in self._watched:
                self._watched[source] = _Watched(source)
                self._watched[source].changed()
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="curate-watch", daemon=True)
                self._thread.start()
            self._wake.notify()

    def is_ready(self, source: str) -> bool:
        """Whether what happens in a source from now on is noticed."""
        with self._wake:
            watched = self._watched.get(source)
            return watched is not None and watched.next_look > 0

    def close(self) -> None:
        """Stop watching; imports under way go on."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(10)
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(10)

    def _remember(self, source: str, watched: bool) -> None:
        with self._database.write(content=False) as cursor:
            cursor.execute("UPDATE sources SET watched = ? WHERE path = ?", [watched, source])

    def _loop(self) -> None:
        while True:
            with self._wake:
                if self._closing:
                    return
                everything = list(self._watched.values())
            for watched in everything:
                if self._closing:
                    return
                try:
                    self._attend(watched)
                except Exception:
                    logger.exception("%s could not be looked at", watched.source)
                    watched.next_look = time.monotonic() + LOOK_EVERY
            with self._wake:
                if not self._closing:
                    self._wake.wait(QUIET_SECONDS / 4)

    def _attend(self, watched: _Watched) -> None:
        if watched.watch is not None and watched.identity != folder_identity(watched.source):
            self._forget_watch(watched)  # the folder went: look whether another one comes
            watched.changed()
        if time.monotonic() >= watched.next_look:
            self._look(watched)
        if self._is_importing(watched) or not watched.is_due(time.monotonic()):
            return
        with self._wake:
            if self._closing or watched.source not in self._watched:
                return
            watched.since = None
        asked_at = utc_now()
        try:
            job = self._start_import(watched.source)
        except CurateError as error:
            logger.info("%s is watched, but can't be imported now: %s", watched.source, error)
            watched.seen = _NOTHING  # its disk may come back with nothing else to notice
            return
        watched.job_id, watched.started = job.id, time.monotonic()
        if job.created_at < asked_at:  # an import that was under way already may have missed the change
            watched.changed()
        self.on_start(job)

    def _is_importing(self, watched: _Watched) -> bool:
        """Whether an import runs; one that took long gets a pause of the same length after it."""
        if watched.job_id is not None and self._job(watched.job_id).state.ended:
            watched.job_id = None
            now = time.monotonic()
            watched.not_before = now + min(now - watched.started, 60.0)
        return watched.job_id is not None

    def _look(self, watched: _Watched) -> None:
        """Have changes told, where they can be, and find those that were not."""
        if watched.watch is None:
            self._observe(watched)
        found = self._files_in(watched.source)
        if found is not None:
            if watched.seen is not None and watched.seen != found:
                watched.changed()
            watched.seen = found
        every = LOOK_IN_ANY_CASE_EVERY if watched.watch else LOOK_EVERY
        watched.next_look = time.monotonic() + (LOOK_AT_ADDRESS_EVERY if is_address(watched.source) else every)

    def _forget_watch(self, watched: _Watched) -> None:
        watch, watched.watch, watched.next_look = watched.watch, None, 0.0
        if watch is not None and self._observer is not None:
            with suppress(KeyError):  # it ended by itself
                self._observer.unschedule(watch)

    def _files_in(self, source: str) -> int | None:
        """Return a number that stands for all files in a source as they are; None when it can't be looked at."""
        found: list[FoundFile | SkippedFile] = []
        try:
            for file in files_of(source).walk(source, [Path(path) for path in self._never]):
                if isinstance(file, SkippedFile) and file.path == source:
                    return None
                found.append(file)
        except (OSError, ValueError):
            return None
        return reduce(xor, map(hash, found), len(found))

    def _observe(self, watched: _Watched) -> None:
        """Have the system tell of changes, where it can: for local folders, while it has room for more of them."""
        if is_address(watched.source) or not tells_of_changes(watched.source):
            return
        if self._observer is None:
            self._observer = Observer()
            self._observer.start()
        handler = _Changes(watched, self._never)
        watched.identity = folder_identity(watched.source)
        try:
            watched.watch = self._observer.schedule(handler, watched.source, recursive=True, event_filter=list(_EVENTS))
        except OSError as error:  # no such folder just now, or no room for further watches
            logger.info("%s is looked at every %g s; the system won't tell: %s", watched.source, LOOK_EVERY, error)


class _Changes(FileSystemEventHandler):
    """Notes that something happened in a source, apart from what no import asks for."""

    def __init__(self, watched: _Watched, never: list[str]) -> None:
        self._watched = watched
        self._never = never

    def on_any_event(self, event: FileSystemEvent) -> None:
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        if any(self._counts(path, event.is_directory) for path in paths):
            self._watched.changed()

    def _counts(self, path: str, is_folder: bool) -> bool:
        if any(is_below(path, folder) for folder in self._never):
            return False
        if is_passed_over(path) and not is_folder:
            return False
        inside = os.path.relpath(path, self._watched.source)
        return inside == os.curdir or not any(map(is_hidden, inside.split(os.sep)))
