"""Which Mercury module a virtual one is. Figures of real modules, as far as their version answers show them.

Source: version answers in `tests/vectors/serial.json`; ports and power spans unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["BAUDS", "MODELS", "MercuryModel"]

BAUDS: Final = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)


@dataclass(frozen=True, slots=True)
class MercuryModel:
    """What a module is. Power in hundredths of a dBm, conducted; pins are general purpose, counted from 1.

    has_detector: whether it tells a port without an antenna from one with. A Nano says that none has one, and
    notices a missing antenna only by the power that comes back.
    """

    name: str
    bootloader: bytes
    hardware: bytes
    firmware_date: bytes
    firmware: bytes
    ports: int
    min_cdbm: int
    max_cdbm: int
    pins: int
    has_detector: bool

    @property
    def version(self) -> bytes:
        """The content of the version answer; the last word says that it knows Gen2 only."""
        gen2 = bytes.fromhex("00000010")
        return self.bootloader + self.hardware + self.firmware_date + self.firmware + gen2


MODELS: Final[Mapping[str, MercuryModel]] = {
    model.name: model
    for model in (
        MercuryModel(
            name="m6e",
            bootloader=bytes.fromhex("12121300"),
            hardware=bytes.fromhex("18000001"),
            firmware_date=bytes.fromhex("20220804"),
            firmware=bytes.fromhex("01210125"),
            ports=4,
            min_cdbm=500,
            max_cdbm=3150,
            pins=4,
            has_detector=True,
        ),
        MercuryModel(
            name="nano",
            bootloader=bytes.fromhex("14120800"),
            hardware=bytes.fromhex("30000002"),
            firmware_date=bytes.fromhex("20220804"),
            firmware=bytes.fromhex("010b0125"),
            ports=1,
            min_cdbm=0,
            max_cdbm=2700,
            pins=4,
            has_detector=False,
        ),
    )
}
