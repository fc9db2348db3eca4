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
    by_settings = workspace.settings.encoder if workspace.encoders.as_started else active
    if request.encoder not in (None, active, by_settings):
        raise InvalidParameter(
            f"The encoder in use is {active}, not {request.encoder[:60]}. "
            "Leave the encoder out, or switch to that one first (POST /api/encoders/activate)."
        )
    return JobStarted(job_id=workspace.start_import(request.folder).id)
