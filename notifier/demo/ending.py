"""What became of the demo: the books, checked line by line, and the planted truth beside what the report measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from notifier.demo.shop import DemoShop
from notifier.demo.truth import Planted, planted
from notifier.domain.lift import Interval
from notifier.locale import N_
from notifier.reports.figures import CampaignReport, CampaignRow
from notifier.schedules import Kind
from notifier.store import accounts

__all__ = ["Check", "Compared", "Ended"]

MEASURED = ("distinguishable", "not_distinguishable", "interim", "too_few")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the books. `sentence` is untranslated, its fields apart."""

    is_right: bool
    sentence: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """One campaign: the truth, and what the report says of it. `interval` None = nothing was, or can be, measured."""

    row: CampaignRow
    truth: Planted
    measured: float | None
    interval: Interval | None

    @property
    def is_within(self) -> bool:
        """Whether the truth lies in the measured interval."""
        return self.interval is not None and self.interval.low <= self.truth.points <= self.interval.high


@dataclass(frozen=True, slots=True)
class Ended:
    """The demo after its last day. `now` is the next morning; the caller closes `shop.house`."""

    shop: DemoShop
    first_day: date
    last_day: date
    now: datetime

    @property
    def reported_until(self) -> date:
        """The last enrolments whose windows are over, so that there is a verdict; all of them in a demo too short.

        A service reminder's window ends with its last stage, within days; the longest is that of the win-back.
        """
        campaigns = self.shop.house.schedules.campaigns
        longest = max(c.lift_window_days for c in campaigns if c.control_bp and c.kind is Kind.MARKETING)
        closed = self.last_day - timedelta(days=longest)
        return closed if closed > self.first_day + timedelta(days=7) else self.last_day

    def compare(self, report: CampaignReport) -> list[Compared]:
        """The truth beside each campaign of the report, over the same customers and windows."""
        with self.shop.house.store.read() as session:
            enrolled = {
                row.campaign.id: accounts.enrolled_customers(session, row.campaign.id, report.from_day, report.to_day)
                for row in report.rows
            }
        return [
            self._compared(row, planted(self.shop.world, enrolled[row.campaign.id], row.campaign.id,
                                        row.campaign.success, self.last_day))
            for row in report.rows
        ]  # fmt: skip

    def _compared(self, row: CampaignRow, truth: Planted) -> Compared:
        view = row.lift.first
        if view.rate is None or view.verdict not in MEASURED:
            return Compared(row, truth, None, None)
        return Compared(row, truth, view.rate.difference, view.rate.interval)

    def checks(self) -> list[Check]:
        """The books: nothing lost, nobody twice, nobody after a stop, and the visits the shop knows are all there."""
        return [*self._texts(), *self._promises(), self._visits()]

    def _texts(self) -> Iterator[Check]:
        done = self.shop.done
        with self.shop.house.store.read() as session:
            states = accounts.messages_by_state(session)
        open_states = states.get("sending", 0) + states.get("unknown", 0)
        told = {name: states.get(name, 0) for name in
                ("delivered", "undelivered", "failed", "cancelled", "planned", "withheld")}  # fmt: skip
        told["unreceipted"] = states.get("sent", 0) + states.get("accepted", 0)
        yield Check(
            done.planned + done.withheld == sum(states.values()) and open_states == 0,
            N_("Every planned text is accounted for: {total} = {delivered} delivered + {unreceipted} sent without a "
               "receipt + {undelivered} undelivered + {failed} failed + {cancelled} cancelled + {planned} waiting; "
               "{unknown} unknown; {withheld} more were withheld."),
            told | {"total": done.planned, "unknown": open_states},
        )  # fmt: skip

    def _promises(self) -> Iterator[Check]:
        phones = self.shop.phones
        with self.shop.house.store.read() as session:
            arrived = accounts.arrivals_of(session)
            doubled = accounts.doubled_touches(session)
            late = accounts.texts_after_stop(session)
        yield Check(
            arrived == dict(phones.reached) and set(arrived.values()) <= {1} and doubled == 0,
            N_("Nobody got a text twice: {texts} texts reached a phone, each once, by our books and by the phone "
               "network's own count."),
            {"texts": phones.reached.total()},
        )  # fmt: skip
        yield Check(
            late == 0 and phones.after_stop == 0,
            N_("Nobody was texted after saying stop: {people} people did, {texts} texts went to them afterwards."),
            {"people": len(phones.stops), "texts": late + phones.after_stop},
        )

    def _visits(self) -> Check:
        with self.shop.house.store.read() as session:
            counted = accounts.visits_counted(session, self.first_day, self.last_day)
        came = self.shop.done.visits
        return Check(
            counted == came,
            N_("The visits are all there: customers came {came} times, the shop's records count {counted}."),
            {"came": came, "counted": counted},
        )

    def sample_texts(self) -> dict[str, str]:
        """Campaign → one text as a customer read it."""
        with self.shop.house.store.read() as session:
            return accounts.sample_texts(session)

    @property
    def stopped_phone(self) -> str | None:
        """A phone that said stop, to look at, as its owner writes it."""
        return min((phone.removeprefix("+86") for phone in self.shop.phones.stops), default=None)
