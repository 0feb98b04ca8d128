"""Settling what nobody could tell: the two-listing rule by the database's clock, candidates, the operator's word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from notifier.domain.states import AttemptEvent
from notifier.gateways.base import Outgoing
from notifier.jobs.reconcile import ReconcileResult, settle_by_hand
from notifier.store.engine import Store
from notifier.store.tables import Attempt, Message, Run
from notifier.store.transitions import AttemptChange
from tests.support.outbox import DAY, NOON, Outbox
from tests.support.sending import reconciled, twilio_at
from tests.support.twilio_server import TwilioHandle, running_twilio

E = AttemptEvent
AFTER, GAP = 300.0, 120.0


@pytest.fixture(scope="module")
def server() -> Iterator[TwilioHandle]:
    """One local Twilio for the module: each test writes to phones of its own."""
    with running_twilio(seed=5) as running:
        yield running


@pytest.fixture
def twilio(server: TwilioHandle) -> TwilioHandle:
    """The local Twilio, healthy."""
    server.configure(broken_pages=0, broken_from_page=1, listing_lag=0)
    return server


_phones = iter(range(1, 10_000))


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """An outbox on either database."""
    return Outbox(store)


def phone() -> str:
    """A phone no other test writes to."""
    return f"+86199111{next(_phones):05d}"


def unknown(outbox: Outbox, customer: int | None = None, *, lease_over: float = AFTER + 1) -> int:
    """A text whose only attempt is unknown, its lease over for so many seconds."""
    key = outbox.text(customer or outbox.customer(phone=phone()))
    outbox.posted(key, E.AMBIGUOUS)
    lapse(outbox, key, lease_over)
    return key


def lapse(outbox: Outbox, key: int, lease_over: float) -> None:
    """The latest attempt's lease of a minute ended so many seconds ago."""
    attempt = outbox.attempts(key)[-1]
    outbox.change(
        Attempt, attempt["id"], lease_until=outbox.ago(lease_over), claimed_at=outbox.ago(lease_over + 60)
    )  # fmt: skip


async def accept(twilio: TwilioHandle, outbox: Outbox, key: int, body: str | None = None) -> str:
    """The provider accepts a text to that message's phone; its SID."""
    row = outbox.message(key)
    async with twilio_at(twilio.url) as gateway:
        text = Outgoing(key, row["attempts"], row["phone"], body or row["text"], 3600)
        answer = await gateway.post(text, timeout=5, now=NOON)
    assert answer.sid is not None
    return answer.sid


async def look(outbox: Outbox, twilio: TwilioHandle, *, now: datetime = NOON) -> ReconcileResult:
    """One pass with the settings' defaults."""
    return await reconciled(outbox, twilio_at(twilio.url), wait=False, after=AFTER, gap=GAP, post_timeout=8, now=now)


def first_listing_was(outbox: Outbox, key: int, seconds: float) -> None:
    """The first empty listing was so long ago."""
    outbox.change(Attempt, outbox.attempts(key)[-1]["id"], empty_listing_at=outbox.ago(seconds))


def noted(outbox: Outbox, key: int) -> bool:
    """Whether an empty listing was noted."""
    return outbox.attempts(key)[-1]["empty_listing_at"] is not None


# — two complete empty listings —


async def test_a_listing_too_soon_after_the_lease_proves_nothing(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Five minutes less a second: the provider's listing may lag."""
    key = unknown(outbox, lease_over=AFTER - 5)
    assert (await look(outbox, twilio)).still_unknown == 1
    assert not noted(outbox, key)


async def test_the_first_listing_that_counts_settles_nothing(outbox: Outbox, twilio: TwilioHandle) -> None:
    """It is only noted, by the database's clock."""
    key = unknown(outbox)
    assert (await look(outbox, twilio)).still_unknown == 1
    assert noted(outbox, key)
    assert outbox.state(key)[0] == "unknown"


async def test_a_second_listing_within_the_gap_settles_nothing(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Two looks in one moment are one look."""
    key = unknown(outbox)
    first_listing_was(outbox, key, GAP - 5)
    assert (await look(outbox, twilio)).still_unknown == 1


async def test_the_second_listing_after_the_gap_frees_the_attempt(outbox: Outbox, twilio: TwilioHandle) -> None:
    """And the text is planned again, as if it had never been sent."""
    key = unknown(outbox)
    first_listing_was(outbox, key, GAP + 1)
    result = await look(outbox, twilio)
    assert (result.settled_not_accepted, result.still_unknown) == (1, 0)
    row = outbox.message(key)
    assert (row["state"], row["sent_at"]) == ("planned", None)
    assert outbox.attempt_states(key) == ["free"]
    assert [text.n for text in outbox.claim().texts] == [2]


async def test_an_incomplete_listing_never_counts(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Neither as the first nor as the second."""
    first, second = unknown(outbox), unknown(outbox)
    first_listing_was(outbox, second, GAP + 1)
    twilio.configure(broken_pages=99, broken_from_page=0)
    assert (await look(outbox, twilio)).still_unknown == 2
    assert not noted(outbox, first)
    assert outbox.state(second)[0] == "unknown"


async def test_a_post_that_may_still_last_longer_than_its_lease_is_not_called_empty(
    outbox: Outbox, twilio: TwilioHandle
) -> None:
    """Where somebody set a lease shorter than a POST may take."""
    key = unknown(outbox, lease_over=1)
    outbox.change(Attempt, outbox.attempts(key)[0]["id"], claimed_at=outbox.ago(5))
    gateway = twilio_at(twilio.url)
    await reconciled(outbox, gateway, wait=False, after=0.5, gap=0.1, post_timeout=60)
    assert not noted(outbox, key)


async def test_after_validity_a_freed_text_is_cancelled(outbox: Outbox, twilio: TwilioHandle) -> None:
    """It was not accepted, and nobody needs it any more."""
    key = unknown(outbox)
    first_listing_was(outbox, key, GAP + 1)
    await look(outbox, twilio, now=NOON + 10 * DAY)
    assert outbox.state(key) == ("cancelled", "validity_over")


# — candidates —


async def test_a_listed_text_is_accepted_and_its_id_bound(outbox: Outbox, twilio: TwilioHandle) -> None:
    """At the first look, however soon: a match needs no waiting. Its run is done."""
    key = unknown(outbox, lease_over=-30)
    sid = await accept(twilio, outbox, key)
    result = await look(outbox, twilio)
    assert (result.settled_accepted, result.still_unknown) == (1, 0)
    (attempt,) = outbox.attempts(key)
    assert (attempt["state"], attempt["provider_sid"]) == ("accepted", sid)
    assert outbox.message(key)["sent_at"] == NOON
    assert outbox.one(Run, id=outbox.ready)["state"] == "done"


@pytest.mark.parametrize(("status", "code", "state"), [("sent", None, "sent"), ("delivered", None, "delivered"),
                                                       ("undelivered", 30008, "undelivered")])  # fmt: skip
async def test_the_listed_status_is_applied_at_once(
    outbox: Outbox, twilio: TwilioHandle, status: str, code: int | None, state: str
) -> None:
    """The row tells already what became of the text."""
    key = unknown(outbox, lease_over=1)
    sid = await accept(twilio, outbox, key)
    twilio.progress([sid], statuses=[status], error_code=code, base_url="http://127.0.0.1:9")
    await look(outbox, twilio)
    assert outbox.state(key)[0] == state


async def test_a_lapsed_lease_is_settled_in_the_same_pass(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Its sender died with the text accepted."""
    key = outbox.text(outbox.customer(phone=phone()))
    outbox.posted(key)
    await accept(twilio, outbox, key)
    lapse(outbox, key, 1)
    await look(outbox, twilio)
    assert outbox.state(key)[0] == "accepted"


async def test_candidates_that_nothing_explains_keep_it_unknown(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Two texts of another system to the same phone: none is surely ours, and none is surely not."""
    key = unknown(outbox)
    for body in ("Your pizza is ready.", "Your pizza is cold."):
        await accept(twilio, outbox, key, body)
    lapse(outbox, key, -30)
    assert (await look(outbox, twilio)).still_unknown == 1
    assert not noted(outbox, key)


async def test_another_unknown_text_to_the_same_phone_an_hour_earlier_is_judged_by_itself(
    outbox: Outbox, twilio: TwilioHandle
) -> None:
    """What is unexplained about one does not hold up the other."""
    li = outbox.customer(phone=phone())
    earlier = unknown(outbox, li, lease_over=3600)
    later = unknown(outbox, li, lease_over=-30)
    for body in ("Your pizza is ready.", "Your pizza is cold."):
        await accept(twilio, outbox, later, body)
    first_listing_was(outbox, earlier, GAP + 1)
    result = await look(outbox, twilio)
    assert (result.settled_not_accepted, result.still_unknown) == (1, 1)
    assert (outbox.state(earlier)[0], outbox.state(later)[0]) == ("planned", "unknown")


async def test_ids_that_are_bound_already_are_no_candidates(outbox: Outbox, twilio: TwilioHandle) -> None:
    """An earlier text of ours to the same phone explains its row."""
    li = outbox.customer(phone=phone())
    known = outbox.text(li)
    outbox.posted(known)
    outbox.happens(AttemptChange(known, 1, E.ACCEPTED, sid=await accept(twilio, outbox, known)))
    key = unknown(outbox, li)
    first_listing_was(outbox, key, GAP + 1)
    await look(outbox, twilio)
    assert outbox.state(key)[0] == "planned"


async def test_a_text_under_way_to_the_same_phone_is_not_taken_for_the_unknown_one(
    outbox: Outbox, twilio: TwilioHandle
) -> None:
    """The second was accepted a moment ago and its answer is not recorded yet: its row is not the first's."""
    li = outbox.customer(phone=phone())
    lost = unknown(outbox, li, lease_over=-30)
    under_way = outbox.text(li)
    outbox.posted(under_way)
    sid = await accept(twilio, outbox, under_way, "wording changed on the way")
    await look(outbox, twilio)
    assert outbox.state(lost)[0] == "unknown"
    outbox.happens(AttemptChange(under_way, 1, E.ACCEPTED, sid=sid))
    assert outbox.attempts(under_way)[0]["provider_sid"] == sid
    lapse(outbox, lost, AFTER + 1)
    first_listing_was(outbox, lost, GAP + 1)
    await look(outbox, twilio)
    assert outbox.state(lost)[0] == "planned"


async def test_a_text_the_operator_called_sent_may_be_the_one_listed(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Its id is not known, so its row proves nothing about the other."""
    li = outbox.customer(phone=phone())
    told, open_ = unknown(outbox, li, lease_over=-30), unknown(outbox, li, lease_over=-30)
    await accept(twilio, outbox, told, "wording changed on the way")
    assert settle_by_hand(outbox.store, told, sent=True, now=NOON) == 1
    assert (await look(outbox, twilio)).still_unknown == 1
    assert outbox.state(open_)[0] == "unknown"


async def test_what_another_gateway_cannot_tell_is_left_alone(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Each provider is asked about its own."""
    key = unknown(outbox)
    outbox.change(Attempt, outbox.attempts(key)[0]["id"], gateway="simulator")
    first_listing_was(outbox, key, GAP + 1)
    result = await reconciled(outbox, twilio_at(twilio.url))  # and does not wait for it
    assert (result.settled_not_accepted, result.still_unknown) == (0, 0)
    assert outbox.state(key)[0] == "unknown"


# — the operator's word —


@pytest.mark.parametrize(
    ("sent", "now", "state", "sent_at"),
    [(True, NOON, "accepted", NOON), (False, NOON, "planned", None), (False, NOON + 10 * DAY, "cancelled", None)],
    ids=["sent", "not sent", "not sent, validity over"],
)
def test_the_operator_settles_what_no_listing_can(
    outbox: Outbox, sent: bool, now: datetime, state: str, sent_at: datetime | None
) -> None:
    """Somebody phoned the customer."""
    key = unknown(outbox)
    assert settle_by_hand(outbox.store, key, sent=sent, now=now) == 1
    row = outbox.message(key)
    assert (row["state"], row["sent_at"]) == (state, sent_at)
    assert settle_by_hand(outbox.store, key, sent=not sent, now=now) == 0


def test_the_operator_has_no_say_about_what_is_known(outbox: Outbox) -> None:
    """Sending, accepted, planned: nothing to settle."""
    keys = outbox.texts(3)
    outbox.posted(keys[0])
    outbox.happens(AttemptChange(keys[1], 1, E.ACCEPTED))
    assert [settle_by_hand(outbox.store, key, sent=False, now=NOON) for key in keys] == [0, 0, 0]


def test_proof_of_acceptance_beats_the_operators_not_sent(outbox: Outbox) -> None:
    """The callback came late."""
    key = unknown(outbox)
    settle_by_hand(outbox.store, key, sent=False, now=NOON)
    outbox.happens(AttemptChange(key, 1, E.DELIVERED, sid=f"SM{key}"))
    assert outbox.state(key)[0] == "delivered"


# — waiting —


async def test_waiting_goes_on_while_a_text_may_still_be_settled(outbox: Outbox, twilio: TwilioHandle) -> None:
    """A broken listing, a text still valid."""
    unknown(outbox)
    twilio.configure(broken_pages=9999, broken_from_page=0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reconciled(outbox, twilio_at(twilio.url)), 1.5)


async def test_waiting_ends_with_what_only_the_operator_can_settle(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Candidates nothing explains, and the text's last day over: it stays unknown, with the evidence."""
    key = unknown(outbox)
    for body in ("Your pizza is ready.", "Your pizza is cold."):
        await accept(twilio, outbox, key, body)
    lapse(outbox, key, 30)
    waited = reconciled(outbox, twilio_at(twilio.url), now=NOON + 10 * DAY)
    assert (await asyncio.wait_for(waited, 60)).still_unknown == 1
    assert outbox.state(key)[0] == "unknown"


async def test_waiting_waits_for_the_leases_of_a_sender_that_died(outbox: Outbox, twilio: TwilioHandle) -> None:
    """Nothing is left in sending."""
    key = outbox.text(outbox.customer(phone=phone()))
    outbox.posted(key)
    lapse(outbox, key, -0.7)
    await reconciled(outbox, twilio_at(twilio.url))
    assert outbox.state(key)[0] == "planned"


# — fetching, and the two clocks —


@pytest.mark.parametrize("year", [2000, 2026, 2090])
async def test_statuses_are_fetched_by_the_real_clock_whatever_business_time_it_is(
    outbox: Outbox, twilio: TwilioHandle, year: int
) -> None:
    """`--at` years away: the provider lives in its own present, in the second fetch as in the first."""
    business = datetime(year, 3, 10, 4, tzinfo=UTC)
    li = outbox.customer(phone=phone())
    for status in ("sent", "delivered"):
        key = outbox.text(li, run_id=outbox.run(), not_before=business, valid_until=business + DAY)
        outbox.posted(key, now=business)
        sid = await accept(twilio, outbox, key)
        outbox.happens(AttemptChange(key, 1, E.ACCEPTED, sid=sid))
        twilio.progress([sid], statuses=[status], base_url="http://127.0.0.1:9")
        await reconciled(outbox, twilio_at(twilio.url), wait=False, pulls=True, now=business)
        row = outbox.message(key)
        assert (row["state"], row["sent_at"]) == (status, business)
    assert timedelta(0) <= row["delivered_at"] - business < timedelta(minutes=1)
    polled = outbox.lane()["polled_at"]
    assert abs(polled - outbox.ago(0)) < timedelta(minutes=1)


async def test_what_is_fetched_twice_is_kept_once(outbox: Outbox, twilio: TwilioHandle) -> None:
    """The spans overlap on purpose."""
    key = outbox.text(outbox.customer(phone=phone()))
    outbox.posted(key)
    sid = await accept(twilio, outbox, key)
    outbox.happens(AttemptChange(key, 1, E.ACCEPTED, sid=sid))
    twilio.progress([sid], statuses=["sent", "delivered"], base_url="http://127.0.0.1:9")
    for _ in range(2):
        await reconciled(outbox, twilio_at(twilio.url), wait=False, pulls=True)
    assert [event["status"] for event in outbox.events() if event["provider_sid"] == sid] == ["delivered"]
    assert outbox.rows(Message, state="delivered")
