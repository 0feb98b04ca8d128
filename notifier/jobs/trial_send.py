"""One real text with example values to a colleague's own phone, outside every campaign and every figure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier.domain.phone import mask, phone_key, to_e164
from notifier.errors import Refused
from notifier.gateways.base import AnswerKind, Gateway, Outgoing
from notifier.jobs.wording_check import Bench
from notifier.locale import N_, WhenShown
from notifier.locale.gateway_words import gateway_words
from notifier.locale.mends import Mend
from notifier.store import audit
from notifier.store.audit import Actor
from notifier.store.engine import Session, Store
from notifier.store.suppressions import suppression_of
from notifier.templating import Template, example_values, preview

__all__ = ["TrialPost", "TrialSent", "send_test"]

VALID_SECONDS = 3600
MOST_A_MINUTE, MOST_A_DAY = 3, 40
"""Of one person: a clerk who tries a wording needs few, and whoever writes to strangers by this way many."""
ACTION = "template.test_send"
NOT_TAKEN = Mend(N_("notifier doctor says what to mend."), N_("Ask the owner of this console, or whoever set it up."))


@dataclass(frozen=True, slots=True)
class TrialPost:
    """What a test text is sent with: `region` is the one phones without a country code are read in."""

    store: Store
    secret: bytes = field(repr=False)
    makes_gateway: Callable[[], Gateway]
    post_timeout: float
    region: str


@dataclass(frozen=True, slots=True)
class TrialSent:
    """The text, the masked phone it went to, and who took it."""

    text: str
    phone: str
    gateway: str


async def send_test(
    post: TrialPost, template: Template, phone: str, bench: Bench, *, who: Actor, now: datetime
) -> TrialSent:
    """Send it once, and write it into the audit log, whatever becomes of it.

    Raises BadPhone for what is no mobile number; Refused for a phone that said stop, for the fourth text of a person
    within a minute, and with the provider's own words where it does not take the text.
    """
    to = to_e164(phone, post.region)
    shop = bench.shop
    values = example_values(template.language) | {"shop_name": shop.name, "shop_phone": shop.phone}
    text = preview(template, values, shop=shop, capabilities=bench.capabilities).text
    await asyncio.to_thread(_allowed, post, to, template, who, now)
    return await _posted(post, to, text, now)


def _allowed(post: TrialPost, to: str, template: Template, who: Actor, now: datetime) -> None:
    """Refuse, or note down that it is sent: in one transaction, so that two windows do not both pass."""
    with post.store.write() as session:
        if suppression_of(session, phone_key(post.secret, to)) is not None:
            raise Refused(
                N_("{phone} said stop, so no text goes there. It may text START to end that."), phone=mask(to)
            )
        _raise_if_too_many(session, who, now)
        audit.record(
            session, at=now, who=who.name, user_id=who.user_id, action=ACTION, subject_type="template",
            subject=f"{template.language}/{template.name}", after={"phone": mask(to)},
        )  # fmt: skip


def _raise_if_too_many(session: Session, who: Actor, now: datetime) -> None:
    if who.user_id is None:  # on the command line: whoever may type there may also send by other means
        return
    latest = audit.entries(session, user_id=who.user_id, action=ACTION, limit=MOST_A_DAY)
    if len(latest) == MOST_A_DAY and latest[-1].at > now - timedelta(days=1):
        raise Refused(N_("{count} test texts a day are enough; go on tomorrow."), count=MOST_A_DAY)
    if len(latest) >= MOST_A_MINUTE and latest[MOST_A_MINUTE - 1].at > now - timedelta(minutes=1):
        raise Refused(
            N_("{count} test texts within a minute are enough. Wait a little, then send again."), count=MOST_A_MINUTE
        )


async def _posted(post: TrialPost, to: str, text: str, now: datetime) -> TrialSent:
    outgoing = Outgoing(message_id=0, attempt_n=0, to=to, body=text, validity_seconds=VALID_SECONDS)
    gateway = post.makes_gateway()
    async with gateway:
        answer = await gateway.post(outgoing, timeout=post.post_timeout, now=now)
    if answer.kind is not AnswerKind.ACCEPTED:
        raise Refused(
            N_("{gateway} did not take the text (code {code}: {text})."),
            mend=NOT_TAKEN, gateway=WhenShown(lambda: gateway_words(gateway.name)), code=answer.code or "–",
            text=answer.text or str(answer.kind),
        )  # fmt: skip
    return TrialSent(text, mask(to), gateway.name)
