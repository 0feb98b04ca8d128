"""`explain` walks the planner's own steps: what it says beforehand is what plan then does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from notifier.domain.phone import BadPhone
from notifier.errors import NotFound
from notifier.jobs.explain import Answer, explain
from notifier.store.campaigns import pause
from notifier.store.engine import Store
from notifier.store.tables import Customer, Message, Vehicle
from tests.support.shop import (
    BIRTHDAY,
    INSURANCE,
    MAINTENANCE,
    SECRET,
    WINBACK,
    Dealership,
    at,
    control_key,
    yaml,
)

TODAY = date(2026, 3, 10)
NOW = at(TODAY)
GUARDS = "quiet_hours: '20:00-09:00', frequency_cap: {messages: 2, days: 7}, data_max_age: {visits: 2d, customers: 7d}"


def answers(shop: Dealership, name: str, moment: object = NOW, campaign: str | None = None) -> list[Answer]:
    """What explain says about a customer, by phone."""
    phone = shop.one(Customer, id=shop.id_of(name))["phone"]
    found = explain(shop.planner(), SECRET, phone, moment, campaign=campaign)  # type: ignore[arg-type]
    return [answer for each in found.customers for answer in each.answers]


def one(shop: Dealership, name: str, moment: object = NOW, campaign: str = "maintenance_due") -> Answer:
    """The only answer about a customer and a campaign."""
    (answer,) = answers(shop, name, moment, campaign)
    return answer


def test_what_explain_says_is_what_plan_does(store: Store) -> None:
    """A shop with every kind of obstacle: each customer's answer equals the decision plan then stores."""
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY, guards=GUARDS))
    due = TODAY + timedelta(days=10)
    for name in ("due", "came", "booked", "sold", "stop", "silent", "complains", "workshop", "early", "no phone"):
        shop.owner(name, service_on=due)
    shop.fresh(NOW)
    shop.visit("came", TODAY - timedelta(days=2), imported=False)
    shop.booking("booked", TODAY)
    shop.change_car("sold", state="sold")
    shop.suppression("stop")
    shop.complaint("complains", TODAY)
    shop.change_car("workshop", in_workshop_since=TODAY)
    shop.change_car("early", next_service_on=TODAY + timedelta(days=40))
    shop.change_customer("no phone", unreachable="not_mobile")
    for name in ("silent", "due"):
        shop.change_customer(name, birth_on=date(1990, 3, 10), birth_mmdd="0310", consent="unknown")
    names = ("due", "came", "booked", "sold", "stop", "silent", "complains", "workshop", "no phone")
    before = {name: answers(shop, name) for name in names}
    assert one(shop, "early").status == "not_due"
    shop.plan_at(NOW)
    for name, said in before.items():
        told = {a.stage: ("planned" if a.status == "gets" else a.status, a.reason) for a in said if a.stage}
        told = {stage: verdict for stage, verdict in told.items() if verdict[0] != "nothing_due"}
        assert told == shop.decisions(name), name
    assert one(shop, "early").status == "not_due"
    assert before["silent"][1].reason == "consent_unknown"


@pytest.mark.parametrize(
    "reason, change",
    [
        ("vehicle_scrapped", {"state": "scrapped"}),
        ("vehicle_test_drive", {"state": "test_drive"}),
        ("in_workshop", {"in_workshop_since": TODAY}),
    ],
)
def test_each_obstacle_has_one_sentence(sqlite_store: Store, reason: str, change: dict[str, object]) -> None:
    """A word for programs, one sentence for people."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TODAY + timedelta(days=2))
    shop.change_car("陈晓芳", **change)
    shop.fresh(NOW)
    said = one(shop, "陈晓芳")
    assert (said.status, said.reason) == ("deferred" if reason == "in_workshop" else "excluded", reason)
    assert said.sentence.count(".") == 1
    assert said.sentence.endswith(".")


def test_a_day_that_is_a_guess_is_called_one(sqlite_store: Store) -> None:
    """Irregular use, and what the owner told of it."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    due = TODAY + timedelta(days=60)
    shop.owner(
        "陈晓芳", service_on=due, next_service_from=due - timedelta(days=30), next_service_to=due, irregular=True
    )
    shop.owner("王强", service_on=due, next_service_from=due - timedelta(days=30), next_service_to=due)
    shop.fresh(NOW)
    assert "so the day is a guess." in one(shop, "陈晓芳").sentence
    assert one(shop, "王强").sentence == (
        "Not due until 2026-04-25; the service is expected on 2026-05-09 (2026-04-09 to 2026-05-09)."
    )
    shop.reply("王强", "里程53200公里", at(TODAY, "12:00"))
    assert one(shop, "王强").sentence.endswith("The customer told 53,200 km on 2026-03-10.")


def test_a_control_is_told_apart(sqlite_store: Store) -> None:
    """Who is in the control group gets no text on purpose, before and after the run."""
    shop = Dealership(sqlite_store, yaml(WINBACK.rstrip() + "\n    control: 20%\n    first_run: catch_up\n"))
    key = control_key("winback", 2026, 2000)
    shop.customer("王强", bucket_key=key, last_visit_on=TODAY - timedelta(days=400))
    shop.car("闽C1", "王强")
    shop.fresh(NOW)
    assert (one(shop, "王强", campaign="winback").status, one(shop, "王强", campaign="winback").reason) == (
        "withheld",
        "campaign_control",
    )
    shop.plan_at(NOW)
    assert one(shop, "王强", campaign="winback").status == "withheld"


def test_a_text_on_its_way_is_followed(sqlite_store: Store) -> None:
    """Planned, then texted with its day, then not due until the next stage opens."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TODAY + timedelta(days=10))
    shop.plan_at(NOW)
    assert one(shop, "陈晓芳").status == "waiting"
    assert "2026-03-10 10:00" in one(shop, "陈晓芳").sentence
    shop.send_at(NOW)
    assert one(shop, "陈晓芳").sentence == "Was texted already on 2026-03-10 (delivered)."


def test_a_cancelled_text_says_why(sqlite_store: Store) -> None:
    """The customer came before the text went out."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TODAY + timedelta(days=10))
    shop.plan_at(NOW)
    shop.visit("陈晓芳", TODAY)
    said = one(shop, "陈晓芳")
    assert (said.status, said.reason, said.sentence) == (
        "cancelled",
        "came",
        "The text was cancelled: the customer came.",
    )


@pytest.mark.parametrize("words", ["STOP", "R", "退订", "TD", "please stop texting me"])
def test_a_stop_is_named_with_its_words_and_day(sqlite_store: Store, words: str) -> None:
    """Whatever is due: the words and the day, in one sentence."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TODAY + timedelta(days=10))
    shop.plan_at(NOW)
    shop.send_at(NOW)
    shop.reply("陈晓芳", words, at("2026-03-11", "12:00"))
    phone = shop.one(Customer, id=shop.id_of("陈晓芳"))["phone"]
    later = at("2026-03-18")
    shop.fresh(later)
    found = explain(shop.planner(), SECRET, phone, later)
    assert found.stopped == f"replied “{words}” on 2026-03-11"
    (said,) = found.customers[0].answers
    assert (said.status, said.reason) == ("excluded", "suppressed")
    assert words in said.sentence
    assert shop.plan_at(later).total.excluded["suppressed"] == 1


def test_a_stop_without_a_customer_is_still_explained(sqlite_store: Store) -> None:
    """The stop outlives the customer: the phone alone is enough."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.customer("陈晓芳")
    shop.suppression("陈晓芳")
    phone = shop.one(Customer, id=shop.id_of("陈晓芳"))["phone"]
    shop.change_customer("陈晓芳", phone=None, phone_key=None)
    found = explain(shop.planner(), SECRET, phone, NOW)
    assert found.stopped is not None
    assert found.document()["customers"] == []


def test_a_vin_asks_about_one_car(sqlite_store: Store) -> None:
    """Of two cars the one of the VIN is told of."""
    shop = Dealership(sqlite_store, yaml(INSURANCE, MAINTENANCE))
    shop.owner("陈晓芳", plate="闽C1", service_on=TODAY + timedelta(days=2))
    shop.car("闽C2", "陈晓芳", insurance_ends_on=TODAY + timedelta(days=100))
    shop.fresh(NOW)
    vin = "LSVAU2A30N0000001"
    shop.change_car("闽C2", vin=vin)
    found = explain(shop.planner(), SECRET, vin.lower(), NOW)
    said = {answer.campaign: (answer.status, answer.plate) for answer in found.customers[0].answers}
    assert said == {"insurance_expiry": ("not_due", "闽C2"), "maintenance_due": ("nothing_due", None)}


def test_what_nobody_knows_is_refused_with_the_mend(sqlite_store: Store) -> None:
    """A phone or VIN nobody has, a phone that is none, a campaign that is not there."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TODAY)
    for who, error in (("13900000000", NotFound), ("LSVAU2A30N0000001", NotFound), ("1390", BadPhone)):
        with pytest.raises(error):
            explain(shop.planner(), SECRET, who, NOW)
    with pytest.raises(NotFound, match="maintenance_due"):
        explain(shop.planner(), SECRET, "19900000001", NOW, campaign="maintenance")


def test_a_campaign_that_waits_says_for_what(sqlite_store: Store) -> None:
    """Records too old, then a pause: the open stage is put off, and explain names the reason."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE, guards=GUARDS))
    shop.owner("陈晓芳", service_on=TODAY + timedelta(days=10))
    shop.plan_at(NOW - timedelta(days=9))
    old = one(shop, "陈晓芳")
    assert (old.reason, old.sentence) == (
        "data_too_old",
        "Put off: the campaign needs newer records: customers: known to 2026-03-01 10:00, 9 days ago; "
        "7 days are allowed.",
    )
    assert old.mend is not None
    assert old.mend.in_terminal() == "Bring a newer export: notifier import customers FILE."
    assert "a newer file of customers" in old.mend.in_console()
    shop.fresh(NOW)
    with shop.store.write() as session:
        pause(session, "maintenance_due", paused=True)
    paused = one(shop, "陈晓芳")
    assert (paused.reason, paused.sentence) == ("paused", "Put off: the campaign is paused.")
    assert paused.document()["mend"] == "To let it go on: notifier campaigns resume maintenance_due."
    assert paused.mend is not None
    assert (paused.mend.door, paused.mend.fields["campaign"]) == ("campaign", "maintenance_due")


def test_explain_stores_nothing(sqlite_store: Store) -> None:
    """No row of any kind is made by asking."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE, WINBACK))
    shop.owner("陈晓芳", service_on=TODAY + timedelta(days=10))
    shop.fresh(NOW)
    answers(shop, "陈晓芳")
    assert shop.rows(Message) == []
    assert len(shop.rows(Vehicle)) == 1
    assert shop.decisions("陈晓芳") == {}


def test_the_next_run_is_named_or_that_none_is_left(sqlite_store: Store) -> None:
    """After this morning's run: tomorrow's, as long as the stage is open then."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.plan_at(NOW)
    shop.owner("陈晓芳", service_on=TODAY + timedelta(days=10))
    shop.owner("王强", service_on=TODAY)
    later = NOW + timedelta(hours=1)
    assert one(shop, "陈晓芳", later).sentence.endswith("on 2026-03-11 10:00.")
    assert (one(shop, "王强", later).status, one(shop, "王强", later).reason) == ("excluded", "no_run_left")
