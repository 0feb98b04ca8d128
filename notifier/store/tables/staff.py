"""Who works at the console: people, their open sessions and tries to get in, what they changed, and their drafts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from notifier.store.tables.fields import amount, document, identity, moment, reference

__all__ = [
    "AuditEntry", "DayFigures", "SignInLink", "SignInTries", "TemplateDraft", "User", "UserSession", "WordingFigures",
]  # fmt: skip

OPEN_DRAFT = "state IN ('draft', 'review')"


class User(SQLModel, table=True):
    """A person who may sign in. Never deleted: what they did keeps their name."""

    __tablename__ = "console_user"

    id: int | None = identity()
    name: str = Field(description="as shown")
    login: str = Field(unique=True, description="the name as compared: trimmed, NFKC, case folded")
    role: str = Field(description="owner, manager, marketing, reader")
    shop_id: int | None = reference("shop.id", nullable=True)
    password_hash: str | None = Field(default=None, description="None until the person has chosen one")
    language: str | None = Field(default=None, description="None = as the browser asks")
    theme: str | None = Field(default=None, description="light, dark; None = as the machine is set")
    created_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class UserSession(SQLModel, table=True):
    """One sign-in that has not ended. Only a hash of what the browser holds is stored."""

    __tablename__ = "user_session"

    id: int | None = identity()
    user_id: int = reference("console_user.id", index=True)
    token_hash: str = Field(unique=True)
    created_at: datetime = moment()
    seen_at: datetime = moment()
    expires_at: datetime = moment(index=True)


class SignInLink(SQLModel, table=True):
    """A link that lets one person in once, to choose a password; without a user it makes the first owner."""

    __tablename__ = "sign_in_link"

    id: int | None = identity()
    token_hash: str = Field(unique=True)
    user_id: int | None = reference("console_user.id", nullable=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)


class SignInTries(SQLModel, table=True):
    """Failed tries to get in, by name and by address, whether or not anybody has that name."""

    __tablename__ = "sign_in_tries"

    key: str = Field(primary_key=True, description="name: or address:, and which")
    tries: int = 0
    last_at: datetime = moment(index=True)
    locked_until: datetime | None = moment(nullable=True)


class AuditEntry(SQLModel, table=True):
    """Who changed or looked at what, when, and how it was before and after."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject", "subject_type", "subject"),
        Index("ix_audit_user", "user_id", "id"),
        Index("ix_audit_action", "action", "id"),
    )

    id: int | None = identity()
    at: datetime = moment()
    user_id: int | None = reference("console_user.id", nullable=True)
    who: str = Field(description="the name as it was; on the command line the system's")
    action: str = Field(description="a fixed English word: template.publish, customer.reveal_phone …")
    subject_type: str
    subject: str
    shop_id: int | None = reference("shop.id", nullable=True)
    before: dict[str, Any] | None = document(nullable=True)
    after: dict[str, Any] | None = document(nullable=True)


class TemplateDraft(SQLModel, table=True):
    """A wording on its way: at most one open draft for a template in a language."""

    __tablename__ = "template_draft"
    __table_args__ = (
        Index("ix_template_draft_open", "name", "language", unique=True,
              sqlite_where=sa.text(OPEN_DRAFT), postgresql_where=sa.text(OPEN_DRAFT)),
    )  # fmt: skip

    id: int | None = identity()
    name: str
    language: str
    source: str = Field(description="the whole file, front matter included")
    base_version: int | None = Field(default=None, description="the live version it began from; None = a new template")
    state: str = Field(description="draft, review, published, dropped")
    revision: int = Field(default=1, description="grows with every save: who saves must have seen the latest")
    edited_by: str
    edited_by_id: int | None = reference("console_user.id", nullable=True)
    submitted_by: str | None = None
    submitted_by_id: int | None = reference("console_user.id", nullable=True)
    publishing_by: str | None = Field(default=None, description="whose publication is under way: the file comes first")
    publishing_by_id: int | None = reference("console_user.id", nullable=True)
    note: str | None = None
    created_at: datetime = moment()
    changed_at: datetime = moment()


class DayFigures(SQLModel, table=True):
    """One day of one shop, counted now and then, so that a page about a month need not count a million texts.

    Texts by the day they were due; replies and outcomes by their own day. store/day_figures.py defines each figure.
    """

    __tablename__ = "day_figures"

    shop_id: int = Field(sa_type=sa.BigInteger, foreign_key="shop.id", primary_key=True)
    day: date = Field(primary_key=True)
    planned: int = 0
    withheld: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    unknown: int = 0
    replied: int = 0
    stopped: int = 0
    came: int = 0
    came_minor: int = amount(default=0)
    counted_at: datetime = moment()


class WordingFigures(SQLModel, table=True):
    """What the texts of one day of one shop, worded with one version, have brought; counted now and then.

    Version 0 stands for the day itself: when all of it was counted last. store/wording_figures.py defines each figure.
    """

    __tablename__ = "wording_figures"
    __table_args__ = (Index("ix_wording_figures_version", "template_version_id", "day"),)

    shop_id: int = Field(sa_type=sa.BigInteger, foreign_key="shop.id", primary_key=True)
    day: date = Field(primary_key=True)
    template_version_id: int = Field(sa_type=sa.BigInteger, primary_key=True)
    sent: int = 0
    delivered: int = 0
    replied: int = 0
    came: int = 0
    came_minor: int = amount(default=0)
    counted_at: datetime = moment()
