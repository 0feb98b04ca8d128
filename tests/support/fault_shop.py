"""A shop that sends under faults: its outbox, its processes' settings, and what became of every text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from notifier.crashpoints import VARIABLE
from notifier.store.bulk import insert_returning_ids, table_of
from notifier.store.engine import Store
from notifier.store.tables import Attempt, Customer, GatewayLane, Message, Run
from tests.support.daemon import free_port
from tests.support.fault_schedule import RECONCILER, WEB, Death, is_pulling, provider_faults
from tests.support.outbox import NOON, WORDING, Outbox
from tests.support.sending import PUBLIC_URL, SCHEDULES
from tests.support.twilio_account import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID
from tests.support.twilio_server import TwilioHandle

ATTEMPT, MESSAGE = table_of(Attempt), table_of(Message)
TWO_TEXTS = 10
"""Every so manieth customer gets two texts: a listing then shows more than the one that is looked for."""
QUIET_HOURS = '"20:00-09:00"'
MORE = 30
REFUSING = "OLD.state = 'posting' AND NEW.state = 'accepted' AND NEW.message_id % 5 = 0"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds; how many POSTs at once; and the share of them that is refused for being too many (429).

    The provider's listing lags, so what is not in it proves nothing at once.
    """

    post_timeout: float = 1.0
    lease: float = 8.0
    listing_lag: float = 2.0
    after: float = 3.0
    gap: float = 3.0
    in_flight: int = 50
    refusals: float = 0.1


@dataclass
class FaultShop:
    """One installation in `folder`, towards that provider. `is_cluster`: its senders are workers, and live today."""

    store: Store
    twilio: TwilioHandle
    folder: Path
    times: Times = Times()
    is_cluster: bool = False
    port: int = field(default_factory=free_port)
    planned: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.store, key="main")
        ran_with = {
            "kind": "service", "rule": "maintenance_due", "stages": {"early": -14}, "templates": {"early": "due"},
        }  # fmt: skip
        self.outbox.change(Run, self.outbox.ready, settings=ran_with)
        (self.folder / "schedules.yaml").write_text(SCHEDULES.replace(QUIET_HOURS, "none"), encoding="utf-8")
        templates = self.folder / "templates" / "zh-CN"
        templates.mkdir(parents=True)
        (templates / "due.j2").write_text(WORDING, encoding="utf-8")
        self.twilio.chances(*provider_faults(self.times.post_timeout, self.times.refusals))
        self.twilio.configure(listing_lag=self.times.listing_lag)

    def is_called_back(self, share: float) -> None:
        """Some texts are told of by callbacks, before the POST is answered, out of order."""
        self.twilio.call_back(
            order="shuffled", before_answer=True, share=share, base_url=f"http://127.0.0.1:{self.port}"
        )

    def plan(self, messages: int) -> None:
        """So many texts wait."""
        keys = self.outbox.texts(messages - messages // (TWO_TEXTS + 1), **self._waiting())
        self.planned += keys
        table = table_of(Customer)
        with self.store.write() as session:
            people = session.execute(sa.select(table).order_by(table.c.id)).mappings().all()
            again = [dict(person) for person in people[::TWO_TEXTS]][: messages - len(keys)]
            more = [self.outbox.row_for(person, **self._waiting()) for person in again]
            self.planned += insert_returning_ids(session, Message, more)

    def _waiting(self) -> dict[str, datetime]:
        """From when on a text may go, and until when."""
        now = datetime.now(UTC) if self.is_cluster else NOON
        return {"not_before": now, "valid_until": now + timedelta(days=10)}

    def plan_some_more(self) -> None:
        """Where few are left: a place in the lane is not passed without texts."""
        if self.outbox.states().get("planned", 0) < MORE:
            self.planned += self.outbox.texts(MORE, **self._waiting())

    # — its processes —

    def words(self, station: str, death: Death | None) -> list[str]:
        """The command of a station."""
        at = [] if self.is_cluster else ["--at", NOON.isoformat()]
        if station == WEB:
            return ["web"]
        if station == RECONCILER:
            wait = [] if death and death.point and death.point.startswith("reconcile.finish") else ["--wait"]
            return ["reconcile", *wait, *at, "--json"]
        return ["worker"] if self.is_cluster else ["send", "--until-empty", *at, "--json"]

    def environment(self, *, pulls: bool = False, death: Death | None = None) -> dict[str, str]:
        """Its settings. `pulls`: statuses are fetched. `death`: where this process is to die."""
        values = {
            "NOTIFIER_DATABASE_URL": self.store.url, "NOTIFIER_SECRET_KEY": "a key for tests only",
            "NOTIFIER_SCHEDULES": str(self.folder / "schedules.yaml"), "NOTIFIER_PORT": str(self.port),
            "NOTIFIER_TEMPLATES": str(self.folder / "templates"), "NOTIFIER_LOG_FORMAT": "json",
            "NOTIFIER_GATEWAY": "twilio", "NOTIFIER_TWILIO_RATE": "2000",
            "NOTIFIER_IN_FLIGHT": str(self.times.in_flight),
            "NOTIFIER_POST_TIMEOUT": str(self.times.post_timeout), "NOTIFIER_LEASE": str(self.times.lease),
            "NOTIFIER_RECONCILE_AFTER": str(self.times.after), "NOTIFIER_RECONCILE_GAP": str(self.times.gap),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE_SID, "TWILIO_API_BASE_URL": self.twilio.url,
        }  # fmt: skip
        if death is not None and death.point is not None:
            values[VARIABLE] = f"{death.point}:{death.passing}"
            pulls = pulls or is_pulling(death.point)
        return values if pulls else values | {"NOTIFIER_PUBLIC_URL": PUBLIC_URL}

    # — what a place in the code needs to be passed —

    @contextmanager
    def ready_for(self, death: Death) -> Iterator[None]:
        """While the process lives that is to die there."""
        point = death.point or ""
        if point.startswith("send.rerender"):
            self._take_wordings(3)
        if point.startswith("reconcile.keep_replies"):
            self.twilio.customer_writes("+8619900000001", "See you on Monday.")
        if not point.startswith("send.record_singly"):
            yield
            return
        name = "refuse_" + point.rpartition(".")[2]
        self._refuse_some_answers(name)
        try:
            yield
        finally:
            self._refuse_none(name)

    def _take_wordings(self, number: int) -> None:
        """Some planned texts have lost one of their cars, so their wording has to be made anew."""
        some = sa.select(MESSAGE.c.id).where(MESSAGE.c.state == "planned").order_by(MESSAGE.c.id.desc()).limit(number)
        with self.store.write() as session:
            session.execute(sa.update(MESSAGE).where(MESSAGE.c.id.in_(some)).values(text=None))

    def _refuse_some_answers(self, name: str) -> None:
        """The database refuses every fifth acceptance, so that answers are written down one by one."""
        if self.store.is_sqlite:
            self._execute(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON attempt WHEN {REFUSING} "
                "BEGIN SELECT RAISE(ABORT, 'refused by the fault run'); END"
            )
        else:
            self._execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'refused by the fault run'; END $$",
                f"CREATE TRIGGER {name} BEFORE UPDATE ON attempt FOR EACH ROW WHEN ({REFUSING}) "
                f"EXECUTE FUNCTION {name}()",
            )

    def _refuse_none(self, name: str) -> None:
        if self.store.is_sqlite:
            self._execute(f"DROP TRIGGER {name}")
        else:
            self._execute(f"DROP TRIGGER {name} ON attempt", f"DROP FUNCTION {name}()")

    def _execute(self, *statements: str) -> None:
        with self.store.write() as session:
            for statement in statements:
                session.execute(sa.text(statement))

    # — what came of it —

    def lane_words(self) -> str:
        """How the lane is."""
        lanes = self.outbox.rows(GatewayLane)
        return f"troubles {lanes[0]['troubles']}, last error {lanes[0]['last_error']}" if lanes else "no lane yet"

    def is_quiet(self) -> bool:
        """Whether nothing is planned, under way or unknown."""
        return not {"planned", "sending", "unknown"} & self.outbox.states().keys()

    def verdict(self) -> Verdict:
        """The provider's word on every text beside ours."""
        planned = self.planned
        outcomes = self.twilio.outcomes()
        accepted = Counter(message for message, _sid, _status in outcomes)
        return Verdict(
            messages=len(planned),
            posts=self.twilio.counts()[0],
            accepted_once=sum(accepted[key] == 1 for key in planned),
            lost=[key for key in planned if not accepted[key]],
            twice=[key for key, times in accepted.items() if times > 1],
            unknown=self.outbox.states().get("unknown", 0),
            disagreeing=self._disagreeing({message: (sid, status) for message, sid, status in outcomes}),
        )

    def _disagreeing(self, told: dict[int, tuple[str, str]]) -> list[str]:
        """Texts of which we say otherwise than the provider: their state, or the one attempt that has the sid."""
        with self.store.read() as session:
            states = {key: state for key, state in session.execute(sa.select(MESSAGE.c.id, MESSAGE.c.state))}  # noqa: C416
            columns = (ATTEMPT.c.message_id, ATTEMPT.c.state, ATTEMPT.c.provider_sid)
            attempts: dict[int, list[Any]] = defaultdict(list)
            for message, state, sid in session.execute(sa.select(*columns)):
                if state != "free":
                    attempts[message].append((sid, state))
        return [
            f"{key}: provider {told.get(key)}, message {state}, attempts {attempts[key]}"
            for key, state in states.items()
            if key not in told or state != told[key][1] or attempts[key] != [told[key]]
        ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the provider has, beside what we say."""

    messages: int
    posts: int
    accepted_once: int
    lost: Sequence[int]
    twice: Sequence[int]
    unknown: int
    disagreeing: Sequence[str]

    @property
    def is_good(self) -> bool:
        """Never lost, never twice, nothing left open, and both sides agree."""
        return self.accepted_once == self.messages and not (self.lost or self.twice or self.unknown or self.disagreeing)
