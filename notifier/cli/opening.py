"""Opening the house for one command, and closing it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notifier.errors import BadInput
from notifier.locale import N_

if TYPE_CHECKING:
    from notifier.schedules import ShopSettings
    from notifier.store.runs import RunRow
    from notifier.wiring import House

__all__ = ["choose_shop", "first_shop", "open_house", "shop_of_run"]


@contextmanager
def open_house(*, makes_database: bool = True) -> Iterator[House]:
    """The installation the environment describes; its log goes to stderr.

    A command that only asks must not make a database: a mistyped address would be answered as an empty shop.
    """
    from notifier.config import load_settings
    from notifier.engines.log import configure_logging
    from notifier.wiring import House

    settings = load_settings()
    configure_logging(settings.log_format, level="warning")
    house = House(settings, makes_database=makes_database)
    try:
        yield house
    finally:
        house.close()


def choose_shop(house: House, key: str | None) -> ShopSettings:
    """The shop a command is about, the one named or the only one; from here on `house` speaks for it alone.

    Raises BadInput, which lists the keys, where there are several and none is named; NotFound for an unknown key.
    """
    schedules = house.schedules
    if key is not None:
        house.given_schedules = schedules.of_shop(key)
    elif schedules.is_group:
        raise BadInput(
            N_("{file} has several shops, and this is for one: say which, with --shop KEY. The keys: {known}."),
            file=str(schedules.path),
            known=", ".join(shop.key for shop in schedules.shops),
        )
    return first_shop(house)


def first_shop(house: House) -> ShopSettings:
    """The shop of the schedules (a group's first)."""
    return house.schedules.shops[0]


def shop_of_run(house: House, run: RunRow) -> ShopSettings:
    """The shop a run is of; the first where schedules.yaml does not name it any more."""
    from notifier.store.shops import shop_keys

    with house.store.read() as session:
        key = shop_keys(session).get(run.shop_id)
    return next((shop for shop in house.schedules.shops if shop.key == key), first_shop(house))
