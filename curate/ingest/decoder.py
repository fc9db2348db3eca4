"""One decoding process: `python -m curate.ingest.decoder MEGAPIXELS SECONDS`, a request after another on its stdin.

What a hostile file may do to a process, it does to this one: crash it, fill its memory, or keep it for ever. It ends
when the app does. It must start fast, and so imports no model's library and no database.
"""

import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from curate.errors import UnreadableImage
from curate.ingest import pillow_setup
from curate.ingest.decode import decode, model_input
from curate.ingest.decoder_talk import READY, IsKnown, Outcome, Request, WantsTurn, receive, send

BYTES_PER_PIXEL = 24
"""What the largest image allowed may take while it is decoded, converted and shrunk …"""
BYTES_BESIDES = 2**30
"""… beside what a process takes anyway."""


def main(megapixels: str, seconds: str) -> None:
    """Answer requests until nobody sends any."""
    requests, answers = _own_pipes()
    _limit_memory(int(megapixels))
    pillow_setup.prepare(int(megapixels))
    app = _App(requests, answers, _Clock(float(seconds)))
    with suppress(EOFError, OSError):
        send(answers, READY)
        while True:
            app.answer(receive(requests), int(megapixels))
    os._exit(0)  # an orderly exit would complain about an answer that nobody waits for any more


class _App:
    """The process at the other end, as what `decode` needs of it: it knows contents, and gives turns."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, clock: "_Clock") -> None:
        self._requests = requests
        self._answers = answers
        self._clock = clock

    def answer(self, request: Request, megapixels: int) -> None:
        with self._clock.running():
            outcome = self._outcome(request, megapixels)
        send(self._answers, outcome)

    def __contains__(self, content_hash: object) -> bool:
        return bool(self._asked(IsKnown(str(content_hash))))

    def __enter__(self) -> None:
        self._asked(WantsTurn())

    def __exit__(self, *_: object) -> None:
        """A turn ends with the answer, until which the image is in memory."""

    def _outcome(self, request: Request, megapixels: int) -> Outcome:
        given = (request.source, request.name, request.preparation, megapixels)
        try:
            if request.input_only:
                return model_input(*given, turns=self)
            return decode(*given, known=self if request.asks else frozenset(), turns=self)
        except UnreadableImage as reason:
            return reason
        except Exception as error:  # noqa: BLE001 - a defect of ours, which the app raises
            error.add_note(f"In a decoder process:\n{traceback.format_exc()}")
            return error

    def _asked(self, question: IsKnown | WantsTurn) -> object:
        with self._clock.stopped():
            send(self._answers, question)
            return receive(self._requests)


class _Clock:
    """Ends this process once a file has taken too long; nothing that hangs can stop it, whatever it holds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the kernel ends the process

    @contextmanager
    def running(self) -> Iterator[None]:
        self._set(self._seconds)
        try:
            yield
        finally:
            self._set(0)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Waiting for the app does not count; afterwards the time begins anew."""
        self._set(0)
        try:
            yield
        finally:
            self._set(self._seconds)

    def _set(self, seconds: float) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, seconds)
        elif seconds:
            faulthandler.dump_traceback_later(seconds, exit=True, file=open(os.devnull, "w"))  # noqa: SIM115
        else:
            faulthandler.cancel_dump_traceback_later()


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return stdin and stdout for ourselves; whatever a library prints goes to stderr."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def _limit_memory(megapixels: int) -> None:
    """Let an allocation beyond reason fail, where the platform can: better one file than the whole machine."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = megapixels * 1_000_000 * BYTES_PER_PIXEL + BYTES_BESIDES
    with suppress(ValueError, OSError):  # macOS knows the name only
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
