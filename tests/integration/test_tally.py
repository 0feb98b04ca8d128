"""The days of a shop, counted: what belongs to which figure and which day, and which days are counted when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from notifier.jobs.tally import DAYS, tally
from notifier.store.bulk import table_of
from notifier.store.day_figures import Day, Figures, count_day, days_between
from notifier.store.engine import Store
from notifier.store.runs import void
from notifier.store.tables import Credit, DayFigures, Reply
from tests.support.outbox import DAY, GATEWAY, NOON, Outbox

TODAY = NOON.date()
YESTERDAY = TODAY - DAY


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """The outbox of Quanzhou."""
    return Outbox(store, key="quanzhou")


def counted(outbox: Outbox, day: date = TODAY) -> Figures:
    """The day, counted now."""
    figures: Figures = outbox.doing(lambda session: count_day(session, outbox.shop, day))
    return figures


def kept(outbox: Outbox) -> dict[date, Day]:
    """What is remembered of each day."""
    found = outbox.doing(lambda session: days_between(session, outbox.shop, date.min, date.max))
    return {each.day: each for each in found}


def answers(outbox: Outbox, customer: int, *meanings: str, day: date = TODAY) -> None:
    """The customer's replies of that day."""
    for number, meaning in enumerate(meanings):
        outbox.add(Reply, gateway=GATEWAY, provider_id=f"{customer}-{day}-{number}", shop_id=outbox.shop,
                   customer_id=customer, meaning=meaning, received_at=NOON, business_at=NOON,
                   arrived_on=day)  # fmt: skip


def came(outbox: Outbox, message: int, outcome: int, minor: int, *, kind: str = "visit", day: date = TODAY) -> None:
    """An outcome credited to that text."""
    outbox.add(Credit, shop_id=outbox.shop, outcome_type=kind, outcome_id=outcome, message_id=message,
               campaign_id="due", evidence="sent", day=day, amount_minor=minor, credited_at=NOON)  # fmt: skip


def test_an_empty_day_is_all_noughts(outbox: Outbox) -> None:
    """And no error."""
    assert counted(outbox) == Figures()


def test_each_text_is_counted_by_its_state_on_the_day_it_was_due(outbox: Outbox) -> None:
    """Planned are all that were not called off, whatever has become of them; sent is what the provider took over."""
    numbers = {"planned": 1, "sending": 2, "accepted": 4, "sent": 8, "delivered": 16, "undelivered": 32, "failed": 64,
               "unknown": 128, "withheld": 3, "cancelled": 5}  # fmt: skip
    for state, number in numbers.items():
        outbox.texts(number, state=state)
    outbox.texts(7, count_on=YESTERDAY, sent_at=NOON, state="delivered")
    assert counted(outbox) == Figures(planned=255, withheld=3, sent=60, delivered=16, failed=96, unknown=128)
    assert counted(outbox, YESTERDAY) == Figures(planned=7, sent=7, delivered=7)


def test_a_void_run_counts_nowhere(outbox: Outbox) -> None:
    """Neither what it planned nor what it withheld."""
    run = outbox.run("review")
    outbox.texts(2, run_id=run)
    outbox.texts(1, run_id=run, state="withheld")
    assert counted(outbox) == Figures(planned=2, withheld=1)
    outbox.doing(lambda session: void(session, run, by="wang"))
    assert counted(outbox) == Figures()


def test_a_customer_replies_once_a_day_and_stopping_is_another_figure(outbox: Outbox) -> None:
    """Li Lei asks for an appointment, then for the time, and stops in the end; Han Meimei only stops."""
    li, han = outbox.customer(), outbox.customer()
    answers(outbox, li, "booking", "text", "stop")
    answers(outbox, han, "stop", "stop")
    answers(outbox, han, "text", day=YESTERDAY)
    assert counted(outbox) == Figures(replied=1, stopped=2)
    assert counted(outbox, YESTERDAY) == Figures(replied=1)


def test_who_came_is_counted_on_the_day_of_coming_with_the_money(outbox: Outbox) -> None:
    """A visit and a renewal of today, and one of yesterday, all owed to a text of yesterday."""
    text = outbox.text(count_on=YESTERDAY, state="delivered")
    came(outbox, text, 1, 88_000)
    came(outbox, text, 1, 320_000_000_000, kind="renewal")
    came(outbox, text, 2, 5, day=YESTERDAY)
    assert counted(outbox) == Figures(came=2, came_minor=320_000_088_000)


def test_shops_are_counted_apart(outbox: Outbox) -> None:
    """Each on its own clock: at noon in Quanzhou it is still yesterday in Los Angeles."""
    york = Outbox(outbox.store, key="york")
    outbox.doing(
        lambda session: session.execute(sa.text("UPDATE shop SET timezone='America/Los_Angeles' WHERE key='york'"))
    )
    york.texts(2, phone="+8619911100001", count_on=YESTERDAY)
    outbox.texts(1)
    assert tally(outbox.store, NOON) == 2 * DAYS
    assert kept(outbox)[TODAY].figures == Figures(planned=1)
    assert max(kept(york)) == YESTERDAY
    assert kept(york)[YESTERDAY].figures == Figures(planned=2)


def test_today_yesterday_and_one_other_day_are_counted_each_time(outbox: Outbox) -> None:
    """So that what comes late is seen once it is that day's turn; what is older than all is left alone."""
    assert tally(outbox.store, NOON) == DAYS
    late, older = TODAY - 20 * DAY, TODAY - DAYS * DAY
    text = outbox.text(count_on=late, state="delivered")
    for day in (TODAY, YESTERDAY, late, older):
        came(outbox, text, day.toordinal(), 100, day=day)
    _counted_at(outbox, late, NOON - 300 * DAY)
    assert tally(outbox.store, NOON) == 3
    assert {day: each.figures.came for day, each in kept(outbox).items() if each.figures.came} == {
        TODAY: 1, YESTERDAY: 1, late: 1,
    }  # fmt: skip


def test_every_day_has_its_turn(outbox: Outbox) -> None:
    """Within as many calls as there are days, each has been counted again."""
    tally(outbox.store, NOON)
    long_ago = NOON - 300 * DAY
    for day in kept(outbox):
        _counted_at(outbox, day, long_ago)
    for _ in range(DAYS - 2):
        tally(outbox.store, NOON)
    assert long_ago < min(each.counted_at for each in kept(outbox).values())


def test_a_day_never_counted_is_made_up_for(outbox: Outbox) -> None:
    """The daemon was away for three days: the first call after it counts them too."""
    tally(outbox.store, NOON)
    outbox.texts(3, count_on=TODAY + DAY, state="sent")
    assert tally(outbox.store, NOON + 3 * DAY) == 2 + 1 + 1
    assert kept(outbox)[TODAY + DAY].figures == Figures(planned=3, sent=3)


def _counted_at(outbox: Outbox, day: date, moment: datetime) -> None:
    table = table_of(DayFigures)
    outbox.doing(lambda session: session.execute(sa.update(table).where(table.c.day == day).values(counted_at=moment)))


def test_the_clock_of_the_count_is_the_databases(outbox: Outbox) -> None:
    """Business time may be another day altogether."""
    before = datetime.now(UTC) - timedelta(minutes=1)
    tally(outbox.store, NOON)
    assert before < kept(outbox)[TODAY].counted_at < before + timedelta(minutes=10)
