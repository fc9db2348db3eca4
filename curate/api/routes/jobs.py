"""Jobs: long work, how far it is, and stopping it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from curate.api.dependencies import CurrentWorkspace
from curate.api.schemas import JobDetails, JobList

router = APIRouter(prefix="/jobs", tags=["Jobs"])

JobId = Annotated[int, Path(ge=0, lt=2**63)]


@router.get("", summary="List jobs")
def list_jobs(workspace: CurrentWorkspace, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> JobList:
    """The newest jobs first."""
    return JobList(jobs=[JobDetails.of(job) for job in workspace.jobs.recent(limit)])


@router.get("/{job_id}", summary="Read a job")
def read_job(job_id: JobId, workspace: CurrentWorkspace) -> JobDetails:
    """One job with its newest progress, and its result once it is done."""
    return JobDetails.of(workspace.jobs.get(job_id))


@router.delete("/{job_id}", summary="Stop a job")
def stop_job(job_id: JobId, workspace: CurrentWorkspace) -> JobDetails:
    """Ask a job to stop: it ends at its next safe point and keeps what it did. One that has ended stays as it is."""
    return JobDetails.of(workspace.jobs.cancel(job_id))
