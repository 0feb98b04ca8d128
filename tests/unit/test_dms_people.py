"""Rows of a customer file, before they are held against the store: which cells are read, and what is doubted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from notifier.dms.columns import CUSTOMERS
from notifier.dms.headers import map_headers
from notifier.dms.job import ImportJob
from notifier.dms.people import clean_people, unpack
from notifier.dms.readers import TableOfRows
from notifier.dms.report import ImportReport
from notifier.store.engine import Store
from tests.support.import_desk import settings, vin


def read(tmp_path: Path, headers: str, *cells: str) -> tuple[dict[str, Any], Sequence[str], str | None]:
    """The facts, doubts and phone of one row; its VIN is the first column's."""
    table = TableOfRows("c.csv", ["VIN", *headers.split(",")], [[vin(1), *cells]])
    store = Store(f"sqlite:///{tmp_path}/unused.sqlite3")
    job = ImportJob(store, 1, 1, settings(), ImportReport("customers", map_headers(table.headers, CUSTOMERS)))
    ((_vin, _number, phone, _key, _doubt, _delivered, facts, doubts, _line, _home),) = list(clean_people(job, table))
    return unpack(facts), doubts.split(",") if doubts else [], phone


@pytest.mark.parametrize(
    "cells, phone",
    [
        (("13800138000", "13900139000"), "+8613800138000"), (("", "13900139000"), "+8613900139000"),
        (("138", "13900139000"), "+8613900139000"), (("13800138000", "0595-22880000"), "+8613800138000"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", ["手机,联系电话", "联系电话,手机"])
def test_a_mobile_column_speaks_before_any_phone(
    tmp_path: Path, headers: str, cells: tuple[str, str], phone: str
) -> None:
    """Wherever it stands; the other speaks where it holds no mobile number."""
    found = read(tmp_path, headers, *(cells if headers.startswith("手机") else cells[::-1]))
    assert (found[2], found[1]) == (phone, [])


def test_the_voluntary_policy_speaks_before_the_compulsory(tmp_path: Path) -> None:
    """Its end is what the shop renews; where it is empty, the other stands."""
    both = read(tmp_path, "手机,交强险到期日,商业险到期日", "", "2026-05-01", "2026-06-01")[0]
    one = read(tmp_path, "手机,交强险到期日,商业险到期日", "", "2026-05-01", " ")[0]
    assert (f"{both['insurance_ends_on']}", f"{one['insurance_ends_on']}") == ("2026-06-01", "2026-05-01")


@pytest.mark.parametrize("header", ["农历生日", "陰曆生日"])
def test_a_column_of_lunar_birthdays_need_not_say_so_again(tmp_path: Path, header: str) -> None:
    """08-15 in it is the Mid-Autumn Festival."""
    facts = read(tmp_path, f"手机,{header}", "", "1980-08-15")[0]
    assert (facts["birth_mmdd"], facts["birth_calendar"]) == ("0815", "lunar")
    assert "birth_on" not in facts


@pytest.mark.parametrize(
    "header, field", [("生日", "birth_on"), ("同意日期", "consent_since"), ("交车日期", "delivered_on")]
)
def test_what_has_happened_has_not_happened_tomorrow(tmp_path: Path, header: str, field: str) -> None:
    """A birth, a consent or a delivery of a day to come is left empty and doubted."""
    facts, doubts, _phone = read(tmp_path, f"手机,{header}", "13800138000", "2026-03-02")
    assert (facts.get(field), doubts) == (None, ["future_date"])
    assert read(tmp_path, f"手机,{header}", "13800138000", "2026-03-01")[1] == []


def test_what_falls_due_may_lie_ahead(tmp_path: Path) -> None:
    """The ends of policies, inspections, loans and warranties are expected to."""
    headers = "手机,保险到期日,年检到期日,按揭到期日,质保到期日"
    facts, doubts, _phone = read(tmp_path, headers, "13800138000", *["2027-03-02"] * 4)
    assert (len(facts), doubts) == (4, [])
