"""A virtual reader's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from reader.virtual.control import ReaderStatus

__all__ = ["virtual_reader_registry"]


class _ReaderCollector:
    """Asks the reader at each scrape, so that nothing has to be kept in step."""

    def __init__(self, status: Callable[[], ReaderStatus]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        status = self._status()
        yield CounterMetricFamily("tagtill_virtual_reader_reads", "Tags singulated since it began", value=status.reads)
        gauges = {
            "reads_per_second": ("Tags singulated per second, of late", status.reads_per_s),
            "client_connected": ("1 while an LLRP client is connected", status.client is not None),
            "rospec_active": ("1 while an inventory runs", status.rospec == "active"),
        }
        for name, (words, value) in gauges.items():
            yield GaugeMetricFamily(f"tagtill_virtual_reader_{name}", words, value=value)


def virtual_reader_registry(status: Callable[[], ReaderStatus]) -> CollectorRegistry:
    """Return a registry with the figures of the reader that ``status`` asks."""
    registry = CollectorRegistry()
    registry.register(_ReaderCollector(status))
    return registry
