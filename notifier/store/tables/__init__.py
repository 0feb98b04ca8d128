"""The tables, and the unique keys that carry the guarantees. docs/store.md tells them in words, in the same order.

Times are UTC and aware. Dates of business are dates in the shop's zone. Money is integer minor units (分, cents);
the price of one text is smaller than that and is kept in millionths of the currency (``…_micros``).
Columns that hold a person's data (name, phone, text, payload) are nullable, so erasure nulls them and figures stay.

Whichever room is imported, this page is read first: ``metadata`` always knows every table.
"""

from __future__ import annotations

from sqlmodel import SQLModel

from notifier.store.tables import lookups as lookups
from notifier.store.tables.answers import Assist, Booking, Click, Complaint, Contact, Credit, Link, Reply
from notifier.store.tables.decisions import (
    CampaignShare,
    CampaignState,
    Coupon,
    Cycle,
    Decision,
    Enrolment,
    MessageCycle,
    Run,
    TemplateVersion,
)
from notifier.store.tables.house import EngineBeat, PlannerLock, SimulatedReply, SimulatedText
from notifier.store.tables.people import ConsentChange, Customer, CustomerNumber, Shop, Suppression, Vehicle
from notifier.store.tables.sending import Attempt, Event, GatewayLane, Message, Pause, ShopPace
from notifier.store.tables.staff import (
    AuditEntry,
    DayFigures,
    SignInLink,
    SignInTries,
    TemplateDraft,
    User,
    UserSession,
    WordingFigures,
)
from notifier.store.tables.workshop import DmsImport, Freshness, OdometerReading, Renewal, RepairOrder, SyncPoint, Visit

__all__ = [
    "Assist",
    "Attempt",
    "AuditEntry",
    "Booking",
    "CampaignShare",
    "CampaignState",
    "Click",
    "Complaint",
    "ConsentChange",
    "Contact",
    "Coupon",
    "Credit",
    "Customer",
    "CustomerNumber",
    "Cycle",
    "DayFigures",
    "Decision",
    "DmsImport",
    "EngineBeat",
    "Enrolment",
    "Event",
    "Freshness",
    "GatewayLane",
    "Link",
    "Message",
    "MessageCycle",
    "OdometerReading",
    "Pause",
    "PlannerLock",
    "Renewal",
    "RepairOrder",
    "Reply",
    "Run",
    "Shop",
    "ShopPace",
    "SignInLink",
    "SignInTries",
    "SimulatedReply",
    "SimulatedText",
    "Suppression",
    "SyncPoint",
    "TemplateDraft",
    "TemplateVersion",
    "User",
    "UserSession",
    "Vehicle",
    "Visit",
    "WordingFigures",
    "metadata",
]

metadata = SQLModel.metadata
