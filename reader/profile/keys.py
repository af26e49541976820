"""The keys that each kind of file of a profile may hold. Pure tables."""

from __future__ import annotations

from typing import Final

from reader.settings_file import Expected, flag, integer, integers, name, number, numbers, one_of, pairs, some_of, text

__all__ = [
    "CAPABILITIES",
    "DRIVER",
    "DRIVER_REQUIRED",
    "MODEL",
    "MODEL_REQUIRED",
    "MOUNTING",
    "PLACE",
    "PLACES",
    "PLACE_REQUIRED",
    "PROFILE",
    "PROFILE_REQUIRED",
    "PROFILE_REQUIRED_WITHIN",
    "REGION",
    "REGION_REQUIRED",
    "SETTINGS",
]

_DRIVERS: Final = ("llrp", "mercury", "m100", "r2000")
_TARGETS: Final = ("reader", "single", "dual")
PLACES: Final = ("pad", "gate", "sweep")

CAPABILITIES: Final = {
    "inventory": "reads tags, again and again",
    "power_read_back": "says which power it holds",
    "per_antenna": "power, session and mode of each antenna port by itself",
    "phase": "tells the phase of each read",
    "channel": "tells the carrier of each read",
    "tid": "tells the chip's own number with each read",
    "filters": "lets only some tags take part",
    "fixed_channels": "keeps to given carriers",
    "read_write": "reads and writes a tag's memory",
    "block_write": "writes several words at once",
    "lock": "locks a tag's memory",
    "kill": "kills a tag",
    "outputs": "switches general purpose outputs",
    "inputs": "hears general purpose inputs, and starts on them",
    "temperature": "tells its temperature",
    "antenna_check": "tells that an antenna is gone, or back",
    "reflection": "tells that an antenna sends the power back",
    "retune": "takes another profile without a new connection",
    "reconnect": "is found again after a cut, a reboot, a pulled plug",
    "clock": "has a clock of its own",
}
"""What a driver can do of a reader, in words for the scorecard."""

SETTINGS: Final[dict[str, Expected]] = {
    "tx_power_dbm": number(-20, 40),
    "session": integer(0, 3),
    "population": integer(1, 65535),
    "mode": integer(0, 65535),
    "target": one_of(*_TARGETS),
    "report_tags": integer(1, 65535),
    "report_ms": integer(1, 65535),
    "keepalive_ms": integer(200, 60_000),
    "reads_tid": flag(),
}
"""What a place, a model and a profile may say; the later one wins."""

MOUNTING: Final[dict[str, Expected]] = {
    "antennas": integers(1, 64),
    "antenna_gain_dbi": number(-20, 20),
    "cable_loss_db": number(0, 20),
}
"""What a place assumes and a profile knows."""

_BY_PORT: Final = ("tx_power_dbm", "session", "population", "mode", "target")
_LAW: Final = Expected("a name of a region, such as eu or us: say which region's law holds", name().accepts)
PROFILE: Final[dict[str, Expected]] = {
    **SETTINGS,
    **MOUNTING,
    "spec": integer(1, 1),
    "driver": one_of(*_DRIVERS),
    "model": name(),
    "place": name(),
    "region": _LAW,
    "address": text(),
    "fixed_channels_mhz": numbers(800, 1000),
    "origin.device": text(),
    "origin.tested": text(),
    "origin.source": text(),
    **{f"antenna.N.{key}": SETTINGS[key] for key in _BY_PORT},
    **{f"antenna.N.{key}": MOUNTING[key] for key in ("antenna_gain_dbi", "cable_loss_db")},
    "filters.*.bank": one_of("epc", "tid", "user"),
    "filters.*.bit_address": integer(0, 0xFFFF),
    "filters.*.mask": Expected("whole bytes in hex, at most 32", lambda value: _is_mask(value)),
    "filters.*.bits": integer(1, 255),
    "filters.*.is_excluding": flag(),
    "start_input.port": integer(1, 64),
    "start_input.is_high": flag(),
    "start_input.seconds": number(0.1, 3600),
}
PROFILE_REQUIRED: Final = frozenset({"spec", "model", "place", "region", "origin.device", "origin.tested"})
PROFILE_REQUIRED_WITHIN: Final = frozenset(
    {"filters.*.bank", "filters.*.bit_address", "filters.*.mask", "start_input.port", "start_input.seconds"}
)

PLACE: Final[dict[str, Expected]] = {
    **SETTINGS,
    **MOUNTING,
    "spec": integer(1, 1),
    "purpose": text(),
    "least_antennas": integer(1, 64),
    "least_power_dbm": number(-20, 40),
}
PLACE_REQUIRED: Final = frozenset(
    {"spec", "purpose", "tx_power_dbm", "session", "population", "target", "report_tags", "keepalive_ms"}
)

_SCORE: Final = Expected(
    '"done", "untried", or "exempt: " and the reason',
    lambda value: (
        isinstance(value, str) and (value in ("done", "untried") or (len(value) > 8 and value.startswith("exempt: ")))
    ),
)
_SCORECARD: Final = {f"scorecard.{capability}": _SCORE for capability in CAPABILITIES}
MODEL: Final[dict[str, Expected]] = {
    **SETTINGS,
    **_SCORECARD,
    **{f"modes.{place}": SETTINGS["mode"] for place in PLACES},
    "spec": integer(1, 1),
    "driver": one_of(*_DRIVERS),
    "device": text(),
    "manufacturer": integer(0, 0xFFFFFFFF),
    "model_ids": integers(0, 0xFFFFFFFF),
    "antenna_ports": integer(1, 64),
    "places": some_of(*PLACES),
    "regions": Expected(
        "a list of names of regions",
        lambda value: isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value),
    ),
    "power_min_dbm": number(-40, 40),
    "power_max_dbm": number(-40, 40),
    "power_table": pairs(integer(-32768, 65535), number(-40, 40)),
    "protocol_version": integer(1, 2),
    "hop_table_id": integer(0, 65535),
    "channel_index": integer(0, 65535),
    "impinj_extensions": flag(),
    "zebra_extensions": flag(),
    "baud": integer(1200, 4_000_000),
    "bus_address": integer(0, 255),
    "source": text(),
    "tested": text(),
}
MODEL_REQUIRED: Final = frozenset({"spec", "driver", "antenna_ports", "source", "tested"})

DRIVER: Final[dict[str, Expected]] = {**_SCORECARD, "spec": integer(1, 1), "speaks": text()}
DRIVER_REQUIRED: Final = frozenset({"spec", "speaks", *_SCORECARD})

REGION: Final[dict[str, Expected]] = {
    "spec": integer(1, 1),
    "title": text(),
    "band_low_mhz": number(800, 1000),
    "band_high_mhz": number(800, 1000),
    "eirp_dbm": number(0, 40),
    "erp_dbm": number(0, 40),
    "conducted_dbm": number(0, 40),
    "communications_standards": integers(0, 65535),
    "must_hop": flag(),
    "channels_mhz": numbers(800, 1000),
    "source": text(),
}
REGION_REQUIRED: Final = frozenset({"spec", "title", "band_low_mhz", "band_high_mhz", "communications_standards"})


def _is_mask(value: object) -> bool:
    if not isinstance(value, str) or not 2 <= len(value) <= 64 or len(value) % 2:
        return False
    return all(digit in "0123456789abcdefABCDEF" for digit in value)
