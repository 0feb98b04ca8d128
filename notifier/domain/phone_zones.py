"""The time zones in which a phone may ring, by its number. Source: libphonenumber.

Most countries have one zone, and a landline or an American number one region's. A mobile number of a wide country
(Russia, Australia) or a freephone number may be anywhere in several.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers

__all__ = ["zones_of_phone"]


def zones_of_phone(phone: str | None) -> tuple[ZoneInfo, ...]:
    """The zones of an E.164 number, in order of name; none where nobody can tell."""
    # 40 ms and some megabytes that only a shop with customers abroad needs.
    from phonenumbers.timezone import time_zones_for_number

    try:
        parsed = phonenumbers.parse(phone or "")
    except phonenumbers.NumberParseException:
        return ()
    return _known(tuple(time_zones_for_number(parsed)))


@lru_cache(maxsize=1024)
def _known(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    zones = (_zone(name) for name in names if name != "Etc/Unknown")
    return tuple(zone for zone in zones if zone is not None)


def _zone(name: str) -> ZoneInfo | None:
    """None for a zone this machine's database does not have."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
