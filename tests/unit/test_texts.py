"""From a customer's facts to the text that leaves, through either kind of gateway."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from notifier.gateways.base import Capabilities
from notifier.jobs.texts import LiveTemplates, TextMaker
from notifier.schedules import Campaign, load_schedules
from notifier.store.touches import CustomerFacts
from notifier.templating import CarFacts, CouponFacts, TemplateFolder

ROOT = Path(__file__).parents[2]
TWO_WAY = Capabilities(two_way=True, links=True)
ONE_WAY = Capabilities(two_way=False, links=False)
CHEN = CustomerFacts(1, "k1", "+8613800000001", "key", None, "陈晓芳", "f", False, None, "yes", date(2026, 3, 1))
CAR = CarFacts("闽C12345", "卡罗拉", date(2026, 5, 9), "regular", date(2026, 6, 30))
COUPON = CouponFacts("K7M2Q9XD", 20_000, date(2026, 7, 31))
SCHEDULES = load_schedules(ROOT / "schedules.yaml")


def maker(gateway: Capabilities) -> TextMaker:
    templates = TemplateFolder(ROOT / "templates" / "sms").load_all().templates
    live = LiveTemplates({(each.name, each.language): (n, each) for n, each in enumerate(templates)})
    return TextMaker(SCHEDULES.shops[0], live, gateway, price_micros=45_000)


@pytest.mark.parametrize("campaign", SCHEDULES.campaigns, ids=lambda campaign: campaign.key)
def test_every_shipped_campaign_can_leave_by_either_kind_of_gateway(campaign: Campaign) -> None:
    """A Chinese shop on Twilio, which hears no replies there, loses none of its campaigns."""
    for gateway in (TWO_WAY, ONE_WAY):
        maker(gateway).raise_if_campaign_cannot_be_sent(campaign)


def test_a_digit_means_something_only_where_it_is_heard() -> None:
    """Chen is asked to reply 1, or given the phone; the message declares what its own words ask for."""
    heard = maker(TWO_WAY).make("maintenance_due", "service", CHEN, [CAR], COUPON)
    unheard = maker(ONE_WAY).make("maintenance_due", "service", CHEN, [CAR], COUPON)
    assert "回复1" in heard.text
    assert heard.replies == {"1": "booking", "0": "already_done"}
    assert "预约电话" in unheard.text
    assert unheard.text.endswith(",退订同号")
    assert unheard.replies == {}
    assert (heard.segments, unheard.segments) == (1, 1)


def test_a_text_without_the_phone_names_it_as_the_way_out() -> None:
    """A birthday greeting by a one-way gateway ends with the shop's number in full."""
    text = maker(ONE_WAY).make("birthday", "marketing", CHEN, [CAR], None).text
    assert text.endswith(f"退订电话{SCHEDULES.shops[0].phone}")
