"""A living shop for the console: six weeks of a dealership's texts, made in a second, and the people who use it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from notifier import __version__
from notifier.config import load_settings
from notifier.domain.months import months_back
from notifier.jobs.access import open_session
from notifier.jobs.passwords import folded, hashed
from notifier.jobs.plan import plan
from notifier.jobs.tally import tally
from notifier.jobs.welcome import first_owner_token, link_token
from notifier.jobs.wording_figures import count_wordings
from notifier.store import audit
from notifier.store.audit import Actor
from notifier.store.beats import beat
from notifier.store.bulk import insert_returning_ids, insert_rows, table_of
from notifier.store.engine import Session, Store
from notifier.store.shops import keep_shop
from notifier.store.tables import (
    Complaint,
    DmsImport,
    EngineBeat,
    Freshness,
    Reply,
    Suppression,
    TemplateDraft,
    TemplateVersion,
    User,
)
from notifier.store.templates import publish_all
from notifier.store.users import find_user, user_by_id
from notifier.templating import TemplateFolder
from notifier.wiring import House
from tests.support.cli_shop import CliShop
from tests.support.console_cast import SCRIPT, Cast, keep_cast, make_cast
from tests.support.console_history import History

PASSWORD = "泉州的海风吹了2026年"
CLOCK = time(10, 42)
"""The shop's own time of day whenever a test runs: pictures show a working day, and quiet hours never come."""
ROLES = {"owner": "林静", "manager": "周海", "marketing": "陈小燕", "reader": "吴明"}
IMPORTED = {"customers": timedelta(days=2), "visits": timedelta(hours=3), "renewals": timedelta(hours=27)}
FIRST_WORDING = """\
---
title: 保养到期提醒
kind: service
replies: {1: booking}
---
{{ 客户.称呼 }}您好,{{ 车辆.车牌 }}快到保养时间了。{% if 通道.可回复 %}回复1预约{% else %}电话{{ 门店.电话 }}{% endif %}
"""
DRAFTS = {
    "festival": ("draft", "节日问候", "marketing", "{{ 客户.称呼 }},{{ 节日.名称 }}快乐!{{ 门店.名称 }}全体同事敬上"),
    "follow_up": (
        "review",
        "售后回访",
        "service",
        "{{ 客户.称呼 }}您好,{{ 车辆.车牌 }}保养后顺手吗?<b onclick=alert(1)>有事</b>请来电",
    ),
}
COUNTINGS = 5
"""The daemon counts some days of the wordings at a time."""
LOG = (
    (49, "owner", "user.sign_in", "user", "林静"), (48, "owner", "run.approve", "run", "1"),
    (27, "manager", "campaign.pause", "campaign", "birthday"),
    (26, "manager", "campaign.resume", "campaign", "birthday"),
    (20, "marketing", "template.draft", "template", "zh-CN/festival"),
    (2, "marketing", "template.submit", "template", "zh-CN/follow_up"),
)  # fmt: skip
HEAD = "---\ntitle: {title}\nkind: {kind}\n---\n{words}\n"


@dataclass
class ConsoleShop:
    """The installation in `folder`. `ids`: customers of make_cast by name → id; `users`: role → id."""

    cli: CliShop
    now: datetime
    ids: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    shop_id: int = 0

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.cli.folder

    @property
    def schedules(self) -> Path:
        """The schedules.yaml staff edit."""
        return self.cli.schedules

    @property
    def templates(self) -> Path:
        """The folder of the wordings."""
        return self.folder / "templates" / "sms"

    @property
    def at(self) -> str:
        """Now, as commands take it: ``--at``."""
        return self.now.isoformat()

    @cached_property
    def store(self) -> Store:
        """The database."""
        return self.cli.store()

    def close(self) -> None:
        """Give the database back."""
        if "store" in self.__dict__:
            self.store.close()
            del self.__dict__["store"]

    def copy_to(self, folder: Path) -> ConsoleShop:
        """The same shop once more, as it was made."""
        self.close()
        copied = self.cli.copy_to(folder)
        return ConsoleShop(copied, self.now, self.ids, self.users, self.shop_id)

    def token(self, role: str) -> str:
        """A session of the person of that role, as the browser's cookie holds it."""
        with self.store.write() as session:
            return open_session(session, self.users[role], self.now).token

    def link(self, name: str | None = None, role: str = "marketing") -> str:
        """The path of a new one-time link for a person of that name, who is made if need be; None: the first owner."""
        with self.store.write() as session:
            if name is None:
                token = first_owner_token(session, self.now)
            else:
                user = find_user(session, folded(name))
                if user is None:
                    user = user_by_id(session, _keep_users(session, {role: name}, self.now, None)[role])
                assert user is not None
                token = link_token(session, user, by=Actor(ROLES["owner"], self.users["owner"]), now=self.now)
        return f"/console/welcome/{token}"

    def forget_users(self) -> None:
        """As on the first day: nobody may sign in."""
        with self.store.write() as session:
            for table in ("user_session", "sign_in_link", "audit", "console_user"):
                session.execute(sa.text(f"DELETE FROM {table}"))

    def beat(self) -> None:
        """The daemon has just said that it lives."""
        with self.store.write() as session:
            beat(session, "embedded", __version__, is_first=False)

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """What the database answers."""
        with self.store.read() as session:
            return [dict(row) for row in session.execute(sa.text(sql), values).mappings()]


def make_console_shop(folder: Path, database: Path) -> ConsoleShop:
    """The shop in `folder`, its database a copy of `database`, which has the tables and no rows."""
    folder.mkdir(parents=True, exist_ok=True)
    cli = CliShop(folder)
    shutil.copyfile(database, folder / "notifier.sqlite3")
    house = House(load_settings(cli.environment(), env_file=None))
    try:
        return _filled(house, cli)
    finally:
        house.close()


def _filled(house: House, cli: CliShop) -> ConsoleShop:
    templates, _problems = TemplateFolder(house.settings.templates).load_all()
    sources = {(each.name, each.language): each.source for each in templates}
    del sources["maintenance_due", "zh-CN"]
    with house.store.write() as session:
        publish_all(session, sources)
        publish_all(session, {("maintenance_due", "zh-CN"): FIRST_WORDING}, by=ROLES["owner"])
    settings = house.schedules.shops[0]  # takes up the folder's other wording of it, as every start does
    today = datetime.now(UTC).astimezone(settings.zone).date()
    now = datetime.combine(today, CLOCK, settings.zone)
    cast = make_cast(today, house.secret)
    _make_due_for_winback(cast, today)
    with house.store.write() as session:
        shop_id = keep_shop(session, settings)
        versions, first = _version_ids(session, now)
        history = History(cast, shop_id, settings.zone, now)
        history.live_through()
        keep_cast(session, cast, shop_id, now)
        history.keep(session, house.schedules, versions, first)
        _keep_circumstances(session, cast, shop_id, now)
        users = _keep_users(session, ROLES, now, hashed_password())
        _keep_drafts(session, now)
        _keep_log(session, users, shop_id, now)
        beat(session, "embedded", __version__, is_first=True)
        session.execute(sa.update(EngineBeat).values(started_at=now - timedelta(hours=2)))
    plan(house.planner(), now, campaign="winback")
    tally(house.store, now)
    for _turn in range(COUNTINGS):
        count_wordings(house.store, now)
    return ConsoleShop(cli, now, {name: person.id for name, person in cast.named.items()}, users, shop_id)


def _make_due_for_winback(cast: Cast, today: date) -> None:
    """Some have not been there for half a year, some for one: the next win-back run is about them."""
    for months, number in ((6, 16), (12, 7)):
        for n in range(number):
            car = cast.next().cars[0]
            gone_on = months_back(today, months) - timedelta(days=n % 5)
            car.visits = [*(day for day in car.visits if day < gone_on), gone_on]
            car.delivered_on = min(car.delivered_on, gone_on)


def _version_ids(session: Session, now: datetime) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """The live version of every wording (name → id), and the one before where there is one; live for a fortnight."""
    version = table_of(TemplateVersion)
    is_first = sa.and_(version.c.name == "maintenance_due", version.c.language == "zh-CN", version.c.version == 1)
    session.execute(sa.update(version).values(published_at=now - timedelta(days=14)))
    session.execute(sa.update(version).where(is_first).values(published_at=now - timedelta(days=60)))
    ids = {
        (name, number): key
        for key, name, number in session.execute(
            sa.select(version.c.id, version.c.name, version.c.version).where(version.c.language == "zh-CN")
        )
    }
    live = {name: key for (name, _number), key in sorted(ids.items())}
    return live, {"maintenance_due": ids["maintenance_due", 1]}


def _keep_circumstances(session: Session, cast: Cast, shop_id: int, now: datetime) -> None:
    """How fresh the records are, who said stop, who has complained."""
    insert_rows(session, Freshness, [
        {"shop_id": shop_id, "kind": kind, "at": now - ago} for kind, ago in IMPORTED.items()
    ])  # fmt: skip
    insert_rows(session, DmsImport, [
        {"shop_id": shop_id, "kind": kind, "source": f"{kind}.xlsx", "fingerprint": kind, "state": "done",
         "at": now - ago, "started_at": now - ago, "finished_at": now - ago + timedelta(seconds=8),
         "counts": {"read": 431, "new": 3, "changed": 12, "unchanged": 414, "merged": 0, "parked": 0,
                    "rejected": {"bad_vin": 2}, "warned": {}}}
        for kind, ago in IMPORTED.items()
    ])  # fmt: skip
    wang, su = cast.named["王建国"], cast.named["苏玉兰"]
    stop = {"phone_key": wang.row["phone_key"], "reason": "stop", "source": "退订", "since": now - timedelta(days=90)}
    insert_rows(session, Suppression, [stop])
    complaint = {"shop_id": shop_id, "customer_id": su.id, "opened_on": now.date() - timedelta(days=3),
                 "note": "洗车后右前门有划痕"}  # fmt: skip
    insert_rows(session, Complaint, [complaint])
    heard = {
        "gateway": "simulator", "shop_id": shop_id, "received_at": now, "business_at": now - timedelta(hours=1),
        "arrived_on": now.date(), "meaning": "text",
    }  # fmt: skip
    asking = cast.named[SCRIPT]
    insert_rows(session, Reply, [
        heard | {"provider_id": "SIM-script", "customer_id": asking.id, "phone": asking.phone,
                 "phone_key": asking.row["phone_key"], "text": "<img src=x onerror=alert(1)>几点关门?"},
        heard | {"provider_id": "SIM-nobody", "customer_id": None, "phone": "+8613800019999",
                 "phone_key": "nobody", "text": "你是哪位?"},
    ])  # fmt: skip


def _keep_users(session: Session, names: Mapping[str, str], now: datetime, password: str | None) -> dict[str, int]:
    """A person a role; returns role → id."""
    rows = [
        {"name": name, "login": folded(name), "role": role, "password_hash": password, "language": None,
         "created_at": now - timedelta(days=200)}
        for role, name in names.items()
    ]  # fmt: skip
    return dict(zip(names, insert_returning_ids(session, User, rows), strict=True))


@cache
def hashed_password() -> str:
    """Made once: it is slow on purpose."""
    return hashed(PASSWORD)


def _keep_log(session: Session, users: Mapping[str, int], shop_id: int, now: datetime) -> None:
    """What the people did in the last days."""
    for ago, role, action, kind, subject in LOG:
        audit.record(
            session, at=now - timedelta(hours=ago), who=ROLES[role], user_id=users[role], action=action,
            subject_type=kind, subject=subject, shop_id=shop_id,
        )  # fmt: skip


def _keep_drafts(session: Session, now: datetime) -> None:
    """One wording somebody works on, and one that waits for a second person."""
    drafts = [
        {"name": name, "language": "zh-CN", "source": HEAD.format(title=title, kind=kind, words=words), "state": state,
         "base_version": 1, "revision": 2, "edited_by": ROLES["marketing"], "created_at": now - timedelta(hours=20),
         "submitted_by": ROLES["marketing"] if state == "review" else None, "changed_at": now - timedelta(hours=2)}
        for name, (state, title, kind, words) in DRAFTS.items()
    ]  # fmt: skip
    insert_rows(session, TemplateDraft, drafts)
