"""What a shop is made of, as the pages see it, and what its owner may choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from kiosk_ui.port import CentralRelay, KioskLane, ShopWindow, StaffDesk

__all__ = ["ShopParts", "UiSettings"]


@dataclass(frozen=True, slots=True)
class ShopParts:
    """The running parts that the pages show. `lanes` is by lane name, in the order of the shop.

    checks: further conditions of readiness by name; each returns None when fine, else what is wrong, in words.
    """

    lanes: Mapping[str, KioskLane]
    window: ShopWindow
    desk: StaffDesk
    relay: CentralRelay
    checks: Mapping[str, Callable[[], str | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UiSettings:
    """What the owner chooses about the pages.

    shop: the shop's name as shoppers know it.
    language: a catalogue of `translations/`, with a territory for money and dates: "en" or "en-IE".
    public_urls: addresses under which browsers may use these pages, besides localhost and plain IP addresses. Any
        other Host is refused, so that a stranger's page cannot reach the shop under a name of its own.
    frame_ancestors: origins that may show these pages in a frame; loopback ones only (the demo's shop floor).
    staff_pin: None lets only loopback addresses open the staff page.
    location: central's name of this store; the online shop counts only what lies there. Empty counts every location.
    time_zone: the store's, such as "Europe/Vienna"; empty: this machine's.
    threads: of the server. Open streams stay below half of them, because each holds one.
    stream_life_s, beat_s: how long a stream lives before the page opens it anew; how often it says that it lives.
    poll_s: how often a page asks when it has no stream.
    linger_s: how long a receipt stays on screen before the kiosk asks whether somebody is still there.
    """

    shop: str = "Tagtill"
    language: str = "en"
    public_urls: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    staff_pin: str | None = None
    location: str = ""
    time_zone: str = ""
    threads: int = 32
    stream_life_s: float = 55.0
    beat_s: float = 3.0
    poll_s: float = 1.0
    linger_s: float = 45.0

    @property
    def zone(self) -> ZoneInfo | None:
        """Return the store's time zone, None for this machine's."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    @property
    def stream_limit(self) -> int:
        """Return how many streams may be open at once: below half of the threads (measured 2026-11, waitress)."""
        return max(1, self.threads // 2 - 1)
