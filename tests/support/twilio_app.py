"""The routes of the local Twilio: Messages as the provider has them, and an admin side for tests."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import web

from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, Account, Row, refusal_of
from tests.support.twilio_callbacks import CallbackPlan, advance, inbound_form, post_signed, status_form
from tests.support.twilio_faults import Fault, FaultKind, FaultPlan, fault_from

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
K = FaultKind


class TwilioApp:
    """The server's state and routes."""

    def __init__(self, seed: int) -> None:
        self.account = Account(seed)
        self.faults = FaultPlan(seed)
        self.callbacks: CallbackPlan | None = None
        self.listing_lag = 0.0
        self.broken_pages = 0
        self.broken_from_page = 1
        self.page_limit = 1000
        self.posts = 0
        self.account_status = "active"
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """The routes: Twilio's, then the admin's."""
        app = web.Application()
        app.router.add_post(f"{MESSAGES}.json", self.create)
        app.router.add_get(f"{MESSAGES}.json", self.listing)
        app.router.add_get(MESSAGES + "/{sid}.json", self.fetch)
        app.router.add_get(f"/2010-04-01/Accounts/{ACCOUNT_SID}.json", self.fetch_account)
        app.router.add_get("/_accepted", self.admin_accepted)
        app.router.add_get("/_counts", self.admin_counts)
        app.router.add_get("/_outcomes", self.admin_outcomes)
        app.router.add_post("/_faults", self.admin_faults)
        app.router.add_post("/_callbacks", self.admin_callbacks)
        app.router.add_post("/_progress", self.admin_progress)
        app.router.add_post("/_inbound", self.admin_inbound)
        app.on_cleanup.append(self._close)
        return app

    # Twilio's side

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST Messages.json: the next fault decides on which side of the acceptance it breaks."""
        self.posts += 1
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not _authorised(request):
            return _error(401, 20003, "Authenticate")
        refusal = refusal_of(form)
        if refusal is not None:
            return _error(400, *refusal)
        fault = self.faults.next_fault(form["To"], form.get("StatusCallback", ""))
        if fault.kind in (K.RATE_LIMITED, K.REFUSE, K.ERROR_BEFORE_ACCEPTING):
            return _turned_away(fault)
        if fault.kind in (K.HANG_BEFORE_ACCEPTING, K.RESET_BEFORE_ACCEPTING):
            return await _dropped(request, fault)
        if fault.kind is K.LATE_ACCEPTANCE:
            await asyncio.sleep(fault.seconds)
        row = self.account.accept(form)
        created = row.resource()
        await self._call_back(row)
        return await _answered(request, created, fault)

    async def listing(self, request: web.Request) -> web.Response:
        """GET Messages.json."""
        if not _authorised(request):
            return _error(401, 20003, "Authenticate")
        if int(request.query.get("Page", "0")) >= self.broken_from_page and self.broken_pages > 0:
            self.broken_pages -= 1
            return _error(500, 20500, "Internal Server Error")
        return web.json_response(self.account.page(request.query, lag=self.listing_lag, limit=self.page_limit))

    async def fetch(self, request: web.Request) -> web.Response:
        """GET one message."""
        row = self.account.find(request.match_info["sid"])
        return _error(404, 20404, "not found") if row is None else web.json_response(row.resource())

    async def fetch_account(self, request: web.Request) -> web.Response:
        """GET the account."""
        if not _authorised(request):
            return _error(401, 20003, "Authenticate")
        return web.json_response({"sid": ACCOUNT_SID, "status": self.account_status, "type": "Full"})

    # the tests' side

    async def admin_accepted(self, request: web.Request) -> web.Response:
        """Every accepted text, and how many POSTs there were."""
        accepted = [row.as_json() for row in self.account.accepted]
        return web.json_response({"posts": self.posts, "accepted": accepted})

    async def admin_counts(self, _request: web.Request) -> web.Response:
        """How many texts were posted, and how many accepted: cheap, however many there are."""
        return web.json_response({"posts": self.posts, "accepted": len(self.account.accepted)})

    async def admin_outcomes(self, _request: web.Request) -> web.Response:
        """[the callback's m, sid, status] of every accepted text."""
        return web.json_response([[row.message, row.sid, row.status] for row in self.account.accepted])

    async def admin_faults(self, request: web.Request) -> web.Response:
        """Set whichever of these is named: queue, probabilities, and the listing's troubles."""
        wish = await request.json()
        if "queue" in wish:
            self.faults.queue.extend(fault_from(fields) for fields in wish.pop("queue"))
        if "probabilities" in wish:
            self.faults.probabilities = [(p, fault_from(fields)) for p, fields in wish.pop("probabilities")]
        for name, value in wish.items():
            if name not in ("listing_lag", "broken_pages", "broken_from_page", "page_limit", "account_status"):
                raise web.HTTPBadRequest(text=f"unknown: {name}")
            setattr(self, name, value)
        return web.json_response({})

    async def admin_callbacks(self, request: web.Request) -> web.Response:
        """How each text accepted from now on calls back; null = not by itself."""
        plan = await request.json()
        self.callbacks = None if plan is None else CallbackPlan(**plan)
        return web.json_response({})

    async def admin_progress(self, request: web.Request) -> web.Response:
        """Let accepted texts (`sids`, else all) go through a plan now; the HTTP statuses their callbacks got."""
        wish = await request.json()
        sids, plan = wish.pop("sids", None), CallbackPlan(**wish)
        rows = [row for row in self.account.accepted if sids is None or row.sid in sids]
        return web.json_response([await self._tell(row, plan) for row in rows])

    async def admin_inbound(self, request: web.Request) -> web.Response:
        """A customer writes; told to `url` if there is one, else only in the listing."""
        wish = await request.json()
        row = self.account.hear(wish["sender"], wish["body"])
        answer = None
        if wish.get("url"):
            form = inbound_form(row, wish.get("opt_out_type"))
            answer = await post_signed(self._client(), wish["url"], form, base_url=wish.get("base_url"))
        return web.json_response({"sid": row.sid, "answer": answer})

    async def _call_back(self, row: Row) -> None:
        plan = self.callbacks
        if plan is None or not plan.is_for(f"{self.faults.seed}:{row.callback}"):
            return
        if plan.before_answer:
            await self._tell(row, plan)
            return
        task = asyncio.create_task(self._tell(row, plan))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, row: Row, plan: CallbackPlan) -> list[int]:
        await asyncio.sleep(plan.delay)
        advance(row, plan)
        if not row.callback:
            return []
        answers = []
        for status in plan.sequence(f"{self.faults.seed}:{row.sid}"):
            form = status_form(row, status, plan.error_code)
            answers.append(
                await post_signed(self._client(), row.callback, form, base_url=plan.base_url, token=plan.token)
            )
        return answers

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def _close(self, _app: web.Application) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def _authorised(request: web.Request) -> bool:
    return request.headers.get("Authorization") == aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)


def _error(status: int, code: int, words: str, headers: Mapping[str, str] | None = None) -> web.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": words, "more_info": more, "status": status}
    return web.json_response(body, status=status, headers=headers)


def _turned_away(fault: Fault) -> web.Response:
    if fault.kind is K.REFUSE:
        return _error(400, fault.code, "refused")
    if fault.kind is K.RATE_LIMITED:
        headers = {"Retry-After": f"{fault.retry_after:g}"} if fault.retry_after is not None else None
        return _error(429, 20429, "Too Many Requests", headers)
    return _error(fault.status, 20500, "Internal Server Error")


async def _answered(request: web.Request, created: Mapping[str, Any], fault: Fault) -> web.StreamResponse:
    if fault.kind is K.ERROR_AFTER_ACCEPTING:
        return _error(fault.status, 20500, "Internal Server Error")
    if fault.kind in (K.HANG_AFTER_ACCEPTING, K.RESET_AFTER_ACCEPTING):
        return await _dropped(request, fault)
    if fault.kind is K.GARBLED_AFTER_ACCEPTING:
        return web.Response(status=201, text="<html>", content_type="text/html")
    if fault.kind is K.SLOW_ANSWER:
        await asyncio.sleep(fault.seconds)
    return web.json_response(created, status=201)


async def _dropped(request: web.Request, fault: Fault) -> web.Response:
    """The line breaks with a reset, at once or after hanging."""
    if fault.kind in (K.HANG_BEFORE_ACCEPTING, K.HANG_AFTER_ACCEPTING):
        await asyncio.sleep(fault.seconds)
    if request.transport is not None:
        request.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        request.transport.abort()
    return web.Response()
