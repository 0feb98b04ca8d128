"""Each rule about a customer, as docs/rules.md shows it, lived for some days: exactly the right people, days, texts."""

from __future__ import annotations

from datetime import date

from notifier.domain.phone import phone_key
from notifier.store.engine import Store
from notifier.store.tables import Customer, CustomerNumber
from tests.support.rules_page import RuleShop, example
from tests.support.shop import days

MONDAY = date(2026, 3, 2)


def people(shop: RuleShop, **columns: object) -> None:
    """Three customers with a car each."""
    shop.customer("陈晓芳", **columns)
    for name in ("王强", "李勇"):
        shop.customer(name, sex="m")
    for number, name in enumerate(("陈晓芳", "王强", "李勇"), start=1):
        shop.car(f"闽C{number * 11111}", name)


def test_birthday(store: Store) -> None:
    """On the day itself; 29 February on the 28th in a common year; nobody who did not agree to marketing."""
    start = date(2026, 2, 26)
    shop = RuleShop(store, start, example("birthday"))
    shop.customer("陈晓芳", birth_on=date(1990, 2, 27))
    shop.customer("王强", sex="m", birth_on=date(1988, 2, 29))
    shop.customer("李勇", sex="m", birth_on=date(1985, 2, 27), consent="unknown")
    shop.customer("赵刚", sex="m")
    said = ",生日快乐!愿新的一岁平安顺意,路路好风景。东南汽车泉州店全体同事敬上"
    assert shop.live(start, date(2026, 3, 3)) == [
        ("2026-02-27", "陈晓芳", f"陈女士{said}"),
        ("2026-02-28", "王强", f"王先生{said}"),
    ]
    assert ("2028-02-29", "王强", f"王先生{said}") in shop.live(date(2028, 2, 28), date(2028, 3, 1))


def test_winback(store: Store) -> None:
    """Half a year, one year, two years after the latest visit, on Tuesdays; a visit makes a new case of it."""
    tuesday = MONDAY + days(1)
    shop = RuleShop(store, tuesday, example("winback"))
    people(shop)
    shop.came("闽C11111", date(2025, 9, 3))
    shop.came("闽C22222", date(2025, 3, 2))
    shop.came("闽C33333", date(2025, 9, 4))
    code = shop.live(tuesday, tuesday)
    at_risk = "您好,{plate}有阵子没回店了。开得少也要换机油,来店免费检查。回复1预约"
    assert [text[:2] for text in code] == [("2026-03-03", "王强"), ("2026-03-03", "陈晓芳")]
    assert code[1][2] == "陈女士" + at_risk.format(plate="闽C11111")
    coupon = shop.coupons("王强")[0]
    assert code[0][2] == f"王先生您好,闽C22222久未回店,送200元工时券{coupon['code']},5月2日止。回复1预约"
    assert shop.live(MONDAY + days(2), MONDAY + days(8)) == [
        ("2026-03-10", "李勇", "李先生" + at_risk.format(plate="闽C33333"))
    ]
    shop.came("闽C11111", date(2026, 3, 20))
    assert shop.live(date(2026, 9, 15), date(2026, 9, 23)) == [
        ("2026-09-15", "李勇", shop.sent(date(2026, 9, 15), date(2026, 9, 15))[0][2]),
        ("2026-09-22", "陈晓芳", "陈女士" + at_risk.format(plate="闽C11111")),
    ]


def test_winback_watch(store: Store) -> None:
    """Months 3, 6 and 9: each once."""
    tuesday = MONDAY + days(1)
    shop = RuleShop(store, tuesday, example("winback", 1))
    people(shop)
    shop.came("闽C11111", date(2025, 12, 3))
    watched = [day for day, _who, _text in shop.live(tuesday, tuesday + days(252), every=7)]
    assert watched == ["2026-03-03", "2026-06-09", "2026-09-08"]


def test_points(store: Store) -> None:
    """A month and a week before they end, with the balance; nobody without points."""
    shop = RuleShop(store, MONDAY, example("points"))
    people(shop, points=1200, points_end_on=date(2026, 4, 1))
    shop.change_customer("王强", points=0, points_end_on=date(2026, 4, 1))
    shop.change_customer("李勇", points=80)
    first = shop.live(MONDAY, MONDAY + days(3))
    shop.change_customer("陈晓芳", points=900)
    said = "陈女士您好,您的{points}积分4月1日到期,欢迎来店使用。回复1预约"
    assert first + shop.live(date(2026, 3, 23), date(2026, 4, 2)) == [
        ("2026-03-02", "陈晓芳", said.format(points=1200)),
        ("2026-03-25", "陈晓芳", said.format(points=900)),
    ]


def test_level(store: Store) -> None:
    """On the day an import brought it, or within the week after; up or down."""
    shop = RuleShop(store, MONDAY, example("level"))
    people(shop, member_level="金卡", member_level_since=MONDAY)
    shop.change_customer("王强", member_level="金卡")
    shop.change_customer("李勇", member_level="银卡", member_level_since=MONDAY - days(8))
    said = "陈女士您好,您的会员等级现为{level},感谢一路支持。想了解会员权益,回复1专人回电"
    assert shop.live(MONDAY, MONDAY + days(4)) == [("2026-03-02", "陈晓芳", said.format(level="金卡"))]
    shop.change_customer("陈晓芳", member_level="银卡", member_level_since=MONDAY + days(5))
    assert shop.live(MONDAY + days(5), MONDAY + days(9)) == [("2026-03-07", "陈晓芳", said.format(level="银卡"))]


def test_referral(store: Store) -> None:
    """The day after the delivery of the friend's car, by number or by phone; nobody for their own car."""
    shop = RuleShop(store, MONDAY, example("referral"))
    people(shop)
    shop.insert(CustomerNumber, {"shop_id": shop.id, "number": "C009", "customer_id": shop.id_of("陈晓芳")})
    phone = shop.one(Customer, id=shop.id_of("王强"))["phone_key"]
    shop.customer("周敏")
    shop.car("闽C44444", "周敏", delivered_on=MONDAY, referrer_number="C009")
    shop.car("闽C55555", "周敏", delivered_on=MONDAY, referrer_number="C009")
    shop.car("闽C66666", "周敏", delivered_on=MONDAY + days(1), referrer_number="X1", referrer_phone_key=phone)
    shop.car("闽C77777", "陈晓芳", delivered_on=MONDAY, referrer_number="C009")
    shop.car("闽C88888", "王强", delivered_on=MONDAY, referrer_phone_key=phone)
    shop.car("闽C99999", "周敏", delivered_on=MONDAY, referrer_phone_key=phone_key(b"x" * 32, "+8613800000000"))
    said = "您好,您推荐的朋友已在我店提车,衷心感谢您的信任!答谢事宜请回复1,专人联系您"
    assert shop.live(MONDAY, MONDAY + days(12)) == [
        ("2026-03-03", "陈晓芳", f"陈女士{said}"),
        ("2026-03-04", "王强", f"王先生{said}"),
    ]


def test_tips(store: Store) -> None:
    """Everybody who agreed to marketing, on the topic's day of every year, paced and released by a person."""
    start = date(2026, 11, 13)
    shop = RuleShop(store, start, example("tips").replace("300", "2"))
    people(shop)
    shop.customer("周敏", consent="unknown")
    said = "您好,{topic}提示:请检查胎压、灯光、雨刮和电瓶。回复1预约到店检查"
    gone = shop.live(start, start + days(10))
    assert [day for day, _who, _text in gone] == ["2026-11-15", "2026-11-15", "2026-11-16"]
    assert {(who, text) for _day, who, text in gone} == {
        (who, title + said.format(topic="冬季用车"))
        for who, title in (("陈晓芳", "陈女士"), ("王强", "王先生"), ("李勇", "李先生"))
    }
    summer = shop.live(date(2027, 6, 15), date(2027, 6, 17))
    assert {text for _day, _who, text in summer if text.startswith("陈")} == {"陈女士" + said.format(topic="夏季用车")}
    assert len(shop.live(date(2027, 11, 15), date(2027, 11, 17))) == 3
