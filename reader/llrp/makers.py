"""What two makers added to LLRP, as far as the driver asks for it.

Impinj: the vendor's LTK definition; placement and refusals as recorded from an R420, firmware 6.4.1.
Zebra: seen on an FX9600, firmware 3.32.37 (flags of the report selector four bytes wide, phase two).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from reader.errors import ProtocolError
from reader.llrp.tlv import custom, parameters_of

__all__ = [
    "IMPINJ",
    "ZEBRA",
    "impinj_fixed_frequencies",
    "impinj_report_selector",
    "impinj_requested",
    "impinj_search_mode",
    "impinj_temperature_of",
    "maker_in_words",
    "zebra_report_selector",
]

IMPINJ: Final = 25882
ZEBRA: Final = 161  # the number Motorola used; its own, 10642, appears nowhere in LLRP

_NAMES: Final = {
    IMPINJ: "Impinj",
    ZEBRA: "Zebra or Motorola",
    17996: "Alien",
    24831: "Motorola",
    26554: "ThingMagic or JADAK",
    57690: "Seuic",
}
_CUSTOM: Final = 1023
_ALL_CONFIGURATION: Final = 2000
_CHANNEL_LIST: Final = 2  # mode of FixedFrequencyList
_TEMPERATURE: Final = 37
_ENABLE_PHASE: Final = 1 << 28
_ON = struct.pack(">H", 1)


def maker_in_words(manufacturer: int) -> str:
    """Return whose IANA enterprise number it is, as far as it is known here."""
    return _NAMES.get(manufacturer, f"maker {manufacturer}")


def impinj_search_mode(mode: int) -> bytes:
    """Return InventorySearchMode, for a C1G2InventoryCommand."""
    return custom(IMPINJ, 23, struct.pack(">H", mode))


def impinj_fixed_frequencies(channels: Iterable[int]) -> bytes:
    """Return FixedFrequencyList, for a C1G2InventoryCommand; channels count from 1 in the reader's table."""
    listed = tuple(channels)
    return custom(IMPINJ, 26, struct.pack(f">HHH{len(listed)}H", _CHANNEL_LIST, 0, len(listed), *listed))


def impinj_report_selector(*, with_tid: bool) -> bytes:
    """Return TagReportContentSelector, for a ROReportSpec: phase, RSSI in 1/100 dBm, and FastID if wanted.

    Doppler stays off: an estimate of an estimate, and ten bytes of each report.
    """
    tid = [custom(IMPINJ, 51, _ON)] if with_tid else []
    return custom(IMPINJ, 50, *tid, custom(IMPINJ, 52, _ON), custom(IMPINJ, 53, _ON))


def impinj_requested() -> bytes:
    """Return RequestedData for everything of the reader's own that GET_READER_CONFIG can tell."""
    return custom(IMPINJ, 21, struct.pack(">I", _ALL_CONFIGURATION))


def impinj_temperature_of(body: bytes) -> int | None:
    """Return °C from the body of a GET_READER_CONFIG_RESPONSE; None where it says none.

    Raises:
        ProtocolError: It cannot be read.
    """
    head = struct.pack(">II", IMPINJ, _TEMPERATURE)
    for number, content in parameters_of(body):
        if number == _CUSTOM and content.startswith(head):
            if len(content) != len(head) + 2:
                raise ProtocolError(f"a temperature of {len(content) - len(head)} bytes, expected 2", body)
            return int.from_bytes(content[len(head) :], "big", signed=True)
    return None


def zebra_report_selector() -> bytes:
    """Return MotoTagReportContentSelector, for a ROReportSpec: the phase of each read."""
    return custom(ZEBRA, 708, struct.pack(">I", _ENABLE_PHASE))
