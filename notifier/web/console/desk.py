"""One person at the console: who they are, which shop they look at, and how anything they do is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import structlog
from nicegui import ui
from nicegui.helpers import expects_arguments

from notifier.domain.roles import Permission, may
from notifier.errors import NotifierError
from notifier.jobs.access import Person, person_now
from notifier.locale import _
from notifier.schedules import Schedules, ShopSettings
from notifier.store import audit
from notifier.store.engine import Session
from notifier.web.auth import current_person
from notifier.web.parts import ConsoleParts

__all__ = ["Desk", "Handler"]

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[..., Any]
SIGN_IN = "/sign-in"  # below the console's own path, which NiceGUI puts before it
ASKED_FOR = 0.2  # seconds; no handler that asks nobody anything is at work for much longer

_handling: ContextVar[_Handling | None] = ContextVar("notifier_handling", default=None)


class _NotAnyMore(Exception):
    """Whoever began this may no longer end it, and has been told so."""


@dataclass
class _Handling:
    """A handler at work. It may wait for days for the answer to a question it has asked."""

    needs: Permission
    asked_at: float
    is_over: bool = False


@dataclass(frozen=True)
class Desk:
    """Made anew for each page that is opened. `shop_id`: the row of `shop`; `shops`: those this person may look at."""

    parts: ConsoleParts
    person: Person
    shop: ShopSettings
    shop_id: int
    shops: Sequence[ShopSettings]
    _refusals: list[ui.notification] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def zone(self) -> ZoneInfo:
        """The shop's clock."""
        return self.shop.zone

    @property
    def schedules(self) -> Schedules:
        """schedules.yaml as this shop has it: the last good version."""
        return self.parts.schedules().of_shop(self.shop.key)

    def now(self) -> datetime:
        """Business time."""
        return self.parts.clock()

    def in_business_time(self, moment: datetime) -> datetime:
        """A moment of the database's clock; on a demo business time is another."""
        return moment + (self.now() - datetime.now(UTC)) if self.parts.is_demo else moment

    def may(self, permission: Permission) -> bool:
        """May this person do that?"""
        return self._lets(self.person, permission)

    def _lets(self, person: Person, permission: Permission) -> bool:
        at_one_of_many = person.shop_id is not None and self.parts.schedules().is_group
        return may(person.role, permission, at_one_of_many=at_one_of_many)

    async def read(self, query: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `query(session, …)` answers, asked in a thread."""
        await self._ask_again()

        def ask() -> T:
            with self.parts.store.read() as session:
                return query(session, *args, **kwargs)

        return await asyncio.to_thread(ask)

    async def write(self, change: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `change(session, …)` as one transaction, in a thread."""
        await self._ask_again()

        def make() -> T:
            with self.parts.store.write() as session:
                return change(session, *args, **kwargs)

        return await asyncio.to_thread(make)

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call what blocks, in a thread."""
        await self._ask_again()
        return await asyncio.to_thread(function, *args, **kwargs)

    def audit(
        self,
        session: Session,
        action: str,
        subject_type: str,
        subject: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down what this person does, in the transaction that does it."""
        audit.record(
            session, at=self.now(), who=self.person.name, user_id=self.person.id, action=action,
            subject_type=subject_type, subject=subject, shop_id=self.shop_id, before=before, after=after,
        )  # fmt: skip

    def does(self, handler: Handler, *, needs: Permission = Permission.LOOK) -> Handler:
        """The handler of an event, for a person who is still signed in and may still do it.

        A page may stay open for days: meanwhile its person may have been signed out, or be somebody else's employee.
        So it is, too, while a handler waits for an answer: what it asks and does after that is asked about once more.
        What is refused is told in its own sentence, what breaks in a general one.
        """

        async def guarded(call: Callable[[], Any]) -> None:
            try:
                if await self._is_still_allowed(needs):
                    await self._handled(call, _Handling(needs, time.monotonic()))
            except _NotAnyMore:
                return
            except NotifierError as refused:
                self.warn(refused.in_console())
            except Exception:
                log.exception("console_action_failed", alert=True, action=getattr(handler, "__qualname__", "?"))
                self.warn(_("That did not work, and the people who run this server can read why in its log."))

        if expects_arguments(handler):

            def with_event(event: Any) -> Awaitable[None]:
                return guarded(lambda: handler(event))

            return with_event
        return lambda: guarded(handler)

    async def _handled(self, call: Callable[[], Any], handling: _Handling) -> None:
        token = _handling.set(handling)
        try:
            result = call()
            if isawaitable(result):
                await result
        finally:
            handling.is_over = True
            _handling.reset(token)

    async def _ask_again(self) -> None:
        """Before a handler that has waited goes on. Raises _NotAnyMore."""
        handling = _handling.get()
        if handling is None or handling.is_over or time.monotonic() - handling.asked_at < ASKED_FOR:
            return
        if not await self._is_still_allowed(handling.needs):
            raise _NotAnyMore
        handling.asked_at = time.monotonic()

    async def _is_still_allowed(self, needs: Permission) -> bool:
        here = current_person.get()
        person = await asyncio.to_thread(person_now, self.parts.store, self.person.session_id, self.now())
        if person is None or here is None or here.session_id != self.person.session_id:
            ui.navigate.to(SIGN_IN)
            return False
        if person.shop_id not in (None, self.shop_id):
            ui.navigate.to("/")
            return False
        if not self._lets(person, needs):
            self.warn(_("Your role does not allow that; ask the owner of this console."))
            return False
        return True

    def tell(self, sentence: str) -> None:
        """Good news, for some seconds; what was refused before it is no news any more."""
        while self._refusals:
            self._refusals.pop().dismiss()
        ui.notify(sentence, type="positive", position="top", timeout=4000)

    def warn(self, sentence: str) -> None:
        """What was not done, and why; it stays until it has been read."""
        refusal = ui.notification(
            sentence, type="negative", position="top", timeout=None, multi_line=True, close_button=_("Close"),
            classes="notice-refused",
        )  # fmt: skip
        self._refusals.append(refusal)
