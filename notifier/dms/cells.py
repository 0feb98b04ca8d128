"""Values of a database → the texts a file would hold, so that one way of cleaning serves both."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

__all__ = ["decoded", "text_of"]


def text_of(value: object, zone: ZoneInfo) -> str:
    """A cell: nothing → "", days and moments as ISO, numbers without exponent or idle decimals, bytes decoded.

    A moment with a zone is written as the clock on the shop's wall (`zone`) shows it; one without is taken to be that.
    """
    if type(value) is str or value is None:
        return value or ""
    if isinstance(value, datetime):
        wall = value.astimezone(zone) if value.tzinfo else value
        return wall.replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(value, float | Decimal):
        return _number(Decimal(repr(value)) if isinstance(value, float) else value)
    if isinstance(value, bytes | bytearray | memoryview):
        return decoded(bytes(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def decoded(raw: bytes) -> str:
    """UTF-8, else GB18030; what is neither keeps its place as a question mark."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _number(number: Decimal) -> str:
    """13800000001.0 is a phone a spreadsheet made a number of."""
    if not number.is_finite():
        return ""
    return format(number.to_integral_value() if number == number.to_integral_value() else number, "f")
