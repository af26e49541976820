"""How central does, for Prometheus; a registry of its own, so that two centrals in one process do not mix."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["CentralMetrics"]


class CentralMetrics:
    """Counts and times. Names begin with `tagtill_central_`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "tagtill_central_events", "Events by what became of them.", ["verdict"], registry=self.registry
        )
        self.capture_seconds = Histogram(
            "tagtill_central_capture_seconds", "From a capture's first byte read to its commit.", registry=self.registry
        )
        self.refused = Counter(
            "tagtill_central_refused",
            "Requests that got a problem, by status.",
            ["status"],
            registry=self.registry,
        )
        self.streams = Gauge("tagtill_central_streams", "Open streams of changes.", registry=self.registry)
