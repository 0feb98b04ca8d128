"""`notifier db upgrade|backup|restore`: the database's version, a copy of it, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from notifier.cli.options import path
from notifier.cli.terminal import remark, say
from notifier.errors import StoreError
from notifier.locale import N_, _

__all__ = ["backup_command", "restore_command", "upgrade_command"]


def upgrade_command() -> None:
    """Bring the database to the version this Notifier needs."""
    from notifier.config import load_settings
    from notifier.engines.queue import bring_up_queue
    from notifier.store.addresses import shown_url
    from notifier.store.engine import Store
    from notifier.store.migrations import upgrade
    from notifier.store.queue_tables import is_queue_made

    store = Store(load_settings().database_url)
    try:
        changed = upgrade(store)
        try:
            changed = bring_up_queue(store) or changed
        except StoreError as error:
            if is_queue_made(store):
                raise
            remark(str(error))  # one machine needs no queue
    finally:
        store.close()
    place = shown_url(store.url)
    say((_("{place} is up to date now.") if changed else _("{place} was up to date.")).format(place=place))


def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", parser=path, help=N_("a new file"))],
) -> None:
    """Copy the database into one file, while the shop goes on working."""
    from notifier.cli.opening import open_house
    from notifier.store.backup import backup

    with open_house(makes_database=False) as house:
        size = backup(house.store, file)
    sentence = _(
        "{file} holds the database ({size} KB). The secret key is not in it: keep a copy of notifier.key apart."
    )
    say(sentence.format(file=file, size=max(size // 1024, 1)))


def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", parser=path, help=N_("what notifier db backup wrote"))],
    replace: Annotated[
        bool, typer.Option("--replace", help=N_("a database that is there gives way, and is kept beside it"))
    ] = False,
) -> None:
    """Put a backup in the place of the database; nothing may be running on it."""
    from notifier.config import load_settings
    from notifier.store.backup import restore

    kept = restore(file, load_settings().database_url, replace=replace)
    say(_("{file} is the database now.").format(file=file))
    if kept is not None:
        say(_("The one before is kept as {file}.").format(file=kept))
