"""notifier/engines/log.py: the log knows no person."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from notifier.engines.log import MASK, mask_personal_data
from tests.support.quiet_log import configured_log

PHONES = [
    "+8613800138000", "13800138000", "8613800138000", "+86 138 0013 8000", "138-0013-8000", "138 0013 8000",
    "0595-22880000", "(0595) 22880000", "+1 (202) 555-0123", "202-555-0123", "2025550123", "+44 20 7946 0958",
]  # fmt: skip
HARMLESS = [
    "2026-03-10", "2026-03-10T02:00:00.123456Z", "2026-03-10 10:00:00+08:00", "schedules.yaml:12", "127.0.0.1", "20003",
    "run 4711 of 2026", "notifier 0.1.0", "60-30-7", "",
]  # fmt: skip


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_is_masked_wherever_it_stands(phone: str) -> None:
    """Alone, in a sentence, glued to Chinese, in a list, in a mapping and as its key."""
    digits = phone.lstrip("+(0").split("-")[-1].split(" ")[-1]
    event = {"event": "x", "a": phone, "b": f"电话{phone}不通", "c": [phone], "d": {"e": {phone: (phone,)}}}
    masked = json.dumps(mask_personal_data(None, "info", event), ensure_ascii=False)
    assert digits not in masked
    assert MASK in masked


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_phone_stays(text: str) -> None:
    """Times, dates, codes and versions are what a log is read for."""
    assert mask_personal_data(None, "info", {"detail": text}) == {"detail": text}


@given(st.integers(min_value=10**9, max_value=10**15 - 1), st.sampled_from(["", "+"]))
def test_no_number_as_long_as_a_phone_passes(number: int, plus: str) -> None:
    """As text or as a number."""
    masked = mask_personal_data(None, "info", {"text_of_error": f"{plus}{number}!", "number": number})
    assert masked == {"text_of_error": f"{MASK}!", "number": MASK}


@pytest.mark.parametrize("key", ["phone", "text", "body", "payload", "sender", "to"])
def test_personal_keys_are_dropped_whatever_they_hold(key: str) -> None:
    """A wording has no digits to know it by."""
    assert mask_personal_data(None, "info", {key: "陈女士您好"}) == {key: MASK}


def test_small_numbers_and_truths_stay_what_they_are() -> None:
    """Counts are counts."""
    event = {"accepted": 131, "ms": 3.25, "alert": True, "none": None}
    assert mask_personal_data(None, "info", dict(event)) == event


def refuse(number: int) -> None:
    """Something fails while it holds a customer's data."""
    customer = "".join(("赵", "敏"))
    raise ValueError(f"no such phone: +{number}", len(customer))


def test_json_lines_have_utc_times_and_masked_tracebacks(capfd: pytest.CaptureFixture[str]) -> None:
    """An exception's words pass the same mask, its local variables are not shown, and other libraries join in."""
    with configured_log("json"):
        try:
            refuse(8613800138000)
        except ValueError:
            structlog.get_logger("notifier.test").exception("failed", attempt=2)
        logging.getLogger("uvicorn.error").warning("odd request from 13800138000")
        logging.getLogger("uvicorn.error").info("chatter")
        structlog.get_logger("notifier.test").debug("chatter")
    first, second = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert (first["event"], first["level"], first["attempt"]) == ("failed", "error", 2)
    assert first["timestamp"].endswith("Z")
    assert f"no such phone: {MASK}" in first["exception"]
    assert "in refuse" in first["exception"]
    assert "赵敏" not in first["exception"]
    assert (second["event"], second["level"]) == (f"odd request from {MASK}", "warning")


@pytest.mark.parametrize("detail", ["DETAIL:  Key (name)=(赵敏) already exists.", "描述:  失败, 行包含(1, 赵敏, null)"])
def test_what_a_database_says_of_a_row_is_dropped(detail: str) -> None:
    """Its error stays, the values it tells with it do not."""
    text = f'psycopg.errors.UniqueViolation: duplicate key value violates unique constraint "x"\n{detail}\n[SQL: …]'
    masked = mask_personal_data(None, "error", {"exception": text})["exception"]
    assert "赵敏" not in masked
    assert "UniqueViolation" in masked
    assert masked.endswith("[SQL: …]")


def test_console_lines_are_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    """One line an event, without colours where nobody looks at a terminal."""
    with configured_log("console"):
        structlog.get_logger().info("sent", accepted=3)
    line = capfd.readouterr().err
    assert "sent" in line
    assert "accepted=3" in line
    assert "\x1b" not in line
