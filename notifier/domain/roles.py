"""Who may do what at the console."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

__all__ = ["ROLES", "Permission", "Role", "may"]


class Role(StrEnum):
    """What a person is to the shop: each may do what the next one may, and more."""

    OWNER = "owner"
    MANAGER = "manager"
    MARKETING = "marketing"
    READER = "reader"


class Permission(StrEnum):
    """One thing a role may or may not do. Everybody who is signed in may look; phones are shown masked."""

    LOOK = "look"
    REVEAL_PHONES = "reveal_phones"
    EDIT_CUSTOMERS = "edit_customers"
    LIFT_STOPS = "lift_stops"
    EDIT_TEMPLATES = "edit_templates"
    PUBLISH_TEMPLATES = "publish_templates"
    PAUSE_CAMPAIGNS = "pause_campaigns"
    EDIT_CAMPAIGNS = "edit_campaigns"
    REVIEW_RUNS = "review_runs"
    MANAGE_USERS = "manage_users"
    READ_AUDIT = "read_audit"


_READER = frozenset({Permission.LOOK})
_MARKETING = _READER | {
    Permission.REVEAL_PHONES,
    Permission.EDIT_CUSTOMERS,
    Permission.EDIT_TEMPLATES,
    Permission.PUBLISH_TEMPLATES,
    Permission.PAUSE_CAMPAIGNS,
}
_MANAGER = _MARKETING | {Permission.EDIT_CAMPAIGNS, Permission.REVIEW_RUNS, Permission.LIFT_STOPS}
_OWNER = frozenset(Permission)

ROLES: Mapping[Role, frozenset[Permission]] = MappingProxyType({
    Role.OWNER: _OWNER,
    Role.MANAGER: _MANAGER,
    Role.MARKETING: _MARKETING,
    Role.READER: _READER,
})  # fmt: skip


OF_THE_GROUP = frozenset({Permission.PUBLISH_TEMPLATES})
"""What every shop of a group sends is not for a person of one of them to change."""


def may(role: str, permission: Permission, *, at_one_of_many: bool = False) -> bool:
    """May somebody of this role do this? A role nobody knows may nothing.

    `at_one_of_many`: the person belongs to one shop of a group.
    """
    if at_one_of_many and permission in OF_THE_GROUP:
        return False
    return role in ROLES and permission in ROLES[Role(role)]
