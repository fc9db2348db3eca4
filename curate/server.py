"""What the web server that runs us does not do by itself."""

import os
import socket
from contextlib import suppress
from pathlib import Path

from curate.errors import Unavailable

_OPEN_FILES = Path("/dev/fd")


def send_without_delay() -> int:
    """Set TCP_NODELAY on the sockets that this process listens on, and return on how many.

    Without it each answer on a kept connection waits 40 ms: uvicorn writes head and body apart, and the kernel holds
    the body back until the browser has acknowledged the head. asyncio sets the option on the connections it accepts,
    but only where `socket.proto` says TCP, and `streamlit run` makes its socket without naming a protocol. Connections
    inherit the option from the socket that accepted them (Linux, macOS), so it is enough to set it there. Called when
    the app starts: the server's socket listens by then, and nobody hands it to us, so it is looked for.
    """
    if not _OPEN_FILES.is_dir():
        return 0
    numbers = [int(name) for name in os.listdir(_OPEN_FILES)]
    return sum(_set_no_delay(number) for number in numbers)


def first_free_port(address: str, first: int = 8501, last: int = 8599) -> int:
    """Return the first port of this range that nothing listens on at `address`.

    Raises:
        Unavailable: all of them are taken.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in range(first, last + 1):
        with socket.socket(family) as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            return port
    raise Unavailable(
        f"No port from {first} to {last} is free at {address}. Close another app, or name one with --port."
    )


def _set_no_delay(file_number: int) -> bool:
    """Set the option where the number is that of a listening TCP socket; True if so."""
    with suppress(OSError):  # it is no socket, or was closed meanwhile
        listener = socket.socket(fileno=os.dup(file_number))
        with listener:
            if listener.family not in (socket.AF_INET, socket.AF_INET6):
                return False
            if not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return False
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return True
    return False
