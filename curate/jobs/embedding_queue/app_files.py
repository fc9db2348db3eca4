"""Image files that a worker can't see itself, fetched from the app."""

import http.client
import ssl
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from curate.errors import InvalidParameter, UnreadableImage, WorkerUnfit

ANSWER_SECONDS = 30.0


class AppAway(Exception):
    """The app doesn't answer at the moment."""


class AppBusy(AppAway):
    """It answers, but with an error."""


class AppFiles:
    """The app's files, by image id. Threads may ask at the same time."""

    def __init__(self, url: str, token: str) -> None:
        """Prepare for the app at `url`.

        Raises:
            InvalidParameter: it is no web address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidParameter(
                f"CURATE_APP_URL can't be used: “{url[:100]}” is no address such as http://localhost:8501."
            )
        self._url = url
        self._secure = parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def content(self, image_id: str, size_bytes: int) -> bytes:
        """Return a file's bytes; of one longer than `size_bytes` not all of them.

        Raises:
            AppAway: it can't be reached.
            AppBusy: it answers with an error.
            WorkerUnfit: it refuses this worker.
            UnreadableImage: it has no such file.
        """
        connection = self._connection()
        try:
            path = f"{self._path}/api/queue/images/{quote(image_id, safe='')}"
            connection.request("GET", path, headers=self._headers)
            answer = connection.getresponse()
            if answer.status == HTTPStatus.OK:
                return self._whole(answer, size_bytes)
            raise self._refusal(answer.status)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise AppAway(f"The app at {self._url} can't be reached: {reason[:1].lower()}{reason[1:]}.") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        """Return a new one. Redirections aren't followed: they could carry the token elsewhere."""
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=ANSWER_SECONDS, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_SECONDS)

    @staticmethod
    def _whole(answer: http.client.HTTPResponse, size_bytes: int) -> bytes:
        content = answer.read(size_bytes + 1)
        if answer.length and len(content) <= size_bytes:
            raise http.client.IncompleteRead(content)
        return content

    def _refusal(self, status: int) -> Exception:
        if status == HTTPStatus.NOT_FOUND:
            return UnreadableImage("the app can't read its file any more")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            return AppBusy(f"The app at {self._url} answers with an error ({status}).")
        if status == HTTPStatus.UNAUTHORIZED:
            return WorkerUnfit(
                f"The app at {self._url} wants a token. Set CURATE_API_TOKEN to the one that it was started with."
            )
        return WorkerUnfit(
            f"The app at {self._url} refuses to send images (status {status}). Check CURATE_APP_URL, and "
            "CURATE_ALLOWED_HOSTS of the app."
        )
