"""The sync daemon's figures for Prometheus, and whether it is well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from stocksync.daemon import SyncDaemon
from stocksync.sync_status import SyncState

__all__ = ["sync_checks", "sync_registry"]


class _SyncCollector:
    """Asks the daemon at each scrape, so that nothing has to be kept in step."""

    def __init__(self, daemon: SyncDaemon) -> None:
        self._daemon = daemon

    def collect(self) -> Iterator[Metric]:
        status = self._daemon.status()
        gauges = {
            "tagtill_outbox_depth": ("Movements that central has yet to acknowledge", status["depth"]),
            "tagtill_outbox_age_seconds": ("Age of the oldest of them, 0 if there is none", status["age_s"] or 0.0),
            "tagtill_outbox_dead": ("Movements that central refused for good", status["dead"]),
            "tagtill_sync_lag_seconds": ("From append to acknowledgement, of the latest", status["lag_s"] or 0.0),
        }
        for name, (words, value) in gauges.items():
            yield GaugeMetricFamily(name, words, value=value)
        yield CounterMetricFamily("tagtill_sync_sent", "Movements acknowledged since the store began", status["sent"])


def sync_checks(daemon: SyncDaemon) -> Callable[[], Mapping[str, bool]]:
    """Return what /readyz asks: does central take what we send?"""
    return lambda: {"central": daemon.status()["state"] in (SyncState.UP, SyncState.NEVER_RUN)}


def sync_registry(daemon: SyncDaemon) -> CollectorRegistry:
    """Return a registry with the daemon's figures."""
    registry = CollectorRegistry()
    registry.register(_SyncCollector(daemon))
    return registry
