"""Figures for Prometheus, in a registry of this application's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from kiosk_ui.events import StreamSlots
from kiosk_ui.port import CentralRelay, KioskLane

__all__ = ["install_metrics"]


class _LaneFigures(Collector):
    """Asked at each scrape, so that a figure is never older than the scrape."""

    def __init__(self, lanes: Mapping[str, KioskLane], relay: CentralRelay, slots: StreamSlots) -> None:
        self._lanes, self._relay, self._slots = lanes, relay, slots

    def collect(self) -> Iterable[Metric]:
        families = {
            name: GaugeMetricFamily(f"tagtill_lane_{name}", text, labels=["lane"])
            for name, text in {
                "items": "Items for sale in the basket",
                "reader_up": "1 while the lane's reader is up",
                "terminal_up": "1 while the lane's terminal answers",
                "help_called": "1 while a shopper waits for staff",
            }.items()
        }
        stage = GaugeMetricFamily("tagtill_lane_stage", "1 for the stage that the lane is in", labels=["lane", "stage"])
        for name, lane in self._lanes.items():
            view = lane.view()
            families["items"].add_metric([name], view.count)
            families["reader_up"].add_metric([name], view.reader_up)
            families["terminal_up"].add_metric([name], view.terminal_up)
            families["help_called"].add_metric([name], view.help_called)
            stage.add_metric([name, view.stage.value], 1)
        yield from families.values()
        yield stage
        central_up = bool(self._relay.availability()["central_up"])
        yield GaugeMetricFamily("tagtill_central_up", "1 while central answers the pages", value=central_up)
        yield GaugeMetricFamily("tagtill_streams_open", "Live streams to pages", value=self._slots.open_count)


def install_metrics(app: Flask, lanes: Mapping[str, KioskLane], relay: CentralRelay, slots: StreamSlots) -> None:
    """Count requests by endpoint, method and status, and answer `/metrics`."""
    registry = CollectorRegistry()
    registry.register(_LaneFigures(lanes, relay, slots))
    requests = Counter(
        "tagtill_http_requests", "Requests answered", ["endpoint", "method", "status"], registry=registry
    )

    @app.after_request
    def count(response: Response) -> Response:
        method = request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
        requests.labels(request.endpoint or "none", method, str(response.status_code)).inc()
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
