"""To what something was done, in the audit log: by its name, with the address of its page where it has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from zoneinfo import ZoneInfo

from notifier.domain.rules import rule_title
from notifier.jobs.schedule_edits import GUARDS, saved_changes
from notifier.locale import _
from notifier.reports.run_words import local
from notifier.reports.setting_words import About
from notifier.reports.titles import Titles
from notifier.schedules import Campaign
from notifier.store.audit import Entry
from notifier.store.audit_subjects import Named
from notifier.templating.sources import front_of
from notifier.web.console.templates.words import language_name

__all__ = ["Known", "Subject", "about_of", "subject_of"]

OWN_DOINGS = frozenset({
    "user.sign_in", "user.sign_in_failed", "user.lock_out", "user.sign_out", "user.sign_out_everywhere", "user.add",
    "user.choose_password", "user.change_password", "user.change_preferences",
})  # fmt: skip
"""What people do to themselves: the sentence says so already."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`words`: nothing where the deed says it all; `address`: of its page, below the console's own path."""

    words: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known here of the subjects of a page. `campaigns`: by id and by key; `titles`: of those there
    were too; `shops`: key → name; `shop_id`: the shop that is looked at, whose customers and runs have their pages
    here."""

    named: Named
    shop_id: int
    zone: ZoneInfo
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    shops: Mapping[str, str] = field(default_factory=dict)
    titles: Titles = field(default_factory=Titles)


def subject_of(entry: Entry, known: Known) -> Subject:
    """The subject of a line of the log. One that is gone is called by its number or key, and has no page."""
    made = _SUBJECTS.get(entry.subject_type)
    return made(entry, known) if made is not None else Subject(entry.subject)


def about_of(entry: Entry, known: Known) -> About:
    """Whose settings a line about schedules.yaml speaks of."""
    campaign = known.campaigns.get(entry.subject)
    if campaign is None:
        return About()
    return About(campaign.rule, touches=[stage.name for stage in campaign.stages])


def _user(entry: Entry, _known: Known) -> Subject:
    if entry.subject == entry.who and entry.action in OWN_DOINGS:
        return Subject("")
    return Subject(entry.subject, "/users" if entry.subject else None)


def _customer(entry: Entry, known: Known) -> Subject:
    customer = known.named.customers.get(entry.subject)
    number = _("customer {number}").format(number=entry.subject)
    if customer is None:
        return Subject(number)
    address = f"/customers/{quote(entry.subject, safe='')}" if customer.shop_id == known.shop_id else None
    return Subject(customer.name or number, address)


def _run(entry: Entry, known: Known) -> Subject:
    run = known.named.runs.get(entry.subject)
    if run is None:
        return Subject(_("run {number}").format(number=entry.subject))
    title = known.titles.of_id(run.campaign_id)
    words = title if run.due_at is None else f"{title} · {local(run.due_at, known.zone)}"
    return Subject(words, f"/reviews/{entry.subject}" if run.shop_id == known.shop_id else None)


def _template(entry: Entry, known: Known) -> Subject:
    language, _slash, name = entry.subject.partition("/")
    source = known.named.wordings.get(entry.subject)
    title = front_of(source).title if source is not None else ""
    words = f"{title or rule_title(name)} · {language_name(language)}"
    address = f"/templates/{quote(language, safe='')}/{quote(name, safe='')}" if source is not None else None
    return Subject(words, address)


def _campaign(entry: Entry, known: Known) -> Subject:
    campaign = known.campaigns.get(entry.subject)
    address = f"/campaigns/{quote(campaign.key, safe='')}" if campaign is not None else None
    title = campaign.title if campaign is not None else known.titles.of_key(entry.subject)
    return Subject((_name_within(entry) if title == entry.subject else None) or title, address)


def _name_within(entry: Entry) -> str | None:
    """What a campaign that nothing else knows is called by the very change that brought or removed it."""
    whole = ("campaigns", entry.subject)
    sides = (side for change in saved_changes(entry) if change.path == whole for side in (change.after, change.before))
    names = (side.get("name") for side in sides if isinstance(side, Mapping))
    return next((name for name in names if isinstance(name, str)), None)


def _schedules(entry: Entry, known: Known) -> Subject:
    if entry.subject == GUARDS:
        return Subject(_("for all campaigns"), "/campaigns/guards")
    return _campaign(entry, known)


def _shop(entry: Entry, known: Known) -> Subject:
    return Subject(known.shops.get(entry.subject, entry.subject))


_SUBJECTS: Mapping[str, Callable[[Entry, Known], Subject]] = {
    "user": _user, "customer": _customer, "run": _run, "template": _template, "campaign": _campaign,
    "schedules": _schedules, "shop": _shop,
}  # fmt: skip
