"""Previews on real customers: the hardest ten of a shop, and one of choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from notifier.errors import NotFound
from notifier.gateways.base import Capabilities
from notifier.jobs.wording_check import Bench, bench_for
from notifier.jobs.wording_people import TEN, WHY_WORDS, preview_customer, preview_hardest
from notifier.store.engine import Store
from notifier.store.preview_people import sampled_people
from notifier.store.tables import Customer, Vehicle
from notifier.templating import parse_template
from tests.support.shop import INSURANCE, Dealership, yaml

TODAY = date(2026, 5, 4)
HEAD = "---\ntitle: x\nkind: service\n---\n"
SOURCE = HEAD + "{{ 客户.称呼 }}您好，{{ 车辆.车牌 }}（{{ 车辆.车型 }}）约{{ 保养.日期 }}该保养了。"
TEMPLATE = parse_template(SOURCE, name="care", language="zh-CN", origin="care.j2")


@pytest.fixture
def shop(store: Store) -> Dealership:
    """Quanzhou, with everybody a text is hard on."""
    shop = Dealership(store, yaml(INSURANCE))
    due = TODAY + timedelta(days=14)
    shop.customer("陈晓芳")
    shop.car("闽C12345", "陈晓芳", model="卡罗拉", service_on=due)
    shop.car("闽C67890", "陈晓芳", model="凯美瑞双擎混动版", service_on=due)
    shop.customer("泉州市东南海洋水产品进出口贸易有限公司", is_company=True, sex=None)
    shop.car("闽C00001", "泉州市东南海洋水产品进出口贸易有限公司", service_on=due)
    shop.change(Customer, shop.customer("无名", sex=None), name=None)
    shop.car("闽C00002", "无名", service_on=due, model=None)
    shop.customer("王强", sex=None, language="en")
    shop.change(Vehicle, shop.car("新车", "王强", service_on=due), plate=None)
    shop.customer("Anna Miller", phone="+14155550123")
    shop.car("闽C00003", "Anna Miller")
    shop.customer("林伟")
    return shop


def bench(shop: Dealership) -> Bench:
    return bench_for(shop.schedules.shops[0], Capabilities(two_way=True, links=True), 45_000)


def test_the_hardest_are_those_on_whom_a_text_breaks_first(shop: Dealership) -> None:
    """Each reason finds its customer, two of them by one; whoever would be skipped has the reason in a sentence."""
    found = {
        shop.name_of(each.customer_id): each
        for each in preview_hardest(shop.store, shop.id, TEMPLATE, bench(shop), TODAY)
    }
    reasons = {name: set(each.why) for name, each in found.items()}
    assert {"two_cars", "longest_model"} <= reasons["陈晓芳"]
    assert {"longest_name", "company"} <= reasons["泉州市东南海洋水产品进出口贸易有限公司"]
    assert {"no_name", "no_model"} <= reasons["无名"]
    assert {"no_plate", "other_language", "no_sex"} <= reasons["王强"]
    assert "foreign_phone" in reasons["Anna Miller"]
    assert "no_car" in reasons["林伟"]
    assert set().union(*reasons.values()) == WHY_WORDS.keys() - {"chosen"}
    both = found["陈晓芳"]
    assert "闽C12345、闽C67890" in both.text
    assert (both.cars, both.skipped, both.cost_micros) == (2, None, both.segments * 45_000)
    assert "您的爱车" in found["王强"].text
    assert found["无名"].text.startswith("【东南泉州】尊敬的车主您好")
    assert "service.due_on" in (found["林伟"].skipped or "")
    assert found["林伟"].text == ""
    assert all("****" in (each.phone or "") for each in found.values())


def test_a_large_shop_shows_ten(shop: Dealership) -> None:
    """Everybody else has a name of their own length."""
    shop.crowd([f"客户{'长' * n}" for n in range(30)], service_on=TODAY)
    assert len(preview_hardest(shop.store, shop.id, TEMPLATE, bench(shop), TODAY)) == TEN


def test_one_customer_of_choice(shop: Dealership) -> None:
    """Chen as she would read it; a customer who is gone is said to be."""
    found = preview_customer(shop.store, shop.id_of("陈晓芳"), TEMPLATE, bench(shop), TODAY)
    assert (found.why, "陈女士" in found.text) == (("chosen",), True)
    with pytest.raises(NotFound):
        preview_customer(shop.store, 999_999, TEMPLATE, bench(shop), TODAY)


def test_what_a_campaign_brings_is_shown_by_example(shop: Dealership) -> None:
    """No record holds a coupon, a festival or an event before the campaign has run."""
    source = SOURCE.replace("您好", "{{ 优惠券.券码 }}{{ 节日.名称 }}{{ 活动.名称 }}{{ 活动.日期 }}{{ 进厂.日期 }}")
    template = replace(parse_template(source, name="x", language="zh-CN", origin="x"))
    found = preview_customer(shop.store, shop.id_of("陈晓芳"), template, bench(shop), TODAY)
    assert found.skipped is None
    assert "K7M2Q9XD中秋节" in found.text


def test_a_sample_goes_round(shop: Dealership) -> None:
    """Whoever stands behind the start comes first, then the others: a small shop is always looked at whole."""
    with shop.store.read() as session:
        for start in ("", "5", "ffff"):
            everybody = sampled_people(session, shop.id, start=start, size=100)
            assert len({each.id for each in everybody}) == len(everybody) == len(shop.names())
        assert len(sampled_people(session, shop.id, start="8", size=3)) == 3
        assert sampled_people(session, shop.id + 99, start="8", size=3) == []
