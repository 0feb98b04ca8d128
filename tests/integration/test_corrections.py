"""What waits to be sent when a file corrects a record: worded anew, or cancelled where its occasion is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.dms.settings import ImportSettings
from notifier.domain.rules import RULES
from notifier.store.corrections import HANGS_ON
from notifier.store.engine import Store
from notifier.store.tables import Customer, Message, Vehicle
from tests.support.import_desk import order, table, vin
from tests.support.rules_page import RuleShop, example
from tests.support.shop import SECRET, ZONE, at, days

MONDAY = date(2026, 3, 2)


def bring(shop: RuleShop, day: date, **cells: str) -> None:
    """A customer file of one car, as the DMS has it that day."""
    person = {"客户编号": "C1", "姓名": "陈晓芳", "手机": "13800138000", "营销同意": "是"}
    row = {**person, "VIN": vin(1), "车牌": "闽C12345", **cells}
    table = TableOfRows("f.csv", tuple(row), [list(row.values())])
    desk = ImportSettings(now=at(day, "20:30"), secret=SECRET, region="CN", zone=ZONE)
    import_table("customers", shop.store, shop.id, table, desk)


def planned(store: Store, rule: str, **cells: str) -> RuleShop:
    """A text of that rule, planned in the quiet hours of Monday."""
    shop = RuleShop(store, MONDAY, example(rule))
    bring(shop, MONDAY - days(1), **cells)
    if rule == "level":
        bring(shop, MONDAY, **{**cells, "会员等级": "金卡"})
    shop.plan_at(at(MONDAY, "21:00"))
    assert [row["state"] for row in shop.messages()] == ["planned"]
    return shop


def left(shop: RuleShop) -> str | None:
    """What goes out in the morning; None where nothing does."""
    shop.rerender()
    shop.send_at(at(MONDAY + days(1), "09:30"))
    (message,) = shop.messages()
    if message["state"] == "delivered":
        return str(message["text"])
    assert (message["state"], message["reason"]) == ("cancelled", "changed")
    return None


@pytest.mark.parametrize(
    ("rule", "before", "after", "said"),
    [
        ("inspection", {"年审到期": "2026-05-01"}, {"年审到期": "2026-05-05"}, "年审5月5日到期"),
        ("inspection", {"年审到期": "2026-05-01"}, {"年审到期": "2028-05-01"}, None),
        ("loan_end", {"按揭到期": "2026-04-01"}, {"按揭到期": "2026-03-30"}, "车贷3月30日"),
        ("warranty_end", {"质保到期": "2026-05-31"}, {"质保到期": "2027-05-31"}, None),
        ("insurance_expiry", {"保险到期": "2026-05-01"}, {"保险到期": "2026-05-11"}, "车险5月11日到期"),
        ("inspection", {"年审到期": "2026-05-01"}, {"年审到期": "2026-05-01", "车牌": "闽C99999"}, "闽C99999年审"),
        ("points", {"积分": "1200", "积分到期": "2026-04-01"}, {"积分": "900"}, "您的900积分4月1日"),
        ("points", {"积分": "1200", "积分到期": "2026-04-01"}, {"积分": "0"}, None),
        ("points", {"积分": "1200", "积分到期": "2026-04-01"}, {"积分到期": "2026-12-31"}, None),
        ("level", {"会员等级": "银卡"}, {"会员等级": "金卡"}, "现为金卡"),
        ("level", {"会员等级": "银卡"}, {"会员等级": "钻石卡"}, None),
        ("thank_you", {"交车日期": "2026-03-01"}, {"交车日期": "2026-02-27"}, "感谢您选择"),
        ("thank_you", {"交车日期": "2026-03-01"}, {"交车日期": "2025-03-01"}, None),
    ],
)
def test_what_waits_follows_the_record(
    store: Store, rule: str, before: dict[str, str], after: dict[str, str], said: str | None
) -> None:
    """No text leaves with a day, a balance or a level of yesterday."""
    shop = planned(store, rule, **before)
    bring(shop, MONDAY, **after)
    text = left(shop)
    assert (said in text) if said and text else (text is said)


@pytest.mark.parametrize("model", [Customer, Vehicle])
def test_the_same_file_again_leaves_what_waits_alone(store: Store, model: type[Any]) -> None:
    """Nothing changed, so nothing is worded anew."""
    shop = planned(store, "inspection", 年审到期="2026-05-01")
    was = shop.rows(model), shop.one(Message)["text"]
    bring(shop, MONDAY - days(1), 年审到期="2026-05-01")
    assert (shop.rows(model), shop.one(Message)["text"]) == was


# — every rule —


def open_on_monday(rule: str) -> str:
    """The rule's example; where the day stands in schedules.yaml, with one for which Monday is right."""
    days_told = {"spring_festival": "lantern", "冬季用车: 11-15": "春季用车: 03-02", "2026-03-20": "2026-03-16"}
    lines = example(rule)
    for told, wanted in days_told.items():
        lines = lines.replace(told, wanted)
    return lines


SERVICED = "定期保养"
OWNER = {"客户编号": "C1", "姓名": "陈晓芳", "手机": "13800138000", "营销同意": "是", "车牌": "闽C12345", "车型": "DX7"}
BUYER = {"客户编号": "C2", "姓名": "林建国", "手机": "13800138001", "VIN": vin(2)}


class Corrected(NamedTuple):
    """What is on record on Sunday, what a file of Monday says instead, and what goes out on Monday: None = nothing.

    `person`: cells of C1 and their car; `visit`: the one visit of that car, (day, category); `buyer`: cells of another
    customer's car. `on`: the day on which a text that was given back goes out, None = never; `then`: what it says.
    """

    rule: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    said: str | None
    on: date | None = None
    then: str = ""
    visit: tuple[str, str] | None = None
    instead: tuple[str, str] | None = None
    buyer: Mapping[str, str] = {}
    buyer_after: Mapping[str, str] = {}


def day(number: int) -> date:
    """So many days after Monday."""
    return MONDAY + days(number)


EVERY_RULE = [
    Corrected("first_service", {"交车日期": "2025-09-28"}, {"交车日期": "2025-10-03"}, "首保请在4月3日前"),
    Corrected("first_service", {"交车日期": "2025-09-28"}, {"交车日期": "2025-11-20"}, None, day(49), "5月20"),
    Corrected("first_service", {"交车日期": "2025-09-28"}, {}, None, instead=("2025-12-01", SERVICED)),
    Corrected("maintenance_due", {}, {}, "3月12日", visit=("2025-09-08", SERVICED), instead=("2025-09-12", SERVICED)),
    Corrected("maintenance_due", {}, {}, None, visit=("2025-09-08", SERVICED), instead=("2025-12-20", SERVICED)),
    Corrected("maintenance_due", {}, {}, None, visit=("2025-09-08", SERVICED), instead=("2025-09-08", "钣喷")),
    Corrected("insurance_expiry", {"保险到期": "2026-05-01"}, {"保险到期": "2026-05-11"}, "车险5月11日到期"),
    Corrected("insurance_expiry", {"保险到期": "2026-03-08"}, {"保险到期": "2026-06-11"}, None, day(42), "6月11"),
    Corrected("inspection", {"年审到期": "2026-05-01"}, {"年审到期": "2026-04-20"}, "年审4月20日到期"),
    Corrected("inspection", {"年审到期": "2026-05-01"}, {"年审到期": "2026-02-20"}, None),
    Corrected("loan_end", {"按揭到期": "2026-04-01"}, {"按揭到期": "2026-03-30"}, "车贷3月30日"),
    Corrected("loan_end", {"按揭到期": "2026-04-01"}, {"按揭到期": "2026-05-30"}, None, day(59), "5月30日"),
    Corrected("warranty_end", {"质保到期": "2026-05-31"}, {"质保到期": "2026-06-03"}, "质保6月3日"),
    Corrected("warranty_end", {"质保到期": "2026-05-31"}, {"质保到期": "2027-05-31"}, None),
    Corrected("birthday", {"生日": "1990-03-02"}, {"生日": "1991-03-02"}, "生日快乐"),
    Corrected("birthday", {"生日": "1990-03-02"}, {"生日": "1990-03-05"}, None, day(3), "生日快乐"),
    Corrected("birthday", {"生日": "1990-03-02"}, {"生日": "1990-02-27"}, None),
    Corrected("birthday", {"生日": "农历正月十四"}, {"生日": "农历正月十五"}, None, day(1), "生日快乐"),
    Corrected("birthday", {"生日": "1990-03-02"}, {"生日": "农历正月十四"}, "生日快乐"),
    Corrected("anniversary", {"交车日期": "2024-03-02"}, {"交车日期": "2023-03-02"}, "已陪伴您3周年"),
    Corrected("anniversary", {"交车日期": "2024-03-02"}, {"交车日期": "2024-03-06"}, None, day(4), "2周年"),
    Corrected("anniversary", {"交车日期": "2025-03-02"}, {"交车日期": "2026-02-27"}, None),
    Corrected("festival", {"生日": "1990-03-02"}, {"生日": "1990-03-05"}, "元宵节快乐"),
    Corrected("thank_you", {"交车日期": "2026-03-01"}, {"交车日期": "2026-02-27"}, "感谢您选择"),
    Corrected("thank_you", {"交车日期": "2026-02-23"}, {"交车日期": "2026-03-01"}, None, day(0), "感谢您选择"),
    Corrected("thank_you", {"交车日期": "2026-02-28"}, {"交车日期": "2026-02-16"}, None, day(0), "用得还顺手吗"),
    Corrected("follow_up", {}, {}, None, day(1), "2月28日", visit=("2026-02-27", SERVICED),
              instead=("2026-02-28", SERVICED)),
    Corrected("follow_up", {}, {}, None, day(0), "2月26日", visit=("2026-02-27", SERVICED),
              instead=("2026-02-26", SERVICED)),
    Corrected("follow_up", {}, {}, None, visit=("2026-02-27", SERVICED), instead=("2026-02-27", "PDI")),
    Corrected("winback", {}, {}, "有阵子没回店", visit=("2025-09-01", SERVICED), instead=("2025-08-25", SERVICED)),
    Corrected("winback", {}, {}, None, visit=("2025-09-01", SERVICED), instead=("2025-11-20", SERVICED)),
    Corrected("winback", {"交车日期": "2025-09-01"}, {"交车日期": "2026-02-01"}, None),
    Corrected("points", {"积分": "1200", "积分到期": "2026-03-30"}, {"积分": "900"}, "您的900积分3月30日"),
    Corrected("points", {"积分": "1200", "积分到期": "2026-03-30"}, {"积分到期": "2026-12-31"}, None),
    Corrected("level", {"会员等级": "银卡"}, {"会员等级": "金卡"}, "现为金卡"),
    Corrected("level", {"会员等级": "银卡"}, {"会员等级": "钻石卡"}, None, day(0), "现为钻石卡"),
    Corrected("referral", {}, {}, "您推荐的朋友", buyer={"交车日期": "2026-03-01", "推荐人": "C1"},
              buyer_after={"交车日期": "2026-02-27"}),
    Corrected("referral", {}, {}, None, buyer={"交车日期": "2026-03-01", "推荐人": "C1"},
              buyer_after={"交车日期": "2026-02-10"}),
    Corrected("referral", {}, {}, None, buyer={"交车日期": "2026-02-27", "推荐人": "C1"},
              buyer_after={"交车日期": "2026-03-02"}, on=day(1), then="您推荐的朋友"),
    Corrected("referral", {}, {}, None, buyer={"交车日期": "2026-03-01", "推荐人": "C1"},
              buyer_after={"推荐人": "C9"}),
    Corrected("tips", {"积分": "10"}, {"积分": "0"}, "春季用车提示"),
    Corrected("list", {"保险到期": "2026-05-01"}, {"保险到期": "2026-07-01"}, "检测周3月16日"),
]  # fmt: skip


def test_each_rule_says_what_a_corrected_record_does() -> None:
    """A new rule has a case here, and says what its occasion is known by."""
    assert {case.rule for case in EVERY_RULE} == RULES.keys() == HANGS_ON.keys()
    moved = {case.rule for case in EVERY_RULE if case.said is None}
    assert moved == {rule for rule, columns in HANGS_ON.items() if columns}


def tell(shop: RuleShop, moment: date, clock: str, case: Corrected, *, is_corrected: bool) -> None:
    """The files of one moment: customers, and the visits where there are any."""
    desk = ImportSettings(now=at(moment, clock), secret=SECRET, region="CN", zone=ZONE)
    told = {**case.before, **(case.after if is_corrected else {})}
    rows: Sequence[dict[str, str]] = [{**OWNER, "VIN": vin(1), **told}]
    if case.buyer:
        rows = [*rows, {**BUYER, **case.buyer, **(case.buyer_after if is_corrected else {})}]
    header = tuple({name: None for row in rows for name in row})
    cells = [[row.get(name, "") for name in header] for row in rows]
    import_table("customers", shop.store, shop.id, TableOfRows("f.csv", header, cells), desk)
    visit = (case.instead or case.visit) if is_corrected else case.visit
    if visit:
        orders = table("visits", [order("R1", 1, visit[0], category=visit[1])])
        import_table("visits", shop.store, shop.id, orders, desk)


@pytest.mark.parametrize("case", EVERY_RULE, ids=lambda case: case.rule)
def test_no_text_leaves_on_or_about_the_wrong_day(store: Store, case: Corrected) -> None:
    """Planned by the record of Sunday, it follows the record of Monday, or leaves on the day of that."""
    shop = RuleShop(store, MONDAY, open_on_monday(case.rule))
    (campaign,) = shop.schedules.campaigns
    tell(shop, MONDAY - days(1), "12:00", case, is_corrected=False)
    if case.rule == "level":
        tell(shop, MONDAY - days(1), "20:30", case._replace(before={"会员等级": "金卡"}), is_corrected=False)
    shop.plan_at(at(MONDAY), campaign=campaign.key)
    shop.release_reviews()
    assert [row["state"] for row in shop.messages()] == ["planned"]
    tell(shop, MONDAY, "10:05", case, is_corrected=True)
    shop.rerender()
    shop.send_at(at(MONDAY, "10:10"))
    (message,) = shop.messages()
    if case.said is not None:
        assert (message["state"], case.said in message["text"]) == ("delivered", True), message["text"]
        return
    assert (message["state"], message["reason"]) == ("cancelled", "changed")
    told = shop.live(MONDAY, day(2))
    if case.on and case.on > day(2):
        told += shop.live(case.on - days(1), case.on)
    assert [on for on, _who, _text in told] == ([case.on.isoformat()] if case.on else [])
    assert all(case.then in text for _on, _who, text in told), told
