"""Twilio's webhooks against a real server: the right final state whatever the order, and nothing for strangers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.config import load_settings
from notifier.domain.phone import phone_key
from notifier.store.engine import Store
from notifier.store.tables import Attempt, Event, Link, Message, Reply, Suppression
from notifier.web.parts import TwilioDoor, WebParts
from notifier.wiring import House, web_parts
from tests.support.hand_made_shop import HandMadeShop
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SENDER, SERVICE_SID
from tests.support.twilio_callbacks import signature
from tests.support.twilio_server import running_twilio
from tests.support.web_server import PUBLIC_URL, Answer, RunningWeb, running_web

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
SECRET = b"a key of this test only"
CHEN = "+8613800138000"
SID = "SM" + "a" * 32
OLD_SID = "SM" + "b" * 32


@pytest.fixture
def parts(store: Store) -> WebParts:
    """A web part that Twilio reaches."""
    door = TwilioDoor(AUTH_TOKEN, PUBLIC_URL)
    return WebParts(store, SECRET, "CN", "twilio", lambda: NOW, door, is_https=True)


@pytest.fixture
def web(parts: WebParts) -> Iterator[RunningWeb]:
    """The same, running."""
    with running_web(parts) as running:
        yield running


def sent_message(store: Store, state: str, attempts: Sequence[dict[str, Any]], **columns: Any) -> int:
    """A text to 陈晓芳 with its attempts, the last of them the latest."""
    with store.write() as session:
        shop = HandMadeShop(session)
        key = phone_key(SECRET, CHEN)
        values: dict[str, Any] = {
            "gateway": "twilio", "phone": CHEN, "phone_key": key, "text": "…", "attempts": len(attempts),
            "sent_at": NOW, "valid_until": NOW + timedelta(days=9000), "stage": "early",
        } | columns  # fmt: skip
        row = Message(
            shop_id=shop.id, run_id=shop.ready, campaign_id="due", kind="service", arm="treatment", language="en",
            customer_id=shop.customer("陈晓芳"), template_version_id=shop.template, count_on=date(2026, 3, 10),
            not_before=NOW, created_at=NOW, changed_at=NOW, state=state, **values,
        )  # fmt: skip
        session.add(row)
        session.flush()
        assert row.id is not None
        for n, attempt in enumerate(attempts, 1):
            times: dict[str, Any] = {"claimed_at": NOW, "business_at": NOW, "lease_until": NOW, "changed_at": NOW}
            session.add(Attempt(message_id=row.id, n=n, gateway="twilio", **times, **attempt))
        return row.id


def status_form(status: str, sid: str = SID, **more: str) -> dict[str, str]:
    """A status callback as Twilio words it, with a blank field and one nobody has heard of."""
    return {"AccountSid": ACCOUNT_SID, "MessageSid": sid, "MessageStatus": status, "To": CHEN, "From": "",
            "FieldOfTomorrow": "是 & no"} | more  # fmt: skip


def tell(web: RunningWeb, message: int, n: int, *statuses: str, sid: str = SID) -> list[int]:
    """Status callbacks in this order: the HTTP statuses they got."""
    path = f"/webhooks/twilio/status?m={message}&a={n}"
    return [web.twilio_says(path, status_form(status, sid)).status for status in statuses]


def message_state(store: Store, message: int) -> str:
    """Where the message stands."""
    with store.read() as session:
        return session.get_one(Message, message).state


def events(store: Store) -> list[tuple[str, str, bool]]:
    """(provider's id, status, was applied) of every event kept."""
    with store.read() as session:
        rows = session.scalars(sa.select(Event).order_by(sa.text("id")))
        return [(row.provider_sid, row.status, row.applied) for row in rows]


POSTING = {"state": "posting"}
ACCEPTED = {"state": "accepted", "provider_sid": SID}
FREE = {"state": "free"}
ORDERS = {
    "in order": ("accepted", [ACCEPTED], 1, ["sent", "delivered"], "delivered"),
    "out of order": ("accepted", [ACCEPTED], 1, ["delivered", "sent", "queued"], "delivered"),
    "doubled": ("accepted", [ACCEPTED], 1, ["sent", "sent", "delivered", "delivered"], "delivered"),
    "before our own record": ("sending", [POSTING], 1, ["delivered"], "delivered"),
    "not delivered": ("accepted", [ACCEPTED], 1, ["sent", "undelivered"], "undelivered"),
    "failed, then delivered after all": ("accepted", [ACCEPTED], 1, ["failed", "delivered"], "delivered"),
    "of an older attempt, thought free": ("planned", [FREE], 1, ["sent"], "sent"),
    "unknown, settled by a callback": ("unknown", [{"state": "unknown"}], 1, ["sent"], "sent"),
    "a state of tomorrow": ("accepted", [ACCEPTED], 1, ["teleported"], "accepted"),
}


@pytest.mark.parametrize("case", ORDERS.values(), ids=ORDERS)
def test_callbacks_come_to_the_right_final_state(store: Store, web: RunningWeb, case: Any) -> None:
    """Each is answered 204, kept once, and counts for what it proves."""
    state, attempts, n, told, expected = case
    message = sent_message(store, state, attempts)
    assert tell(web, message, n, *told) == [204] * len(told)
    assert message_state(store, message) == expected
    assert [status for _, status, _ in events(store)] == list(dict.fromkeys(told))


def test_a_callback_of_an_older_attempt_counts_for_that_attempt(store: Store, web: RunningWeb) -> None:
    """The first text arrived although we thought it had not; the second's own word comes later."""
    message = sent_message(store, "accepted", [FREE, ACCEPTED])
    assert tell(web, message, 1, "delivered", sid=OLD_SID) == [204]
    assert message_state(store, message) == "delivered"
    assert tell(web, message, 2, "undelivered") == [204]
    assert message_state(store, message) == "delivered"
    with store.read() as session:
        found = session.scalars(sa.select(Attempt).order_by(sa.text("n")))
        assert [(row.n, row.state, row.provider_sid) for row in found] == [
            (1, "delivered", OLD_SID),
            (2, "undelivered", SID),
        ]


def test_a_callback_without_our_ids_finds_its_attempt_by_the_providers(store: Store, web: RunningWeb) -> None:
    """Twilio's own id is bound to the attempt by then."""
    message = sent_message(store, "accepted", [ACCEPTED])
    assert web.twilio_says("/webhooks/twilio/status", status_form("delivered")).status == 204
    assert message_state(store, message) == "delivered"


@pytest.mark.parametrize("query", ["?m=999999&a=1", "?m=x&a=-1", "?m=9223372036854775807&a=9223372036854775807", ""])
def test_unknown_ids_get_a_quiet_answer_and_are_kept(store: Store, web: RunningWeb, query: str) -> None:
    """Nothing tells a stranger which ids exist, and the event waits for its attempt."""
    answer = web.twilio_says(f"/webhooks/twilio/status{query}", status_form("sent"))
    assert (answer.status, answer.body) == (204, "")
    assert events(store) == [(SID, "sent", False)]


REFUSED = {
    "no signature": {},
    "an empty signature": {"X-Twilio-Signature": ""},
    "a made-up signature": {"X-Twilio-Signature": "AAAA"},
    "a signature of odd characters": {"X-Twilio-Signature": "\xff\xfe="},
}


@pytest.mark.parametrize("path", ["/webhooks/twilio/status?m=1&a=1", "/webhooks/twilio/inbound"])
@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_unsigned_is_refused(store: Store, web: RunningWeb, path: str, headers: dict[str, str]) -> None:
    """403 and not a word; nothing is kept."""
    answer = web.ask(path, b"MessageSid=SM1&MessageStatus=sent&From=%2B8613800138000", headers)
    assert (answer.status, answer.body) == (403, "")
    assert events(store) == []


def test_a_signature_over_something_else_is_refused(store: Store, web: RunningWeb) -> None:
    """Another account's token, another message's query, another body, another host: each is 403."""
    message = sent_message(store, "accepted", [ACCEPTED])
    path = f"/webhooks/twilio/status?m={message}&a=1"
    form = status_form("delivered")
    assert web.twilio_says(path, form, token="another-token").status == 403
    body = b"MessageSid=" + SID.encode() + b"&MessageStatus=delivered"
    pairs = {"MessageSid": SID, "MessageStatus": "delivered"}.items()
    for url in (f"{PUBLIC_URL}/webhooks/twilio/status?m=1&a=2", f"{web.url}{path}", f"{PUBLIC_URL}{path}&x=1"):
        signed = {"X-Twilio-Signature": signature(AUTH_TOKEN, url, pairs)}
        assert web.ask(path, body, {**signed, "Host": "sms.example.com"}).status == 403
    right = {"X-Twilio-Signature": signature(AUTH_TOKEN, PUBLIC_URL + path, pairs)}
    assert web.ask(path, body + b"&x=1", right).status == 403
    assert message_state(store, message) == "accepted"
    assert web.ask(path, body, {**right, "Host": "evil.example.net"}).status == 204
    assert message_state(store, message) == "delivered"


def test_without_a_public_url_webhooks_are_refused(store: Store, parts: WebParts) -> None:
    """There is nothing to check a signature against."""
    with running_web(replace(parts, twilio=None)) as web:
        assert web.twilio_says("/webhooks/twilio/status", status_form("sent")).status == 403
    assert events(store) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"a=" + b"x" * 66_000, 413), (b"\xff\xfe=1", 400), (b"a=%ff", 400), (b"&".join([b"a=1"] * 300), 400)],
    ids=["too large", "not UTF-8", "not UTF-8 when decoded", "too many fields"],
)
def test_what_is_no_form_is_refused(web: RunningWeb, body: bytes, status: int) -> None:
    """Refused before anybody computes a signature over it."""
    answer = web.ask("/webhooks/twilio/status", body, {"X-Twilio-Signature": "AAAA"})
    assert (answer.status, answer.body) == (status, "")


def test_a_signed_form_without_its_fields_is_refused(web: RunningWeb) -> None:
    """Signed, but neither a status nor a text."""
    assert web.twilio_says("/webhooks/twilio/status", {"AccountSid": ACCOUNT_SID}).status == 400
    assert web.twilio_says("/webhooks/twilio/inbound", {"AccountSid": ACCOUNT_SID}).status == 400


def inbound(web: RunningWeb, words: str, sid: str = SID, **more: str) -> Answer:
    """A customer writes."""
    form = {"MessageSid": sid, "From": CHEN, "To": SENDER, "Body": words, "NumMedia": "0", "FromCity": ""} | more
    return web.twilio_says("/webhooks/twilio/inbound", form)


def test_a_stop_is_obeyed_before_it_is_answered(store: Store, web: RunningWeb) -> None:
    """Kept once however often Twilio hands it over; what is planned is cancelled; Twilio is asked to say nothing."""
    message = sent_message(store, "planned", [FREE], sent_at=None)
    for _ in range(2):
        answer = inbound(web, "please stop texting me")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/xml")
        assert answer.body.endswith("<Response/>")
    assert message_state(store, message) == "cancelled"
    with store.read() as session:
        assert [row.meaning for row in session.scalars(sa.select(Reply))] == ["stop"]
        assert [row.reason for row in session.scalars(sa.select(Suppression))] == ["stop"]


def test_a_text_with_a_nul_is_kept_without_it(store: Store, web: RunningWeb) -> None:
    """PostgreSQL takes no NUL in a text; the reply is worth more than the character."""
    assert inbound(web, "1\x00 好的").status == 200
    with store.read() as session:
        assert [row.text for row in session.scalars(sa.select(Reply))] == ["1 好的"]


def test_many_at_once_are_all_kept(store: Store, web: RunningWeb) -> None:
    """Two hundred callbacks of forty texts from ten lines at once: group commit loses none."""
    message = sent_message(store, "accepted", [ACCEPTED])
    sids = [f"SM{number:032d}" for number in range(40)]
    statuses = ("queued", "sending", "sent", "delivered", "read")
    path = f"/webhooks/twilio/status?m={message + 1}&a=1"

    def call_back(sid: str, status: str) -> int:
        return web.twilio_says(path, status_form(status, sid)).status

    with ThreadPoolExecutor(10) as lines:
        answers = [lines.submit(call_back, sid, status) for sid in sids for status in statuses]
    assert [answer.result() for answer in answers] == [204] * 200
    assert len(events(store)) == 200


def test_a_briefly_locked_database_delays_and_loses_nothing(sqlite_store: Store) -> None:
    """A bulk writer holds SQLite for a second and a half; the callback waits and is then answered as ever."""
    door = TwilioDoor(AUTH_TOKEN, PUBLIC_URL)
    with running_web(WebParts(sqlite_store, SECRET, "CN", "twilio", lambda: NOW, door)) as web:
        released: list[float] = []

        def hold(started: threading.Event) -> None:
            with sqlite_store.write() as session:
                session.execute(sa.text("SELECT 1"))  # the transaction begins with its first statement
                started.set()
                time.sleep(1.5)
                released.append(time.monotonic())

        started = threading.Event()
        holder = threading.Thread(target=hold, args=(started,))
        holder.start()
        started.wait()
        answer = web.twilio_says("/webhooks/twilio/status?m=1&a=1", status_form("sent"))
        answered = time.monotonic()
        holder.join()
    assert answer.status == 204
    assert answered >= released[0]
    assert events(sqlite_store) == [(SID, "sent", False)]


def test_the_whole_way_with_callbacks_before_the_answer(store_url: str) -> None:
    """Through the real lane and SDK: Twilio calls back twice over before its answer to our POST arrives."""
    folder = Path(__file__).parents[2]
    with running_twilio(seed=3) as twilio:
        settings = load_settings(
            {"NOTIFIER_DATABASE_URL": store_url, "NOTIFIER_GATEWAY": "twilio", "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
             "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_MESSAGING_SERVICE_SID": SERVICE_SID,
             "TWILIO_API_BASE_URL": twilio.url, "NOTIFIER_PUBLIC_URL": PUBLIC_URL, "NOTIFIER_TWILIO_RATE": "1000",
             "NOTIFIER_SECRET_KEY": SECRET.decode(), "NOTIFIER_SCHEDULES": str(folder / "schedules.yaml"),
             "NOTIFIER_TEMPLATES": str(folder / "templates" / "sms")},
            env_file=None,
        )  # fmt: skip
        house = House(settings)
        with running_web(web_parts(house)) as web:
            twilio.call_back(statuses=["sent", "delivered"], order="doubled", before_answer=True, base_url=web.url)
            message = sent_message(house.store, "planned", [], sent_at=None)
            with house.store.write() as session:
                session.execute(sa.text("UPDATE shop SET key = 'main'"))  # as the schedules know it
            result = asyncio.run(house.lane(lambda: NOW).drain(until_empty=True))
        assert result.accepted == 1
        assert message_state(house.store, message) == "delivered"
        assert len(twilio.accepted()) == 1
        assert [(status, applied) for _, status, applied in events(house.store)] == [
            ("sent", True), ("delivered", True),
        ]  # fmt: skip
        house.close()


def test_a_short_link_counts_and_leads_on(store: Store, web: RunningWeb) -> None:
    """Each opening is kept in business time; an unknown code is a quiet 404, and so is one that is no web page."""
    message = sent_message(store, "delivered", [ACCEPTED])
    with store.write() as session:
        session.add(Link(code="a7Kq", message_id=message, url="https://shop.example.com/book?c=1"))
        session.add(Link(code="bad", message_id=message, url="javascript:alert(1)"))
    for _ in range(2):
        answer = web.ask("/l/a7Kq")
        assert (answer.status, answer.headers["location"]) == (302, "https://shop.example.com/book?c=1")
    for path in ("/l/nothere", "/l/bad", "/l/" + "x" * 500):
        answer = web.ask(path)
        assert (answer.status, answer.body) == (404, "")
    with store.read() as session:
        assert session.execute(sa.text("SELECT count(*), count(DISTINCT link_id) FROM click")).one() == (2, 1)
