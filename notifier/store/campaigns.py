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


def pause(session: Session, campaign_id: str, *, paused: bool) -> None:
    """Pause or resume a campaign in every shop, at once: the next claim sees it."""
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
    """The day before which opened stages are never taken; as it would be stored by `mark_seen`."""
    row = session.execute(
        sa.select(STATE.c.floor_on, STATE.c.seen_on).where(
            STATE.c.shop_id == shop_id, STATE.c.campaign_id == campaign.campaign_id
        )
    ).one_or_none()
    was_on = row is not None and row.seen_on is not None and today - row.seen_on <= OFF_FOR_LONG
    if row is not None and was_on:
        floor: date | None = row.floor_on
        return floor
    return None if catch_up else today - FIRST_RUN_REACH


def mark_seen(session: Session, shop_id: int, campaign: KnownCampaign, today: date, *, floor_on: date | None) -> None:
    """Remember that the campaign was switched on and planned for on `today`, with its floor."""
    insert_missing(
        session,
        CampaignState,
        [{"shop_id": shop_id, "campaign_id": campaign.campaign_id, "key": campaign.key, "rule": campaign.rule,
          "floor_on": floor_on, "seen_on": today, "paused": False}],
        ["shop_id", "campaign_id"],
    )  # fmt: skip
    session.connection().execute(
        sa.update(STATE)
        .where(STATE.c.shop_id == shop_id, STATE.c.campaign_id == campaign.campaign_id,
               sa.or_(STATE.c.seen_on.is_(None), STATE.c.seen_on < today, STATE.c.key != campaign.key))
        .values(seen_on=today, floor_on=floor_on, key=campaign.key, rule=campaign.rule)
    )  # fmt: skip


def touch_seen(session: Session, shop_id: int, campaign_ids: Sequence[str], today: date) -> None:
    """Campaigns that are switched on but not due today stay known as on, so their floor is not set anew."""
    session.connection().execute(
        sa.update(STATE)
        .where(STATE.c.shop_id == shop_id, STATE.c.campaign_id.in_(campaign_ids), STATE.c.seen_on < today,
               STATE.c.seen_on >= today - OFF_FOR_LONG)
        .values(seen_on=today)
    )  # fmt: skip


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
