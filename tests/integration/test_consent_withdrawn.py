"""Who no longer agrees to marketing gets none, however it became known and however early the text was planned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.store.engine import Session, Store
from notifier.store.merges import merge_customers
from notifier.store.splits import Leaving, leave
from notifier.store.tables import Message
from tests.support.calls import settings
from tests.support.outbox import NOON, Outbox
from tests.support.shop import INSURANCE, WINBACK, Dealership, at, yaml

TUESDAY = date(2026, 3, 3)
OFFERS = INSURANCE.replace("kind: service", "kind: marketing")
REMINDER = INSURANCE


def states(shop: Dealership) -> list[tuple[str, str, str | None]]:
    """(kind, state, reason) of every text."""
    return sorted((row["kind"], row["state"], row["reason"]) for row in shop.messages())


CANCELLED = ("marketing", "cancelled", "consent_refused")
JOINED = ("marketing", "cancelled", "merged")  # of two texts of one run one is left, and that one is refused


@pytest.fixture
def shop(store: Store) -> Dealership:
    """Two owners whose policy ends soon, told of it by an offer each and not yet sent."""
    place = Dealership(store, yaml(OFFERS))
    for name in ("陈晓芳", "林志强"):
        place.owner(name, insurance_ends_on=date(2026, 5, 2))
    place.plan_at(at(TUESDAY))
    assert states(place) == [("marketing", "planned", None)] * 2
    return place


def test_a_customer_file_that_says_no_cancels_what_is_planned(store: Store) -> None:
    """The offer of the week after is cancelled with the import; the reminder about the car stays."""
    shop = Dealership(store, yaml(WINBACK, REMINDER))
    headers = ("客户编号", "客户姓名", "手机", "VIN", "车牌", "保险到期", "是否同意营销", "同意日期")
    row = ["N1", "陈晓芳", "13912345001", "LSVAU2A30N0000011", "闽C12341", "2026-05-02"]

    def bring(day: str, consent: str) -> None:
        table = TableOfRows("c.csv", headers, [[*row, consent, day]])
        import_table("customers", shop.store, shop.id, table, settings(at(day, "09:00")))

    bring("2026-03-02", "是")
    with store.write() as session:
        session.connection().exec_driver_sql("UPDATE customer SET last_visit_on = '2025-08-28'")
    shop.plan_at(at(TUESDAY))
    assert states(shop) == [("marketing", "planned", None), ("service", "planned", None)]
    bring("2026-03-03", "否")
    assert states(shop) == [CANCELLED, ("service", "planned", None)]
    assert len(shop.send_at(at(TUESDAY, "12:00"))) == 1


def merge(shop: Dealership) -> Callable[[Session], None]:
    """The one who agrees is found to be the one who refused."""
    return lambda session: merge_customers(session, {shop.id_of("林志强"): shop.id_of("陈晓芳")}, at(TUESDAY))


def split(shop: Dealership) -> Callable[[Session], None]:
    """The first one's car goes to the other with its number."""
    vins = [shop.one_car("陈晓芳")["vin"]]
    leaving = Leaving(shop.id_of("陈晓芳"), shop.id_of("林志强"), ("C1",), vins)
    return lambda session: leave(session, shop.id, [leaving], at(TUESDAY))


@pytest.mark.parametrize(
    ("name", "consent", "work"),
    [
        ("陈晓芳", "no", merge),
        ("林志强", "no", merge),
        ("陈晓芳", "no", split),
        ("林志强", "no", split),
        ("林志强", "unknown", split),
    ],
)
def test_customers_who_become_one_or_part_agree_to_no_more_than_before(
    shop: Dealership, name: str, consent: str, work: Callable[[Dealership], Callable[[Session], None]]
) -> None:
    """A refusal counts for both, and a yes stays with whoever said it."""
    shop.change_customer(name, consent=consent)
    shop.write(work(shop))
    theirs = [(row["state"], row["reason"]) for row in shop.messages() if row["customer_id"] == shop.id_of("林志强")]
    if work is merge:
        assert states(shop) == [CANCELLED, JOINED]
    else:
        assert theirs == [("cancelled", "consent_refused")] * 2


@pytest.mark.parametrize(
    ("kind", "consent", "state"),
    [
        ("marketing", "no", ("cancelled", "consent_refused")),
        ("marketing", "unknown", ("cancelled", "consent_refused")),
        ("marketing", "yes", ("sending", None)),
        ("service", "no", ("sending", None)),
        ("transactional", "unknown", ("sending", None)),
        ("safety", "no", ("sending", None)),
    ],
)
def test_the_claim_asks_for_consent_once_more(
    store: Store, kind: str, consent: str, state: tuple[str, str | None]
) -> None:
    """Whatever wrote the refusal, no offer leaves after it."""
    outbox = Outbox(store)
    key = outbox.text(outbox.customer(consent=consent), kind=kind)
    outbox.claim(now=NOON)
    assert outbox.state(key) == state
    assert len(outbox.rows(Message)) == 1
