"""The web app behind a real uvicorn in a thread, and requests to it as strangers and Twilio make them."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp

from notifier.web.app import create_app
from notifier.web.parts import WebParts
from tests.support.twilio_account import AUTH_TOKEN
from tests.support.twilio_callbacks import signature

PUBLIC_URL = "https://sms.example.com"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: str
    headers: Mapping[str, str]
    set_cookies: Sequence[str] = ()

    @classmethod
    def of(cls, answer: HTTPResponse | urllib.error.HTTPError) -> Answer:
        """Read whole."""
        headers = {name.lower(): value for name, value in answer.headers.items()}
        cookies = answer.headers.get_all("Set-Cookie", [])
        return cls(answer.status or 0, answer.read().decode(), headers, cookies)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        """Redirects are looked at, not followed."""


_OPENER = urllib.request.build_opener(_NoRedirect)


@dataclass(frozen=True, slots=True)
class RunningWeb:
    """A running web part; `url` is where it really listens, as behind a proxy."""

    url: str

    def ask(self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request."""
        request = urllib.request.Request(self.url + path, data, dict(headers or {}))
        try:
            with _OPENER.open(request, timeout=60) as answer:
                return Answer.of(answer)
        except urllib.error.HTTPError as error:
            with error:
                return Answer.of(error)

    def twilio_says(self, path: str, form: Mapping[str, str], token: str = AUTH_TOKEN) -> Answer:
        """A webhook, signed over the public URL."""
        signed = signature(token, PUBLIC_URL + path, form.items())
        return self.ask(path, urlencode(form).encode(), {"X-Twilio-Signature": signed})


@contextmanager
def running_web(parts: WebParts) -> Iterator[RunningWeb]:
    """The app of `parts`, served until the block ends."""
    with serving(create_app(parts)) as running:
        yield running


@contextmanager
def serving(app: ASGIApp) -> Iterator[RunningWeb]:
    """Any app, served until the block ends."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, ws="websockets-sansio", proxy_headers=False
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 60
            while not server.started:
                assert time.monotonic() < deadline, "the web part did not start"
                time.sleep(0.01)
            yield RunningWeb(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(60)
