"""Importing folders."""

from fastapi import APIRouter

from curate.api.dependencies import CurrentWorkspace
from curate.api.schemas import ImportRequest, JobStarted
from curate.errors import InvalidParameter

router = APIRouter(tags=["Images"])


@router.post("/import", status_code=202, summary="Import a folder")
def import_folder(request: ImportRequest, workspace: CurrentWorkspace) -> JobStarted:
    """Read a folder's images in the background. Files that did not change since the last import aren't read again."""
    active = workspace.encoder.name
    if request.encoder not in (None, active, workspace.settings.encoder):
        raise InvalidParameter(
            f"This app runs with the encoder {active}, not {request.encoder[:60]}. "
            "Leave the encoder out, or start the app with CURATE_ENCODER set to it."
        )
    return JobStarted(job_id=workspace.start_import(request.folder).id)
