"""Everything of one customer as a page shows it, part by part; each part asks little, and the long ones by pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from notifier.jobs.customer_doing import Doing
from notifier.jobs.customer_stops import is_liftable, is_marketing_liftable
from notifier.store import dossier_outcomes as outcomes
from notifier.store import dossier_talks as talks
from notifier.store.consents import consent_before_refusal, is_refused_elsewhere
from notifier.store.dossier_outcomes import (
    BookingRow,
    CouponRow,
    CreditRow,
    OrderRow,
    RenewalRow,
    VisitRow,
)
from notifier.store.dossier_talks import CallRow, ReplyRow, TextRow
from notifier.store.dossiers import (
    CarFacts,
    ComplaintRow,
    ConsentRow,
    PersonFacts,
    Place,
    StopRow,
    cars_of,
    complaints_of,
    consent_history,
    person_of,
    stop_of,
)
from notifier.store.engine import Session

__all__ = [
    "PAGE", "Dossier", "Page", "Renewed", "Talk", "TalkPlaces", "Visited", "bookings", "calls", "conversation",
    "coupons", "dossier", "renewals", "visits",
]  # fmt: skip

PAGE = 25
LOOKED_BACK = timedelta(days=2 * 366)
"""How far back a car's time line goes."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, the latest first; `older`: where the next page begins, None where there is none."""

    rows: Sequence[Row]
    older: Place | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """The head of the page. `visited`: car → its days in the workshop on the time line.

    `may_lift`: a person put the phone on the stop list, and the customer has not said stop since. `marketing_again`:
    the consent that stands again when a refusal a person entered is taken back; None where that may not be.
    """

    person: PersonFacts
    cars: Sequence[CarFacts]
    visited: Mapping[int, Sequence[date]]
    stop: StopRow | None
    may_lift: bool
    marketing_again: str | None
    is_refused_elsewhere: bool
    consents: Sequence[ConsentRow]
    complaints: Sequence[ComplaintRow]

    @property
    def open_complaints(self) -> Sequence[ComplaintRow]:
        """Those that hold texts back."""
        return [each for each in self.complaints if each.closed_on is None]


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit with its orders, and the text that brought it."""

    visit: VisitRow
    orders: Sequence[OrderRow]
    credit: CreditRow | None


@dataclass(frozen=True, slots=True)
class Renewed:
    """A policy, and the text that brought it."""

    renewal: RenewalRow
    credit: CreditRow | None


@dataclass(frozen=True, slots=True)
class TalkPlaces:
    """Where a page of a conversation ended, on our side and on theirs; None = nothing was shown of it yet."""

    texts: Place | None = None
    replies: Place | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """A page of a conversation, the newest last; `older`: where the page before it ends, None where it is the first."""

    items: Sequence[TextRow | ReplyRow]
    older: TalkPlaces | None


def dossier(session: Session, doing: Doing) -> Dossier | None:
    """The head; None where the shop has no such customer. Of an erased one nothing personal is left to show."""
    person = person_of(session, doing.shop_id, doing.customer_id)
    if person is None:
        return None
    cars = cars_of(session, person.id)
    stop = stop_of(session, person.phone_key) if person.phone_key else None
    in_force = stop if stop is not None and stop.lifted_at is None else None
    may_lift = bool(in_force and person.phone_key and is_liftable(session, person.phone_key, in_force))
    return Dossier(
        person=person,
        cars=cars,
        visited=outcomes.visit_days(session, [car.id for car in cars], doing.today - LOOKED_BACK),
        stop=in_force,
        may_lift=may_lift,
        marketing_again=consent_before_refusal(session, person.id) if is_marketing_liftable(person) else None,
        is_refused_elsewhere=is_refused_elsewhere(session, person.id),
        consents=consent_history(session, person.id),
        complaints=complaints_of(session, person.id),
    )


def conversation(session: Session, customer_id: int, behind: TalkPlaces | None = None, size: int = PAGE) -> Talk:
    """So many texts of ours and theirs, older than `behind`, in the order they were said."""
    after = behind or TalkPlaces()
    ours = talks.texts_page(session, customer_id, after.texts, size + 1)
    theirs = talks.replies_page(session, customer_id, after.replies, size + 1)
    taken: list[TextRow | ReplyRow] = []
    place = after
    while len(taken) < size and (ours or theirs):
        # Each side is gone through in its own order, so nothing is left out between two pages.
        if not theirs or (ours and (ours[0].count_on, ours[0].at) > (theirs[0].arrived_on, theirs[0].at)):
            text = ours.pop(0)
            taken.append(text)
            place = TalkPlaces(text.place, place.replies)
        else:
            reply = theirs.pop(0)
            taken.append(reply)
            place = TalkPlaces(place.texts, reply.place)
    return Talk(sorted(taken, key=lambda item: item.at), place if ours or theirs else None)


def visits(session: Session, customer_id: int, behind: Place | None = None) -> Page[Visited]:
    """Days in the workshop with what was done, what it cost, and which text brought it."""
    page = _page(outcomes.visits_page, session, customer_id, behind)
    orders = outcomes.orders_of_visits(session, page.rows)
    credit = outcomes.credits_of(session, "visit", [row.id for row in page.rows])
    return Page([Visited(row, orders.get(row.id, ()), credit.get(row.id)) for row in page.rows], page.older)


def renewals(session: Session, customer_id: int, behind: Place | None = None) -> Page[Renewed]:
    """Policies with the text that brought each."""
    page = _page(outcomes.renewals_page, session, customer_id, behind)
    credit = outcomes.credits_of(session, "renewal", [row.id for row in page.rows])
    return Page([Renewed(row, credit.get(row.id)) for row in page.rows], page.older)


def coupons(session: Session, customer_id: int, behind: Place | None = None) -> Page[CouponRow]:
    """Their vouchers."""
    return _page(outcomes.coupons_page, session, customer_id, behind)


def bookings(session: Session, customer_id: int, behind: Place | None = None) -> Page[BookingRow]:
    """Their appointments."""
    return _page(outcomes.bookings_page, session, customer_id, behind)


def calls(session: Session, customer_id: int, behind: Place | None = None) -> Page[CallRow]:
    """Calls by staff."""
    return _page(talks.calls_page, session, customer_id, behind)


_Placed = TypeVar("_Placed", VisitRow, RenewalRow, CouponRow, BookingRow, CallRow)


def _page(
    query: Callable[[Session, int, Place | None, int], list[_Placed]],
    session: Session,
    customer_id: int,
    behind: Place | None,
) -> Page[_Placed]:
    rows = query(session, customer_id, behind, PAGE + 1)
    return Page(rows[:PAGE], rows[PAGE - 1].place if len(rows) > PAGE else None)
