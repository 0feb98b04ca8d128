"""Values as a good shop says them."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.templating import CarFacts, CouponFacts, CustomerFacts, ShopFacts, Values, build_values

SHOP = ShopFacts("东南汽车泉州店", "0595-22880000", "东南泉州")
CHEN = CustomerFacts("陈晓芳", "f")


def values(
    *cars: CarFacts, customer: CustomerFacts = CHEN, coupon: CouponFacts | None = None, language: str = "zh-CN"
) -> Values:
    return build_values(customer, cars, coupon, SHOP, language)


@pytest.mark.parametrize(
    ("name", "sex", "chinese", "english"),
    [
        ("陈晓芳", "f", "陈女士", "Ms Chen"),
        ("陈明", "m", "陈先生", "Mr Chen"),
        ("欧阳晓芳", "f", "欧阳女士", "Ms Ouyang"),
        ("司马光", "m", "司马先生", "Mr Sima"),
        ("诸葛亮", "m", "诸葛先生", "Mr Zhuge"),
        ("上官婉儿", "f", "上官女士", "Ms Shangguan"),
        ("陈明", None, "陈明", "Dear customer"),
        ("陈 明", None, "陈明", "Dear customer"),
        ("陈", "m", "陈先生", "Mr Chen"),
        ("陈", None, "尊敬的车主", "Dear customer"),
        ("仉明", "m", "仉先生", "Dear customer"),
        ("陈先生", None, "陈先生", "Mr Chen"),
        ("陈女士", "m", "陈女士", "Ms Chen"),
        ("陈明(朋友)", "m", "陈先生", "Mr Chen"),
        ("陈明（朋友）", "m", "陈先生", "Mr Chen"),
        ("陈明13800000000", "m", "陈先生", "Mr Chen"),
        ("陈明/林芳", "m", "陈先生", "Mr Chen"),
        (" 陈 明 ", "m", "陈先生", "Mr Chen"),
        ("阿依古丽·买买提", "f", "阿依古丽女士", "Dear customer"),
        ("Anna Miller", "f", "Miller女士", "Ms Miller"),
        ("Anna Miller", None, "Anna Miller", "Anna Miller"),
        ("ANNA MILLER", "f", "Miller女士", "Ms Miller"),
        ("Mr. John Smith", None, "Smith先生", "Mr Smith"),
        ("Chen Xiaofang", "f", "Chen女士", "Ms Chen"),
        ("Xiaofang Chen", "f", "Chen女士", "Ms Chen"),
        ("Wen Miller", "f", "Miller女士", "Ms Miller"),
        ("Sean O\u2019Brien", "m", "O'Brien先生", "Mr O'Brien"),
        ("泉州大通物流有限公司", None, "尊敬的车主", "Dear customer"),
        ("Datong Logistics Co., Ltd", "m", "尊敬的车主", "Dear customer"),
        (None, "m", "尊敬的车主", "Dear customer"),
        ("", "f", "尊敬的车主", "Dear customer"),
        ("None", "f", "尊敬的车主", "Dear customer"),
        ("无", "m", "尊敬的车主", "Dear customer"),
        ("--", "m", "尊敬的车主", "Dear customer"),
        ("13800000000", "m", "尊敬的车主", "Dear customer"),
        ("先生", "m", "尊敬的车主", "Dear customer"),
    ],
)
def test_salutation(name: str | None, sex: str | None, chinese: str, english: str) -> None:
    """By surname and sex where both are known, politely without where they are not, never a guess."""
    customer = CustomerFacts(name, sex)
    assert values(customer=customer)["customer_salutation"] == chinese
    assert values(customer=customer, language="en")["customer_salutation"] == english


def test_a_company_is_addressed_as_an_owner() -> None:
    """Whoever drives the company's car reads the text."""
    customer = CustomerFacts("大通物流", None, is_company=True)
    assert values(customer=customer)["customer_salutation"] == "尊敬的车主"


CHEN_CAR = CarFacts("闽C12345", "卡罗拉", date(2026, 5, 9), "regular", date(2026, 12, 28))


@pytest.mark.parametrize(
    ("variable", "chinese", "english"),
    [
        ("vehicle_plate", "闽C12345", "Min C12345"),
        ("vehicle_model", "卡罗拉", "卡罗拉"),
        ("service_due_on", "5月9日", "9 May"),
        ("service_kind", "定期保养", "maintenance"),
        ("insurance_ends_on", "12月28日", "28 December"),
        ("shop_name", "东南汽车泉州店", "东南汽车泉州店"),
        ("shop_phone", "0595-22880000", "0595-22880000"),
        ("customer_name", "陈晓芳", "陈晓芳"),
    ],
)
def test_values_are_spoken(variable: str, chinese: str, english: str) -> None:
    """Dates, plates and kinds of service as a person would say them."""
    assert values(CHEN_CAR)[variable] == chinese
    assert values(CHEN_CAR, language="en")[variable] == english


@pytest.mark.parametrize("plate", [None, "", "无", "未上牌", "临牌", "--", "None", "\u200b"])
def test_a_car_without_plate_is_your_car(plate: str | None) -> None:
    """What clerks type where there is no plate yet never reaches a customer."""
    car = CarFacts(plate=plate, model="无")
    assert values(car)["vehicle_plate"] == "您的爱车"
    assert values(car)["vehicle_model"] == "爱车"
    assert values(car)["service_kind"] == "保养"
    assert values(car, language="en")["vehicle_plate"] == "your car"
    assert values(car, language="en")["vehicle_model"] == "car"
    assert values(car, language="en")["service_kind"] == "service"


@pytest.mark.parametrize(
    ("plate", "english"), [("闽C·D12345", "Min CD12345"), ("ABC 123", "ABC 123"), ("京A12345", "Jing A12345")]
)
def test_english_plates_keep_the_text_cheap(plate: str, english: str) -> None:
    """The province in letters, so that the plate alone does not force 70 characters a segment."""
    assert values(CarFacts(plate), language="en")["vehicle_plate"] == english


@pytest.mark.parametrize(
    ("kind", "chinese", "english"), [("first", "首保", "first service"), ("regular", "定期保养", "maintenance")]
)
def test_kinds_of_service(kind: str, chinese: str, english: str) -> None:
    """首保 for the first, 定期保养 for every other."""
    assert values(CarFacts(service_kind=kind))["service_kind"] == chinese
    assert values(CarFacts(service_kind=kind), language="en")["service_kind"] == english


def test_two_cars_are_named_together_in_order() -> None:
    """Fields repeat per car, and are said once where all are equal."""
    other = CarFacts("闽C67890", "卡罗拉", date(2026, 5, 12), "regular", date(2026, 12, 28))
    both = values(CHEN_CAR, other)
    assert both["vehicle_plate"] == "闽C12345、闽C67890"
    assert both["service_due_on"] == "5月9日、5月12日"
    assert both["vehicle_model"] == "卡罗拉"
    assert both["insurance_ends_on"] == "12月28日"
    english = values(CHEN_CAR, other, CarFacts("沪A1", due_on=date(2026, 5, 9)), language="en")
    assert english["vehicle_plate"] == "Min C12345, Min C67890 and Hu A1"


def test_one_car_without_a_day_leaves_the_day_out_for_both() -> None:
    """Two plates beside one day would name the wrong day for one of them."""
    assert "service_due_on" not in values(CHEN_CAR, CarFacts("闽C67890"))


@pytest.mark.parametrize(("minor", "spoken"), [(20000, "200"), (19950, "199.50"), (5, "0.05"), (100_000, "1000")])
def test_coupon_values_have_no_idle_cents(minor: int, spoken: str) -> None:
    """200 and not 200.00, but 199.50 with both digits."""
    coupon = CouponFacts("K7M2Q9XD", minor, date(2026, 7, 31))
    given = values(coupon=coupon)
    assert given["coupon_value"] == spoken
    assert (given["coupon_code"], given["coupon_ends_on"]) == ("K7M2Q9XD", "7月31日")


@pytest.mark.parametrize("minor", [None, 0])
def test_a_coupon_without_amount_has_no_value(minor: int | None) -> None:
    """A free check is not "0 yuan"."""
    assert "coupon_value" not in values(coupon=CouponFacts("K7M2Q9XD", minor, date(2026, 7, 31)))


def test_without_coupon_and_car_their_values_are_absent() -> None:
    """Absent, so that a text which needs them is refused; plate and model have their fallbacks."""
    given = values()
    assert not [variable for variable in given if variable.startswith(("coupon", "service", "insurance"))]
    assert given["vehicle_plate"] == "您的爱车"
