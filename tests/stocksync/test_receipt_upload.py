from __future__ import annotations

import json
import sqlite3
import threading

from stocksync.central_client import CentralClient
from stocksync.daemon import SyncDaemon, SyncSettings
from stocksync.receipt_upload import ReceiptUploads
from tests.stocksync.scripted_central import KEY, Reply, ScriptedCentral
from tests.stocksync.shop import Shop, epc_of


def _settle(shop: Shop, *tokens: str) -> None:
    # A connection that knows no foreign keys: the sale behind a receipt is no matter here.
    with sqlite3.connect(shop.path) as connection:
        connection.executemany(
            "INSERT INTO receipt (token, sale, n, number, body) VALUES (?, ?, ?, ?, ?)",
            [(token, f"S{n}", n, f"K1-{n}", json.dumps({"number": n})) for n, token in enumerate(tokens, 1)],
        )
    connection.close()


def _uploads(shop: Shop) -> ReceiptUploads:
    return ReceiptUploads(shop.store, shop.clock, lambda: 1.0)


def _sent(central: ScriptedCentral) -> list[str]:
    return [request.path for request in central.calls("PUT", "/receipts/")]


def test_each_receipt_is_laid_down_once(shop: Shop, central: ScriptedCentral) -> None:
    _settle(shop, "tok-a", "tok-b")
    uploads = _uploads(shop)
    assert uploads.is_due()

    with CentralClient(central.address, KEY) as client:
        uploads.send(client)
        uploads.send(client)

    assert _sent(central) == ["/receipts/tok-a", "/receipts/tok-b"]
    assert json.loads(central.requests[0].body) == {"number": 1}
    assert not uploads.is_due()


def test_after_a_failure_it_rests_and_then_goes_on(shop: Shop, central: ScriptedCentral) -> None:
    _settle(shop, "tok-a")
    uploads = _uploads(shop)
    central.once("PUT", "/receipts", Reply(drop=True))

    with CentralClient(central.address, KEY) as client:
        uploads.send(client)
        uploads.send(client)
        assert len(_sent(central)) == 1
        assert not uploads.is_due()
        shop.clock.advance_s(1)
        assert uploads.is_due()
        uploads.send(client)

    assert len(_sent(central)) == 2
    assert not uploads.is_due()


def test_one_that_central_refuses_stalls_no_other(shop: Shop, central: ScriptedCentral) -> None:
    _settle(shop, "tok-a", "tok-b")
    central.rules.append(lambda request: Reply(400) if request.path.endswith("tok-a") else None)
    uploads = _uploads(shop)

    with CentralClient(central.address, KEY) as client:
        uploads.send(client)
        uploads.send(client)

    assert _sent(central) == ["/receipts/tok-a", "/receipts/tok-b"]


def test_movements_go_on_while_receipts_find_no_door(shop: Shop, central: ScriptedCentral) -> None:
    _settle(shop, "tok-a")
    central.rules.append(lambda request: Reply(404) if request.method == "PUT" else None)
    stop = threading.Event()
    daemon = SyncDaemon(shop.store, SyncSettings(central.address, KEY), shop.clock)
    thread = threading.Thread(target=daemon.run, args=(stop,))
    thread.start()
    try:
        assert central.wait_for(lambda: len(_sent(central)) == 1)
        shop.sell("K1-1", epc_of(1))
        assert central.wait_for(lambda: central.seqs() == [1])
    finally:
        stop.set()
        thread.join(5)
