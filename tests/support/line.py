"""The line to a provider: it can be cut (nobody listens) or go silent (whoever calls is heard and never answered)."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.support.daemon import free_port

_AT_ONCE = 65536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, as a machine that has vanished


class Line:
    """A port that passes every byte on to the server behind it, as long as it is open."""

    def __init__(self, server: str) -> None:
        address = urlsplit(server)
        self._server = (address.hostname or "127.0.0.1", address.port or 80)
        self._passes = threading.Event()
        self._passes.set()
        self._calls: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._port = free_port()
        self.open()

    @property
    def url(self) -> str:
        """Where it is called."""
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Calls are put through again."""
        self._passes.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self._port), backlog=512)
            threading.Thread(target=self._listen, args=(self._listener,), daemon=True).start()

    def fall_silent(self) -> None:
        """New calls are taken, and from now on nobody says a word, in calls under way neither."""
        self._passes.clear()

    def cut(self) -> None:
        """Nobody listens; calls under way break off."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for call in tuple(self._calls):
            with suppress(OSError):
                call.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                call.shutdown(socket.SHUT_RDWR)
        self._passes.set()  # whoever waited finds its call broken

    def _listen(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller, _address = listener.accept()
                server = socket.create_connection(self._server)
                for one, other in ((caller, server), (server, caller)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        self._calls.add(one)
        try:
            while said := one.recv(_AT_ONCE):
                self._passes.wait()
                other.sendall(said)
        except OSError:
            pass
        finally:
            self._calls.discard(one)
            with suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def line_to(server: str) -> Iterator[Line]:
    """An open line to the server at this address; cut in the end."""
    line = Line(server)
    try:
        yield line
    finally:
        line.cut()
