"""What people are to the house, in words."""

from __future__ import annotations

from notifier.locale import N_, _

__all__ = ["ROLE_MEANINGS", "role_word"]

ROLE_WORDS = {
    "owner": N_("Owner"),
    "manager": N_("Manager"),
    "marketing": N_("Marketing clerk"),
    "reader": N_("Reader"),
}
ROLE_MEANINGS = {
    "owner": N_("Everything a manager may, and lets people in, changes roles and reads the audit log. For every shop."),
    "manager": N_("Everything a marketing clerk may, and changes campaigns and releases runs that wait for review."),
    "marketing": N_("Edits and publishes templates, corrects customers, records calls, sees whole phone numbers and "
                    "pauses campaigns."),
    "reader": N_("Looks at everything but people and the audit log, with phone numbers masked; changes nothing."),
}  # fmt: skip


def role_word(role: str) -> str:
    """A role in the current language."""
    return _(ROLE_WORDS.get(role, role))
