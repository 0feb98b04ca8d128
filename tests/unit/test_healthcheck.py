"""scripts/healthcheck.py: what Docker asks, against a real HTTP server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "healthcheck.py"


@contextmanager
def _server(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _ask(port: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NOTIFIER_PORT": str(port)}
    return subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_ready_is_healthy_and_not_ready_is_not(status: int, code: int) -> None:
    """/readyz decides, and what it says is kept for `docker inspect`."""
    with _server(status, b"database: not current") as port:
        asked = _ask(port)
    assert asked.returncode == code
    assert str(status) in asked.stdout
    assert ("not current" in asked.stdout) == (code == 1)


def test_nobody_there_is_unhealthy() -> None:
    """A port on which nobody listens is one line, not a traceback."""
    with _server(200, b"") as port:
        pass
    asked = _ask(port)
    assert (asked.returncode, asked.stderr, len(asked.stdout.splitlines())) == (1, "", 1)
