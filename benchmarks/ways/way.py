"""What each way of sending shares: whom it texts what, and how it tells its parent where it is."""

from __future__ import annotations

import sys

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "t" * 32
SENDER = "+15005550006"
TEXT = "【东南泉州】陈女士您好，闽C12345约3月17日该做定期保养了。回复1预约到店少等，拒收请回复R"
IN_FLIGHT = 50


def phone(number: int) -> str:
    """The phone of the customer of that number."""
    return f"+86138{number:08d}"


def wait_for_start() -> None:
    """All is made ready: what comes after the parent's word is measured."""
    print("ready", flush=True)
    sys.stdin.readline()


def tell_done() -> None:
    """All is sent: stay until the parent has read what it cost."""
    print("done", flush=True)
    sys.stdin.read()
