"""The health door: it answers, also where there is nothing good to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
import requests
from prometheus_client import CollectorRegistry, Gauge

from appliance.health import HealthDoor


@contextmanager
def door_of(checks: Callable[[], Mapping[str, bool]], registry: CollectorRegistry) -> Iterator[str]:
    door = HealthDoor("127.0.0.1", 0, checks, registry)
    door.start()
    try:
        yield f"http://127.0.0.1:{door.port}"
    finally:
        door.stop()


def broken() -> Mapping[str, bool]:
    raise OSError("disk I/O error")


@pytest.mark.parametrize(("is_well", "status"), [(True, 200), (False, 503)])
def test_it_says_what_is_well(is_well: bool, status: int) -> None:
    with door_of(lambda: {"central": is_well}, CollectorRegistry()) as url:
        answer = requests.get(f"{url}/readyz", timeout=10)
        assert requests.get(f"{url}/healthz", timeout=10).json() == {"alive": True}
        assert requests.get(f"{url}/other", timeout=10).status_code == 404

    assert (answer.status_code, answer.json()) == (status, {"central": is_well})


def test_what_cannot_be_looked_up_is_not_well() -> None:
    registry = CollectorRegistry()
    Gauge("depth", "of the outbox", registry=registry).set_function(lambda: float(len(broken())))

    with door_of(broken, registry) as url:
        assert [requests.get(f"{url}/{path}", timeout=10).status_code for path in ("readyz", "metrics")] == [503, 503]
        assert requests.get(f"{url}/healthz", timeout=10).status_code == 200
