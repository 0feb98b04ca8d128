"""Figures for a monitor, in a registry of their own: nothing of the process or of other libraries leaks in."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from notifier.store.gauges import read_gauges
from notifier.web.parts import WebParts

__all__ = ["Metrics"]


class Metrics:
    """What this process has seen (counters, latencies) and how the store stands when it is asked (gauges)."""

    def __init__(self, parts: WebParts) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(
            "notifier_events_received", "Status callbacks, replies and clicks, by what became of them.",
            ["kind", "kept"], registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "notifier_request_seconds", "Time to answer a request.", ["route", "status"], registry=self.registry
        )
        self.registry.register(_StoreCollector(parts))

    def received(self, kind: str, *, kept: bool) -> None:
        """A status, reply or click came in."""
        self._events.labels(kind, "yes" if kept else "no").inc()

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._seconds.labels(route, str(status)).observe(seconds)


class _StoreCollector(Collector):
    """Reads the store at each scrape."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing beforehand: asking would read a database that may not be there yet."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges."""
        parts = self._parts
        with parts.store.read() as session:
            found = read_gauges(session, parts.gateway, parts.clock())
        messages = GaugeMetricFamily("notifier_messages", "Messages by state.", labels=["state"])
        for state, number in sorted(found.messages.items()):
            messages.add_metric([state], number)
        yield messages
        single = (
            ("notifier_messages_waiting", "Texts planned in runs that may be sent.", found.waiting),
            ("notifier_messages_unknown", "Texts nobody can tell about yet.", found.unknown),
            ("notifier_oldest_waiting_seconds", "How long the first text that may leave has waited.",
             found.oldest_waiting_seconds),
            ("notifier_lane_stopped", "1 where our set-up is wrong and nothing is posted.",
             found.lane_stopped is not None),
            ("notifier_pauses", "Pauses in force, of everything or of a shop.", found.pauses),
        )  # fmt: skip
        for name, meaning, value in single:
            yield GaugeMetricFamily(name, meaning, value=float(value))
