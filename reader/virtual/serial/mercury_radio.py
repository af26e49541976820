"""A Mercury module's radio: searches the air antenna by antenna, and says why it cannot.

One cycle runs over the antennas that are there; a port without one, or one that sends the power back, is told once a
cycle. A module that is too hot sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reader.errors import SceneError
from reader.virtual.access import accessed
from reader.virtual.air import Air, AirRead, AntennaDrive, Inventory, Target
from reader.virtual.faults import Fault, Faults
from reader.virtual.serial.mercury_search import Search
from reader.virtual.serial.mercury_settings import Config, MercurySettings
from reader.virtual.serial.mercury_status import Status
from reader.virtual.serial.mercury_tags import TagReport

__all__ = ["Radio", "Sweep"]

_CLOCK_JUMP_MS: Final = 3_600_000
# The carrier goes off between two looks with one antenna; tags of session 0 forget then. Assumption.
_LOOK_US: Final = 100_000
_TARGET_CODES: Final = {Target.A: 0, Target.B: 1, Target.DUAL: 0}


class Radio:
    """What all searches share: the air, the settings, the faults."""

    def __init__(self, air: Air, settings: MercurySettings, faults: Faults) -> None:
        self.air = air
        self.settings = settings
        self.reads = 0
        self.is_blocked = False  # while the line cannot carry what was heard already
        self._faults = faults

    def drives(self, search: Search) -> tuple[AntennaDrive, ...]:
        """Return how the antennas of a search are driven now, those left out that cannot be."""
        if self._faults.is_on(Fault.OVER_TEMPERATURE):
            return ()
        silent = self._reflecting()
        ports = [
            port for port in self.settings.antennas.ports(search.flags) if port in self.settings.antennas.connected()
        ]
        return tuple(
            replace(self.settings.drive(port), selects=search.selection) for port in ports if port not in silent
        )

    def trouble(self, ports: tuple[int, ...]) -> Status | None:
        """Return why not all of ``ports`` can be used; None where they can."""
        if self._faults.is_on(Fault.OVER_TEMPERATURE):
            return Status.TEMPERATURE
        if any(port in self._reflecting() for port in ports):
            return Status.REFLECTION
        if self.settings.antennas.connected().issuperset(ports):
            return None
        if not self.settings.model.has_detector:
            return Status.REFLECTION
        return Status.ANTENNA if self.settings.flag(Config.SAFETY_ANTENNA_CHECK) else None

    def timestamp_ms(self, since_us: int, now_us: int) -> int:
        """Return the module's time, which a fault puts forward."""
        return (now_us - since_us) // 1000 + (_CLOCK_JUMP_MS if self._faults.is_on(Fault.CLOCK_JUMP) else 0)

    def takes_buffer_overflow(self) -> bool:
        """Return, once, whether the tag buffer is to be full."""
        return self._faults.take(Fault.BUFFER_OVERFLOW)

    def _reflecting(self) -> frozenset[int]:
        is_bad = self._faults.is_on(Fault.REFLECTION)
        return frozenset([self.settings.antennas.faulty_port()]) if is_bad else frozenset()


class Sweep:
    """The reads of one search from ``start_us`` on, while settings and faults change around it."""

    def __init__(self, radio: Radio, search: Search, start_us: int) -> None:
        self._radio = radio
        self._search = search
        self._now_us = start_us
        self._drives: tuple[AntennaDrive, ...] = ()
        self._inventory: Inventory | None = None
        self._looks_until_us = start_us

    def reads(self, until_us: int) -> Iterator[AirRead]:
        """Yield the reads up to a time; none while the module waits for its line."""
        if self._radio.is_blocked:
            self.skip_to(until_us)
        while self._now_us < until_us:
            inventory = self._inventory_now()
            end_us = until_us
            if len(self._drives) == 1:
                end_us = min(end_us, self._looks_until_us)
            while inventory is not None and (read := inventory.next_read(end_us)) is not None:
                self._now_us = max(self._now_us, read.t_us)
                self._radio.reads += 1
                yield read
            self._now_us = max(self._now_us, end_us)

    def report(self, read: AirRead, since_us: int) -> TagReport | None:
        """Return what is told of a read; None for a tag that was taken away in this very moment."""
        radio, settings = self._radio, self._radio.settings
        try:
            pc = radio.air.world.memory(read.chip).pc
        except SceneError:
            return None
        return TagReport(
            pc=pc,
            epc=bytes.fromhex(read.epc),
            rssi_dbm=round(read.rssi_dbm),
            antenna=read.antenna,
            frequency_khz=read.channel_khz,
            timestamp_ms=radio.timestamp_ms(since_us, read.t_us),
            # The receiver cannot tell half turns apart: 0 to 180.
            phase_deg=int(read.phase_deg) % 180,
            embedded=self._embedded(read),
            gpio=settings.pins.levels,
            q=settings.gen2.q,
            link_frequency=settings.gen2.link_frequency_code,
            target=_TARGET_CODES[settings.gen2.target],
        )

    def _embedded(self, read: AirRead) -> bytes | None:
        """Do the embedded operation on a tag that was just heard; the search goes on after it."""
        if self._search.embedded is None:
            return b""
        drive = self._radio.settings.drive(read.antenna)
        done = accessed(self._radio.air, drive, read, self._search.embedded, read.t_us)
        if self._inventory is not None:
            self._inventory.skip_to(read.t_us + done.took_us)
        return None if done.fault else b"".join(word.to_bytes(2, "big") for word in done.words)

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""
        self._now_us = max(self._now_us, now_us)
        if self._inventory is not None:
            self._inventory.skip_to(now_us)

    def _inventory_now(self) -> Inventory | None:
        drives = self._radio.drives(self._search)
        is_over = len(drives) == 1 and self._now_us >= self._looks_until_us
        if drives != self._drives or is_over:
            self._drives = drives
            self._looks_until_us = self._now_us + _LOOK_US
            self._inventory = Inventory(self._radio.air, drives, self._now_us) if drives else None
        return self._inventory
