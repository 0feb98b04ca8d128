"""`notifier doctor`: is everything set up? One line a check, with the mend."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import At, Json, moment_or_now
from notifier.cli.sync_words import failed_sync_sentence
from notifier.cli.terminal import say, show_json
from notifier.errors import NotifierError
from notifier.locale import _, listed
from notifier.locale.records import records_word
from notifier.reports.pause_words import pause_sentences

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from notifier.reports.import_news import ImportNews
    from notifier.wiring import House

__all__ = ["Line", "doctor_command"]

PACKAGES = ("sqlalchemy", "sqlmodel", "alembic", "apscheduler", "twilio", "fastapi", "jinja2", "phonenumbers")
MARKS = {True: "✓ ", None: "· ", False: "✗ "}
MUCH_UNKNOWN = 0.2
"""From this share of customers on, unknown consent is worth a line of its own."""
SAMPLE_SHOP = {"name": "东南汽车泉州店", "signature": "东南泉州", "phone": "0595-22880000"}
"""What schedules.yaml says before anybody has edited it."""
NO_SHOP = 0
"""No row's id: nothing was imported for it yet."""


class Line(NamedTuple):
    """One check: `ok` False = must be mended, None = worth knowing."""

    ok: bool | None
    sentence: str


def doctor_command(at: At = None, as_json: Json = False) -> None:
    """Check everything; exit 1 where something must be mended."""
    with open_house() as house:
        lines = list(_examine(house, moment_or_now(at)))
    if as_json:
        show_json({"ok": all(line.ok is not False for line in lines), "checks": [line._asdict() for line in lines]})
    else:
        for line in lines:
            say(line.sentence, mark=MARKS[line.ok])
    if any(line.ok is False for line in lines):
        raise typer.Exit(1)


def _examine(house: House, now: datetime) -> Iterator[Line]:
    """Checks in the order in which they depend on each other; what cannot be asked after a failure is left out."""
    yield from _python()
    yield from _environment()
    database = list(_try(lambda: _database(house)))
    yield from database
    if any(line.ok is False for line in database):
        return
    yield from _try(lambda: _key(house))
    schedules = list(_try(lambda: _schedules(house)))
    yield from schedules
    if any(line.ok is False for line in schedules):
        return
    yield from _try(lambda: _shops(house))
    yield from _try(lambda: _sample_shop(house))
    yield from _of_each_shop(house, _templates)
    yield from _try(lambda: _gateway(house))
    yield from _try(lambda: _public_url(house))
    yield from _try(lambda: _dms(house))
    yield from _try(lambda: _sync(house))
    yield from _of_each_shop(house, partial(_inbox, now=now))
    yield from _of_each_shop(house, partial(_imports, now=now))
    yield from _of_each_shop(house, _consent)
    yield from _try(lambda: _lane(house))
    yield from _try(lambda: _reviews(house, now))


def _of_each_shop(house: House, check: Callable[[House], Iterator[Line]]) -> Iterator[Line]:
    """The check's lines; of a group those of each shop, with its key before them, and what is the same in all once."""
    shops = house.each_shop()
    lines = {here.schedules.shops[0].key: list(_try(partial(check, here))) for here in shops}
    shared = [line for line in next(iter(lines.values())) if all(line in each for each in lines.values())]
    yield from shared
    for key, each in lines.items():
        for line in each:
            if line not in shared:
                yield Line(line.ok, _("{shop}: {said}").format(shop=key, said=line.sentence))


def _try(check: Callable[[], Iterator[Line]]) -> Iterator[Line]:
    """A refusal is a line to be mended."""
    try:
        yield from check()
    except NotifierError as error:
        yield from (Line(ok=False, sentence=sentence) for sentence in str(error).splitlines())


def _python() -> Iterator[Line]:
    from importlib.metadata import version

    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield Line(ok=True, sentence=_("Notifier {version} on Python {python}: {packages}.").format(
        version=version("notifier"), python=platform.python_version(), packages=versions))  # fmt: skip


def _environment() -> Iterator[Line]:
    from notifier.config import unknown_keys

    for name in unknown_keys(os.environ):
        yield Line(
            ok=None, sentence=_("{key} in the environment is no setting; docs/settings.md lists them.").format(key=name)
        )


def _database(house: House) -> Iterator[Line]:
    from notifier.store.addresses import shown_url
    from notifier.store.migrations import revision

    store = house.store
    yield Line(ok=True, sentence=_("The database {url} answers and has version {version}.").format(
        url=shown_url(store.url), version=revision(store)))  # fmt: skip
    if not store.is_sqlite:
        yield from _queue(house)


def _queue(house: House) -> Iterator[Line]:
    """One machine needs none, so a missing one is a remark."""
    from notifier.engines.queue import raise_if_cluster_is_not_installed, raise_if_queue_is_not_ready

    try:
        raise_if_cluster_is_not_installed()
        raise_if_queue_is_not_ready(house.store)
    except NotifierError as error:
        sentence = _("Only for many machines (notifier worker): {problem}").format(problem=error)
        yield Line(ok=None, sentence=sentence)
    else:
        yield Line(ok=True, sentence=_("The queue of a cluster is ready for notifier worker."))


def _key(house: House) -> Iterator[Line]:
    """With another key no known phone is recognised: stops would be forgotten and customers doubled."""
    from notifier.domain.phone import phone_key
    from notifier.store.overview import one_known_phone

    secret = house.secret
    with house.store.read() as session:
        known = one_known_phone(session)
    if known is not None and phone_key(secret, known[0]) != known[1]:
        yield Line(
            ok=False,
            sentence=_(
                "The secret key is not the one the customers were imported with, so stops would be forgotten. Restore "
                "notifier.key (or NOTIFIER_SECRET_KEY) from your backup; send nothing before."
            ),
        )
    else:
        yield Line(ok=True, sentence=_("The secret key is there and fits the data; keep a copy of it apart."))


def _schedules(house: House) -> Iterator[Line]:
    from notifier.schedules import warnings_of

    schedules = house.schedules
    yield Line(ok=True, sentence=_("{file} is fine: {count} campaigns.").format(
        file=schedules.path, count=len(schedules.campaigns)))  # fmt: skip
    for warning in warnings_of(schedules):
        yield Line(ok=None, sentence=str(warning))


def _shops(house: House) -> Iterator[Line]:
    """A key that was changed: to the database that is a shop closed, and another one opened."""
    from notifier.store.shops import shop_keys

    named = {shop.key for shop in house.schedules.shops}
    with house.store.read() as session:
        gone = sorted(set(shop_keys(session).values()) - named)
    if gone:
        yield Line(
            ok=None,
            sentence=_(
                "The database knows shops that {file} does not name: {gone}. Nothing is planned for them; if one has "
                "only been given another key, give it its old key again."
            ).format(file=house.schedules.path, gone=", ".join(gone)),
        )


def _sample_shop(house: House) -> Iterator[Line]:
    """Whoever sends real texts must have put their own shop into the file they began with."""
    if house.settings.gateway == "simulator":
        return
    for shop in house.schedules.shops:
        left = [name for name, sample in SAMPLE_SHOP.items() if getattr(shop, name) == sample]
        if left:
            yield Line(
                ok=False,
                sentence=_(
                    "{file} still has the sample shop ({keys}), and {gateway} sends real texts: put your own there."
                ).format(file=house.schedules.path, keys=listed(left), gateway=house.settings.gateway),
            )


def _templates(house: House) -> Iterator[Line]:
    """Every wording of a campaign there, valid, and such as the gateway can carry."""
    from notifier.jobs.texts import TextMaker, load_live

    problems = house.publish_templates()
    for problem in problems:
        yield Line(ok=False, sentence=str(problem))
    schedules, capabilities = house.schedules, house.gateway().capabilities
    maker = TextMaker(schedules.shops[0], load_live(house.store), capabilities, house.settings.price_micros)
    refused = 0
    for campaign in schedules.campaigns:
        try:
            maker.raise_if_campaign_cannot_be_sent(campaign)
        except NotifierError as error:
            refused += 1
            yield Line(ok=False, sentence=f"{campaign.key}: {error}")
    if not problems and not refused:
        yield Line(ok=True, sentence=_("Every campaign's template is valid and suits the gateway."))


def _gateway(house: House) -> Iterator[Line]:
    for ok, sentence in asyncio.run(_asked(house)):
        yield Line(ok, sentence)


async def _asked(house: House) -> list[tuple[bool, str]]:
    async with house.gateway() as gateway:
        return await gateway.check()


def _public_url(house: House) -> Iterator[Line]:
    url = house.settings.public_url
    if url is not None:
        yield Line(ok=True, sentence=_("Providers reach this machine at {url}.").format(url=url))
    else:
        yield Line(
            ok=None, sentence=_("NOTIFIER_PUBLIC_URL is not set: statuses and replies are fetched instead of pushed.")
        )


def _dms(house: House) -> Iterator[Line]:
    """Only where one is set: most shops import files."""
    from notifier.wiring import Dms

    if house.settings.dms_url is not None:
        place, kinds = Dms(house).ask()
        yield Line(ok=True, sentence=_("The DMS database {place} answers; it is asked for {kinds}.").format(
            place=place, kinds=listed(map(records_word, kinds))))  # fmt: skip


def _inbox(house: House, now: datetime) -> Iterator[Line]:
    """Only where one is watched."""
    from notifier.dms.inbox import FolderWatch, rejected_names
    from notifier.wiring import Inbox

    if house.settings.inbox is not None:
        folder = Inbox(house).folder()
        FolderWatch(folder, timedelta()).look(now)
        yield Line(ok=True, sentence=_("The daemon imports the files put into {folder}.").format(folder=folder))
        if rejected := rejected_names(folder):
            yield Line(
                ok=None,
                sentence=_(
                    "In rejected/ of that folder lie files that were not imported: {count}; the latest: {file} (why: "
                    "in the .why.txt beside it)."
                ).format(count=len(rejected), file=rejected[-1]),
            )


def _sync(house: House) -> Iterator[Line]:
    """A sync that failed, until one has brought the same to its end: nobody may have been there."""
    if house.settings.dms_url is not None and (said := failed_sync_sentence(house)):
        yield Line(ok=False, sentence=said)


def _imports(house: House, now: datetime) -> Iterator[Line]:
    """How fresh each kind of records is; what began and never ended; who waits for it, and the mend."""
    from notifier.reports.import_news import import_news, readers_of
    from notifier.store.shops import find_shop

    schedules = house.schedules
    shop = schedules.shops[0]
    with house.store.read() as session:
        news = import_news(
            session, find_shop(session, shop.key) or NO_SHOP, now, schedules.guards.data_max_age, readers_of(schedules)
        )
    for each in news:
        sync = "notifier sync" if house.settings.dms_url is not None else None
        yield from _records(each, now, shop.zone, sync, f" --shop {shop.key}" if schedules.sisters else "")


def _records(news: ImportNews, now: datetime, zone: ZoneInfo, sync: str | None, of_shop: str = "") -> Iterator[Line]:
    """One kind of import; `sync`: the command that brings it anew where that is no file."""
    from notifier.reports.import_news import freshness_sentence, unfinished_sentence

    again = (sync or f"notifier import {news.kind} FILE") + of_shop
    for made in news.unfinished:
        said = unfinished_sentence(news, made, zone)
        yield Line(ok=False, sentence=_("{said} Mend: {command}").format(said=said, command=again))
    said = freshness_sentence(news, now, zone)
    if news.waits and not news.unfinished:
        yield Line(ok=False, sentence=_("{said} Mend: {command}").format(said=said, command=again))
    else:
        is_known = news.known_to is not None and not news.unfinished
        yield Line(ok=True if is_known else None, sentence=said)


def _consent(house: House) -> Iterator[Line]:
    from notifier.store.overview import consent_counts
    from notifier.store.shops import find_shop

    with house.store.read() as session:
        shop_id = find_shop(session, house.schedules.shops[0].key)
        counts = consent_counts(session, shop_id) if shop_id is not None else {}
    total, unknown = sum(counts.values()), counts.get("unknown", 0)
    if not total:
        return
    if unknown <= total * MUCH_UNKNOWN:
        sentence = _("Consent to marketing is known of {known} of {total} customers in reach.")
        yield Line(ok=True, sentence=sentence.format(known=total - unknown, total=total))
    else:
        yield Line(
            ok=None,
            sentence=_(
                "Of {unknown} of {total} customers in reach nobody knows whether they agreed to marketing: they get "
                "service reminders only. Import the consent column, or notifier import customers FILE --consent SOURCE"
            ).format(unknown=unknown, total=total),
        )


def _reviews(house: House, now: datetime) -> Iterator[Line]:
    """Runs that wait for a person, and those nobody looked at in time."""
    from notifier.cli.run_words import lapsed_sentence, review_sentence
    from notifier.reports.run_words import LAPSED_TOLD
    from notifier.reports.titles import Titles
    from notifier.store.runs import lapsed_runs, runs_in_review

    zone, titles = house.schedules.shops[0].zone, Titles(house.schedules.campaigns)
    with house.store.read() as session:
        waiting, lapsed = runs_in_review(session), lapsed_runs(session, now - LAPSED_TOLD)
    for run in waiting:
        is_late = run.review_until is not None and run.review_until < now
        yield Line(ok=False if is_late else None, sentence=review_sentence(run, titles, now, zone))
    for run in lapsed:
        yield Line(ok=False, sentence=lapsed_sentence(run, titles, zone))


def _lane(house: House) -> Iterator[Line]:
    from notifier.store.lanes import lane_of
    from notifier.store.overview import under_way
    from notifier.store.pauses import pauses_in_force

    with house.store.read() as session:
        lane, unknown = lane_of(session, house.settings.gateway), under_way(session)["unknown"]
        paused = pause_sentences(session, pauses_in_force(session))
    for said in paused:
        yield Line(ok=None, sentence=said)
    if lane.stopped is not None:
        since = f"{(lane.stopped_at or datetime.now(UTC)):%Y-%m-%d %H:%M}Z"
        yield Line(
            ok=False,
            sentence=_(
                "The lane stands still since {since}: the provider refused our set-up (code {code}: {error}). Mend it, "
                "then run notifier send, or start notifier run anew."
            ).format(since=since, code=lane.stopped, error=lane.last_error or "–"),
        )
    if unknown:
        yield Line(
            ok=None,
            sentence=_("Of {count} texts nobody can tell yet whether they went out: notifier reconcile").format(
                count=unknown
            ),
        )
    if lane.stopped is None and not unknown:
        yield Line(ok=True, sentence=_("The lane is free, and nothing is unknown."))
