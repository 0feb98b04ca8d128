"""Two wordings of one stage: dealt out evenly, the same for a customer all year, and counted side by side."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from notifier.schedules import ScheduleProblems, parse_schedules
from notifier.store.engine import Store
from notifier.store.facts import Period
from notifier.store.tables import Message
from notifier.store.variants import VariantCounts, variant_counts
from tests.support.shop import MAINTENANCE, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
COMPARED = MAINTENANCE.replace("{early: early, last: last}", "{early: {plain: early, warm: warm}, last: last}")
WARM = "---\ntitle: warm\nkind: service\nreplies: {1: booking}\n---\n暖{{ vehicle.plate }}"


@pytest.fixture
def shop(store: Store) -> Dealership:
    """A shop that compares two early texts."""
    shop = Dealership(store, yaml(COMPARED))
    shop.wording("warm", WARM)
    return shop


def test_the_texts_are_dealt_out_evenly_and_worded_accordingly(shop: Dealership) -> None:
    """Half of 400 get each; the last stage has one text and no variant."""
    shop.crowd([f"客户{number}" for number in range(400)], service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    rows = shop.messages()
    dealt = Counter(row["variant"] for row in rows)
    assert set(dealt) == {"plain", "warm"}
    assert 150 < dealt["plain"] < 250
    assert {(row["variant"], row["text"].partition("】")[2][0]) for row in rows} == {("plain", "早"), ("warm", "暖")}
    shop.plan_at(at(TUESDAY + days(11)))
    assert {row["variant"] for row in shop.messages(stage="last")} == {None}


def test_a_customer_keeps_the_wording_through_the_year(shop: Dealership) -> None:
    """Two services of one year are spoken of in the same words; both cars of one text too."""
    shop.owner("陈晓芳", plate="闽C1", service_on=TUESDAY + days(14), anchor_on=TUESDAY - days(170))
    shop.plan_at(at(TUESDAY))
    first = shop.one(Message)["variant"]
    shop.change_car("闽C1", next_service_on=TUESDAY + days(194), service_anchor_on=TUESDAY + days(10))
    shop.plan_at(at(TUESDAY + days(180)))
    assert [row["variant"] for row in shop.messages(stage="early")] == [first, first]


def test_a_reminder_over_new_year_keeps_its_wording(store: Store) -> None:
    """Both stages of one cycle are of the variant its customer was dealt when it began."""
    both = COMPARED.replace("last: last}", "last: {plain: last, warm: warm}}")
    shop = Dealership(store, yaml(both))
    shop.wording("warm", WARM)
    december = date(2026, 12, 29)
    shop.crowd([f"客户{number}" for number in range(40)], service_on=december + days(14))
    shop.plan_at(at(december))
    shop.plan_at(at(december + days(11)))
    dealt = {
        stage: {row["customer_id"]: row["variant"] for row in shop.messages(stage=stage)} for stage in ("early", "last")
    }
    assert len(dealt["early"]) == 40
    assert dealt["early"] == dealt["last"]


def test_a_text_made_anew_keeps_its_wording(shop: Dealership) -> None:
    """One of two cars came: the text of the other is worded again with the variant it was dealt."""
    for name in [f"客户{number}" for number in range(20)]:
        shop.customer(name)
        for car in "AB":
            shop.car(f"{name}{car}", name, next_service_on=TUESDAY + days(14), service_anchor_on=TUESDAY - days(170))
    shop.plan_at(at(TUESDAY))
    before = {row["id"]: row["variant"] for row in shop.messages()}
    for number in range(20):
        shop.visit(f"客户{number}A", TUESDAY)
    assert shop.rerender() == 20
    first_letters = {"plain": "早", "warm": "暖"}
    for row in shop.messages():
        assert row["text"].partition("】")[2][0] == first_letters[before[row["id"]]]


def test_what_became_of_them_is_counted_by_customer(shop: Dealership) -> None:
    """Who came in the window counts for the text they were dealt; who came later does not."""
    names = [f"客户{number}" for number in range(30)]
    for name in names:
        shop.owner(name, plate=f"闽{name}", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY, "10:05"))
    warm = [shop.name_of(row["customer_id"]) for row in shop.messages(variant="warm")]
    plain = [name for name in names if name not in warm]
    shop.visit(f"闽{warm[0]}", TUESDAY + days(5))
    shop.visit(f"闽{warm[1]}", TUESDAY + days(61))
    shop.reply(plain[0], "1", at(TUESDAY, "11:00"))
    with shop.store.read() as session:
        found = variant_counts(
            session, Period(1, date(2026, 1, 1), date(2026, 12, 31)), "maintenance_due", success="visit",
            window_days=60, today=TUESDAY + days(90),
        )  # fmt: skip
    until = TUESDAY + days(60)
    assert found == [
        VariantCounts("early", "plain", len(plain), 1, 0, 1, 0, until),
        VariantCounts("early", "warm", len(warm), 0, 0, 0, 1, until),
    ]


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{early: {plain: early}, last: last}", "early compares 1 texts; write 2 to 4"),
        ("{early: {plain: early, warm: early}, last: last}", "early compares a text with itself"),
        ("{early: {plain: early, warm: warn}, last: last}", "names the template warn, .* did you mean warm"),
        ("{early: {Plain!: early, warm: warm}, last: last}", "Plain!"),
    ],
)
def test_a_comparison_that_is_none_is_refused_with_its_line(template: str, sentence: str) -> None:
    """Line and mend are in the sentence."""
    text = yaml(MAINTENANCE.replace("{early: early, last: last}", template))
    with pytest.raises(ScheduleProblems, match=rf"line \d+: .*{sentence}"):
        parse_schedules(text, "s.yaml", templates={"early", "last", "warm"})
