"""What a dry run came to, drawn: from all who are open today down to those who get a text, a step a guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nicegui import ui

from notifier.jobs.reasons import PHONE_WORDS, detail_words, short_words, unknown_words
from notifier.jobs.walk import TITLES
from notifier.locale import N_, _, ngettext
from notifier.reports import numbers
from notifier.reports.campaign_words import campaign_line
from notifier.schedules import Campaign
from notifier.schedules.stage_words import event_words, touch_words
from notifier.web.console.desk import Desk

__all__ = ["show_funnel"]

VERDICTS: Mapping[str, tuple[str, str]] = {
    "excluded": ("bad", N_("left out")),
    "deferred": ("warn", N_("put off")),
    "withheld": ("info", N_("withheld")),
    "planned": ("good", N_("gets a text")),
}
ABOUT: Mapping[str, str] = {
    "excluded": N_("Left out for good: waiting would not help."),
    "deferred": N_("Put off: the next run looks at them again while their reminder is open."),
    "withheld": N_("In a control group: they get no text, so that one can see what the texts bring."),
    "planned": N_("Their texts would be planned."),
}


@dataclass(frozen=True, slots=True)
class Where:
    """At whose desk, of which campaign."""

    desk: Desk
    campaign: Campaign


def show_funnel(desk: Desk, campaign: Campaign, document: Mapping[str, Any]) -> None:
    """The summary, the steps, and behind each the people."""
    where = Where(desk, campaign)
    _summary(desk, campaign, document)
    if document["waits"]:
        reason = document["waits_for"] or short_words(document["waits"])
        sentence = _("The run would wait for newer records, so nobody was looked at: {reason}.")
        ui.label(sentence.format(reason=reason)).classes("note warn wrap-any").props("role=status")
        return
    if not document["touches"]:
        nobody = _("On {day} nobody is to get this text who has not had it already.")
        ui.label(nobody.format(day=_day(desk, document))).classes("card empty")
        return
    with ui.element("section").classes("card flush funnel"):
        _begin(desk, document)
        before = document["touches"]
        for step in document["steps"]:
            _step(where, step, before, document["touches"])
            before = step["left"]
        _rest(where, document)


def _summary(desk: Desk, campaign: Campaign, document: Mapping[str, Any]) -> None:
    moment = datetime.fromisoformat(document["at"]).astimezone(desk.zone)
    plan = document["plan"]
    figures = (
        (_("Texts"), numbers.count(document["texts"])),
        (_("Withheld"), numbers.count(document["withheld"])),
        (_("Left out"), numbers.count(sum(plan["excluded"].values()))),
        (_("Put off"), numbers.count(sum(plan["deferred"].values()))),
        (_("Segments"), numbers.count(document["segments"])),
        (_("Cost"), numbers.money_micros(document["cost_micros"], desk.shop.currency)),
    )
    with ui.element("section").classes("card"):
        with ui.element("div").classes("row-of"), ui.element("h2"):
            ui.label(_("A run on {moment}").format(moment=f"{moment:%Y-%m-%d %H:%M}"))
        ui.label(campaign_line(campaign, desk.schedules)).classes("quiet small")
        with ui.element("dl").classes("figures"):
            for title, words in figures:
                with ui.element("div"):
                    with ui.element("dt"):
                        ui.label(title)
                    with ui.element("dd"):
                        ui.label(words)


def _day(desk: Desk, document: Mapping[str, Any]) -> str:
    """Of the run that is tried, which need not be today's."""
    return numbers.day(datetime.fromisoformat(document["at"]).astimezone(desk.zone).date())


def _begin(desk: Desk, document: Mapping[str, Any]) -> None:
    audience, day = document["audience"], _day(desk, document)
    if audience:
        _line(_("Due by the rule ({day})").format(day=day), audience["due"])
        _line(_("Left by the audience"), audience["left"])
    _line(_("Open and without this text so far ({day})").format(day=day), document["touches"])


def _line(title: str, count: int) -> None:
    with ui.element("div").classes("funnel-line"):
        ui.label(title).classes("strong")
        ui.label(numbers.count(count)).classes("number strong")


def _step(where: Where, step: Mapping[str, Any], before: int, total: int) -> None:
    title = _("List") if step["guard"] == "list" else _(TITLES[step["guard"]])
    with ui.element("div").classes("funnel-step") as row:
        row.props["data-guard"] = step["guard"]
        with ui.element("div").classes("funnel-line"):
            ui.label(title).classes("strong")
            ui.label(_("−{count}").format(count=numbers.count(step["count"]))).classes("funnel-minus number")
            ui.label(_("{count} left").format(count=numbers.count(step["left"]))).classes("number")
        _bar(step["left"], before, total)
        for each in step["reasons"]:
            _reason(where, each)


def _bar(left: int, before: int, total: int) -> None:
    bar = ui.element("div").classes("funnel-bar").props("aria-hidden=true")
    bar.style(f"--left: {left / total:.4f}; --before: {before / total:.4f}")


def _reason(where: Where, behind: Mapping[str, Any]) -> None:
    look, word = VERDICTS[behind["verdict"]]
    words = f"{short_words(behind['reason'])} · {numbers.count(behind['count'])}"
    with ui.expansion().classes("funnel-people").props("dense dense-toggle switch-toggle-side") as opened:
        opened.props["data-reason"] = behind["reason"]
        opened.props["data-count"] = behind["count"]
        with opened.add_slot("header"), ui.element("div").classes("row-of"):
            ui.label(words)
            ui.label(_(word)).classes(f"tag {look}")
        place = ui.element("div").classes("stack")
    _fill_when_opened(where, opened, place, behind)


def _rest(where: Where, document: Mapping[str, Any]) -> None:
    kept, texts = document["kept"], document["texts"]
    with ui.element("div").classes("funnel-step is-end") as row:
        row.props["data-guard"] = "texts"
        with ui.element("div").classes("funnel-line"):
            ui.label(_("Get a text")).classes("strong")
            said = ngettext("{count} text", "{count} texts", texts)
            ui.label(said.format(count=numbers.count(texts))).classes("number strong")
        if kept["count"] > texts:
            said = _("{touches} cars in {texts} texts: several cars of one owner share one.")
            words = said.format(touches=numbers.count(kept["count"]), texts=numbers.count(texts))
            ui.label(words).classes("quiet small")
        if kept["count"]:
            _reason_of_texts(where, kept)


def _reason_of_texts(where: Where, kept: Mapping[str, Any]) -> None:
    with ui.expansion().classes("funnel-people").props("dense dense-toggle switch-toggle-side") as opened:
        with opened.add_slot("header"):
            ui.label(_("Who, and what they would read"))
        place = ui.element("div").classes("stack")
    _fill_when_opened(where, opened, place, kept)


def _fill_when_opened(where: Where, opened: ui.expansion, place: ui.element, behind: Mapping[str, Any]) -> None:
    """People are drawn only once somebody asks for them: a funnel may have thousands."""

    def fill() -> None:
        if opened.value and not place.default_slot.children:
            with place:
                _people(where, behind)

    opened.on_value_change(fill)


def _people(where: Where, behind: Mapping[str, Any]) -> None:
    ui.label(_(ABOUT[behind["verdict"]])).classes("quiet small")
    with ui.element("ul").classes("plain people"):
        for person in behind["people"]:
            with ui.element("li"):
                if "customer" in person:
                    _person(where, person, behind["reason"])
                else:
                    _unknown(person)
    rest = behind["count"] - len(behind["people"])
    if rest:
        ui.label(_("and {count} more").format(count=numbers.count(rest))).classes("quiet")


def _person(where: Where, person: Mapping[str, Any], reason: str) -> None:
    with ui.element("div").classes("row-of"):
        ui.link(person["name"] or _("no name"), f"/customers/{person['customer']}")
        for word in _facts(where.campaign, person):
            ui.label(word).classes("quiet small")
        if detail := _detail(person, reason):
            ui.label(detail).classes("small")
        if person["goes_from"]:
            moment = datetime.fromisoformat(person["goes_from"]).astimezone(where.desk.zone)
            ui.label(_("goes out from {moment}").format(moment=f"{moment:%m-%d %H:%M}")).classes("small")
    if person["text"]:
        ui.label(person["text"]).classes("wrap-any small funnel-text")


def _facts(campaign: Campaign, person: Mapping[str, Any]) -> Sequence[str]:
    stage = touch_words(campaign, person["stage"])
    due_on = numbers.day(date.fromisoformat(person["due_on"]))
    counted_from = _("{event}: {day}").format(event=event_words(campaign), day=due_on)
    return [word for word in (person["phone"], person["plate"], stage, counted_from) if word]


def _detail(person: Mapping[str, Any], reason: str) -> str | None:
    known = PHONE_WORDS.get(person["detail"] or "") if reason == "unreachable" else None
    return _(known) if known else detail_words(reason, person["detail"])


def _unknown(row: Mapping[str, Any]) -> None:
    said = _("line {line}: {value}, {why}")
    words = said.format(line=row["line"], value=row["value"], why=unknown_words(row["detail"]))
    ui.label(words).classes("small")
