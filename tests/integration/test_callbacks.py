"""Whose status it is: by the provider's id, by the address that names our attempt, and where the two disagree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from notifier.domain.states import AttemptEvent
from notifier.gateways.base import Answer, AnswerKind, Policy, StatusReport
from notifier.gateways.codes import policy_of
from notifier.jobs.receive import receive_statuses
from notifier.jobs.record import Answered, record_answers
from notifier.jobs.send import start_lane
from notifier.store.claims import Claimed
from notifier.store.engine import Store
from notifier.store.tables import Customer, Message, Suppression
from notifier.store.transitions import AttemptChange
from notifier.web.parts import TwilioDoor, WebParts
from tests.support.outbox import DAY, GATEWAY, NOON, SECRET, Outbox
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN
from tests.support.web_server import PUBLIC_URL, RunningWeb, running_web

E = AttemptEvent


@pytest.fixture
def quanzhou(store: Store) -> Outbox:
    """One shop of a group."""
    return Outbox(store, key="quanzhou")


@pytest.fixture
def xiamen(store: Store) -> Outbox:
    """The other."""
    return Outbox(store, key="xiamen")


@pytest.fixture
def web(store: Store) -> Iterator[RunningWeb]:
    """The group's web part, which Twilio reaches."""
    door = TwilioDoor(AUTH_TOKEN, PUBLIC_URL)
    with running_web(WebParts(store, SECRET, "CN", GATEWAY, lambda: NOON, door)) as running:
        yield running


def tell(web: RunningWeb, sid: str, status: str, message: int, code: str = "") -> None:
    """A status callback, taken."""
    form = {"AccountSid": ACCOUNT_SID, "MessageSid": sid, "MessageStatus": status, "ErrorCode": code}
    assert web.twilio_says(f"/webhooks/twilio/status?m={message}&a=1", form).status == 204


def answered(outbox: Outbox, message: int, answer: Answer, n: int = 1) -> None:
    """The POST's own answer is written down."""
    text = Claimed(message, n, "+8619900000001", "text", 1, NOON + DAY)
    outbox.doing(lambda session: record_answers(session, GATEWAY, [Answered(text, answer)]))


def reported(
    outbox: Outbox, sid: str, event: AttemptEvent, *, message: int | None = None, code: str | None = None
) -> None:
    """A status, pushed with our ids or fetched without."""
    report = StatusReport(
        GATEWAY, sid, str(event), event, error_code=code, policy=policy_of(GATEWAY, code) if code else None,
        message_id=message, attempt_n=None if message is None else 1,
    )  # fmt: skip
    outbox.doing(lambda session: receive_statuses(session, [report]))


def accepted(sid: str) -> Answer:
    """201 with this id."""
    return Answer(AnswerKind.ACCEPTED, sid=sid)


# — a group of two —


def test_callbacks_of_two_shops_before_our_commit_doubled_and_out_of_order(
    quanzhou: Outbox, xiamen: Outbox, web: RunningWeb
) -> None:
    """Each text ends as its own callbacks say, and the answers that come last only bind the ids."""
    li, wang = quanzhou.text(), xiamen.text()
    quanzhou.claim()
    for status in ("delivered", "sent", "delivered", "queued", "sent"):
        tell(web, "SM1", status, li)
        tell(web, "SM2", {"delivered": "undelivered"}.get(status, status), wang, code="30008")
    for key, sid in ((li, "SM1"), (wang, "SM2")):
        answered(quanzhou, key, accepted(sid))
    assert quanzhou.state(li) == ("delivered", None)
    assert quanzhou.state(wang) == ("undelivered", "30008")
    assert [row["provider_sid"] for key in (li, wang) for row in quanzhou.attempts(key)] == ["SM1", "SM2"]
    assert sorted((row["message_id"], row["status"]) for row in quanzhou.events()) == sorted(
        [(li, status) for status in ("delivered", "queued", "sent")]
        + [(wang, status) for status in ("undelivered", "queued", "sent")]
    )


def test_a_callback_that_names_the_other_shops_text_counts_for_the_text_whose_id_it_bears(
    quanzhou: Outbox, xiamen: Outbox, web: RunningWeb
) -> None:
    """The other text is still under way: nobody has said anything about it, nor about its reader."""
    li, wang = quanzhou.text(), xiamen.text(xiamen.customer(phone="+8613900000000"))
    quanzhou.claim()
    answered(quanzhou, li, accepted("SM1"))
    tell(web, "SM1", "undelivered", wang, code="30005")
    assert quanzhou.state(li) == ("undelivered", "30005")
    assert quanzhou.state(wang) == ("sending", None)
    people = {row["id"]: row["unreachable"] for row in quanzhou.rows(Customer)}
    assert people[quanzhou.message(li)["customer_id"]] == "30005"
    assert people[quanzhou.message(wang)["customer_id"]] is None


def test_a_strangers_id_that_names_a_text_with_its_own_teaches_nothing(quanzhou: Outbox, web: RunningWeb) -> None:
    """Kept, and neither the text nor the phone is touched."""
    li = quanzhou.text()
    quanzhou.claim()
    answered(quanzhou, li, accepted("SM1"))
    tell(web, "SM9", "failed", li, code="21610")
    assert quanzhou.state(li) == ("accepted", None)
    assert quanzhou.rows(Suppression) == []
    assert [(row["provider_sid"], row["applied"]) for row in quanzhou.events()] == [("SM9", False)]


def test_where_a_listing_may_have_taken_one_text_for_another_to_the_same_phone_the_address_decides(
    quanzhou: Outbox,
) -> None:
    """Both answers were lost; the row was bound to the first, and the callback says it is the second's."""
    li = quanzhou.customer()
    first, second = quanzhou.text(li), quanzhou.text(li)
    quanzhou.claim()
    quanzhou.happens(*[AttemptChange(key, 1, E.AMBIGUOUS) for key in (first, second)])
    quanzhou.happens(AttemptChange(first, 1, E.ACCEPTED, sid="SM1"))
    reported(quanzhou, "SM1", E.DELIVERED, message=second)
    assert quanzhou.state(first)[0] == "accepted"
    assert quanzhou.state(second)[0] == "delivered"


# — told before anybody knew whose it is —


@pytest.mark.parametrize(("code", "policy"), [("30005", Policy.MARK_NUMBER), ("21610", Policy.SUPPRESS)])
def test_what_an_early_status_teaches_about_the_phone_is_learnt_when_its_id_is_bound(
    quanzhou: Outbox, code: str, policy: Policy
) -> None:
    """Fetched by id alone before our own record of the answer."""
    li = quanzhou.text()
    quanzhou.claim()
    reported(quanzhou, "SM1", E.UNDELIVERED, code=code)
    assert quanzhou.state(li)[0] == "sending"
    answered(quanzhou, li, accepted("SM1"))
    assert quanzhou.state(li) == ("undelivered", code)
    assert [row["unreachable"] for row in quanzhou.rows(Customer)] == [code if policy is Policy.MARK_NUMBER else None]
    assert [row["source"] for row in quanzhou.rows(Suppression)] == ([code] if policy is Policy.SUPPRESS else [])


def test_a_callback_that_binds_the_id_takes_up_what_was_told_of_the_id_alone(quanzhou: Outbox) -> None:
    """The answer never comes: nothing else would ever apply it."""
    li = quanzhou.text()
    quanzhou.claim()
    reported(quanzhou, "SM1", E.DELIVERED)
    reported(quanzhou, "SM1", E.SENT, message=li)
    assert quanzhou.state(li)[0] == "delivered"
    assert [row["applied"] for row in quanzhou.events()] == [True, True]


def test_a_gateway_without_codes_of_its_own_teaches_nothing() -> None:
    """Its errors are kept, no more."""
    assert policy_of("of_tomorrow", "30005") is None


# — erased —


@pytest.mark.parametrize(
    ("event", "code", "state"),
    [(E.UNDELIVERED, "30003", ("undelivered", "30003")), (E.FREE, "20429", ("cancelled", "erased"))],
)
def test_an_erased_text_is_never_planned_again(
    quanzhou: Outbox, event: AttemptEvent, code: str, state: tuple[str, str]
) -> None:
    """There is no phone to send it to, and no wording."""
    li = quanzhou.text()
    n = quanzhou.posted(li)
    quanzhou.change(Message, li, phone=None, text=None)
    quanzhou.happens(AttemptChange(li, n, event, code=code))
    assert quanzhou.state(li) == state


# — what a status says of our own set-up, and of our wording —


def test_a_status_that_says_our_set_up_is_wrong_stops_the_lane(quanzhou: Outbox) -> None:
    """30034: the sender is not registered; the POST itself was taken without a word."""
    key = quanzhou.text()
    quanzhou.posted(key, AttemptChange(key, 1, E.ACCEPTED, sid="SM1"))
    reported(quanzhou, "SM1", E.UNDELIVERED, code="30034")
    assert quanzhou.state(key)[0] == "undelivered"
    assert quanzhou.lane()["stopped"] == "30034"


def test_a_status_of_an_older_text_says_nothing_of_the_set_up_of_today(quanzhou: Outbox) -> None:
    """It was mended meanwhile; the lane is not stopped again by what comes late."""
    key = quanzhou.text()
    quanzhou.posted(key, AttemptChange(key, 1, E.ACCEPTED, sid="SM1"))
    start_lane(quanzhou.store, GATEWAY)
    reported(quanzhou, "SM1", E.UNDELIVERED, code="30034")
    assert quanzhou.state(key)[0] == "undelivered"
    assert quanzhou.lane()["stopped"] is None


def test_what_a_carrier_blocked_is_told_and_never_sent_again(quanzhou: Outbox) -> None:
    """30007: a person has to look at the wording."""
    key = quanzhou.text()
    quanzhou.posted(key, AttemptChange(key, 1, E.ACCEPTED, sid="SM1"))
    with capture_logs() as lines:
        reported(quanzhou, "SM1", E.UNDELIVERED, code="30007")
    assert [(line["event"], line["alert"], line["codes"]) for line in lines] == [("texts_blocked", True, {"30007": 1})]
    assert quanzhou.state(key) == ("undelivered", "30007")
