"""What the app and its decoder processes say to each other: pickles, one after another, over two pipes.

A decoder says that it is `READY` once. The app sends a `Request`, and the decoder answers with its outcome, or with an
exception; before that, it may ask.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from curate.embedding.encoder import Preparation
from curate.ingest.decode import DecodedFile, KnownContent

READY = "ready"

Outcome = DecodedFile | KnownContent | np.ndarray | Exception


@dataclass(frozen=True, slots=True)
class Request:
    """A file to decode."""

    source: Path | bytes
    name: str
    preparation: Preparation
    asks: bool = False
    """Whether some contents are known: the decoder asks for each file's hash, as there may be a million of them."""
    input_only: bool = False
    """Whether nothing but the model's input is wanted."""


@dataclass(frozen=True, slots=True)
class IsKnown:
    """The decoder's question whether this content needs no decoding; answered by a bool."""

    content_hash: str


@dataclass(frozen=True, slots=True)
class WantsTurn:
    """The decoder's question whether it may decode a big image; answered once it may, which holds for this request."""


def send(pipe: BinaryIO, message: Any) -> None:
    """Raises OSError where nobody reads any more."""
    pickle.dump(message, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def receive(pipe: BinaryIO) -> Any:
    """Wait for a message.

    Raises:
        EOFError: the other side is gone. One that ended in the middle of a message raises pickle.UnpicklingError too.
    """
    return pickle.load(pipe)
