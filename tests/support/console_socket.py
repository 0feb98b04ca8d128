"""A page of the console opened without a browser: its HTML, and the socket it would talk through."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from websockets.sync.client import ClientConnection, connect

from notifier.web.browsers import SESSION_COOKIE
from tests.support.web_server import RunningWeb

__all__ = ["OpenedPage", "PageSocket", "open_socket", "opened_page"]

PATIENCE = 60.0  # seconds
HANGS_UP = "41"
SOCKET = "/console/_nicegui_ws/socket.io/?"


@dataclass(frozen=True)
class OpenedPage:
    """What a browser is told with the HTML. `elements`: as NiceGUI lists them, by number."""

    id: str
    elements: Mapping[str, Mapping[str, Any]]

    def click_on(self, label: str) -> dict[str, Any]:
        """The message a browser sends when somebody clicks on the button with these words."""
        return self._event(label, "click") | {"args": ["{}"]}

    def type_into(self, label: str) -> Callable[[object], dict[str, Any]]:
        """What makes the message a browser sends when that was typed into the field with this label."""
        event = self._event(label, "update:value")
        return lambda typed: event | {"args": [json.dumps(typed)]}

    def _event(self, label: str, kind: str) -> dict[str, Any]:
        number, element = next(each for each in self.elements.items() if each[1].get("props", {}).get("label") == label)
        listener = next(each["listener_id"] for each in element["events"] if each["type"] == kind)
        return {"id": int(number), "client_id": self.id, "listener_id": listener}


def opened_page(web: RunningWeb, path: str, token: str | None) -> OpenedPage:
    """The page at `path` for the session of `token`."""
    answer = web.ask(path, headers={"Cookie": f"{SESSION_COOKIE}={token}", "Accept": "text/html"})
    listed = re.search(r"parseElements\(String\.raw`(.*?)`\)", answer.body, re.DOTALL)
    page = re.search(r"'client_id': '([^']+)'", answer.body)
    assert listed, (answer.status, answer.body[:200])
    assert page
    return OpenedPage(page.group(1), json.loads(html.unescape(listed.group(1))))


@dataclass
class PageSocket:
    """Socket.IO, as far as a page speaks it."""

    connection: ClientConnection

    def say(self, name: str, message: object) -> None:
        """Say it."""
        self.connection.send(f"42{json.dumps([name, message])}")

    def ask(self, name: str, message: object) -> Any:
        """Say it and return the server's answer to it, None where it has none; what comes meanwhile is not heard."""
        self.connection.send(f"421{json.dumps([name, message])}")
        answer = next(packet for packet in self._packets() if packet.startswith("431"))
        return (json.loads(answer[3:]) or [None])[0]

    def hear(self, *names: str) -> list[str]:
        """The names of the messages that come, up to the first one of `names`, or until the server hangs up."""
        heard: list[str] = []
        for packet in self._packets():
            if packet.startswith("42"):
                heard.append(json.loads(packet[2:])[0])
                if heard[-1] in names:
                    break
        return heard

    def hear_of(self, *words: str) -> str:
        """Wait for a message that holds one of these words, and return which."""
        return next(word for packet in self._packets() for word in words if word in packet)

    def _packets(self) -> Iterator[str]:
        while True:
            packet = str(self.connection.recv(timeout=PATIENCE))
            if packet == HANGS_UP:
                return
            yield packet


@contextmanager
def open_socket(web: RunningWeb, token: str, page: str, language: str = "zh-CN") -> Iterator[PageSocket | None]:
    """The socket for the page with that id, held by the browser with the session of `token`; None: it was refused."""
    query = {"EIO": "4", "transport": "websocket", "client_id": page, "tab_id": f"tab of {token}"}
    query |= {"document_id": token, "next_message_id": "0", "implicit_handshake": "true"}
    headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Origin": web.url, "Accept-Language": language}
    address = web.url.replace("http:", "ws:") + SOCKET + urlencode(query)
    with connect(address, additional_headers=headers, open_timeout=PATIENCE) as connection:
        assert str(connection.recv(timeout=PATIENCE)).startswith("0{")
        connection.send("40")
        answer = str(connection.recv(timeout=PATIENCE))
        yield PageSocket(connection) if answer.startswith("40{") else None
