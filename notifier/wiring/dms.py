"""The DMS's own database: whose it is, whether it answers, and what has changed in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from notifier.errors import ConfigError
from notifier.locale import N_
from notifier.wiring.house import House

if TYPE_CHECKING:
    from notifier.dms.source import Query
    from notifier.jobs.sync import Synced, Watch

__all__ = ["Dms"]


@dataclass(frozen=True, slots=True)
class Dms:
    """The DMS's database a house is allowed to read."""

    house: House

    def of_its_shop(self) -> Dms:
        """The same for the shop whose records it holds. Raises ConfigError where a group does not say whose."""
        house = self.house
        key = house.settings.dms_shop
        if key is not None:
            return Dms(house.at_shop(key))
        if house.schedules.is_group:
            raise ConfigError(
                N_("{file} has several shops; say in {key} whose DMS database is read. The keys: {known}."),
                file=str(house.schedules.path),
                key="NOTIFIER_DMS_SHOP",
                known=", ".join(shop.key for shop in house.schedules.shops),
            )
        return self

    def ask(self) -> tuple[str, tuple[str, ...]]:
        """Where the DMS's database is (without its password), and the kinds it is asked for. Raises as `sync` does."""
        from notifier.dms.sql import open_dms

        url, queries = self._source()
        with open_dms(url) as dms:
            return dms.place, tuple(queries)

    def _source(self) -> tuple[str, dict[str, Query]]:
        from notifier.dms.source import read_queries

        settings = self.house.settings
        url = settings.dms_url
        if url is None:
            raise ConfigError(N_("{key} is missing: where the DMS's database is. docs/sync.md explains it."),
                              key="NOTIFIER_DMS_URL")  # fmt: skip
        return url, read_queries(settings.dms_queries)

    def sync(
        self,
        now: datetime,
        *,
        kinds: Collection[str] = (),
        full: bool = False,
        dry_run: bool = False,
        watch: Watch | None = None,
    ) -> Iterator[Synced]:
        """Bring customers, visits and renewals from the DMS's database, as fresh as `now`; see `sync_all`."""
        from notifier.dms.settings import ImportSettings  # 0.07 s that few other commands should pay
        from notifier.jobs.sync import sync_all

        house = self.house
        url, queries = self._source()
        shop_id, shop = house.kept_shop()
        settings = ImportSettings(
            now=now, secret=house.secret, region=shop.region, zone=shop.zone,
            contact_hold_days=house.schedules.of_shop(shop.key).guards.contact_hold_days,
        )  # fmt: skip
        return sync_all(
            house.store, shop_id, url, queries, settings, kinds=kinds, full=full, dry_run=dry_run, watch=watch
        )
