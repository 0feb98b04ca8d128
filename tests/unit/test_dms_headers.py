"""Which column is which."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.dms.columns import CUSTOMERS, KINDS, RENEWALS, VISITS, Kind
from notifier.dms.headers import count_known, guess_kind, map_headers, normal, read_mapping
from notifier.errors import BadInput
from notifier.locale import language


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
    """Columns of one meaning are known, all of them, where the others may speak; where not, they are listed."""
    mapped = map_headers(["VIN", "手机", "电话", "鞋码", "客户编号", "会员号"], CUSTOMERS)
    assert (mapped.columns["phone"], mapped.columns["number"]) == ("手机", "客户编号")
    assert mapped.unrecognised == ("鞋码", "会员号")
    assert mapped.spares == {"phone": (2,)}


@pytest.mark.parametrize(
    "kind, headers, field, chosen",
    [
        (CUSTOMERS, ["联系电话", "手机", "VIN"], "phone", "手机"),
        (CUSTOMERS, ["家庭电话", "车主手机", "联系人手机", "VIN"], "phone", "车主手机"),
        (CUSTOMERS, ["电话2", "电话1", "VIN"], "phone", "电话1"),
        (CUSTOMERS, ["VIN", "手机", "交强险到期日", "商业险到期日"], "insurance_ends_on", "商业险到期日"),
        (CUSTOMERS, ["VIN", "手机", "联系人", "客户名称"], "name", "客户名称"),
        (CUSTOMERS, ["VIN", "手机", "销售日期", "交车日期"], "delivered_on", "交车日期"),
        (VISITS, ["委托书号", "底盘号", "开单日期", "进厂日期", "结算日期"], "date_in", "进厂日期"),
        (VISITS, ["单号", "工单号", "VIN", "开单时间"], "order_no", "工单号"),
        (VISITS, ["工单号", "VIN", "进厂日期", "应收金额", "结算金额", "实收金额"], "amount", "实收金额"),
        (RENEWALS, ["保单号", "VIN", "交强险止期", "商业险止期"], "ends_on", "商业险止期"),
    ],
)
def test_of_two_columns_with_one_meaning_the_better_name_is_taken(
    kind: Kind, headers: list[str], field: str, chosen: str
) -> None:
    """Wherever it stands: a mobile phone before any phone, the paid amount before the due one."""
    assert map_headers(headers, kind).columns[field] == chosen


def test_the_day_of_payment_is_not_the_day_in() -> None:
    """A car may have stood in the workshop for weeks: 结算日期 alone is refused, a mapping may still name it."""
    headers = ["工单号", "VIN", "结算日期"]
    with pytest.raises(BadInput, match="date_in"):
        map_headers(headers, VISITS)
    assert map_headers(headers, VISITS, {"date_in": "结算日期"}).columns["date_in"] == "结算日期"


@pytest.mark.parametrize(
    "kind, headers",
    [
        (CUSTOMERS, ["车主姓名", "性别", "移动电话", "固定电话", "车牌号码", "底盘号", "车系", "购车日期",
                     "交强险到期日", "商业险到期日", "年检到期", "会员等级", "积分余额"]),
        (CUSTOMERS, ["客户代码", "客户名称", "联系电话1", "联系电话2", "牌照号", "VIN码", "销售车型", "销售日期",
                     "保险到期日", "质保到期日", "按揭到期日", "车辆性质", "出生日期"]),
        (CUSTOMERS, ["客戶編號", "車主姓名", "行動電話", "聯絡電話", "車牌號碼", "車身號碼", "車種", "交車日期",
                     "保險到期日", "驗車到期日", "會員等級", "生日"]),
        (CUSTOMERS, ["Customer No.", "Owner Name", "Gender", "Mobile No.", "Licence Plate", "Chassis No.", "Model",
                     "Date of Sale", "Insurance Expiry Date", "Warranty End Date", "Member Level", "Points Balance"]),
        (VISITS, ["委托书号", "车架号码", "进店日期", "进厂里程", "业务类型", "结算金额", "服务顾问", "优惠券号"]),
        (VISITS, ["工單號碼", "底盤號碼", "入廠日期", "行駛里程", "維修類別", "實收金額", "接待員"]),
        (VISITS, ["RO No.", "VIN", "Date In", "Mileage", "Repair Type", "Total Amount", "Service Adviser"]),
        (RENEWALS, ["保險單號", "車架號", "承保公司", "起保日期", "終保日期", "簽單日期", "總保費", "手續費"]),
    ],
)  # fmt: skip
def test_exports_of_real_systems_are_understood_whole(kind: Kind, headers: list[str]) -> None:
    """Not one column is left over."""
    assert map_headers(headers, kind).unrecognised == ()


def test_missing_columns_are_named_with_the_mend() -> None:
    """One sentence: what is missing, what is there, how to map it."""
    with pytest.raises(BadInput, match=r"no column for phone; its columns are VIN, 鞋码.*--mapping"):
        map_headers(["VIN", "鞋码"], CUSTOMERS)


@pytest.mark.parametrize(
    "headers, example",
    [
        (["客户编号", "VIN", "鞋码", "", "车牌"], '"phone: 鞋码"'),
        (["工单号", "", "客户编号", "VIN"], '"phone: NAME OF THE COLUMN"'),
    ],
)
def test_no_known_column_is_proposed_for_the_mapping(headers: list[str], example: str) -> None:
    """phone: 客户编号 would be believed, and the numbers texted."""
    with pytest.raises(BadInput) as refused:
        map_headers(headers, CUSTOMERS)
    assert example in str(refused.value)


def test_a_refusal_speaks_the_language_of_its_reader() -> None:
    """Whatever language it was raised in: kinds and fields in words, the fields' keys behind them."""
    with pytest.raises(BadInput) as refused:
        map_headers(["VIN", "鞋码"], CUSTOMERS)
    with language("zh-CN"):
        said = str(refused.value)
    assert "客户" in said
    assert "手机（phone）" in said
    assert "customers" in str(refused.value)


def test_a_mapping_file_that_is_not_there(tmp_path: Path) -> None:
    """Said in our words: the system's are English."""
    with pytest.raises(BadInput, match=r"m\.yaml cannot be opened: there is no file of that name"):
        read_mapping(tmp_path / "m.yaml")


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
    with pytest.raises(BadInput, match=f"looks like a file of {other}.*: notifier import {other} FILE"):
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


PLAIN = {
    "customers": ["客户编号", "姓名", "手机", "VIN", "交车日期"],
    "visits": ["工单号", "VIN", "进厂日期", "里程"],
    "renewals": ["保单号", "VIN", "终保日期", "保费"],
}


@pytest.mark.parametrize("kind", PLAIN)
def test_the_kind_is_told_by_the_columns(kind: str) -> None:
    """Whatever the file is called."""
    for name in ("", "客户.csv", "维修.csv", "续保.csv"):
        assert guess_kind(PLAIN[kind], name=name) == kind


@pytest.mark.parametrize("kind", ["visits", "renewals"])
def test_orders_and_policies_are_often_listed_with_the_owner(kind: str) -> None:
    """A phone makes no customer file of what has all the columns of its own kind."""
    headers = [*PLAIN[kind], "客户姓名", "手机"]
    assert guess_kind(headers) == kind
    assert "手机" in map_headers(headers, KINDS[kind]).unrecognised


@pytest.mark.parametrize(
    ("name", "kind"),
    [("客户2月.csv", "customers"), ("續保名單.xlsx", "renewals"), ("Policies 2026.csv", "renewals"),
     ("CUSTOMERS.csv", "customers"), ("車主.csv", "customers")],
)  # fmt: skip
def test_the_name_decides_where_the_columns_do_not(name: str, kind: str) -> None:
    """The end of the insurance is a column of both."""
    both = ["VIN", "手机", "保单号", "保险到期日"]
    assert guess_kind(both, name=name) == kind
    with pytest.raises(BadInput, match="cannot be told from its columns VIN, 手机"):
        guess_kind(both, name="2026.csv")


def test_what_the_likeliest_kind_lacks_is_said() -> None:
    """The name says which, else the columns do; where nothing does, that is the sentence."""
    with pytest.raises(BadInput, match="file of customers has no column for phone"):
        guess_kind(["VIN", "姓名", "车牌"])
    with pytest.raises(BadInput, match=r"file of visits has no column for order number \(order_no\)"):
        guess_kind(["VIN", "姓名", "车牌"], name="维修.csv")
    with pytest.raises(BadInput, match="cannot be told"):
        guess_kind(["VIN"], name="a.csv")
    with pytest.raises(BadInput, match="cannot be told"):
        guess_kind([*PLAIN["visits"], "保单号", "终保日期"])


def test_a_mapping_of_its_kind_counts() -> None:
    """Its columns are as good as known ones."""
    headers = ["底盘", "流水", "哪天"]
    mapping = {"visits": {"vin": "底盘", "order_no": "流水", "date_in": "哪天"}}
    assert guess_kind(headers, mapping) == "visits"
