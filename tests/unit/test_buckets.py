"""Arms are drawn by a hash that must never change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.buckets import bucket, campaign_salt, in_share, universal_salt
from notifier.errors import BadInput

KEYS = ("C0001", "C0002", "C0003", "C0042")


@pytest.mark.parametrize(
    ("salt", "expected"),
    [("universal-2026", (63, 4755, 9264, 429)), ("campaign:17", (1638, 7133, 8538, 7910))],
)
def test_the_vectors_of_the_assignment(salt: str, expected: tuple[int, ...]) -> None:
    """facts/statistics.md, "Assignment"."""
    assert tuple(bucket(salt, key) for key in KEYS) == expected


def test_salts_name_the_year_the_campaign_and_the_period() -> None:
    """A list's period is the list."""
    assert universal_salt(2026) == "universal-2026"
    assert campaign_salt("winback", 2026) == "campaign:winback:2026"
    assert campaign_salt("event", "list-7") == "campaign:event:list-7"


def test_c0001_is_in_the_universal_control_of_one_percent() -> None:
    """Bucket 63 lies below 64 basis points, not below 63."""
    assert in_share("universal-2026", "C0001", 64)
    assert not in_share("universal-2026", "C0001", 63)


@given(st.text(), st.text(), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_larger_share_contains_the_smaller(salt: str, key: str, one: int, other: int) -> None:
    """Nobody changes sides in the wrong direction; 0 is nobody, 10000 everybody."""
    if in_share(salt, key, min(one, other)):
        assert in_share(salt, key, max(one, other))
    assert not in_share(salt, key, 0)
    assert in_share(salt, key, 10_000)


def test_buckets_spread_evenly_and_independently() -> None:
    """20 % of a year's universal control are in another campaign's 20 % too."""
    keys = [f"C{i:05d}" for i in range(20_000)]
    first = {key for key in keys if in_share("universal-2026", key, 2_000)}
    second = {key for key in keys if in_share(campaign_salt("winback", 2026), key, 2_000)}
    assert 3_830 < len(first) < 4_170
    assert 3_830 < len(second) < 4_170
    assert 720 < len(first & second) < 880


@pytest.mark.parametrize("share", [-1, 10_001])
def test_an_impossible_share_is_refused(share: int) -> None:
    """Basis points run from 0 to 10000."""
    with pytest.raises(BadInput, match=str(share)):
        in_share("s", "k", share)
