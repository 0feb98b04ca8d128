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
from notifier.store.bulk import insert_missing, table_of
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


def is_paused(session: Session, shop_id: int, campaign_id: str) -> bool:
    """Whether a person has paused the campaign."""
    statement = sa.select(STATE.c.paused).where(STATE.c.shop_id == shop_id, STATE.c.campaign_id == campaign_id)
    return bool(session.execute(statement).scalar_one_or_none())


def paused_campaigns(session: Session) -> list[str]:
    """The keys of the campaigns a person has paused."""
    statement = sa.select(STATE.c.key).where(STATE.c.paused).distinct().order_by(STATE.c.key)
    return list(session.connection().execute(statement).scalars())


def pause(session: Session, campaign_id: str, *, paused: bool) -> None:
    """Pause or resume a campaign in every shop; `pauses.claims_are_over` waits for what is being claimed meanwhile."""
    result = session.connection().execute(
        sa.update(STATE).where(STATE.c.campaign_id == campaign_id).values(paused=paused)
    )
    if not result.rowcount:
        raise NotFound(
            N_("No campaign {campaign} has been planned yet. notifier schedules check lists them."),
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
    """Remember that the campaign is switched on and planned, with its floor; paused where it is so elsewhere."""
    elsewhere = sa.select(STATE.c.id).where(STATE.c.campaign_id == campaign.campaign_id, STATE.c.paused)
    is_paused_elsewhere = session.execute(elsewhere.limit(1)).first() is not None
    insert_missing(
        session,
        CampaignState,
        [{"shop_id": shop_id, "campaign_id": campaign.campaign_id, "key": campaign.key, "rule": campaign.rule,
          "floor_on": floor_on, "paused": is_paused_elsewhere}],
        ["shop_id", "campaign_id"],
    )  # fmt: skip
    session.connection().execute(
        sa.update(STATE)
        .where(STATE.c.shop_id == shop_id, STATE.c.campaign_id == campaign.campaign_id)
        .values(floor_on=floor_on, off_since=None, key=campaign.key, rule=campaign.rule)
    )


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
    row = {"shop_id": shop_id, "campaign_id": campaign_id, "period": period, "share_bp": share_bp}
    insert_missing(session, CampaignShare, [row], ["shop_id", "campaign_id", "period"])
    kept = share_of_period(session, shop_id, campaign_id, period)
    assert kept is not None  # inserted one line above
    return kept
