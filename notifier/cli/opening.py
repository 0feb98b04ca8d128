"""Opening the house for one command, and closing it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifier.schedules import ShopSettings
    from notifier.wiring import House

__all__ = ["first_shop", "kept_shop", "open_house"]


@contextmanager
def open_house() -> Iterator[House]:
    """The installation the environment describes; its log goes to stderr."""
    from notifier.config import load_settings
    from notifier.engines.log import configure_logging
    from notifier.wiring import House

    settings = load_settings()
    configure_logging(settings.log_format, level="warning")
    house = House(settings)
    try:
        yield house
    finally:
        house.close()


def first_shop(house: House) -> ShopSettings:
    """The shop of the schedules (a group's first)."""
    return house.schedules.shops[0]


def kept_shop(house: House) -> tuple[int, ShopSettings]:
    """The shop with the id of its row, made where there is none yet."""
    from notifier.store.shops import keep_shop

    shop = first_shop(house)
    with house.store.write() as session:
        return keep_shop(session, shop), shop
