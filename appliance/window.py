"""Products as the public may see them, from the store's catalogue and its folder of pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from checkout.catalogue import Catalogue
from checkout.catalogue_tables import load_catalogue
from checkout.receipts.receipt import receipt_by_token
from checkout.store import Store
from reader.port import Clock

__all__ = ["LiveCatalogue", "Window"]

_LOOK_EVERY_S = 1.0


class LiveCatalogue:
    """The newest catalogue; an import is noticed within a second. Callable from any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._turn = threading.Lock()
        self._looked_at_s = clock.monotonic_s()
        self._catalogue = self._load()

    def __call__(self) -> Catalogue:
        now_s = self._clock.monotonic_s()
        with self._turn:
            if now_s - self._looked_at_s >= _LOOK_EVERY_S:
                self._looked_at_s = now_s
                if self._version() != self._catalogue.version:
                    self._catalogue = self._load()
            return self._catalogue

    def _version(self) -> int:
        with self._store.read() as connection:
            return int(connection.execute("SELECT version FROM catalogue_version").fetchone()[0])

    def _load(self) -> Catalogue:
        with self._store.read() as connection:
            return load_catalogue(connection)


class Window:
    """Implements kiosk_ui's `ShopWindow`."""

    def __init__(self, catalogue: Callable[[], Catalogue], pictures: Path | None, store: Store) -> None:
        self._catalogue = catalogue
        self._pictures = pictures
        self._store = store

    def products(self) -> Sequence[Mapping[str, Any]]:
        """Return every product as plain JSON."""
        return [
            {
                "gtin": product.gtin,
                "name": product.name,
                "detail": product.detail,
                "category": product.category,
                "price_minor": product.price_minor,
                "currency": product.currency,
                "picture": f"/pictures/{product.gtin}.svg" if product.picture else None,
            }
            for product in self._catalogue().products()
        ]

    def picture_svg(self, gtin: str) -> bytes | None:
        """Return the drawn picture of a product that the catalogue has; its file is named there, not by the caller."""
        product = self._catalogue().get(gtin)
        if product is None or product.picture is None or self._pictures is None:
            return None
        path = (self._pictures / Path(product.picture).name).resolve()
        return path.read_bytes() if path.is_file() else None

    def receipt(self, token: str) -> Mapping[str, Any] | None:
        """Return the receipt behind a token."""
        with self._store.read() as connection:
            found = receipt_by_token(connection, token)
        return None if found is None else found.content
