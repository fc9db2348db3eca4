import threading
from collections.abc import Mapping
from typing import Any

import pytest

from curate.errors import InvalidFolder, JobCancelled, JobNotFound
from curate.jobs.runner import JobContext, JobRunner
from curate.models import JobState
from curate.store.database import Database


class Counting:
    """Work that counts to `parameters["to"]`, one step whenever it is let."""

    def __init__(self) -> None:
        self.may_step = threading.Semaphore(0)
        self.started = threading.Event()
        self.calls = 0

    def __call__(self, parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
        self.calls += 1
        for step in range(parameters["to"]):
            context.progress(step, parameters["to"], f"Step {step}")
            self.started.set()
            while not self.may_step.acquire(timeout=0.01):
                if context.cancelled():
                    raise JobCancelled
        return {"counted": parameters["to"]}


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def runner(database: Database, counting: Counting) -> JobRunner:
    return JobRunner(database, {"count": counting, "fail": _fail, "break": _break})


def test_a_job_ends_with_its_result_on_disk(runner: JobRunner, counting: Counting) -> None:
    counting.may_step.release(3)

    job = runner.wait(runner.start("count", "Count", {"to": 3}).id, timeout=10)

    assert job.state is JobState.DONE
    assert job.result == {"counted": 3}
    assert job.finished_at is not None


def test_progress_is_seen_while_the_job_runs(runner: JobRunner, counting: Counting) -> None:
    job = runner.start("count", "Count", {"to": 2})
    counting.started.wait(10)

    running = runner.get(job.id)

    assert (running.state, running.total, running.message) == (JobState.RUNNING, 2, "Step 0")
    runner.cancel(job.id)


def test_a_cancelled_job_says_so(runner: JobRunner, counting: Counting) -> None:
    job = runner.start("count", "Count", {"to": 5})
    counting.started.wait(10)
    runner.cancel(job.id)

    assert runner.wait(job.id, timeout=10).state is JobState.CANCELLED


def test_a_job_that_still_waits_can_be_cancelled(runner: JobRunner, counting: Counting) -> None:
    first = runner.start("count", "Count", {"to": 1})
    second = runner.start("count", "Count", {"to": 2})
    runner.cancel(second.id)
    counting.may_step.release(5)

    assert runner.wait(first.id, timeout=10).state is JobState.DONE
    assert runner.wait(second.id, timeout=10).state is JobState.CANCELLED


def test_the_same_work_is_not_queued_twice(runner: JobRunner, counting: Counting) -> None:
    first = runner.start("count", "Count", {"to": 2})
    again = runner.start("count", "Count", {"to": 2})
    counting.may_step.release(2)
    runner.wait(first.id, timeout=10)

    assert again.id == first.id
    assert counting.calls == 1


def test_a_failed_job_tells_its_reason_and_the_next_one_runs(runner: JobRunner, counting: Counting) -> None:
    counting.may_step.release(1)
    failed = runner.start("fail", "Fail", {})
    broken = runner.start("break", "Break", {})
    good = runner.start("count", "Count", {"to": 1})

    assert runner.wait(good.id, timeout=10).state is JobState.DONE
    assert runner.get(failed.id).message == "The folder is gone. Choose another one."
    assert runner.get(broken.id).message.startswith("It stopped with an unexpected error")


def test_a_job_that_was_running_when_the_process_ended_goes_on_in_the_next(database: Database) -> None:
    before = Counting()
    first = JobRunner(database, {"count": before})
    job = first.start("count", "Count", {"to": 2})
    before.started.wait(10)
    first.stop()
    after = Counting()
    after.may_step.release(2)

    second = JobRunner(database, {"count": after})
    resumed = second.resume()

    assert [one.id for one in resumed] == [job.id]
    assert second.wait(job.id, timeout=10).state is JobState.DONE
    assert after.calls == 1


def test_a_job_that_is_started_while_the_app_closes_waits_for_the_next_process(database: Database) -> None:
    counting = Counting()
    counting.may_step.release(1)
    first = JobRunner(database, {"count": counting})
    first.stop()

    job = first.start("count", "Count", {"to": 1})

    assert first.wait(job.id, timeout=0.3).state is JobState.QUEUED
    second = JobRunner(database, {"count": counting})
    second.resume()
    assert second.wait(job.id, timeout=10).state is JobState.DONE
    assert counting.calls == 1


def test_a_stopped_job_counts_as_running_until_it_notices(database: Database) -> None:
    asked = threading.Event()
    may_end = threading.Event()

    def deaf(parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
        asked.set()
        may_end.wait(10)
        raise JobCancelled

    runner = JobRunner(database, {"deaf": deaf})
    job = runner.start("deaf", "Deaf", {})
    asked.wait(10)

    assert runner.cancel(job.id).state is JobState.RUNNING
    assert [one.message for one in runner.active()] == ["Stopping"]

    may_end.set()
    assert runner.wait(job.id, timeout=10).state is JobState.CANCELLED


def test_a_stopped_job_stays_stopped_when_the_process_ends_before_it_notices(database: Database) -> None:
    busy = Counting()
    first = JobRunner(database, {"count": busy})
    running = first.start("count", "Count", {"to": 2})
    waiting = first.start("count", "Count", {"to": 3})
    busy.started.wait(10)
    first.cancel(running.id)
    first.cancel(waiting.id)
    first.stop()

    second = JobRunner(database, {"count": Counting()})

    assert second.resume() == []
    assert {second.get(job.id).state for job in (running, waiting)} == {JobState.CANCELLED}


def test_progress_does_not_make_remembered_answers_stale(database: Database) -> None:
    counting = Counting()
    runner = JobRunner(database, {"count": counting})
    job = runner.start("count", "Count", {"to": 1})
    version = database.version

    counting.may_step.release(1)

    assert runner.wait(job.id, timeout=10).state is JobState.DONE
    assert database.version == version


def test_an_unknown_job_is_named(runner: JobRunner) -> None:
    with pytest.raises(JobNotFound, match="“77”"):
        runner.get(77)


def _fail(parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
    raise InvalidFolder("The folder is gone. Choose another one.")


def _break(parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
    return {"result": parameters["not there"]}
