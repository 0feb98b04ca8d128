"""The time zones of a phone."""

from __future__ import annotations

import pytest

from notifier.domain.phone_zones import zones_of_phone


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+8613800138000", ["Asia/Shanghai"]),
        ("+85251234567", ["Asia/Hong_Kong"]),
        ("+14155552671", ["America/Los_Angeles"]),
        ("+12125550100", ["America/New_York"]),
        ("+882345678", []),
        ("not a number", []),
        (None, []),
    ],
)
def test_a_number_tells_its_zone(phone: str | None, zones: list[str]) -> None:
    """None where nobody can tell."""
    assert [zone.key for zone in zones_of_phone(phone)] == zones


@pytest.mark.parametrize(
    ("phone", "held"),
    [
        ("+61412345678", {"Australia/Perth", "Australia/Sydney"}),
        ("+79161234567", {"Europe/Moscow", "Asia/Vladivostok"}),
    ],
)
def test_a_mobile_of_a_wide_country_may_be_anywhere_in_it(phone: str, held: set[str]) -> None:
    """All of them count."""
    assert held <= {zone.key for zone in zones_of_phone(phone)}
