"""The pages that are open in browsers: each is for the session that asked for it, as long as that lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from nicegui import Client, app, core

from notifier.jobs.access import Person, still_open
from notifier.store.engine import Store
from notifier.web.console.desk import SIGN_IN

__all__ = ["OpenPages", "keep_messages_to_their_pages"]

log = structlog.get_logger(__name__)

LOOKS_EVERY = 2.0  # seconds
MESSAGES = ("event", "javascript_response", "ack")  # what browsers send once they have shaken hands


def keep_messages_to_their_pages() -> None:
    """NiceGUI asks of a message only which page it is for; here also whether it came through that page's socket.

    Without this, whoever is signed in and knows a page's id could type and press buttons on it. Once in a process.
    """
    for name in MESSAGES:
        core.sio.on(name, _from_its_own_socket(core.sio.handlers["/"][name]))
    core.sio.on("log", _from_its_own_socket(_note_trouble))


def _note_trouble(_sid: str, message: dict[str, Any]) -> None:
    """Something went wrong in a browser. Its words are in the browser's own log; here they might name a customer."""
    if message.get("level") in ("warning", "error"):
        client = Client.instances.get(message["client_id"])
        log.warning("page_trouble", page=client.page.path if client is not None else None)


def _from_its_own_socket(handle: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
    def handle_own(sid: str, message: Any) -> None:
        page = message.get("client_id") if isinstance(message, dict) else None
        if isinstance(page, str) and page != sid and page in core.sio.rooms(sid):  # it was let in by accept_handshake
            handle(sid, message)

    return handle_own


class OpenPages:
    """Whose each open page is. A page whose session has ended is shown the door, and hears nothing more."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._owners: dict[str, Person] = {}
        self._is_in_the_dark = False
        app.timer(LOOKS_EVERY, self.close_the_ended)

    def keep(self, client: Client, person: Person) -> None:
        """NiceGUI lets whoever knows a page's id look on; only the session that opened it may."""
        accept = client.accept_handshake

        def accept_own(sid: str, tab_id: str, environ: dict[str, Any] | None) -> bool:
            asks = ((environ or {}).get("asgi.scope") or {}).get("state", {}).get("person")
            return isinstance(asks, Person) and asks.session_id == person.session_id and accept(sid, tab_id, environ)

        client.accept_handshake = accept_own  # type: ignore[method-assign, assignment]
        self._owners[client.id] = person
        client.on_delete(lambda: self._owners.pop(client.id, None))

    async def close_the_ended(self) -> None:
        """Whoever signed out, was ended, idle for too long, or is at another shop now sees nothing new here."""
        owners = dict(self._owners)
        if not owners:
            return
        try:
            is_open = await asyncio.to_thread(self._still_open, set(owners.values()))
        except Exception:
            if not self._is_in_the_dark:  # it will be as dark in two seconds
                log.exception("sessions_not_asked", alert=True)
            self._is_in_the_dark = True
            return
        self._is_in_the_dark = False
        for page, person in owners.items():
            client = Client.instances.get(page)
            if client is not None and person.session_id not in is_open:
                await _show_the_door(client)

    def _still_open(self, people: set[Person]) -> set[int]:
        with self._store.read() as session:
            return still_open(session, people, self._clock())


async def _show_the_door(client: Client) -> None:
    """Whoever is still signed in, but at another shop now, is sent on from there to what is theirs."""
    await core.sio.emit("open", {"path": SIGN_IN, "new_tab": False}, room=client.id)
    for sid in list(client._socket_to_document_id):  # NiceGUI has no other list of a page's sockets
        await core.sio.disconnect(sid)  # NiceGUI forgets the page when nobody comes back to it
