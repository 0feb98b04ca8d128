"""`notifier schedules next` on the terminal: the coming runs, then what they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from notifier.cli.terminal import say, show
from notifier.locale import _, ngettext
from notifier.reports.tables import table
from notifier.reports.titles import Titles

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.jobs.forecast import ComingRun, Forecast, Total
    from notifier.schedules import Schedules

__all__ = ["print_forecast"]

NOTHING = "–"
ABOUT = "~"


def print_forecast(found: Forecast, schedules: Schedules) -> None:
    """One line a run that has texts; where they leave later than it plans them, when."""
    has_shops, titles = schedules.is_group, Titles(schedules.campaigns)
    currencies = {shop.currency for shop in schedules.shops}
    if not all(map(_is_empty, found.runs)):
        show(_runs(found, schedules, titles, currencies))
    if empty := sum(map(_is_empty, found.runs)):
        say(ngettext("{count} run is not listed: nobody is due.", "{count} runs are not listed: nobody is due.", empty)
            .format(count=empty))  # fmt: skip
    if any(run.total for run in found.runs):
        say("")
        show(_campaigns(found, titles, has_shops=has_shops, currencies=currencies))
        say("")
        show(_weeks(found, has_shops=has_shops, currencies=currencies))
    say("", *_remarks(found, titles))


def _runs(found: Forecast, schedules: Schedules, titles: Titles, currencies: set[str]) -> Table:
    has_shops, zones = schedules.is_group, {shop.key: shop.zone for shop in schedules.shops}
    is_moved = any(run.goes_from > run.due_at for run in found.runs)
    headings = [_("When"), *([_("Shop")] if has_shops else []), _("Campaign"), _("Texts"), _("Segments"),
                _cost(currencies), *([_("Goes out from")] if is_moved else [])]  # fmt: skip
    first = len(headings) - 3 - is_moved
    made = table(*headings, right=(first, first + 1, first + 2))
    for run in found.runs:
        if _is_empty(run):
            continue
        zone = zones[run.shop]
        moved = f"{run.goes_from.astimezone(zone):%m-%d %H:%M}" if run.goes_from > run.due_at else ""
        made.add_row(
            f"{run.due_at.astimezone(zone):%Y-%m-%d %H:%M}", *([run.shop] if has_shops else []),
            titles.of_key(run.campaign), *_figures(run, currencies), *([moved] if is_moved else []),
        )  # fmt: skip
    return made


def _is_empty(run: ComingRun) -> bool:
    """A month of daily campaigns is a page of noughts otherwise; an estimate of nothing is listed, it may be wrong."""
    return run.total is not None and not run.is_about and round(run.total.texts) == 0


def _cost(currencies: set[str]) -> str:
    return _("Cost ({currency})").format(currency=min(currencies)) if len(currencies) == 1 else _("Cost")


def _figures(run: ComingRun, currencies: set[str]) -> tuple[str, str, str]:
    if run.total is None:
        return NOTHING, NOTHING, NOTHING
    return _counted(run.total, run.currency, currencies, about=ABOUT if run.is_about else "")


def _counted(total: Total, currency: str, currencies: set[str], *, about: str = "") -> tuple[str, str, str]:
    unit = "" if len(currencies) == 1 else f" {currency}"
    cost = f"{about}{total.cost_micros / 1_000_000:,.2f}{unit}"
    return f"{about}{round(total.texts):,}", f"{about}{round(total.segments):,}", cost


def _campaigns(found: Forecast, titles: Titles, *, has_shops: bool, currencies: set[str]) -> Table:
    names = [*([_("Shop")] if has_shops else []), _("Campaign")]
    made = table(*names, _("Runs"), _("Texts"), _("Segments"), _cost(currencies),
                 right=tuple(range(len(names), len(names) + 4)))  # fmt: skip
    for (shop, campaign, currency), total in found.by_campaign().items():
        runs = [run for run in found.runs if (run.shop, run.campaign) == (shop, campaign)]
        about = ABOUT if any(run.is_about for run in runs) else ""
        figures = _counted(total, currency, currencies, about=about)
        made.add_row(*([shop] if has_shops else []), titles.of_key(campaign), str(len(runs)), *figures)
    return made


def _weeks(found: Forecast, *, has_shops: bool, currencies: set[str]) -> Table:
    names = [*([_("Shop")] if has_shops else []), _("Week from")]
    made = table(*names, _("Texts"), _("Segments"), _cost(currencies), right=tuple(range(len(names), len(names) + 3)))
    about = ABOUT if any(run.is_about for run in found.runs) else ""
    for (shop, monday, currency), total in sorted(found.by_week().items(), key=lambda item: item[0][1::-1]):
        figures = _counted(total, currency, currencies, about=about)
        made.add_row(*([shop] if has_shops else []), str(date.fromisoformat(monday)), *figures)
    return made


def _remarks(found: Forecast, titles: Titles) -> Iterator[str]:
    from notifier.jobs.reasons import short_words

    yield from map(str, found.problems)
    for (shop, key), reason in found.waits.items():
        if reason == "paused":
            campaign = titles.of_key(key)
            yield _("{campaign} waits: {reason}. Mend: {mend}").format(
                campaign=f"{shop}: {campaign}" if found.is_group else campaign, reason=short_words(reason),
                mend=f"notifier campaigns resume {key}",
            )  # fmt: skip
    if any(run.is_about for run in found.runs):
        yield _("~ is an estimate from a sample.")
    if any(run.total is None for run in found.runs):
        yield _("– means that nobody can tell: import customers first (notifier import customers FILE).")
    yield _(
        "Expected is what is due by today's records, after consent, stops, cars and answers. The frequency cap and "
        "the daily budget may put some off; visits, renewals and replies until then take some away."
    )
