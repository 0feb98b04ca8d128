"""What the rows of one customer say together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.dms.households import Household, Member, laid_over
from notifier.dms.settings import ImportSettings

SETTINGS = ImportSettings(
    now=datetime(2026, 3, 1, tzinfo=UTC), secret=b"s", region="CN", zone=ZoneInfo("Asia/Shanghai")
)
STORED = {
    "name": "陈", "sex": "f", "is_company": False, "language": None, "district": None, "birth_on": None,
    "birth_mmdd": None, "birth_calendar": "solar", "member_level": None, "points": None, "points_end_on": None,
    "consent": "unknown", "consent_since": None, "consent_source": None, "phone": "+861", "phone_key": "k",
    "unreachable": None, "erased_at": None,
}  # fmt: skip


def home(*facts: dict[str, Any], phone: str | None = "+861") -> Household:
    members = [Member(f"V{n}", "C1", fact, [], n) for n, fact in enumerate(facts)]
    return Household("phone k", phone, "k" if phone else None, None if phone else "too_short", members)


def test_each_field_comes_from_the_first_row_that_tells_it() -> None:
    """The latest delivery speaks first; what nobody tells stays as stored."""
    rows = home({"district": "丰泽"}, {"district": "鲤城", "name": "陈红", "is_company": False})
    after = laid_over(rows, STORED, SETTINGS)
    assert (after["district"], after["name"], after["sex"]) == ("丰泽", "陈红", "f")


def test_a_birthday_comes_whole() -> None:
    """A lunar day never keeps the solar year of another row."""
    rows = home({"birth_mmdd": "0808", "birth_calendar": "lunar"},
                {"birth_mmdd": "0509", "birth_on": date(1980, 5, 9), "birth_calendar": "solar"})  # fmt: skip
    after = laid_over(rows, None, SETTINGS)
    assert (after["birth_mmdd"], after["birth_on"], after["birth_calendar"]) == ("0808", None, "lunar")


@pytest.mark.parametrize(
    "stored, since, told, after",
    [
        ("unknown", None, {"consent": "yes"}, "yes"),
        ("yes", None, {"consent": "no"}, "no"),
        ("no", date(2025, 1, 1), {"consent": "yes"}, "no"),
        ("no", date(2025, 1, 1), {"consent": "yes", "consent_since": date(2024, 1, 1)}, "no"),
        ("no", date(2025, 1, 1), {"consent": "yes", "consent_since": date(2025, 6, 1)}, "yes"),
        ("no", None, {"consent": "yes", "consent_since": date(2025, 6, 1)}, "no"),
        ("yes", None, {}, "yes"),
    ],
)
def test_consent(stored: str, since: date | None, told: dict[str, Any], after: str) -> None:
    """A no gives way only to a yes with a later date of its own."""
    known = STORED | {"consent": stored, "consent_since": since}
    assert laid_over(home(told), known, SETTINGS)["consent"] == after


def test_no_is_stronger_than_yes_among_rows() -> None:
    """Whoever said no about one car has said no."""
    assert laid_over(home({"consent": "yes"}, {"consent": "no"}), None, SETTINGS)["consent"] == "no"


@pytest.mark.parametrize("learnt, phone, after", [("21211", "+861", "21211"), ("missing", "+861", None)])
def test_what_the_carrier_taught_stays_with_the_phone(learnt: str, phone: str, after: str | None) -> None:
    """What an import itself could not read is mended by an import."""
    assert laid_over(home({}, phone=phone), STORED | {"unreachable": learnt}, SETTINGS)["unreachable"] == after


def test_without_any_phone_the_reason_is_kept() -> None:
    """So the report can say why nobody can be reached."""
    assert laid_over(home({}, phone=None), None, SETTINGS)["unreachable"] == "too_short"


def test_an_erased_customer_stays_erased() -> None:
    """Nothing personal comes back by an import."""
    erased = STORED | {"name": None, "phone": None, "erased_at": datetime(2026, 1, 1, tzinfo=UTC)}
    after = laid_over(home({"name": "陈红", "is_company": False}), erased, SETTINGS)
    assert (after["name"], after["phone"]) == (None, None)


@pytest.mark.parametrize(
    "known, told, since",
    [
        (date(2026, 2, 20), date(2024, 1, 1), date(2026, 2, 20)),
        (date(2024, 1, 1), date(2026, 2, 20), date(2026, 2, 20)),
        (date(2026, 2, 20), None, date(2026, 2, 20)), (None, date(2024, 1, 1), None),
    ],
)  # fmt: skip
def test_an_older_refusal_makes_the_later_no_easier_to_undo(
    known: date | None, told: date | None, since: date | None
) -> None:
    """Whoever refused in February has not been won back by a yes of last year."""
    stored = STORED | {"consent": "no", "consent_since": known}
    fact = {"consent": "no"} | ({"consent_since": told} if told else {})
    after = laid_over(home(fact), stored, SETTINGS)
    assert (after["consent"], after["consent_since"]) == ("no", since)


@pytest.mark.parametrize("doubt, after", [("21614", "21614"), ("missing", "too_short"), (None, "too_short")])
def test_without_a_phone_what_a_carrier_taught_is_still_noted(doubt: str | None, after: str) -> None:
    """The phone may come back, and would be as dead as before."""
    stored = STORED | {"phone": None, "phone_key": None, "unreachable": doubt}
    assert laid_over(home({}, phone=None), stored, SETTINGS)["unreachable"] == after
