"""Who is in a control group: a hash of the customer's stored key, the same on every machine and in every year.

Source: facts/statistics.md, "Assignment".
"""

from __future__ import annotations

from hashlib import sha256

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["BUCKETS", "bucket", "campaign_salt", "in_share", "universal_salt", "variant_salt"]

BUCKETS = 10_000


def bucket(salt: str, key: str) -> int:
    """0 … 9999, evenly spread over keys and independent between salts."""
    return int.from_bytes(sha256(f"{salt}:{key}".encode()).digest()[:8], "big") % BUCKETS


def in_share(salt: str, key: str, share_bp: int) -> bool:
    """Does the key fall into the first `share_bp` basis points (500 = 5 %) of this salt?

    A larger share always contains the smaller one. Raises BadInput for a share outside 0 … 10000.
    """
    if not 0 <= share_bp <= BUCKETS:
        raise BadInput(
            N_("A share of {share_bp} basis points is impossible; give 0 to 10000 (500 is 5 %)."), share_bp=share_bp
        )
    return bucket(salt, key) < share_bp


def universal_salt(year: int) -> str:
    """The salt of the control group that gets no marketing at all in `year`."""
    return f"universal-{year}"


def campaign_salt(campaign_id: str, period: str | int) -> str:
    """The salt of one campaign's control group in one period (the calendar year, or the list)."""
    return f"campaign:{campaign_id}:{period}"


def variant_salt(campaign_id: str, period: str | int) -> str:
    """The salt by which the wordings under comparison are dealt out: its own, so that it tells nothing of the arm."""
    return f"variant:{campaign_id}:{period}"
