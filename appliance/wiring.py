"""The composition root: from a configuration to the parts of each process, joined.

Nothing here decides; whoever wants to know what a process is made of reads one function.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from appliance.config import CentralSection, Config
from appliance.counting import SweepCounting
from appliance.desk import Desk
from appliance.errors import ConfigError
from appliance.importing import identity_of
from appliance.lane_readers import configured_reader, open_lane_readers
from appliance.window import LiveCatalogue, Window
from checkout.catalogue_tables import catalogue_migrations
from checkout.errors import PricingError
from checkout.ids import UlidSource
from checkout.lines import ShopKnowledge
from checkout.migrations import checkout_migrations
from checkout.pricing import Promotion, parse_promotions
from checkout.settlement import Settlement
from checkout.shop import Shop
from checkout.store import Store, migrate
from checkout.terminals.demo import DemoTerminal
from checkout.till import Till, TillParts
from kiosk_ui.app import create_app
from kiosk_ui.relay import HttpCentralRelay
from kiosk_ui.server import PageServer
from kiosk_ui.settings import ShopParts, UiSettings
from reader.basket import BasketRule, BasketSession
from reader.epc import location_link
from reader.host_clock import HostClock
from reader.port import TagReader
from reader.system_reasons import reason_of
from stocksync.central.keys import load_keys
from stocksync.central.settings import CentralSettings
from stocksync.ledger import Ledger
from stocksync.migrations import stocksync_migrations
from stocksync.movement_writer import MovementWriter
from stocksync.stocktake.stocktake import Stocktake

__all__ = ["central_settings", "migrate_store", "store_service"]

_THREADS = 32
_TOKEN_BYTES = 24  # 192 bits in a receipt's address


def migrate_store(config: Config) -> None:
    """Bring the store's database to the newest schema. Raises StoreError."""
    migrate(
        config.path(config.store.database),
        [catalogue_migrations, checkout_migrations, stocksync_migrations],
    )


def central_settings(config: Config) -> CentralSettings:
    """Return what `[central]` says. Raises ConfigError where it is missing, CentralSettingsError for its keys."""
    section: CentralSection | None = config.central
    if section is None:
        raise ConfigError(
            config.base, ["[central] is missing: this box is not configured to run the central inventory"]
        )
    return CentralSettings(
        database=config.path(section.database),
        host=section.host,
        port=section.port,
        keys=load_keys(config.path(section.keys_file)) if section.keys_file else {},
        open=section.open,
        public_reads=section.public_reads,
    )


@contextmanager
def store_service(config: Config) -> Iterator[PageServer]:
    """Bring up the store service: lanes on their threads and the pages' server, which the caller runs.

    Everything ends, in the right order, when the context does.

    Raises:
        ProfileError, PricingError, StoreError, OSError: A part cannot be had; nothing stays behind.
    """
    clock = HostClock()
    migrate_store(config)
    with ExitStack() as ending:
        store = ending.enter_context(Store(config.path(config.store.database)))
        catalogue = LiveCatalogue(store, clock)
        ledger = Ledger(store)
        writer = MovementWriter(identity_of(config), clock)
        relay = HttpCentralRelay(
            config.sync.central if config.sync else "http://127.0.0.1:9",
            config.sync_key(),
            lambda: tuple(catalogue().by_gtin),
            clock,
        )
        counting = SweepCounting(
            Stocktake(store, writer, lambda gtin: catalogue().get(gtin) is not None),
            _sweep_reader(config),
            catalogue,
        )
        tills, readers = _lanes(config, store, catalogue, ledger, writer, clock)
        parts = ShopParts(
            lanes=tills,
            window=Window(catalogue, config.path(config.store.pictures) if config.store.pictures else None, store),
            desk=Desk(store, readers, relay, counting, config.store.currency, config.store.time_zone, clock),
            relay=relay,
        )
        server = PageServer(create_app(parts, _ui_settings(config)), config.web.host, config.web.port, threads=_THREADS)
        ending.callback(server.stop)
        relay.start()
        ending.callback(relay.stop)
        ending.callback(counting.close)
        _run_lanes(tills, ending)
        counting.resume()
        yield server


def _ui_settings(config: Config) -> UiSettings:
    return UiSettings(
        shop=config.store.name,
        public_urls=config.web.public_urls,
        frame_ancestors=config.web.frame_ancestors,
        time_zone=config.store.time_zone,
        staff_pin=config.staff_pin(),
        location=location_link(config.store.gln),
        threads=_THREADS,
    )


def _lanes(
    config: Config,
    store: Store,
    catalogue: LiveCatalogue,
    ledger: Ledger,
    writer: MovementWriter,
    clock: HostClock,
) -> tuple[dict[str, Till], dict[str, TagReader]]:
    """Return the lanes' tills and, by lane, their readers."""
    shop = Shop(
        store=config.store.id,
        name=config.store.name,
        currency=config.store.currency,
        timezone=config.store.time_zone,
        receipt_url=f"{_receipt_base(config)}/receipts/{{token}}",
    )
    settlement = Settlement(
        store, writer, shop, clock, UlidSource(clock, os.urandom), lambda: secrets.token_urlsafe(_TOKEN_BYTES)
    )
    knowledge = ShopKnowledge(catalogue, ledger)
    promotions = _promotions(config)
    tills: dict[str, Till] = {}
    readers = open_lane_readers(config, clock)
    for lane, section in config.lanes.items():
        terminal = config.terminals[section.terminal]
        host, _, port = terminal.address.rpartition(":")
        tills[lane] = Till(
            TillParts(
                lane=lane,
                reader=readers[lane],
                basket=BasketSession(BasketRule(), knowledge),
                catalogue=catalogue,
                ledger=ledger,
                terminal=DemoTerminal(host, int(port), terminal.timeout_s),
                terminal_name=section.terminal,
                settlement=settlement,
                clock=clock,
                promotions=lambda: promotions,
            )
        )
    return tills, readers


def _run_lanes(tills: dict[str, Till], ending: ExitStack) -> None:
    stop = threading.Event()
    threads = [
        threading.Thread(target=till.run, args=(stop,), name=f"lane-{lane}", daemon=True)
        for lane, till in tills.items()
    ]
    for thread in threads:
        thread.start()
        ending.callback(thread.join)
    ending.callback(stop.set)


def _receipt_base(config: Config) -> str:
    """Return where a phone opens receipts: as configured, else central, else this service."""
    if config.store.receipt_url:
        return config.store.receipt_url
    return config.sync.central if config.sync else f"http://{config.web.host}:{config.web.port}"


def _sweep_reader(config: Config) -> Callable[[], TagReader] | None:
    section = config.stocktake
    if section is None:
        return None
    return lambda: configured_reader(config, section.reader)


def _promotions(config: Config) -> tuple[Promotion, ...]:
    if config.store.promotions is None:
        return ()
    path: Path = config.path(config.store.promotions)
    try:
        return tuple(parse_promotions(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError) as error:
        if isinstance(error, PricingError):
            raise PricingError(f"{path}: {error}") from error
        raise ConfigError(path, [f"expected a readable JSON list of promotions: {reason_of(error)}"]) from error
