"""`notifier report`: the figures, on the terminal or as a file."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import At, CampaignName, day, moment_or_now, one_of, path
from notifier.cli.terminal import say, stdout
from notifier.cli.titles import campaign_title
from notifier.errors import BadInput, NotFound, Refused
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.reports.campaigns import ReportCampaign
    from notifier.reports.figures import CampaignReport
    from notifier.schedules import Campaign
    from notifier.wiring import House

__all__ = ["report_command", "report_of"]

REPORTS = ("campaigns",)
FORMATS = ("table", "json", "csv", "xlsx")

Name = Annotated[str, typer.Argument(metavar="NAME", help=N_("which report; campaigns is the summary"))]
First = Annotated[
    date | None,
    typer.Option("--from", metavar="D", parser=day, help=N_("first day; left out: 1 January of this year")),
]
Last = Annotated[
    date | None, typer.Option("--to", metavar="D", parser=day, help=N_("last day; left out: 31 December of that year"))
]
Format = Annotated[str, typer.Option("--format", metavar="table|json|csv|xlsx", help=N_("how it is written"))]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", parser=path, help=N_("write it to this file"))]


def report_command(
    name: Name = "campaigns",
    *,
    at: At = None,
    campaign: CampaignName = None,
    first: First = None,
    last: Last = None,
    written_as: Format = "table",
    out: Out = None,
) -> None:
    """Show or write a report."""
    one_of(written_as, FORMATS)
    if name not in REPORTS:
        raise NotFound(N_("There is no report {name}; there is {known}."), name=name, known=", ".join(REPORTS))
    with open_house() as house:
        report = report_of(house, moment_or_now(at), campaign, first, last)
        if written_as == "table" and out is None:
            from notifier.reports.render_terminal import print_campaigns

            print_campaigns(stdout(), report)
        else:
            _write(_content(report, written_as), out, written_as)


def report_of(
    house: House, now: datetime, campaign: str | None, first: date | None, last: date | None
) -> CampaignReport:
    """The summary of all campaigns, or of one, as of `now`; days left out are the year's first and last."""
    from notifier.reports.campaigns import ReportShop
    from notifier.reports.figures import campaign_report
    from notifier.store.shops import find_shop

    shop, schedules = first_shop(house), house.schedules
    today = now.astimezone(shop.zone).date()
    from_day = first or date((last or today).year, 1, 1)
    to_day = last or date(from_day.year, 12, 31)
    if from_day > to_day:
        raise BadInput(N_("--from {first} is after --to {last}; exchange them."), first=from_day, last=to_day)
    chosen = [schedules.campaign(campaign)] if campaign else schedules.campaigns
    with house.store.read() as session:
        shop_id = find_shop(session, shop.key)
        if shop_id is None:
            raise Refused(
                N_("There is nothing to report yet: import customers first (notifier import customers FILE).")
            )
        return campaign_report(
            session,
            shop=ReportShop(shop_id, shop.name, shop.zone.key, shop.currency),
            campaigns=[_row_of(each) for each in chosen],
            today=today,
            from_day=from_day,
            to_day=to_day,
        )


def _row_of(campaign: Campaign) -> ReportCampaign:
    from notifier.reports.campaigns import ReportCampaign

    return ReportCampaign(
        id=campaign.id, key=campaign.key, title=campaign_title(campaign.key), kind=campaign.kind.value,
        success=campaign.success, control_bp=campaign.control_bp, lift_window_days=campaign.lift_window_days,
        credit_reply_days=campaign.credit.reply_days, credit_sent_days=campaign.credit.sent_days,
    )  # fmt: skip


def _content(report: CampaignReport, written_as: str) -> bytes:
    """The whole file."""
    if written_as == "json":
        from notifier.reports.render_json import campaigns_json

        return f"{campaigns_json(report)}\n".encode()
    if written_as == "csv":
        from notifier.reports.render_csv import campaigns_csv

        return campaigns_csv(report)
    if written_as == "xlsx":
        from notifier.reports.render_xlsx import campaigns_xlsx

        return campaigns_xlsx(report)
    return _page(report)


def _page(report: CampaignReport) -> bytes:
    """The terminal's page as text."""
    import io

    from rich.console import Console

    from notifier.reports.render_terminal import print_campaigns

    page = io.StringIO()
    print_campaigns(Console(file=page, width=100, markup=False, highlight=False, emoji=False), report)
    return page.getvalue().encode()


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
            detail=error.strerror or type(error).__name__,
        ) from error
    if written_as != "json":
        say(_("Written to {file}.").format(file=out))
