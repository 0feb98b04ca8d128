"""Names for what the lines of the audit log are about: one query a kind of subject, however many lines a page has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.audit import Entry
from notifier.store.bulk import table_of
from notifier.store.tables import Customer, Run, TemplateDraft, TemplateVersion
from notifier.store.template_drafts import OPEN

__all__ = ["Named", "NamedCustomer", "NamedRun", "named"]

CUSTOMER, RUN = table_of(Customer), table_of(Run)
DRAFT, VERSION = table_of(TemplateDraft), table_of(TemplateVersion)


@dataclass(frozen=True, slots=True)
class NamedCustomer:
    """Somebody who is still there. `name` None = nobody has told it, or it was erased."""

    name: str | None
    shop_id: int


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run by what it was of and when; `due_at` None = somebody ordered it by hand."""

    campaign_id: str
    due_at: datetime | None
    shop_id: int


@dataclass(frozen=True, slots=True)
class Named:
    """Subject, as the log writes it → what is known of it; who or what is gone is not in it.

    `wordings`: the source that is live, else that of the open draft.
    """

    customers: Mapping[str, NamedCustomer] = field(default_factory=dict)
    runs: Mapping[str, NamedRun] = field(default_factory=dict)
    wordings: Mapping[str, str] = field(default_factory=dict)


def named(session: Session, entries: Iterable[Entry]) -> Named:
    """The names of all that these lines are about."""
    subjects: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        subjects[entry.subject_type].add(entry.subject)
    return Named(
        _customers(session, subjects["customer"]), _runs(session, subjects["run"]),
        _wordings(session, subjects["template"]),
    )  # fmt: skip


def _customers(session: Session, subjects: set[str]) -> dict[str, NamedCustomer]:
    numbers = _numbers(subjects)
    if not numbers:
        return {}
    wanted = sa.select(CUSTOMER.c.id, CUSTOMER.c.name, CUSTOMER.c.shop_id).where(CUSTOMER.c.id.in_(numbers))
    return {str(number): NamedCustomer(name, shop_id) for number, name, shop_id in session.execute(wanted)}


def _runs(session: Session, subjects: set[str]) -> dict[str, NamedRun]:
    numbers = _numbers(subjects)
    if not numbers:
        return {}
    wanted = sa.select(RUN.c.id, RUN.c.campaign_id, RUN.c.due_at, RUN.c.shop_id).where(RUN.c.id.in_(numbers))
    return {str(number): NamedRun(*run) for number, *run in session.execute(wanted)}


def _wordings(session: Session, subjects: set[str]) -> dict[str, str]:
    if not subjects:
        return {}
    names = {subject.partition("/")[2] for subject in subjects}
    live = sa.select(VERSION.c.language, VERSION.c.name, VERSION.c.source)
    begun = sa.select(DRAFT.c.language, DRAFT.c.name, DRAFT.c.source)
    live = live.where(VERSION.c.name.in_(names), VERSION.c.live)
    begun = begun.where(DRAFT.c.name.in_(names), DRAFT.c.state.in_(OPEN))
    found = {f"{language}/{name}": source for language, name, source in session.execute(begun)}
    found |= {f"{language}/{name}": source for language, name, source in session.execute(live)}
    return {subject: source for subject, source in found.items() if subject in subjects}


def _numbers(subjects: set[str]) -> list[int]:
    return [int(subject) for subject in subjects if subject.isascii() and subject.isdigit() and len(subject) <= 18]
