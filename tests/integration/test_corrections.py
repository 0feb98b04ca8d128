"""What waits to be sent when a file corrects a record: worded anew, or cancelled where its occasion is gone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.dms.settings import ImportSettings
from notifier.store.engine import Store
from notifier.store.tables import Customer, Message, Vehicle
from tests.support.import_desk import vin
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
