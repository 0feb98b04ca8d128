"""What `notifier web` keeps of pages that were looked at and left: its memory after each so many views.

    python -m benchmarks.console_memory [VIEWS] [ROUNDS]

A shop of 1,000 customers; every page of benchmarks/console.py in turn, three a second, each with the socket a browser
would open, which is closed again at once; every tenth page is left without one, as by a browser that was closed too
soon. After each round the server is left alone for as long as it keeps a page whose browser may come back.
"""

from __future__ import annotations

import asyncio
import http.client
import re
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from benchmarks.console import PAGES, BigShop, served

SMALL = 1_000
A_SECOND = 3
FORGOTTEN_AFTER = 80.0  # seconds; a page whose browser is gone is kept for 60, and NiceGUI looks every 10
WITHOUT_SOCKET = 10


def memory(shop: BigShop) -> float:
    """MiB of the server's memory that is its own."""
    for line in Path(f"/proc/{shop.pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise SystemExit("This system does not tell a process's memory.")


async def look(shop: BigShop, number: int) -> None:
    """One page, and its socket for a moment."""
    path = list(PAGES.values())[number % len(PAGES)]
    html = await asyncio.to_thread(_page, shop, path)
    if number % WITHOUT_SOCKET == 0:
        return
    page = re.search(r"'client_id': '([^']+)'", html)
    assert page, html[:200]
    query = {
        "EIO": "4", "transport": "websocket", "client_id": page.group(1), "tab_id": f"tab {number}",
        "document_id": f"document {number}", "next_message_id": "0", "implicit_handshake": "true",
    }  # fmt: skip
    address = f"ws://127.0.0.1:{shop.port}/console/_nicegui_ws/socket.io/?{urlencode(query)}"
    async with connect(address, additional_headers={"Cookie": shop.cookie}) as socket:
        await socket.recv()
        await socket.send("40")
        assert str(await socket.recv()).startswith("40{")


def _page(shop: BigShop, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=120)
    connection.request("GET", f"/console{path}", headers={"Cookie": shop.cookie})
    html = connection.getresponse().read().decode()
    connection.close()
    return html


async def look_at_many(shop: BigShop, views: int) -> None:
    """So many views, never faster than A_SECOND: what counts is how many pages are still kept at the same time."""
    began = time.monotonic()
    for number in range(views):
        await asyncio.sleep(began + number / A_SECOND - time.monotonic())
        await look(shop, number)


def main(views: int, rounds: int) -> None:
    """Print the memory after each round and its rest."""
    with tempfile.TemporaryDirectory() as name, served(f"sqlite:///{name}/shop.sqlite3", SMALL, Path(name)) as shop:
        asyncio.run(look_at_many(shop, len(PAGES)))
        print(f"every page once: {memory(shop):.0f} MiB", flush=True)
        for number in range(1, rounds + 1):
            started = time.monotonic()
            asyncio.run(look_at_many(shop, views))
            took, most = time.monotonic() - started, memory(shop)
            time.sleep(FORGOTTEN_AFTER)
            print(
                f"{number * views:,} views: {most:.0f} MiB at the end of {took:.0f} s, "
                f"{memory(shop):.0f} MiB {FORGOTTEN_AFTER:.0f} s later", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(250, 4)[len(given) :])
