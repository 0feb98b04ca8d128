"""Who may do what at the console."""

from __future__ import annotations

from itertools import pairwise

import pytest

from notifier.domain.roles import ROLES, Permission, Role, may


def test_each_role_may_do_what_the_next_may_and_more() -> None:
    """Owner, manager, clerk, reader: a shorter list each."""
    lists = [ROLES[role] for role in Role]
    assert all(less < more for more, less in pairwise(lists))


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("owner", Permission.MANAGE_USERS, True),
        ("manager", Permission.REVIEW_RUNS, True),
        ("manager", Permission.MANAGE_USERS, False),
        ("marketing", Permission.PUBLISH_TEMPLATES, True),
        ("marketing", Permission.EDIT_CAMPAIGNS, False),
        ("reader", Permission.LOOK, True),
        ("reader", Permission.REVEAL_PHONES, False),
        ("nobody", Permission.LOOK, False),
    ],
)
def test_who_may_what(role: str, permission: Permission, allowed: bool) -> None:
    """As docs/console.md tells it."""
    assert may(role, permission) is allowed


def test_what_a_whole_group_sends_is_not_for_one_shop_to_publish() -> None:
    """A manager of one shop of a group still does everything else there."""
    assert not may("manager", Permission.PUBLISH_TEMPLATES, at_one_of_many=True)
    assert may("manager", Permission.EDIT_TEMPLATES, at_one_of_many=True)
