"""A provider to measure with: answers each POST as Twilio's Messages does, after a pause, in a process of its own.

    python -m benchmarks.ways.provider PORT PAUSE_SECONDS

It parses by hand, since what it costs is taken from the two cores the sender runs on. GET /count
tells how many it has accepted, and the seconds from the first request to the last answer; GET /anew, and then it
begins anew.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from typing import Any

ROW: dict[str, Any] = {
    "account_sid": "AC" + "0" * 32, "api_version": "2010-04-01", "body": "", "date_created": None,
    "date_sent": None, "date_updated": None, "direction": "outbound-api", "error_code": None,
    "error_message": None, "from": "+15005550006", "messaging_service_sid": None, "num_media": "0",
    "num_segments": "1", "price": None, "price_unit": "USD", "status": "queued", "subresource_uris": {},
    "to": "+8613800000000", "uri": "",
}  # fmt: skip
HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@dataclass
class Tally:
    """What was accepted since it began anew; `serial` never does, so no SID comes twice."""

    accepted: int = 0
    under_way: int = 0
    most_at_once: int = 0
    began: float = 0.0
    ended: float = 0.0
    serial: int = 0

    def begin(self) -> None:
        """A POST has come."""
        if not self.accepted and not self.under_way:
            self.began = time.perf_counter()
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)

    def accept(self) -> str:
        """It is answered; its SID."""
        self.under_way -= 1
        self.accepted += 1
        self.serial += 1
        self.ended = time.perf_counter()
        return f"SM{self.serial:032x}"

    def told(self) -> bytes:
        """All of it as JSON."""
        answer = {"accepted": self.accepted, "seconds": self.ended - self.began, "most_at_once": self.most_at_once}
        return json.dumps(answer).encode()

    def begin_anew(self) -> None:
        """The next POST is the first."""
        self.accepted = self.most_at_once = 0


class Connection(asyncio.Protocol):
    """One client's connection, kept open; one request at a time, as HTTP/1.1 clients send them."""

    def __init__(self, tally: Tally, pause: float) -> None:
        self._tally, self._pause, self._received = tally, pause, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a request is whole."""
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self._received = b""
        if head.startswith(b"GET"):
            self._answer(b"200 OK", self._tally.told())
            if head.startswith(b"GET /anew"):
                self._tally.begin_anew()
            return
        self._tally.begin()
        asyncio.get_running_loop().call_later(self._pause, self._accept)

    def _accept(self) -> None:
        self._answer(b"201 Created", json.dumps({**ROW, "sid": self._tally.accept()}).encode())

    def _answer(self, status: bytes, body: bytes) -> None:
        self._transport.write(HEAD % (status, len(body)) + body)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(port: int, pause: float) -> None:
    """Until ended from outside."""
    tally = Tally()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(tally, pause), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
