"""The daemon against a central that fails in every way it can: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from checkout.port import MoveReason
from stocksync import outbox
from stocksync.central_client import CentralClient
from stocksync.daemon import SyncDaemon, SyncSettings
from stocksync.delivery import CaptureLimits
from stocksync.outbox import OutboxRow
from tests.stocksync.scripted_central import KEY, Reply, ScriptedCentral
from tests.stocksync.shop import Shop, epc_of


class Patience:
    """A stop that never waits: it notes how long it was to wait, and stops after so many waits of some length."""

    def __init__(self, rests: int = 50) -> None:
        self.waits_s: list[float] = []
        self._rests = rests

    def is_set(self) -> bool:
        return len(self.waits_s) >= self._rests

    def wait(self, timeout: float | None = None) -> bool:
        self.waits_s.append(timeout or 0.0)
        return self.is_set()


def _daemon(shop: Shop, central: ScriptedCentral, most: CaptureLimits | None = None, key: str = KEY) -> SyncDaemon:
    settings = SyncSettings(central.address, key, most or CaptureLimits())
    return SyncDaemon(shop.store, settings, shop.clock, jitter=lambda: 1.0)


def _drain(daemon: SyncDaemon, central: ScriptedCentral, stop: Patience | None = None, key: str = KEY) -> Patience:
    stop = stop or Patience()
    with CentralClient(central.address, key) as client:
        daemon.drain(client, stop)
    return stop


def _waiting(shop: Shop) -> list[OutboxRow]:
    with shop.store.read() as connection:
        return outbox.claim(connection, 10_000)


def test_all_arrives_in_batches_within_centrals_limits_and_the_outbox_is_empty(
    shop: Shop, central: ScriptedCentral
) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 451)))
    daemon = _daemon(shop, central)

    _drain(daemon, central)

    assert central.seqs() == list(range(1, 451))
    assert [len(request.events()) for request in central.calls("POST", "/capture")] == [200, 200, 50]
    assert len(central.calls("OPTIONS", "/capture")) == 1
    request = central.calls("POST", "/capture")[0]
    assert request.headers["Content-Encoding"] == "zstd"
    assert request.headers["GS1-Capture-Error-Behaviour"] == "proceed"
    assert _waiting(shop) == []
    status = daemon.status()
    assert (status["state"], status["depth"], status["age_s"], status["sent"]) == ("up", 0, None, 450)
    assert status["lag_s"] == 0.0


@pytest.mark.parametrize("fault", [Reply(drop=True), Reply(500), Reply(503, {"Retry-After": "7"}), Reply(429)])
@pytest.mark.parametrize("apply_first", [False, True])
@pytest.mark.parametrize(("method", "path"), [("OPTIONS", "/capture"), ("POST", "/capture"), ("GET", "/capture/")])
def test_a_fault_before_or_after_it_was_applied_loses_nothing_and_applies_nothing_twice(
    shop: Shop, central: ScriptedCentral, fault: Reply, apply_first: bool, method: str, path: str
) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 31)))
    central.once(method, path, fault, apply_first=apply_first)
    daemon = _daemon(shop, central)

    stop = _drain(daemon, central)

    assert central.seqs() == list(range(1, 31))
    assert central.applied == 30
    assert _waiting(shop) == []
    assert stop.waits_s == [7.0 if fault.status == 503 else 0.1]
    assert daemon.status()["state"] == "up"


def test_a_central_that_is_down_is_tried_for_ever_and_more_slowly(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(epc_of(1))
    central.rules.append(lambda request: Reply(503))
    daemon = _daemon(shop, central)

    stop = _drain(daemon, central, Patience(rests=12))

    assert stop.waits_s == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]
    assert len(_waiting(shop)) == 1
    status = daemon.status()
    assert (status["state"], status["depth"], status["last_success_utc"]) == ("unreachable", 1, None)
    assert "503" in status["last_error"]


def test_a_wrong_key_keeps_everything_and_asks_for_a_person(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(epc_of(1))
    daemon = _daemon(shop, central, key="old")

    stop = _drain(daemon, central, Patience(rests=3), key="old")

    assert stop.waits_s == [30.0, 30.0, 30.0]
    assert len(_waiting(shop)) == 1
    assert daemon.status()["state"] == "needs_person"
    _drain(daemon, central)  # enrolled again
    assert central.seqs() == [1]


def test_a_poison_event_is_set_aside_with_the_reason_and_the_rest_goes_on(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 11)))
    poison = _waiting(shop)[3]
    central.poison.add(poison.event_id)
    daemon = _daemon(shop, central)

    stop = _drain(daemon, central)

    assert central.seqs() == [1, 2, 3, 5, 6, 7, 8, 9, 10]
    assert len(central.calls("POST", "/events")) == 1  # only the one that the job named
    assert stop.waits_s == []
    with shop.store.read() as connection:
        (letter,) = outbox.dead_letters(connection)
    assert letter.row == poison
    assert "poison" in letter.reason
    assert daemon.status()["dead"] == 1

    central.poison.clear()
    shop.store.write(outbox.revive)
    _drain(daemon, central)
    assert central.seqs() == list(range(1, 11))


def test_what_our_own_schema_refuses_is_never_sent(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(epc_of(1), epc_of(2))
    broken = _waiting(shop)[0]
    body = broken.body.replace("stocking", "shelving")
    shop.store.write(lambda t: t.execute("UPDATE outbox SET body = ? WHERE seq = ?", (body, broken.seq)))

    _drain(_daemon(shop, central), central)

    assert central.seqs() == [2]
    with shop.store.read() as connection:
        assert "bizStep" in outbox.dead_letters(connection)[0].reason


def test_a_row_that_is_no_json_stalls_nobody(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(epc_of(1), epc_of(2))
    shop.store.write(lambda t: t.execute("UPDATE outbox SET body = '{' WHERE seq = 1"))

    _drain(_daemon(shop, central), central)

    assert central.seqs() == [2]
    with shop.store.read() as connection:
        assert "not JSON" in outbox.dead_letters(connection)[0].reason


def test_a_batch_refused_as_a_whole_is_sent_one_by_one(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 6)))
    central.once("POST", "/capture", Reply(400, body={"title": "ValidationException"}))
    central.poison.add(_waiting(shop)[2].event_id)

    _drain(_daemon(shop, central), central)

    assert central.seqs() == [1, 2, 4, 5]
    assert _waiting(shop) == []


def test_a_job_whose_errors_name_nobody_makes_all_of_its_batch_go_singly(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 6)))
    job = {"running": False, "success": False, "errors": [{"title": "something"}]}
    central.once("GET", "/capture/", Reply(200, body=job))

    _drain(_daemon(shop, central), central)

    assert len(central.calls("POST", "/events")) == 5
    assert central.applied == 5  # each was a 409
    assert _waiting(shop) == []


def test_a_fault_in_the_middle_of_singles_keeps_what_was_acknowledged(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 6)))
    central.once("POST", "/capture", Reply(400))
    singles = iter([None, None, Reply(drop=True)])
    central.rules.append(lambda request: next(singles, None) if request.path == "/events" else None)

    stop = _drain(_daemon(shop, central), central, Patience(rests=1))

    assert stop.waits_s == [0.1]
    assert [row.seq for row in _waiting(shop)] == [3, 4, 5]


def test_a_batch_that_is_too_large_is_halved_until_it_fits(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 101)))
    central.rules.append(
        lambda request: Reply(413) if request.path == "/capture" and len(request.body) > 15_000 else None
    )

    stop = _drain(_daemon(shop, central), central)

    assert central.seqs() == list(range(1, 101))
    sizes = [len(request.events()) for request in central.calls("POST", "/capture")]
    assert sizes[:2] == [100, 50]
    assert stop.waits_s == []


def test_one_event_that_is_too_large_for_ever_is_set_aside(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(epc_of(1), epc_of(2))
    central.rules.append(
        lambda request: Reply(413) if request.method == "POST" and b'"tagtill:seq":1,' in request.body else None
    )

    _drain(_daemon(shop, central), central)

    assert central.seqs() == [2]
    assert _waiting(shop) == []


def test_a_central_that_knows_no_zstd_gets_gzip_and_then_plain_json(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(epc_of(1))
    central.rules.append(
        lambda request: Reply(415) if "Content-Encoding" in request.headers and request.method == "POST" else None
    )

    stop = _drain(_daemon(shop, central), central)

    encodings = [request.headers.get("Content-Encoding") for request in central.calls("POST", "/capture")]
    assert encodings == ["zstd", "gzip", None]
    assert stop.waits_s == []
    assert central.seqs() == [1]


def test_a_job_is_asked_for_until_it_ends(shop: Shop, central: ScriptedCentral) -> None:
    shop.stock(epc_of(1))
    for _ in range(3):
        central.once("GET", "/capture/", Reply(200, body={"running": True, "success": True}))

    stop = _drain(_daemon(shop, central), central)

    assert stop.waits_s == [0.005, 0.01, 0.02]
    assert _waiting(shop) == []


def test_a_sale_and_its_void_share_an_event_id_and_both_arrive(shop: Shop, central: ScriptedCentral) -> None:
    shop.sell("K1-1", epc_of(1))
    shop.move(MoveReason.VOID, "V1", epc_of(1), undoes="K1-1")
    central.once("POST", "/capture", Reply(drop=True), apply_first=True)

    _drain(_daemon(shop, central), central)

    assert central.seqs() == [1, 2]
    assert len({event_id for event_id, _ in central.events}) == 1
    assert _waiting(shop) == []


def test_killed_between_acknowledgement_and_deletion_nothing_is_applied_twice(
    shop: Shop, central: ScriptedCentral
) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 11)))
    rows = _waiting(shop)
    _drain(_daemon(shop, central), central)
    shop.store.write(partial(outbox.append, rows=rows))  # as if the deletion had not reached the disk

    _drain(_daemon(shop, central), central)

    assert central.applied == 10
    assert _waiting(shop) == []


def test_a_number_that_central_has_for_something_else_is_set_aside_for_a_person(
    shop: Shop, central: ScriptedCentral
) -> None:
    shop.stock(epc_of(1), epc_of(2))
    ours = _waiting(shop)[0]
    problem = {
        "type": "epcisException:ResourceAlreadyExistsException",
        "status": 409,
        "detail": "another event with other content has the same store, epoch and seq",
        "eventID": ours.event_id,
        "conflict": True,
    }
    job = {"running": False, "success": False, "errors": [problem]}
    central.once("GET", "/capture/", Reply(200, body=job))
    central.once("POST", "/events", Reply(409, body=problem))

    _drain(_daemon(shop, central), central)

    assert _waiting(shop) == []
    with shop.store.read() as connection:
        (letter,) = outbox.dead_letters(connection)
    assert letter.row == ours
    assert "same store, epoch and seq" in letter.reason


@pytest.mark.parametrize("location", ["http://[", "//["])
def test_a_job_at_no_address_is_waited_out(shop: Shop, central: ScriptedCentral, location: str) -> None:
    shop.stock(epc_of(1))
    central.once("POST", "/capture", Reply(202, {"Location": location}))

    stop = _drain(_daemon(shop, central), central)

    assert stop.waits_s == [0.1]
    assert central.seqs() == [1]


def test_a_fault_of_ours_does_not_end_the_daemon(shop: Shop, central: ScriptedCentral) -> None:
    def broken() -> float:
        raise RuntimeError("no randomness left")

    shop.stock(epc_of(1))
    central.rules.append(lambda request: Reply(503))
    stop = Patience(rests=3)

    SyncDaemon(shop.store, SyncSettings(central.address, KEY), shop.clock, jitter=broken).run(stop)

    assert stop.waits_s == [1.0, 1.0, 1.0]
    assert len(_waiting(shop)) == 1


def test_a_running_daemon_notices_a_sale_at_once_and_stops_at_once(shop: Shop, central: ScriptedCentral) -> None:
    stop = threading.Event()
    daemon = _daemon(shop, central)
    thread = threading.Thread(target=daemon.run, args=(stop,))
    thread.start()
    try:
        shop.sell("K1-1", epc_of(1))
        assert central.wait_for(lambda: central.seqs() == [1], timeout_s=5)
        shop.sell("K1-2", epc_of(2))
        assert central.wait_for(lambda: central.seqs() == [1, 2], timeout_s=5)
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()
