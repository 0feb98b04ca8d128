"""A test text to one's own phone: the words that would leave, never to a phone that said stop, and not by the dozen."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from notifier.domain.phone import BadPhone, phone_key
from notifier.errors import Refused
from notifier.gateways.base import Capabilities
from notifier.gateways.simulator import Simulator
from notifier.jobs import trial_send
from notifier.jobs.wording_check import bench_for
from notifier.schedules import parse_schedules
from notifier.store.audit import Actor, entries
from notifier.store.engine import Store
from notifier.store.simulated import SimulatedNetwork
from notifier.store.suppressions import suppress
from notifier.store.users import insert_user
from notifier.templating import parse_template
from tests.support.outbox import NOON
from tests.support.shop import INSURANCE, yaml

SECRET = b"a key for tests only"
PHONE = "19900000001"
SHOP = parse_schedules(yaml(INSURANCE), "schedules.yaml").shops[0]
BENCH = bench_for(SHOP, Capabilities(two_way=True, links=True), 45_000)
TEMPLATE = parse_template(
    "---\ntitle: x\nkind: service\n---\n{{ 客户.称呼 }}您好。", name="care", language="zh-CN", origin="care.j2"
)


@pytest.fixture
def chen(store: Store) -> Actor:
    """Chen Xiaofang at the console."""
    with store.write() as session:
        user = insert_user(session, name="陈晓芳", login="chen", role="marketing", shop_id=None, at=NOON)
    return Actor("陈晓芳", user)


def send(store: Store, who: Actor, phone: str = PHONE, *, seconds: int = 0) -> trial_send.TrialSent:
    post = trial_send.TrialPost(store, SECRET, lambda: Simulator(SimulatedNetwork(store), seed=1), 8.0, "CN")
    now = NOON + timedelta(seconds=seconds)
    return asyncio.run(trial_send.send_test(post, TEMPLATE, phone, BENCH, who=who, now=now))


def test_the_text_goes_out_as_a_customer_would_get_it_and_is_noted_down(store: Store, chen: Actor) -> None:
    """With signature and way out; the audit log has the phone masked."""
    sent = send(store, chen)
    assert sent.text.startswith("【")
    assert sent.text.endswith("拒收请回复R")
    assert (sent.phone, sent.gateway) == ("199****0001", "simulator")
    with store.read() as session:
        (entry,) = entries(session)
    assert (entry.action, entry.subject, entry.who) == ("template.test_send", "zh-CN/care", "陈晓芳")
    assert entry.after == {"phone": "199****0001"}


def test_a_phone_that_said_stop_gets_none(store: Store, chen: Actor) -> None:
    """Neither from the console nor from the command line, and nothing is noted down as sent."""
    with store.write() as session:
        suppress(session, phone_key(SECRET, f"+86{PHONE}"), reason="stop", source="R")
    for who in (chen, Actor("root")):
        with pytest.raises(Refused, match="said stop"):
            send(store, who)
    with store.read() as session:
        assert entries(session) == []


def test_a_person_sends_a_few_a_minute(store: Store, chen: Actor) -> None:
    """The fourth within a minute waits; another person, and the command line, need not."""
    for second in range(trial_send.MOST_A_MINUTE):
        send(store, chen, seconds=second)
    with pytest.raises(Refused, match="within a minute"):
        send(store, chen, seconds=30)
    send(store, Actor("root"), seconds=30)
    send(store, chen, seconds=61)


def test_a_person_sends_some_dozens_a_day(store: Store, chen: Actor) -> None:
    """However slowly: this is for one's own phone, and not for writing to strangers."""
    for number in range(trial_send.MOST_A_DAY):
        send(store, chen, seconds=number * 60)
    with pytest.raises(Refused, match="a day"):
        send(store, chen, seconds=3600 * 20)
    send(store, chen, seconds=3600 * 24 + 1)


def test_what_is_no_mobile_number_is_refused(store: Store, chen: Actor) -> None:
    """Before anything is sent or noted down."""
    with pytest.raises(BadPhone):
        send(store, chen, "059522880000")
