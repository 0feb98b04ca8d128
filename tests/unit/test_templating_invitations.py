"""Which words ask the reader for an answer."""

from __future__ import annotations

import pytest

from notifier.templating.invitations import digits_told, invites_a_reply, promised_digits


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("回复1专员报价,回复0已续保", {"1", "0"}),
        ("回1预约,按 2 改期,发送12", {"1", "2", "12"}),
        ("Reply 1 to book, answer with 2, text '3'", {"1", "2", "3"}),
        ("回复R退订", set()),
        ("送200元,电话0595-22880000", set()),
    ],
)
def test_promised_digits(words: str, digits: set[str]) -> None:
    """A digit is promised where the words ask for it; sums and phones promise nothing."""
    assert promised_digits(words) == digits


def test_digits_told_in_passing() -> None:
    """Digits that stand alone are read as told; those inside numbers and plates are not."""
    assert digits_told("Reply 1 to book, 0 if sold: K7, 200") == {"1", "0"}


@pytest.mark.parametrize(
    ("words", "does"),
    [
        ("回复1预约", True),
        ("请回复本短信", True),
        ("有事回短信", True),
        ("按1预约", True),
        ("Please reply", True),
        ("预约电话0595-22880000", False),
        ("好久没回店了", False),
        ("We replied last week", False),
    ],
)
def test_invitations(words: str, does: bool) -> None:
    """Asking for a digit, or for a reply at all, is an invitation; coming back to the shop is none."""
    assert invites_a_reply(words) is does
