"""One post of a shop that sends under faults: its process, and the deaths it is to die."""

from __future__ import annotations

import signal
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from tests.support.crew import Crew, Member, kill
from tests.support.fault_schedule import RECONCILER, SENDER, WEB, Death
from tests.support.fault_shop import FaultShop

AGAIN_AFTER = 0.3  # seconds until a command is started again that has ended because there was nothing to do
PATIENCE = {SENDER: 1.5, "send.finish": 0.6, RECONCILER: 20.0, WEB: 20.0}
"""Seconds until who is to die at a certain place is asked to end, which leads a sender to its last places."""
IN_VAIN, TRIES = 3, 10
KILLED = -signal.SIGKILL


@dataclass
class Station:
    """One process after the other with the same task; each dies its death, and the next takes over."""

    name: str
    crew: Crew
    shop: FaultShop
    deaths: deque[Death]
    died: list[Death] = field(default_factory=list)
    broke: int = 0
    made_room: int = 0
    member: Member | None = None
    armed: Death | None = None
    _needs: ExitStack = field(default_factory=ExitStack)
    _tries: int = 0
    _since: float = 0.0

    @property
    def _role(self) -> str:
        return self.name.partition("-")[0]

    @property
    def _patience(self) -> float:
        assert self.armed is not None
        return PATIENCE["send.finish" if str(self.armed.point).startswith("send.finish") else self._role]

    @property
    def is_sender(self) -> bool:
        """Whether it takes texts that another sender might have taken."""
        return self._role == SENDER

    @property
    def is_in_vain(self) -> bool:
        """Whether it has come to its end several times without passing the place it is to die at."""
        return self.armed is not None and self._tries >= IN_VAIN

    def tick(self, accepted: int) -> None:
        """Look after the process, now that the provider has accepted so many."""
        if self.member is not None and self.member.is_running:
            self._meet_fate(self.member, accepted)
            return
        if self.member is not None:
            self._bury(self.member)
        if time.monotonic() >= self._since:
            self._start(accepted)

    def _start(self, accepted: int) -> None:
        if self.armed is None and self.deaths and self.deaths[0].point and self.deaths[0].after <= accepted:
            self.armed = self.deaths.popleft()
            self._needs.enter_context(self.shop.ready_for(self.armed))
        environment = self.shop.environment(death=self.armed)
        words = self.shop.words(self._role, self.armed)
        self.member = self.crew.start(words, environment, log=f"{self.name}.log")
        self._since = time.monotonic()

    def _meet_fate(self, member: Member, accepted: int) -> None:
        """If it is time, kill it: for good, or to make room for one that will die at a certain place."""
        if self.armed is not None:
            if time.monotonic() - self._since > self._patience * (1 + self._tries):
                member.signal(signal.SIGTERM)
        elif self.deaths and self.deaths[0].after <= accepted:
            kill(member)
            self.member, self._since = None, 0.0
            if self.deaths[0].point is None:
                self.died.append(self.deaths.popleft())
            else:
                self.made_room += 1

    def _bury(self, member: Member) -> None:
        """It has ended by itself: at the place it was to die at, or with its work done, or because something broke."""
        self.member, self._since = None, time.monotonic() + AGAIN_AFTER
        if self.armed is not None and member.code == KILLED:
            self.died.append(self.armed)
            self.armed, self._tries, self._since = None, 0, 0.0
            self._needs.close()
        elif self.armed is not None:
            self._tries += 1
            if self._tries > TRIES:
                raise RuntimeError(f"{self.armed} was never passed: {member.log.read_text()[-1000:]}")
            self._needs.close()
            self.armed = replace(self.armed, passing=1)
            self.shop.plan_some_more()
            self._needs.enter_context(self.shop.ready_for(self.armed))
        if member.code not in (0, KILLED, -signal.SIGTERM):
            self.broke += 1

    def end(self) -> None:
        """No more processes."""
        if self.member is not None:
            self.member.signal(signal.SIGTERM)
            self.member.wait()
        self._needs.close()
