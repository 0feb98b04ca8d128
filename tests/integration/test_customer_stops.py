"""Marketing stopped by hand and allowed again; never against the customer's own word, however that became known."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress as suppress_error
from datetime import date, timedelta
from typing import Any

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.domain.rules import rule_title
from notifier.errors import BadInput, Refused
from notifier.jobs.customer_calls import Call, record_call
from notifier.jobs.customer_doing import Doing
from notifier.jobs.customer_page import Dossier, dossier
from notifier.jobs.customer_stops import allow_marketing, lift_stop, stop_marketing, stop_texts
from notifier.jobs.customer_words import refused_words
from notifier.jobs.explain import explain_customer
from notifier.jobs.explain_words import rows
from notifier.store.audit import Actor
from notifier.store.consents import consent_before_refusal
from notifier.store.engine import Session, Store
from notifier.store.merges import merge_customers
from notifier.store.splits import Leaving, leave
from notifier.store.suppressions import suppress, suppress_messages
from notifier.store.tables import AuditEntry, ConsentChange, Suppression
from notifier.web.console.customers.stop import may_be_stopped
from tests.support import group
from tests.support.calls import bring_calls, called, settings
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, ZONE, Dealership, at, yaml

TODAY = date(2026, 3, 10)
NIGHT = at(TODAY, "21:00")
OFFERS = INSURANCE.replace("kind: service", "kind: marketing")
CLERK = Actor("李娜", None)
WHY = "asked at the counter"


@pytest.fixture
def shop(store: Store) -> Dealership:
    """陈芳 agreed to marketing when she bought her car; an offer and a reminder are planned for the morning."""
    made = Dealership(store, yaml(MAINTENANCE, OFFERS, BIRTHDAY, guards="quiet_hours: '20:00-09:00'"))
    due: dict[str, Any] = {"service_on": TODAY + timedelta(days=10), "insurance_ends_on": TODAY + timedelta(days=57)}
    made.owner("陈芳", **due)
    made.customer("林强")
    agreed(made, "陈芳", date(2024, 5, 2))
    made.plan_at(NIGHT)
    assert sent_or_not(made) == {"marketing": ("planned", None), "service": ("planned", None)}
    return made


def agreed(shop: Dealership, name: str, day: date) -> None:
    """As an import writes it down."""
    shop.change_customer(name, consent_since=day, consent_source="contract")
    change = {"customer_id": shop.id_of(name), "value": "yes", "since": day, "source": "contract", "recorded_at": NIGHT}
    shop.insert(ConsentChange, change)


def sent_or_not(shop: Dealership) -> dict[str, tuple[str, str | None]]:
    """Kind → where its text stands."""
    return {row["kind"]: (row["state"], row["reason"]) for row in shop.messages()}


def doing(shop: Dealership, name: str = "陈芳") -> Doing:
    """The clerk, about this customer, in the evening."""
    return Doing(shop.id, shop.id_of(name), CLERK, NIGHT, ZONE)


def done(shop: Dealership, what: Callable[..., Any], *args: Any, name: str = "陈芳") -> Any:
    """What that doing returns, in a transaction of its own."""
    return shop.write(lambda session: what(session, doing(shop, name), *args))


def page_of(shop: Dealership, name: str = "陈芳") -> Dossier:
    """The customer's page."""
    with shop.store.read() as session:
        found = dossier(session, doing(shop, name))
    assert found is not None
    return found


def consent(shop: Dealership, name: str = "陈芳") -> tuple[str, date | None, str | None]:
    """Value, since, source."""
    person = shop.person(name)
    return person["consent"], person["consent_since"], person["consent_source"]


def test_marketing_alone_is_stopped(shop: Dealership) -> None:
    """The offer is cancelled at once, the reminder about the car leaves; who stopped it, when and why is on record."""
    assert done(shop, stop_marketing, WHY) == 1
    assert sent_or_not(shop) == {"marketing": ("cancelled", "consent_refused"), "service": ("planned", None)}
    by_hand = ("no", TODAY, f"desk 李娜: {WHY}")
    assert (consent(shop), shop.rows(Suppression)) == (by_hand, [])
    last = shop.rows(ConsentChange)[-1]
    assert (last["value"], last["since"], last["source"]) == by_hand
    entry = shop.one(AuditEntry)
    assert (entry["action"], entry["who"], entry["before"], entry["after"]) == (
        "customer.stop_marketing", "李娜", {"consent": "yes", "since": "2024-05-02"},
        {"consent": "no", "since": "2026-03-10", "why": WHY, "cancelled": 1},
    )  # fmt: skip


def test_why_not_and_the_page_name_who_stopped_it(shop: Dealership) -> None:
    """The greeting is kept back for the refusal, the reminder goes on as before."""
    shop.change_customer("陈芳", birth_mmdd="0820")
    done(shop, stop_marketing, WHY)
    shop.fresh(NIGHT)
    found = explain_customer(shop.planner(), "main", shop.id_of("陈芳"), NIGHT)
    told = {row.title: row.sentence for row in rows(found, rule_title)}
    by = f"entered by 李娜: {WHY}, on 2026-03-10"
    assert f"the customer refused marketing ({by})" in told["Birthday"]
    assert "the customer refused marketing" in told["Insurance expiry"]
    assert "A text is planned" in told["Maintenance due"]
    person = page_of(shop).person
    said = f"Gets no marketing ({by}). Service and safety texts still come."
    assert refused_words(person, elsewhere=False, gets_none=False) == said


@pytest.mark.parametrize(("agreed_before", "again"), [(True, "yes"), (False, "unknown")])
def test_allowed_again_what_stood_before_stands(store: Store, agreed_before: bool, again: str) -> None:
    """With its own day and source; the history has who gave it back. A consent nobody had given is not made up."""
    shop = Dealership(store, yaml(OFFERS))
    shop.customer("陈芳", consent="yes" if agreed_before else "unknown")
    if agreed_before:
        agreed(shop, "陈芳", date(2024, 5, 2))
    done(shop, stop_marketing, WHY)
    assert page_of(shop).marketing_again == again
    assert done(shop, allow_marketing, "the wrong customer") == again
    stands = ("yes", date(2024, 5, 2), "contract") if agreed_before else ("unknown", None, None)
    assert consent(shop) == stands
    last = shop.rows(ConsentChange)[-1]
    assert (last["value"], last["since"], last["source"]) == (again, TODAY, "desk 李娜: the wrong customer")
    assert [row["action"] for row in shop.rows(AuditEntry)] == ["customer.stop_marketing", "customer.allow_marketing"]
    assert page_of(shop).marketing_again is None
    done(shop, stop_marketing, WHY)
    assert done(shop, allow_marketing, "the wrong customer again") == again
    assert consent(shop) == stands


def test_what_she_refused_yesterday_counts_though_it_is_written_down_after_the_stop_is_taken_back(
    shop: Dealership,
) -> None:
    """She agreed to nothing on the day the clerk allowed it again; a call from before her consent changes nothing."""
    done(shop, stop_marketing, WHY)
    done(shop, allow_marketing, "the wrong customer")
    done(shop, record_call, Call(result="refused", day=date(2024, 5, 1)))
    assert consent(shop) == ("yes", date(2024, 5, 2), "contract")
    bring_calls(shop, NIGHT, called(shop, "陈芳", str(TODAY - timedelta(days=1)), "refused"))
    assert consent(shop) == ("no", TODAY - timedelta(days=1), "call 李娜")


def refused_on_the_phone(shop: Dealership) -> None:
    """She says it herself."""
    done(shop, record_call, Call(result="refused", day=TODAY))


def refused_in_the_dms(shop: Dealership) -> None:
    """The next customer file tells it, without a day."""
    bring_customer(shop, 是否同意营销="否")


def bring_customer(shop: Dealership, consent_source: str | None = None, **told: str) -> None:
    """The customer file tells this of her."""
    person, car = shop.person("陈芳"), shop.one_car("陈芳")
    known = {"客户编号": "N1", "客户姓名": "陈芳", "手机": person["phone"], "VIN": car["vin"], "车牌": car["plate"]}
    table = TableOfRows("c.csv", (*known, *told), [[*known.values(), *told.values()]])
    import_table("customers", shop.store, shop.id, table, settings(NIGHT, consent_source=consent_source))


def became_one_who_refused(shop: Dealership) -> None:
    """Another record of hers is found, with a refusal of 2025."""
    shop.change_customer("林强", consent="no", consent_since=date(2025, 1, 1), consent_source="import")
    merged = {shop.id_of("林强"): shop.id_of("陈芳")}
    shop.write(lambda session: merge_customers(session, merged, NIGHT))


def was_joined_by_one_who_refused(shop: Dealership) -> None:
    """A number with such a refusal comes to her phone."""
    shop.change_customer("林强", consent="no", consent_since=date(2025, 1, 1), consent_source="import")
    leaving = Leaving(shop.id_of("林强"), shop.id_of("陈芳"), ("C1",), [])
    shop.write(lambda session: leave(session, shop.id, [leaving], NIGHT))


@pytest.mark.parametrize(
    "said", [refused_on_the_phone, refused_in_the_dms, became_one_who_refused, was_joined_by_one_who_refused]
)
def test_the_customers_own_word_takes_the_place_of_the_shops(
    shop: Dealership, said: Callable[[Dealership], None]
) -> None:
    """However it becomes known after the stop by hand: the shop may not take it back, and it holds from no earlier.

    The history has both refusals, and still the consent before them.
    """
    done(shop, stop_marketing, WHY)
    said(shop)
    assert page_of(shop).marketing_again is None
    with pytest.raises(Refused, match="refused marketing themselves"):
        done(shop, allow_marketing, "please")
    value, since, source = consent(shop)
    assert (value, since) == ("no", TODAY)
    assert source in ("call 李娜", "import")
    history = [(row["value"], row["source"]) for row in shop.rows(ConsentChange)]
    assert history[:2] == [("yes", "contract"), ("no", f"desk 李娜: {WHY}")]
    assert history[2:] in ([("no", own)] for own in ("call 李娜", "import", "merge", "split"))
    assert shop.write(lambda session: consent_before_refusal(session, shop.id_of("陈芳"))) == "yes"


def test_all_who_come_to_her_phone_are_heard(shop: Dealership) -> None:
    """Of their refusals the latest day holds, and the customer's own word; what is told already is not told again."""
    shop.customer("王刚")
    refusals = {"林强": (date(2026, 1, 1), "desk anna: asked"), "王刚": (date(2025, 1, 1), "import")}
    for name, (since, source) in refusals.items():
        shop.change_customer(name, consent="no", consent_since=since, consent_source=source)
    leavings = [Leaving(shop.id_of(name), shop.id_of("陈芳"), (name,), []) for name in refusals]
    for _time in range(2):
        shop.write(lambda session: leave(session, shop.id, leavings, NIGHT))
        assert consent(shop) == ("no", date(2026, 1, 1), "import")
        assert shop.count(ConsentChange) == 2
    assert page_of(shop).marketing_again is None
    assert sent_or_not(shop)["marketing"] == ("cancelled", "consent_refused")


def test_a_later_refusal_of_one_who_comes_to_her_phone_holds(shop: Dealership) -> None:
    """As hers does, who refused before."""
    shop.change_customer("陈芳", consent="no", consent_since=date(2025, 1, 1), consent_source="import")
    shop.change_customer("林强", consent="no", consent_since=date(2026, 3, 1), consent_source="call 王芳")
    leaving = Leaving(shop.id_of("林强"), shop.id_of("陈芳"), ("C1",), [])
    shop.write(lambda session: leave(session, shop.id, [leaving], NIGHT))
    assert consent(shop) == ("no", date(2026, 3, 1), "call 王芳")


def test_a_source_in_a_file_never_reads_as_the_consoles(shop: Dealership) -> None:
    """A DMS may have a “desk form”: what she signed there is her own word, a refusal as well as a consent."""
    bring_customer(shop, 是否同意营销="否", 同意来源="desk form 2026")
    assert consent(shop) == ("no", TODAY, "import: desk form 2026")
    with pytest.raises(Refused, match="refused marketing themselves"):
        done(shop, allow_marketing, "please")


def test_a_consent_of_a_list_from_a_desk_stands_again(store: Store) -> None:
    """`--consent` names the source as well."""
    shop = Dealership(store, yaml(OFFERS))
    shop.owner("陈芳")
    shop.change_customer("陈芳", consent="unknown")
    bring_customer(shop, "desk at the fair")
    done(shop, stop_marketing, WHY)
    assert done(shop, allow_marketing, "the wrong customer") == "yes"
    assert consent(shop) == ("yes", TODAY, "import: desk at the fair")


def test_the_same_stop_told_by_nobody_else_stays_the_shops(shop: Dealership) -> None:
    """A file that still says yes, from before, changes nothing."""
    done(shop, stop_marketing, WHY)
    bring_customer(shop, 是否同意营销="是", 同意日期="2024-05-02")
    assert consent(shop) == ("no", TODAY, f"desk 李娜: {WHY}")
    assert page_of(shop).marketing_again == "yes"


def test_a_stop_by_reply_outlives_marketing_allowed_again(shop: Dealership) -> None:
    """Each is taken back for itself."""
    done(shop, stop_marketing, WHY)
    shop.send_at(at(TODAY + timedelta(days=1), "09:30"))
    shop.reply("陈芳", "R", at(TODAY + timedelta(days=1), "09:40"))
    done(shop, allow_marketing, "asked again")
    assert shop.one(Suppression)["lifted_at"] is None
    with pytest.raises(Refused, match="The customer said stop"):
        done(shop, lift_stop, "please")


def told_to_stop_on_the_phone(shop: Dealership) -> None:
    """Recorded at the console."""
    done(shop, record_call, Call(result="do_not_text", day=TODAY))


def told_to_stop_by_the_worklist(shop: Dealership) -> None:
    """It comes back in the evening."""
    bring_calls(shop, NIGHT, called(shop, "陈芳", str(TODAY), "do_not_text"))


def opted_out_with_the_carrier(shop: Dealership) -> None:
    """The provider tells it of a text it refused."""
    codes = {shop.messages("陈芳")[0]["id"]: "21610"}
    shop.write(lambda session: suppress_messages(session, codes))


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (told_to_stop_on_the_phone, ("staff", "call 李娜")),
        (told_to_stop_by_the_worklist, ("staff", "call 李娜")),
        (opted_out_with_the_carrier, ("carrier", "21610")),
    ],
)
def test_a_stop_of_the_customers_own_takes_the_place_of_the_shops(
    shop: Dealership, said: Callable[[Dealership], None], known: tuple[str, str]
) -> None:
    """It holds from the same day, and the shop may not lift it any more; the stop of another stays as it is."""
    done(shop, stop_texts, WHY)
    done(shop, stop_texts, WHY, name="林强")
    since = shop.one(Suppression, phone_key=shop.person("陈芳")["phone_key"])["since"]
    assert page_of(shop).may_lift
    said(shop)
    row = shop.one(Suppression, phone_key=shop.person("陈芳")["phone_key"])
    assert (row["reason"], row["source"], row["since"], row["lifted_at"]) == (*known, since, None)
    assert not page_of(shop).may_lift
    with pytest.raises(Refused, match="The customer said stop"):
        done(shop, lift_stop, "please")
    assert page_of(shop, "林强").may_lift
    shop.write(lambda session: suppress(session, row["phone_key"], reason="staff", source="desk anna: too"))
    assert shop.one(Suppression, phone_key=row["phone_key"])["source"] == known[1]


@pytest.mark.parametrize("is_first", ["the desk", "the customer"])
def test_a_stop_said_while_the_desk_lifts_its_own_stands(store: Store, is_first: str) -> None:
    """Whoever is first, the customer's word is in force when both are done."""
    shop = Dealership(store, yaml(OFFERS))
    shop.customer("陈芳")
    key = shop.person("陈芳")["phone_key"]

    def say(session: Session) -> None:
        suppress(session, key, reason="carrier", source="21610")

    def lift(session: Session) -> None:
        with suppress_error(Refused):
            lift_stop(session, doing(shop), "please")

    done(shop, stop_texts, WHY)
    first, second = (lift, say) if is_first == "the desk" else (say, lift)
    with store.write() as session:
        first(session)
        other = threading.Thread(target=shop.write, args=(second,))
        other.start()
        other.join(0.15)
    other.join(30)
    row = shop.one(Suppression)
    assert (row["reason"], row["source"], row["lifted_at"]) == ("carrier", "21610", None)


def test_a_stop_of_marketing_wants_a_reason_and_is_one(shop: Dealership) -> None:
    """Each refusal with its sentence; a customer without a phone may be kept from marketing too."""
    with pytest.raises(BadInput, match="Say why"):
        done(shop, stop_marketing, " ")
    with pytest.raises(Refused, match="has not refused"):
        done(shop, allow_marketing, "asked")
    done(shop, stop_marketing, WHY)
    with pytest.raises(Refused, match="already"):
        done(shop, stop_marketing, WHY)
    with pytest.raises(BadInput, match="Say why"):
        done(shop, allow_marketing, "")
    shop.customer("无机", phone=None)
    assert done(shop, stop_marketing, WHY, name="无机") == 0


def test_with_every_text_stopped_too_the_page_promises_no_service(shop: Dealership) -> None:
    """Both stand, in whichever order they were entered, and each is told as what it is."""
    assert may_be_stopped(page_of(shop))
    assert done(shop, stop_texts, WHY) == 2
    assert may_be_stopped(page_of(shop))
    assert done(shop, stop_marketing, WHY) == 0
    found = page_of(shop)
    assert not may_be_stopped(found)
    assert (found.stop is not None, found.marketing_again) == (True, "yes")
    told = refused_words(found.person, elsewhere=False, gets_none=True)
    assert told == f"Has refused marketing too (entered by 李娜: {WHY}, on 2026-03-10)."


def test_a_refusal_at_a_sister_shop_shows_here(store: Store) -> None:
    """It holds in the whole group, so each shop's page says so; planned offers of every shop are cancelled by it."""
    shops = group.Group(store, group.yaml(OFFERS, keys=("quanzhou", "jinjiang")))
    shops.person("陈芳", "quanzhou", "jinjiang")
    shops.car("闽C12345", "陈芳", "jinjiang", insurance_ends_on=TODAY + timedelta(days=57))
    shops.plan_at(NIGHT)
    assert done(shops["quanzhou"], stop_marketing, WHY) == 1
    found = page_of(shops["jinjiang"])
    assert (found.person.consent, found.is_refused_elsewhere) == ("yes", True)
    told = refused_words(found.person, elsewhere=True, gets_none=False)
    assert told == "Gets no marketing (at another shop of the group). Service and safety texts still come."
    assert not page_of(shops["quanzhou"]).is_refused_elsewhere
