"""Options several commands share, and how their values are read. A naive moment is refused: nobody knows when it is."""

from __future__ import annotations

import getpass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from notifier.errors import BadInput
from notifier.locale import N_, _, listed

__all__ = [
    "At", "CampaignName", "DryRun", "Json", "ShopKey", "day", "moment", "moment_or_now", "one_of", "path",
    "user_name", "whole_number",
]  # fmt: skip


def moment(text: str) -> datetime:
    """``2026-03-10T10:00+08:00`` → a moment. Raises BadInput for one without zone, or what is no moment."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(N_("--at {value} is no moment; write one like 2026-03-10T10:00+08:00."), value=text) from None
    if found.utcoffset() is None:
        raise BadInput(
            N_("--at {value} has no time zone; write one behind it, like {value}+08:00 or {value}Z."), value=text
        )
    if not 2000 <= found.year <= 2100:
        raise BadInput(N_("--at {value} is no time this shop lives in; give a year from 2000 to 2100."), value=text)
    return found


def moment_or_now(at: datetime | None) -> datetime:
    """Business time: what was given, else the clock."""
    return at or datetime.now(UTC)


def day(text: str) -> date:
    """``2026-03-10`` → a day, of the years `moment` takes: reports count days back and ahead from it."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(_("{value} is no day; write it like 2026-03-10.").format(value=text)) from None
    if not 2000 <= found.year <= 2100:
        sentence = _("{value} is no day this shop lives in; give a year from 2000 to 2100.")
        raise typer.BadParameter(sentence.format(value=text))
    return found


def whole_number(text: str | int) -> int:
    """``12`` → 12; Typer hands an option's default through here as well."""
    if not str(text).strip().isdecimal() or int(text) >= 2**63:
        raise typer.BadParameter(_("{value} is no whole number.").format(value=text))
    return int(text)


def path(text: str | Path) -> Path:
    """A file's name; Typer hands an option's default through here as well."""
    if not str(text).strip():
        raise typer.BadParameter(_("A file needs a name."))
    return Path(text).expanduser()


def one_of(value: str, known: tuple[str, ...]) -> str:
    """`value`, one of the words `known`."""
    if value not in known:
        raise typer.BadParameter(_("{value} is none of {known}.").format(value=value, known=listed(known)))
    return value


def user_name() -> str:
    """Who is at the keyboard, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "cli"


At = Annotated[
    datetime | None,
    typer.Option(
        "--at", metavar="ISO", parser=moment,
        help=N_("business time, a moment with its zone such as 2026-03-10T10:00+08:00; left out: now"),
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help=N_("one JSON object on stdout, for programs (docs/json.md)"))]
CampaignName = Annotated[str | None, typer.Option("--campaign", metavar="NAME", help=N_("only this campaign"))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=N_("say what would be done, and keep nothing"))]
ShopKey = Annotated[
    str | None,
    typer.Option("--shop", metavar="KEY", help=N_("of a group of shops: which one, by its key in schedules.yaml")),
]
