"""Planning grows with those who are due, not with the base; and asks the database a bounded number of questions."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.jobs.explain import explain_customer
from notifier.jobs.plan.run import CUSTOMERS_A_CHUNK
from notifier.store.audiences import PORTION
from notifier.store.bulk import insert_rows
from notifier.store.engine import Store
from notifier.store.tables import Customer, Message
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, WINBACK, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
STATEMENTS_A_CHUNK = 25
GREETING = """
  festival:
    rule: festival
    festivals: [spring_festival]
    when: "0 10 * * *"
    stages: {day: 0}
    template: greeting
    kind: marketing
"""
ANNIVERSARY = """
  anniversary:
    rule: anniversary
    when: "0 10 * * *"
    stages: {day: 0}
    template: greeting
    kind: marketing
"""


def statements_of(store: Store, shop: Dealership, **how: Any) -> tuple[int, int]:
    """Plan; (texts planned, statements the database was asked)."""
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    sa.event.listen(store.engine, "before_cursor_execute", count)
    try:
        planned = shop.plan_at(at(TUESDAY), **how).total.planned
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", count)
    return planned, asked


def test_the_number_of_statements_grows_by_the_chunk_not_by_the_customer(store: Store) -> None:
    """The second run has two chunks more than the first: the customers planned for already are looked at again."""
    asked = {}
    shop = Dealership(store, yaml(MAINTENANCE))
    for chunks in (1, 2):
        names = [f"{chunks}-{number}" for number in range(chunks * CUSTOMERS_A_CHUNK)]
        shop.crowd(names, service_on=TUESDAY + days(15 - chunks))
        planned, asked[chunks] = statements_of(store, shop, campaign="maintenance_due")
        assert planned == len(names)
    assert asked[2] - asked[1] <= 2 * STATEMENTS_A_CHUNK


@pytest.mark.slow
def test_two_thousand_due_of_twenty_thousand_are_planned_in_seconds(sqlite_store: Store) -> None:
    """20,000 cars, 2,000 of them due, four campaigns: well under the half minute, in chunks of short transactions."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE, INSURANCE, BIRTHDAY, WINBACK))
    shop.crowd([f"fern{number}" for number in range(18_000)], service_on=TUESDAY + days(100))
    shop.crowd([f"due{number}" for number in range(2_000)], service_on=TUESDAY + days(14))
    started = time.process_time()
    planned, asked = statements_of(sqlite_store, shop)
    took = time.process_time() - started
    print(f"{planned} texts planned in {took:.2f} s of work with {asked} statements")
    assert planned == 2_000
    assert asked < 150 + STATEMENTS_A_CHUNK * (2_000 // CUSTOMERS_A_CHUNK + 1)
    assert took < 30


def test_everybody_is_asked_in_portions_and_each_texted_once(store: Store) -> None:
    """A greeting to all: customers whose ids lie in several portions, at their edges, and none missed or doubled."""
    shop = Dealership(store, yaml(GREETING))
    edges = [1, PORTION, PORTION + 1, 2 * PORTION, 2 * PORTION + 1, 5 * PORTION]
    born = at("2020-01-01")
    people = [
        {"id": key, "shop_id": shop.id, "bucket_key": f"k{key}", "phone": f"+8619{key:09d}", "phone_key": f"p{key}",
         "sex": "m", "consent": "yes", "birth_calendar": "solar", "is_company": False, "created_at": born,
         "updated_at": born}
        for key in edges
    ]  # fmt: skip
    shop.write(lambda session: insert_rows(session, Customer, people))
    spring = date(2026, 2, 17)
    assert shop.plan_at(at(spring)).total.planned == len(edges)
    assert sorted(row["customer_id"] for row in shop.rows(Message)) == edges
    assert shop.plan_at(at(spring, "11:00"), campaign="festival").total.planned == 0


def test_planning_reads_only_who_is_due(sqlite_store: Store) -> None:
    """The audience's query uses the index of the due day."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.crowd(["陈晓芳"], service_on=TUESDAY + days(14))
    with sqlite_store.read() as session:
        plan = session.execute(
            sa.text("EXPLAIN QUERY PLAN SELECT customer_id FROM vehicle WHERE shop_id = 1 AND next_service_on "
                    "BETWEEN '2026-03-10' AND '2026-03-24'")
        ).all()  # fmt: skip
    assert "ix_vehicle_service" in str(plan)


def test_one_customer_is_explained_from_their_own_cars(sqlite_store: Store) -> None:
    """No statement goes through the shop's every car with a due day, whatever rule it is for."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE, INSURANCE, BIRTHDAY, WINBACK, ANNIVERSARY))
    shop.crowd(["陈晓芳"], service_on=TUESDAY + days(14))
    (customer,) = shop.rows(Customer)
    asked: list[tuple[str, Any]] = []
    sa.event.listen(sqlite_store.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    explain_customer(shop.planner(), "main", customer["id"], at(TUESDAY))
    plans: list[Any] = []
    with sqlite_store.engine.connect() as connection:
        for statement, parameters in [each for each in asked if "JOIN vehicle" in each[0]]:
            plans += connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    lookups = [str(row) for row in plans if " vehicle USING" in str(row)]
    assert len(lookups) >= 3
    assert [each for each in lookups if "ix_vehicle_customer_id" not in each] == []
