"""Which column is which."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.dms.columns import CUSTOMERS, KINDS, RENEWALS, VISITS, Kind
from notifier.dms.headers import count_known, map_headers, normal, read_mapping
from notifier.errors import BadInput


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_name_leads_to_its_field_alone(kind: Kind) -> None:
    """No name stands for two fields, and each field is found by each of its names."""
    for field, names in kind.aliases.items():
        for name in (field, *names):
            needed = [other for other in kind.required if other != field]
            assert map_headers([name, *needed], kind).columns[field] == name


@pytest.mark.parametrize(
    "header, field",
    [("客戶編號", "number"), ("手機號碼", "phone"), ("車牌號碼", "plate"), ("車型", "model"),
     ("交車日期", "delivered_on"),
     ("保險到期日", "insurance_ends_on"), ("會員等級", "member_level"), ("生 日", "birthday"),
     ("Customer_No.", "number"), ("ＰＨＯＮＥ", "phone"), ("按揭到期", "loan_ends_on")],
)  # fmt: skip
def test_spellings_of_customer_headers(header: str, field: str) -> None:
    """Traditional, full-width, spaced and punctuated names are the same names."""
    assert map_headers([header, "VIN", *(["手机"] if field != "phone" else [])], CUSTOMERS).columns[field] == header


def test_units_in_brackets_do_not_matter() -> None:
    """金额(元) is an amount, 進廠里程(km) an odometer."""
    mapped = map_headers(["工單號", "VIN", "進廠日期", "金额(元)", "進廠里程(km)"], VISITS)
    assert (mapped.columns["amount"], mapped.columns["odometer"]) == ("金额(元)", "進廠里程(km)")
    assert mapped.absent == ("category", "advisor", "coupon")


def test_what_nobody_knows_is_listed() -> None:
    """And the first of two columns with one meaning is taken."""
    mapped = map_headers(["VIN", "手机", "电话", "鞋码"], CUSTOMERS)
    assert (mapped.columns["phone"], mapped.unrecognised) == ("手机", ("电话", "鞋码"))


def test_missing_columns_are_named_with_the_mend() -> None:
    """One sentence: what is missing, what is there, how to map it."""
    with pytest.raises(BadInput, match=r"no column for phone; its columns are VIN, 鞋码.*--mapping"):
        map_headers(["VIN", "鞋码"], CUSTOMERS)


@pytest.mark.parametrize(
    "headers, kind, other",
    [
        (["工单号", "VIN", "进厂日期", "手机"], CUSTOMERS, "visits"),
        (["保单号", "VIN", "终保日期"], VISITS, "renewals"),
        (["手机", "VIN", "保险公司", "保单号", "止期"], CUSTOMERS, "renewals"),
    ],
)
def test_a_file_of_another_kind_is_told(headers: list[str], kind: Kind, other: str) -> None:
    """A visits file is no customer file, even with a phone in it."""
    with pytest.raises(BadInput, match=f"looks like a file of {other}"):
        map_headers(headers, kind)


def test_a_mapping_wins(tmp_path: Path) -> None:
    """Field: header, from YAML."""
    path = tmp_path / "m.yaml"
    path.write_text("phone: 联络\nnumber: 电话\n", "utf-8")
    mapping = read_mapping(path)
    mapped = map_headers(["VIN", "联络", "电话"], CUSTOMERS, mapping)
    assert (mapped.columns["phone"], mapped.columns["number"]) == ("联络", "电话")
    assert count_known(["联络"], mapping) == 1


@pytest.mark.parametrize("text", ["- a\n", "phone: [1]\n", "a: b: c"])
def test_a_mapping_that_is_none(tmp_path: Path, text: str) -> None:
    """Refused with what it should look like."""
    path = tmp_path / "m.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput, match="one line a field"):
        read_mapping(path)


def test_a_mapping_of_something_that_does_not_exist() -> None:
    """Neither fields nor columns are made up."""
    with pytest.raises(BadInput, match="shoe"):
        map_headers(["VIN", "手机"], CUSTOMERS, {"shoe": "手机"})
    with pytest.raises(BadInput, match="鞋码"):
        map_headers(["VIN", "手机"], CUSTOMERS, {"name": "鞋码"})


def test_renewals_have_their_columns() -> None:
    """The ones facts/dealership.md names."""
    headers = ["保单号", "车架号", "保险公司", "起保日期", "终保日期", "出单日期", "保费", "佣金"]
    assert map_headers(headers, RENEWALS).absent == ()
    assert normal("保单号 ") == normal("保單號")
