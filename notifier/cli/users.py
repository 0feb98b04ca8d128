"""`notifier users …`: who may sign in at the console, from the server's own keyboard."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import one_of, user_name
from notifier.cli.terminal import remark, say, show
from notifier.domain.roles import Role as RoleOf
from notifier.errors import BadInput
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.store.audit import Actor
    from notifier.store.users import UserRow
    from notifier.wiring import House

__all__ = ["add_command", "end_command", "link_command", "list_command"]

ROLES = tuple(str(role) for role in RoleOf)

Name = Annotated[str, typer.Argument(metavar="NAME", help=N_("the person's name, with which they sign in"))]
Role = Annotated[
    str,
    typer.Option("--role", metavar="ROLE", parser=lambda text: one_of(text, ROLES),
                 help=N_("owner, manager, marketing or reader: docs/console.md says who may do what")),
]  # fmt: skip
Shop = Annotated[
    str | None,
    typer.Option("--shop", metavar="KEY", help=N_("only this shop of a group; left out: every shop")),
]
ByLink = Annotated[bool, typer.Option("--link", help=N_("print a one-time link with which they choose a password"))]
Stdin = Annotated[bool, typer.Option("--password-stdin", help=N_("read the password from the first line of stdin"))]


def add_command(name: Name, role: Role, shop: Shop = None, link: ByLink = False, password_stdin: Stdin = False) -> None:
    """Let somebody in. Asks for a password on a terminal, unless they choose it themselves by a link."""
    from notifier.jobs.passwords import hashed, raise_if_password_is_weak
    from notifier.jobs.staff import add_user

    if link and password_stdin:
        raise typer.BadParameter(_("--link and --password-stdin are two ways to a password; take one."))
    with open_house() as house:
        shop_id = _shop_id(house, shop)
        password = None if link else _password(is_piped=password_stdin)
        if password is not None:
            raise_if_password_is_weak(password, name)
        kept = hashed(password) if password is not None else None
        with house.store.write() as session:
            user = add_user(session, name, role, shop_id, by=_actor(), now=datetime.now(UTC), password_hash=kept)
        say(_("{name} may sign in now.").format(name=user.name))
        if link:
            _print_link(house, user)


def list_command() -> None:
    """Everybody, those who may not sign in any more at the end."""
    from notifier.reports.role_words import role_word
    from notifier.reports.tables import table
    from notifier.store.shops import shop_keys
    from notifier.store.users import last_seen, users

    with open_house(makes_database=False) as house:
        with house.store.read() as session:
            found, seen, shops = users(session), last_seen(session), shop_keys(session)
        if not found:
            say(_("Nobody can sign in yet: notifier users add NAME --role owner --link."))
            return
        zone = house.schedules.shops[0].zone
        made = table(_("Name"), _("Role"), _("Shop"), _("Last seen"), _("State"))
        for user in found:
            last = seen.get(user.id)
            made.add_row(
                user.name, role_word(user.role), shops.get(user.shop_id or 0, "–"),
                f"{last.astimezone(zone):%Y-%m-%d %H:%M}" if last else "–", _state(user),
            )  # fmt: skip
        show(made)


def link_command(name: Name) -> None:
    """A one-time link with which they choose a new password; for whoever has forgotten theirs."""
    from notifier.jobs.staff import user_named

    with open_house(makes_database=False) as house:
        with house.store.read() as session:
            user = user_named(session, name)
        _print_link(house, user)


def end_command(name: Name) -> None:
    """From now on they may not sign in; what is open in their browsers ends at once."""
    from notifier.jobs.staff import end_user, user_named

    with open_house(makes_database=False) as house:
        with house.store.write() as session:
            user = user_named(session, name)
            end_user(session, user.id, by=_actor(), now=datetime.now(UTC))
        say(_("{name} may not sign in any more.").format(name=user.name))


def _state(user: UserRow) -> str:
    if not user.is_active:
        return _("ended")
    return _("may sign in") if user.password_hash else _("has no password yet")


def _actor() -> Actor:
    from notifier.store.audit import Actor

    return Actor(user_name())


def _shop_id(house: House, key: str | None) -> int | None:
    from notifier.store.shops import keep_shop

    if key is None:
        return None
    shop = house.schedules.of_shop(key).shops[0]
    with house.store.write() as session:
        return keep_shop(session, shop)


def _password(*, is_piped: bool) -> str:
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise BadInput(N_("Nobody is there to type a password: give --link, or --password-stdin with it on stdin."))
    password: str = typer.prompt(_("New password"), hide_input=True, confirmation_prompt=_("The same once more"))
    return password


def _print_link(house: House, user: UserRow) -> None:
    """The link alone on stdout, so that a program may pass it on."""
    from notifier.jobs.welcome import link_token
    from notifier.wiring import link_address, link_reach

    with house.store.write() as session:
        token = link_token(session, user, by=_actor(), now=datetime.now(UTC))
    remark(_("{name} chooses a password with this link; it works once, for a day:").format(name=user.name))
    say(link_address(house.settings, token))
    if (reach := link_reach(house.settings)) is not None:
        remark(reach)
