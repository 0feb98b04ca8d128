"""The watched folder: which it is, what of it is taken, and one round through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.dms.inbox import FolderWatch, leftovers
from notifier.dms.inbox_group import GroupWatch, names_of_shop
from notifier.errors import ConfigError
from notifier.locale import N_
from notifier.wiring.house import House

if TYPE_CHECKING:
    from notifier.dms.inbox import Mark, Sighting
    from notifier.jobs.inbox import InboxResult
    from notifier.jobs.inbox_choice import Choice

__all__ = ["Inbox"]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The folder a house takes files from. One shop of a group has the folder of its key in it."""

    house: House

    def folder(self, folder: Path | None = None) -> Path:
        """The watched folder, or another one to be worked through as if it were it.

        The folder of one shop of a group is made where it is missing. Raises ConfigError where none is named, or
        where it holds what is ours: it would be filed away as rejected.
        """
        chosen = folder or self._own()
        if chosen is None:
            raise ConfigError(N_("No folder is named: say which one, or set {key}."), key="NOTIFIER_INBOX")
        found = chosen.absolute()
        if found.resolve() in {Path.home().resolve(), Path(found.anchor)}:
            raise ConfigError(
                N_("{folder} is no folder of its own, and every file in it would be moved; make a new one and name it "
                   "in {key}."),
                folder=str(found),
                key="NOTIFIER_INBOX",
            )  # fmt: skip
        settings = self.house.settings
        ours = (settings.schedules, settings.database_file, settings.dms_queries)
        places = {path.absolute().parent.resolve() for path in ours if path} | {Path.cwd().resolve()}
        if found.resolve() in places:
            raise ConfigError(
                N_("{folder} holds files of this program and cannot be the folder imports are taken from; make a new "
                   "one and name it in {key}."),
                folder=str(found),
                key="NOTIFIER_INBOX",
            )  # fmt: skip
        return found

    def _own(self) -> Path | None:
        inbox, schedules = self.house.settings.inbox, self.house.schedules
        if inbox is None or not schedules.sisters:
            return inbox
        own = inbox / schedules.shops[0].key
        if inbox.is_dir():
            own.mkdir(exist_ok=True)
        return own

    def choose(self, folder: Path, ready: Mapping[str, Mark]) -> Choice:
        """Of the `ready` files those to take: all of the watched folder, of any other only what is surely meant."""
        from notifier.jobs.inbox_choice import Choice, choose  # 0.07 s that few other commands should pay

        watched = self._own()
        if watched is not None and folder.resolve() == watched.resolve():
            return Choice(ready)
        return choose(folder, ready)

    def import_folder(
        self, folder: Path, ready: Mapping[str, Mark], now: datetime, progress: Callable[[int], None] | None = None
    ) -> InboxResult:
        """One round through a folder that is worked in like the watched one."""
        from notifier.jobs.inbox import InboxDesk, import_folder  # 0.07 s that few other commands should pay

        house = self.house
        shop_id, shop = house.kept_shop()
        hold_days = house.schedules.of_shop(shop.key).guards.contact_hold_days
        desk = InboxDesk(house.store, shop_id, shop, house.secret, progress, hold_days)
        return import_folder(desk, folder, ready, now)

    def look(self, rests: timedelta) -> Callable[[datetime], Sighting]:
        """How the daemon looks into it; `rests`: how long a file must have stayed the same. Raises as `folder` does."""
        house, folder = self.house, self.folder()
        if not house.schedules.is_group:
            return FolderWatch(folder, rests).look
        return GroupWatch(folder, rests, lambda: [shop.key for shop in house.schedules.shops]).look

    def import_watched(self, ready: Mapping[str, Mark], now: datetime) -> Mapping[str, object]:
        """One round through the watched folder, or, of a group, through each shop's folder in it, as JSON."""
        if not self.house.schedules.is_group:
            return self.import_folder(self.folder(), ready, now).document()
        from notifier.jobs.inbox import in_one_document  # 0.07 s that few other commands should pay

        rounds = {}
        for here in self.house.each_shop():
            key, inbox = here.schedules.shops[0].key, Inbox(here)
            own, folder = names_of_shop(ready, key), inbox.folder()
            if own or leftovers(folder):
                rounds[key] = inbox.import_folder(folder, own, now)
        return in_one_document(rounds)
