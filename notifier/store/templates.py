"""Published wordings: every version that was ever live, so that each message can name the words it was made from."""

from __future__ import annotations

import hashlib
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
    fingerprint = hashlib.sha256(source.encode()).hexdigest()
    here = sa.and_(VERSION.c.name == name, VERSION.c.language == language)
    connection = session.connection()
    if connection.dialect.name == "postgresql":  # SQLite has one writer; here two daemons may begin at one moment
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PUBLISHING)))
    live = connection.execute(sa.select(VERSION.c.fingerprint).where(here, VERSION.c.live)).scalar_one_or_none()
    if live == fingerprint:
        return None
    latest = connection.execute(sa.select(sa.func.max(VERSION.c.version)).where(here)).scalar_one()
    connection.execute(sa.update(VERSION).where(here, VERSION.c.live).values(live=False))
    version = (latest or 0) + 1
    connection.execute(
        sa.insert(VERSION).values(
            name=name, language=language, version=version, source=source, fingerprint=fingerprint, live=True,
            published_at=database_now(session), published_by=by,
        )
    )  # fmt: skip
    return version
