"""A setting of schedules.yaml in words: what it is called on screens, and what a written value of it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from babel.numbers import get_currency_precision

from notifier.domain.festivals import spoken_festival
from notifier.domain.rules import RULES, rule_title
from notifier.locale import N_, _, current_language, listed, ngettext
from notifier.locale.records import records_word
from notifier.reports import numbers
from notifier.reports.campaign_words import KINDS
from notifier.reports.cron_words import cron_words
from notifier.reports.guard_words import closed_words
from notifier.schedules import Campaign
from notifier.schedules.consequences import Consequence
from notifier.schedules.crontab import is_crontab
from notifier.schedules.field_problems import audience_in, checked_guards
from notifier.schedules.filter_words import filter_words
from notifier.schedules.length_words import length_words
from notifier.schedules.stage_words import touch_words
from notifier.schedules.trees import Tree
from notifier.schedules.writing import one_line

__all__ = [
    "FIRST_RUNS", "USUAL", "About", "consequence_in_words", "setting_title", "setting_words", "usual_value",
]  # fmt: skip

TITLES: Mapping[str, str] = {
    "enabled": N_("On or off"), "when": N_("Runs on"), "stages": N_("Reminders"), "template": N_("Wordings"),
    "festivals": N_("Which festivals"), "topics": N_("Topics"), "list": N_("List"),
    "repeat": N_("Goes on after the last reminder"), "late": N_("Days late"), "kind": N_("Kind"),
    "audience": N_("Conditions"), "review": N_("Review"), "spread": N_("Spread"), "priority": N_("Priority"),
    "first_run": N_("First run"), "grace": N_("Made up for"), "coupon": N_("Coupon"),
    "control": N_("Control group"), "success": N_("Success"), "credit": N_("Credited"),
    "lift_window": N_("Lift window"), "name": N_("Name of the campaign"), "id": N_("Short name"), "rule": N_("Rule"),
    "quiet_hours": N_("Quiet hours"), "quiet_hours_zone": N_("On whose clock"), "closed_days": N_("Closed days"),
    "frequency_cap": N_("Frequency cap"), "daily_budget": N_("Daily budget"), "pace": N_("Pace"),
    "data_max_age": N_("Fresh data"), "contact_hold": N_("After a call"),
    "universal_control": N_("Universal control"),
}  # fmt: skip
FIRST_RUNS: Mapping[str, str] = {
    "recent": N_("only reminders that opened in the last 7 days"),
    "catch_up": N_("all reminders that are open"),
}
ZONES: Mapping[str, str] = {"shop": N_("the shop's"), "customer": N_("the customer's")}
OUTCOMES: Mapping[str, str] = {"visit": N_("a visit"), "renewal": N_("a renewal")}
REVIEWS: Mapping[str, str] = {"required": N_("Somebody releases each run"), "none": N_("nobody looks at it first")}
USUAL: Mapping[str, Tree] = {
    "enabled": "true", "grace": "24h", "lift_window": "60d", "review": "none", "control": "0%",
    "quiet_hours": "20:00-09:00", "quiet_hours_zone": "shop", "contact_hold": "7d", "universal_control": "0%",
}  # fmt: skip
"""Setting → what holds where the file does not say it, for campaigns of any rule and for the guards."""
REPLY_CREDIT, SENT_CREDIT, DUE_CREDIT = "14d", "7d", "30d"
CAN_BE_MISSED = N_(
    "The reminder {stage} can be missed: running {when}, none goes out from {opens} to {closes} for what is due on "
    "{due}. Run it on more days, or give the reminder more of them."
)
_AMOUNT = re.compile(r"\d{1,9}(\.\d+)?")


@dataclass(frozen=True, slots=True)
class About:
    """Whose settings they are. `rule`: of the campaign, empty for the guards; `titles`: template → what people call it;
    `touches`: their names in the order of time, where the values do not tell it."""

    rule: str = ""
    currency: str = "CNY"
    titles: Mapping[str, str] = field(default_factory=dict)
    touches: Sequence[str] = ()


def setting_title(key: str) -> str:
    """What the setting is called; a key that is none stays as it is."""
    return _(TITLES.get(key, key))


def usual_value(key: str, rule: str) -> Tree | None:
    """What holds where the file does not say it; None where nothing does."""
    known = RULES.get(rule)
    if known is None or key in USUAL:
        return USUAL.get(key)
    own: Mapping[str, Tree] = {
        "success": known.success,
        "late": f"{known.late_days}d",
        "first_run": "catch_up" if "list" in known.options else "recent",
        "credit": {"reply": REPLY_CREDIT, "sent": DUE_CREDIT if known.has_due_date else SENT_CREDIT},
    }
    return own.get(key)


def setting_words(key: str, value: Tree | None, about: About) -> str:
    """What a written value says; None = it is not written, and what is usual holds."""
    value = usual_value(key, about.rule) if value is None else value
    if value is None:
        return _("as usual for its kind") if key == "priority" else _("not set")
    if not isinstance(value, str) and key in _OF_GROUPS:
        return _OF_GROUPS[key](value, about) or one_line(value)
    if isinstance(value, str) and key in _OF_WORDS:
        return _OF_WORDS[key](value)
    if isinstance(value, str):
        return value
    return one_line(value)


def consequence_in_words(told: Consequence, campaign: Campaign) -> Consequence:
    """The same, with the campaign's title, its touch and its time as people say them."""
    words: Mapping[str, Callable[[str], str]] = {
        "campaign": lambda _key: campaign.title,
        "stage": lambda name: touch_words(campaign, name),
        "when": cron_words,
    }
    said = {name: words[name](str(value)) for name, value in told.fields.items() if name in words}
    sentence = CAN_BE_MISSED if "stage" in said else told.sentence
    return replace(told, sentence=sentence, fields={**told.fields, **said})


def _on_off(value: str) -> str:
    return _("on") if value.strip().lower() in ("true", "yes", "on") else _("off")


def _word_of(words: Mapping[str, str]) -> Callable[[str], str]:
    return lambda value: _(words[value]) if value in words else value


def _when(value: str) -> str:
    return cron_words(value) if is_crontab(value) else value


def _quiet(value: str) -> str:
    since, dash, until = value.partition("-")
    if not dash:
        return _("none")
    return _("{first} to {last}").format(first=since.strip(), last=until.strip())


def _priority(value: str) -> str:
    return {"0": _("0 (first)"), "9": _("9 (last)")}.get(value, value)


def _part(value: Tree, name: str) -> str:
    found = value.get(name, "") if isinstance(value, Mapping) else ""
    return found if isinstance(found, str) else ""


def _names(value: Tree) -> list[str]:
    return [each if isinstance(each, str) else one_line(each) for each in value]


def _money(written: str, currency: str) -> str:
    if not _AMOUNT.fullmatch(written):
        return written
    return numbers.money(float(Decimal(written).scaleb(get_currency_precision(currency))), currency)


def _texts(written: str) -> str:
    if not written.isdigit():
        return written
    return ngettext("{count} text", "{count} texts", int(written)).format(count=numbers.count(int(written)))


def _coupon(value: Tree, about: About) -> str:
    worth, valid = _part(value, "value"), _part(value, "valid")
    said = [_money(worth, about.currency)] if worth else []
    return listed([*said, *([_("valid {length}").format(length=length_words(valid))] if valid else [])])


def _spread(value: Tree, _about: About) -> str:
    return _("{texts} a day").format(texts=_texts(_part(value, "per_day")))


def _credit(value: Tree, _about: About) -> str:
    parts = (("reply", _("after a reply")), ("sent", _("after the text")))
    return listed(f"{words} {length_words(_part(value, part))}" for part, words in parts if _part(value, part))


def _repeat(value: Tree, _about: About) -> str:
    parts = (("every", _("every")), ("until", _("until")))
    return listed(f"{words} {length_words(_part(value, part))}" for part, words in parts if _part(value, part))


def _topics(value: Tree, _about: About) -> str:
    if not isinstance(value, Mapping):
        return ""
    return listed(_("{topic} ({day})").format(topic=topic, day=day) for topic, day in value.items())


def _list(value: Tree, _about: About) -> str:
    return listed(_names(list(value.values()))) if isinstance(value, Mapping) else ""


def _cap(value: Tree, _about: About) -> str:
    said = [_texts(_part(value, "messages")) if _part(value, "messages") else ""]
    days = _part(value, "days")
    said.append(_("in {length}").format(length=length_words(days)) if days else "")
    across = {"shop": _("each shop by itself"), "group": _("all shops together")}
    said.append(across.get(_part(value, "across"), ""))
    return listed(filter(None, said))


def _budget(value: Tree, about: About) -> str:
    texts, amount = _part(value, "messages"), _part(value, "amount")
    said = [_texts(texts) if texts else "", _money(amount, about.currency) if amount else ""]
    return _("{limits} a day").format(limits=listed(filter(None, said)))


def _ages(value: Tree, _about: About) -> str:
    if not isinstance(value, Mapping):
        return ""
    return listed(f"{records_word(kind)} {length_words(str(age))}" for kind, age in value.items())


def _closed(value: Tree, _about: About) -> str:
    guards, _problems = checked_guards({"closed_days": value})
    return closed_words(guards.closed_days) if guards is not None else ""


def _audience(value: Tree, about: About) -> str:
    found = audience_in(value, about.currency)
    return filter_words(found, about.currency) if found is not None else ""


def _festivals(value: Tree, _about: About) -> str:
    return listed(spoken_festival(name, current_language()) for name in _names(value))


_OF_WORDS: Mapping[str, Callable[[str], str]] = {
    "enabled": _on_off, "rule": rule_title, "when": _when, "kind": _word_of(KINDS), "success": _word_of(OUTCOMES),
    "review": _word_of(REVIEWS), "first_run": _word_of(FIRST_RUNS), "quiet_hours_zone": _word_of(ZONES),
    "quiet_hours": _quiet, "priority": _priority, "grace": length_words, "late": length_words,
    "lift_window": length_words, "contact_hold": length_words,
    "festivals": lambda value: spoken_festival(value, current_language()),
    "pace": lambda value: _("{units} a second").format(units=value),
}  # fmt: skip
_OF_GROUPS: Mapping[str, Callable[[Tree, About], str]] = {
    "coupon": _coupon, "spread": _spread, "credit": _credit, "repeat": _repeat, "topics": _topics, "list": _list,
    "frequency_cap": _cap, "daily_budget": _budget, "data_max_age": _ages, "closed_days": _closed,
    "audience": _audience, "festivals": _festivals,
}  # fmt: skip
