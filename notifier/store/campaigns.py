"""What the store remembers of campaigns: first-run floors, pauses, known ids, and the share of each period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.cycles import FIRST_RUN_REACH
from notifier.errors import NotFound
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.store.bulk import insert_missing, table_of, upsert
from notifier.store.tables import CampaignShare, CampaignState

STATE = table_of(CampaignState)
SHARE = table_of(CampaignShare)
OFF_FOR_LONG = timedelta(days=7)
UNIVERSAL = "universal"


@dataclass(frozen=True, slots=True)
class KnownCampaign:
    """A campaign that has run before, under the key and rule it had then."""

    campaign_id: str
    key: str
    rule: str


def known_campaigns(session: Session) -> list[KnownCampaign]:
    """Every campaign any shop has ever planned."""
    rows = session.execute(sa.select(STATE.c.campaign_id, STATE.c.key, STATE.c.rule).distinct())
    return [KnownCampaign(*row) for row in rows]


def standing_of(session: Session, shop_id: int) -> dict[str, bool]:
    """The campaigns ever planned for the shop: id → whether a person has paused it."""
    statement = sa.select(STATE.c.campaign_id, STATE.c.paused).where(STATE.c.shop_id == shop_id)
    return dict(session.connection().execute(statement).all())


def is_paused(session: Session, shop_id: int, campaign_id: str) -> bool:
    """Whether a person has paused the campaign."""
    statement = sa.select(STATE.c.paused).where(STATE.c.shop_id == shop_id, STATE.c.campaign_id == campaign_id)
    return bool(session.execute(statement).scalar_one_or_none())


def paused_campaigns(session: Session) -> list[str]:
    """The keys of the campaigns a person has paused."""
    statement = sa.select(STATE.c.key).where(STATE.c.paused).distinct().order_by(STATE.c.key)
    return list(session.connection().execute(statement).scalars())


def paused_in(session: Session, shop_id: int) -> frozenset[str]:
    """The ids of the campaigns a person has paused, of those this shop has planned."""
    statement = sa.select(STATE.c.campaign_id).where(STATE.c.shop_id == shop_id, STATE.c.paused)
    return frozenset(session.connection().execute(statement).scalars())


def pause(session: Session, campaign_id: str, *, paused: bool, shop_id: int | None = None) -> None:
    """Pause or resume a campaign in every shop, or in one; NotFound where nobody has planned it yet.

    `pauses.claims_are_over` waits for what is being claimed meanwhile.
    """
    where = [STATE.c.campaign_id == campaign_id]
    if shop_id is not None:
        where.append(STATE.c.shop_id == shop_id)
    result = session.connection().execute(sa.update(STATE).where(*where).values(paused=paused))
    if not result.rowcount:
        raise NotFound(
            N_("No campaign {campaign} has been planned yet."),
            mend=Mend(N_("notifier schedules check lists them."), N_("“Campaigns” lists them.")),
            campaign=campaign_id,
        )


def first_run_floor(
    session: Session, shop_id: int, campaign: KnownCampaign, today: date, *, catch_up: bool
) -> date | None:
    """The day before which opened stages are never taken; as it would be stored by `mark_seen`.

    Set by the first run, and anew by the first one after the campaign was switched off for more than a week. A machine
    that stood still is no switch: what it missed is made up.
    """
    row = session.execute(
        sa.select(STATE.c.floor_on, STATE.c.off_since).where(
            STATE.c.shop_id == shop_id, STATE.c.campaign_id == campaign.campaign_id
        )
    ).one_or_none()
    if row is not None and (row.off_since is None or today - row.off_since <= OFF_FOR_LONG):
        floor: date | None = row.floor_on
        return floor
    return None if catch_up else today - FIRST_RUN_REACH


def mark_seen(session: Session, shop_id: int, campaign: KnownCampaign, *, floor_on: date | None) -> None:
    """Remember that the campaign is switched on and planned, with its floor; paused where every shop has it so."""
    mine = (STATE.c.shop_id == shop_id, STATE.c.campaign_id == campaign.campaign_id)
    seen = {"floor_on": floor_on, "off_since": None, "key": campaign.key, "rule": campaign.rule}
    if session.connection().execute(sa.update(STATE).where(*mine).values(**seen)).rowcount:
        return
    others = sa.select(STATE.c.paused).where(STATE.c.campaign_id == campaign.campaign_id).distinct()
    is_paused_elsewhere = list(session.execute(others).scalars()) == [True]
    keys = {"shop_id": shop_id, "campaign_id": campaign.campaign_id}
    upsert(session, CampaignState, [keys | seen | {"paused": is_paused_elsewhere}], list(keys), list(seen))


def note_switched_off(session: Session, shop_id: int, switched_on: Sequence[str], today: date) -> None:
    """Remember since when the campaigns that are not `switched_on` are off; one that is back after a short while is on.

    One that was off for long keeps its day until its first run has set a new floor.
    """
    mine = STATE.c.shop_id == shop_id
    is_on = STATE.c.campaign_id.in_(switched_on)
    connection = session.connection()
    connection.execute(sa.update(STATE).where(mine, ~is_on, STATE.c.off_since.is_(None)).values(off_since=today))
    briefly = STATE.c.off_since >= today - OFF_FOR_LONG
    connection.execute(sa.update(STATE).where(mine, is_on, briefly).values(off_since=None))


def share_of_period(session: Session, shop_id: int, campaign_id: str, period: str) -> int | None:
    """The control share (basis points) the period already runs with."""
    statement = sa.select(SHARE.c.share_bp).where(
        SHARE.c.shop_id == shop_id, SHARE.c.campaign_id == campaign_id, SHARE.c.period == period
    )
    return session.execute(statement).scalar_one_or_none()


def keep_share(session: Session, shop_id: int, campaign_id: str, period: str, share_bp: int) -> int:
    """The share of the period: the one it began with, else `share_bp`, stored now."""
    kept = share_of_period(session, shop_id, campaign_id, period)
    if kept is None:
        row = {"shop_id": shop_id, "campaign_id": campaign_id, "period": period, "share_bp": share_bp}
        insert_missing(session, CampaignShare, [row], ["shop_id", "campaign_id", "period"])
        kept = share_of_period(session, shop_id, campaign_id, period)
        assert kept is not None  # inserted one line above
    return kept


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a campaign over the shops asked for: whether any has run it, drew its share for the period, and
    since when it has been off in the one where it has been off longest."""

    has_run: bool
    is_drawn: bool
    off_since: date | None


def standing(session: Session, campaign_id: str, period: str, shop_id: int | None = None) -> Standing:
    """How the campaign stands in this enrolment period; `shop_id` None = in every shop."""
    connection = session.connection()
    seen = sa.select(sa.func.count(), sa.func.min(STATE.c.off_since)).where(STATE.c.campaign_id == campaign_id)
    drawn = sa.select(SHARE.c.id).where(SHARE.c.campaign_id == campaign_id, SHARE.c.period == period).limit(1)
    if shop_id is not None:
        seen, drawn = seen.where(STATE.c.shop_id == shop_id), drawn.where(SHARE.c.shop_id == shop_id)
    count, off_since = connection.execute(seen).one()
    return Standing(count > 0, connection.execute(drawn).first() is not None, off_since)
