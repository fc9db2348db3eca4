"""Processes that decode files for this one, so that no file can crash it, fill its memory or keep it waiting."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Container
from contextlib import ExitStack, suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import BinaryIO, cast

import numpy as np

import curate
from curate.embedding.encoder import Preparation
from curate.errors import DecoderUnavailable, UnreadableImage
from curate.ingest.decode import DecodedFile, KnownContent
from curate.ingest.decoder_talk import IsKnown, Outcome, Request, WantsTurn, receive, send
from curate.ingest.opening import TryAgainLater
from curate.ingest.picture import Turns

PIPE_BYTES = 2**20
_OUT_OF_TIME = -signal.SIGALRM if hasattr(signal, "SIGALRM") else 1
_KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else 1


class DecoderPool:
    """As many decoder processes as there are threads that call `decode` at once; they start when first needed.

    A process that crashes or takes too long is replaced, and its file gets the reason.
    """

    def __init__(self, max_megapixels: int = 200, seconds: float = 60) -> None:
        """Set the limits for each file: its pixels, and the seconds to decode it."""
        self._max_megapixels = max_megapixels
        self._seconds = seconds
        self._idle: list[_Decoder] = []
        self._lock = threading.Lock()
        self._turns = threading.Lock()
        self._closed = False

    def decode(
        self, source: Path | bytes, name: str, preparation: Preparation, known: Container[str] = frozenset()
    ) -> DecodedFile | KnownContent:
        """Do what `curate.ingest.decode.decode` does, in another process. `known` stays in this one.

        Raises:
            UnreadableImage: with the reason.
            DecoderUnavailable: no process can be started.
        """
        outcome = self._outcome(Request(source, name, preparation, asks=bool(known)), known)
        assert isinstance(outcome, DecodedFile | KnownContent)
        return outcome

    def model_input(self, source: Path | bytes, name: str, preparation: Preparation) -> np.ndarray:
        """Do what `curate.ingest.decode.model_input` does, in another process.

        Raises:
            UnreadableImage: with the reason.
            DecoderUnavailable: no process can be started.
        """
        outcome = self._outcome(Request(source, name, preparation, input_only=True))
        assert isinstance(outcome, np.ndarray)
        return outcome

    def close(self) -> None:
        """End all processes; those that still decode end with their file."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for decoder in idle:
            decoder.end()

    def __enter__(self) -> "DecoderPool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _outcome(self, request: Request, known: Container[str] = frozenset()) -> Outcome:
        """Return what became of a file; raise where that is an exception."""
        try:
            outcome = self._outcome_of_any(request, known)
        except _Ended as ended:
            raise self._why(ended.code) from ended
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _outcome_of_any(self, request: Request, known: Container[str]) -> Outcome:
        """Ask a decoder; where one crashes that had other files before, which may have damaged it, ask a new one.

        Raises:
            _Ended: it crashed on this very file, or was ended.
        """
        decoder = self._idle_one()
        if decoder is not None:
            try:
                return self._asked(decoder, request, known)
            except _Ended as ended:
                if ended.on_purpose:
                    raise
        return self._asked(_Decoder(self._max_megapixels, self._seconds), request, known)

    def _asked(self, decoder: "_Decoder", request: Request, known: Container[str]) -> Outcome:
        try:
            outcome = decoder.outcome(request, known, self._turns)
        except BaseException:
            decoder.kill()
            raise
        self._give_back(decoder)
        return outcome

    def _idle_one(self) -> "_Decoder | None":
        with self._lock:
            while self._idle:
                decoder = self._idle.pop()
                if decoder.alive:
                    return decoder
                decoder.kill()
        return None

    def _give_back(self, decoder: "_Decoder") -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(decoder)
                return
        decoder.end()

    def _why(self, code: int) -> UnreadableImage:
        if code == _OUT_OF_TIME:
            return TryAgainLater(f"it took longer than {self._seconds:g} seconds to decode (CURATE_DECODE_SECONDS)")
        if code == _KILLED:
            return TryAgainLater("the system ended the process that decoded it, most likely for lack of memory")
        return UnreadableImage("the process that decoded it crashed; the file is damaged, or made to do harm")


class _Ended(Exception):
    """A decoder ended before it answered; `code` is its exit status, or a signal's number, negative."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
        self.on_purpose = code in (_OUT_OF_TIME, _KILLED)


class _Decoder:
    """One process, for one file at a time."""

    def __init__(self, max_megapixels: int, seconds: float) -> None:
        """Start it, and wait until it is ready.

        Raises:
            DecoderUnavailable: it cannot be started.
        """
        command = [sys.executable, "-m", "curate.ingest.decoder", str(max_megapixels), str(seconds)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environ(),
                start_new_session=True,  # Ctrl+C is for the app to decide about
            )
        except OSError as error:
            raise _not_started(error.strerror or str(error)) from error
        self._requests = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        _widen(self._answers)
        self._await_ready()

    def _await_ready(self) -> None:
        try:
            receive(self._answers)
        except (EOFError, UnpicklingError) as error:
            raise _not_started(f"it ended with status {self.kill()}") from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def outcome(self, request: Request, known: Container[str], turns: Turns) -> Outcome:
        """Send a request, answer the decoder's questions, and return what it made of the file.

        Raises:
            _Ended: the process ended; nothing is left of it.
        """
        try:
            with ExitStack() as held:
                send(self._requests, request)
                while isinstance(message := receive(self._answers), IsKnown | WantsTurn):
                    if isinstance(message, WantsTurn):
                        held.enter_context(turns)
                    send(self._requests, not isinstance(message, IsKnown) or message.content_hash in known)
        except (EOFError, OSError, UnpicklingError) as error:
            raise _Ended(self.kill()) from error
        outcome: Outcome = message
        return outcome

    def end(self) -> None:
        """Let the process end by itself: there will be no more requests."""
        self._requests.close()
        self._process.wait()
        self._answers.close()

    def kill(self) -> int:
        """End the process now; return how it ended, which may have been before."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # what was not sent yet cannot be any more
                pipe.close()
        return code


def _not_started(reason: str) -> DecoderUnavailable:
    return DecoderUnavailable(
        f"The process that decodes images could not be started: {reason}. Close other programs and import again."
    )


def _environ() -> dict[str, str]:
    """Let a process find this very package, and keep it to one thread: there is a process for each core."""
    root = str(Path(curate.__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _widen(pipe: BinaryIO) -> None:
    """Make room for a whole answer, so that a decoder need not wait for this process to take it."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):  # other platforms; or many pipes are wide already
        pass
