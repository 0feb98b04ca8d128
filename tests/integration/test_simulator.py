"""The simulated phone network, over a real database of each kind."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from notifier.domain.states import AttemptEvent
from notifier.gateways.base import Answer, AnswerKind, Outgoing, Policy, StatusReport
from notifier.gateways.simulator import Simulator
from notifier.gateways.simulator_profile import NetworkProfile, Reaction
from notifier.store.engine import Store, database_now
from notifier.store.simulated import SimulatedNetwork
from notifier.store.tables import SimulatedText

LI_LEI = "+8613800000001"
MORNING = datetime(2026, 3, 2, 2, tzinfo=UTC)
LONG_AFTER = MORNING + timedelta(days=2)
RELIABLE = NetworkProfile(dead_numbers=0, no_receipt=0, undelivered={}, replies={})


@pytest.fixture
def network(store: Store) -> SimulatedNetwork:
    """An empty phone network."""
    return SimulatedNetwork(store)


def phone(n: int) -> str:
    """The phone of the n-th customer."""
    return f"+86138{n:08d}"


def text(n: int = 1, *, to: str | None = None, body: str = "您好") -> Outgoing:
    """The n-th text, to the n-th customer."""
    return Outgoing(n, 1, phone(n) if to is None else to, body, 3600)


async def post_all(simulator: Simulator, texts: list[Outgoing]) -> list[Answer]:
    """Post them as the sender does, many in flight."""
    async with simulator:
        return list(await asyncio.gather(*(simulator.post(one, timeout=8, now=MORNING) for one in texts)))


def told(statuses: list[StatusReport]) -> list[tuple[int | None, str, str | None, datetime | None]]:
    """What was reported, without the ids the network draws."""
    return [(one.message_id, one.status, one.error_code, one.occurred_at) for one in statuses]


async def test_an_accepted_text_is_durable_before_its_answer(
    store: Store, open_store: Callable[[str], Store], network: SimulatedNetwork
) -> None:
    """Another connection sees the text as soon as post() has returned."""
    answer = await Simulator(network, profile=RELIABLE).post(text(7), timeout=8, now=MORNING)
    assert answer.kind is AnswerKind.ACCEPTED
    with open_store(store.url).read() as session:
        kept = session.execute(sa.select(SimulatedText)).scalar_one()
    assert (kept.sid, kept.to, kept.callback) == (answer.sid, phone(7), "7:1")


async def test_statuses_come_at_their_business_time(network: SimulatedNetwork) -> None:
    """Nothing before its moment; sent, then delivered, each with the moment it happened and the message it names."""
    simulator = Simulator(network, profile=RELIABLE, behaviour=lambda *_: Reaction())
    answer = await simulator.post(text(7), timeout=8, now=MORNING)
    assert not (await simulator.pull(MORNING, MORNING)).statuses
    first = (await simulator.pull(MORNING, MORNING + timedelta(seconds=2))).statuses
    second = (await simulator.pull(MORNING + timedelta(seconds=2), LONG_AFTER)).statuses
    assert [(one.sid, one.event, one.message_id, one.attempt_n, one.occurred_at) for one in [*first, *second]] == [
        (answer.sid, AttemptEvent.SENT, 7, 1, MORNING + timedelta(seconds=2)),
        (answer.sid, AttemptEvent.DELIVERED, 7, 1, MORNING + timedelta(seconds=6)),
    ]
    assert not (await simulator.pull(LONG_AFTER, LONG_AFTER)).statuses


async def test_a_pull_that_was_not_recorded_brings_the_same_again(network: SimulatedNetwork) -> None:
    """Statuses and replies alike, words included."""

    def answers_one(_text: Outgoing, _now: datetime, _draw: Random) -> Reaction:
        return Reaction(replies=((timedelta(minutes=5), "1"),))

    simulator = Simulator(network, profile=RELIABLE, behaviour=answers_one)
    await simulator.post(text(7), timeout=8, now=MORNING)
    first, again = [await simulator.pull(MORNING, LONG_AFTER) for _ in range(2)]
    assert first == again
    (reply,) = first.replies
    assert (reply.sender, reply.text) == (phone(7), "1")
    assert reply.occurred_at == MORNING + timedelta(minutes=5, seconds=6)
    taken = await simulator.pull(LONG_AFTER, LONG_AFTER)
    assert (list(taken.statuses), list(taken.replies)) == ([], [])


async def test_the_same_seed_lives_the_same_life(network: SimulatedNetwork) -> None:
    """Posted in another order, every text meets the same fate at the same moment; another seed brings another."""
    texts = [text(n) for n in range(300)]

    async def life(seed: int, posted: list[Outgoing]) -> tuple[list[str], list[str]]:
        simulator = Simulator(network, seed=seed)
        answers = await post_all(simulator, posted)
        pulled = await simulator.pull(MORNING, LONG_AFTER)
        await simulator.pull(LONG_AFTER, LONG_AFTER)
        return sorted(map(str, told(list(pulled.statuses)))), sorted(str((one.kind, one.code)) for one in answers)

    first = await life(1, texts)
    assert await life(1, texts[::-1]) == first
    assert await life(2, texts) != first


async def test_ordinary_customers_are_mostly_reached_and_seldom_answer(network: SimulatedNetwork) -> None:
    """Some 96 in 100 are delivered; each failure has a code the house knows; a few write back."""
    simulator = Simulator(network, seed=5)
    answers = await post_all(simulator, [text(n) for n in range(3000)])
    pulled = await simulator.pull(MORNING, LONG_AFTER)
    accepted = sum(answer.kind is AnswerKind.ACCEPTED for answer in answers)
    fates = Counter(report.error_code or report.status for report in pulled.statuses)
    assert 2970 <= accepted < 3000
    assert {answer.code for answer in answers} == {None, "21614"}
    assert 0.945 < fates["delivered"] / accepted < 0.975
    assert {"30003", "30005", "30008"} <= set(fates)
    assert 60 < len(pulled.replies) < 220
    assert {reply.text for reply in pulled.replies} == {"1", "R", "谢谢"}


@pytest.mark.parametrize(
    ("outgoing", "code", "policy"),
    [
        (text(to="13800000001"), "21211", Policy.MARK_NUMBER),
        (text(to=""), "21211", Policy.MARK_NUMBER),
        (text(body=""), "21602", Policy.FAIL),
    ],
)
async def test_a_wrong_number_or_text_is_refused(
    network: SimulatedNetwork, outgoing: Outgoing, code: str, policy: Policy
) -> None:
    """With the codes of a real provider, and without a trace in the network."""
    simulator = Simulator(network)
    answer = await simulator.post(outgoing, timeout=8, now=MORNING)
    assert (answer.kind, answer.code, answer.policy) == (AnswerKind.REFUSED, code, policy)
    assert not (await simulator.pull(MORNING, LONG_AFTER)).statuses


async def test_a_dead_number_is_dead_every_time(network: SimulatedNetwork) -> None:
    """Whether a phone is dead depends on the phone, not on the text."""
    simulator = Simulator(network, profile=NetworkProfile(dead_numbers=0.5))
    answers = await post_all(simulator, [Outgoing(n, 1, phone(n % 20), "您好", 60) for n in range(100)])
    fates = {(n % 20, answer.kind) for n, answer in enumerate(answers)}
    assert len(fates) == 20
    assert {kind for _n, kind in fates} == {AnswerKind.ACCEPTED, AnswerKind.REFUSED}


async def test_a_lost_answer_is_found_in_the_listing(store: Store, network: SimulatedNetwork) -> None:
    """The text was accepted though nobody heard it; the listing's clock is the database's, not the business day."""
    simulator = Simulator(network, profile=NetworkProfile(dead_numbers=0, lost_answers=1))
    with store.read() as session:
        before = database_now(session)
    answer = await simulator.post(text(7), timeout=8, now=MORNING)
    assert (answer.kind, answer.sid) == (AnswerKind.AMBIGUOUS, None)
    found = await simulator.list_sent(phone(7), before, before + timedelta(minutes=1))
    assert found is not None
    assert [(row.to, row.body, row.event) for row in found] == [(phone(7), "您好", AttemptEvent.ACCEPTED)]
    assert await simulator.list_sent(phone(8), before, before + timedelta(minutes=1)) == []
    assert await simulator.list_sent(phone(7), MORNING, MORNING + timedelta(days=1)) == []


async def test_a_listing_shows_how_far_a_text_has_come(store: Store, network: SimulatedNetwork) -> None:
    """After a pull the row carries the last status told."""
    simulator = Simulator(network, behaviour=lambda *_: Reaction(receipt="undelivered", error_code="30008"))
    with store.read() as session:
        before = database_now(session)
    await simulator.post(text(7), timeout=8, now=MORNING)
    await simulator.pull(MORNING, LONG_AFTER)
    (row,) = await simulator.list_sent(phone(7), before, before + timedelta(minutes=1)) or []
    assert (row.status, row.error_code, row.event) == ("undelivered", "30008", AttemptEvent.UNDELIVERED)


async def test_a_database_that_is_gone_proves_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the commit fails the answer is ambiguous, a listing incomplete, a pull to be repeated."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('empty')}/without-tables.sqlite3")
    simulator = Simulator(SimulatedNetwork(store), profile=RELIABLE)
    async with simulator:
        answer = await simulator.post(text(), timeout=8, now=MORNING)
    assert (answer.kind, answer.code) == (AnswerKind.AMBIGUOUS, "store")
    assert await simulator.list_sent(phone(1), MORNING, LONG_AFTER) is None
    assert not (await simulator.pull(MORNING, LONG_AFTER)).complete
    store.close()


async def test_a_post_that_waits_too_long_for_the_database_is_ambiguous(
    store: Store, network: SimulatedNetwork
) -> None:
    """While another writer holds the table the limit ends the wait, and the text is still kept once."""
    simulator = Simulator(network, profile=RELIABLE)
    async with simulator:
        with store.write() as session:
            session.execute(sa.text("SELECT 1" if store.is_sqlite else "LOCK TABLE simulated_text"))
            answer = await simulator.post(text(7), timeout=0.2, now=MORNING)
    assert (answer.kind, answer.code) == (AnswerKind.AMBIGUOUS, "time_out")
    assert {one.message_id for one in (await simulator.pull(MORNING, LONG_AFTER)).statuses} == {7}


async def test_posting_in_parallel_is_quick(store: Store, network: SimulatedNetwork) -> None:
    """Group commit: fifty in flight share their commits, so thousands of durable texts take seconds."""
    commits: list[None] = []
    sa.event.listen(store.engine, "commit", lambda _connection: commits.append(None))
    simulator = Simulator(network, profile=RELIABLE)
    window = asyncio.Semaphore(50)

    async def one(n: int) -> Answer:
        async with window:
            return await simulator.post(text(n), timeout=8, now=MORNING)

    async with simulator:
        answers = await asyncio.gather(*(one(n) for n in range(2000)))
    assert {answer.kind for answer in answers} == {AnswerKind.ACCEPTED}
    assert len(commits) < 2000 / 5


def _post_some(url: str, first: int) -> None:
    """A second process: posts a hundred texts into the same network."""
    store = Store(url)
    asyncio.run(post_all(Simulator(SimulatedNetwork(store), profile=RELIABLE), [text(first + n) for n in range(100)]))
    store.close()


async def test_two_processes_share_one_network(store: Store, network: SimulatedNetwork) -> None:
    """Texts of two senders arrive in one pull of a third."""
    context = multiprocessing.get_context("spawn")
    senders = [context.Process(target=_post_some, args=(store.url, first)) for first in (0, 1000)]
    for sender in senders:
        sender.start()
    for sender in senders:
        await asyncio.to_thread(sender.join, 60)
    assert [sender.exitcode for sender in senders] == [0, 0]
    pulled = await Simulator(network).pull(MORNING, LONG_AFTER)
    delivered = {one.message_id for one in pulled.statuses if one.event is AttemptEvent.DELIVERED}
    assert delivered == {*range(100), *range(1000, 1100)}


async def test_the_simulator_says_that_nothing_leaves(network: SimulatedNetwork) -> None:
    """Doctor must not let anybody think that texts went out."""
    ((ok, sentence),) = await Simulator(network).check()
    assert ok
    assert "no text leaves this machine" in sentence
