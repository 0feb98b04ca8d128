"""Each guard by name, with its reason, and whether it puts off or keeps out (design.md, "Planning")."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from notifier.store.engine import Store
from notifier.store.suppressions import lift
from notifier.store.tables import Complaint, Customer, Message, Suppression
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, WINBACK, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
DAILY = MAINTENANCE.replace("mon-sat", "*")


@pytest.fixture
def shop(store: Store) -> Dealership:
    """A shop with a customer whose car is due, whose policy ends, who was long away and has a birthday."""
    shop = Dealership(store, yaml(MAINTENANCE, INSURANCE, BIRTHDAY, WINBACK.replace("tue", "*")))
    shop.customer("陈晓芳", birth_on=date(1980, 3, 10), last_visit_on=date(2025, 9, 9))
    shop.car("闽C1", "陈晓芳", service_on=TUESDAY + days(10), insurance_ends_on=TUESDAY + days(7))
    return shop


ALL = ("maintenance_due", "insurance_expiry", "birthday", "winback")


def verdicts(shop: Dealership, moment: datetime = at(TUESDAY)) -> dict[str, str | None]:
    """Campaign → None where the customer was planned for, else the verdict and its reason."""
    result = shop.plan_at(moment)
    found: dict[str, str | None] = {}
    for run in result.runs:
        reasons = [f"excluded {r}" for r in run.tally.excluded] + [f"deferred {r}" for r in run.tally.deferred]
        found[run.campaign] = reasons[0] if reasons else None
    return found


def test_with_nothing_against_it_every_campaign_plans_its_text(shop: Dealership) -> None:
    """The customer all other tests change one thing about."""
    assert verdicts(shop) == dict.fromkeys(ALL)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"phone": None, "phone_key": None}, "excluded no_phone"), ({"unreachable": "30005"}, "excluded unreachable")],
)
def test_who_cannot_be_reached_is_kept_out_of_all(shop: Dealership, columns: dict[str, str], reason: str) -> None:
    """No phone, or one the provider calls dead."""
    shop.change_customer("陈晓芳", **columns)
    assert verdicts(shop) == dict.fromkeys(ALL, reason)


@pytest.mark.parametrize(
    ("consent", "marketing"),
    [("yes", None), ("unknown", "excluded consent_unknown"), ("no", "excluded consent_refused")],
)
def test_without_consent_only_reminders_about_the_own_car(
    shop: Dealership, consent: str, marketing: str | None
) -> None:
    """Unknown means service only."""
    shop.change_customer("陈晓芳", consent=consent)
    assert verdicts(shop) == {"maintenance_due": None, "insurance_expiry": None, "birthday": marketing,
                              "winback": marketing}  # fmt: skip


def test_a_suppressed_phone_hears_nothing_of_any_kind(shop: Dealership) -> None:
    """STOP blocks service texts too."""
    shop.suppression("陈晓芳")
    assert verdicts(shop) == dict.fromkeys(ALL, "excluded suppressed")


@pytest.mark.parametrize("state", ["sold", "scrapped", "pdi", "test_drive", "stock"])
def test_a_car_not_in_use_is_reminded_of_by_nobody(shop: Dealership, state: str) -> None:
    """A greeting is about the person and goes all the same."""
    shop.change_car("闽C1", state=state)
    assert verdicts(shop) == dict.fromkeys(ALL, f"excluded vehicle_{state}") | {"birthday": None}


def test_win_back_needs_a_car(shop: Dealership) -> None:
    """Whose only car went to somebody else has nothing to come back with."""
    shop.customer("林志强")
    shop.sell("闽C1", "林志强")
    assert verdicts(shop)["winback"] == "excluded vehicle_missing"


def test_one_car_in_use_is_enough_for_win_back(shop: Dealership) -> None:
    """The text speaks of that car, not of the one sold."""
    shop.car("闽C2", "陈晓芳")
    shop.car("闽C3", "陈晓芳", state="sold")
    shop.plan_at(at(TUESDAY))
    (message,) = shop.messages("陈晓芳", campaign_id="winback")
    assert "闽C2" in message["text"]


def test_who_came_needs_no_reminder_of_a_visit(shop: Dealership) -> None:
    """The policy and the birthday are other matters. Reported by whichever guard asks about visits."""
    shop.visit("闽C1", TUESDAY - days(1))
    assert verdicts(shop) == {"maintenance_due": "excluded came", "insurance_expiry": None, "birthday": None,
                              "winback": "excluded came"}  # fmt: skip


def test_a_visit_that_does_not_count_answers_nothing(shop: Dealership) -> None:
    """PDI, internal and accident orders are no coming of a customer."""
    shop.visit("闽C1", TUESDAY - days(1), counted=False)
    assert verdicts(shop) == dict.fromkeys(ALL)


def test_a_visit_of_another_car_does_not_answer_for_this_one(store: Store) -> None:
    """Came is by car; for win-back, by customer."""
    shop = Dealership(store, yaml(MAINTENANCE, WINBACK))
    shop.customer("陈晓芳", last_visit_on=date(2025, 9, 9))
    shop.car("闽C1", "陈晓芳", service_on=TUESDAY + days(10))
    shop.car("闽C2", "陈晓芳")
    shop.visit("闽C2", TUESDAY - days(1))
    assert verdicts(shop) == {"maintenance_due": None, "winback": "excluded came"}


@pytest.mark.parametrize("plate", ["闽C1", None], ids=["for the car", "for no car in particular"])
def test_who_has_booked_needs_no_reminder_of_a_visit(shop: Dealership, plate: str | None) -> None:
    """An appointment answers like a visit."""
    shop.booking("陈晓芳", TUESDAY - days(1), plate=plate)
    assert verdicts(shop) == {"maintenance_due": "excluded booked", "insurance_expiry": None, "birthday": None,
                              "winback": "excluded booked"}  # fmt: skip


def test_a_booking_for_another_car_does_not_answer_for_this_one(shop: Dealership) -> None:
    """As with visits."""
    shop.car("闽C2", "陈晓芳")
    shop.booking("陈晓芳", TUESDAY - days(1), plate="闽C2")
    assert verdicts(shop) == dict.fromkeys(ALL) | {"winback": "excluded booked"}


@pytest.mark.parametrize(("longer", "reason"), [(180, "excluded renewed"), (179, None)])
def test_who_has_renewed_needs_no_reminder_of_the_policy(shop: Dealership, longer: int, reason: str | None) -> None:
    """A policy of ours that ends beyond the tolerance of this one is the next year's."""
    shop.renewal("闽C1", TUESDAY - days(1), TUESDAY + days(7 + longer))
    assert verdicts(shop) == dict.fromkeys(ALL) | {"insurance_expiry": reason}


def test_what_the_customer_answered_ends_the_cycle(store: Store) -> None:
    """ "0" means already done, as the text says; the last stage stays away."""
    shop = Dealership(store, yaml(DAILY))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY))
    shop.reply("陈晓芳", "0", at(TUESDAY, "12:00"))
    assert verdicts(shop, at(TUESDAY + days(11))) == {"maintenance_due": "excluded already_done"}


@pytest.mark.parametrize("hold", ["complaint_open", "in_workshop", "accident_repair"])
def test_a_hold_puts_off_every_text_and_ends(shop: Dealership, hold: str) -> None:
    """An open complaint, a car in the workshop, a fresh accident repair: later, not never."""
    if hold == "complaint_open":
        shop.complaint("陈晓芳", TUESDAY)
    elif hold == "in_workshop":
        shop.change_car("闽C1", in_workshop_since=TUESDAY)
    else:
        shop.visit("闽C1", TUESDAY - days(14), counted=False, has_accident=True)
    assert verdicts(shop) == dict.fromkeys(ALL, f"deferred {hold}")
    if hold == "complaint_open":
        shop.change(Complaint, shop.one(Complaint)["id"], closed_on=TUESDAY)
    elif hold == "in_workshop":
        shop.change_car("闽C1", in_workshop_since=None)
    assert verdicts(shop, at(TUESDAY + days(1))) == {
        "maintenance_due": None, "insurance_expiry": None, "winback": None, "birthday": "excluded window_closed",
    }  # fmt: skip


def test_another_car_of_the_customer_in_the_workshop_holds_too(shop: Dealership) -> None:
    """No greeting while one of the family's cars lies in the body shop."""
    shop.car("闽C2", "陈晓芳", in_workshop_since=TUESDAY)
    assert verdicts(shop) == dict.fromkeys(ALL, "deferred in_workshop")


def test_the_first_guard_in_order_names_the_reason(shop: Dealership) -> None:
    """Contact, consent, suppression, car, outcome, hold."""
    shop.complaint("陈晓芳", TUESDAY)
    assert verdicts(shop) == dict.fromkeys(ALL, "deferred complaint_open")
    shop.visit("闽C1", TUESDAY - days(1))
    assert verdicts(shop, at(TUESDAY + days(1)))["maintenance_due"] == "excluded came"
    shop.change_car("闽C1", state="stock")
    assert verdicts(shop, at(TUESDAY + days(2)))["maintenance_due"] == "excluded vehicle_stock"
    shop.suppression("陈晓芳")
    assert verdicts(shop, at(TUESDAY + days(3)))["maintenance_due"] == "excluded suppressed"
    shop.change_customer("陈晓芳", unreachable="30005", consent="no")
    assert verdicts(shop, at(TUESDAY + days(6)))["maintenance_due"] == "excluded unreachable"


def test_a_missing_value_without_fallback_skips_the_customer(store: Store) -> None:
    """Counted, never texted "None"; and both arms alike, as the control's row is worded too."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.wording("last", "---\ntitle: last\nkind: service\n---\n{{ vehicle.plate }}保险{{ insurance.ends_on }}到期")
    shop.owner("陈晓芳", service_on=TUESDAY + days(3))
    assert verdicts(shop) == {"maintenance_due": "excluded missing_value"}
    assert shop.messages() == []


# — stop —


def test_a_stop_cancels_what_is_planned_in_the_same_transaction(shop: Dealership) -> None:
    """Rolled back together, kept together."""
    shop.plan_at(at(TUESDAY))
    assert {row["state"] for row in shop.messages("陈晓芳")} == {"planned"}
    shop.send_at(at(TUESDAY, "08:00"))  # nothing leaves before its time
    phone_key = shop.one(Customer)["phone_key"]
    shop.reply("陈晓芳", "退订", at(TUESDAY, "10:30"))
    assert {(row["state"], row["reason"]) for row in shop.messages("陈晓芳")} == {("cancelled", "opted_out")}
    assert [row["phone_key"] for row in shop.rows(Suppression)] == [phone_key]


def test_after_a_stop_the_next_plan_leaves_that_phone_out(shop: Dealership) -> None:
    """And after a start it is taken up again."""
    shop.reply("陈晓芳", "please stop texting me", at(TUESDAY, "08:00"))
    assert verdicts(shop) == dict.fromkeys(ALL, "excluded suppressed")
    shop.write(lambda session: lift(session, shop.one(Customer)["phone_key"]))
    assert verdicts(shop, at(TUESDAY + days(1)))["maintenance_due"] is None


def test_a_stop_reaches_every_shop_text_to_that_phone(store: Store) -> None:
    """Suppression is by phone: a second customer row with another phone is not touched."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TUESDAY + days(3))
    shop.owner("林志强", service_on=TUESDAY + days(3))
    shop.plan_at(at(TUESDAY))
    shop.reply("陈晓芳", "TD", at(TUESDAY, "10:30"))
    assert (shop.told("陈晓芳"), shop.told("林志强")) == ([("last", "cancelled")], [("last", "planned")])


# — what arrives after planning —


def test_an_imported_visit_cancels_the_planned_reminder(shop: Dealership) -> None:
    """In the transaction of the import; the policy's text and the greeting stay."""
    shop.plan_at(at(TUESDAY))
    shop.visit("闽C1", TUESDAY)
    states = {row["campaign_id"]: (row["state"], row["reason"]) for row in shop.rows(Message)}
    assert states == {"maintenance_due": ("cancelled", "came"), "winback": ("cancelled", "came"),
                      "insurance_expiry": ("planned", None), "birthday": ("planned", None)}  # fmt: skip


def test_an_imported_renewal_cancels_the_planned_policy_reminder(shop: Dealership) -> None:
    """And nothing else."""
    shop.plan_at(at(TUESDAY))
    shop.renewal("闽C1", TUESDAY, TUESDAY + days(372))
    states = {row["campaign_id"]: (row["state"], row["reason"]) for row in shop.rows(Message)}
    assert states == dict.fromkeys(ALL, ("planned", None)) | {"insurance_expiry": ("cancelled", "renewed")}


def test_a_visit_of_long_ago_imported_now_cancels_nothing(shop: Dealership) -> None:
    """It lies before what answers the cycle."""
    shop.plan_at(at(TUESDAY))
    shop.visit("闽C1", date(2025, 9, 9))
    assert {row["state"] for row in shop.rows(Message)} == {"planned"}
