"""Each rule about a car, as docs/rules.md shows it: lived for some days, exactly the right people, days and texts."""

from __future__ import annotations

from datetime import date

from notifier.store.engine import Store
from tests.support.rules_page import RuleShop, example
from tests.support.shop import days

MONDAY = date(2026, 3, 2)


def people(shop: RuleShop) -> None:
    """Four customers without a car."""
    shop.customer("陈晓芳")
    for name in ("王强", "李勇", "赵刚"):
        shop.customer(name, sex="m")


def test_first_service(store: Store) -> None:
    """A month and a week before, on working days; not of a car serviced once, nor of one sold."""
    shop = RuleShop(store, MONDAY, example("first_service"))
    people(shop)
    first = {"next_service_kind": "first", "delivered_on": date(2025, 9, 20)}
    shop.car("闽C11111", "陈晓芳", service_on=date(2026, 4, 7), **first)  # opens on Sunday, 8 March
    shop.car("闽C22222", "王强", service_on=date(2026, 3, 12), **first)
    shop.car("闽C33333", "李勇", service_on=date(2026, 3, 12))
    shop.car("闽C44444", "赵刚", service_on=date(2026, 3, 12), state="sold", **first)
    assert shop.live(MONDAY, MONDAY + days(10)) == [
        ("2026-03-05", "王强", "王先生您好,DX7首保请在3月12日前到店,记得带保养手册。回复1预约,回复0已做"),
        ("2026-03-09", "陈晓芳", "陈女士您好,DX7首保请在4月7日前到店,记得带保养手册。回复1预约,回复0已做"),
    ]


def test_maintenance_due(store: Store) -> None:
    """Two weeks and three days before; whoever came after the first text gets no second."""
    shop = RuleShop(store, MONDAY, example("maintenance_due").replace("10%", "0%"))
    people(shop)
    shop.car("闽C11111", "陈晓芳", service_on=MONDAY + days(14))
    shop.car("闽C22222", "王强", service_on=MONDAY + days(14))
    shop.car("闽C33333", "李勇", service_on=MONDAY + days(40))
    first = shop.live(MONDAY, MONDAY + days(3))
    shop.came("闽C22222", MONDAY + days(4), is_maintenance=True)
    said = "闽C11111约3月16日该做定期保养了。回复1预约到店少等,回复0已保养"
    assert first + shop.live(MONDAY + days(4), MONDAY + days(14)) == [
        ("2026-03-02", "王强", f"王先生您好,{said.replace('11111', '22222')}"),
        ("2026-03-02", "陈晓芳", f"陈女士您好,{said}"),
        ("2026-03-13", "陈晓芳", f"陈女士您好,{said}"),
    ]


def test_insurance_expiry(store: Store) -> None:
    """60, 30 and 7 days before the policy ends; a renewal ends it."""
    shop = RuleShop(store, MONDAY, example("insurance_expiry"))
    people(shop)
    shop.car("闽C11111", "陈晓芳", insurance_ends_on=MONDAY + days(60))
    shop.car("闽C22222", "王强", insurance_ends_on=MONDAY + days(30))
    shop.car("闽C33333", "李勇", insurance_ends_on=MONDAY + days(8))
    shop.renewal("闽C33333", MONDAY, MONDAY + days(373))
    said = "车险{day}到期,可办续保了。回复1专员报价,回复0已续保"
    assert shop.live(MONDAY, MONDAY + days(5)) == [
        ("2026-03-02", "王强", "王先生您好,闽C22222" + said.format(day="4月1日")),
        ("2026-03-02", "陈晓芳", "陈女士您好,闽C11111" + said.format(day="5月1日")),
    ]
    shop.renewal("闽C22222", MONDAY + days(6), MONDAY + days(395))
    last = "陈女士您好,闽C11111车险5月1日就到期了,请勿脱保上路。回复1报价,回复0已续保"
    assert shop.live(MONDAY + days(30), MONDAY + days(60), every=2) == [
        ("2026-04-01", "陈晓芳", "陈女士您好,闽C11111" + said.format(day="5月1日")),
        ("2026-04-25", "陈晓芳", last),
    ]


def test_inspection(store: Store) -> None:
    """60, 30 and 7 days before it ends; "already done" ends it."""
    shop = RuleShop(store, MONDAY, example("inspection"))
    people(shop)
    shop.car("闽C11111", "陈晓芳", inspection_ends_on=MONDAY + days(60))
    shop.car("闽C22222", "王强", inspection_ends_on=MONDAY + days(10))
    said = "年审{day}到期,请备行驶证、交强险。回复1预约检测,回复0已办"
    first = shop.live(MONDAY, MONDAY + days(1))
    shop.reply("陈晓芳", "0", shop.moment(MONDAY + days(1)))
    assert first + shop.live(MONDAY + days(2), MONDAY + days(5)) + shop.live(MONDAY + days(30), MONDAY + days(31)) == [
        ("2026-03-02", "陈晓芳", "陈女士您好,闽C11111" + said.format(day="5月1日")),
        ("2026-03-05", "王强", "王先生您好,闽C22222" + said.format(day="3月12日")),
    ]


def test_loan_end(store: Store) -> None:
    """A month and a week before the last instalment."""
    shop = RuleShop(store, MONDAY, example("loan_end"))
    people(shop)
    shop.car("闽C11111", "陈晓芳", loan_ends_on=MONDAY + days(30))
    shop.car("闽C22222", "王强")
    said = "陈女士您好,闽C11111车贷4月1日为最后一期,结清后请及时解押。回复1专员协助您办理"
    assert shop.live(MONDAY, MONDAY + days(37), every=3) == [
        ("2026-03-02", "陈晓芳", said),
        ("2026-03-26", "陈晓芳", said),
    ]


def test_warranty_end(store: Store) -> None:
    """Three months and a month before it ends; an appointment ends it."""
    shop = RuleShop(store, MONDAY, example("warranty_end"))
    people(shop)
    shop.car("闽C11111", "陈晓芳", warranty_ends_on=MONDAY + days(90))
    shop.car("闽C22222", "王强", warranty_ends_on=MONDAY + days(90))
    said = "质保5月31日到期,建议提前来店检查。回复1预约,回复0已检查"
    first = shop.live(MONDAY, MONDAY + days(1))
    shop.reply("王强", "1", shop.moment(MONDAY + days(1)))
    assert first + shop.live(MONDAY + days(58), MONDAY + days(62)) == [
        ("2026-03-02", "王强", f"王先生您好,闽C22222{said}"),
        ("2026-03-02", "陈晓芳", f"陈女士您好,闽C11111{said}"),
        ("2026-05-01", "陈晓芳", f"陈女士您好,闽C11111{said}"),
    ]


def test_anniversary(store: Store) -> None:
    """Each year from the first on, 29 February on the 28th; not on the day of delivery, not of a car taken over."""
    start = date(2026, 2, 26)
    shop = RuleShop(store, start, example("anniversary"))
    people(shop)
    shop.car("闽C11111", "陈晓芳", delivered_on=date(2023, 2, 27))
    shop.car("闽C22222", "王强", delivered_on=date(2024, 2, 29))
    shop.car("闽C33333", "李勇", delivered_on=start)
    shop.car("闽C44444", "赵刚", delivered_on=date(2024, 2, 28), owner_since=date(2025, 6, 1))
    said = "DX7已陪伴您{years}周年,感谢信任,一路平安!东南汽车泉州店"
    assert shop.live(start, start + days(6)) == [
        ("2026-02-27", "陈晓芳", "陈女士," + said.format(years=3)),
        ("2026-02-28", "王强", "王先生," + said.format(years=2)),
    ]
    assert shop.live(date(2027, 2, 25), date(2027, 3, 2)) == [
        ("2027-02-26", "李勇", "李先生," + said.format(years=1)),
        ("2027-02-27", "陈晓芳", "陈女士," + said.format(years=4)),
        ("2027-02-28", "王强", "王先生," + said.format(years=3)),
    ]
    assert ("2028-02-29", "王强", "王先生," + said.format(years=4)) in shop.live(date(2028, 2, 28), date(2028, 3, 1))


def test_thank_you(store: Store) -> None:
    """The day after, after a week, then every two months for two years."""
    shop = RuleShop(store, MONDAY, example("thank_you"))
    people(shop)
    shop.car("闽C11111", "陈晓芳", delivered_on=MONDAY)
    shop.car("闽C22222", "王强", delivered_on=date(2024, 3, 2))
    shop.car("闽C33333", "李勇", delivered_on=date(2023, 3, 2))
    care = "{plate}近来用车一切可好?有疑问或想检查一下,回复1专人给您回电"
    assert shop.live(MONDAY, MONDAY + days(8)) == [
        ("2026-03-02", "王强", "王先生您好," + care.format(plate="闽C22222")),
        ("2026-03-03", "陈晓芳", "陈女士,感谢您选择东南汽车泉州店!新车有任何疑问,回复1我们给您回电"),
        ("2026-03-09", "陈晓芳", "陈女士您好,新车DX7用得还顺手吗?功能、设置有不清楚的,回复1专人给您回电"),
    ]
    later = shop.live(date(2026, 5, 4), date(2028, 2, 7), every=28)
    later += shop.live(date(2028, 3, 1), date(2028, 3, 8))
    assert {text[1:] for text in later} == {("陈晓芳", "陈女士您好," + care.format(plate="闽C11111"))}
    assert len(later) == 12
    assert (later[0][0], later[-1][0]) == ("2026-05-04", "2028-03-02")


def test_follow_up(store: Store) -> None:
    """Three days after a visit and a week later; not after what is no counted visit."""
    shop = RuleShop(store, MONDAY, example("follow_up"))
    people(shop)
    for plate, name in (("闽C11111", "陈晓芳"), ("闽C22222", "王强"), ("闽C33333", "李勇")):
        shop.car(plate, name, delivered_on=date(2024, 1, 5))
    shop.came("闽C11111", MONDAY - days(1))
    shop.came("闽C22222", MONDAY, counted=False)
    shop.came("闽C33333", MONDAY, counted=False, has_accident=True)
    first = "陈女士您好,闽C111113月1日来店服务,您还满意吗?回复1满意,回复2不满意,我们马上跟进"
    second = "陈女士您好,3月1日服务后,闽C11111一切正常吗?回复1正常,回复2有问题,我们尽快联系"
    assert shop.live(MONDAY, MONDAY + days(20)) == [("2026-03-04", "陈晓芳", first), ("2026-03-11", "陈晓芳", second)]
