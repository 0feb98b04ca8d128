"""What it takes to word a planned text again, and writing the new wording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.tables import (
    Coupon,
    Customer,
    Cycle,
    Message,
    MessageCycle,
    Run,
    Shop,
    TemplateVersion,
    Vehicle,
)
from notifier.store.touches import CustomerFacts, VehicleFacts

COUPON = table_of(Coupon)
CUSTOMER = table_of(Customer)
CYCLE = table_of(Cycle)
MESSAGE = table_of(Message)
MESSAGE_CYCLE = table_of(MessageCycle)
RUN = table_of(Run)
SHOP = table_of(Shop)
VEHICLE = table_of(Vehicle)
VERSION = table_of(TemplateVersion)


@dataclass(frozen=True, slots=True)
class CouponRow:
    """The coupon a text speaks of."""

    code: str
    value_minor: int
    ends_on: date


@dataclass(frozen=True, slots=True)
class Rewording:
    """One planned text with the facts of today. `stage`: the latest one of the cars it still speaks of.

    `subject_key` and `anchor_on` name the cycle of that stage. `list_title`: what the run's list calls its event.
    """

    message_id: int
    shop_key: str
    rule: str
    kind: str
    stage: str
    template_name: str
    customer: CustomerFacts
    cars: Sequence[VehicleFacts]
    coupon: CouponRow | None
    subject_key: str
    anchor_on: date
    list_title: str | None = None


class Worded(Protocol):
    """A new wording."""

    @property
    def text(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def segments(self) -> int: ...
    @property
    def cost_micros(self) -> int: ...
    @property
    def version_id(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def replies(self) -> Mapping[str, str]: ...


def rewordings(session: Session, message_ids: Sequence[int]) -> list[Rewording]:
    """The facts behind these messages, as far as they are still planned."""
    connection = session.connection()
    customer_columns = [CUSTOMER.c[name].label(f"customer_{name}") for name in CustomerFacts._fields]
    statement = (
        sa.select(
            MESSAGE.c.id,
            SHOP.c.key,
            RUN.c.settings,
            MESSAGE.c.kind,
            MESSAGE.c.stage,
            MESSAGE.c.variant,
            *customer_columns,
        )
        .join(SHOP, SHOP.c.id == MESSAGE.c.shop_id)
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .join(CUSTOMER, CUSTOMER.c.id == MESSAGE.c.customer_id)
        .where(MESSAGE.c.id.in_(message_ids), MESSAGE.c.state == "planned")
    )
    rows = connection.execute(statement).all()
    cars = _cars(connection, message_ids)
    coupons = _coupons(connection, message_ids)
    stages = _open_stages(connection, message_ids)
    items = []
    for message_id, shop_key, settings, kind, stage, variant, *customer in rows:
        # The document keeps the campaign's stages in order of time.
        latest = next((name for name in reversed(list(settings["stages"])) if name in stages[message_id]), stage)
        subject_key, anchor_on = stages[message_id].get(latest, ("", date.min))
        items.append(
            Rewording(
                message_id=message_id, shop_key=shop_key, rule=settings["rule"], kind=kind, stage=latest,
                template_name=_template(settings, latest, variant), customer=CustomerFacts(*customer),
                cars=cars.get(message_id, ()), coupon=coupons.get(message_id),
                subject_key=subject_key, anchor_on=anchor_on, list_title=(settings.get("list") or {}).get("title"),
            )
        )  # fmt: skip
    return items


def _template(settings: Mapping[str, Any], stage: str, variant: str | None) -> str:
    """The stage's template; of several under comparison the one this customer was dealt."""
    compared = settings.get("variants", {}).get(stage, {})
    name: str = compared.get(variant) or settings["templates"][stage]
    return name


def _open_stages(connection: sa.Connection, message_ids: Sequence[int]) -> dict[int, dict[str, tuple[str, date]]]:
    """Message → its stages that are still open, with what names the cycle of each."""
    statement = (
        sa.select(MESSAGE_CYCLE.c.message_id, MESSAGE_CYCLE.c.stage, CYCLE.c.subject_key, CYCLE.c.anchor_on)
        .join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
        .where(MESSAGE_CYCLE.c.message_id.in_(message_ids), MESSAGE_CYCLE.c.closed.is_(None))
        .order_by(MESSAGE_CYCLE.c.id)
    )
    stages: dict[int, dict[str, tuple[str, date]]] = defaultdict(dict)
    for message_id, stage, subject_key, anchor_on in connection.execute(statement):
        stages[message_id].setdefault(stage, (subject_key, anchor_on))
    return stages


def _cars(connection: sa.Connection, message_ids: Sequence[int]) -> dict[int, list[VehicleFacts]]:
    """The cars each text still speaks of; a text about a customer speaks of their newest car in use."""
    columns = [VEHICLE.c[name] for name in VehicleFacts._fields]
    touches = (
        sa.select(MESSAGE_CYCLE.c.message_id, *columns)
        .join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
        .where(MESSAGE_CYCLE.c.message_id.in_(message_ids), MESSAGE_CYCLE.c.closed.is_(None))
    )
    about_vehicle = touches.join(
        VEHICLE, sa.and_(CYCLE.c.subject_type == "vehicle", VEHICLE.c.id == CYCLE.c.subject_id)
    ).order_by(VEHICLE.c.id)
    about_customer = touches.join(
        VEHICLE,
        sa.and_(
            CYCLE.c.subject_type == "customer", VEHICLE.c.customer_id == CYCLE.c.subject_id, VEHICLE.c.state == "in_use"
        ),
    ).order_by(VEHICLE.c.id)
    cars: dict[int, list[VehicleFacts]] = defaultdict(list)
    for row in connection.execute(about_vehicle):
        cars[row[0]].append(VehicleFacts(*row[1:]))
    for row in connection.execute(about_customer):
        cars[row[0]] = [VehicleFacts(*row[1:])]
    return cars


def _coupons(connection: sa.Connection, message_ids: Sequence[int]) -> dict[int, CouponRow]:
    statement = sa.select(COUPON.c.message_id, COUPON.c.code, COUPON.c.value_minor, COUPON.c.ends_on).where(
        COUPON.c.message_id.in_(message_ids)
    )
    return {row[0]: CouponRow(*row[1:]) for row in connection.execute(statement)}


def planned_with_template(session: Session, name: str) -> list[int]:
    """Messages still planned that were worded with template `name`."""
    statement = (
        sa.select(MESSAGE.c.id)
        .join(VERSION, VERSION.c.id == MESSAGE.c.template_version_id)
        .where(MESSAGE.c.state == "planned", VERSION.c.name == name)
        .order_by(MESSAGE.c.id)
    )
    return list(session.execute(statement).scalars())


def reword(session: Session, worded: Sequence[tuple[Rewording, Worded]]) -> None:
    """Write new wordings to messages that are still planned."""
    clock = database_now(session)
    for item, text in worded:
        session.connection().execute(
            sa.update(MESSAGE)
            .where(MESSAGE.c.id == item.message_id, MESSAGE.c.state == "planned")
            .values(stage=item.stage, text=text.text, encoding=text.encoding, segments=text.segments,
                    cost_micros=text.cost_micros, template_version_id=text.version_id, language=text.language,
                    replies=dict(text.replies), changed_at=clock)
        )  # fmt: skip
