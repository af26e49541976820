"""The demo's own /healthz, /readyz and /metrics, on the floor's port: how the processes that it tends stand."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from appliance.demo.processes import ProcessGroup

__all__ = ["floor_health"]


class _ProcessCollector:
    """Asks the group at each scrape."""

    def __init__(self, processes: ProcessGroup) -> None:
        self._processes = processes

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("tagtill_demo_process_up", "1 while the process is ready", labels=["process"])
        starts = GaugeMetricFamily("tagtill_demo_process_starts", "How often it was started", labels=["process"])
        for name in self._processes.names():
            up.add_metric([name], self._processes.state(name) == "up")
            starts.add_metric([name], self._processes.starts(name))
        yield up
        yield starts


def floor_health(processes: ProcessGroup) -> Blueprint:
    """Return the three routes. A process that a visitor switched off is not ready, as in a shop."""
    routes = Blueprint("health", __name__)
    registry = CollectorRegistry()
    registry.register(_ProcessCollector(processes))

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify({"alive": True})

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        found = {name: processes.state(name) == "up" for name in processes.names()}
        return jsonify(found), 200 if all(found.values()) else 503

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return routes
