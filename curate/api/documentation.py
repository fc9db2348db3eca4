"""The OpenAPI document, and the page that shows it; the browser loads both from this server."""

from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi

from curate.api.problems import MEDIA_TYPE
from curate.api.schemas import Problem

PREFIX = "/api"
"""Where the app is mounted: the document names every call as a caller must write it."""
NO_ICON = "data:,"
SECURITY = {"Token": {"type": "http", "scheme": "bearer", "description": "Only where CURATE_API_TOKEN is set."}}

router = APIRouter(include_in_schema=False)


@router.get("/docs", response_class=Response)
def read_docs() -> Response:
    """The documentation page."""
    return get_swagger_ui_html(
        openapi_url=f"{PREFIX}/openapi.json",
        title="Curate API",
        swagger_js_url=f"{PREFIX}/assets/swagger-ui-bundle.js",
        swagger_css_url=f"{PREFIX}/assets/swagger-ui.css",
        swagger_favicon_url=NO_ICON,
        swagger_ui_parameters={"validatorUrl": None, "tryItOutEnabled": True, "defaultModelsExpandDepth": 0},
    )


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the app, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
        )
        document["paths"] = {f"{PREFIX}{path}": calls for path, calls in document["paths"].items()}
        _describe_errors(document)
        _describe_token(document)
        app.openapi_schema = document
    return app.openapi_schema


def _describe_errors(document: dict[str, Any]) -> None:
    """Every call can fail in one way only: with a problem."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    answer = {
        "description": "What went wrong, and what to do.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for calls in document["paths"].values():
        for call in calls.values():
            call["responses"].pop("422", None)
            call["responses"]["default"] = answer


def _describe_token(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = SECURITY
    document["security"] = [{}, {"Token": []}]
