"""The official SDK against a local server in Twilio's shape, with every fault on the way."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from aiohttp import web

from notifier.domain.states import AttemptEvent
from notifier.gateways.base import AnswerKind, ListedText, Outgoing, Policy
from notifier.gateways.twilio import TwilioGateway
from notifier.gateways.twilio_signature import is_signed, status_report
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SENDER, SERVICE_SID, Account
from tests.support.twilio_faults import Fault, FaultKind
from tests.support.twilio_server import TwilioHandle, running_twilio, twilio_process

LI_LEI = "+8613800000001"
HAN_MEIMEI = "+8613800000002"
PUBLIC_URL = "https://sms.example.com"
# The fields of the provider's message resource, from its published specification.
RESOURCE_FIELDS = """
    account_sid api_version body date_created date_sent date_updated direction error_code error_message from
    messaging_service_sid num_media num_segments price price_unit sid status subresource_uris to uri
"""
PAGE_FIELDS = "end first_page_uri messages next_page_uri page page_size previous_page_uri start uri"


@pytest.fixture
def twilio() -> Iterator[TwilioHandle]:
    """A local Twilio."""
    with running_twilio(seed=7) as running:
        yield running


@pytest.fixture
async def gateway(twilio: TwilioHandle) -> AsyncIterator[TwilioGateway]:
    """An open gateway that sends through the messaging service."""
    async with opened(twilio) as gateway:
        yield gateway


def opened(twilio: TwilioHandle, **settings: Any) -> TwilioGateway:
    """A gateway that talks to the local Twilio."""
    settings = {"messaging_service_sid": SERVICE_SID, "public_url": PUBLIC_URL, **settings}
    token = settings.pop("auth_token", AUTH_TOKEN)
    return TwilioGateway(ACCOUNT_SID, token, api_base_url=twilio.url, **settings)


def text(message_id: int = 17, *, to: str = LI_LEI, body: str = "李雷您好", validity: int = 3600) -> Outgoing:
    """One text to hand over."""
    return Outgoing(message_id, 1, to, body, validity)


def now() -> datetime:
    """The real clock: a provider's listing is measured by it."""
    return datetime.now(UTC)


async def listed(gateway: TwilioGateway, to: str = LI_LEI) -> list[ListedText] | None:
    """Everything sent to `to` in the last minute."""
    return await gateway.list_sent(to, now() - timedelta(minutes=1), now() + timedelta(minutes=1))


async def test_a_text_arrives_as_the_provider_wants_it(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Service, body, validity, no smart encoding, and a callback that names message and attempt."""
    answer = await gateway.post(text(), timeout=8, now=now())
    (accepted,) = twilio.accepted()
    assert answer.kind is AnswerKind.ACCEPTED
    assert answer.sid == accepted["sid"]
    assert accepted["fields"] == {
        "To": LI_LEI,
        "MessagingServiceSid": SERVICE_SID,
        "Body": "李雷您好",
        "StatusCallback": f"{PUBLIC_URL}/webhooks/twilio/status?m=17&a=1",
        "ValidityPeriod": "3600",
        "SmartEncoded": "false",
    }
    assert (accepted["message"], accepted["attempt"]) == ("17", "1")


@pytest.mark.parametrize(("validity", "posted"), [(-5, "1"), (0, "1"), (36_000, "36000"), (90_000, "36000")])
async def test_validity_stays_within_what_twilio_takes(
    twilio: TwilioHandle, gateway: TwilioGateway, validity: int, posted: str
) -> None:
    """One second to ten hours."""
    await gateway.post(text(validity=validity), timeout=8, now=now())
    assert twilio.accepted()[0]["fields"]["ValidityPeriod"] == posted


async def test_without_a_public_url_or_service_neither_is_named(twilio: TwilioHandle) -> None:
    """A plain sender goes out as From, and no callback is asked for."""
    async with opened(twilio, messaging_service_sid=None, sender=SENDER, public_url=None) as gateway:
        answer = await gateway.post(text(), timeout=8, now=now())
    assert answer.kind is AnswerKind.ACCEPTED
    fields = twilio.accepted()[0]["fields"]
    assert fields["From"] == SENDER
    assert not {"StatusCallback", "MessagingServiceSid"} & set(fields)


K, A, P = FaultKind, AnswerKind, Policy
FAULTS = [
    (Fault(K.RATE_LIMITED), (A.FREE, P.RETRY, "20429"), 0),
    (Fault(K.ERROR_BEFORE_ACCEPTING), (A.AMBIGUOUS, P.AMBIGUOUS, "20500"), 0),
    (Fault(K.ERROR_AFTER_ACCEPTING), (A.AMBIGUOUS, P.AMBIGUOUS, "20500"), 1),
    (Fault(K.ERROR_AFTER_ACCEPTING, status=503), (A.AMBIGUOUS, P.AMBIGUOUS, "20500"), 1),
    (Fault(K.HANG_BEFORE_ACCEPTING), (A.AMBIGUOUS, P.AMBIGUOUS, "time_out"), 0),
    (Fault(K.HANG_AFTER_ACCEPTING), (A.AMBIGUOUS, P.AMBIGUOUS, "time_out"), 1),
    (Fault(K.SLOW_ANSWER), (A.AMBIGUOUS, P.AMBIGUOUS, "time_out"), 1),
    (Fault(K.RESET_BEFORE_ACCEPTING), (A.AMBIGUOUS, P.AMBIGUOUS, "transport"), 0),
    (Fault(K.RESET_AFTER_ACCEPTING), (A.AMBIGUOUS, P.AMBIGUOUS, "transport"), 1),
    (Fault(K.GARBLED_AFTER_ACCEPTING), (A.AMBIGUOUS, P.AMBIGUOUS, "unreadable"), 1),
    (Fault(K.REFUSE, code=21610), (A.REFUSED, P.SUPPRESS, "21610"), 0),
    (Fault(K.REFUSE, code=21211), (A.REFUSED, P.MARK_NUMBER, "21211"), 0),
    (Fault(K.REFUSE, code=21408), (A.FREE, P.STOP_LANE, "21408"), 0),
    (Fault(K.REFUSE, code=21611), (A.FREE, P.RETRY, "21611"), 0),
    (Fault(K.REFUSE, code=29999), (A.REFUSED, P.FAIL, "29999"), 0),
]


@pytest.mark.parametrize(
    ("fault", "proof", "accepted"), FAULTS, ids=[f"{fault.kind}-{proof[2]}" for fault, proof, _accepted in FAULTS]
)
async def test_a_fault_proves_no_more_than_it_does(
    twilio: TwilioHandle, gateway: TwilioGateway, fault: Fault, proof: tuple[AnswerKind, Policy, str], accepted: int
) -> None:
    """Each fault gives its one answer, the text is posted once and never again by itself."""
    twilio.script(fault)
    answer = await gateway.post(text(), timeout=2 if proof[2] == "time_out" else 20, now=now())
    assert (answer.kind, answer.policy, answer.code) == proof
    assert answer.sid is None
    assert twilio.posts() == 1
    assert len(twilio.accepted()) == accepted


@pytest.mark.parametrize(("given", "heard"), [(None, None), (3.0, 3.0), (0.5, 0.5)])
async def test_retry_after_is_heard(
    twilio: TwilioHandle, gateway: TwilioGateway, given: float | None, heard: float | None
) -> None:
    """The provider's own wish to wait reaches the sender, where it is given."""
    twilio.script(Fault(K.RATE_LIMITED, retry_after=given))
    answer = await gateway.post(text(), timeout=8, now=now())
    assert answer.retry_after == heard


async def test_a_post_ends_within_its_limit(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """The SDK's client ignores time limits and aiohttp rounds long ones up; ours does neither."""
    twilio.script(Fault(K.HANG_BEFORE_ACCEPTING))
    started = time.monotonic()
    await gateway.post(text(), timeout=0.25, now=now())
    assert 0.2 < time.monotonic() - started < 15  # half of what the provider takes


async def test_a_late_acceptance_shows_in_the_listing_afterwards(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Nobody waits any more when the text is accepted: the first listing is empty, a later one is not."""
    twilio.script(Fault(K.LATE_ACCEPTANCE, seconds=4))
    answer = await gateway.post(text(), timeout=1, now=now())
    assert answer.kind is AnswerKind.AMBIGUOUS
    assert await listed(gateway) == []
    while not twilio.accepted():
        await asyncio.sleep(0.05)
    found = await listed(gateway)
    assert found is not None
    assert [row.body for row in found] == ["李雷您好"]


async def test_a_closed_door_is_proof_that_nothing_left(twilio: TwilioHandle) -> None:
    """Connection refused, and a name that does not resolve, are free: the text can go out again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
        for url in (closed, "http://no-such-host.invalid"):
            async with TwilioGateway(ACCOUNT_SID, AUTH_TOKEN, sender=SENDER, api_base_url=url) as gateway:
                answer = await gateway.post(text(), timeout=8, now=now())
                assert (answer.kind, answer.policy, answer.code) == (AnswerKind.FREE, Policy.RETRY, "connect")
                assert await listed(gateway) is None


async def test_wrong_credentials_stop_the_lane(twilio: TwilioHandle) -> None:
    """A refused login is our set-up, so everything planned stays planned."""
    async with opened(twilio, auth_token="stolen") as gateway:
        answer = await gateway.post(text(), timeout=8, now=now())
    assert (answer.kind, answer.policy, answer.code) == (AnswerKind.FREE, Policy.STOP_LANE, "20003")


async def test_a_server_that_is_not_twilio_stops_the_lane(twilio: TwilioHandle) -> None:
    """A wrong address answers 404 to everything; failing every customer's text for good would be the worse mistake."""
    gateway = TwilioGateway("AC" + "f" * 32, AUTH_TOKEN, sender=SENDER, api_base_url=twilio.url)
    async with gateway:
        answer = await gateway.post(text(), timeout=8, now=now())
    assert (answer.kind, answer.policy, answer.code) == (AnswerKind.FREE, Policy.STOP_LANE, "http_404")


async def test_no_phone_is_kept_in_an_error_or_logged(
    twilio: TwilioHandle, gateway: TwilioGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Twilio's sentence repeats the number and the SDK logs its URLs; neither may outlive the request."""
    caplog.set_level(logging.DEBUG)
    answer = await gateway.post(text(to="+8600"), timeout=8, now=now())
    refused = await gateway.post(text(to="+86138000000019999999"), timeout=8, now=now())
    await listed(gateway)
    assert answer.code == refused.code == "21211"
    assert "138000" not in (refused.text or "")
    assert "138000" not in caplog.text


async def test_fifty_texts_are_in_flight_at_once(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Fifty slow answers take far less time than one after the other, and each text is accepted once."""
    twilio.chances((1.0, Fault(K.SLOW_ANSWER, seconds=0.5)))
    started = time.monotonic()
    answers = await asyncio.gather(*(gateway.post(text(n), timeout=30, now=now()) for n in range(50)))
    assert time.monotonic() - started < 50 * 0.5 / 2
    assert all(answer.kind is AnswerKind.ACCEPTED for answer in answers)
    assert sorted(int(row["message"]) for row in twilio.accepted()) == list(range(50))


async def test_a_listing_follows_every_page(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Seven texts in pages of two are seven texts, and another customer's are left out."""
    twilio.configure(page_limit=2)
    for n in range(7):
        await gateway.post(text(n), timeout=8, now=now())
    await gateway.post(text(99, to=HAN_MEIMEI), timeout=8, now=now())
    found = await listed(gateway)
    assert found is not None
    assert sorted(row.sid for row in found) == sorted(row["sid"] for row in twilio.accepted() if row["to"] == LI_LEI)
    assert {row.event for row in found} == {AttemptEvent.ACCEPTED}
    assert {row.sender for row in found} == {SERVICE_SID}


@pytest.mark.parametrize("broken_from_page", [0, 1])
async def test_a_broken_page_makes_the_listing_incomplete(
    twilio: TwilioHandle, gateway: TwilioGateway, broken_from_page: int
) -> None:
    """Half a listing proves nothing: it is None; asked again it is whole."""
    twilio.configure(page_limit=2, broken_pages=1, broken_from_page=broken_from_page)
    for n in range(3):
        await gateway.post(text(n), timeout=8, now=now())
    assert await listed(gateway) is None
    assert len(await listed(gateway) or []) == 3


async def test_a_slow_listing_shows_a_text_only_later(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """One empty listing is no proof, which is why the house asks twice."""
    twilio.configure(listing_lag=3600)
    await gateway.post(text(), timeout=8, now=now())
    assert await listed(gateway) == []
    twilio.configure(listing_lag=0)
    assert len(await listed(gateway) or []) == 1


async def test_texts_of_other_senders_and_times_are_left_out(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Two shops share the account: each sees only its own; and only what was created in the span."""
    async with opened(twilio, messaging_service_sid=None, sender=SENDER) as other:
        await other.post(text(1), timeout=8, now=now())
        assert [row.sender for row in await listed(other) or []] == [SENDER]
    assert await listed(gateway) == []
    await gateway.post(text(2), timeout=8, now=now())
    assert len(await listed(gateway) or []) == 1
    assert await gateway.list_sent(LI_LEI, now() - timedelta(hours=2), now() - timedelta(hours=1)) == []


async def test_a_span_in_another_zone_is_the_same_span(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Quanzhou's clock, eight hours ahead, finds the same text."""
    await gateway.post(text(), timeout=8, now=now())
    quanzhou = timezone(timedelta(hours=8))
    since = (now() - timedelta(minutes=1)).astimezone(quanzhou)
    found = await gateway.list_sent(LI_LEI, since, now().astimezone(quanzhou) + timedelta(minutes=1))
    assert len(found or []) == 1


async def test_a_text_created_in_the_second_of_the_claim_is_found(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Twilio's times have no fractions: a row of 10:00:00 belongs to a claim at 10:00:00.7."""
    await gateway.post(text(), timeout=8, now=now())
    created = datetime.fromtimestamp(int(twilio.accepted()[0]["created"]), UTC)
    found = await gateway.list_sent(LI_LEI, created + timedelta(seconds=0.999), created + timedelta(seconds=5))
    assert len(found or []) == 1


async def test_pull_brings_statuses_and_replies(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """Without a public URL the listing tells what callbacks would have told."""
    began = now()
    answer = await gateway.post(text(1), timeout=8, now=now())
    await gateway.post(text(2, to=HAN_MEIMEI), timeout=8, now=now())
    twilio.progress([str(answer.sid)], statuses=["undelivered"], error_code=30005, base_url=twilio.url)
    twilio.customer_writes(HAN_MEIMEI, "1")
    pulled = await gateway.pull(began, now())
    assert pulled.complete
    first = next(report for report in pulled.statuses if report.sid == answer.sid)
    assert (first.status, first.event, first.error_code) == ("undelivered", AttemptEvent.UNDELIVERED, "30005")
    assert first.policy is Policy.MARK_NUMBER
    assert [report.event for report in pulled.statuses if report.sid != answer.sid] == [AttemptEvent.ACCEPTED]
    assert [(reply.sender, reply.text, reply.to) for reply in pulled.replies] == [(HAN_MEIMEI, "1", SENDER)]


async def test_a_pull_that_breaks_says_so(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """What came is handed over, and the same span must be pulled again."""
    twilio.configure(page_limit=1, broken_pages=1, broken_from_page=1)
    for n in range(2):
        await gateway.post(text(n), timeout=8, now=now())
    began = now() - timedelta(minutes=1)
    broken, whole = await gateway.pull(began, now()), await gateway.pull(began, now())
    assert (broken.complete, len(broken.statuses)) == (False, 1)
    assert (whole.complete, len(whole.statuses)) == (True, 2)


async def test_a_pull_stops_at_rows_older_than_its_look_back(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """A pull far in the future of every row needs none of them, so the broken second page is never asked for."""
    twilio.configure(page_limit=1, broken_pages=1, broken_from_page=1)
    for n in range(2):
        await gateway.post(text(n), timeout=8, now=now())
    pulled = await gateway.pull(now() + timedelta(days=2), now() + timedelta(days=2))
    assert (pulled.complete, list(pulled.statuses)) == (True, [])


async def test_doctor_hears_that_all_is_well(twilio: TwilioHandle, gateway: TwilioGateway) -> None:
    """A good account: every line is fine."""
    assert [ok for ok, _sentence in await gateway.check()] == [True] * 4


async def test_doctor_says_what_mainland_china_lacks(twilio: TwilioHandle) -> None:
    """Neither replies nor links: the gateway declares it and doctor says it."""
    async with opened(twilio, mainland_china=True) as gateway:
        sentences = " ".join(sentence for _ok, sentence in await gateway.check())
    assert (gateway.capabilities.two_way, gateway.capabilities.links) == (False, False)
    assert "Twilio to mainland China has neither replies nor links: the way out is the shop's phone" in sentences


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"auth_token": "stolen"}, "20003"),
        ({"messaging_service_sid": None}, "No sender"),
        ({"messaging_service_sid": "MG1"}, "TWILIO_MESSAGING_SERVICE_SID"),
        ({"public_url": "https://my_host.example.com"}, "underscore"),
        ({"public_url": "http://sms.example.com"}, "https"),
    ],
)
async def test_doctor_names_what_is_wrong(twilio: TwilioHandle, settings: dict[str, Any], named: str) -> None:
    """Exactly one line fails, and it names the setting."""
    async with opened(twilio, **settings) as gateway:
        wrong = [sentence for ok, sentence in await gateway.check() if not ok]
    assert len(wrong) == 1
    assert named in wrong[0]


async def test_doctor_tells_a_suspended_account_and_an_unreachable_one(twilio: TwilioHandle) -> None:
    """The status is named; without any answer the way there is."""
    twilio.configure(account_status="suspended")
    async with opened(twilio) as gateway:
        assert "suspended" in (await gateway.check())[-1][1]
    async with TwilioGateway(ACCOUNT_SID, AUTH_TOKEN, sender=SENDER, api_base_url="http://127.0.0.1:9") as gateway:
        assert "could not be reached" in (await gateway.check())[-1][1]


class Receiver:
    """A webhook of our own, as small as can be."""

    def __init__(self) -> None:
        self.heard: list[tuple[bool, int | None, str]] = []

    async def status(self, request: web.Request) -> web.Response:
        """Check the signature against the public URL, then read."""
        pairs = [(name, str(value)) for name, value in (await request.post()).items()]
        signed = is_signed(AUTH_TOKEN, PUBLIC_URL + request.path_qs, pairs, request.headers.get("X-Twilio-Signature"))
        report = status_report(dict(pairs), request.query)
        self.heard.append((signed, report.message_id, report.status))
        return web.Response(status=204 if signed else 403)


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """A running webhook, and its address."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/webhooks/twilio/status", receiver.status)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield receiver, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("order", "count"), [("right", 2), ("shuffled", 2), ("doubled", 4)], ids=["right", "shuffled", "doubled"]
)
async def test_callbacks_are_signed_over_the_public_url(
    twilio: TwilioHandle, gateway: TwilioGateway, receiver: tuple[Receiver, str], order: str, count: int
) -> None:
    """Delivered behind a proxy, in any order, each callback is genuine and names its message."""
    heard, url = receiver
    await gateway.post(text(17), timeout=8, now=now())
    (answers,) = await asyncio.to_thread(twilio.progress, order=order, base_url=url)
    assert answers == [204] * count
    assert {row[:2] for row in heard.heard} == {(True, 17)}
    assert sorted({row[2] for row in heard.heard}) == ["delivered", "sent"]


async def test_a_callback_can_come_before_the_answer(
    twilio: TwilioHandle, gateway: TwilioGateway, receiver: tuple[Receiver, str]
) -> None:
    """All statuses have been told when the POST returns."""
    heard, url = receiver
    await asyncio.to_thread(twilio.call_back, before_answer=True, base_url=url)
    answer = await gateway.post(text(17), timeout=8, now=now())
    assert answer.kind is AnswerKind.ACCEPTED
    assert heard.heard == [(True, 17, "sent"), (True, 17, "delivered")]


async def test_a_forged_callback_is_told_apart(
    twilio: TwilioHandle, gateway: TwilioGateway, receiver: tuple[Receiver, str]
) -> None:
    """Signed with another token it gets 403."""
    _heard, url = receiver
    await gateway.post(text(17), timeout=8, now=now())
    assert await asyncio.to_thread(twilio.progress, base_url=url, token="forged") == [[403, 403]]


def test_the_local_server_speaks_the_providers_fields() -> None:
    """Its rows and pages carry exactly the fields of the specification, counts as strings."""
    account = Account(seed=1)
    account.accept({"To": LI_LEI, "MessagingServiceSid": SERVICE_SID, "Body": "hello"})
    page = account.page({"To": LI_LEI}, lag=0, limit=50)
    assert sorted(page) == PAGE_FIELDS.split()
    assert sorted(page["messages"][0]) == RESOURCE_FIELDS.split()
    assert page["messages"][0]["num_segments"] == "0"


async def test_faults_by_chance_repeat_with_the_seed() -> None:
    """Two servers with one seed break the same texts, whatever order they arrive in."""

    async def broken(numbers: list[int]) -> set[int]:
        with running_twilio(seed=3) as twilio:
            twilio.chances((0.3, Fault(K.ERROR_AFTER_ACCEPTING)), (0.2, Fault(K.RATE_LIMITED)))
            async with opened(twilio) as gateway:
                answers = {n: await gateway.post(text(n), timeout=8, now=now()) for n in numbers}
        return {n for n, answer in answers.items() if answer.kind is not AnswerKind.ACCEPTED}

    forward = await broken(list(range(40)))
    assert 5 < len(forward) < 35
    assert await broken(list(reversed(range(40)))) == forward


async def test_the_server_runs_as_a_process_of_its_own() -> None:
    """Started by its module, it remembers what was accepted for whoever asks."""
    with twilio_process(seed=1) as twilio:
        async with opened(twilio) as gateway:
            await gateway.post(text(5), timeout=8, now=now())
        assert [(row["to"], row["message"]) for row in twilio.accepted()] == [(LI_LEI, "5")]
