"""uvicorn, told how to end: a stop that was asked for is exit code 0."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

import structlog
import uvicorn

from notifier.errors import ConfigError
from notifier.locale import N_
from notifier.locale.system import system_words

__all__ = ["raise_if_port_is_taken", "serve"]

log = structlog.get_logger(__name__)

STOP_WITHIN = 5  # seconds for requests under way
BACKLOG = 512


class _Server(uvicorn.Server):
    """Ends within `STOP_WITHIN` however often it is told to: a second Ctrl-C would break off what is just ending."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.force_exit = False


def serve(app: Any, host: str, port: int, ready: Callable[[], None] | None = None) -> int:
    """Serve the ASGI `app` until SIGTERM or SIGINT; returns the process's exit code.

    `ready` is called once whoever connects is heard, though perhaps not answered at once.

    No server or date of ours in answers' headers, and no access log but the app's own, which knows no person.
    Raises ConfigError where the address cannot be listened on.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="on", ws="websockets-sansio",
        timeout_graceful_shutdown=STOP_WITHIN, timeout_keep_alive=5, proxy_headers=False,
    )  # fmt: skip
    server = _Server(config)

    def stop(*_: object) -> None:
        """Before uvicorn listens to signals itself; and when it has ended, for it raises its last one once more."""
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with _listening(host, port) as listener:
        log.info("web_started", host=host, port=listener.getsockname()[1])
        if ready is not None:
            ready()
        server.run(sockets=[listener])
    log.info("web_stopped")
    return 0 if server.started else 1


def raise_if_port_is_taken(host: str, port: int) -> None:
    """Before anything else begins: a second daemon by mistake must not send a single text. Raises ConfigError."""
    _listening(host, port).close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            N_("Port {port} of {host} cannot be listened on ({detail}). End what uses it, or set NOTIFIER_PORT and "
               "NOTIFIER_HOST."),
            port=port,
            host=host,
            detail=system_words(error),
        ) from error  # fmt: skip
