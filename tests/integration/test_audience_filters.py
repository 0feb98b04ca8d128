"""The audience filter in SQL: it agrees with the plain reading of it, in both databases, and every rule honours it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.domain.filters import Ago, Filter, Length, Pattern, Spend, Words, unmet
from notifier.domain.options import Listed, Members, Options
from notifier.domain.rules import RULES
from notifier.jobs.explain import explain
from notifier.store.audiences import AUDIENCES, Ask
from notifier.store.audiences.base import CUSTOMER, VEHICLE
from notifier.store.audiences.filters import is_wanted, person_record
from notifier.store.bulk import insert_rows
from notifier.store.engine import Store
from notifier.store.shops import keep_shop
from notifier.store.tables import Customer, Shop, Vehicle, Visit
from tests.support.examples import example
from tests.support.shop import BIRTHDAY, MAINTENANCE, SECRET, WORDINGS, Dealership, at, yaml

TODAY = date(2026, 3, 10)
WORDS = ["金卡", "金卡会员", " 金卡", "GOLD", "gold", "Gold Card", "%", "_", "É", "é", "a", "", None]
DAYS = st.none() | st.sampled_from(
    [date(2020, 2, 29), date(2023, 3, 9), date(2023, 3, 10), date(2023, 3, 11), date(2025, 9, 10), date(2026, 3, 10)]
)
LANGUAGES = st.sampled_from(["zh-CN", "en", None])


# Made once: to make these anew at each draw takes longer than all the rest.
WORD = st.sampled_from(WORDS)
VISIT = st.tuples(st.dates(date(2023, 1, 1), TODAY), st.integers(-50_00, 500_00), st.booleans(), WORD)
CAR = st.fixed_dictionaries(
    {"model": WORD, "delivered_on": DAYS, "state": st.sampled_from(["in_use", "in_use", "sold"])}
)
PERSON = st.fixed_dictionaries({
    "columns": st.fixed_dictionaries({
        "district": WORD, "member_level": WORD, "language": LANGUAGES, "sex": st.sampled_from(["m", "f", None]),
        "is_company": st.booleans(), "last_visit_on": DAYS,
    }),
    "cars": st.lists(CAR, max_size=3),
    "visits": st.lists(VISIT, max_size=4),
})  # fmt: skip
PEOPLE = st.lists(PERSON, min_size=1, max_size=6)
"""A few customers with cars and visits, full of what is not known."""

PATTERNS = st.lists(
    st.builds(Pattern, st.sampled_from(["金卡", "金", "gold", "GOLD", "g", "%", "_", "É", "a"]), st.booleans())
    | st.just(Pattern("", is_prefix=True)),
    min_size=1,
    max_size=3,
).map(tuple)
FREE = st.sampled_from(["model", "district", "member_level", "advisor"])
LENGTH = (
    st.none()
    | st.builds(Length, st.sampled_from([0, 6, 12, 36, 72]))
    | st.builds(Length, st.just(0), st.integers(0, 900))
)
MONEY = st.none() | st.integers(0, 900_00)
TERM = st.one_of(
    st.builds(Words, FREE, PATTERNS, st.booleans()),
    st.builds(Words, st.just("language"), st.sampled_from([(Pattern("zh-CN"),), (Pattern("en"),)]), st.booleans()),
    st.builds(Words, st.just("sex"), st.sampled_from([(Pattern("m"),), (Pattern("f"),)]), st.booleans()),
    st.builds(Words, st.just("company"), st.sampled_from([(Pattern("yes"),), (Pattern("no"),)])),
    st.builds(Words, st.just("shop"), st.sampled_from([(Pattern("main"),), (Pattern("other"),)]), st.booleans()),
    st.builds(Ago, st.sampled_from(["car_age", "last_visit"]), LENGTH, LENGTH),
    st.builds(Spend, MONEY, MONEY, st.none() | st.integers(1, 24)),
)
TERMS = st.lists(TERM, max_size=3).map(tuple)


@cache
def filters(depth: int = 2) -> st.SearchStrategy[Filter]:
    """Any filter the reader could have made."""
    inner = st.lists(filters(depth - 1), max_size=2).map(tuple) if depth else st.just(())
    return st.builds(Filter, TERMS, inner, inner)


def _fill(store: Store, crowd: list[dict[str, Any]]) -> None:
    """Put these people, and nobody else, into the shop."""
    born = at("2020-01-01")
    with store.write() as session:
        for model in (Visit, Vehicle, Customer):
            session.connection().execute(sa.delete(model))
        shop_id = keep_shop(session, Dealership.read(yaml(MAINTENANCE)).shops[0])
        vehicle_id = 0
        for number, one in enumerate(crowd, start=1):
            row = {"id": number, "shop_id": shop_id, "bucket_key": f"k{number}", "consent": "yes",
                   "birth_calendar": "solar", "created_at": born, "updated_at": born}  # fmt: skip
            insert_rows(session, Customer, [row | one["columns"]])
            first = vehicle_id + 1
            for car in one["cars"] or [{"model": None, "delivered_on": None, "state": "sold"}]:
                vehicle_id += 1
                insert_rows(session, Vehicle, [{"id": vehicle_id, "shop_id": shop_id, "vin": f"V{vehicle_id:016d}",
                                                "customer_id": number, "irregular": False, "created_at": born,
                                                "updated_at": born, **car}])  # fmt: skip
            days = {day: (amount, counted, advisor) for day, amount, counted, advisor in one["visits"]}
            insert_rows(session, Visit, [
                {"shop_id": shop_id, "vin": f"V{first:016d}", "day": day, "vehicle_id": first, "customer_id": number,
                 "counted": counted, "amount_minor": amount, "advisor": advisor, "changed_at": born,
                 "is_maintenance": False, "has_accident": False}
                for day, (amount, counted, advisor) in days.items()
            ])  # fmt: skip


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(crowd=PEOPLE, wanted=st.lists(filters(), min_size=1, max_size=6))
def test_sql_and_the_plain_reading_agree(store: Store, crowd: list[dict[str, Any]], wanted: list[Filter]) -> None:
    """For every customer and every car: whom the query finds is whom `unmet` has nothing against."""
    _fill(store, crowd)
    with store.read() as session:
        connection = session.connection()
        everyone = list(connection.execute(sa.select(CUSTOMER.c.id)).scalars())
        cars = connection.execute(sa.select(VEHICLE.c.id, VEHICLE.c.customer_id)).all()
        of_people = {key: person_record(session, key, None) for key in everyone}
        of_cars = {car: person_record(session, owner, car) for car, owner in cars}
        for one in wanted:
            found = connection.execute(sa.select(CUSTOMER.c.id).where(is_wanted(one, TODAY, of_car=False))).scalars()
            assert sorted(found) == sorted(key for key, who in of_people.items() if not unmet(one, who, TODAY))
            statement = sa.select(VEHICLE.c.id).join(CUSTOMER, CUSTOMER.c.id == VEHICLE.c.customer_id)
            driven = connection.execute(statement.where(is_wanted(one, TODAY, of_car=True))).scalars()
            assert sorted(driven) == sorted(car for car, who in of_cars.items() if not unmet(one, who, TODAY))


@contextmanager
def _statements(store: Store) -> Iterator[list[tuple[str, str]]]:
    """The statements sent inside the block, each with its values."""
    sent: list[tuple[str, str]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        sent.append((statement, str(values)))

    sa.event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("members", [None, Members([("LSVAU2A30N0000011", "k"), (None, "k2")])], ids=["all", "file"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_honours_the_filter(store: Store, rule: str, members: Members | None) -> None:
    """No query of a rule looks for people without asking for whom the campaign is; a new rule cannot forget it."""
    marked = Filter((Words("district", (Pattern("only-here"),)),))
    options = Options(
        festivals=("mid_autumn",), topics={"冬季": (3, 10)}, listed=Listed("week", TODAY, TODAY, "检测周", "x.csv")
    )
    ask = Ask(1, TODAY - timedelta(days=300), TODAY + timedelta(days=60), options=options, audience=marked,
              today=TODAY, members=members)  # fmt: skip
    with _statements(store) as sent, store.read() as session:
        assert AUDIENCES[rule](session, ask) == []
    asked = [(statement, values) for statement, values in sent if "customer" in statement]
    assert asked
    assert [statement for statement, values in asked if "only-here" not in values] == []


def test_the_shop_and_its_language_stand_in_for_what_a_customer_does_not_say(store: Store) -> None:
    """A customer without a language reads the shop's."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.customer("陈晓芳", language=None)
    shop.customer("Lin", language="en")
    shop.insert(Shop, {"key": "other", "name": "x", "signature": "x", "timezone": "x", "region": "CN", "phone": "1",
                       "language": "en"})  # fmt: skip
    chinese = Filter((Words("language", (Pattern("zh-CN"),)), Words("shop", (Pattern("main"),))))
    with store.read() as session:
        found = session.execute(sa.select(CUSTOMER.c.name).where(is_wanted(chinese, TODAY, of_car=False)))
        assert list(found.scalars()) == ["陈晓芳"]


def shop_of_five(store: Store) -> Dealership:
    """The audience of docs/schedules.md; five owners due in two weeks, each but the first missing one condition."""
    shop = Dealership(store, example("audience"))
    shop.wording("maintenance_due", WORDINGS["early"])
    due = {"service_on": TODAY + timedelta(days=14), "delivered_on": date(2022, 1, 1), "model": "凯美瑞 2.0"}
    for name, person, car in (
        ("陈晓芳", {}, {}),
        ("林志强", {"district": "晋江"}, {}),
        ("黄丽萍", {}, {"model": "DX3"}),
        ("吴建国", {}, {"delivered_on": date(2024, 1, 1)}),
        ("郑美玲", {"member_level": "普通"}, {}),
    ):
        shop.customer(name, **({"district": "鲤城", "member_level": "金卡"} | person))
        shop.car(name, name, **(due | car))
        shop.visit(name, date(2025, 1, 1), advisor="王强", amount_minor=1_500_00)
        shop.visit(name, date(2025, 6, 1), advisor="王强", amount_minor=600_00)
    return shop


def test_planning_takes_exactly_whom_the_filter_leaves(store: Store) -> None:
    """Nobody else is planned, excluded or put off; the dry run says how many there were."""
    shop = shop_of_five(store)
    dry = shop.plan_at(at(TODAY), dry_run=True).document()
    assert dry["runs"][0]["audience"] == {"due": 5, "left": 1}  # type: ignore[index]
    made = shop.plan_at(at(TODAY)).document()
    assert {key: made[key] for key in ("planned", "excluded", "deferred")} == {
        "planned": 1, "excluded": {}, "deferred": {},
    }  # fmt: skip
    assert made["runs"][0]["audience"] is None  # type: ignore[index]
    assert [shop.name_of(row["customer_id"]) for row in shop.messages()] == ["陈晓芳"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("林志强", "wanted: district is not 晋江; on record: 晋江"),
        ("黄丽萍", "wanted: model is 卡罗拉 or 凯美瑞…; on record: DX3"),
        ("吴建国", "wanted: car from 3 years to under 6 years old; on record: 2024-01-01"),
        ("郑美玲", "wanted: member level is 金卡 or 银卡; on record: 普通"),
    ],
)
def test_explain_names_the_condition_that_decided(sqlite_store: Store, name: str, sentence: str) -> None:
    """With what the campaign wants, as people say it, and what is on record."""
    shop = shop_of_five(sqlite_store)
    phone = shop.one(Customer, id=shop.id_of(name))["phone"]
    (answer,) = explain(shop.planner(), SECRET, phone, at(TODAY)).customers[0].answers
    assert (answer.status, answer.reason, answer.detail) == ("excluded", "not_in_audience", sentence)
    assert answer.sentence == f"Gets no text: the campaign is not for this customer: {sentence}."


def test_explain_tells_of_a_text_already_sent_whatever_the_filter_says_now(sqlite_store: Store) -> None:
    """The customer moved after the text was planned: what happened is said, not what would happen."""
    shop = shop_of_five(sqlite_store)
    shop.plan_at(at(TODAY))
    shop.change_customer("陈晓芳", district="晋江")
    phone = shop.one(Customer, id=shop.id_of("陈晓芳"))["phone"]
    (answer,) = explain(shop.planner(), SECRET, phone, at(TODAY)).customers[0].answers
    assert answer.status == "waiting"


def test_a_rule_about_the_customer_asks_for_some_car_in_use(store: Store) -> None:
    """A birthday campaign for Corolla owners: a sold one makes nobody an owner."""
    shop = Dealership(store, yaml(BIRTHDAY + "    audience: {model: 卡罗拉}\n"))
    for name, model, state in (
        ("陈晓芳", "卡罗拉", "in_use"),
        ("林志强", "卡罗拉", "sold"),
        ("黄丽萍", "凯美瑞", "in_use"),
    ):
        shop.customer(name, birth_on=date(1990, 3, 10))
        shop.car(name, name, model=model, state=state)
    assert shop.planned_at(at(TODAY))["planned"] == 1
    assert [shop.name_of(row["customer_id"]) for row in shop.messages()] == ["陈晓芳"]
