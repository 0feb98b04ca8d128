"""The cards of a campaign's page: its touches on a line, its settings in words, coming runs, the last 30 days."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from nicegui import ui

from notifier.domain.cycles import Offset, Stage
from notifier.jobs.campaigns import CampaignLook
from notifier.locale import _
from notifier.reports import numbers
from notifier.reports.campaign_words import clauses_of
from notifier.schedules import Campaign
from notifier.schedules.stage_words import offset_words
from notifier.web.console.campaigns.foresight import Foreseen
from notifier.web.console.campaigns.parts import expected_words, moment_words
from notifier.web.console.desk import Desk

__all__ = ["figures_card", "next_runs_card", "touches_card", "words_card"]

DAY_ITSELF = Offset()


def touches_card(desk: Desk, campaign: Campaign, titles: Mapping[str, str]) -> None:
    """The touches in order of time on a line, each with its wordings. `titles`: template → what it is called."""
    with ui.element("section").classes("card"):
        _heading(_("Reminders"))
        offsets = [stage.offset for stage in campaign.stages]
        with ui.element("ol").classes("touches"):
            starts_after = all(offset != DAY_ITSELF and not _is_before(offset) for offset in offsets)
            if starts_after:
                _day_itself(campaign)
            for stage in campaign.stages:
                _touch(desk, campaign, stage, titles)
            if all(map(_is_before, offsets)):
                _day_itself(campaign)


def _touch(desk: Desk, campaign: Campaign, stage: Stage, titles: Mapping[str, str]) -> None:
    with ui.element("li").classes("touch"):
        ui.label(offset_words(campaign, stage.offset)).classes("strong")
        with ui.element("div").classes("row-of"):
            compared: Mapping[str, str] = campaign.variants.get(stage.name) or {"": campaign.templates[stage.name]}
            for variant, name in compared.items():
                address = f"/templates/{quote(desk.shop.language, safe='')}/{quote(name, safe='')}"
                title = titles.get(name, name)
                ui.link(f"{variant}: {title}" if variant else title, address).classes("small")


def _day_itself(campaign: Campaign) -> None:
    """Where the line begins or ends: the day all touches are counted from."""
    with ui.element("li").classes("touch is-due"):
        ui.label(offset_words(campaign, DAY_ITSELF)).classes("quiet")


def _is_before(offset: Offset) -> bool:
    return not offset.months and offset.days < 0


def words_card(desk: Desk, campaign: Campaign, known: Foreseen | None) -> None:
    """Every setting in words, then the shop's guards as they apply to it."""
    is_cost_known = known is not None and campaign.id in known.figures
    cost = known.cost(campaign.id) if known else None
    clauses = clauses_of(campaign, desk.schedules, cost, is_cost_known=is_cost_known)
    with ui.element("section").classes("card"):
        _heading(_("In words"))
        _clauses([(each.title, each.words, each.aside) for each in clauses if not each.is_guard and
                  each.topic != "stages"] + [(_("In files and commands"), campaign.key, "")])  # fmt: skip
        with ui.element("h3"):
            ui.label(_("What holds its texts back, as in the whole shop"))
        _clauses([(each.title, each.words, each.aside) for each in clauses if each.is_guard])


def _clauses(clauses: list[tuple[str, str, str]]) -> None:
    """(title, words, what stands quietly below them) each."""
    with ui.element("dl").classes("clauses"):
        for title, words, aside in clauses:
            with ui.element("dt"):
                ui.label(title)
            with ui.element("dd"):
                ui.label(words).classes("wrap-any")
                if aside:
                    ui.label(aside).classes("quiet small")


def next_runs_card(desk: Desk, look: CampaignLook, known: Foreseen | None) -> None:
    """The coming runs, with how many texts each will about be once that is known."""
    with ui.element("section").classes("card"):
        _heading(_("Next runs"))
        late = known.late(look.campaign.key, desk.now()) if known else None
        with ui.element("ul").classes("plain next-runs"):
            if late is not None:
                _run(_("due since {moment}").format(moment=moment_words(late.due_at, desk.zone)), expected_words(late))
            for due_at in look.next_runs:
                expected = known.expected(look.campaign.key, due_at) if known else None
                _run(moment_words(due_at, desk.zone), expected_words(expected))
        if known is None:
            ui.label(_("How many texts each will be is being worked out …")).classes("quiet small")
        else:
            ui.label(
                _("Estimates without frequency cap and budget, which depend on what else is sent until then.")
            ).classes("quiet small")


def _run(moment: str, expected: str) -> None:
    with ui.element("li"):
        ui.label(moment)
        ui.label(expected or "–").classes("quiet")


def figures_card(desk: Desk, campaign: Campaign, known: Foreseen | None) -> None:
    """What its texts of the last 30 days came to."""
    with ui.element("section").classes("card"):
        _heading(_("Last 30 days"))
        figures = known.figures.get(campaign.id) if known else None
        if figures is None:
            ui.label(_("Being counted …") if known is None else _("Nothing yet.")).classes("quiet")
            return
        came = _("Renewals credited") if campaign.success == "renewal" else _("Visits credited")
        titles = {
            "sent": _("Sent"), "delivered": _("Delivered"), "replied": _("Replied"), "opted_out": _("Opted out"),
            "came": came,
        }  # fmt: skip
        with ui.element("dl").classes("figures"):
            for name, title in titles.items():
                _figure(title, numbers.count(figures[name]))
            if figures["came_minor"]:
                _figure(_("Brought in"), numbers.money(figures["came_minor"], desk.shop.currency))


def _figure(title: str, words: str) -> None:
    with ui.element("div"):
        with ui.element("dt"):
            ui.label(title)
        with ui.element("dd"):
            ui.label(words)


def _heading(words: str) -> None:
    with ui.element("h2"):
        ui.label(words)
