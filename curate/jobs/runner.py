"""Long work in the background: one job at a time, seen from every page, on disk, and taken up again after a restart."""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from curate.errors import CurateError, InvalidInput, JobCancelled, JobNotFound, StorageFailed
from curate.models import Job, JobState
from curate.store.database import Database
from curate.store.times import utc_now

logger = logging.getLogger(__name__)

SAVE_EVERY = 1.0
"""Seconds between two writes of a running job's progress."""


class JobContext(Protocol):
    """What a job's work may call."""

    def progress(self, done: int, total: int, message: str = "") -> None: ...

    def cancelled(self) -> bool: ...


Work = Callable[[Mapping[str, Any], JobContext], Mapping[str, Any]]
"""A kind of job: takes its parameters (JSON) and a context, returns its result (JSON)."""


class JobRunner:
    """Runs jobs one after another on a thread of its own.

    A job that was waiting or running when the process ended is started again by `resume`; every kind of work must
    therefore be able to go on from what an earlier, unfinished run left.
    """

    def __init__(self, database: Database, kinds: Mapping[str, Work]) -> None:
        self._database = database
        self._kinds = dict(kinds)
        self._waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._live: dict[int, _LiveJob] = {}
        self._unsaved: dict[int, dict[str, Any]] = {}
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def start(self, kind: str, title: str, parameters: Mapping[str, Any]) -> Job:
        """Queue a job and return it at once; the same work already waiting or running is returned instead."""
        if kind not in self._kinds:
            raise InvalidInput(f"There is no kind of job called “{kind}”. Use one of {', '.join(self._kinds)}.")
        text = json.dumps(parameters)
        with self._lock:
            for live in self._live.values():
                if live.job_kind == kind and live.parameters == text and not live.cancel.is_set():
                    present = self.get(live.job_id)
                    if not present.state.ended:
                        return present
            with self._database.write() as cursor:
                job_id = int(cursor.execute("SELECT nextval('job_id')").fetchall()[0][0])
                cursor.execute(
                    "INSERT INTO jobs VALUES (?, ?, ?, 'queued', 0, 0, '', ?, NULL, ?, NULL, NULL)",
                    [job_id, kind, title, text, utc_now()],
                )
            self._enqueue(job_id, kind, text)
        return self.get(job_id)

    def resume(self) -> list[Job]:
        """Queue again what the last process left unfinished."""
        rows = (
            self._database.read()
            .execute("SELECT id, kind, parameters FROM jobs WHERE state IN ('queued', 'running') ORDER BY id")
            .fetchall()
        )
        with self._lock:
            for job_id, kind, parameters in rows:
                self._enqueue(job_id, kind, parameters)
        return [self.get(row[0]) for row in rows]

    def get(self, job_id: int) -> Job:
        """Return a job with its newest progress.

        Raises:
            JobNotFound: there is no such job.
        """
        row = self._database.read().execute(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", [job_id]).fetchone()
        if row is None:
            raise JobNotFound(job_id)
        return self._with_progress(_job(row))

    def recent(self, limit: int = 50) -> list[Job]:
        """Return the newest jobs first."""
        rows = (
            self._database.read().execute(f"SELECT {_COLUMNS} FROM jobs ORDER BY id DESC LIMIT ?", [limit]).fetchall()
        )
        return [self._with_progress(_job(row)) for row in rows]

    def active(self) -> list[Job]:
        """Return the jobs that run or wait, in the order of their turn; costs nothing while there are none."""
        with self._lock:
            waiting = sorted(self._live)
        return [job for job in map(self.get, waiting) if not job.state.ended]

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs there are in each state."""
        rows = self._database.read().execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall()
        found = dict(rows)
        return {state: found.get(state.value, 0) for state in JobState}

    def cancel(self, job_id: int) -> Job:
        """Ask a job to stop; it ends at its next safe point, and keeps what it did.

        The wish is on disk at once: a stopped job does not come back with the next process.
        """
        self.get(job_id)
        with self._lock:
            live = self._live.get(job_id)
            if live is not None:
                live.stopping = live.running
                live.cancel.set()
                self._update(job_id, state=JobState.CANCELLED, message=str(JobCancelled()), finished_at=utc_now())
        return self.get(job_id)

    def wait(self, job_id: int, timeout: float | None = None) -> Job:
        """Block until the job has ended (or `timeout` seconds have passed) and return it."""
        live = self._live.get(job_id)
        if live is not None:
            live.ended.wait(timeout)
        return self.get(job_id)

    def stop(self, timeout: float = 10.0) -> None:
        """Stop the thread at the running job's next safe point; `resume` in the next process goes on with it.

        A job that is started from then on waits for the next process.
        """
        with self._lock:
            self._stopped = True
            thread = self._thread
        if thread is None:
            return
        for live in list(self._live.values()):
            live.closing = not live.cancel.is_set()  # what a person stopped stays stopped
            live.cancel.set()
        self._waiting.put(None)
        thread.join(timeout)

    def _enqueue(self, job_id: int, kind: str, parameters: str) -> None:
        self._live[job_id] = _LiveJob(job_id, kind, parameters)
        self._waiting.put(job_id)
        if self._thread is None and not self._stopped:
            self._thread = threading.Thread(target=self._loop, name="curate-jobs", daemon=True)
            self._thread.start()

    def _loop(self) -> None:
        while (job_id := self._waiting.get()) is not None:
            live = self._live[job_id]
            try:
                if not live.closing:
                    self._run(live)
            except Exception:
                logger.exception("Job %s could not be finished", job_id)
            finally:
                with self._lock:
                    del self._live[job_id]
                live.ended.set()

    def _run(self, live: "_LiveJob") -> None:
        context = _Context(live, self._save_progress)
        result: Mapping[str, Any] | None = None
        try:
            if live.cancel.is_set():
                raise JobCancelled
            self._update(live.job_id, state=JobState.RUNNING, started_at=utc_now())
            live.running = True
            result = self._kinds[live.job_kind](json.loads(live.parameters), context)
            state, message = JobState.DONE, ""
        except JobCancelled as stop:
            if live.closing:
                self._save_progress(live)
                return  # still 'running' on disk: the next process resumes it
            state, message = JobState.CANCELLED, str(stop)
        except CurateError as error:
            state, message = JobState.FAILED, str(error)
        except Exception as error:
            logger.exception("Job %s (%s) failed", live.job_id, live.job_kind)
            state, message = JobState.FAILED, f"It stopped with an unexpected error: {error}. The log has the details."
        self._finish(live, state, message, None if result is None else json.dumps(result))

    def _finish(self, live: "_LiveJob", state: JobState, message: str, result: str | None) -> None:
        """Keep how a job ended: on disk, or where that is full at least until the process ends."""
        ended = {"state": state, "message": message, "done": live.done, "total": live.total, "finished_at": utc_now()}
        try:
            self._update(live.job_id, **ended, result=result)
        except StorageFailed as error:
            logger.error("The end of job %s could not be kept: %s", live.job_id, error)
            self._unsaved[live.job_id] = ended

    def _save_progress(self, live: "_LiveJob") -> None:
        self._update(live.job_id, done=live.done, total=live.total, message=live.message)

    def _update(self, job_id: int, **values: Any) -> None:
        assignments = ", ".join(f"{column} = ?" for column in values)
        with self._database.write(content=False) as cursor:
            cursor.execute(f"UPDATE jobs SET {assignments} WHERE id = ?", [*values.values(), job_id])

    def _with_progress(self, job: Job) -> Job:
        if job.id in self._unsaved:
            return replace(job, **self._unsaved[job.id])
        live = self._live.get(job.id)
        if live is None or (job.state.ended and not live.stopping):
            return job
        if job.state.ended:  # told to stop, and on disk as stopped, but not at its safe point yet
            job = replace(job, state=JobState.RUNNING, finished_at=None)
            return replace(job, done=live.done, total=live.total, message="Stopping")
        return replace(job, done=live.done, total=live.total, message=live.message)


class _LiveJob:
    """A job's state in memory, newer than what is on disk."""

    def __init__(self, job_id: int, kind: str, parameters: str) -> None:
        self.job_id = job_id
        self.job_kind = kind
        self.parameters = parameters
        self.done = self.total = 0
        self.message = ""
        self.cancel = threading.Event()
        self.ended = threading.Event()
        self.closing = False
        self.running = False
        self.stopping = False
        """A person stopped it while it ran; until it notices, it still counts as running."""


class _Context:
    """Hands a job's progress on: to memory at once, to disk once a second."""

    def __init__(self, live: _LiveJob, save: Callable[[_LiveJob], None]) -> None:
        self._live = live
        self._save = save
        self._saved_at = time.monotonic()

    def progress(self, done: int, total: int, message: str = "") -> None:
        live = self._live
        live.done, live.total, live.message = done, total, message
        if time.monotonic() - self._saved_at > SAVE_EVERY:
            self._saved_at = time.monotonic()
            self._save(live)

    def cancelled(self) -> bool:
        return self._live.cancel.is_set()


_COLUMNS = "id, kind, title, state, done, total, message, created_at, started_at, finished_at, parameters, result"


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, title, state, *rest, parameters, result = row
    outcome = None if result is None else json.loads(result)
    return Job(job_id, kind, title, JobState(state), *rest, json.loads(parameters), outcome)  # type: ignore[call-arg]
