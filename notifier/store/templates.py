"""Published wordings: every version that was ever live, so that each message can name the words it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.tables import TemplateVersion

VERSION = table_of(TemplateVersion)
_PUBLISHING = 0x54504C
"""Tells our advisory lock from those of others in the same database."""


@dataclass(frozen=True, slots=True)
class PublishedTemplate:
    """A version as stored: `source` is the whole file."""

    id: int
    name: str
    language: str
    version: int
    source: str


_COLUMNS = (VERSION.c.id, VERSION.c.name, VERSION.c.language, VERSION.c.version, VERSION.c.source)


def live_templates(session: Session) -> list[PublishedTemplate]:
    """The live version of every template in every language."""
    statement = sa.select(*_COLUMNS).where(VERSION.c.live).order_by(VERSION.c.name, VERSION.c.language)
    return [PublishedTemplate(*row) for row in session.execute(statement)]


def template_version(session: Session, version_id: int) -> PublishedTemplate:
    """One version by its id."""
    row = session.execute(sa.select(*_COLUMNS).where(VERSION.c.id == version_id)).one()
    return PublishedTemplate(*row)


def publish(session: Session, *, name: str, language: str, source: str, by: str | None = None) -> int | None:
    """Make `source` the next version unless it is the live one already. Returns the new version's number, or None."""
    return publish_all(session, {(name, language): source}, by=by).get((name, language))


def publish_all(
    session: Session, sources: Mapping[tuple[str, str], str], *, by: str | None = None
) -> dict[tuple[str, str], int]:
    """By name and language: make each source the next version unless it is live already. The new versions' numbers."""
    if not sources:
        return {}
    connection = session.connection()
    one_at_a_time(session)
    fingerprints = {key: hashlib.sha256(source.encode()).hexdigest() for key, source in sources.items()}
    live, latest = _known_versions(connection, {name for name, _language in sources})
    changed = [key for key, fingerprint in fingerprints.items() if live.get(key) != fingerprint]
    if not changed:
        return {}
    versions = {key: latest.get(key, 0) + 1 for key in changed}
    for name, language in changed:
        if (name, language) in live:
            ended = sa.and_(VERSION.c.name == name, VERSION.c.language == language, VERSION.c.live)
            connection.execute(sa.update(VERSION).where(ended).values(live=False))
    now = database_now(session)
    connection.execute(
        sa.insert(VERSION),
        [
            {"name": name, "language": language, "version": version, "source": sources[name, language],
             "fingerprint": fingerprints[name, language], "live": True, "published_at": now, "published_by": by}
            for (name, language), version in versions.items()
        ],
    )  # fmt: skip
    return versions


def one_at_a_time(session: Session) -> None:
    """Until this transaction ends nobody else changes a draft or publishes: two daemons may begin at one moment.

    SQLite has one writer anyway.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PUBLISHING)))


def _known_versions(
    connection: sa.Connection, names: Iterable[str]
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], int]]:
    """What is live of these names, by its fingerprint, and the newest version of each; both by name and language."""
    columns = (VERSION.c.name, VERSION.c.language, VERSION.c.version, VERSION.c.live, VERSION.c.fingerprint)
    live, latest = {}, {}
    known = sa.select(*columns).where(VERSION.c.name.in_(names)).order_by(VERSION.c.version)
    for name, language, version, is_live, fingerprint in connection.execute(known):
        latest[name, language] = version
        if is_live:
            live[name, language] = fingerprint
    return live, latest
