"""A phone network that exists only in the database: delays, failures and replies, all from a seed.

Nothing leaves the machine. What happens to a text depends on (seed, phone, message, attempt) alone, so a run can be
repeated; when it happens is business time, so two months pass as fast as somebody asks.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self
from uuid import uuid4

from notifier.domain.phone_network import Offered, SeenSms, SimulatedSms, Step
from notifier.errors import StoreError
from notifier.gateways.base import (
    Answer,
    AnswerKind,
    Capabilities,
    InboundText,
    ListedText,
    Outgoing,
    Policy,
    Pulled,
    StatusReport,
)
from notifier.gateways.simulator_profile import Behaviour, NetworkProfile, Reaction, ordinary_customers
from notifier.gateways.twilio_codes import event_of, kind_of, policy_of
from notifier.locale import _

_E164 = re.compile(r"\+[1-9]\d{6,14}")


class SimulatorMemory(Protocol):
    """Where the network keeps its texts. Synchronous; every method may raise StoreError."""

    def accept(self, texts: Sequence[SimulatedSms]) -> None:
        """Keep them for good, all or none, before returning."""
        ...

    def hand_out(self, since: datetime, now: datetime) -> list[Offered]:
        """Steps due by `now` and not yet taken by an asker who has recorded everything up to `since`."""
        ...

    def sent_to(self, to: str, since: datetime, until: datetime) -> list[SeenSms]:
        """Texts accepted for `to` in [since, until] of the memory's own clock."""
        ...


class Simulator:
    """The simulated network as a gateway.

    `behaviour` decides how each customer reacts; left out, the profile's ordinary customers do.
    """

    name = "simulator"

    def __init__(
        self,
        memory: SimulatorMemory,
        *,
        seed: int = 0,
        profile: NetworkProfile | None = None,
        behaviour: Behaviour | None = None,
        price_micros: int = 50_000,
        units_per_second: float = 2_000.0,
    ) -> None:
        self.capabilities = Capabilities(
            two_way=True,
            links=True,
            units_per_second=units_per_second,
            price_micros=price_micros,
            keeps_business_time=True,
        )
        self._profile = profile or NetworkProfile()
        self._behaviour = behaviour or ordinary_customers(self._profile)
        self._seed = seed
        self._memory = memory
        self._journal = _Journal(memory)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._journal.close()

    async def post(self, text: Outgoing, *, timeout: float, now: datetime) -> Answer:
        """Accept one text, durably before the answer, or refuse it. Times of what follows count from `now`."""
        refused = self._refusal(text)
        if refused is not None:
            policy = policy_of(refused, 400)
            return Answer(kind_of(policy), code=refused, policy=policy)
        draw = self._draw("text", text.to, text.message_id, text.attempt_n)
        sms = _accepted(text, self._behaviour(text, now, draw), now)
        try:
            await asyncio.wait_for(self._journal.keep(sms), timeout)
        except TimeoutError:
            return Answer(AnswerKind.AMBIGUOUS, code="time_out", policy=Policy.AMBIGUOUS)
        except StoreError as error:
            return Answer(AnswerKind.AMBIGUOUS, code="store", text=error.sentence, policy=Policy.AMBIGUOUS)
        if draw.random() < self._profile.lost_answers:
            return Answer(AnswerKind.AMBIGUOUS, code="time_out", policy=Policy.AMBIGUOUS)
        return Answer(AnswerKind.ACCEPTED, sid=sms.sid)

    async def list_sent(self, to: str, since: datetime, until: datetime) -> list[ListedText] | None:
        """Texts accepted for `to`; `since` and `until` are the database's clock, as a real provider's would be."""
        try:
            seen = await asyncio.to_thread(self._memory.sent_to, to, since, until)
        except StoreError:
            return None
        return [
            ListedText(
                sid=sms.sid,
                to=sms.to,
                body=sms.body,
                created_at=sms.created_at,
                sender=self.name,
                status=sms.status,
                event=event_of(sms.status),
                error_code=sms.error_code,
            )
            for sms in seen
        ]

    async def pull(self, since: datetime, now: datetime) -> Pulled:
        """What happened by business time `now`, each with its `occurred_at`.

        `since` = the `now` of the last pull whose fruits are recorded: everything that one brought is then taken.
        Asked again with the same `since`, it brings the same again.
        """
        try:
            offered = await asyncio.to_thread(self._memory.hand_out, since, now)
        except StoreError:
            return Pulled(complete=False)
        return Pulled(
            statuses=[self._report(one) for one in offered if one.step.status is not None],
            replies=[self._reply(one) for one in offered if one.step.reply is not None],
        )

    async def check(self) -> list[tuple[bool, str]]:
        """Always ready."""
        return [
            (True, _("The simulator is the gateway: no text leaves this machine. For real texts set NOTIFIER_GATEWAY."))
        ]

    def _refusal(self, text: Outgoing) -> str | None:
        if not _E164.fullmatch(text.to):
            return "21211"
        if not text.body:
            return "21602"
        return "21614" if self._draw("phone", text.to).random() < self._profile.dead_numbers else None

    def _draw(self, *key: object) -> random.Random:
        return random.Random(":".join(str(part) for part in (self._seed, *key)))  # noqa: S311 (a game, no secret)

    def _report(self, one: Offered) -> StatusReport:
        message_id, attempt_n = one.callback.split(":")
        status, code = one.step.status or "", one.step.error_code
        return StatusReport(
            gateway=self.name,
            sid=one.sid,
            status=status,
            event=event_of(status),
            error_code=code,
            policy=policy_of(code) if code else None,
            message_id=int(message_id),
            attempt_n=int(attempt_n),
            occurred_at=one.step.at,
        )

    def _reply(self, one: Offered) -> InboundText:
        return InboundText(
            gateway=self.name,
            provider_id=one.step.reply_sid or "",
            sender=one.to,
            text=one.step.reply or "",
            occurred_at=one.step.at,
        )


def _accepted(text: Outgoing, reaction: Reaction, now: datetime) -> SimulatedSms:
    sent_at = now + reaction.sent_after
    steps = [Step(sent_at, status="sent")]
    if reaction.receipt is not None:
        steps.append(Step(sent_at + reaction.receipt_after, reaction.receipt, reaction.error_code))
    steps.extend(
        Step(sent_at + reaction.receipt_after + after, reply=words, reply_sid=_sid())
        for after, words in reaction.replies
    )
    return SimulatedSms(
        sid=_sid(),
        to=text.to,
        body=text.body,
        callback=f"{text.message_id}:{text.attempt_n}",
        steps=tuple(sorted(steps, key=lambda step: step.at)),
    )


def _sid() -> str:
    return f"SM{uuid4().hex}"


class _Journal:
    """Group commit: texts that arrive while a commit is under way share the next one."""

    def __init__(self, memory: SimulatorMemory) -> None:
        self._memory = memory
        self._waiting: list[tuple[SimulatedSms, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, sms: SimulatedSms) -> None:
        """Return when `sms` is durable. Cancelling the wait does not cancel the commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((sms, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await done

    async def close(self) -> None:
        """Wait until everything handed in is written."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            commit = asyncio.to_thread(self._memory.accept, [sms for sms, _done in batch])
            (failure,) = await asyncio.gather(commit, return_exceptions=True)
            for _sms, done in batch:
                if done.done():  # nobody waits any more
                    continue
                if failure is None:
                    done.set_result(None)
                else:
                    done.set_exception(failure)
