"""Serves the virtual floor's page beside the shop."""

from __future__ import annotations

import threading
from decimal import Decimal

import waitress  # type: ignore[import-untyped]  # waitress publishes no types
from babel.numbers import format_currency

from appliance.demo.floor_page import create_floor_app
from appliance.demo.floor_state import FloorParts, ShelfProduct
from appliance.demo.shop import SampleShop
from appliance.demo.supervisor import DemoShop
from appliance.demo.witness import ShopWitness
from checkout.money import minor_digits
from checkout.terminals.demo_wire import Behaviour
from reader.epc import location_link

__all__ = ["FloorSite"]

_HOST = "127.0.0.1"


class FloorSite:
    """The page's server, on a thread of its own."""

    def __init__(self, shop: DemoShop) -> None:
        parts = FloorParts(
            shop_name=shop.shop.name,
            floor=shop.floor,
            products=_shelf_products(shop.shop),
            processes=shop.processes,
            terminal=shop,
            behaviours=[behaviour.value for behaviour in Behaviour],
            faults=shop.fault,
            visitors=shop.shop.visitors,
            pictures=shop.plan.folder / "pictures",
            store_url=shop.store_url,
            witness=ShopWitness(shop.store_url, shop.central_url, location_link(shop.shop.gln)),
        )
        self._server = waitress.create_server(create_floor_app(parts), host=_HOST, port=shop.floor_port, threads=12)
        self.url = f"http://{_HOST}:{shop.floor_port}"
        self._thread = threading.Thread(target=self._server.run, name="floor-page", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.close()
        self._thread.join(timeout=3)


def _shelf_products(shop: SampleShop) -> list[ShelfProduct]:
    epcs_of: dict[str, list[str]] = {}
    for item in shop.items:
        epcs_of.setdefault(item.gtin, []).append(item.epc)
    return [
        ShelfProduct(
            gtin=product.gtin,
            name=product.name,
            detail=product.detail,
            category=product.category,
            price=format_currency(
                Decimal(product.price_minor).scaleb(-minor_digits(product.currency)), product.currency, locale="en_IE"
            ),
            epcs=tuple(epcs_of.get(product.gtin, ())),
        )
        for product in shop.products
    ]
