"""`notifier report`: the figures, on the terminal or as a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import choose_shop, first_shop, open_house
from notifier.cli.options import At, CampaignName, ShopKey, day, moment_or_now, one_of, path
from notifier.cli.report_calls import call_list_pages
from notifier.cli.report_due import due_list_pages
from notifier.cli.report_pages import Pages
from notifier.cli.report_quality import quality_of, quality_pages
from notifier.cli.report_worklist import worklist_of, worklist_pages
from notifier.cli.terminal import say, stdout
from notifier.errors import BadInput, NotFound, Refused
from notifier.locale import N_, WhenShown, _, listed
from notifier.locale.system import system_words

if TYPE_CHECKING:
    from notifier.reports.accuracy import AccuracyReport
    from notifier.reports.campaigns import ReportShop
    from notifier.reports.figures import CampaignReport
    from notifier.reports.variants import VariantReport
    from notifier.store.engine import Session
    from notifier.wiring import House

__all__ = ["accuracy_of", "report_command", "report_of"]

REPORTS = ("campaigns", "accuracy", "quality", "due_list", "worklist", "variants", "call_list")
FORMATS = ("table", "json", "csv", "xlsx")
ENDINGS = {".txt": "table", ".json": "json", ".csv": "csv", ".xlsx": "xlsx"}

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help=N_(
            "which report: campaigns (the summary), accuracy (of the service prediction), quality (of the records), "
            "due_list (what falls due next month), worklist (whom clerks call), variants (texts under comparison), "
            "call_list (whom of a recall or warning no text reaches)"
        ),
    ),
]
First = Annotated[
    date | None,
    typer.Option(
        "--from", metavar="D", parser=day,
        help=N_("first day; left out: 1 January of this year, for due_list the first of next month"),
    ),
]  # fmt: skip
Last = Annotated[
    date | None, typer.Option("--to", metavar="D", parser=day, help=N_("last day; left out: 31 December of that year"))
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="table|json|csv|xlsx",
        help=N_("how it is written; left out: as the ending of --out says, else a table"),
    ),
]  # fmt: skip
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", parser=path, help=N_("write it to this file"))]


def report_command(
    name: Name = "campaigns",
    *,
    at: At = None,
    campaign: CampaignName = None,
    first: First = None,
    last: Last = None,
    shop: ShopKey = None,
    written: Format = None,
    out: Out = None,
) -> None:
    """Show or write a report."""
    written_as = format_of(written, out)
    _raise_if_options_do_not_fit(name, campaign, first, last)
    with open_house(makes_database=False) as house:
        choose_shop(house, shop)
        now = moment_or_now(at)
        if name == "accuracy":
            pages = _accuracy_pages(accuracy_of(house, now, first, last))
        elif name == "quality":
            pages = _quality_pages(house, now)
        elif name == "due_list":
            pages = _due_pages(house, now, first, last)
        elif name == "variants":
            pages = _variant_pages(variants_of(house, now, campaign, first, last))
        elif name == "call_list":
            pages = _call_pages(house, now, campaign)
        elif name == "worklist":
            with house.store.read() as session:
                here = _shop_of(house, session)
            pages = worklist_pages(worklist_of(house, here, now, campaign, (first, last)))
        else:
            pages = _campaign_pages(report_of(house, now, campaign, first, last))
        if written_as == "table" and out is None:
            pages.show(stdout())
        else:
            _write(pages.content(written_as), out, written_as)


def _raise_if_options_do_not_fit(name: str, campaign: str | None, first: date | None, last: date | None) -> None:
    if name not in REPORTS:
        raise NotFound(N_("There is no report {name}; there is {known}."), name=name, known=listed(REPORTS))
    if name not in ("campaigns", "worklist", "variants", "call_list") and campaign:
        raise BadInput(N_("The report {name} is that of no campaign; leave --campaign out."), name=name)
    if name == "quality" and (first or last):
        raise BadInput(N_("The quality of the records is that of today; leave --from and --to out."))


def _due_pages(house: House, now: datetime, first: date | None, last: date | None) -> Pages:
    with house.store.read() as session:
        shop = _shop_of(house, session)
    return due_list_pages(house, shop, now, first, last)


def _call_pages(house: House, now: datetime, campaign: str | None) -> Pages:
    with house.store.read() as session:
        shop = _shop_of(house, session)
    return call_list_pages(house, shop, now, campaign)


def format_of(written_as: str | None, out: Path | None) -> str:
    """How a report is written: as asked for, else as the ending of its file says. Raises BadInput where they differ."""
    if written_as is not None:
        one_of(written_as, FORMATS)
    if out is None:
        return written_as or "table"
    by_ending = ENDINGS.get(out.suffix.lower())
    if written_as is None and by_ending is None:
        raise BadInput(
            N_("--out {file} does not say how the report is to be written; end it with one of {endings}, or add "
               "--format."),
            file=str(out),
            endings=WhenShown(lambda: listed(ENDINGS)),
        )  # fmt: skip
    if written_as is not None and by_ending not in (None, written_as):
        raise BadInput(
            N_("--format {format} does not fit --out {file}; leave --format out, or give the file another ending."),
            format=written_as,
            file=str(out),
        )
    return written_as or by_ending or "table"


def _quality_pages(house: House, now: datetime) -> Pages:
    with house.store.read() as session:
        shop = _shop_of(house, session)
    return quality_pages(house, quality_of(house, shop, now))


def _campaign_pages(report: CampaignReport) -> Pages:
    from notifier.reports.render_csv import campaigns_csv
    from notifier.reports.render_json import campaigns_json
    from notifier.reports.render_terminal import print_campaigns
    from notifier.reports.render_xlsx import campaigns_xlsx

    return Pages(
        lambda console: print_campaigns(console, report),
        {
            "json": lambda: campaigns_json(report),
            "csv": lambda: campaigns_csv(report),
            "xlsx": lambda: campaigns_xlsx(report),
        },
    )


def _accuracy_pages(report: AccuracyReport) -> Pages:
    from notifier.reports import render_accuracy as render

    return Pages(
        lambda console: render.print_accuracy(console, report),
        {
            "json": lambda: render.accuracy_json(report),
            "csv": lambda: render.accuracy_csv(report),
            "xlsx": lambda: render.accuracy_xlsx(report),
        },
    )


def report_of(
    house: House, now: datetime, campaign: str | None, first: date | None, last: date | None
) -> CampaignReport:
    """The summary of all campaigns, or of one, as of `now`; days left out are the year's first and last."""
    from notifier.reports.campaigns import report_campaign
    from notifier.reports.figures import campaign_report

    chosen = [house.schedules.campaign(campaign)] if campaign else house.schedules.campaigns
    today, from_day, to_day = _days(house, now, first, last)
    with house.store.read() as session:
        found = campaign_report(
            session, shop=_shop_of(house, session), campaigns=[report_campaign(each) for each in chosen],
            today=today, from_day=from_day, to_day=to_day,
        )  # fmt: skip
    if campaign:
        return found
    # What is switched off and has done nothing in these days is no news; asked for by name, it says so.
    off = {each.id for each in chosen if not each.enabled}
    rows = tuple(
        row for row in found.rows
        if row.campaign.id not in off or row.enrolled.total or row.messages.sent or row.credit.outcomes
    )  # fmt: skip
    return replace(found, rows=rows)


def variants_of(
    house: House, now: datetime, campaign: str | None, first: date | None, last: date | None
) -> VariantReport:
    """The texts under comparison of all campaigns, or of one, as of `now`."""
    from notifier.reports.campaigns import report_campaign
    from notifier.reports.variants import variant_report

    chosen = [house.schedules.campaign(campaign)] if campaign else house.schedules.campaigns
    today, from_day, to_day = _days(house, now, first, last)
    with house.store.read() as session:
        rows = [(report_campaign(each), each.variants) for each in chosen]
        return variant_report(session, _shop_of(house, session), rows, from_day, to_day, today)


def _variant_pages(report: VariantReport) -> Pages:
    from notifier.reports import render_variants as render

    return Pages(
        lambda console: render.print_variants(console, report),
        {
            "json": lambda: render.variants_json(report),
            "csv": lambda: render.variants_csv(report),
            "xlsx": lambda: render.variants_xlsx(report),
        },
    )


def accuracy_of(house: House, now: datetime, first: date | None, last: date | None) -> AccuracyReport:
    """How near the service prediction came, of the visits of these days; left out, they are the year's."""
    from notifier.reports.accuracy import accuracy_report

    today, from_day, to_day = _days(house, now, first, last)
    with house.store.read() as session:
        shop = _shop_of(house, session)
        return accuracy_report(session, shop=shop, today=today, from_day=from_day, to_day=to_day)


def _days(house: House, now: datetime, first: date | None, last: date | None) -> tuple[date, date, date]:
    """The shop's day, and the first and last day reported."""
    today = now.astimezone(first_shop(house).zone).date()
    from_day = first or date((last or today).year, 1, 1)
    to_day = last or date(from_day.year, 12, 31)
    if from_day > to_day:
        raise BadInput(N_("--from {first} is after --to {last}; exchange them."), first=from_day, last=to_day)
    return today, from_day, to_day


def _shop_of(house: House, session: Session) -> ReportShop:
    from notifier.reports.campaigns import ReportShop
    from notifier.store.shops import find_shop

    shop = first_shop(house)
    shop_id = find_shop(session, shop.key)
    if shop_id is None:
        raise Refused(N_("There is nothing to report yet: import customers first (notifier import customers FILE)."))
    return ReportShop(shop_id, shop.name, shop.zone.key, shop.currency)


def _write(content: bytes, out: Path | None, written_as: str) -> None:
    if out is None:
        if written_as == "xlsx" and sys.stdout.isatty():
            raise BadInput(N_("A workbook is no text for a terminal; name a file: --out report.xlsx."))
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise BadInput(
            N_("The report cannot be written to {file} ({detail}). Choose a folder that exists and has room."),
            file=str(out),
            detail=system_words(error),
        ) from error
    if written_as != "json":
        say(_("Written to {file}.").format(file=out))
