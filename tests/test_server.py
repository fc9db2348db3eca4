"""What we set on the web server's sockets."""

import socket
import sys
from contextlib import closing

import pytest

from curate.server import send_without_delay

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="open files can't be listed there")


def accepted_by(listener: socket.socket) -> socket.socket:
    with closing(socket.create_connection(listener.getsockname())):
        return listener.accept()[0]


def test_connections_to_a_listening_socket_send_without_delay() -> None:
    with socket.socket(socket.AF_INET) as listener:  # without a protocol, as `streamlit run` makes it
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with accepted_by(listener) as before:
            assert not before.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

        assert send_without_delay() >= 1

        with accepted_by(listener) as after:
            assert after.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_other_sockets_are_left_alone() -> None:
    with socket.socket(socket.AF_INET) as idle:
        send_without_delay()

        assert not idle.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert idle.fileno() >= 0
