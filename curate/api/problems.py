"""Errors as HTTP answers: RFC 9457 problem details, each with a sentence that a person can act on."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from curate.errors import (
    CurateError,
    EmbeddingNotSupported,
    InvalidFilter,
    InvalidInput,
    JobCancelled,
    NotFound,
    NotReady,
    StorageFailed,
    TextNotSupported,
    Unavailable,
    UnreadableImage,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
LONGEST_VALUE = 60
"""Characters of a wrong value that a message repeats."""

# The first family that an error belongs to decides.
STATUSES: tuple[tuple[type[CurateError], HTTPStatus], ...] = (
    (TextNotSupported, HTTPStatus.UNPROCESSABLE_ENTITY),
    (EmbeddingNotSupported, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnreadableImage, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotReady, HTTPStatus.CONFLICT),
    (JobCancelled, HTTPStatus.CONFLICT),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (StorageFailed, HTTPStatus.INSUFFICIENT_STORAGE),
)
UNEXPECTED = "Something went wrong inside Curate. The server's log has the details; try again, or restart the app."


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
    """Return a problem document; `members` are added to the standard ones."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    body = json.dumps(content | members, ensure_ascii=True).encode()
    return Response(body, int(status), {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every expected error of `app` a problem document; `UnexpectedErrors` does the rest."""
    app.add_exception_handler(CurateError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def status_of(error: CurateError) -> HTTPStatus:
    """Return the HTTP status of an error's family."""
    return next((status for family, status in STATUSES if isinstance(error, family)), HTTPStatus.INTERNAL_SERVER_ERROR)


class UnexpectedErrors:
    """Answers what nothing else caught with one sentence; the traceback goes to the log and nowhere else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:
            if started:
                raise  # half an answer is out: the server must cut the connection
            await _last_resort(scope, error)(scope, receive, send)


def _last_resort(scope: Scope, error: Exception) -> Response:
    if isinstance(error, CurateError):  # from the middleware: the workspace can't be opened, say
        return problem(status_of(error), str(error))
    logger.error("%s %s failed", scope.get("method"), scope.get("path"), exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED)


def _known(_: Request, error: Exception) -> Response:
    assert isinstance(error, CurateError)
    if isinstance(error, InvalidFilter):
        return problem(status_of(error), str(error), position=error.position)
    return problem(status_of(error), str(error))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {
        HTTPStatus.NOT_FOUND: f"There is nothing at {request.url.path[:200]}. /api/docs lists every call.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible at {request.url.path[:200]}."
        " /api/docs lists every call.",
        HTTPStatus.BAD_REQUEST: "The request's body could not be read. Send it as JSON in UTF-8.",
    }
    detail = details.get(HTTPStatus(error.status_code), str(error.detail))
    return problem(error.status_code, detail, error.headers)


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [{"field": _field(each["loc"]), "message": _sentence(each)} for each in error.errors()]
    detail = " ".join(each["message"] for each in found[:3])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=found[:20])


def _field(location: Sequence[int | str]) -> str:
    return ".".join(str(part)[:LONGEST_VALUE] for part in location[1:]) or "body"


# pydantic's kind of error: what the value must be, as the end of a sentence
_EXPECTED = {
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_type": "must be text",
    "string_too_long": "may have {max_length} characters",
    "list_type": "must be a list",
    "too_long": "may have {max_length} entries",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of a sensible size",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
}
_WITHOUT_VALUE = {
    "json_invalid": "The body is not valid JSON. Check its brackets, quotes and commas.",
    "missing": "{name} is missing.",
    "extra_forbidden": "{name} is not a field of this call. /api/docs lists them.",
    "string_unicode": "{name} holds characters that are not valid Unicode.",
}


def _sentence(error: Mapping[str, Any]) -> str:
    """Say what is wrong with one value, such as “top_k must be 1000 or less, not 5000.”"""
    kind, name = error["type"], _field(error["loc"])
    if kind in _WITHOUT_VALUE:
        return _WITHOUT_VALUE[kind].format(name=name)
    expected = _EXPECTED.get(kind)
    rule = expected.format(**error.get("ctx", {})) if expected else f"can't be used ({error['msg']})"
    return f"{name} {rule}, not {_shown(error.get('input'))}."


def _shown(value: object) -> str:
    """Return a value as JSON, cut where it is long."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
