"""Wordings on their way: at most one open draft for a template in a language, and every version that was ever live."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_rows, table_of
from notifier.store.tables import TemplateDraft, TemplateVersion
from notifier.store.templates import one_at_a_time

__all__ = ["Draft", "Version", "add_draft", "change_draft", "open_draft", "open_drafts", "versions", "versions_of_all"]

DRAFT, VERSION = table_of(TemplateDraft), table_of(TemplateVersion)
OPEN = ("draft", "review")


@dataclass(frozen=True, slots=True)
class Draft:
    """A wording nobody is sent yet. `base_version`: the live version it began from; None = a new template.

    `revision` grows with every save. `publishing_by`: who has begun to publish it, whether or not that ended.
    """

    id: int
    name: str
    language: str
    source: str
    base_version: int | None
    state: str
    revision: int
    edited_by: str
    edited_by_id: int | None
    submitted_by: str | None
    submitted_by_id: int | None
    publishing_by: str | None
    publishing_by_id: int | None
    note: str | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A wording that is or was live. `published_by` None = it came from the file."""

    id: int
    name: str
    language: str
    version: int
    source: str
    fingerprint: str
    live: bool
    published_at: datetime
    published_by: str | None


_DRAFT = [DRAFT.c[name] for name in Draft.__dataclass_fields__]
_VERSION = [VERSION.c[name] for name in Version.__dataclass_fields__]


def open_draft(session: Session, name: str, language: str, *, to_change: bool = False) -> Draft | None:
    """The open draft of a template in a language, if there is one; `to_change`: nobody else may change it meanwhile."""
    if to_change:
        one_at_a_time(session)
    wanted = sa.select(*_DRAFT).where(DRAFT.c.name == name, DRAFT.c.language == language, DRAFT.c.state.in_(OPEN))
    row = session.connection().execute(wanted).first()
    return Draft(*row) if row else None


def open_drafts(session: Session) -> list[Draft]:
    """Every open draft."""
    wanted = sa.select(*_DRAFT).where(DRAFT.c.state.in_(OPEN)).order_by(DRAFT.c.name, DRAFT.c.language)
    return [Draft(*row) for row in session.connection().execute(wanted)]


def add_draft(session: Session, **values: Any) -> Draft:
    """A new draft, in a transaction in which `open_draft` has found none."""
    insert_rows(session, TemplateDraft, [{"state": "draft", "revision": 1, **values}])
    made = open_draft(session, values["name"], values["language"])
    assert made is not None
    return made


def change_draft(session: Session, draft: Draft, **values: Any) -> Draft:
    """Overwrite columns of a draft that `open_draft` has found in this transaction."""
    session.connection().execute(sa.update(DRAFT).where(DRAFT.c.id == draft.id).values(**values))
    row = session.connection().execute(sa.select(*_DRAFT).where(DRAFT.c.id == draft.id)).one()
    return Draft(*row)


def versions(session: Session, name: str, language: str) -> list[Version]:
    """Every version of a template in a language, the newest first."""
    wanted = sa.select(*_VERSION).where(VERSION.c.name == name, VERSION.c.language == language)
    return [Version(*row) for row in session.connection().execute(wanted.order_by(VERSION.c.version.desc()))]


def versions_of_all(session: Session) -> dict[tuple[str, str], list[Version]]:
    """By name and language: every version, the newest first."""
    found: dict[tuple[str, str], list[Version]] = defaultdict(list)
    for row in session.connection().execute(sa.select(*_VERSION).order_by(VERSION.c.version.desc())):
        version = Version(*row)
        found[version.name, version.language].append(version)
    return found
