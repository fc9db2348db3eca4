"""Clustering: start a run, and read the current clusters."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from curate.api.dependencies import CurrentWorkspace
from curate.api.schemas import ClusterDetails, ClusterList, ClusterRequest, ClusterSummary, JobStarted, RunDetails
from curate.errors import JobCancelled, NotReady
from curate.models import JobState

router = APIRouter(tags=["Clusters"])


@router.post(
    "/cluster/run",
    status_code=202,
    summary="Cluster the images",
    responses={200: {"model": ClusterSummary, "description": "With `wait`: the finished run."}},
)
def run_clustering(
    workspace: CurrentWorkspace,
    response: Response,
    request: Annotated[ClusterRequest | None, Body()] = None,
    wait: Annotated[bool, Query(description="Answer when the run is finished.")] = False,
) -> JobStarted | ClusterSummary:
    """Make a new map and new clusters in the background; the present ones stay until it is finished."""
    parameters = request.model_dump(exclude_none=True) if request else {}
    job = workspace.start_clustering(parameters)
    if not wait:
        return JobStarted(job_id=job.id)
    ended = workspace.jobs.wait(job.id)
    if ended.state is JobState.CANCELLED:
        raise JobCancelled
    if ended.result is None:
        raise NotReady(ended.message)
    response.status_code = 200
    return ClusterSummary(job_id=job.id, **ended.result)


@router.get("/clusters", summary="List clusters")
def list_clusters(workspace: CurrentWorkspace) -> ClusterList:
    """The clusters of the current map, the largest first."""
    run = workspace.clustering.current_run()
    return ClusterList(
        run=None if run is None else RunDetails.of(run),
        clusters=[ClusterDetails.of(cluster) for cluster in workspace.clustering.clusters()],
    )
