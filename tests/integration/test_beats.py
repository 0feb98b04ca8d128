"""Is the daemon alive? What its engines said last, by the database's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from notifier.store.beats import Liveness, beat, liveness
from notifier.store.bulk import table_of
from notifier.store.engine import Store, database_now
from notifier.store.tables import EngineBeat

MINUTE = timedelta(minutes=1)


def beats(
    store: Store, name: str = "embedded", *, first: bool = True, version: str = "1.0", ago: timedelta
) -> datetime:
    """The engine says that it lives, so long ago; that moment."""
    with store.write() as session:
        beat(session, name, version, is_first=first)
        at = database_now(session) - ago
        table = table_of(EngineBeat)
        moments = {"beat_at": at} | ({"started_at": at} if first else {})
        session.execute(sa.update(table).where(table.c.name == name).values(**moments))
    return at


def look(store: Store) -> Liveness:
    """As the page Today asks."""
    with store.read() as session:
        return liveness(session)


def test_before_the_first_start_nobody_ever_lived(store: Store) -> None:
    """No row, no moment."""
    assert look(store) == Liveness("never")


def test_a_beat_within_three_minutes_is_life(store: Store) -> None:
    """Since the start, not since the beat."""
    started = beats(store, ago=60 * MINUTE)
    beats(store, first=False, ago=2 * MINUTE)
    assert look(store) == Liveness("alive", 1, started, ("1.0",))


def test_after_three_minutes_it_is_silent(store: Store) -> None:
    """Since its last beat; the next one makes it alive again, as anew."""
    last = beats(store, ago=4 * MINUTE)
    assert look(store) == Liveness("silent", since=last)
    again = beats(store, ago=0 * MINUTE)
    assert look(store) == Liveness("alive", 1, again, ("1.0",))


def test_a_beat_from_the_future_proves_nothing(store: Store) -> None:
    """A clock that was set back would make a dead daemon live for as long."""
    assert look(store).state == "never"
    last = beats(store, ago=-60 * MINUTE)
    assert look(store) == Liveness("silent", since=last)


def test_of_many_workers_those_that_live_count(store: Store) -> None:
    """Two of three, of two releases; one that has been gone for a week is forgotten at the next beat."""
    beats(store, "north-1", ago=timedelta(days=8))
    beats(store, "north-2", ago=9 * MINUTE)
    first = beats(store, "south-1", ago=2 * MINUTE)
    beats(store, "south-2", version="1.1", ago=MINUTE)
    assert look(store) == Liveness("alive", 2, first, ("1.0", "1.1"))
    with store.read() as session:
        names = session.execute(sa.select(table_of(EngineBeat).c.name)).scalars()
        assert sorted(names) == ["north-2", "south-1", "south-2"]
