"""What became of a customer: visits with what they cost, calls, appointments, vouchers, policies, consent; by pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nicegui import ui

from notifier.domain.rules import rule_title
from notifier.jobs.customer_page import Dossier, Page, Renewed, Visited, bookings, calls, coupons, renewals, visits
from notifier.jobs.customer_words import BOOKING_WORDS, CATEGORY_WORDS, CONSENT_WORDS, credit_words, word
from notifier.jobs.sayings import consent_words
from notifier.locale import _, listed
from notifier.locale.contact_words import reason_code_word, result_word
from notifier.reports.numbers import count, day, money
from notifier.store.dossier_outcomes import BookingRow, CouponRow, OrderRow
from notifier.store.dossier_talks import CallRow
from notifier.store.dossiers import ComplaintRow, ConsentRow

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["show_history"]

Ask = Callable[..., Page[Any]]


def show_history(page: CustomerPage, found: Dossier) -> None:
    """A card of tabs; each asks when it is opened."""
    parts: list[tuple[str, str, Ask, Callable[[CustomerPage, Any], None], str]] = [
        ("visits", _("Workshop visits"), visits, _visit, _("No visit on record.")),
        ("calls", _("Calls"), calls, _call, _("Nobody has called them yet.")),
        ("bookings", _("Appointments"), bookings, _booking, _("No appointment on record.")),
        ("coupons", _("Vouchers"), coupons, _coupon, _("No voucher was given.")),
        ("renewals", _("Policies"), renewals, _renewal, _("The shop has written no policy for them.")),
    ]
    with ui.element("section").classes("card flush"):
        with ui.tabs().props("no-caps dense align=left inline-label outside-arrows") as tabs:
            for name, title, *_rest in parts:
                ui.tab(name, title)
            ui.tab("consent", _("Consent"))
        with ui.tab_panels(tabs, value="visits", animated=False).classes("history-panels"):
            for name, _title, ask, draw, nothing in parts:
                with ui.tab_panel(name):
                    _Part(page, ask, draw, nothing)
            with ui.tab_panel("consent"):
                _consent(page, found.consents, found.complaints)


class _Part:
    """One tab: its newest page, and a button for older ones."""

    def __init__(self, page: CustomerPage, ask: Ask, draw: Callable[[CustomerPage, Any], None], nothing: str) -> None:
        self.page, self._ask, self._draw, self._nothing = page, ask, draw, nothing
        self._older: Any = None
        self._rows = ui.element("ul").classes("plain history")
        more = self.page.desk.does(self._show_more)
        self._more = ui.button(_("Older"), on_click=more).props("no-caps flat dense color=primary")
        self._more.set_visibility(False)
        ui.timer(0.05, more, once=True)

    async def _show_more(self) -> None:
        found = await self.page.desk.read(self._ask, self.page.customer_id, self._older)
        is_first, self._older = self._older is None, found.older
        self._more.set_visibility(found.older is not None)
        with self._rows:
            if is_first and not found.rows:
                ui.label(self._nothing).classes("quiet")
            for row in found.rows:
                with ui.element("li"):
                    self._draw(self.page, row)


def _line(when: str, words: str, *, tag: str = "", tone: str = "", amount: str = "") -> None:
    """The first line of an entry: day, what, how it stands, money at the right."""
    with ui.element("div").classes("history-line"):
        ui.label(when).classes("history-day")
        ui.label(words).classes("wrap-any grow")
        if tag:
            ui.label(tag).classes(f"tag {tone}")
        if amount:
            ui.label(amount).classes("number strong")


def _more(*words: str) -> None:
    """What is to be added, below it."""
    told = " · ".join(filter(None, words))
    if told:
        ui.label(told).classes("history-more quiet small wrap-any")


def _visit(page: CustomerPage, row: Visited) -> None:
    visit, currency = row.visit, page.desk.shop.currency
    what = listed(dict.fromkeys(word(CATEGORY_WORDS, order.category) for order in row.orders)) or _("a visit")
    _line(
        day(visit.day),
        f"{visit.plate or visit.vin} · {what}",
        tag="" if visit.counted else _("does not count as a visit"),
        amount=money(visit.amount_minor, currency),
    )
    km = _("{km} km").format(km=count(visit.odometer)) if visit.odometer else ""
    _more(_orders(row.orders, currency), km, visit.advisor or "")
    if row.credit is not None:
        _brought(page, credit_words(row.credit, page.desk.zone), row.credit.campaign_id)


def _orders(orders: Sequence[OrderRow], currency: str) -> str:
    """Several orders of one day, each with its amount; of one the line above says it all but the number."""
    if len(orders) == 1:
        return orders[0].order_no
    return listed(f"{order.order_no} {money(order.amount_minor, currency)}" for order in orders)


def _brought(page: CustomerPage, words: str, campaign_id: str) -> None:
    with ui.element("div").classes("history-more row-of small good-words"):
        ui.icon("sms").props("aria-hidden=true")
        ui.label(f"{words} · {page.campaign(campaign_id)}").classes("wrap-any")


def _call(_page: CustomerPage, row: CallRow) -> None:
    about = " · ".join(filter(None, (rule_title(row.purpose) if row.purpose else "", row.plate)))
    _line(day(row.contacted_on), about or _("a call"), tag=result_word(row.result))
    _more(
        row.clerk or "",
        reason_code_word(row.reason_code),
        _("appointment on {day}").format(day=day(row.booked_for)) if row.booked_for else "",
        _("call again on {day}").format(day=day(row.next_contact_on)) if row.next_contact_on else "",
        _("{km} km").format(km=count(row.odometer)) if row.odometer else "",
    )
    _more(row.note or "")


def _booking(_page: CustomerPage, row: BookingRow) -> None:
    when = _("for {day}").format(day=day(row.wanted_on)) if row.wanted_on else _("no day named")
    tone = {"booked": "good", "asked": "info"}.get(row.state, "")
    _line(
        day(row.booked_on), " · ".join(filter(None, (row.plate, when))), tag=word(BOOKING_WORDS, row.state), tone=tone
    )
    _more(_("asked for by text") if row.by_reply else "")


def _coupon(page: CustomerPage, row: CouponRow) -> None:
    if row.redeemed_on is not None:
        tag, tone = _("used on {day}").format(day=day(row.redeemed_on)), "good"
    elif row.ends_on < page.doing().today:
        tag, tone = _("lapsed on {day}").format(day=day(row.ends_on)), ""
    else:
        tag, tone = _("good until {day}").format(day=day(row.ends_on)), "info"
    _line(day(row.issued_on), f"{row.code} · {page.campaign(row.campaign_id)}", tag=tag, tone=tone,
          amount=money(row.value_minor, page.desk.shop.currency))  # fmt: skip


def _renewal(page: CustomerPage, row: Renewed) -> None:
    policy = row.renewal
    until = _("until {day}").format(day=day(policy.ends_on))
    _line(day(policy.day), " · ".join(filter(None, (policy.insurer, policy.policy_no, until))),
          amount=money(policy.premium_minor, page.desk.shop.currency))  # fmt: skip
    if row.credit is not None:
        _brought(page, credit_words(row.credit, page.desk.zone), row.credit.campaign_id)


def _consent(page: CustomerPage, changes: Sequence[ConsentRow], complaints: Sequence[ComplaintRow]) -> None:
    if not changes and not complaints:
        ui.label(_("Nothing is known of a consent.")).classes("quiet")
    with ui.element("ul").classes("plain history"):
        for change in changes:
            with ui.element("li"):
                _line(day(change.recorded_at.astimezone(page.desk.zone).date()), word(CONSENT_WORDS, change.value))
                _more(consent_words(change.source, change.since))
        for complaint in complaints:
            with ui.element("li"):
                closed = complaint.closed_on
                tag = _("settled on {day}").format(day=day(closed)) if closed else _("not settled yet")
                _line(day(complaint.opened_on), _("complaint"), tag=tag, tone="good" if closed else "warn")
                _more(complaint.words or "", complaint.note or "")
